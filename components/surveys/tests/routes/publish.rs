//! `POST /v1/surveys/{id}/publish`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use crate::common::{client, errors, header, pair, publish, shop, visit};
use http::Method;
use serde_json::json;

#[tokio::test]
async fn publishing_freezes_a_version_and_the_same_again_is_no_new_one() {
    let shop = shop().await;
    let again = publish(&shop).await;
    assert_eq!(
        again.body["published"],
        json!({"version": 1, "at": "2026-11-21T04:00:00Z"})
    );
    let mut changed = visit();
    changed["title"] = json!("Visit us again");
    shop.put("/v1/surveys/visit", changed).await;
    let second = publish(&shop).await;
    assert_eq!(second.body["published"]["version"], 2);
    assert_eq!(second.body["changed"], false);
}

#[tokio::test]
async fn what_is_not_supported_is_refused_with_its_place_in_the_draft() {
    let shop = client();
    let draft = json!({"pages": [{"elements": [
        {"type": "text", "name": "a", "visibleIf": "{b} = 1"},
        {"type": "file", "name": "f"}
    ]}]});
    shop.put("/v1/surveys/visit", draft).await;
    let refused = publish(&shop).await;
    assert_eq!(refused.status, 422);
    assert_eq!(
        errors(&refused),
        [
            pair("unsupported_element", "/pages/0/elements/1/type"),
            pair("unknown_reference", "/pages/0/elements/0/visibleIf"),
        ]
    );
    assert_eq!(
        shop.get("/v1/surveys/visit").await.body["published"],
        json!(null)
    );
    assert_eq!(
        shop.get("/v1/surveys/visit/published").await.body["code"],
        "not_published"
    );
}

#[tokio::test]
async fn publishing_knows_keys_revisions_and_dry_runs() {
    let shop = client();
    assert_eq!(publish(&shop).await.body["code"], "not_found");
    shop.put("/v1/surveys/visit", visit()).await;
    let path = "/v1/surveys/visit/publish";
    let dry = shop
        .call(
            Method::POST,
            "/v1/surveys/visit/publish?dry_run=true",
            &[],
            None,
        )
        .await;
    assert_eq!(dry.body["published"]["version"], 1);
    assert_eq!(
        shop.get("/v1/surveys/visit").await.body["published"],
        json!(null)
    );
    let stale = shop
        .call(Method::POST, path, &[("if-match", "\"9\"")], None)
        .await;
    assert_eq!(stale.body["code"], "stale_revision");
    let key = [("idempotency-key", "go")];
    let first = shop.call(Method::POST, path, &key, None).await;
    shop.put("/v1/surveys/visit", json!({"title": "no survey any more"}))
        .await;
    let second = shop.call(Method::POST, path, &key, None).await;
    assert_eq!((second.status, &second.body), (first.status, &first.body));
    assert_eq!(header(&second, "idempotency-replayed"), Some("true"));
    let wrong = shop.call(Method::DELETE, path, &[], None).await;
    assert_eq!(
        (wrong.status.as_u16(), header(&wrong, "allow")),
        (405, Some("POST"))
    );
}
