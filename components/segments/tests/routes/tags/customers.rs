//! Who has a tag: by people, by a rule.

use super::*;

#[tokio::test]
async fn people_put_a_tag_on_and_take_it_off() {
    let shop = Shop::new();
    shop.client
        .put(VIP, json!({"name": "VIP 客户", "color": "#000000"}))
        .await;
    shop.client
        .put("/v1/tags/auto", json!({"rule": {"event": "visit"}}))
        .await;
    shop.define("vips", json!({"tag": "vip"})).await;
    shop.traits("c1", json!({}), NOW).await;
    assert_eq!(
        said(&on(&shop, Method::PUT, "none", "c1").await),
        (404, "not_found")
    );
    assert_eq!(
        said(&on(&shop, Method::PUT, "vip", "nobody").await),
        (404, "not_found")
    );
    assert_eq!(
        said(&on(&shop, Method::PUT, "auto", "c1").await),
        (409, "conflict")
    );
    // Rules take it for the same tag.
    let put = on(&shop, Method::PUT, "VIP", "c1").await;
    assert_eq!(
        (put.status.as_u16(), &put.body, &put.headers["etag"]),
        (
            200,
            &json!({"customer": "c1", "tag": "vip", "tagged": true, "since": "2026-11-21T04:00:00Z", "changed": true}),
            &"\"2\"".parse().unwrap()
        )
    );
    let later = shop.client.at("2026-11-22T12:00:00+08:00");
    let again = later
        .call(Method::PUT, "/v1/tags/vip/customers/c1", &[], None)
        .await;
    assert_eq!(
        (&again.body["changed"], &again.body["since"]),
        (&json!(false), &put.body["since"])
    );
    let read = shop.client.get("/v1/tags/of/c1").await;
    assert_eq!(
        read.body["tags"],
        json!([{"tag": "vip", "name": "VIP 客户", "color": "#000000", "group": null, "by": "people",
            "since": "2026-11-21T04:00:00Z", "next_change_at": null, "complete": true}])
    );
    let members = shop.client.get("/v1/segments/vips/members").await.body;
    assert_eq!(members["items"][0]["customer"], "c1", "{members}");
    let stale = [("if-match", "\"1\"")];
    let stale = shop
        .client
        .call(Method::DELETE, "/v1/tags/vip/customers/c1", &stale, None)
        .await;
    assert_eq!(said(&stale), (412, "stale_revision"));
    let dry = on(&shop, Method::DELETE, "vip", "c1?dry_run=true").await;
    assert_eq!(dry.body["changed"], true);
    assert_eq!(tags(&shop, "c1").await, ["vip people"]);
    let off = on(&shop, Method::DELETE, "vip", "c1").await;
    assert_eq!(
        (&off.body["tagged"], &off.body["changed"]),
        (&json!(false), &json!(true))
    );
    assert!(tags(&shop, "c1").await.is_empty());
}

#[tokio::test]
async fn an_automatic_tag_is_on_while_its_rule_holds_and_segments_see_it() {
    let shop = Shop::new();
    let rule = json!({"event": "order_completed", "within": "30d"});
    shop.client
        .put("/v1/tags/active", json!({"rule": rule}))
        .await;
    shop.define("quiet", json!({"not": {"tag": "active"}}))
        .await;
    shop.order("c1", 5.0, NOW).await;
    let read = shop.client.get("/v1/tags/of/c1").await;
    let one = &read.body["tags"][0];
    assert_eq!(
        (
            &one["by"],
            &one["since"],
            &one["next_change_at"],
            &one["definition_version"]
        ),
        (
            &json!("rule"),
            &json!("2026-11-21T04:00:00Z"),
            &json!("2026-12-21T04:00:00Z"),
            &json!(1)
        )
    );
    let path = "/v1/segments/memberships/c1";
    let members = shop.client.get(path).await.body;
    assert_eq!(members["memberships"], json!([]), "a tag is no segment");
    let later = shop.client.at("2026-12-21T12:00:00+08:00");
    assert_eq!(later.get("/v1/tags/of/c1").await.body["tags"], json!([]));
    let members = later.get(path).await.body;
    assert_eq!(members["memberships"][0]["segment"], "quiet");
    assert_eq!(members["memberships"][0]["since"], "2026-12-21T04:00:00Z");
    let explained = json!({"customer": "c1", "segment": "quiet"});
    let told = shop
        .client
        .post("/v1/segments/explain", explained)
        .await
        .body;
    let tag = &told["parts"][0]["parts"][0];
    assert_eq!(
        (&tag["of"], &tag["matches"], &tag["value"]),
        (&json!("tag active"), &json!(true), &json!(1))
    );
    let told = shop
        .client
        .post(
            "/v1/segments/explain",
            json!({"customer": "c1", "tag": "active"}),
        )
        .await
        .body;
    assert_eq!(
        (&told["tag"], &told["matches"]),
        (&json!("active"), &json!(true))
    );

    let refused = delete(&shop, "/v1/tags/active").await;
    assert_eq!(said(&refused), (409, "conflict"));
    let forced = delete(&shop, "/v1/tags/active?force=true").await;
    assert_eq!(
        forced.body,
        json!({"deleted": "active", "changed": ["quiet"]})
    );
    assert_eq!(
        shop.client.get(path).await.body["memberships"][0]["segment"],
        "quiet"
    );
}

#[tokio::test]
async fn a_key_is_answered_as_the_first_time_though_the_tag_is_deleted_by_then() {
    let shop = Shop::new();
    shop.client.put(VIP, json!({"name": "VIP 客户"})).await;
    shop.traits("c1", json!({}), NOW).await;
    let put = async || {
        let key = [("idempotency-key", "put-1")];
        let path = "/v1/tags/vip/customers/c1";
        shop.client.call(Method::PUT, path, &key, None).await
    };
    let first = put().await;
    assert_eq!(first.status, 200, "{}", first.body);
    delete(&shop, VIP).await;
    let again = put().await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let another = on(&shop, Method::PUT, "vip", "c1").await;
    assert_eq!(said(&another), (404, "not_found"));
}
