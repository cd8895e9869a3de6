//! `/v1/identify`, `/v1/track` and their like.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use http::{Method, StatusCode};
use rapport_web::testing::{Answered, Client};
use serde_json::{Value, json};

fn shop() -> Client {
    Client::new(profiles::routes)
}

fn order(id: &str, total: Value) -> Value {
    json!({
        "userId": "0001", "event": "Order Completed", "timestamp": "2026-11-20T10:00:00Z",
        "properties": {"order_id": id, "total": total, "currency": "USD"}, "context": {"ip": "::1"}
    })
}

#[tokio::test]
async fn identify_merges_traits() {
    let shop = shop();
    let call = |traits| shop.post("/v1/identify", json!({"userId": "0001", "traits": traits}));
    let first = call(json!({"city": "上海", "age": 3})).await;
    assert_eq!(first.status, StatusCode::OK);
    assert_eq!(
        first.body,
        json!({"status": "applied", "customer": "0001", "rev": 1})
    );
    call(json!({"age": null, "vip": true})).await;
    let customer = shop.get("/v1/customers/0001").await;
    assert_eq!(
        customer.body["traits"],
        json!({"city": "上海", "vip": true})
    );
}

#[tokio::test]
async fn an_order_counts_once_and_feeds_spend() {
    let shop = shop();
    assert_eq!(
        shop.post("/v1/track", order("o1", json!("29.33")))
            .await
            .body["status"],
        "applied"
    );
    assert_eq!(
        shop.post("/v1/track", order("o1", json!(29.33))).await.body["status"],
        "duplicate"
    );
    assert_eq!(
        shop.post("/v1/track", order("o2", json!(5))).await.body["status"],
        "applied"
    );
    let customer = shop.get("/v1/customers/0001").await.body;
    assert_eq!(customer["totals"]["orders"], 2);
    assert_eq!(
        customer["totals"]["spend"],
        json!({"amount": 3433, "currency": "USD"})
    );
    assert_eq!(customer["totals"]["first_order_at"], "2026-11-20T10:00:00Z");
    assert_eq!(customer["totals"]["events"]["order_completed"]["count"], 2);
}

#[tokio::test]
async fn a_refused_event_is_a_problem_and_creates_nobody() {
    let shop = shop();
    let refused = shop.post("/v1/track", order("o1", json!("much"))).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.body["errors"][0]["pointer"], "/properties/total");
    assert_eq!(
        shop.get("/v1/customers/0001").await.status,
        StatusCode::NOT_FOUND
    );
    let nobody = shop.post("/v1/track", json!({"event": "visit"})).await;
    assert_eq!(nobody.body["errors"][0]["pointer"], "/userId");
}

#[tokio::test]
async fn a_message_counts_once() {
    let shop = shop();
    let visit = json!({"anonymousId": "a1", "event": "Visit", "messageId": "m1"});
    assert_eq!(
        shop.post("/v1/track", visit.clone()).await.body["status"],
        "applied"
    );
    let again = shop.post("/v1/track", visit).await.body;
    assert_eq!(again["status"], "duplicate");
    assert_eq!(again["customer"], "anon:a1");
    let customer = shop.get("/v1/customers/anon:a1").await.body;
    assert_eq!(customer["totals"]["events"]["visit"]["count"], 1);
}

#[tokio::test]
async fn the_same_key_counts_once_and_says_so() {
    let shop = shop();
    let visit = || {
        let body = json!({"userId": "0001", "event": "Visit"});
        shop.call(
            Method::POST,
            "/v1/track",
            &[("idempotency-key", "k")],
            Some(body),
        )
    };
    let first = visit().await;
    let again = visit().await;
    assert_eq!(again.body, first.body);
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let customer = shop.get("/v1/customers/0001").await.body;
    assert_eq!(customer["totals"]["events"]["visit"]["count"], 1);
}

#[tokio::test]
async fn pages_and_screens_are_events() {
    let shop = shop();
    shop.post("/v1/page", json!({"userId": "0001", "name": "Home"}))
        .await;
    shop.post("/v1/screen", json!({"userId": "0001", "name": "Cart"}))
        .await;
    let events = shop.get("/v1/customers/0001").await.body["totals"]["events"].clone();
    assert_eq!(events["page_viewed"]["count"], 1);
    assert_eq!(events["screen_viewed"]["count"], 1);
}

#[tokio::test]
async fn calls_that_are_not_supported_say_so() {
    for path in ["/v1/alias", "/v1/group"] {
        let refused = shop()
            .post(path, json!({"userId": "a", "previousId": "b"}))
            .await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(refused.body["errors"][0]["code"], "unsupported");
    }
}

fn refused(answered: &Answered) -> (u16, &str, &str) {
    let error = &answered.body["errors"][0];
    let text = |name: &str| error[name].as_str().unwrap();
    (answered.status.as_u16(), text("pointer"), text("code"))
}

#[tokio::test]
async fn a_number_that_would_not_stay_as_it_was_sent_is_refused_where_it_is_kept() {
    let shop = shop();
    let track =
        r#"{"userId": "c", "event": "viewed", "properties": {"id": 12345678901234567890123}}"#;
    let answered = shop.post_text("/v1/track", track).await;
    assert_eq!(refused(&answered), (422, "/properties/id", "not_exact"));
    let identify = r#"{"userId": "c", "traits": {"a": [1, {"b": 0.1000000000000000055}]}}"#;
    let answered = shop.post_text("/v1/identify", identify).await;
    assert_eq!(refused(&answered), (422, "/traits/a/1/b", "not_exact"));
    let escaped = r#"{"userId": "c", "tr\u0061its": {"a": 12345678901234567890123}}"#;
    let answered = shop.post_text("/v1/identify", escaped).await;
    assert_eq!(refused(&answered), (422, "/traits/a", "not_exact"));
    assert_eq!(shop.get("/v1/customers/c").await.status, 404);
    // What nobody keeps may be anything.
    let context =
        r#"{"userId": "c", "event": "viewed", "context": {"id": 12345678901234567890123}}"#;
    let answered = shop.post_text("/v1/track", context).await;
    assert_eq!(answered.body["status"], "applied", "{}", answered.body);
}

#[tokio::test]
async fn a_number_comes_back_as_it_was_sent() {
    let shop = shop();
    let traits = r#"{"a":18446744073709551615,"b":31.230416123456788,"c":0.30000000000000004,"d":9007199254740993,"e":29.33}"#;
    let identify = format!(r#"{{"userId": "c", "traits": {traits}}}"#);
    let answered = shop.post_text("/v1/identify", &identify).await;
    assert_eq!(answered.status, 200, "{}", answered.body);
    let (_, text) = shop.text("/v1/customers/c", &[]).await;
    assert!(text.contains(traits), "{text}");
}
