//! `/v1/tags`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs
)]

mod common;

use common::Shop;
use http::Method;
use rapport_records::tagging;
use rapport_store::Store;
use rapport_types::{Timestamp, Zone};
use rapport_web::testing::Answered;
use serde_json::{Value, json};

const NOW: &str = "2026-11-21T12:00:00+08:00";
const VIP: &str = "/v1/tags/vip";

fn said(answered: &Answered) -> (u16, &str) {
    let code = answered.body["code"].as_str().unwrap_or_default();
    (answered.status.as_u16(), code)
}

async fn delete(shop: &Shop, path: &str) -> Answered {
    shop.client.call(Method::DELETE, path, &[], None).await
}

async fn patch(shop: &Shop, path: &str, body: Value) -> Answered {
    shop.client.call(Method::PATCH, path, &[], Some(body)).await
}

/// Puts a tag on a customer, or takes it off by `DELETE`.
async fn on(shop: &Shop, method: Method, tag: &str, customer: &str) -> Answered {
    let path = format!("/v1/tags/{tag}/customers/{customer}");
    shop.client.call(method, &path, &[], None).await
}

/// Does jobs, as ticks do, the last of them when no request can be under way any more.
async fn work(shop: &Shop) {
    let now = Timestamp::parse(NOW).unwrap();
    let zone = Zone::named("Asia/Shanghai").unwrap();
    for late_by in [0, 70_000] {
        let store = Store::new(shop.client.memory.clone().late_by(late_by));
        while tagging::step(&store, now, &zone).await.unwrap().more {}
    }
}

/// The tags of a customer, each with who says so.
async fn tags(shop: &Shop, customer: &str) -> Vec<String> {
    let read = shop.client.get(&format!("/v1/tags/of/{customer}")).await;
    assert_eq!(read.status, 200, "{}", read.body);
    let tags = read.body["tags"].as_array().unwrap().iter();
    tags.map(|one| {
        format!(
            "{} {}",
            one["tag"].as_str().unwrap(),
            one["by"].as_str().unwrap()
        )
    })
    .collect()
}

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
async fn an_audience_is_tagged_by_a_job_that_says_how_far_it_is() {
    let shop = Shop::new();
    shop.customers(9).await;
    shop.define(
        "city",
        json!({"field": "traits.city", "is": "eq", "value": "上海"}),
    )
    .await;
    let apply = "/v1/tags/vip/apply";
    let of = json!({"segment": "city"});
    assert_eq!(
        said(&shop.client.post(apply, of.clone()).await),
        (404, "not_found")
    );
    shop.client.put(VIP, json!({})).await;
    assert_eq!(
        said(&shop.client.post(apply, of.clone()).await),
        (409, "conflict"),
        "not filled"
    );
    shop.fill().await;
    let none = shop.client.post(apply, json!({"segment": "none"})).await;
    assert_eq!(
        (said(&none), &none.body["errors"][0]["code"]),
        ((422, "invalid_input"), &json!("unknown_segment"))
    );
    let dry = shop
        .client
        .post(&format!("{apply}?dry_run=true"), of.clone())
        .await;
    assert_eq!(
        (dry.status.as_u16(), &dry.body),
        (
            200,
            &json!({"tag": "vip", "segment": "city", "customers": 3, "exact": true})
        )
    );
    assert_eq!(
        shop.client.get("/v1/tags/jobs").await.body["items"],
        json!([])
    );

    let key = [("idempotency-key", "k")];
    let asked = shop
        .client
        .call(Method::POST, apply, &key, Some(of.clone()))
        .await;
    assert_eq!(
        (asked.status.as_u16(), &asked.body["state"]),
        (202, &json!("queued"))
    );
    assert_eq!(asked.headers["location"], "/v1/tags/jobs/job-1");
    let again = shop
        .client
        .call(Method::POST, apply, &key, Some(of.clone()))
        .await;
    assert_eq!(
        (&again.headers["idempotency-replayed"], &again.body),
        (&"true".parse().unwrap(), &asked.body)
    );
    work(&shop).await;
    let job = shop.client.get("/v1/tags/jobs/job-1").await.body;
    assert_eq!(
        job,
        json!({"id": "job-1", "kind": "apply", "tag": "vip", "segment": "city", "state": "done", "looked_at": 3, "total": 3,
            "changed": 3, "refused": 0, "asked_at": "2026-11-21T04:00:00Z", "finished_at": "2026-11-21T04:00:00Z"})
    );
    assert_eq!(tags(&shop, "c3").await, ["vip people"]);
    assert!(tags(&shop, "c1").await.is_empty());
    // So it is where the audience is another one by then.
    shop.define("city", json!({"tag": "nobody"})).await;
    let again = shop
        .client
        .call(Method::POST, apply, &key, Some(of.clone()))
        .await;
    assert_eq!((again.status.as_u16(), &again.body), (202, &asked.body));
    let rule = json!({"field": "traits.city", "is": "eq", "value": "上海"});
    shop.define("city", rule).await;
    shop.fill().await;
    shop.client.post("/v1/tags/vip/remove", of).await;
    work(&shop).await;
    let list = shop.client.get("/v1/tags/jobs").await.body;
    assert_eq!(
        (&list["items"][0]["kind"], &list["items"][0]["changed"]),
        (&json!("remove"), &json!(3))
    );
    assert!(tags(&shop, "c3").await.is_empty());
    assert_eq!(
        said(&shop.client.get("/v1/tags/jobs/none").await),
        (404, "not_found")
    );
}

