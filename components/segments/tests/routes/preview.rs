//! `POST /v1/segments/preview`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs
)]

use crate::common::Shop;
use serde_json::{Value, json};

const PREVIEW: &str = "/v1/segments/preview";

async fn shop() -> Shop {
    let shop = Shop::new();
    shop.traits("li", json!({"city": "上海"}), "2026-11-01T00:00:00Z")
        .await;
    for day in ["2026-11-05", "2026-11-10", "2026-11-20"] {
        shop.order("li", 100.5, &format!("{day}T12:00:00Z")).await;
    }
    shop
}

#[tokio::test]
async fn a_rule_is_tried_on_a_customer() {
    let shop = shop().await;
    for (rule, matches, next) in [
        (
            json!({"field": "traits.city", "is": "eq", "value": "上海"}),
            true,
            Value::Null,
        ),
        (
            json!({"event": "order_completed", "within": "30d", "count": {"at_least": 3}}),
            true,
            json!("2026-12-05T12:00:00Z"),
        ),
        (
            json!({"event": "order_completed", "within": "30d", "sum": "properties.total", "at_least": 301.5}),
            true,
            json!("2026-12-05T12:00:00Z"),
        ),
        (
            json!({"event": "order_completed", "within": "30d", "sum": "properties.total", "at_least": 301.51}),
            false,
            Value::Null,
        ),
        (
            json!({"field": "rfm.recency_days", "is": "gte", "value": 30}),
            false,
            json!("2026-12-20T12:00:00Z"),
        ),
        (
            json!({"field": "rfm.monetary", "is": "eq", "value": 301.5}),
            true,
            Value::Null,
        ),
        (
            json!({"field": "lifecycle", "is": "eq", "value": "repeat"}),
            true,
            json!("2027-02-18T12:00:00Z"),
        ),
    ] {
        let answered = shop
            .client
            .post(PREVIEW, json!({"rule": rule, "customer": "li"}))
            .await;
        let expected = json!({"matches": matches, "next_change_at": next, "complete": true});
        assert_eq!(
            (answered.status.as_u16(), &answered.body),
            (200, &expected),
            "{rule}"
        );
    }
    assert_eq!(
        shop.client.get("/v1/segments").await.body["items"],
        json!([])
    );
}

#[tokio::test]
async fn what_cannot_be_tried_is_refused() {
    let shop = shop().await;
    let ok = json!({"tag": "vip"});
    let unknown = shop
        .client
        .post(PREVIEW, json!({"rule": ok, "customer": "nobody"}))
        .await;
    assert_eq!(
        (unknown.status.as_u16(), &unknown.body["code"]),
        (404, &json!("not_found"))
    );
    for (body, pointer) in [
        (json!({"rule": {"any": []}, "customer": "li"}), "/rule/any"),
        (json!({"customer": "li"}), "/rule"),
        (
            json!({"rule": ok, "customer": "x".repeat(129)}),
            "/customer",
        ),
        (json!({"rule": ok, "customer": "li", "now": 1}), "/now"),
    ] {
        let refused = shop.client.post(PREVIEW, body.clone()).await;
        assert_eq!(refused.status, 422, "{body}");
        assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{body}");
    }
    assert_eq!(shop.client.get(PREVIEW).await.status, 405);
}

#[tokio::test]
async fn without_a_customer_a_sample_says_how_many_there_would_be() {
    let shop = Shop::new();
    let rule = json!({"field": "traits.city", "is": "eq", "value": "上海"});
    let preview = async || {
        let answered = shop.client.post(PREVIEW, json!({ "rule": rule })).await;
        assert_eq!(answered.status, 200, "{}", answered.body);
        answered.body
    };
    let none = preview().await;
    assert_eq!(
        none,
        json!({"size": 0, "interval": [0, 0], "exact": true, "looked_at": 0, "total": 0, "examples": []})
    );
    shop.customers(30).await;
    let few = preview().await;
    assert_eq!(
        (&few["size"], &few["interval"]),
        (&json!(10), &json!([10, 10]))
    );
    assert_eq!(
        (&few["exact"], &few["looked_at"]),
        (&json!(true), &json!(30))
    );
    assert_eq!(few["examples"][0], "c0");
    assert_eq!(few["examples"].as_array().unwrap().len(), 10);

    shop.customers(1_500).await;
    let before = shop.client.memory.counts();
    let many = preview().await;
    assert_eq!(shop.client.memory.counts().writes, before.writes);
    assert_eq!(
        (&many["looked_at"], &many["total"]),
        (&json!(500), &json!(1_500))
    );
    assert_eq!(many["exact"], false);
    let number = |value: &Value| value.as_u64().unwrap();
    let (low, high) = (number(&many["interval"][0]), number(&many["interval"][1]));
    let size = number(&many["size"]);
    assert!(low <= size && size <= high && high - low < 150, "{many}");
    // Six standard deviations.
    assert!(size.abs_diff(500) < 200, "{many}");
}

