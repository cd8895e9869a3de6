//! `PUT`, `GET /v1/surveys/{id}`, `GET /v1/surveys`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use crate::common::{client, errors, header, pair, publish, shop, visit};
use http::Method;
use serde_json::json;

#[tokio::test]
async fn a_survey_is_saved_as_its_editor_emits_it() {
    let shop = client();
    let saved = shop.put("/v1/surveys/visit", visit()).await;
    assert_eq!(saved.status, 201);
    assert_eq!(header(&saved, "location"), Some("/v1/surveys/visit"));
    assert_eq!(
        saved.body,
        json!({"id": "visit", "title": "Your visit", "saved_at": "2026-11-21T04:00:00Z", "published": null,
               "changed": true, "rev": 1, "warnings": []})
    );
    let read = shop.get("/v1/surveys/visit").await;
    assert_eq!(read.body["definition"], visit());
    assert_eq!(header(&read, "etag"), Some("\"1\""));
    let again = shop.put("/v1/surveys/visit", visit()).await;
    assert_eq!(
        (again.status.as_u16(), &again.body["rev"]),
        (200, &json!(2))
    );
}

#[tokio::test]
async fn a_half_finished_draft_is_saved_with_warnings() {
    let shop = client();
    let draft = json!({"elements": [{"type": "matrix", "name": "m"}, {"type": "text"}]});
    let saved = shop.put("/v1/surveys/visit", draft.clone()).await;
    assert_eq!(saved.status, 201);
    let codes: Vec<_> = saved.body["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["code"])
        .collect();
    assert_eq!(codes, ["unsupported_element", "missing_name"]);
    assert_eq!(
        shop.get("/v1/surveys/visit").await.body["definition"],
        draft
    );
}

#[tokio::test]
async fn what_is_no_survey_at_all_is_refused() {
    let shop = client();
    let refused = shop.put("/v1/surveys/visit", json!(["a"])).await;
    assert_eq!(refused.status, 422);
    assert_eq!(errors(&refused), [pair("wrong_type", "")]);
    let large = json!({"title": "x".repeat(230_000)});
    assert_eq!(
        shop.put("/v1/surveys/visit", large).await.body["code"],
        "too_large"
    );
    let long = format!("/v1/surveys/{}", "x".repeat(65));
    assert_eq!(
        shop.put(&long, visit()).await.body["code"],
        "invalid_parameter"
    );
    assert_eq!(
        shop.get("/v1/surveys/visit").await.body["code"],
        "not_found"
    );
}

#[tokio::test]
async fn a_stale_editor_does_not_overwrite_another_ones_work() {
    let shop = shop().await;
    let stale = shop
        .call(
            Method::PUT,
            "/v1/surveys/visit",
            &[("if-match", "\"1\"")],
            Some(visit()),
        )
        .await;
    assert_eq!(stale.body["code"], "stale_revision");
    let fresh = shop
        .call(
            Method::PUT,
            "/v1/surveys/visit",
            &[("if-match", "\"2\"")],
            Some(visit()),
        )
        .await;
    assert_eq!(fresh.status, 200);
    let same = shop
        .call(
            Method::GET,
            "/v1/surveys/visit",
            &[("if-none-match", "\"3\"")],
            None,
        )
        .await;
    assert_eq!(same.status, 304);
}

#[tokio::test]
async fn a_repeated_save_is_answered_as_before_and_a_dry_run_saves_nothing() {
    let shop = client();
    let dry = shop.put("/v1/surveys/visit?dry_run=true", visit()).await;
    assert_eq!(dry.status, 201);
    assert_eq!(shop.get("/v1/surveys/visit").await.status, 404);
    let key = [("idempotency-key", "save-1")];
    let first = shop
        .call(Method::PUT, "/v1/surveys/visit", &key, Some(visit()))
        .await;
    let second = shop
        .call(Method::PUT, "/v1/surveys/visit", &key, Some(visit()))
        .await;
    assert_eq!((first.status, &first.body), (second.status, &second.body));
    assert_eq!(header(&second, "idempotency-replayed"), Some("true"));
    let other = shop
        .call(
            Method::PUT,
            "/v1/surveys/visit",
            &key,
            Some(json!({"title": "other"})),
        )
        .await;
    assert_eq!(other.body["code"], "key_reused");
}

#[tokio::test]
async fn surveys_are_listed_latest_first_without_their_definitions() {
    let shop = client();
    for id in ["one", "two", "three"] {
        shop.put(&format!("/v1/surveys/{id}"), visit()).await;
    }
    let page = shop.get("/v1/surveys?limit=2").await.body;
    let ids: Vec<_> = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["id"])
        .collect();
    assert_eq!(ids, ["three", "two"]);
    assert!(page["items"][0].get("definition").is_none());
    let next = format!(
        "/v1/surveys?limit=2&cursor={}",
        page["next_cursor"].as_str().unwrap()
    );
    let page = shop.get(&next).await.body;
    assert_eq!(
        (&page["items"][0]["id"], &page["next_cursor"]),
        (&json!("one"), &json!(null))
    );
}

#[tokio::test]
async fn the_published_definition_stays_while_the_draft_changes() {
    let shop = shop().await;
    shop.put("/v1/surveys/visit", json!({"title": "half"}))
        .await;
    let published = shop.get("/v1/surveys/visit/published").await;
    assert_eq!(published.body["definition"], visit());
    assert_eq!(published.body["version"], 1);
    let draft = shop.get("/v1/surveys/visit").await.body;
    assert_eq!(
        (&draft["changed"], &draft["published"]["version"]),
        (&json!(true), &json!(1))
    );
    assert_eq!(publish(&shop).await.status, 422);
}