#[tokio::test]
async fn a_tag_is_merged_into_another_and_rules_say_so_at_once() {
    let shop = Shop::new();
    shop.client.put(VIP, json!({})).await;
    shop.client.put("/v1/tags/gold", json!({})).await;
    shop.define("golden", json!({"tag": "gold"})).await;
    shop.traits("c1", json!({}), NOW).await;
    on(&shop, Method::PUT, "gold", "c1").await;
    let merge = "/v1/tags/gold/merge";
    for (body, status, code) in [
        (json!({"into": "none"}), 422, "invalid_input"),
        (json!({"into": "Gold"}), 422, "invalid_input"),
        (json!({"to": "vip"}), 422, "invalid_input"),
    ] {
        assert_eq!(
            said(&shop.client.post(merge, body.clone()).await),
            (status, code),
            "{body}"
        );
    }
    let dry = shop
        .client
        .post(&format!("{merge}?dry_run=true"), json!({"into": "vip"}))
        .await;
    let merged = shop.client.post(merge, json!({"into": "vip"})).await;
    assert_eq!(
        (merged.status.as_u16(), &merged.body),
        (
            202,
            &json!({"tag": "vip", "changed": ["golden"], "job": "name-3"})
        )
    );
    assert_eq!(dry.body, merged.body);
    let golden = shop.client.get("/v1/segments/golden").await.body;
    assert_eq!(
        (&golden["rule"], &golden["definition_version"]),
        (&json!({"tag": "vip"}), &json!(2))
    );
    assert_eq!(tags(&shop, "c1").await, ["vip people"]);
    let members = shop.client.get("/v1/segments/memberships/c1").await.body;
    assert_eq!(members["memberships"][0]["segment"], "golden");
    let gone = shop.client.get("/v1/tags/gold").await;
    assert_eq!(said(&gone), (404, "not_found"));
    assert!(
        gone.body["detail"]
            .as_str()
            .unwrap()
            .contains("\"vip\" now"),
        "{}",
        gone.body
    );
    assert_eq!(shop.client.get(VIP).await.body["aliases"], json!(["gold"]));
    assert_eq!(
        said(&shop.client.put("/v1/tags/gold", json!({})).await),
        (409, "conflict")
    );
    let job = "/v1/tags/jobs/name-3";
    assert_eq!(shop.client.get(job).await.body["state"], "queued");
    work(&shop).await;
    let job = shop.client.get(job).await.body;
    assert_eq!(
        (&job["kind"], &job["to"], &job["state"], &job["changed"]),
        (&json!("merge"), &json!("vip"), &json!("done"), &json!(1))
    );
    // An old name still means the tag.
    assert_eq!(
        on(&shop, Method::PUT, "gold", "c1").await.body["changed"],
        false
    );
}

#[tokio::test]
async fn a_tag_is_renamed_with_all_that_is_known_of_it() {
    let shop = Shop::new();
    shop.client.put(VIP, json!({"group": "g"})).await;
    shop.client.put("/v1/tags/x", json!({})).await;
    shop.traits("c1", json!({}), NOW).await;
    on(&shop, Method::PUT, "vip", "c1").await;
    let rename = "/v1/tags/vip/rename";
    for (body, status, code) in [
        (json!({"to": "X"}), 409, "conflict"),
        (json!({"to": "vip"}), 422, "invalid_input"),
        (json!({"to": "jobs"}), 400, "invalid_parameter"),
        (json!({"to": ""}), 422, "invalid_input"),
    ] {
        assert_eq!(
            said(&shop.client.post(rename, body.clone()).await),
            (status, code),
            "{body}"
        );
    }
    assert_eq!(
        said(
            &shop
                .client
                .post("/v1/tags/none/rename", json!({"to": "y"}))
                .await
        ),
        (404, "not_found")
    );
    let renamed = shop.client.post(rename, json!({"to": "贵宾"})).await;
    assert_eq!(renamed.status.as_u16(), 202, "{}", renamed.body);
    let read = shop.client.get("/v1/tags/%E8%B4%B5%E5%AE%BE").await.body;
    assert_eq!(
        (&read["id"], &read["name"], &read["group"], &read["aliases"]),
        (&json!("贵宾"), &json!("贵宾"), &json!("g"), &json!(["vip"]))
    );
    assert_eq!(tags(&shop, "c1").await, ["贵宾 people"]);
    work(&shop).await;
    assert_eq!(tags(&shop, "c1").await, ["贵宾 people"]);
}

#[tokio::test]
async fn what_happens_to_unknown_tags_is_a_setting() {
    let shop = Shop::new();
    let path = "/v1/tags/settings";
    assert_eq!(
        shop.client.get(path).await.body,
        json!({"unknown_tags": "allow"})
    );
    let put = shop
        .client
        .put(path, json!({"unknown_tags": "refuse"}))
        .await;
    assert_eq!(
        (put.status.as_u16(), &put.body),
        (200, &json!({"unknown_tags": "refuse"}))
    );
    assert_eq!(shop.client.get(path).await.body, put.body);
    let wrong = shop
        .client
        .put(path, json!({"unknown_tags": "maybe"}))
        .await;
    assert_eq!(said(&wrong), (422, "invalid_input"));
}
