//! `/v1/customers`.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use http::{Method, StatusCode};
use rapport_store::Driver;
use rapport_web::testing::Client;
use serde_json::json;

fn shop() -> Client {
    Client::new(profiles::routes)
}

#[tokio::test]
async fn put_creates_and_then_replaces_traits() {
    let shop = shop();
    let created = shop
        .put(
            "/v1/customers/0001",
            json!({"traits": {"city": "上海", "age": 30}}),
        )
        .await;
    assert_eq!(created.status, StatusCode::CREATED);
    assert_eq!(created.headers["location"], "/v1/customers/0001");
    assert_eq!(created.headers["etag"], "\"1\"");
    assert_eq!(
        created.body,
        json!({
            "id": "0001", "traits": {"city": "上海", "age": 30}, "tags": [], "rev": 1,
            "totals": {
                "orders": 0, "order_days": 0, "spend": null, "other_spend": {}, "first_order_at": null, "last_order_at": null,
                "previous_order_at": null, "events": {}
            },
            "created_at": "2026-11-21T04:00:00Z", "updated_at": "2026-11-21T04:00:00Z"
        })
    );
    let replaced = shop
        .at("2026-11-22T00:00:00Z")
        .put("/v1/customers/0001", json!({"traits": {"city": "杭州"}}))
        .await;
    assert_eq!(replaced.status, StatusCode::OK);
    assert_eq!(replaced.body["traits"], json!({"city": "杭州"}));
    assert_eq!(replaced.body["updated_at"], "2026-11-22T00:00:00Z");
    let read = shop.get("/v1/customers/0001").await;
    assert_eq!((read.status, &read.body), (StatusCode::OK, &replaced.body));
    assert_eq!(read.headers["etag"], "\"2\"");
}

#[tokio::test]
async fn an_id_in_chinese_is_found_by_its_encoded_address() {
    let shop = shop();
    let path = "/v1/customers/%E4%BC%9A%E5%91%98";
    let created = shop.put(path, json!({"traits": {}})).await;
    assert_eq!(created.body["id"], "会员");
    assert_eq!(created.headers["location"], path);
    assert_eq!(shop.get(path).await.status, StatusCode::OK);
}

