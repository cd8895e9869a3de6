//! `/v1/segments` and `/v1/segments/{id}`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs
)]

use crate::common::Shop;
use http::Method;
use serde_json::{Value, json};

fn vip() -> Value {
    json!({"tag": "vip"})
}

#[tokio::test]
async fn a_segment_is_defined_read_changed_and_deleted() {
    let shop = Shop::new();
    let made = shop
        .client
        .put("/v1/segments/vips", json!({"name": "贵宾", "rule": vip()}))
        .await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(made.headers["location"], "/v1/segments/vips");
    assert_eq!(made.headers["etag"], "\"1\"");
    assert_eq!(
        made.body,
        json!({
            "id": "vips", "name": "贵宾", "kind": "dynamic", "rule": {"tag": "vip"}, "definition_version": 1,
            "created_at": "2026-11-21T04:00:00Z", "updated_at": "2026-11-21T04:00:00Z", "rev": 1
        })
    );
    assert_eq!(shop.client.get("/v1/segments/vips").await.body, made.body);

    let later = shop.client.at("2026-11-22T12:00:00+08:00");
    let renamed = later
        .put(
            "/v1/segments/vips",
            json!({"id": "vips", "name": "VIP", "rule": vip()}),
        )
        .await;
    assert_eq!(renamed.status, 200);
    assert_eq!(
        (&renamed.body["definition_version"], &renamed.body["rev"]),
        (&json!(1), &json!(2))
    );
    let changed = later
        .put(
            "/v1/segments/vips",
            json!({"name": "VIP", "rule": {"tag": "gold"}}),
        )
        .await;
    assert_eq!(
        (&changed.body["definition_version"], &changed.body["rev"]),
        (&json!(2), &json!(3))
    );
    assert_eq!(changed.body["created_at"], "2026-11-21T04:00:00Z");
    assert_eq!(changed.body["updated_at"], "2026-11-22T04:00:00Z");
    let same = later
        .put(
            "/v1/segments/vips",
            json!({"name": "VIP", "rule": {"tag": "gold"}}),
        )
        .await;
    assert_eq!(same.body, changed.body);

    let gone = later
        .call(Method::DELETE, "/v1/segments/vips", &[], None)
        .await;
    assert_eq!((gone.status.as_u16(), gone.body), (204, Value::Null));
    assert_eq!(later.get("/v1/segments/vips").await.status, 404);
    let again = later
        .call(Method::DELETE, "/v1/segments/vips", &[], None)
        .await;
    assert_eq!(
        (again.status.as_u16(), &again.body["code"]),
        (404, &json!("not_found"))
    );
    let reborn = shop.define("vips", vip()).await;
    assert_eq!(
        reborn.body["definition_version"], 3,
        "a version never comes twice"
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_definition_is_said_with_its_place() {
    let shop = Shop::new();
    for (body, pointer, code) in [
        (json!({"name": "n"}), "/rule", "missing_field"),
        (
            json!({"name": "n", "rule": vip(), "rul": 1}),
            "/rul",
            "unknown_field",
        ),
        (json!({"name": 7, "rule": vip()}), "/name", "wrong_type"),
        (json!({"name": " ", "rule": vip()}), "/name", "empty"),
        (
            json!({"name": "长".repeat(101), "rule": vip()}),
            "/name",
            "too_long",
        ),
        (
            json!({"id": "other", "name": "n", "rule": vip()}),
            "/id",
            "invalid_value",
        ),
        (
            json!({"name": "n", "rule": {"field": "traits.x", "is": "contians", "value": "x"}}),
            "/rule/is",
            "unknown_operator",
        ),
        (
            json!({"name": "n", "rule": {"all": [vip(), {"segment": "x"}]}}),
            "/rule/all/1/segment",
            "unknown_segment",
        ),
        (
            json!({"name": "n", "rule": {"field": "loyalty.level", "is": "eq", "value": "gold"}}),
            "/rule/field",
            "unknown_fact",
        ),
        (
            json!({"name": "n", "rule": {"event": "e", "within": "month"}}),
            "/rule/within",
            "invalid_duration",
        ),
    ] {
        let refused = shop.client.put("/v1/segments/s", body.clone()).await;
        assert_eq!(
            (refused.status.as_u16(), &refused.body["code"]),
            (422, &json!("invalid_input")),
            "{body}"
        );
        let error = &refused.body["errors"][0];
        assert_eq!(
            (error["pointer"].as_str(), error["code"].as_str()),
            (Some(pointer), Some(code)),
            "{body}: {error}"
        );
    }
    assert_eq!(shop.client.get("/v1/segments/s").await.status, 404);
}

#[tokio::test]
async fn an_id_is_short_plain_and_no_part_of_the_addresses() {
    let shop = Shop::new();
    let long = "x".repeat(65);
    for id in ["a%20b", "%E4%B8%8A", long.as_str(), "templates", "__tag_1"] {
        let refused = shop.define(id, vip()).await;
        assert_eq!(
            (refused.status.as_u16(), &refused.body["code"]),
            (400, &json!("invalid_parameter")),
            "{id}"
        );
    }
    for id in ["preview", "scores"] {
        assert_eq!(shop.define(id, vip()).await.status, 405, "{id}");
    }
    assert_eq!(
        shop.client
            .get(&format!("/v1/segments/{long}"))
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn a_change_is_made_only_to_the_revision_it_was_meant_for() {
    let shop = Shop::new();
    shop.define("a", vip()).await;
    shop.define("b", vip()).await;
    let body = || Some(json!({"name": "x", "rule": {"tag": "x"}}));
    let stale = shop
        .client
        .call(
            Method::PUT,
            "/v1/segments/a",
            &[("if-match", "\"2\"")],
            body(),
        )
        .await;
    assert_eq!(
        (stale.status.as_u16(), &stale.body["code"]),
        (412, &json!("stale_revision"))
    );
    let there = shop
        .client
        .call(
            Method::PUT,
            "/v1/segments/a",
            &[("if-none-match", "*")],
            body(),
        )
        .await;
    assert_eq!(there.status, 412);
    let nothing = shop
        .client
        .call(Method::PUT, "/v1/segments/c", &[("if-match", "*")], body())
        .await;
    assert_eq!(nothing.status, 412);
    let stale = shop
        .client
        .call(
            Method::DELETE,
            "/v1/segments/a",
            &[("if-match", "\"2\"")],
            None,
        )
        .await;
    assert_eq!(stale.status, 412);
    // The definition of b did not touch a's revision.
    let right = shop
        .client
        .call(
            Method::PUT,
            "/v1/segments/a",
            &[("if-match", "\"1\"")],
            body(),
        )
        .await;
    assert_eq!(
        (right.status.as_u16(), &right.body["rev"]),
        (200, &json!(3))
    );
    let known = shop
        .client
        .call(
            Method::GET,
            "/v1/segments/a",
            &[("if-none-match", "\"3\"")],
            None,
        )
        .await;
    assert_eq!((known.status.as_u16(), known.body), (304, Value::Null));
}

#[tokio::test]
async fn a_request_that_comes_twice_is_answered_twice_and_done_once() {
    let shop = Shop::new();
    let body = |tag: &str| Some(json!({"name": "n", "rule": {"tag": tag}}));
    let key = [("idempotency-key", "k1")];
    let first = shop
        .client
        .call(Method::PUT, "/v1/segments/a", &key, body("x"))
        .await;
    shop.client.put("/v1/segments/a", body("y").unwrap()).await;
    let again = shop
        .client
        .call(Method::PUT, "/v1/segments/a", &key, body("x"))
        .await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(
        shop.client.get("/v1/segments/a").await.body["rule"]["tag"],
        "y"
    );
    let other = shop
        .client
        .call(Method::PUT, "/v1/segments/a", &key, body("z"))
        .await;
    assert_eq!(
        (other.status.as_u16(), &other.body["code"]),
        (422, &json!("key_reused"))
    );

    let key = [("idempotency-key", "k2")];
    let gone = shop
        .client
        .call(Method::DELETE, "/v1/segments/a", &key, None)
        .await;
    let again = shop
        .client
        .call(Method::DELETE, "/v1/segments/a", &key, None)
        .await;
    assert_eq!((gone.status.as_u16(), again.status.as_u16()), (204, 204));
    assert_eq!(again.headers["idempotency-replayed"], "true");
}

#[tokio::test]
async fn a_dry_run_answers_in_full_and_commits_nothing() {
    let shop = Shop::new();
    let body = json!({"name": "n", "rule": vip()});
    let dry = shop.client.put("/v1/segments/a?dry_run=true", body).await;
    assert_eq!(
        (dry.status.as_u16(), &dry.body["definition_version"]),
        (201, &json!(1))
    );
    assert_eq!(shop.client.get("/v1/segments/a").await.status, 404);
    shop.define("a", vip()).await;
    let dry = shop
        .client
        .call(Method::DELETE, "/v1/segments/a?dry_run=true", &[], None)
        .await;
    assert_eq!(dry.status, 204);
    assert_eq!(shop.client.get("/v1/segments/a").await.status, 200);
}

#[tokio::test]
async fn the_list_is_paged_in_the_order_of_ids() {
    let shop = Shop::new();
    assert_eq!(
        shop.client.get("/v1/segments").await.body,
        json!({"items": [], "next_cursor": null})
    );
    for id in ["d", "a", "c", "b", "e"] {
        shop.define(id, vip()).await;
    }
    let mut seen = Vec::new();
    let mut path = "/v1/segments?limit=2".to_owned();
    loop {
        let page = shop.client.get(&path).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let items = page.body["items"].as_array().unwrap();
        seen.extend(
            items
                .iter()
                .map(|item| item["id"].as_str().unwrap().to_owned()),
        );
        // One that was seen goes, and no other is skipped or repeated.
        shop.client
            .call(Method::DELETE, "/v1/segments/b", &[], None)
            .await;
        match page.body["next_cursor"].as_str() {
            Some(cursor) => path = format!("/v1/segments?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, ["a", "b", "c", "d", "e"]);
    for bad in ["limit=0", "limit=201", "limit=x", "cursor=%20", "page=2"] {
        let refused = shop.client.get(&format!("/v1/segments?{bad}")).await;
        assert_eq!(
            (refused.status.as_u16(), &refused.body["code"]),
            (400, &json!("invalid_parameter")),
            "{bad}"
        );
    }
}

#[tokio::test]
async fn the_257th_segment_is_refused() {
    let shop = Shop::new();
    for number in 0..256 {
        let made = shop.define(&format!("s{number}"), vip()).await;
        assert_eq!(made.status, 201, "{}", made.body);
    }
    let refused = shop.define("one-more", vip()).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.body["code"]),
        (409, &json!("conflict"))
    );
    let changed = shop.define("s7", json!({"tag": "gold"})).await;
    assert_eq!(changed.status, 200);
}
