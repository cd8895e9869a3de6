//! A shop where a coffee can be redeemed.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use rapport_web::testing::{Answered, Client};
use serde_json::{Value, json};

use super::{get, open, post};

pub async fn reward(shop: &Client, id: &str, body: Value) -> Answered {
    shop.put(&format!("/v1/loyalty/rewards/{id}"), body).await
}

/// A shop where a coffee takes 60 points, and `c` has 200.
pub async fn with_coffee(more: Value) -> Client {
    let shop = open().await;
    post(&shop, "c", "earn", json!({"points": 200, "key": "e"})).await;
    let mut body = json!({"name": "Coffee", "points": 60, "voucher": {"valid_for": {"days": 30}}});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    let made = reward(&shop, "coffee", body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    shop
}

pub async fn redeem(shop: &Client, customer: &str, key: &str) -> Answered {
    let body = json!({"reward": "coffee", "key": key});
    post(shop, customer, "redeem", body).await
}

pub fn code_of(redeemed: &Answered) -> String {
    assert_eq!(redeemed.status, 200, "{}", redeemed.body);
    redeemed.body["voucher"]["code"]
        .as_str()
        .unwrap()
        .to_owned()
}

pub async fn voucher(shop: &Client, code: &str, what: &str, body: Value) -> Answered {
    shop.post(&format!("/v1/loyalty/vouchers/{code}/{what}"), body)
        .await
}

pub async fn balance(shop: &Client, customer: &str) -> (i64, i64, i64) {
    let balance = get(shop, customer, "").await.body["balance"].clone();
    let of = |name: &str| balance[name].as_i64().unwrap();
    (of("active"), of("held"), of("spent"))
}

/// How many are redeemed and left.
pub async fn stock(shop: &Client) -> (i64, Option<i64>) {
    let body = shop.get("/v1/loyalty/rewards/coffee").await.body;
    (body["redeemed"].as_i64().unwrap(), body["left"].as_i64())
}
