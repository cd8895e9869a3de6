//! An order's life, through what is tracked of the customer, into their points.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic
)]

use crate::alice;
use crate::alice::{LATE, alice, apply, balance, now, set, tick, zone};
use rapport_customer::totals::Totals;
use rapport_customer::{Command, Item};
use rapport_loyalty::{Balance, Earn, Ids, Program};
use rapport_records::{accounts, customers};
use rapport_store::faulty::for_each_crash_point;
use rapport_store::{Memory, Store, StoreError};
use rapport_types::Timestamp;
use serde_json::{Value, json};

const DAY: i64 = 86_400_000;

fn programme() -> Program {
    let programme = json!({"points": {"per": {"amount": 100, "currency": "CNY"}, "points": 1, "expires_after": {"days": 365}},
        "tiers": [{"id": "gold", "name": "Gold", "at_least": 2, "by": "orders"}]});
    serde_json::from_value(programme).unwrap()
}

/// A shop where a yuan earns a point, and Alice has 500.
async fn open(memory: Memory) {
    let store = Store::new(memory);
    set(&store, programme()).await;
    gift(&store, 500).await;
}

async fn gift(store: &Store, points: i64) {
    let gift = Earn {
        ids: Ids::new(None, Some("gift"), "").unwrap(),
        points: Some(points),
        money: None,
        at: None,
        reason: None,
    };
    alice::earn(store, &programme(), gift).await;
}

fn event(name: &str, properties: Value) -> Item {
    Item::Track {
        event: name.to_owned(),
        properties: properties.as_object().unwrap().clone(),
        timestamp: Some(Timestamp::from_millis(now().millis() - DAY)),
        message_id: None,
    }
}

async fn track(store: &Store, items: Vec<Item>, now: Timestamp) -> Result<(), StoreError> {
    apply(store, Command::Apply(items), now).await
}

fn placed() -> Item {
    event(
        "Order Placed",
        json!({"order_id": "o1", "points_used": 200}),
    )
}

fn paid() -> Item {
    event(
        "Order Paid",
        json!({"order_id": "o1", "total": "90.50", "currency": "CNY"}),
    )
}

fn completed() -> Item {
    event(
        "order_completed",
        json!({"order_id": "o1", "total": 90.5, "currency": "CNY"}),
    )
}

fn refund(id: &str, amount: Value) -> Item {
    let refund = json!({"order_id": "o1", "refund_id": id, "refund": amount, "currency": "CNY"});
    event("Order Refunded", refund)
}

fn cancelled() -> Item {
    event("Order Cancelled", json!({"order_id": "o1"}))
}

/// active, held, spent.
async fn points(store: &Store) -> [i64; 3] {
    let balance = balance(store, now()).await;
    [balance.active, balance.held, balance.spent]
}

#[tokio::test]
async fn points_pay_for_an_order_and_it_earns_when_it_is_paid() {
    let memory = Memory::new();
    open(memory.clone()).await;
    let store = Store::new(memory);
    track(&store, vec![placed()], now()).await.unwrap();
    assert_eq!(points(&store).await, [300, 200, 0]);
    track(&store, vec![paid()], now()).await.unwrap();
    // floor(90.50) = 90.
    assert_eq!(points(&store).await, [390, 0, 200]);
    track(&store, vec![completed(), placed(), paid()], now())
        .await
        .unwrap();
    assert_eq!(points(&store).await, [390, 0, 200]);
    // A third of 90.50 goes back, a cent short: floor(90 * 30.16 / 90.50) = 29, floor(200 * 30.16 / 90.50) = 66.
    track(&store, vec![refund("r1", json!("30.16"))], now())
        .await
        .unwrap();
    assert_eq!(points(&store).await, [390 - 29 + 66, 0, 134]);
    track(&store, vec![refund("r1", json!("30.16"))], now())
        .await
        .unwrap();
    assert_eq!(points(&store).await, [427, 0, 134]);
    // More than all of it: 61 and 134 are left.
    track(&store, vec![refund("r2", json!(70))], now())
        .await
        .unwrap();
    assert_eq!(points(&store).await, [500, 0, 0]);
    track(&store, vec![cancelled()], now()).await.unwrap();
    assert_eq!(points(&store).await, [500, 0, 0]);
}

#[tokio::test]
async fn a_hold_whose_time_is_over_is_spent_when_the_order_is_paid_after_all() {
    let memory = Memory::new();
    open(memory.clone()).await;
    let store = Store::new(memory);
    track(&store, vec![placed()], now()).await.unwrap();
    let later = Timestamp::from_millis(now().millis() + 8 * DAY);
    tick(&store, later).await;
    assert_eq!(balance(&store, later).await.active, 500);
    track(&store, vec![paid()], later).await.unwrap();
    let balance = balance(&store, later).await;
    assert_eq!([balance.active, balance.held, balance.spent], [390, 0, 200]);
}

#[tokio::test]
async fn an_order_takes_no_more_points_than_there_are() {
    let memory = Memory::new();
    open(memory.clone()).await;
    let store = Store::new(memory);
    let much = json!({"order_id": "o1", "total": 10, "currency": "CNY", "points_used": 2_000});
    // Not those that it earns itself.
    track(&store, vec![event("Order Paid", much)], now())
        .await
        .unwrap();
    assert_eq!(points(&store).await, [10, 0, 500]);
    track(&store, vec![cancelled()], now()).await.unwrap();
    assert_eq!(points(&store).await, [500, 0, 0]);
}

