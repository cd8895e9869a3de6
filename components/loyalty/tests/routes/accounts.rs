//! `GET /v1/loyalty/accounts/{customer}` and `.../tier`.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use crate::shop;
use crate::shop::{get, is, open, post, problem};
use http::Method;
use rapport_customer::Customer;
use rapport_records::customers::CustomerRecord;
use rapport_records::earning::Told;
use rapport_records::effects::{CustomerCarrier, Effect};
use rapport_store::{Carrier, Sender, Store};
use rapport_types::{Currency, CustomerId, Money, Timestamp, Zone};
use serde_json::json;

#[tokio::test]
async fn a_customer_who_never_earned_has_an_empty_account() {
    let shop = open().await;
    let account = get(&shop, "new", "").await;
    assert_eq!(
        account.body,
        json!({
            "customer": "new",
            "balance": {"active": 0, "pending": 0, "spent": 0, "expired": 0, "expiring_soon": 0, "held": 0},
            "tier": null,
            "rev": 0,
        })
    );
    let tier = get(&shop, "new", "/tier").await;
    assert_eq!(
        tier.body,
        json!({
            "customer": "new", "tier": null, "since": null, "until": null,
            "next": {"tier": "bronze", "missing": 50}, "keep": null,
        })
    );
    let long = "x".repeat(129);
    assert_eq!(
        problem(&get(&shop, &long, "/tier").await),
        is(400, "invalid_parameter", &[])
    );
}

#[tokio::test]
async fn a_tier_says_since_when_until_when_and_what_is_next() {
    let shop = open().await;
    post(&shop, "c", "earn", json!({"order_id": "1", "money": {"amount": 25_000, "currency": "USD"}, "at": "2026-11-20T10:00:00+08:00"})).await;
    let tier = get(&shop, "c", "/tier").await;
    // 365 days from 20 November 2026: the last is 19 November 2027.
    assert_eq!(
        tier.body,
        json!({
            "customer": "c", "tier": "silver", "since": "2026-11-20T02:00:00Z", "until": "2027-11-19T16:00:00Z",
            "next": {"tier": "gold", "missing": 750},
            "keep": {"missing": 200, "by": "2027-11-19T16:00:00Z"},
        })
    );
    assert_eq!(tier.headers["cache-control"], "private, max-age=10");
    let tag = tier.headers["etag"].to_str().unwrap().to_owned();
    let path = "/v1/loyalty/accounts/c/tier";
    let again = shop
        .call(Method::GET, path, &[("if-none-match", &tag)], None)
        .await;
    assert_eq!(again.status, 304);

    // 4 seconds before midnight nobody may keep it longer than that; then it is gone, under another tag.
    let late = shop.at("2027-11-19T15:59:56Z");
    assert_eq!(
        get(&late, "c", "/tier").await.headers["cache-control"],
        "private, max-age=4"
    );
    let over = shop.at("2027-11-19T16:00:00Z");
    let gone = over
        .call(Method::GET, path, &[("if-none-match", &tag)], None)
        .await;
    assert_eq!(
        (gone.status.as_u16(), &gone.body["tier"]),
        (200, &json!(null))
    );
    assert_ne!(gone.headers["etag"].to_str().unwrap(), tag);
}

#[tokio::test]
async fn a_balance_is_settled_when_it_is_read() {
    let shop = open().await;
    post(&shop, "c", "earn", json!({"points": 70, "key": "a"})).await;
    // Earned 21 November 2026, valid 12 months: to the end of 21 November 2027 in Shanghai.
    let read = |now: &'static str| {
        let shop = shop.at(now);
        async move { get(&shop, "c", "").await.body["balance"].clone() }
    };
    assert_eq!(
        read("2027-10-22T15:59:59Z").await,
        json!({"active": 70, "pending": 0, "spent": 0, "expired": 0, "expiring_soon": 0, "held": 0})
    );
    assert_eq!(
        read("2027-10-22T16:00:00Z").await,
        json!({"active": 70, "pending": 0, "spent": 0, "expired": 0, "expiring_soon": 70, "held": 0})
    );
    assert_eq!(
        read("2027-11-21T16:00:00Z").await,
        json!({"active": 0, "pending": 0, "spent": 0, "expired": 70, "expiring_soon": 0, "held": 0})
    );
    let late = shop.at("2027-11-21T16:00:00Z");
    let spend = post(&late, "c", "spend", json!({"points": 1})).await;
    assert_eq!(problem(&spend), is(409, "insufficient_points", &[]));
}

#[tokio::test]
async fn a_new_programme_moves_everybody_at_once() {
    let shop = open().await;
    post(&shop, "c", "earn", json!({"points": 70})).await;
    let tag = get(&shop, "c", "/tier").await.headers["etag"].clone();
    let mut program = shop::program();
    program["tiers"][1]["at_least"] = json!(60);
    shop.put("/v1/loyalty/program", program).await;
    let tier = get(&shop, "c", "/tier").await;
    assert_eq!(tier.body["tier"], "silver");
    assert_ne!(tier.headers["etag"], tag);
}

#[tokio::test]
async fn an_order_that_was_tracked_earns_once() {
    let shop = open().await;
    let zone = Zone::named("Asia/Shanghai").unwrap();
    let customer = CustomerId::parse("c").unwrap();
    let now = Timestamp::parse("2026-11-21T04:00:00Z").unwrap();
    let carrier = CustomerCarrier::new(now, &zone);
    let record = CustomerRecord::new(Customer::new(customer, now), now);
    let sender = || Sender {
        key: "customer:c",
        rev: 1,
        value: Some(&record),
    };
    let order = |id: &str, amount| Effect::OrderCompleted {
        order_id: id.into(),
        money: Some(Money::new(amount, Currency::parse("USD").unwrap())),
        at: now,
        told: Told::default(),
    };
    let store = Store::new(shop.memory.clone());
    let many: Vec<_> = (0..40).map(|n| order(&format!("o{n}"), 250)).collect();
    for _ in 0..2 {
        carrier.carry(&store, sender(), &many).await.unwrap();
        carrier
            .carry(
                &store,
                sender(),
                &[order("o7", 99_900), order("refund", -5)],
            )
            .await
            .unwrap();
    }
    // floor(2.50) points for each of 40 orders.
    assert_eq!(get(&shop, "c", "").await.body["balance"]["active"], 80);
    let said = post(
        &shop,
        "c",
        "earn",
        json!({"order_id": "o7", "money": {"amount": 250, "currency": "USD"}}),
    )
    .await;
    assert_eq!(said.headers["idempotency-replayed"], "true");
}
