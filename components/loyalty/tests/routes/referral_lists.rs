//! Whom each of several referrers has brought: their own, and nobody else's.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use crate::shop::{get, open, post, program};
use rapport_web::testing::Client;
use serde_json::{Value, json};

async fn code(shop: &Client, customer: &str) -> Value {
    post(shop, customer, "referral", json!({})).await.body["code"].clone()
}

async fn brought(shop: &Client, customer: &str) -> Vec<String> {
    let list = get(shop, customer, "/referrals?limit=2").await.body;
    let items = list["items"].as_array().unwrap();
    items
        .iter()
        .map(|item| item["customer"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn each_referrer_sees_whom_they_brought_and_nobody_else_s() {
    let shop = open().await;
    let mut program = program();
    program["referral"] = json!({"referrer": {"points": 100}});
    shop.put("/v1/loyalty/program", program).await;
    let (a, b) = (code(&shop, "a").await, code(&shop, "b").await);
    for (code, customer) in [(&a, "a1"), (&b, "b1"), (&a, "a2"), (&b, "b2")] {
        let body = json!({"code": code, "customer": customer});
        let claimed = shop.post("/v1/loyalty/referrals", body).await;
        assert_eq!(claimed.status, 200, "{}", claimed.body);
    }
    let sorted = |mut list: Vec<String>| {
        list.sort();
        list
    };
    assert_eq!(sorted(brought(&shop, "a").await), ["a1", "a2"]);
    assert_eq!(sorted(brought(&shop, "b").await), ["b1", "b2"]);
    assert_eq!(brought(&shop, "c").await, Vec::<String>::new());
    // Each got the points of their own two.
    for customer in ["a", "b"] {
        assert_eq!(
            get(&shop, customer, "").await.body["balance"]["active"],
            200
        );
    }
}