#[tokio::test]
async fn patch_merges_and_needs_a_customer() {
    let shop = shop();
    let path = "/v1/customers/0001";
    let patch = |body| shop.call(Method::PATCH, path, &[], Some(body));
    assert_eq!(
        patch(json!({"tags": ["vip"]})).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(shop.get(path).await.status, StatusCode::NOT_FOUND);

    shop.put(path, json!({"traits": {"a": 1, "b": {"c": 2}}}))
        .await;
    let patched = patch(json!({"traits": {"a": null, "b": {"d": 3}}, "tags": ["vip", "a"]})).await;
    assert_eq!(patched.status, StatusCode::OK);
    assert_eq!(patched.body["traits"], json!({"b": {"c": 2, "d": 3}}));
    assert_eq!(patched.body["tags"], json!(["a", "vip"]));
    assert_eq!(patched.body["rev"], 2);

    let unchanged = patch(json!({"tags": ["a", "vip"]})).await;
    assert_eq!(unchanged.body["rev"], 2);
}

#[tokio::test]
async fn a_stale_if_match_changes_nothing() {
    let shop = shop();
    let path = "/v1/customers/0001";
    shop.put(path, json!({"traits": {}})).await;
    let put = |tag: &'static str, n: i32| {
        let shop = shop.clone();
        async move {
            let headers = [("if-match", tag)];
            shop.call(
                Method::PUT,
                path,
                &headers,
                Some(json!({"traits": {"n": n}})),
            )
            .await
        }
    };
    let stale = put("\"7\"", 1).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(stale.body["code"], "stale_revision");
    assert_eq!(put("\"1\"", 2).await.body["rev"], 2);
    assert_eq!(
        put("\"1\"", 3).await.status,
        StatusCode::PRECONDITION_FAILED
    );
    let kept = shop
        .call(Method::GET, path, &[("if-none-match", "\"2\"")], None)
        .await;
    assert_eq!(kept.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn the_same_key_answers_the_same_again() {
    let shop = shop();
    let path = "/v1/customers/0001";
    let put = |city: &'static str| {
        let shop = shop.clone();
        async move {
            let body = json!({"traits": {"city": city}});
            shop.call(Method::PUT, path, &[("idempotency-key", "k1")], Some(body))
                .await
        }
    };
    let first = put("上海").await;
    shop.put(path, json!({"traits": {"city": "广州"}})).await;
    let again = put("上海").await;
    assert_eq!(again.status, first.status);
    assert_eq!(again.body, first.body);
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let other = put("杭州").await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(other.body["code"], "key_reused");
    assert_eq!(shop.get(path).await.body["traits"]["city"], "广州");
}

#[tokio::test]
async fn a_dry_run_commits_nothing() {
    let shop = shop();
    let dry = shop
        .put(
            "/v1/customers/0001?dry_run=true",
            json!({"traits": {"a": 1}}),
        )
        .await;
    assert_eq!(dry.body["traits"], json!({"a": 1}));
    assert_eq!(
        shop.get("/v1/customers/0001").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn bad_input_is_named_by_its_place() {
    let shop = shop();
    let put = |body| {
        let shop = shop.clone();
        async move {
            let refused = shop.put("/v1/customers/0001", body).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert_eq!(refused.headers["content-type"], "application/problem+json");
            let error = &refused.body["errors"][0];
            (error["pointer"].clone(), error["code"].clone())
        }
    };
    assert_eq!(
        put(json!({})).await,
        (json!("/traits"), json!("missing_field"))
    );
    assert_eq!(
        put(json!({"traits": []})).await,
        (json!("/traits"), json!("wrong_type"))
    );
    assert_eq!(
        put(json!({"traits": {}, "rev": 1})).await,
        (json!("/rev"), json!("unknown_field"))
    );
    assert_eq!(
        put(json!({"traits": {"note": "x".repeat(70_000)}})).await,
        (json!("/traits"), json!("too_large"))
    );
    shop.put("/v1/customers/0001", json!({"traits": {}})).await;
    let tags = json!({"tags": ["ok", ""]});
    let refused = shop
        .call(Method::PATCH, "/v1/customers/0001", &[], Some(tags))
        .await;
    assert_eq!(refused.body["errors"][0]["pointer"], "/tags/1");
}

#[tokio::test]
async fn an_over_long_id_is_a_bad_parameter_and_a_wrong_method_says_which_are_right() {
    let shop = shop();
    let long = format!("/v1/customers/{}", "x".repeat(129));
    let refused = shop.get(&long).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(refused.body["code"], "invalid_parameter");
    let wrong = shop.post("/v1/customers/0001", json!({})).await;
    assert_eq!(wrong.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(wrong.headers["allow"].to_str().unwrap().contains("PATCH"));
}

#[tokio::test]
async fn the_list_is_paged_in_the_order_of_creation() {
    let shop = shop();
    for n in 0..7 {
        shop.put(&format!("/v1/customers/c{n}"), json!({"traits": {}}))
            .await;
    }
    let mut ids = Vec::new();
    let mut path = "/v1/customers?limit=3".to_owned();
    let mut pages = 0;
    loop {
        let page = shop.get(&path).await;
        assert_eq!(page.status, StatusCode::OK);
        let items = page.body["items"].as_array().unwrap().clone();
        assert!(items.len() <= 3);
        ids.extend(
            items
                .iter()
                .map(|item| item["id"].as_str().unwrap().to_owned()),
        );
        pages += 1;
        match page.body["next_cursor"].as_str() {
            Some(cursor) => path = format!("/v1/customers?limit=3&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(ids, ["c0", "c1", "c2", "c3", "c4", "c5", "c6"]);
    assert_eq!(pages, 3);
    assert_eq!(
        shop.get("/v1/customers?limit=0").await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        shop.get("/v1/customers?cursor=x").await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn the_index_lists_the_components_and_unknown_addresses_are_problems() {
    let shop = shop();
    let index = shop.get("/").await;
    assert_eq!(index.body["service"], "rapport");
    assert_eq!(index.body["components"].as_object().unwrap().len(), 5);
    let nowhere = shop.get("/v1/nowhere").await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
    assert_eq!(nowhere.body["code"], "not_found");
}

#[tokio::test]
async fn a_customer_that_a_newer_version_wrote_is_left_alone_and_the_answer_says_why() {
    let shop = shop();
    shop.put("/v1/customers/a", json!({"traits": {}})).await;
    let newer = br#"{"rev":1,"schema":99,"born":true}
{}"#;
    for key in shop.memory.keys() {
        if key.starts_with("customer:") {
            shop.memory.set(&key, newer.to_vec()).await.unwrap();
        }
    }
    for answered in [
        shop.get("/v1/customers/a").await,
        shop.put("/v1/customers/a", json!({"traits": {}})).await,
    ] {
        assert_eq!(answered.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answered.body["code"], "store_unavailable");
        let detail = answered.body["detail"].as_str().unwrap();
        assert!(detail.contains("newer version (schema 99)"), "{detail}");
        assert!(answered.headers.contains_key("retry-after"));
    }
}
