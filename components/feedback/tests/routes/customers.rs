//! `/v1/feedback/customers/{customer}`, and what keeping it costs.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use http::StatusCode;
use rapport_web::testing::{Answered, Client};
use serde_json::{Value, json};

const SUMMARY: &str = "/v1/feedback/customers/0001";

fn shop() -> Client {
    Client::new(feedback::routes)
}

async fn say(shop: &Client, body: Value) -> Answered {
    let said = shop.post("/v1/feedback", body).await;
    assert_eq!(said.status, StatusCode::CREATED, "{}", said.body);
    said
}

/// Writes made by a request.
async fn writes(shop: &Client, body: Value) -> u64 {
    let before = shop.memory.counts().writes;
    say(shop, body).await;
    shop.memory.counts().writes - before
}

#[tokio::test]
async fn what_a_customer_said_is_summed_up_for_them() {
    let shop = shop();
    let nobody = shop.get(SUMMARY).await;
    assert_eq!(
        nobody.body,
        json!({
            "customer": "0001", "count": 0, "open_cases": 0, "last_at": null, "last_nps": null, "last_csat": null,
            "last_ces": null, "rev": 0
        })
    );
    for (kind, value, customer, day) in [
        ("nps", json!(3), json!("0001"), "2026-11-20T00:00:00Z"),
        ("nps", json!(9), json!("0001"), "2026-11-18T00:00:00Z"),
        ("csat", json!(4), json!("0001"), "2026-11-19T00:00:00Z"),
        ("nps", json!(null), json!("0001"), "2026-11-21T00:00:00Z"),
        ("nps", json!(10), json!("0002"), "2026-11-21T00:00:00Z"),
        ("nps", json!(10), json!(null), "2026-11-21T00:00:00Z"),
    ] {
        let said = json!({"kind": kind, "value": value, "customer": customer, "submitted_at": day});
        say(&shop, said).await;
    }
    let read = shop.get(SUMMARY).await;
    assert_eq!(
        read.body,
        json!({
            "customer": "0001", "count": 3, "open_cases": 3, "last_at": "2026-11-20T00:00:00Z",
            "last_nps": {"score": 3, "at": "2026-11-20T00:00:00Z"},
            "last_csat": {"score": 4, "at": "2026-11-19T00:00:00Z"},
            "last_ces": null, "rev": 3
        })
    );
    assert_eq!(read.headers["etag"], "\"3\"");
}

#[tokio::test]
async fn a_record_that_comes_again_counts_once() {
    let shop = shop();
    let said = json!({"kind": "nps", "value": 3, "customer": "0001", "key": "k"});
    let first = say(&shop, said.clone()).await;
    let again = say(&shop, said).await;
    assert_eq!(first.body, again.body);
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(shop.get(SUMMARY).await.body["count"], 1);
    let conditional = shop
        .call(
            http::Method::POST,
            "/v1/feedback",
            &[("if-none-match", "*")],
            Some(json!({"kind": "nps", "value": 4, "customer": "0001"})),
        )
        .await;
    assert_eq!(
        conditional.status,
        StatusCode::CREATED,
        "{}",
        conditional.body
    );
}

#[tokio::test]
async fn only_a_record_that_names_a_customer_costs_more() {
    let shop = shop();
    let nps = |customer: Value, value: Value| json!({"kind": "nps", "value": value, "customer": customer});
    assert_eq!(writes(&shop, nps(json!(null), json!(9))).await, 5);
    assert_eq!(writes(&shop, nps(json!("0001"), json!(null))).await, 5);
    // Parking for the first time creates a document.
    assert_eq!(writes(&shop, nps(json!("0002"), json!(9))).await, 12);
    assert_eq!(writes(&shop, nps(json!("0001"), json!(9))).await, 10);
    assert_eq!(writes(&shop, nps(json!("0001"), json!(8))).await, 8);
    let before = shop.memory.counts().writes;
    shop.get(SUMMARY).await;
    assert_eq!(shop.memory.counts().writes, before);
}
