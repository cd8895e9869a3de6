//! Missions: what is to be done, how far a customer is, and the points, once per period.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use crate::shop::{get, is, open, problem};
use futures_util::future::join_all;
use http::Method;
use rapport_web::testing::{Answered, Client};
use serde_json::{Value, json};

const THREE: &str = "/v1/loyalty/missions/three";

fn three(period: &str) -> Value {
    json!({"name": "Three orders", "rule": {"event": "order_completed", "within": "30d", "count": {"at_least": 3}},
           "reward": {"points": 50}, "period": period})
}

/// The same shop's profiles.
fn people(shop: &Client) -> Client {
    Client::over(shop.memory.clone(), profiles::routes)
}

async fn with(id: &str, mission: Value) -> Client {
    let shop = open().await;
    let put = shop
        .put(&format!("/v1/loyalty/missions/{id}"), mission)
        .await;
    assert_eq!(put.status, 201, "{}", put.body);
    shop
}

/// The customer orders for nothing, so that only missions give points.
async fn order(shop: &Client, id: &str, at: &str) -> Answered {
    let body = json!({"userId": "c", "event": "Order Completed", "timestamp": at, "messageId": id,
                      "properties": {"order_id": id, "total": 0, "currency": "USD"}});
    let tracked = people(shop).at(at).post("/v1/track", body).await;
    assert_eq!(tracked.status, 200, "{}", tracked.body);
    tracked
}

/// The only mission of the customer: state, value, target, paid.
async fn standing(shop: &Client, at: &str) -> (String, i64, i64, bool) {
    let list = get(&shop.at(at), "c", "/missions").await.body;
    let one = &list["items"][0];
    (
        one["state"].as_str().unwrap().to_owned(),
        one["progress"]["value"].as_i64().unwrap(),
        one["progress"]["target"].as_i64().unwrap(),
        one["paid"].as_bool().unwrap(),
    )
}

async fn active(shop: &Client, at: &str) -> i64 {
    let account = get(&shop.at(at), "c", "").await;
    account.body["balance"]["active"].as_i64().unwrap()
}

#[tokio::test]
async fn a_mission_shows_how_far_a_customer_is_and_pays_once() {
    let shop = with("three", three("once")).await;
    let now = "2026-11-21T04:00:00Z";
    assert_eq!(standing(&shop, now).await, ("open".into(), 0, 3, false));
    for id in ["1", "2"] {
        order(&shop, id, now).await;
    }
    assert_eq!(standing(&shop, now).await, ("open".into(), 2, 3, false));
    assert_eq!(active(&shop, now).await, 0);
    order(&shop, "3", now).await;
    assert_eq!(standing(&shop, now).await, ("completed".into(), 3, 3, true));
    assert_eq!(active(&shop, now).await, 50);
    for id in ["3", "4", "5", "6"] {
        order(&shop, id, now).await;
    }
    assert_eq!(active(&shop, now).await, 50);
    let journal = get(&shop, "c", "/journal").await.body["items"].clone();
    let of_mission = journal.as_array().unwrap().iter();
    let of_mission = of_mission.filter(|entry| entry["reason"] == "mission: Three orders");
    assert_eq!(of_mission.count(), 1);
    // The orders have left the window, and the mission stays done.
    let later = "2027-03-01T04:00:00Z";
    assert_eq!(
        standing(&shop, later).await,
        ("completed".into(), 3, 3, true)
    );
    let audit = get(&shop, "c", "/audit").await.body;
    assert_eq!(audit["ok"], true, "{audit}");
}

#[tokio::test]
async fn a_weekly_mission_begins_anew_on_monday_of_the_shop() {
    let shop = with("three", three("weekly")).await;
    // Sunday, 22 November 2026 in Shanghai ends at 16:00 UTC.
    let sunday = "2026-11-22T15:59:59Z";
    for id in ["1", "2"] {
        order(&shop, id, sunday).await;
    }
    let monday = "2026-11-22T16:00:00Z";
    assert_eq!(standing(&shop, monday).await, ("open".into(), 0, 3, false));
    order(&shop, "3", monday).await;
    // Two of last week do not count, though the rule itself reaches 30 days back.
    assert_eq!(standing(&shop, monday).await, ("open".into(), 1, 3, false));
    for id in ["4", "5", "6"] {
        order(&shop, id, monday).await;
    }
    assert_eq!(active(&shop, monday).await, 50);
    let list = get(&shop.at(monday), "c", "/missions").await.body["items"][0].clone();
    assert_eq!(
        (&list["from"], &list["until"]),
        (
            &json!("2026-11-22T16:00:00Z"),
            &json!("2026-11-29T16:00:00Z")
        )
    );
    let next = "2026-11-29T16:00:00Z";
    for id in ["7", "8", "9"] {
        order(&shop, id, next).await;
    }
    assert_eq!(active(&shop, next).await, 100);
}

