//! A shop with a programme, and short ways to move points in it.
#![allow(dead_code, clippy::unwrap_used, clippy::indexing_slicing)]

pub mod coffee;

use rapport_loyalty::reward::Stock;
use rapport_records::rewards::Stocks;
use rapport_store::{Change, Key, Nothing, Request, Store};
use rapport_types::Timestamp;
use rapport_web::testing::{Answered, Client};
use serde_json::{Value, json};

/// A shop with a point per dollar, valid 12 months, and three tiers by points in 365 days.
pub async fn open() -> Client {
    let shop = Client::new(loyalty::routes);
    let answered = shop.put("/v1/loyalty/program", program()).await;
    assert_eq!(answered.status, 201, "{}", answered.body);
    shop
}

pub fn program() -> Value {
    json!({
        "points": {"per": {"amount": 100, "currency": "USD"}, "points": 1, "expires_after": {"months": 12}},
        "tiers": [
            {"id": "bronze", "name": "Bronze", "at_least": 50, "by": "points", "window": "365d"},
            {"id": "silver", "name": "Silver", "at_least": 200, "by": "points", "window": "365d"},
            {"id": "gold", "name": "Gold", "at_least": 1000, "by": "points", "window": "365d"},
        ],
    })
}

pub async fn post(shop: &Client, customer: &str, what: &str, body: Value) -> Answered {
    shop.post(&format!("/v1/loyalty/accounts/{customer}/{what}"), body)
        .await
}

pub async fn get(shop: &Client, customer: &str, what: &str) -> Answered {
    shop.get(&format!("/v1/loyalty/accounts/{customer}{what}"))
        .await
}

/// Changes the stock of a reward behind the service's back.
pub async fn change_stock(shop: &Client, reward: &str, mut change: impl FnMut(&mut Stock) + Send) {
    let store = Store::new(shop.memory.clone());
    let now = Timestamp::parse("2026-11-21T04:00:00Z").unwrap();
    store
        .update::<Stocks, (), std::convert::Infallible>(
            &Key::of(reward),
            Request::plain(now, &Nothing),
            |current| {
                let mut value = current.value.unwrap_or_default();
                change(&mut value);
                Ok(Change::Commit {
                    value,
                    effects: Vec::new(),
                    answer: (),
                })
            },
        )
        .await
        .unwrap();
}

/// The problem's status, code, and the places it names.
pub fn problem(answered: &Answered) -> (u16, String, Vec<String>) {
    let errors = answered.body["errors"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    (
        answered.status.as_u16(),
        answered.body["code"].as_str().unwrap_or("none").to_owned(),
        errors
            .iter()
            .map(|e| e["pointer"].as_str().unwrap_or("").to_owned())
            .collect(),
    )
}

pub fn is(status: u16, code: &str, places: &[&str]) -> (u16, String, Vec<String>) {
    (
        status,
        code.to_owned(),
        places.iter().map(|&p| p.to_owned()).collect(),
    )
}
