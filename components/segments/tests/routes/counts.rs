//! `GET /v1/segments?counts=true`.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    missing_docs
)]

use crate::common::Shop;
use http::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_list_of_segments_says_how_many_are_in_each_where_it_is_asked() {
    let shop = Shop::new();
    shop.customers(30).await;
    let rule = json!({"field": "traits.city", "is": "eq", "value": "上海"});
    shop.define("shanghai", rule).await;
    shop.client
        .put("/v1/segments/beta", json!({"name": "β", "kind": "manual"}))
        .await;
    shop.client
        .post("/v1/segments/beta/members", json!({"add": ["c1", "c2"]}))
        .await;
    shop.fill().await;
    shop.define("new", json!({"tag": "vip"})).await;
    let plain = shop.client.get("/v1/segments").await;
    assert!(plain.body["items"][0].get("audience").is_none());
    let counted = shop.client.get("/v1/segments?counts=true").await;
    let audiences: Vec<&Value> = counted.body["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| &item["audience"])
        .collect();
    let audience = |count: u64, version: u64, complete: bool| json!({"count": count, "exact": true, "definition_version": version, "complete": complete});
    assert_eq!(
        audiences,
        [
            &audience(2, 1, true),
            &audience(0, 1, false),
            &audience(10, 1, true)
        ]
    );
    // As many as the count of each says.
    let alone = shop.client.get("/v1/segments/shanghai/count").await;
    assert_eq!(*audiences[2], alone.body);
    // Who comes changes no definition, and the tag all the same.
    let tag = counted.headers["etag"].to_str().unwrap().to_owned();
    let again = [("if-none-match", tag.as_str())];
    let path = "/v1/segments?counts=true";
    let read = shop.client.call(Method::GET, path, &again, None).await;
    assert_eq!(read.status, 304);
    shop.client
        .post("/v1/segments/beta/members", json!({"add": ["c3"]}))
        .await;
    let read = shop.client.call(Method::GET, path, &again, None).await;
    assert_eq!(read.body["items"][0]["audience"]["count"], 3);
    // In pages, too.
    let page = shop
        .client
        .get("/v1/segments?counts=true&limit=1&cursor=new")
        .await;
    assert_eq!(page.body["items"][0]["audience"]["count"], 10);
}