#[tokio::test]
async fn of_whom_nothing_is_known_are_shown_the_offers_for_everybody() {
    let shop = Shop::new();
    let offers = json!([
        {"id": "vips", "audience": {"tag": "vip"}, "priority": 9},
        {"id": "never-bought", "audience": {"field": "rfm.frequency", "is": "eq", "value": 0}, "priority": 5},
        {"id": "held-back", "priority": 7, "control": 1},
        {"id": "all"},
    ]);
    let decide = async |customer: &str| {
        let body = json!({"customer": customer, "offers": offers});
        shop.client.post("/v1/segments/decide", body).await
    };
    let told = decide("visitor").await;
    assert_eq!(told.status, 200, "{}", told.body);
    let fates: Vec<_> = told.body["offers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["fate"].clone())
        .collect();
    assert_eq!(
        (&told.body["known"], &told.body["show"]),
        (&json!(false), &json!("never-bought"))
    );
    assert_eq!(fates, ["not_in_audience", "shown", "control", "outranked"]);
    shop.traits("visitor", json!({}), "2026-11-21T12:00:00+08:00")
        .await;
    let known = decide("visitor").await.body;
    assert_eq!(
        (&known["known"], &known["offers"]),
        (&json!(true), &told.body["offers"])
    );
}

#[tokio::test]
async fn what_is_tried_may_name_only_what_there_is() {
    let shop = shop().await;
    let rule = json!({"any": [{"tag": "vip"}, {"not": {"segment": "typo"}}, {"field": "scores.none", "is": "exists"}]});
    for (path, body, place) in [
        (PREVIEW, json!({"rule": rule, "customer": "li"}), "/rule"),
        (PREVIEW, json!({ "rule": rule }), "/rule"),
        (
            "/v1/segments/explain",
            json!({"rule": rule, "customer": "li"}),
            "/rule",
        ),
        (
            "/v1/segments/decide",
            json!({"customer": "li", "offers": [{"id": "a"}, {"id": "b", "audience": rule}]}),
            "/offers/1/audience",
        ),
    ] {
        let refused = shop.client.post(path, body).await;
        let errors = refused.body["errors"].as_array().unwrap();
        let errors = errors.iter().map(|one| (&one["pointer"], &one["code"]));
        let (one, two) = (
            json!(format!("{place}/any/1/not/segment")),
            json!(format!("{place}/any/2/field")),
        );
        assert_eq!(
            (refused.status.as_u16(), Vec::from_iter(errors)),
            (
                422,
                vec![
                    (&one, &json!("unknown_segment")),
                    (&two, &json!("unknown_score"))
                ]
            ),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_number_that_would_be_another_is_refused_with_its_place() {
    let shop = shop().await;
    let body = r#"{"customer": "li", "rule": {"all": [
        {"field": "traits.a", "is": "eq", "value": 0.1000000000000000055},
        {"field": "traits.b", "is": "in", "value": [1.5, 18446744073709551616]},
        {"field": "traits.c", "is": "eq", "value": 0.30000000000000004}]}}"#;
    let refused = shop.client.post_text(PREVIEW, body).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    let errors = refused.body["errors"].as_array().unwrap();
    let told = |name: &str| Vec::from_iter(errors.iter().map(|one| one[name].as_str().unwrap()));
    assert_eq!(
        told("pointer"),
        ["/rule/all/0/value", "/rule/all/1/value/1"]
    );
    assert_eq!(told("code"), ["not_exact", "not_exact"]);
    assert!(told("detail")[0].starts_with("0.1 is what would be left"));
}
