//! `/v1/feedback`.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use http::{Method, StatusCode};
use rapport_web::testing::Client;
use serde_json::{Value, json};

fn shop() -> Client {
    Client::new(feedback::routes)
}

#[tokio::test]
async fn what_was_said_is_kept_and_can_be_read() {
    let shop = shop();
    let said = json!({
        "kind": "nps", "value": 9, "text": "很好", "channel": "web", "subject": "order:o1", "customer": "0001",
        "language": "zh-Hans", "submitted_at": "2026-11-20T10:00:00+08:00"
    });
    let created = shop.post("/v1/feedback", said).await;
    assert_eq!(created.status, StatusCode::CREATED);
    let id = created.body["id"].as_str().unwrap().to_owned();
    assert_eq!(
        created.headers["location"].to_str().unwrap(),
        format!("/v1/feedback/{id}")
    );
    assert_eq!(
        created.body,
        json!({
            "id": id, "kind": "nps", "value": 9, "text": "很好", "channel": "web", "subject": "order:o1",
            "customer": "0001", "language": "zh-Hans", "submitted_at": "2026-11-20T02:00:00Z",
            "received_at": "2026-11-21T04:00:00Z", "state": "new", "rev": 2
        })
    );
    let read = shop.get(&format!("/v1/feedback/{id}")).await;
    assert_eq!((read.status, &read.body), (StatusCode::OK, &created.body));
    assert_eq!(read.headers["etag"], "\"2\"");
}

#[tokio::test]
async fn an_unknown_record_is_not_found_and_an_over_long_id_is_wrong() {
    let shop = shop();
    assert_eq!(
        shop.get("/v1/feedback/fb_0").await.status,
        StatusCode::NOT_FOUND
    );
    let long = format!("/v1/feedback/{}", "x".repeat(65));
    assert_eq!(shop.get(&long).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn bad_input_is_named_by_its_place_and_nothing_is_kept() {
    let shop = shop();
    for (body, pointer, code) in [
        (json!({"value": 1}), "/kind", "missing_field"),
        (json!({"kind": "stars"}), "/kind", "unknown_value"),
        (
            json!({"kind": "nps", "value": 11}),
            "/value",
            "out_of_range",
        ),
        (json!({"kind": "nps", "value": "9"}), "/value", "wrong_type"),
        (
            json!({"kind": "nps", "score": 9}),
            "/score",
            "unknown_field",
        ),
        (
            json!({"kind": "nps", "value": 9, "customer": "a b"}),
            "/customer",
            "invalid_value",
        ),
        (json!({"kind": "text"}), "/text", "required"),
        (
            json!({"kind": "csat", "value": 1, "submitted_at": "soon"}),
            "/submitted_at",
            "not_a_moment",
        ),
    ] {
        let refused = shop.post("/v1/feedback", body).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        let error = &refused.body["errors"][0];
        assert_eq!(
            (&error["pointer"], &error["code"]),
            (&json!(pointer), &json!(code))
        );
    }
    assert_eq!(shop.get("/v1/feedback").await.body["items"], json!([]));
}

#[tokio::test]
async fn a_key_in_the_header_or_the_body_makes_one_record() {
    let shop = shop();
    let post = |headers: &'static [(&str, &str)], body: Value| {
        let shop = shop.clone();
        async move {
            shop.call(Method::POST, "/v1/feedback", headers, Some(body))
                .await
        }
    };
    const KEY: &[(&str, &str)] = &[("idempotency-key", "k1")];
    let first = post(KEY, json!({"kind": "nps", "value": 9})).await;
    let again = post(KEY, json!({"kind": "nps", "value": 9})).await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let other = post(KEY, json!({"kind": "nps", "value": 1})).await;
    assert_eq!(other.body["code"], "key_reused");

    let in_body = json!({"kind": "csat", "value": 5, "key": "k2"});
    let one = post(&[], in_body.clone()).await;
    let two = post(&[], in_body).await;
    assert_eq!(one.body["id"], two.body["id"]);
    assert_eq!(one.body.get("key"), None);
    assert_eq!(
        shop.get("/v1/feedback").await.body["items"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn without_a_key_each_is_a_record_of_its_own() {
    let shop = shop();
    let one = shop
        .post("/v1/feedback", json!({"kind": "boolean", "value": true}))
        .await;
    let two = shop
        .post("/v1/feedback", json!({"kind": "boolean", "value": true}))
        .await;
    assert_ne!(one.body["id"], two.body["id"]);
}

#[tokio::test]
async fn a_dry_run_keeps_nothing() {
    let shop = shop();
    let dry = shop
        .post(
            "/v1/feedback?dry_run=true",
            json!({"kind": "nps", "value": 9}),
        )
        .await;
    assert_eq!(dry.status, StatusCode::CREATED);
    assert_eq!(shop.get("/v1/feedback").await.body["items"], json!([]));
    assert_eq!(shop.get("/v1/feedback/metrics").await.body["responses"], 0);
}

#[tokio::test]
async fn the_list_begins_with_the_newest() {
    let shop = shop();
    for n in 0..5 {
        shop.post("/v1/feedback", json!({"kind": "number", "value": n}))
            .await;
    }
    let values = |page: &Value| {
        let items = page["items"].as_array().unwrap();
        items
            .iter()
            .map(|item| item["value"].as_i64().unwrap())
            .collect::<Vec<_>>()
    };
    let first = shop.get("/v1/feedback?limit=3").await.body;
    assert_eq!(values(&first), [4, 3, 2]);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = shop
        .get(&format!("/v1/feedback?limit=3&cursor={cursor}"))
        .await
        .body;
    assert_eq!(values(&second), [1, 0]);
    assert_eq!(second["next_cursor"], Value::Null);
}
