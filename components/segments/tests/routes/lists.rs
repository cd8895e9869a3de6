//! Manual segments and snapshots, and segments that others stand on.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs
)]

use crate::common::Shop;
use http::Method;
use rapport_records::segments::{Definition, Definitions, Kind};
use rapport_store::{Change, Key, Nothing, Request};
use rapport_types::{Slug, Timestamp};
use serde_json::{Value, json};

async fn manual(shop: &Shop) {
    let body = json!({"name": "内测", "kind": "manual"});
    let made = shop.client.put("/v1/segments/beta", body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(
        (&made.body["kind"], made.body.get("rule")),
        (&json!("manual"), None)
    );
}

fn statuses(body: &Value) -> Vec<&str> {
    let results = body["results"].as_array().unwrap().iter();
    results.map(|one| one["status"].as_str().unwrap()).collect()
}

async fn members(shop: &Shop, id: &str) -> Vec<String> {
    let page = shop
        .client
        .get(&format!("/v1/segments/{id}/members"))
        .await
        .body;
    let items = page["items"].as_array().unwrap().iter();
    let mut ids: Vec<_> = items
        .map(|one| one["customer"].as_str().unwrap().to_owned())
        .collect();
    ids.sort();
    ids
}

#[tokio::test]
async fn people_put_customers_in_and_take_them_out() {
    let shop = Shop::new();
    shop.customers(5).await;
    manual(&shop).await;
    let path = "/v1/segments/beta/members";
    let body = json!({"add": ["c1", "c2", "nobody", "a b", "c1"]});
    let put = shop.client.post(path, body).await;
    assert_eq!(put.status, 200, "{}", put.body);
    let said = statuses(&put.body);
    assert_eq!(said[1..4], ["added", "refused", "refused"]);
    // The same one twice is put in once.
    let twice = [said[0], said[4]];
    assert!(
        twice == ["added", "unchanged"] || twice == ["unchanged", "added"],
        "{said:?}"
    );
    assert_eq!(put.body["results"][2]["error"]["pointer"], "/add/2");
    assert_eq!(members(&shop, "beta").await, ["c1", "c2"]);
    let page = shop.client.get(path).await.body;
    assert_eq!(page["complete"], true, "nothing is to be filled");

    let body = json!({"add": ["c3"], "remove": ["c1", "c4"]});
    let dry = shop
        .client
        .post(&format!("{path}?dry_run=true"), body.clone())
        .await;
    assert_eq!(statuses(&dry.body), ["added", "removed", "unchanged"]);
    assert_eq!(members(&shop, "beta").await, ["c1", "c2"]);
    let changed = shop.client.post(path, body).await;
    assert_eq!(changed.body, dry.body);
    assert_eq!(members(&shop, "beta").await, ["c2", "c3"]);

    // A commit of the customer keeps them on the list, and the membership says so.
    shop.traits("c2", json!({"city": "北京"}), "2026-11-22T12:00:00+08:00")
        .await;
    let memberships = shop.client.get("/v1/segments/memberships/c2").await.body;
    let one = &memberships["memberships"][0];
    assert_eq!(
        (&one["segment"], &one["since"]),
        (&json!("beta"), &json!("2026-11-21T04:00:00Z"))
    );
    let transitions = shop.client.get("/v1/segments/transitions/c1").await.body;
    let events: Vec<_> = transitions["transitions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["event"])
        .collect();
    assert_eq!(events, ["segment_left", "segment_entered"]);
}

#[tokio::test]
async fn a_key_that_came_with_other_members_is_refused() {
    let shop = Shop::new();
    shop.customers(5).await;
    manual(&shop).await;
    let path = "/v1/segments/beta/members";
    let ask = async |path: &str, body: Value| {
        let key = [("idempotency-key", "K")];
        shop.client.call(Method::POST, path, &key, Some(body)).await
    };
    // A dry run takes no key.
    let dry = format!("{path}?dry_run=true");
    assert_eq!(ask(&dry, json!({"add": ["c4"]})).await.status, 200);
    let first = json!({"add": ["c1", "c1"]});
    let put = ask(path, first.clone()).await;
    assert_eq!(put.status, 200, "{}", put.body);
    let other = json!({"name": "Other", "kind": "manual"});
    shop.client.put("/v1/segments/other", other).await;
    for (path, body) in [
        (path, json!({"add": ["c2"]})),
        (path, json!({"remove": ["c1"]})),
        (path, json!({"add": ["c1"]})),
        (path, json!({})),
        (dry.as_str(), json!({"add": ["c4"]})),
        ("/v1/segments/other/members", first.clone()),
    ] {
        let refused = ask(path, body.clone()).await;
        assert_eq!(
            (refused.status.as_u16(), &refused.body["code"]),
            (422, &json!("key_reused")),
            "{path} {body}"
        );
    }
    assert_eq!(members(&shop, "beta").await, ["c1"]);
    let again = ask(path, first.clone()).await;
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(again.body, put.body);
    // As it was asked, whatever has become of it since.
    let out = shop.client.post(path, json!({"remove": ["c1"]})).await;
    assert_eq!(statuses(&out.body), ["removed"]);
    assert_eq!(ask(path, first).await.body, put.body);
    assert!(members(&shop, "beta").await.is_empty());
}

#[tokio::test]
async fn only_lists_take_members_and_only_dynamic_segments_a_rule() {
    let shop = Shop::new();
    shop.customers(1).await;
    shop.define("vip", json!({"tag": "vip"})).await;
    manual(&shop).await;
    let refused = shop
        .client
        .post("/v1/segments/vip/members", json!({"add": ["c0"]}))
        .await;
    assert_eq!(
        (refused.status.as_u16(), &refused.body["code"]),
        (409, &json!("conflict"))
    );
    for (path, body, pointer) in [
        (
            "/v1/segments/a",
            json!({"name": "a", "kind": "manual", "rule": {"tag": "x"}}),
            "/rule",
        ),
        (
            "/v1/segments/a",
            json!({"name": "a", "kind": "dynamic"}),
            "/rule",
        ),
        (
            "/v1/segments/a",
            json!({"name": "a", "kind": "snapshot"}),
            "/kind",
        ),
        (
            "/v1/segments/a",
            json!({"name": "a", "kind": "frozen"}),
            "/kind",
        ),
    ] {
        let refused = shop.client.put(path, body.clone()).await;
        assert_eq!(refused.status, 422, "{body}");
        assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{body}");
    }
    for (id, body) in [
        ("beta", json!({"name": "b", "rule": {"tag": "x"}})),
        ("vip", json!({"name": "v", "kind": "manual"})),
    ] {
        let refused = shop.client.put(&format!("/v1/segments/{id}"), body).await;
        assert_eq!(
            (refused.status.as_u16(), &refused.body["code"]),
            (409, &json!("conflict")),
            "{id}"
        );
    }
    // What was read can be put again, with another name.
    let mut read = shop.client.get("/v1/segments/beta").await.body;
    for field in ["definition_version", "created_at", "updated_at", "rev"] {
        read.as_object_mut().unwrap().remove(field);
    }
    read["name"] = json!("other");
    assert_eq!(
        shop.client.put("/v1/segments/beta", read).await.body["name"],
        "other"
    );
}

#[tokio::test]
async fn a_snapshot_stays_as_it_was_taken() {
    let shop = Shop::new();
    shop.customers(12).await;
    let rule = json!({"field": "traits.city", "is": "eq", "value": "上海"});
    shop.define("shanghai", rule).await;
    let early = shop
        .client
        .post("/v1/segments/shanghai/snapshot", json!({"id": "frozen"}))
        .await;
    assert_eq!(
        (early.status.as_u16(), &early.body["code"]),
        (409, &json!("conflict"))
    );
    shop.fill().await;
    let later = shop.client.at("2026-11-21T13:00:00+08:00");
    let taken = later
        .post(
            "/v1/segments/shanghai/snapshot",
            json!({"id": "frozen", "name": "十一月"}),
        )
        .await;
    assert_eq!(taken.status, 201, "{}", taken.body);
    assert_eq!(
        (&taken.body["kind"], &taken.body["from"]),
        (
            &json!("snapshot"),
            &json!({"segment": "shanghai", "version": 1, "at": "2026-11-21T05:00:00Z"})
        )
    );
    // Comes after it was taken, and before it is filled.
    shop.traits("c1", json!({"city": "上海"}), "2026-11-21T14:00:00+08:00")
        .await;
    shop.fill().await;
    assert_eq!(members(&shop, "frozen").await, ["c0", "c3", "c6", "c9"]);
    shop.traits("c0", json!({"city": "北京"}), "2026-11-21T15:00:00+08:00")
        .await;
    assert_eq!(members(&shop, "shanghai").await, ["c1", "c3", "c6", "c9"]);
    assert_eq!(members(&shop, "frozen").await, ["c0", "c3", "c6", "c9"]);
    let again = shop
        .client
        .post("/v1/segments/shanghai/snapshot", json!({"id": "frozen"}))
        .await;
    assert_eq!(again.status, 409);
}

/// As the rules that name segments will stand in the store.
async fn naming(shop: &Shop, id: &str, rule: Value) {
    let key = Key::<Definitions>::single();
    let now = Timestamp::EPOCH;
    let put = shop
        .store
        .update::<_, (), ()>(&key, Request::plain(now, &Nothing), |current| {
            let mut value = current.value.unwrap_or_default();
            let id = Slug::parse(id).unwrap();
            let definition = Definition {
                id: id.clone(),
                name: "n".to_owned(),
                kind: Kind::Dynamic,
                from: None,
                rule: rule.clone(),
                version: 1,
                first_version: 1,
                rev: current.next_rev,
                created_at: now,
                rule_changed_at: now,
                updated_at: now,
            };
            value.segments.insert(id, definition);
            Ok(Change::Commit {
                value,
                effects: Vec::new(),
                answer: (),
            })
        });
    put.await.unwrap();
}

#[tokio::test]
async fn what_others_stand_on_goes_only_by_force_and_the_answer_says_what_that_changed() {
    let shop = Shop::new();
    shop.define("a", json!({"tag": "x"})).await;
    naming(&shop, "b", json!({"not": {"segment": "a"}})).await;
    naming(&shop, "c", json!({"segment": "b"})).await;
    let delete = async |path: &str| shop.client.call(Method::DELETE, path, &[], None).await;
    let refused = delete("/v1/segments/a").await;
    assert_eq!(
        (refused.status.as_u16(), &refused.body["code"]),
        (409, &json!("conflict"))
    );
    let detail = refused.body["detail"].as_str().unwrap();
    assert!(detail.contains("\"a\": segment b."), "{detail}");
    let dry = delete("/v1/segments/a?force=true&dry_run=true").await;
    let forced = delete("/v1/segments/a?force=true").await;
    assert_eq!(
        (forced.status.as_u16(), &forced.body),
        (200, &json!({"deleted": "a", "changed": ["b", "c"]}))
    );
    assert_eq!(dry.body, forced.body);
    assert_eq!(
        shop.client.get("/v1/segments/c").await.body["definition_version"],
        2
    );
    assert_eq!(delete("/v1/segments/c").await.status, 204);
    for query in ["force=yes", "force=true&force=true", "forced=true"] {
        assert_eq!(
            delete(&format!("/v1/segments/b?{query}")).await.status,
            400,
            "{query}"
        );
    }
    let put = shop
        .client
        .put(
            "/v1/segments/b?force=true",
            json!({"name": "n", "rule": {"tag": "x"}}),
        )
        .await;
    assert_eq!(put.status, 400, "only a DELETE is forced");
}

#[tokio::test]
async fn a_circle_is_refused_with_its_place() {
    let shop = Shop::new();
    shop.define("a", json!({"tag": "x"})).await;
    naming(&shop, "b", json!({"segment": "a"})).await;
    let body = json!({"name": "a", "rule": {"any": [{"tag": "x"}, {"segment": "b"}]}});
    let refused = shop.client.put("/v1/segments/a", body).await;
    assert_eq!(refused.status, 422);
    let errors = refused.body["errors"].as_array().unwrap();
    let cycle = errors
        .iter()
        .find(|error| error["code"] == "cycle")
        .unwrap();
    assert_eq!(cycle["pointer"], "/rule/any/1/segment");
}

#[tokio::test]
async fn a_key_is_answered_as_the_first_time_though_the_segment_is_gone() {
    let shop = Shop::new();
    shop.customers(3).await;
    let beta = json!({"name": "Beta", "kind": "manual"});
    shop.client.put("/v1/segments/beta", beta.clone()).await;
    let change = async |key: &str, add: Value| {
        let (path, body) = ("/v1/segments/beta/members", json!({ "add": add }));
        let headers = [("idempotency-key", key)];
        shop.client
            .call(Method::POST, path, &headers, Some(body))
            .await
    };
    let first = change("k", json!(["c0", "c1", "nobody"])).await;
    assert_eq!(first.status, 200, "{}", first.body);
    shop.client
        .call(Method::DELETE, "/v1/segments/beta", &[], None)
        .await;
    let again = change("k", json!(["c0", "c1", "nobody"])).await;
    assert_eq!((again.status.as_u16(), &again.body), (200, &first.body));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    // Another key, and another body, are no repetition.
    assert_eq!(change("l", json!(["c2"])).await.status, 404);
    let other = change("k", json!(["c2"])).await;
    assert_eq!(other.body["code"], "key_reused", "{}", other.body);
    // What was refused was not taken for done: it is asked again once there is such a segment.
    shop.client.put("/v1/segments/beta", beta).await;
    let late = change("l", json!(["c2"])).await;
    assert_eq!(late.body["results"][0]["status"], "added", "{}", late.body);
    let members = shop.client.get("/v1/segments/beta/members").await.body;
    assert_eq!(members["items"].as_array().unwrap().len(), 1, "{members}");
}
