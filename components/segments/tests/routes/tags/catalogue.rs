//! The catalogue: tags are put, read, listed, changed, deleted.

use super::*;

#[tokio::test]
async fn a_tag_is_put_read_listed_changed_and_deleted() {
    let shop = Shop::new();
    let path = "/v1/tags/%E8%80%81%E5%AE%A2";
    let put = shop
        .client
        .put(path, json!({"color": "#D4380d", "group": " 价值 "}))
        .await;
    assert_eq!(said(&put), (201, ""), "{}", put.body);
    assert_eq!(put.headers["location"], path);
    assert_eq!(
        put.body,
        json!({"id": "老客", "name": "老客", "color": "#D4380d", "group": "价值", "automatic": false,
            "created_at": "2026-11-21T04:00:00Z", "updated_at": "2026-11-21T04:00:00Z", "rev": 1})
    );
    let patched = patch(&shop, path, json!({"name": "Old friend", "color": null})).await;
    assert_eq!(
        (
            &patched.body["name"],
            &patched.body["color"],
            &patched.body["group"],
            &patched.headers["etag"]
        ),
        (
            &json!("Old friend"),
            &Value::Null,
            &json!("价值"),
            &"\"2\"".parse().unwrap()
        )
    );
    let same = patch(&shop, path, json!({"name": "Old friend"})).await;
    assert_eq!((said(&same), &same.body["rev"]), ((200, ""), &json!(2)));
    assert_eq!(shop.client.get(path).await.body, patched.body);
    shop.client
        .put(VIP, json!({"rule": {"event": "visit"}}))
        .await;
    let list = shop.client.get("/v1/tags?limit=1").await.body;
    assert_eq!(
        (&list["items"][0]["id"], &list["next_cursor"]),
        (&json!("vip"), &json!("vip"))
    );
    assert_eq!(
        (
            &list["items"][0]["automatic"],
            &list["items"][0]["definition_version"]
        ),
        (&json!(true), &json!(1))
    );
    let list = shop.client.get("/v1/tags?cursor=vip").await.body;
    assert_eq!(
        (&list["items"][0]["id"], &list["next_cursor"]),
        (&json!("老客"), &Value::Null)
    );
    assert_eq!(said(&delete(&shop, path).await), (204, ""));
    assert_eq!(said(&delete(&shop, path).await), (404, "not_found"));
}

#[tokio::test]
async fn what_is_wrong_with_a_tag_is_said_with_its_place() {
    let shop = Shop::new();
    shop.client.put(VIP, json!({})).await;
    let long = "x".repeat(101);
    for (body, pointer, code) in [
        (json!({"name": ""}), "/name", "empty"),
        (json!({"name": long}), "/name", "too_long"),
        (json!({"group": long}), "/group", "too_long"),
        (json!({"color": "red"}), "/color", "invalid_value"),
        (json!({"color": "#12345"}), "/color", "invalid_value"),
        (json!({"rule": {"tga": "x"}}), "/rule/tga", "unknown_field"),
        (json!({"rule": {"tag": "VIP"}}), "/rule/tag", "cycle"),
        (
            json!({"rule": {"field": "tags", "is": "is_empty"}}),
            "/rule/field",
            "cycle",
        ),
        (
            json!({"rule": {"segment": "none"}}),
            "/rule/segment",
            "unknown_segment",
        ),
        (json!({"id": "other"}), "/id", "invalid_value"),
    ] {
        let refused = shop.client.put(VIP, body.clone()).await;
        assert_eq!(said(&refused), (422, "invalid_input"), "{body}");
        let error = &refused.body["errors"][0];
        assert_eq!(
            (error["pointer"].as_str(), error["code"].as_str()),
            (Some(pointer), Some(code)),
            "{body}"
        );
        let refused = patch(&shop, VIP, body.clone()).await;
        assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{body}");
    }
    for (body, pointer, code) in [
        (json!({"name": 1}), "/name", "wrong_type"),
        (json!({"colour": "#000000"}), "/colour", "unknown_field"),
    ] {
        let refused = patch(&shop, VIP, body.clone()).await;
        let error = &refused.body["errors"][0];
        assert_eq!(
            (error["pointer"].as_str(), error["code"].as_str()),
            (Some(pointer), Some(code)),
            "{body}"
        );
    }
    let long = format!("/v1/tags/{}", "x".repeat(65));
    for (path, status, code) in [
        (long.as_str(), 400, "invalid_parameter"),
        ("/v1/tags/health", 400, "invalid_parameter"),
        ("/v1/tags/Vip", 409, "conflict"),
        ("/v1/tags/jobs", 405, "method_not_allowed"),
    ] {
        assert_eq!(
            said(&shop.client.put(path, json!({})).await),
            (status, code),
            "{path}"
        );
    }
    assert_eq!(
        said(&patch(&shop, "/v1/tags/none", json!({})).await),
        (404, "not_found")
    );
    let stale = [("if-match", "\"9\"")];
    let stale = shop
        .client
        .call(Method::PUT, VIP, &stale, Some(json!({"name": "x"})))
        .await;
    assert_eq!(said(&stale), (412, "stale_revision"));
}

#[tokio::test]
async fn there_is_room_for_256_tags_and_64_with_a_rule() {
    let shop = Shop::new();
    for n in 0..256 {
        let rule = if n < 64 {
            json!({"event": "visit"})
        } else {
            Value::Null
        };
        let put = shop
            .client
            .put(&format!("/v1/tags/t{n}"), json!({"rule": rule}))
            .await;
        assert_eq!(put.status, 201, "{}", put.body);
    }
    let more = shop.client.put(VIP, json!({})).await;
    assert_eq!(said(&more), (409, "conflict"));
    assert!(more.body["detail"].as_str().unwrap().contains("256 tags"));
    let more = patch(&shop, "/v1/tags/t64", json!({"rule": {"event": "visit"}})).await;
    assert!(
        more.body["detail"]
            .as_str()
            .unwrap()
            .contains("64 tags with a rule")
    );
}
