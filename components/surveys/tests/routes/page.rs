//! `GET /s/{id}`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use crate::common::{client, header, publish, shop, visit};
use http::Method;

#[tokio::test]
async fn a_published_survey_has_a_page() {
    let shop = shop().await;
    let page = shop.get("/s/visit").await;
    assert_eq!(page.status, 200);
    assert_eq!(
        header(&page, "content-type"),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(
        header(&page, "content-security-policy"),
        Some("default-src 'none'; frame-ancestors 'none'")
    );
    let same = shop
        .call(Method::GET, "/s/visit", &[("if-none-match", "\"1\"")], None)
        .await;
    assert_eq!(same.status, 304);
}

#[tokio::test]
async fn a_draft_has_none() {
    let shop = client();
    shop.put("/v1/surveys/visit", visit()).await;
    assert_eq!(shop.get("/s/visit").await.body["code"], "not_found");
    publish(&shop).await;
    assert_eq!(shop.get("/s/visit").await.status, 200);
    assert_eq!(shop.get("/s/other").await.status, 404);
}
