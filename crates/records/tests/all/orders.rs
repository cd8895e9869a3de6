//! An order earns once, however often its effect is delivered and however long ago it was.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic
)]

use crate::alice;
use crate::alice::{LATE, alice, apply, balance, now, set};
use rapport_customer::{Command, Item};
use rapport_loyalty::{Earn, Ids, Program};
use rapport_records::{accounts, customers};
use rapport_store::faulty::for_each_crash_point;
use rapport_store::{Memory, Store, StoreError};
use rapport_types::{Currency, Money};
use serde_json::json;

fn programme() -> Program {
    let programme =
        json!({"points": {"per": {"amount": 100, "currency": "CNY"}, "points": 1}, "tiers": []});
    serde_json::from_value(programme).unwrap()
}

/// A shop where a yuan earns a point.
async fn open(memory: Memory) {
    set(&Store::new(memory), programme()).await;
}

/// Alice's order of so many yuan is tracked.
async fn track(store: &Store, order: &str, yuan: i64) -> Result<(), StoreError> {
    let properties = json!({"order_id": order, "total": yuan, "currency": "CNY"});
    let event = Item::Track {
        event: "Order Completed".to_owned(),
        properties: properties.as_object().unwrap().clone(),
        timestamp: None,
        message_id: None,
    };
    apply(store, Command::Apply(vec![event]), now()).await
}

/// One movement of Alice's points, as the shop's till asks for it; whether it had been made before.
async fn earn(store: &Store, ids: Ids, points: Option<i64>, money: Option<Money>) -> bool {
    let asked = Earn {
        ids,
        points,
        money,
        at: None,
        reason: None,
    };
    alice::earn(store, &programme(), asked).await
}

async fn tick(store: &Store) {
    alice::tick(store, now()).await;
}

async fn points(store: &Store) -> i64 {
    balance(store, now()).await.active
}

#[tokio::test]
async fn an_order_earns_once_even_after_hundreds_of_other_movements() {
    let memory = Memory::new();
    open(memory.clone()).await;
    let store = Store::new(memory);
    let order = || Ids::new(Some("o1"), None, "").unwrap();
    let money = Money::new(25_000, Currency::parse("CNY").unwrap());
    assert!(!earn(&store, order(), None, Some(money)).await);
    for n in 0..300 {
        let ids = Ids::new(None, Some(&format!("gift {n}")), "").unwrap();
        assert!(!earn(&store, ids, Some(1), None).await);
    }
    let account = store.read(&accounts::key(&alice())).await.unwrap().unwrap();
    assert!(account.value.pages() > 0, "the order has left the document");
    // Reported again by the till, and by the web shop, which tracks it.
    assert!(earn(&store, order(), None, Some(money)).await);
    track(&store, "o1", 250).await.unwrap();
    assert_eq!(points(&store).await, 250 + 300);
}

#[tokio::test]
async fn an_order_earns_once_though_its_effect_is_delivered_again() {
    let memory = Memory::new();
    open(memory.clone()).await;
    let store = Store::new(memory.clone());
    track(&store, "o1", 250).await.unwrap();
    assert_eq!(points(&store).await, 250);
    // What is done with is unparked by the next parking, so until then a tick delivers it again,
    tick(&Store::new(memory.clone())).await;
    assert_eq!(points(&store).await, 250);
    // and so does the next commit of another instance.
    track(&store, "o2", 30).await.unwrap();
    track(&Store::new(memory), "o3", 4).await.unwrap();
    assert_eq!(points(&store).await, 284);
}

#[tokio::test]
async fn an_order_earns_once_whenever_a_crash_comes() {
    let crash_points = for_each_crash_point(Memory::repeatable, async |memory, process| {
        open(memory.clone()).await;
        let tracked = track(&Store::new(process), "o1", 250).await;
        let store = Store::new(memory.late_by(LATE));
        tick(&store).await;
        let customer = customers::read(&store, &alice()).await.unwrap();
        let counted = customer.map_or(0, |found| found.value.customer.totals.orders);
        assert!(tracked.is_err() || counted == 1);
        assert_eq!(points(&store).await, if counted == 1 { 250 } else { 0 });
        // The client, who was not answered, asks again.
        track(&store, "o1", 250).await.unwrap();
        tick(&store).await;
        assert_eq!(points(&store).await, 250);
    });
    // Customer, parking, account: each is read and written.
    assert!(crash_points.await >= 6);
}

/// A shop with these rules.
async fn open_with(memory: Memory, rules: serde_json::Value) {
    let programme = json!({"points": {"per": {"amount": 100, "currency": "CNY"}, "points": 1}, "tiers": [], "rules": rules});
    let programme: Program = serde_json::from_value(programme).unwrap();
    assert_eq!(programme.check(), []);
    set(&Store::new(memory), programme).await;
}