#[tokio::test]
async fn points_pay_where_there_is_no_programme_too() {
    let memory = Memory::new();
    let store = Store::new(memory);
    gift(&store, 500).await;
    track(&store, vec![placed()], now()).await.unwrap();
    assert_eq!(points(&store).await, [300, 200, 0]);
    track(&store, vec![paid(), refund("r", json!("45.25"))], now())
        .await
        .unwrap();
    assert_eq!(points(&store).await, [400, 0, 100]);
}

/// What the events of one order end in.
#[derive(Debug, PartialEq)]
struct End {
    balance: Balance,
    ledger: (i64, i64, i64),
    tier: Option<String>,
    totals: Totals,
}

async fn end(items: &[Item], batch: bool) -> End {
    let memory = Memory::new();
    open(memory.clone()).await;
    let store = Store::new(memory);
    let other = json!({"order_id": "o0", "total": 20, "currency": "CNY"});
    track(&store, vec![event("Order Paid", other)], now())
        .await
        .unwrap();
    match batch {
        true => track(&store, items.to_vec(), now()).await.unwrap(),
        false => {
            for item in items {
                track(&store, vec![item.clone()], now()).await.unwrap();
            }
        }
    }
    tick(&store, now()).await;
    let ledger = accounts::ledger(&store, &alice()).await.unwrap().value;
    let programme = programme();
    let tier = rapport_loyalty::tier::standing(&ledger, Some(&programme), now(), &zone()).tier;
    let sums = ledger.totals.clone();
    let customer = customers::read(&store, &alice()).await.unwrap().unwrap();
    let customer = customer.value.customer;
    End {
        balance: ledger.balance(now()),
        ledger: (sums.qualifying, sums.spend, sums.orders.unwrap_or(0)),
        tier: tier.map(|tier| tier.to_string()),
        totals: Totals {
            order_days: Some(customer.order_days()),
            ..customer.totals.clone()
        },
    }
}

/// All orders of `items`.
fn permutations(items: &[Item]) -> Vec<Vec<Item>> {
    let Some((first, rest)) = items.split_first() else {
        return vec![Vec::new()];
    };
    let mut all = Vec::new();
    for shorter in permutations(rest) {
        for place in 0..=shorter.len() {
            let mut one = shorter.clone();
            one.insert(place, first.clone());
            all.push(one);
        }
    }
    all
}

#[tokio::test]
async fn the_events_of_an_order_in_any_order_end_in_the_same_points_and_totals() {
    let lives = [
        vec![
            placed(),
            paid(),
            completed(),
            refund("r1", json!(30)),
            refund("r2", json!("9.99")),
        ],
        vec![placed(), paid(), refund("r1", json!(30)), cancelled()],
        vec![
            placed(),
            paid(),
            refund("r1", json!(60)),
            refund("r2", json!(60)),
        ],
        vec![placed(), cancelled()],
    ];
    let mut seen = 0;
    for life in lives {
        let expected = end(&life, false).await;
        for (n, mut events) in permutations(&life).into_iter().enumerate() {
            // One of them comes again, somewhere.
            let again = events[n % events.len()].clone();
            events.insert(n / events.len() % (events.len() + 1), again);
            assert_eq!(end(&events, n % 3 == 0).await, expected, "{events:?}");
            seen += 1;
        }
    }
    assert_eq!(seen, 120 + 24 + 24 + 2);
}

#[tokio::test]
async fn what_becomes_of_an_order_moves_its_points_once_whenever_a_crash_comes() {
    let crash_points = for_each_crash_point(Memory::repeatable, async |memory, process| {
        open(memory.clone()).await;
        let items = || vec![placed(), paid(), refund("r1", json!("45.25"))];
        let tracked = track(&Store::new(process), items(), now()).await;
        let store = Store::new(memory.late_by(LATE));
        tick(&store, now()).await;
        let customer = customers::read(&store, &alice()).await.unwrap();
        let counted = customer.is_some_and(|found| found.value.customer.totals.orders == 1);
        assert!(tracked.is_err() || counted);
        // 500 - 200 + 90, and half of both back.
        let done = [500 - 200 + 90 - 45 + 100, 0, 100];
        let expected = if counted { done } else { [500, 0, 0] };
        assert_eq!(points(&store).await, expected);
        track(&store, items(), now()).await.unwrap();
        tick(&store, now()).await;
        assert_eq!(points(&store).await, done);
    });
    assert!(crash_points.await >= 12);
}

#[test]
fn an_effect_says_where_an_order_stands() {
    let stored = r#"{"order_moved":{"order_id":"o1","paid":true,"total":{"amount":9050,"currency":"CNY"},"points_used":200,"refunded":{"amount":3000,"currency":"CNY"}}}"#;
    let effect: rapport_records::effects::Effect = serde_json::from_str(stored).unwrap();
    assert_eq!(serde_json::to_string(&effect).unwrap(), stored);
}
