//! Who comes into a segment earns, by what they did, by time, or by hand: once for each coming.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects)]

use crate::common::{DAY, HOUR, Shop, at, customer, put, tags};
use rapport_loyalty::Program;
use rapport_records::accounts::{self, Programs};
use rapport_store::{Change, Key, Nothing, Request};
use rapport_types::Timestamp;
use serde_json::{Value, json};

async fn with_rules(shop: &Shop, rules: Value) {
    let program =
        json!({"points": {"per": {"amount": 100, "currency": "CNY"}, "points": 1}, "rules": rules});
    let program: Program = serde_json::from_value(program).unwrap();
    assert_eq!(program.check(), []);
    let key = Key::<Programs>::single();
    let put = shop
        .store
        .update::<_, (), ()>(&key, Request::plain(at(0), &Nothing), |_| {
            Ok(Change::Commit {
                value: program.clone(),
                effects: Vec::new(),
                answer: (),
            })
        });
    put.await.unwrap();
}

async fn points(shop: &Shop, id: &str, now: Timestamp) -> i64 {
    let ledger = accounts::ledger(&shop.store, &customer(id)).await.unwrap();
    ledger.value.balance(now).active
}

#[tokio::test]
async fn a_birthday_earns_on_its_day_every_year_though_nobody_asks() {
    let shop = Shop::new();
    let rule = json!({"field": "traits.birthday", "is": "anniversary", "value": "0d"});
    shop.define("birthday", rule, at(0)).await;
    with_rules(&shop, json!([
        {"id": "birthday", "name": "Happy birthday", "when": {"segment_entered": "birthday"}, "points": 88},
        {"id": "vip", "name": "And a cake", "when": {"segment_entered": "birthday"}, "points": 12, "condition": {"tag": "vip"}},
    ]))
    .await;
    // It is noon of 21 November 2026 in Shanghai.
    shop.apply("a", put(json!({"birthday": "1990-11-23"})), at(0))
        .await;
    shop.apply("b", put(json!({"birthday": "1990-11-23"})), at(0))
        .await;
    shop.apply("b", tags(&["vip"]), at(HOUR)).await;
    shop.tick(at(DAY)).await;
    assert_eq!(points(&shop, "a", at(DAY)).await, 0);
    // 13 hours later it is one o'clock on the 23rd; two ticks are one birthday.
    for _ in 0..2 {
        shop.tick(at(DAY + 13 * HOUR)).await;
        assert_eq!(points(&shop, "a", at(2 * DAY)).await, 88);
        assert_eq!(points(&shop, "b", at(2 * DAY)).await, 100);
    }
    for day in 3..370 {
        shop.tick(at(day * DAY)).await;
    }
    assert_eq!(points(&shop, "a", at(370 * DAY)).await, 176);
}

#[tokio::test]
async fn coming_back_is_coming_again_and_a_cap_bounds_it() {
    let shop = Shop::new();
    shop.define("vip", json!({"tag": "vip"}), at(0)).await;
    with_rules(&shop, json!([
        {"id": "vip", "name": "VIP", "when": {"segment_entered": "vip"}, "points": 30, "caps": {"per_customer": 75}},
    ]))
    .await;
    shop.apply("a", put(json!({})), at(0)).await;
    for (n, expected) in [(1, 30), (2, 60), (3, 75), (4, 75)] {
        shop.apply("a", tags(&["vip"]), at(n * DAY)).await;
        assert_eq!(points(&shop, "a", at(n * DAY)).await, expected);
        shop.later().tick(at(n * DAY + HOUR)).await;
        shop.apply("a", tags(&[]), at(n * DAY + 2 * HOUR)).await;
    }
}
