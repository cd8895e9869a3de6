//! `/v1/tags`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs
)]

mod catalogue;
mod counted;
mod customers;
mod jobs;

use crate::common::Shop;
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
    early(shop).await;
    ticked(shop, 70_000).await;
}

/// Does what can be done of jobs at once.
async fn early(shop: &Shop) {
    ticked(shop, 0).await;
}

async fn ticked(shop: &Shop, late_by: i64) {
    let now = Timestamp::parse(NOW).unwrap();
    let zone = Zone::named("Asia/Shanghai").unwrap();
    let store = Store::new(shop.client.memory.clone().late_by(late_by));
    while tagging::step(&store, now, &zone).await.unwrap().more {}
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