#[tokio::test]
async fn a_mission_that_was_done_before_it_was_put_is_paid_when_it_is_claimed_or_the_customer_changes()
 {
    let shop = open().await;
    let now = "2026-11-21T04:00:00Z";
    for id in ["1", "2", "3"] {
        order(&shop, id, now).await;
    }
    shop.put(THREE, three("once")).await;
    assert_eq!(
        standing(&shop, now).await,
        ("completed".into(), 3, 3, false)
    );
    let path = "/v1/loyalty/accounts/c/missions/three/claim";
    let dry = shop.post(&format!("{path}?dry_run=true"), json!({})).await;
    assert_eq!(
        (dry.status.as_u16(), &dry.body["paid"]),
        (200, &json!(false))
    );
    let all = join_all((0..5).map(|_| shop.post(path, json!({})))).await;
    for one in &all {
        assert_eq!(
            (one.status.as_u16(), &one.body["paid"]),
            (200, &json!(true)),
            "{}",
            one.body
        );
    }
    assert_eq!(active(&shop, now).await, 50);
    // Another one is paid with the next change.
    let other =
        json!({"name": "Ordered", "rule": {"event": "order_completed"}, "reward": {"points": 7}});
    shop.put("/v1/loyalty/missions/other", other).await;
    let put = people(&shop)
        .put("/v1/customers/c", json!({"traits": {"a": 1}}))
        .await;
    assert!(put.status.is_success(), "{}", put.body);
    assert_eq!(active(&shop, now).await, 57);
    // One that is deleted and put again is not paid again.
    let gone = shop.call(Method::DELETE, THREE, &[], None).await;
    assert_eq!(gone.status, 204);
    order(&shop, "4", now).await;
    shop.put(THREE, three("once")).await;
    order(&shop, "5", now).await;
    assert_eq!(active(&shop, now).await, 57);
}

#[tokio::test]
async fn what_is_not_done_is_not_claimed_and_what_is_not_for_somebody_is_not_there() {
    let mut mission = three("once");
    mission["audience"] = json!({"field": "traits.vip", "is": "eq", "value": true});
    mission["from"] = json!("2026-11-01");
    mission["until"] = json!("2026-11-30");
    let shop = with("three", mission).await;
    let now = "2026-11-21T04:00:00Z";
    let path = "/v1/loyalty/accounts/c/missions/three/claim";
    assert_eq!(
        problem(&shop.post(path, json!({})).await),
        is(404, "not_found", &[])
    );
    let list = get(&shop, "c", "/missions").await.body;
    assert_eq!(list, json!({"items": [], "next_cursor": null}));
    let put = people(&shop)
        .put("/v1/customers/c", json!({"traits": {"vip": true}}))
        .await;
    assert!(put.status.is_success(), "{}", put.body);
    order(&shop, "1", now).await;
    let refused = shop.post(path, json!({})).await;
    assert_eq!(problem(&refused), is(409, "conflict", &[]));
    assert_eq!(
        refused.body["detail"],
        "The mission is open: 1 of 3 is done."
    );
    // 30 November ends at 16:00 UTC in Shanghai; 1 November began at 31 October, 16:00 UTC.
    assert_eq!(standing(&shop, "2026-11-30T15:59:59Z").await.0, "open");
    assert_eq!(standing(&shop, "2026-11-30T16:00:00Z").await.0, "over");
    assert_eq!(standing(&shop, "2026-10-31T15:59:59Z").await.0, "upcoming");
    for id in ["2", "3"] {
        order(&shop, id, "2026-11-30T16:00:00Z").await;
    }
    assert_eq!(active(&shop, "2026-11-30T16:00:00Z").await, 0);
}

#[tokio::test]
async fn a_mission_of_several_parts_tells_of_each() {
    let rule = json!({"all": [
        {"event": "review_posted", "count": {"at_least": 2}},
        {"event": "order_completed", "sum": "properties.total", "at_least": 100},
        {"field": "traits.birthday", "is": "exists"},
    ]});
    let shop = with(
        "several",
        json!({"name": "Several", "rule": rule, "reward": {"points": 5}}),
    )
    .await;
    let now = "2026-11-21T04:00:00Z";
    let body = json!({"userId": "c", "event": "Order Completed", "messageId": "1",
                      "properties": {"order_id": "1", "total": 62.5, "currency": "USD"}});
    people(&shop).post("/v1/track", body).await;
    people(&shop)
        .post(
            "/v1/identify",
            json!({"userId": "c", "traits": {"birthday": "1990-01-01"}}),
        )
        .await;
    let list = get(&shop.at(now), "c", "/missions").await.body["items"][0].clone();
    assert_eq!(
        list["progress"],
        json!({"value": 1, "target": 3, "parts": [
            {"value": 0, "target": 2}, {"value": 62.5, "target": 100}, {"value": 1, "target": 1}]})
    );
}

#[tokio::test]
async fn the_catalogue_is_put_read_and_deleted_and_says_what_is_wrong() {
    let shop = with("three", three("daily")).await;
    let read = shop.get(THREE).await;
    assert_eq!(
        (read.status.as_u16(), &read.body["period"]),
        (200, &json!("daily"))
    );
    let same = shop.put(THREE, three("daily")).await;
    assert_eq!(
        (same.status.as_u16(), &same.body["rev"]),
        (200, &read.body["rev"])
    );
    let stale = shop
        .call(
            Method::PUT,
            THREE,
            &[("if-match", "\"99\"")],
            Some(three("once")),
        )
        .await;
    assert_eq!(problem(&stale), is(412, "stale_revision", &[]));
    let wrong = json!({"name": "", "rule": {"event": "a", "count": {"at_leats": 3}}, "reward": {"points": 0},
                       "audience": {"field": "loyalty.tier", "is": "eq", "value": "gold"}});
    let refused = shop.put(THREE, wrong).await;
    let places = [
        "/name",
        "/reward/points",
        "/rule/count/at_leats",
        "/rule/count",
        "/audience/field",
    ];
    assert_eq!(problem(&refused), is(422, "invalid_input", &places));
    let unknown = shop.put(THREE, json!({"nam": "x"})).await;
    assert_eq!(problem(&unknown).0, 422);
    assert_eq!(
        shop.get("/v1/loyalty/missions").await.body["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        shop.call(Method::DELETE, THREE, &[], None).await.status,
        204
    );
    assert_eq!(problem(&shop.get(THREE).await), is(404, "not_found", &[]));
}
