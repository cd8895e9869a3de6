//! `POST /v1/segments/ready`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs
)]

use crate::common::Shop;
use http::Method;
use rapport_records::ready::ALL;
use serde_json::{Value, json};

const READY: &str = "/v1/segments/ready";

fn statuses(body: &Value) -> Vec<(&str, &str)> {
    let segments = body["segments"].as_array().unwrap();
    segments
        .iter()
        .map(|one| (one["id"].as_str().unwrap(), one["status"].as_str().unwrap()))
        .collect()
}

#[tokio::test]
async fn they_are_installed_once_and_never_over_a_shops_own() {
    let shop = Shop::new();
    shop.define("asleep", json!({"tag": "asleep"})).await;
    let dry = shop
        .client
        .post(&format!("{READY}?dry_run=true"), json!({}))
        .await;
    assert_eq!(dry.status.as_u16(), 200, "{}", dry.body);
    let listed = async || {
        shop.client.get("/v1/segments").await.body["items"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(listed().await, 1);

    let first = shop.client.post(READY, json!({"language": "zh"})).await;
    let ids: Vec<&str> = statuses(&first.body).iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, ALL.map(|ready| ready.id));
    assert_eq!(statuses(&dry.body), statuses(&first.body));
    for (id, status) in statuses(&first.body) {
        match (id, status) {
            ("asleep", status) => assert_eq!(status, "present"),
            (id, status) => assert_eq!(status, "installed", "{id}"),
        }
    }
    let segment = shop.client.get("/v1/segments/high-value").await.body;
    assert_eq!(segment["name"], "高价值客户");
    assert_eq!(
        shop.client.get("/v1/segments/asleep").await.body["rule"],
        json!({"tag": "asleep"})
    );

    let again = shop.client.post(READY, json!({})).await;
    assert!(
        statuses(&again.body)
            .iter()
            .all(|(_, status)| *status != "installed"),
        "{}",
        again.body
    );
}

#[tokio::test]
async fn some_of_them_can_be_chosen() {
    let shop = Shop::new();
    let chosen = shop
        .client
        .post(READY, json!({"only": ["birthday-soon"]}))
        .await;
    assert_eq!(statuses(&chosen.body), [("birthday-soon", "installed")]);
    let wrong = shop
        .client
        .post(READY, json!({"only": ["asleep", "rich"]}))
        .await;
    assert_eq!(wrong.status.as_u16(), 422);
    assert_eq!(
        wrong.body["errors"][0]["pointer"], "/only/1",
        "{}",
        wrong.body
    );
    let wrong = shop.client.post(READY, json!({"language": "de"})).await;
    assert_eq!(
        wrong.body["errors"][0]["pointer"], "/language",
        "{}",
        wrong.body
    );
    // An empty body is no wish.
    let all = shop.client.call(Method::POST, READY, &[], None).await;
    assert_eq!(all.status.as_u16(), 200, "{}", all.body);
}

#[tokio::test]
async fn they_say_of_customers_what_their_names_say() {
    let shop = Shop::new();
    shop.client.post(READY, json!({})).await;
    shop.order("new", 5.0, "2026-11-01T00:00:00Z").await;
    shop.order("gone", 5.0, "2026-01-01T00:00:00Z").await;
    shop.order("once", 5.0, "2026-08-10T00:00:00Z").await;
    for day in ["06-01", "06-20", "07-01", "07-20", "08-01", "08-10"] {
        shop.order("often", 5.0, &format!("2026-{day}T00:00:00Z"))
            .await;
    }
    shop.traits(
        "born",
        json!({"birthday": "1990-11-25"}),
        "2026-11-01T00:00:00Z",
    )
    .await;
    let of = async |id: &str| {
        let body = shop
            .client
            .get(&format!("/v1/segments/memberships/{id}"))
            .await
            .body;
        let list = body["memberships"].as_array().unwrap().clone();
        list.iter()
            .map(|one| one["segment"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(of("new").await, ["new-customers"]);
    assert_eq!(of("gone").await, ["asleep"]);
    assert_eq!(of("born").await, ["birthday-soon"]);
    // At risk since 8 November, and no model is there to say more.
    assert_eq!(of("once").await, ["about-to-leave"]);
    assert_eq!(of("often").await, ["about-to-leave"]);

    let model = json!({"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426});
    shop.client.put("/v1/segments/models/lifetime", model).await;
    // Of who ordered once the model says nothing, so the stage still decides; of the other it is sure.
    assert_eq!(of("once").await, ["about-to-leave"]);
    assert_eq!(of("often").await, ["about-to-leave"]);
    // Seven weeks after the last of six orders within ten weeks: not at risk by the bounds, and yet more likely gone than not.
    let at = async |moment: &str| {
        let client = shop.client.at(moment);
        let body = client.get("/v1/segments/memberships/often").await.body;
        let list = body["memberships"].as_array().unwrap().clone();
        list.iter()
            .map(|one| one["segment"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(at("2026-09-15T00:00:00Z").await, ["high-value"]);
    assert_eq!(
        at("2026-10-01T00:00:00Z").await,
        ["about-to-leave", "high-value"]
    );
}
