//! `/v1/segments/…`

use rapport_tests::Host;
use serde_json::{Value, json};

fn segments_of(memberships: &Value) -> Vec<&str> {
    let list = memberships["memberships"].as_array().expect("a list");
    list.iter()
        .filter_map(|one| one["segment"].as_str())
        .collect()
}

#[tokio::test]
async fn a_membership_follows_what_customers_do_and_what_time_does() {
    let host = Host::start();
    let shop = host.shop();
    let rule = json!({"event": "order_completed", "within": "30d", "count": {"at_least": 3}});
    shop.put(
        "/v1/segments/regulars",
        json!({"name": "常客", "rule": rule}),
    )
    .await
    .ok();
    shop.customer("c1").with_orders(2).create().await;
    let memberships = shop.get("/v1/segments/memberships/c1").await.ok();
    assert!(segments_of(&memberships).is_empty(), "{memberships}");

    // The third order, on 21 November at noon; the first was on the 19th at noon and leaves the window 30 days later.
    let order = json!({
        "userId": "c1", "event": "Order Completed", "properties": {"order_id": "third", "total": 5, "currency": "CNY"},
    });
    shop.post("/v1/track", order).await.ok();
    let memberships = shop.get("/v1/segments/memberships/c1").await.ok();
    assert_eq!(segments_of(&memberships), ["regulars"]);
    let one = &memberships["memberships"][0];
    assert_eq!(one["since"], "2026-11-21T04:00:00Z", "{one}");
    assert_eq!(one["next_change_at"], "2026-12-19T04:00:00Z", "{one}");

    let before = shop
        .at("2026-12-19T11:59:59.999+08:00")
        .get("/v1/segments/memberships/c1")
        .await
        .ok();
    assert_eq!(segments_of(&before), ["regulars"]);
    let after = shop
        .at("2026-12-19T12:00:00+08:00")
        .get("/v1/segments/memberships/c1")
        .await
        .ok();
    assert!(segments_of(&after).is_empty(), "{after}");
}

#[tokio::test]
async fn rfm_and_lifecycle_are_fields_of_rules() {
    let host = Host::start();
    let shop = host.shop();
    shop.customer("c1")
        .with_orders(4)
        .with("city", json!("上海"))
        .create()
        .await;
    let rules = [
        (
            json!({"field": "rfm.frequency", "is": "eq", "value": 4}),
            true,
        ),
        (
            json!({"field": "rfm.monetary", "is": "gte", "value": 400}),
            true,
        ),
        (
            json!({"field": "rfm.monetary", "is": "gt", "value": 400}),
            false,
        ),
        (
            json!({"field": "rfm.recency_days", "is": "lte", "value": 1}),
            true,
        ),
        (
            json!({"field": "lifecycle", "is": "in", "value": ["lead", "lost"]}),
            false,
        ),
        (
            json!({"field": "traits.city", "is": "in", "value": ["上海", "杭州"]}),
            true,
        ),
        (
            json!({"all": [{"not": {"tag": "vip"}}, {"event": "order_completed", "within": "90d", "sum": "properties.total", "at_least": 400}]}),
            true,
        ),
    ];
    for (rule, expected) in rules {
        let preview = shop
            .post(
                "/v1/segments/preview",
                json!({"rule": rule, "customer": "c1"}),
            )
            .await
            .ok();
        assert_eq!(preview["matches"], expected, "{rule}: {preview}");
    }
}

#[tokio::test]
async fn a_malformed_rule_is_pointed_at() {
    let host = Host::start();
    let shop = host.shop();
    let rule =
        json!({"all": [{"tag": "vip"}, {"field": "traits.city", "is": "equals", "value": "上海"}]});
    let answered = shop
        .put("/v1/segments/s1", json!({"name": "x", "rule": rule}))
        .await;
    assert_eq!(answered.problem(), (422, "invalid_input"));
    assert_eq!(answered.pointers(), ["/rule/all/1/is"], "{}", answered.body);
}
