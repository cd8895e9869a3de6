//! `/v1/batch`.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use http::{Method, StatusCode};
use rapport_web::testing::Client;
use serde_json::{Value, json};

fn shop() -> Client {
    Client::new(profiles::routes)
}

fn order(customer: &str, id: &str, total: Value) -> Value {
    json!({
        "type": "track", "userId": customer, "event": "Order Completed", "timestamp": "2026-11-01",
        "properties": {"order_id": id, "total": total, "currency": "CNY"}
    })
}

#[tokio::test]
async fn every_item_has_a_result_in_order_and_a_bad_one_spoils_no_other() {
    let shop = shop();
    let body = json!({"batch": [
        order("a", "o1", json!(10)),
        order("b", "o2", json!(-1)),
        {"type": "alias", "userId": "a", "previousId": "z"},
        order("a", "o1", json!(10)),
        {"type": "identify", "userId": "b", "traits": {"city": "上海"}},
        7,
        order("a", "o3", json!("2.50"))
    ], "context": {"library": {"name": "test"}}});
    let answered = shop.post("/v1/batch", body).await;
    assert_eq!(answered.status, StatusCode::OK);
    let results = answered.body["results"].as_array().unwrap();
    let seen: Vec<_> = results
        .iter()
        .map(|line| {
            (
                line["index"].as_u64().unwrap(),
                line["status"].as_str().unwrap(),
                line["customer"].as_str(),
                line["error"]["pointer"].as_str(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            (0, "applied", Some("a"), None),
            (1, "refused", Some("b"), Some("/batch/1/properties/total")),
            (2, "refused", None, Some("/batch/2/type")),
            (3, "duplicate", Some("a"), None),
            (4, "applied", Some("b"), None),
            (5, "refused", None, Some("/batch/5")),
            (6, "applied", Some("a"), None),
        ]
    );
    let a = shop.get("/v1/customers/a").await.body;
    assert_eq!(a["totals"]["orders"], 2);
    assert_eq!(a["totals"]["spend"]["amount"], 1250);
    let b = shop.get("/v1/customers/b").await.body;
    assert_eq!(
        (&b["totals"]["orders"], &b["traits"]),
        (&json!(0), &json!({"city": "上海"}))
    );
}

#[tokio::test]
async fn the_items_of_one_customer_are_one_commit() {
    let shop = shop();
    shop.put("/v1/customers/a", json!({"traits": {}})).await;
    let items: Vec<_> = (0..20)
        .map(|n| order("a", &format!("o{n}"), json!(1)))
        .collect();
    shop.post("/v1/batch", json!({"batch": items})).await;
    let customer = shop.get("/v1/customers/a").await.body;
    assert_eq!(customer["totals"]["orders"], 20);
    assert_eq!(customer["rev"], 2);
}

#[tokio::test]
async fn many_customers_are_all_committed_and_a_second_time_changes_nothing() {
    let shop = shop();
    let items: Vec<_> = (0..100)
        .map(|n| order(&format!("c{}", n % 50), &format!("o{n}"), json!(n)))
        .collect();
    let batch = json!({"batch": items});
    let first = shop.post("/v1/batch", batch.clone()).await.body;
    let count = |body: &Value, status: &str| {
        let results = body["results"].as_array().unwrap();
        results
            .iter()
            .filter(|line| line["status"] == status)
            .count()
    };
    assert_eq!(count(&first, "applied"), 100);
    let again = shop.post("/v1/batch", batch).await.body;
    assert_eq!(count(&again, "duplicate"), 100);
    let list = shop.get("/v1/customers?limit=200").await.body;
    let customers = list["items"].as_array().unwrap();
    assert_eq!(customers.len(), 50);
    let spend: i64 = customers
        .iter()
        .map(|c| c["totals"]["spend"]["amount"].as_i64().unwrap())
        .sum();
    assert_eq!(spend, 4_950 * 100);
}

#[tokio::test]
async fn the_same_key_answers_the_same_again_and_another_body_is_refused() {
    let shop = shop();
    let visits = |n: usize| json!({"batch": vec![json!({"type": "track", "userId": "a", "event": "visit"}); n]});
    let send = |body| {
        shop.call(
            Method::POST,
            "/v1/batch",
            &[("idempotency-key", "k")],
            Some(body),
        )
    };
    let first = send(visits(3)).await;
    let again = send(visits(3)).await;
    assert_eq!(again.body, first.body);
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let other = send(visits(2)).await;
    assert_eq!(
        (other.status, &other.body["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("key_reused"))
    );
    let customer = shop.get("/v1/customers/a").await.body;
    assert_eq!(customer["totals"]["events"]["visit"]["count"], 3);
}

#[tokio::test]
async fn a_large_batch_is_taken_and_a_larger_one_refused() {
    let shop = shop();
    let item = |n: usize| {
        json!({
            "type": "track", "userId": format!("c{}", n % 3), "event": "visit",
            "properties": {"note": "x".repeat(7_000)}
        })
    };
    let some: Vec<_> = (0..300).map(item).collect();
    let taken = shop.post("/v1/batch", json!({"batch": some})).await;
    assert_eq!(taken.status, StatusCode::OK);
    assert_eq!(taken.body["results"].as_array().unwrap().len(), 300);
    let many: Vec<_> = (0..650).map(item).collect();
    let refused = shop.post("/v1/batch", json!({"batch": many})).await;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn what_is_no_batch_is_a_problem() {
    let shop = shop();
    let refused = shop.post("/v1/batch", json!({"items": []})).await;
    assert_eq!(refused.body["errors"][0]["pointer"], "/batch");
    let empty = shop.post("/v1/batch", json!({"batch": []})).await;
    assert_eq!(empty.body, json!({"results": []}));
}

#[tokio::test]
async fn an_item_with_a_number_that_would_not_stay_is_refused_and_no_other() {
    let shop = shop();
    let body = r#"{"batch": [
        {"type": "track", "userId": "a", "event": "viewed", "properties": {"id": 7}},
        {"type": "track", "userId": "a", "event": "viewed", "properties": {"n": [12345678901234567890123, 1e-400]}},
        {"type": "identify", "userId": "b", "traits": {"n": 1}, "context": {"n": 12345678901234567890123}},
        {"type": "identify", "userId": "c", "traits": {"n": 0.12345678901234567890123}}
    ], "sentAt": 0.12345678901234567890123}"#;
    let answered = shop.post_text("/v1/batch", body).await;
    assert_eq!(answered.status, StatusCode::OK, "{}", answered.body);
    let results = answered.body["results"].as_array().unwrap();
    let seen: Vec<_> = results
        .iter()
        .map(|line| {
            (
                line["status"].as_str().unwrap(),
                line["error"]["pointer"].as_str(),
                line["error"]["code"].as_str(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("applied", None, None),
            (
                "refused",
                Some("/batch/1/properties/n/0"),
                Some("not_exact")
            ),
            ("applied", None, None),
            ("refused", Some("/batch/3/traits/n"), Some("not_exact")),
        ]
    );
}
