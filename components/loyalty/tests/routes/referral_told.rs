//! A referral code that comes with `identify`, `track` or `batch`: claimed once, told in the item's result, and nothing else of the
//! item hangs on it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use crate::shop::{get, post, program};
use rapport_web::testing::Client;
use serde_json::{Value, json};

struct Shop {
    profiles: Client,
    loyalty: Client,
}

impl Shop {
    /// Anna has a code.
    async fn open(on: Value) -> (Self, String) {
        let profiles = Client::new(profiles::routes);
        let loyalty = Client::over(profiles.memory.clone(), loyalty::routes);
        let shop = Self { profiles, loyalty };
        let mut program = program();
        program["referral"] =
            json!({"referrer": {"points": 100}, "referred": {"points": 50}, "on": on});
        let set = shop.loyalty.put("/v1/loyalty/program", program).await;
        assert_eq!(set.status, 201, "{}", set.body);
        let made = post(&shop.loyalty, "anna", "referral", json!({})).await;
        (shop, made.body["code"].as_str().unwrap().to_owned())
    }

    async fn points(&self, customer: &str) -> i64 {
        let account = get(&self.loyalty, customer, "").await.body;
        account["balance"]["active"].as_i64().unwrap()
    }

    async fn brought(&self) -> usize {
        let list = get(&self.loyalty, "anna", "/referrals").await.body;
        list["items"].as_array().unwrap().len()
    }
}

fn identify(customer: &str, code: &str) -> Value {
    json!({"type": "identify", "userId": customer, "traits": {"city": "上海", "referral_code": code}})
}

#[tokio::test]
async fn a_trait_claims_the_code_once() {
    let (shop, code) = Shop::open(json!("sign_up")).await;
    let lower = code.to_lowercase().replace('-', "");
    let call = identify("bo", &lower);
    for _ in 0..3 {
        let told = shop.profiles.post("/v1/identify", call.clone()).await;
        assert_eq!(told.body["status"], "applied", "{}", told.body);
        assert_eq!(
            told.body["referral"],
            json!({"referrer": "anna", "code": code})
        );
    }
    assert_eq!(
        (shop.points("anna").await, shop.points("bo").await),
        (100, 50)
    );
    assert_eq!(shop.brought().await, 1);
    // Somebody else's code comes too late, and the profile is saved all the same.
    let made = post(&shop.loyalty, "cleo", "referral", json!({})).await;
    let other = made.body["code"].as_str().unwrap();
    let told = shop
        .profiles
        .post("/v1/identify", identify("bo", other))
        .await;
    assert_eq!(told.body["status"], "applied");
    let error = &told.body["referral"]["error"];
    assert_eq!(
        (&error["code"], &error["pointer"]),
        (&json!("already_referred"), &json!("/traits/referral_code"))
    );
    assert_eq!(
        (shop.points("cleo").await, shop.points("bo").await),
        (0, 50)
    );
    // What is only tried claims nothing.
    let tried = shop
        .profiles
        .post("/v1/identify?dry_run=true", identify("dee", &code))
        .await;
    assert_eq!(tried.body["referral"]["referrer"], "anna");
    assert_eq!(shop.brought().await, 1);
}

#[tokio::test]
async fn every_item_of_a_batch_is_told_what_became_of_its_code() {
    let (shop, code) = Shop::open(json!({"order": 1})).await;
    let order = |customer: &str, id: &str| {
        json!({"type": "track", "userId": customer, "event": "Order Completed",
               "properties": {"order_id": id, "total": "20.00", "currency": "USD"}})
    };
    let batch = json!({"batch": [
        {"type": "track", "userId": "bo", "event": "Signed Up", "messageId": "m1", "properties": {"referral_code": code}},
        order("bo", "o1"),
        identify("anna", &code),
        identify("cleo", "AAAA-AAAA"),
        identify("dee", "no code"),
        {"type": "track", "userId": "eve", "event": "Cart Viewed", "properties": {"referral_code": code}},
    ]});
    for round in 0..2 {
        let told = shop.profiles.post("/v1/batch", batch.clone()).await;
        assert_eq!(told.status, 200, "{}", told.body);
        let results = told.body["results"].as_array().unwrap().clone();
        assert_eq!(results[0]["referral"]["referrer"], "anna", "round {round}");
        for (index, error) in [
            (2, "circular_referral"),
            (3, "unknown_code"),
            (4, "invalid_value"),
        ] {
            assert_eq!(results[index]["status"], "applied");
            let found = &results[index]["referral"]["error"];
            assert_eq!(found["code"], error);
            assert_eq!(
                found["pointer"],
                format!("/batch/{index}/traits/referral_code")
            );
        }
        assert_eq!(
            results[5]["referral"],
            Value::Null,
            "another event has none"
        );
        // The order of the same batch is what the referral waited for: 20 points and 50.
        assert_eq!(
            (shop.points("anna").await, shop.points("bo").await),
            (100, 70)
        );
        assert_eq!(shop.brought().await, 1);
    }
    for customer in ["anna", "cleo", "dee"] {
        let profile = shop
            .profiles
            .get(&format!("/v1/customers/{customer}"))
            .await;
        assert_eq!(profile.body["traits"]["city"], "上海");
    }
}

#[tokio::test]
async fn without_referrals_the_trait_is_one_like_others() {
    let profiles = Client::new(profiles::routes);
    let told = profiles
        .post("/v1/identify", identify("bo", "7Q3K-9ZBM"))
        .await;
    assert_eq!(
        told.body,
        json!({"status": "applied", "customer": "bo", "rev": 1})
    );
}
