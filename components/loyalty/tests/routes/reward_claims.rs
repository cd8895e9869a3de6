//! Claims in a reward's stock that somebody left behind.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use crate::shop::{change_stock, get, is, open, post, problem};
use rapport_loyalty::TransactionId;
use rapport_loyalty::reward::Claim;
use rapport_types::{CustomerId, Timestamp};
use rapport_web::testing::Client;
use serde_json::json;

/// A shop with one mug, and `c` and `d` with 100 points each.
async fn with_a_mug() -> Client {
    let shop = open().await;
    for customer in ["c", "d"] {
        post(&shop, customer, "earn", json!({"points": 100, "key": "e"})).await;
    }
    let mug = json!({"name": "Mug", "points": 60, "stock": 1});
    shop.put("/v1/loyalty/rewards/mug", mug).await;
    shop
}

fn claim(customer: &str, of: TransactionId, serial: u64) -> Claim {
    Claim {
        customer: CustomerId::parse(customer).unwrap(),
        of,
        serial,
        code: None,
        at: Timestamp::parse("2026-11-21T04:00:00Z").unwrap(),
    }
}

#[tokio::test]
async fn a_claim_that_no_account_knows_is_given_back_once_it_is_old() {
    let shop = with_a_mug().await;
    change_stock(&shop, "mug", |stock| {
        let nobody = TransactionId::of_key("lost");
        stock.granted = 1;
        stock.claims.push(claim("c", nobody, 1));
    })
    .await;
    let body = json!({"reward": "mug", "key": "k"});
    let young = post(&shop, "d", "redeem", body.clone()).await;
    assert_eq!(problem(&young), is(409, "out_of_stock", &[]));
    let later = shop.at("2026-11-21T04:02:01Z");
    let old = post(&later, "d", "redeem", body).await;
    assert_eq!(old.status, 200, "{}", old.body);
    let mug = shop.get("/v1/loyalty/rewards/mug").await.body;
    assert_eq!((&mug["redeemed"], &mug["left"]), (&json!(1), &json!(0)));
}

#[tokio::test]
async fn a_claim_whose_account_has_it_stays_redeemed() {
    let shop = with_a_mug().await;
    let body = json!({"reward": "mug", "key": "k"});
    assert_eq!(post(&shop, "c", "redeem", body.clone()).await.status, 200);
    // As if the account's outbox had not come through.
    change_stock(&shop, "mug", |stock| {
        let of = TransactionId::of_key("k");
        stock.claims.push(claim("c", of, 1));
    })
    .await;
    let later = shop.at("2026-11-21T04:02:01Z");
    let refused = post(&later, "d", "redeem", body).await;
    assert_eq!(problem(&refused), is(409, "out_of_stock", &[]));
    let mug = shop.get("/v1/loyalty/rewards/mug").await.body;
    assert_eq!((&mug["redeemed"], &mug["left"]), (&json!(1), &json!(0)));
}

/// Two processes go on with one redemption; the slower one claims when the faster one is done and its claim is settled.
#[tokio::test]
async fn a_second_number_for_the_same_redemption_is_given_back() {
    let shop = with_a_mug().await;
    let body = json!({"reward": "mug", "key": "k"});
    assert_eq!(post(&shop, "c", "redeem", body.clone()).await.status, 200);
    shop.put(
        "/v1/loyalty/rewards/mug",
        json!({"name": "Mug", "points": 60, "stock": 2}),
    )
    .await;
    change_stock(&shop, "mug", |stock| {
        stock.granted = 2;
        stock.claims.push(claim("c", TransactionId::of_key("k"), 2));
    })
    .await;
    let later = shop.at("2026-11-21T04:02:01Z");
    assert_eq!(post(&later, "d", "redeem", body).await.status, 200);
    let mug = shop.get("/v1/loyalty/rewards/mug").await.body;
    assert_eq!((&mug["redeemed"], &mug["left"]), (&json!(2), &json!(0)));
    let balance = get(&shop, "c", "").await.body["balance"].clone();
    assert_eq!(balance["spent"], 60);
}
