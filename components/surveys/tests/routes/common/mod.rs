//! A shop with a survey.
#![allow(dead_code, clippy::unwrap_used)]

use http::Method;
use rapport_web::testing::{Answered, Client};
use serde_json::{Value, json};

/// A visit's survey: a score, why it is low, what was bought.
pub fn visit() -> Value {
    json!({
        "title": {"default": "Your visit", "zh-cn": "您的光临"},
        "showProgressBar": true,
        "pages": [{"name": "page1", "elements": [
            {"type": "rating", "name": "nps", "rateMin": 0, "rateMax": 10, "isRequired": true},
            {"type": "comment", "name": "why", "visibleIf": "{nps} < 7"},
            {"type": "checkbox", "name": "bought", "choices": ["shoes", "hats"], "showOtherItem": true}
        ]}]
    })
}

pub fn client() -> Client {
    Client::new(surveys::routes)
}

/// A shop whose survey `visit` is published.
pub async fn shop() -> Client {
    let shop = client();
    assert_eq!(shop.put("/v1/surveys/visit", visit()).await.status, 201);
    assert_eq!(publish(&shop).await.status, 200);
    shop
}

pub async fn publish(shop: &Client) -> Answered {
    shop.call(Method::POST, "/v1/surveys/visit/publish", &[], None)
        .await
}

pub async fn respond(shop: &Client, data: Value) -> Answered {
    shop.post("/v1/surveys/visit/responses", json!({"data": data}))
        .await
}

pub async fn respond_once(shop: &Client, key: &str, data: Value) -> Answered {
    let headers = [("idempotency-key", key)];
    let body = json!({"data": data});
    shop.call(
        Method::POST,
        "/v1/surveys/visit/responses",
        &headers,
        Some(body),
    )
    .await
}

pub async fn results(shop: &Client) -> Value {
    let found = shop.get("/v1/surveys/visit/results").await;
    assert_eq!(found.status, 200, "{:?}", found.body);
    found.body
}

/// Code and pointer of each thing wrong.
pub fn errors(answered: &Answered) -> Vec<(String, String)> {
    let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
    let errors = answered
        .body
        .get("errors")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    errors
        .iter()
        .map(|it| (text(&it["code"]), text(&it["pointer"])))
        .collect()
}

pub fn pair(code: &str, pointer: &str) -> (String, String) {
    (code.to_owned(), pointer.to_owned())
}

pub fn header<'a>(answered: &'a Answered, name: &str) -> Option<&'a str> {
    answered
        .headers
        .get(name)
        .and_then(|value| value.to_str().ok())
}
