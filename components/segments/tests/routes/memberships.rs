//! `GET /v1/segments/memberships/{customer}`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs
)]

use crate::common::Shop;
use http::Method;
use rapport_web::testing::Answered;
use serde_json::{Value, json};

async fn look(shop: &Shop, now: &str) -> Answered {
    shop.client.at(now).get("/v1/segments/memberships/li").await
}

/// The segments and since when.
fn since(answered: &Answered) -> Vec<(&str, &str)> {
    let members = answered.body["memberships"].as_array().unwrap();
    members
        .iter()
        .map(|member| {
            (
                member["segment"].as_str().unwrap(),
                member["since"].as_str().unwrap(),
            )
        })
        .collect()
}

async fn shop() -> Shop {
    let shop = Shop::new();
    let early = Shop {
        client: shop.client.at("2026-10-01T00:00:00Z"),
        ..shop
    };
    early
        .define(
            "active",
            json!({"event": "order_completed", "within": "30d"}),
        )
        .await;
    early
        .define(
            "quiet",
            json!({"field": "rfm.recency_days", "is": "gte", "value": 30}),
        )
        .await;
    early
        .define(
            "shanghai",
            json!({"field": "traits.city", "is": "eq", "value": "上海"}),
        )
        .await;
    early
        .traits("li", json!({"city": "上海"}), "2026-10-02T00:00:00Z")
        .await;
    early.order("li", 10.0, "2026-11-01T12:00:00Z").await;
    early
}

#[tokio::test]
async fn memberships_say_since_when_and_until_when() {
    let shop = shop().await;
    let answered = look(&shop, "2026-11-21T12:00:00Z").await;
    assert_eq!(answered.status, 200);
    assert_eq!(
        answered.body,
        json!({"customer": "li", "memberships": [
            {"segment": "active", "since": "2026-11-01T12:00:00Z", "evaluated_at": "2026-11-21T12:00:00Z",
             "definition_version": 1, "next_change_at": "2026-12-01T12:00:00Z", "complete": true},
            {"segment": "shanghai", "since": "2026-10-02T00:00:00Z", "evaluated_at": "2026-11-21T12:00:00Z",
             "definition_version": 1, "next_change_at": null, "complete": true}
        ]})
    );
    let unknown = shop.client.get("/v1/segments/memberships/nobody").await;
    assert_eq!(
        (unknown.status.as_u16(), &unknown.body["code"]),
        (404, &json!("not_found"))
    );
}

#[tokio::test]
async fn what_time_flips_is_found_on_read_with_its_moment() {
    let shop = shop().await;
    let before = look(&shop, "2026-12-01T11:59:59.999Z").await;
    assert_eq!(
        since(&before),
        [
            ("active", "2026-11-01T12:00:00Z"),
            ("shanghai", "2026-10-02T00:00:00Z")
        ]
    );
    for now in ["2026-12-01T12:00:00Z", "2027-06-01T00:00:00Z"] {
        let after = look(&shop, now).await;
        assert_eq!(
            since(&after),
            [
                ("quiet", "2026-12-01T12:00:00Z"),
                ("shanghai", "2026-10-02T00:00:00Z")
            ],
            "{now}"
        );
    }
}

#[tokio::test]
async fn a_commit_carries_since_on() {
    let shop = shop().await;
    // An order within the window: still active, since the first.
    shop.order("li", 5.0, "2026-11-20T00:00:00Z").await;
    assert_eq!(
        since(&look(&shop, "2026-12-15T00:00:00Z").await)[0],
        ("active", "2026-11-01T12:00:00Z")
    );
    // One after it had passed: active anew.
    shop.order("li", 5.0, "2027-02-01T00:00:00Z").await;
    assert_eq!(
        since(&look(&shop, "2027-02-02T00:00:00Z").await)[0],
        ("active", "2027-02-01T00:00:00Z")
    );
}

#[tokio::test]
async fn a_changed_rule_begins_anew() {
    let shop = shop().await;
    let later = Shop {
        client: shop.client.at("2026-11-10T00:00:00Z"),
        ..shop
    };
    later
        .define(
            "active",
            json!({"event": "order_completed", "within": "60d"}),
        )
        .await;
    let answered = look(&later, "2026-11-21T00:00:00Z").await;
    assert_eq!(since(&answered)[0], ("active", "2026-11-10T00:00:00Z"));
    assert_eq!(answered.body["memberships"][0]["definition_version"], 2);
    later
        .client
        .call(Method::DELETE, "/v1/segments/active", &[], None)
        .await;
    assert_eq!(
        since(&look(&later, "2026-11-21T00:00:00Z").await),
        [("shanghai", "2026-10-02T00:00:00Z")]
    );
}

#[tokio::test]
async fn a_client_that_has_the_answer_is_told_so_until_data_or_time_change_it() {
    let shop = shop().await;
    let first = look(&shop, "2026-11-21T12:00:00Z").await;
    let tag = first.headers["etag"].to_str().unwrap().to_owned();
    let again = async |now: &str| {
        let client = shop.client.at(now);
        client
            .call(
                Method::GET,
                "/v1/segments/memberships/li",
                &[("if-none-match", &tag)],
                None,
            )
            .await
    };
    let same = again("2026-12-01T11:59:59Z").await;
    assert_eq!((same.status.as_u16(), same.body), (304, Value::Null));
    assert_eq!(
        again("2026-12-01T12:00:00Z").await.status,
        200,
        "time has changed it"
    );
    shop.order("li", 1.0, "2026-11-21T13:00:00Z").await;
    assert_eq!(
        again("2026-11-21T14:00:00Z").await.status,
        200,
        "an order has changed it"
    );
}

#[tokio::test]
async fn no_cache_keeps_an_answer_past_its_next_change() {
    let shop = shop().await;
    for (now, age) in [
        ("2026-11-21T12:00:00Z", "private, max-age=5"),
        ("2026-12-01T11:59:57Z", "private, max-age=3"),
        ("2026-12-01T11:59:59.500Z", "private, max-age=0"),
    ] {
        assert_eq!(
            look(&shop, now).await.headers["cache-control"],
            age,
            "{now}"
        );
    }
}
