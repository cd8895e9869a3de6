//! `POST` and `GET /v1/surveys/{id}/responses`, `GET /v1/surveys/{id}/responses/{response}`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use crate::common::{
    client, errors, header, pair, publish, respond, respond_once, results, shop, visit,
};
use serde_json::json;

#[tokio::test]
async fn a_response_is_kept_and_what_was_not_shown_is_dropped_and_reported() {
    let shop = shop().await;
    let body = json!({
        "data": {"nps": 9, "why": "never asked", "bought": ["shoes"], "utm": "wechat"},
        "customer": "8821", "submitted_at": "2026-11-21T11:58:00+08:00"
    });
    let accepted = shop.post("/v1/surveys/visit/responses", body).await;
    assert_eq!(accepted.status, 201);
    assert_eq!(accepted.body["version"], 1);
    assert_eq!(
        accepted.body["dropped"],
        json!([{"name": "utm", "reason": "unknown_name"}, {"name": "why", "reason": "not_shown"}])
    );
    let path = header(&accepted, "location").unwrap();
    let read = shop.get(path).await.body;
    assert_eq!(read["data"], json!({"nps": 9, "bought": ["shoes"]}));
    assert_eq!(read["not_shown"], json!(["why"]));
    assert_eq!(
        (&read["customer"], &read["submitted_at"]),
        (&json!("8821"), &json!("2026-11-21T03:58:00Z"))
    );
    assert_eq!(read["id"], accepted.body["id"]);
}

#[tokio::test]
async fn wrong_answers_are_refused_with_their_places_and_not_kept() {
    let shop = shop().await;
    let refused = respond(&shop, json!({"why": 7, "bought": ["socks"]})).await;
    assert_eq!(refused.status, 422);
    assert_eq!(
        errors(&refused),
        [
            pair("required", "/data/nps"),
            pair("unknown_choice", "/data/bought")
        ]
    );
    assert_eq!(
        shop.get("/v1/surveys/visit/responses").await.body["items"],
        json!([])
    );
}

#[tokio::test]
async fn the_body_has_its_shape() {
    let shop = shop().await;
    let path = "/v1/surveys/visit/responses";
    for (body, code, pointer) in [
        (json!({}), "missing_field", "/data"),
        (json!({"data": []}), "wrong_type", "/data"),
        (
            json!({"data": {}, "answers": {}}),
            "unknown_field",
            "/answers",
        ),
        (
            json!({"data": {"nps": 1}, "customer": "a b"}),
            "invalid_value",
            "/customer",
        ),
        (
            json!({"data": {"nps": 1}, "submitted_at": "today"}),
            "invalid_value",
            "/submitted_at",
        ),
    ] {
        let refused = shop.post(path, body).await;
        assert_eq!(
            errors(&refused),
            [pair(code, pointer)],
            "{:?}",
            refused.body
        );
    }
}

#[tokio::test]
async fn a_retry_with_the_same_key_is_the_same_response() {
    let shop = shop().await;
    let first = respond_once(&shop, "visit-8821", json!({"nps": 8})).await;
    // Meanwhile a version is published to which the answer would be wrong.
    shop.put(
        "/v1/surveys/visit",
        json!({"elements": [{"type": "text", "name": "t", "isRequired": true}]}),
    )
    .await;
    assert_eq!(publish(&shop).await.body["published"]["version"], 2);
    let second = respond_once(&shop, "visit-8821", json!({"nps": 8})).await;
    assert_eq!((second.status, &second.body), (first.status, &first.body));
    assert_eq!(header(&second, "idempotency-replayed"), Some("true"));
    let other = respond_once(&shop, "visit-8821", json!({"nps": 9})).await;
    assert_eq!(other.body["code"], "key_reused");
    let in_body = json!({"data": {"t": "x"}, "key": "in-body"});
    let first = shop
        .post("/v1/surveys/visit/responses", in_body.clone())
        .await;
    let second = shop.post("/v1/surveys/visit/responses", in_body).await;
    assert_eq!(first.body["id"], second.body["id"]);
    assert_eq!(results(&shop).await["responses"], 2);
}

#[tokio::test]
async fn a_survey_is_answered_only_when_it_is_published() {
    let shop = client();
    assert_eq!(respond(&shop, json!({})).await.body["code"], "not_found");
    shop.put("/v1/surveys/visit", visit()).await;
    let refused = respond(&shop, json!({"nps": 1})).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.body["code"]),
        (409, &json!("not_published"))
    );
}

#[tokio::test]
async fn responses_are_listed_latest_first() {
    let shop = shop().await;
    for nps in 0..5 {
        assert_eq!(respond(&shop, json!({"nps": nps})).await.status, 201);
    }
    let page = shop.get("/v1/surveys/visit/responses?limit=3").await.body;
    let found: Vec<_> = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["data"]["nps"])
        .collect();
    assert_eq!(found, [4, 3, 2]);
    let next = page["next_cursor"].as_str().unwrap();
    let page = shop
        .get(&format!("/v1/surveys/visit/responses?cursor={next}"))
        .await
        .body;
    let found: Vec<_> = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["data"]["nps"])
        .collect();
    assert_eq!(found, [1, 0]);
    assert_eq!(shop.get("/v1/surveys/other/responses").await.status, 404);
    assert_eq!(
        shop.get("/v1/surveys/visit/responses/r_none").await.body["code"],
        "not_found"
    );
}

#[tokio::test]
async fn a_dry_run_checks_and_keeps_nothing() {
    let shop = shop().await;
    let path = "/v1/surveys/visit/responses?dry_run=true";
    let accepted = shop
        .post(path, json!({"data": {"nps": 3, "utm": "x"}}))
        .await;
    assert_eq!(accepted.status, 201);
    assert_eq!(accepted.body["dropped"][0]["name"], "utm");
    assert_eq!(
        shop.post(path, json!({"data": {"nps": 11}})).await.status,
        422
    );
    assert_eq!(results(&shop).await["responses"], 0);
}
