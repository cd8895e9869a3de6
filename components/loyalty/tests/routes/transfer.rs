//! `POST /v1/loyalty/accounts/{customer}/transfer`.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use crate::shop::{get, is, open, post, problem};
use futures_util::future::join_all;
use rapport_web::testing::Client;
use serde_json::json;

async fn balance(shop: &Client, customer: &str) -> (i64, i64) {
    let balance = get(shop, customer, "").await.body["balance"].clone();
    (
        balance["active"].as_i64().unwrap(),
        balance["held"].as_i64().unwrap(),
    )
}

#[tokio::test]
async fn points_go_to_another_customer_once() {
    let shop = open().await;
    post(&shop, "anna", "earn", json!({"points": 100, "key": "e"})).await;
    let body = json!({"to": "bo", "points": 40, "reason": "gift", "key": "t"});
    let dry = post(&shop, "anna", "transfer?dry_run=true", body.clone()).await;
    assert_eq!(
        (&dry.body["balance"]["active"], &dry.body["balance"]["held"]),
        (&json!(60), &json!(0))
    );
    assert_eq!(balance(&shop, "anna").await, (100, 0));
    let first = post(&shop, "anna", "transfer", body.clone()).await;
    assert_eq!(first.status, 200, "{}", first.body);
    assert_eq!(first.body, dry.body);
    assert_eq!(first.body["points"], 40);
    let again = post(&shop, "anna", "transfer", body.clone()).await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(
        (balance(&shop, "anna").await, balance(&shop, "bo").await),
        ((60, 0), (40, 0))
    );
    let journal = get(&shop, "anna", "/journal").await.body["items"].clone();
    let told = |n: usize| {
        json!([
            journal[n]["kind"],
            journal[n]["points"],
            journal[n]["to"],
            journal[n]["hold"]
        ])
    };
    assert_eq!(
        told(0),
        json!(["send", -40, "bo", first.body["transaction"]])
    );
    assert_eq!(told(1), json!(["transfer", 0, "bo", null]));
    assert_eq!(journal[1]["reason"], "gift");
    let received = get(&shop, "bo", "/journal").await.body["items"][0].clone();
    assert_eq!(
        (&received["kind"], &received["from"]),
        (&json!("receive"), &json!("anna"))
    );
    // The date stays the one it had at the sender's.
    assert_eq!(
        received["lots"][0]["expires_at"],
        journal[1]["lots"][0]["expires_at"]
    );
    let mut other = body;
    other["points"] = json!(41);
    assert_eq!(
        problem(&post(&shop, "anna", "transfer", other).await),
        is(422, "key_reused", &[])
    );
}

#[tokio::test]
async fn what_cannot_be_transferred_is_refused() {
    let shop = open().await;
    post(&shop, "anna", "earn", json!({"points": 100, "key": "e"})).await;
    for (body, status, code, places) in [
        (
            json!({"to": "anna", "points": 1}),
            422,
            "invalid_input",
            &["/to"][..],
        ),
        (
            json!({"to": "", "points": 1}),
            422,
            "invalid_input",
            &["/to"],
        ),
        (json!({"points": 1}), 422, "invalid_input", &["/to"]),
        (
            json!({"to": "bo", "points": 0}),
            422,
            "invalid_input",
            &["/points"],
        ),
        (
            json!({"to": "bo", "points": 101}),
            409,
            "insufficient_points",
            &[],
        ),
    ] {
        let refused = post(&shop, "anna", "transfer", body.clone()).await;
        assert_eq!(problem(&refused), is(status, code, places), "{body}");
    }
    let sent = json!({"to": "bo", "points": 5, "key": "before"});
    let first = post(&shop, "anna", "transfer", sent.clone()).await;
    let freeze = json!({"reason": "r", "author": "cy"});
    post(&shop, "bo", "freeze", freeze.clone()).await;
    let refused = post(&shop, "anna", "transfer", json!({"to": "bo", "points": 1})).await;
    assert_eq!(problem(&refused), is(409, "account_frozen", &[]));
    // What was done before is answered as it was.
    assert_eq!(post(&shop, "anna", "transfer", sent).await.body, first.body);
    post(&shop, "anna", "freeze", freeze).await;
    let refused = post(&shop, "anna", "transfer", json!({"to": "cy", "points": 1})).await;
    assert_eq!(problem(&refused), is(409, "account_frozen", &[]));
    assert_eq!(
        (balance(&shop, "anna").await, balance(&shop, "bo").await),
        ((95, 0), (5, 0))
    );
}

/// Two who send to each other must not wait for each other, and no point is made or lost.
#[tokio::test]
async fn customers_send_to_each_other_at_once() {
    let shop = open().await;
    for customer in ["anna", "bo", "cy"] {
        post(&shop, customer, "earn", json!({"points": 100, "key": "e"})).await;
    }
    let ways = [("anna", "bo"), ("bo", "anna"), ("bo", "cy"), ("cy", "anna")];
    let sends = (0..40).map(|n| {
        let (shop, (from, to)) = (shop.clone(), ways[n % 4]);
        async move {
            let body = json!({"to": to, "points": 7, "key": format!("t{n}")});
            post(&shop, from, "transfer", body).await
        }
    });
    let done = join_all(sends).await;
    assert!(
        done.iter().all(
            |answered| answered.status == 200 || answered.body["code"] == "insufficient_points"
        )
    );
    let mut sum = 0;
    for customer in ["anna", "bo", "cy"] {
        let (active, held) = balance(&shop, customer).await;
        assert_eq!(held, 0);
        sum += active;
        let audit = get(&shop, customer, "/audit").await.body;
        assert_eq!(audit["ok"], true, "{audit}");
    }
    assert_eq!(sum, 300);
}
