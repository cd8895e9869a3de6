//! `ETag`, `If-None-Match` and `If-Match` of lists, of audiences, and of what there is once for the whole shop.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs
)]

use crate::common::Shop;
use http::Method;
use rapport_web::testing::Answered;
use serde_json::{Value, json};

const SETTINGS: &str = "/v1/tags/settings";
const READY: &str = "/v1/segments/ready";

fn tag(answered: &Answered) -> String {
    let tag = answered.headers.get("etag");
    let tag = tag.unwrap_or_else(|| panic!("no tag: {}", answered.body));
    tag.to_str().unwrap().to_owned()
}

async fn with(
    shop: &Shop,
    method: Method,
    path: &str,
    header: (&str, &str),
    body: Option<Value>,
) -> Answered {
    shop.client.call(method, path, &[header], body).await
}

/// Reads what has the tag already.
async fn again(shop: &Shop, path: &str, tag: &str) -> u16 {
    let read = with(shop, Method::GET, path, ("if-none-match", tag), None).await;
    read.status.as_u16()
}

#[tokio::test]
async fn a_list_that_has_not_changed_is_not_sent_again() {
    let shop = Shop::new();
    let lists = [
        "/v1/segments",
        "/v1/segments?limit=1",
        "/v1/segments/scores",
        "/v1/tags",
        SETTINGS,
        "/v1/tags/jobs",
    ];
    let mut last = Vec::new();
    for path in lists {
        let read = tag(&shop.client.get(path).await);
        assert_eq!(again(&shop, path, &read).await, 304, "{path}");
        last.push(read);
    }
    shop.define("a", json!({"tag": "x"})).await;
    for (path, last) in lists.iter().zip(&last) {
        assert_eq!(again(&shop, path, last).await, 200, "{path}");
        let read = tag(&shop.client.get(path).await);
        assert_eq!(again(&shop, path, &read).await, 304, "{path}");
    }
    assert_eq!(tag(&shop.client.get("/v1/segments").await), "\"1\"");
    // A job of a list of its own.
    shop.fill().await;
    shop.client.put("/v1/tags/vip", json!({})).await;
    let jobs = tag(&shop.client.get("/v1/tags/jobs").await);
    let asked = shop
        .client
        .post("/v1/tags/vip/apply", json!({"segment": "a"}));
    assert_eq!(asked.await.status.as_u16(), 202);
    assert_eq!(again(&shop, "/v1/tags/jobs", &jobs).await, 200);
    let job = tag(&shop.client.get("/v1/tags/jobs/job-1").await);
    assert_eq!(again(&shop, "/v1/tags/jobs/job-1", &job).await, 304);
}

#[tokio::test]
async fn an_audience_that_has_not_changed_is_not_sent_again() {
    let shop = Shop::new();
    shop.customers(6).await;
    shop.define(
        "shanghai",
        json!({"field": "traits.city", "is": "eq", "value": "上海"}),
    )
    .await;
    shop.fill().await;
    let read = async |what: &str| {
        let path = format!("/v1/segments/shanghai/{what}");
        (tag(&shop.client.get(&path).await), path)
    };
    let mut last = Vec::new();
    for what in ["members", "count", "fill"] {
        let (tag, path) = read(what).await;
        assert_eq!(again(&shop, &path, &tag).await, 304, "{what}");
        last.push((tag, path));
    }
    shop.traits("c1", json!({"city": "上海"}), "2026-11-21T12:00:00+08:00")
        .await;
    for (tag, path) in &last[..2] {
        assert_eq!(again(&shop, path, tag).await, 200, "{path}");
    }
}

#[tokio::test]
async fn what_there_is_once_is_changed_by_whoever_has_read_it_last() {
    let shop = Shop::new();
    for (method, path, body, read) in [
        (
            Method::PUT,
            SETTINGS,
            json!({"unknown_tags": "refuse"}),
            SETTINGS,
        ),
        (
            Method::POST,
            READY,
            json!({"only": ["asleep"]}),
            "/v1/segments",
        ),
    ] {
        let ask = async |condition: (&str, &str)| {
            with(&shop, method.clone(), path, condition, Some(body.clone())).await
        };
        let present = tag(&shop.client.get(read).await);
        for stale in [("if-match", "\"99999\""), ("if-none-match", "*")] {
            let refused = ask(stale).await;
            assert_eq!(
                (refused.status.as_u16(), &refused.body["code"]),
                (412, &json!("stale_revision")),
                "{path} {stale:?}"
            );
        }
        let done = ask(("if-match", &present)).await;
        assert_eq!(done.status.as_u16(), 200, "{}", done.body);
        assert_eq!(tag(&done), tag(&shop.client.get(read).await));
        assert_ne!(tag(&done), present);
        // Somebody else has changed something since.
        assert_eq!(ask(("if-match", &present)).await.status.as_u16(), 412);
    }
}