fn event(name: &str, message: Option<&str>, properties: serde_json::Value) -> Item {
    Item::Track {
        event: name.to_owned(),
        properties: properties.as_object().unwrap().clone(),
        timestamp: None,
        message_id: message.map(str::to_owned),
    }
}

fn rules() -> serde_json::Value {
    json!([
        {"id": "welcome", "name": "Welcome", "when": "sign_up", "points": 1000},
        {"id": "review", "name": "Review", "when": {"event": "Review Posted"}, "points": 20, "caps": {"per_day": 50}},
        {"id": "long", "name": "Long", "when": {"event": "review posted"}, "points": 3,
         "where": {"field": "properties.length", "is": "gte", "value": 100}},
        {"id": "shoes", "name": "Shoes twice", "multiplier": 2, "items": {"field": "category", "is": "eq", "value": "shoes"}},
        {"id": "first", "name": "First order", "points": 7, "condition": {"field": "rfm.frequency", "is": "eq", "value": 1}},
    ])
}

#[tokio::test]
async fn what_is_tracked_earns_by_the_rules_once() {
    let memory = Memory::new();
    open_with(memory.clone(), rules()).await;
    let store = Store::new(memory.clone());
    // 100 yuan, of which two pairs at 15.50 are shoes: 100 + 31 + 7 for the first order + 1000 for coming.
    let products = json!([
        {"sku": "a", "category": "shoes", "price": 15.5, "quantity": 2},
        {"sku": "b", "category": "hats", "price": "69", "quantity": 1},
    ]);
    let order = json!({"order_id": "o1", "total": 100, "currency": "CNY", "products": products});
    let reviews = [
        event("Order Completed", None, order),
        event("review-posted", Some("m1"), json!({"length": 120})),
        event("review-posted", None, json!({"length": 20})),
        event("review-posted", None, json!({"length": 20})),
        event("viewed", None, json!({})),
    ];
    apply(&store, Command::Apply(reviews.to_vec()), now())
        .await
        .unwrap();
    // Reviews: 20 and 3; 20; and 10, which is what the day's cap leaves.
    let expected = 100 + 31 + 7 + 1_000 + 23 + 20 + 10;
    assert_eq!(points(&store).await, expected);
    tick(&Store::new(memory.clone())).await;
    // The same message again, and another instance that carries out what is parked.
    apply(
        &Store::new(memory.clone()),
        Command::Apply(vec![reviews[1].clone()]),
        now(),
    )
    .await
    .unwrap();
    assert_eq!(points(&store).await, expected);
    let account = store.read(&accounts::key(&alice())).await.unwrap().unwrap();
    let journal = account.value.journal.kept().unwrap().len();
    assert_eq!(journal, 5, "an order, a welcome, three reviews");
    // The second order is not the first.
    track(&store, "o2", 10).await.unwrap();
    assert_eq!(points(&store).await, expected + 10);
}

#[tokio::test]
async fn an_event_earns_once_whenever_a_crash_comes() {
    let crash_points = for_each_crash_point(Memory::repeatable, async |memory, process| {
        open_with(memory.clone(), rules()).await;
        let review = || {
            Command::Apply(vec![event(
                "Review Posted",
                Some("m1"),
                json!({"length": 100}),
            )])
        };
        let tracked = apply(&Store::new(process), review(), now()).await;
        let store = Store::new(memory.late_by(LATE));
        tick(&store).await;
        let customer = customers::read(&store, &alice()).await.unwrap();
        assert!(tracked.is_err() || customer.is_some());
        // 20 and 3 for the review, and 1000 for coming: all of it or, where nothing was counted, nothing.
        assert_eq!(
            points(&store).await,
            if customer.is_some() { 1_023 } else { 0 }
        );
        apply(&store, review(), now()).await.unwrap();
        tick(&store).await;
        assert_eq!(points(&store).await, 1_023);
    });
    assert!(crash_points.await >= 6);
}

#[test]
fn an_effect_that_an_earlier_version_left_is_read() {
    let old = r#"{"order_completed": {"order_id": "o1", "money": {"amount": 25000, "currency": "CNY"}, "at": "2026-11-21T12:00:00Z"}}"#;
    let effect: rapport_records::effects::Effect = serde_json::from_str(old).unwrap();
    // Whose conditions held nobody knows.
    assert_eq!(
        serde_json::to_string(&effect).unwrap(),
        old.replace(": ", ":").replace(", ", ",")
    );
}
