//! An order earns once, however often its effect is delivered and however long ago it was.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::panic)]

use rapport_customer::{Command, Item};
use rapport_loyalty::{Earn, Ids, Program, Rejection};
use rapport_records::accounts::{self, Programs};
use rapport_records::customers::{self, Circumstances};
use rapport_records::todo::Todo;
use rapport_store::faulty::for_each_crash_point;
use rapport_store::{Change, Key, Memory, Nothing, Request, Store, StoreError, UpdateError};
use rapport_types::{Currency, CustomerId, Money, Timestamp, Zone};
use serde_json::json;

/// Longer than a request lives.
const LATE: i64 = 70_000;

fn now() -> Timestamp {
    Timestamp::parse("2026-11-21T12:00:00Z").unwrap()
}

fn zone() -> Zone {
    Zone::named("Asia/Shanghai").unwrap()
}

fn alice() -> CustomerId {
    CustomerId::parse("alice").unwrap()
}

fn programme() -> Program {
    let programme =
        json!({"points": {"per": {"amount": 100, "currency": "CNY"}, "points": 1}, "tiers": []});
    serde_json::from_value(programme).unwrap()
}

/// A shop where a yuan earns a point.
async fn open(memory: Memory) {
    let request = Request::plain(now(), &Nothing);
    let key = Key::<Programs>::single();
    let store = Store::new(memory);
    let put = store.update::<_, (), ()>(&key, request, |_| {
        Ok(Change::Commit {
            value: programme(),
            effects: Vec::new(),
            answer: (),
        })
    });
    put.await.unwrap();
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
    let (alice, zone) = (alice(), zone());
    let circumstances = Circumstances {
        now: now(),
        zone: &zone,
        once: None,
        dry_run: false,
    };
    let applied = customers::apply::<(), rapport_customer::Rejection>(
        store,
        &alice,
        Command::Apply(vec![event]),
        circumstances,
        |_| Ok(()),
        |_| (),
    );
    match applied.await {
        Ok(_) => Ok(()),
        Err(UpdateError::Store(error)) => Err(error),
        Err(other) => panic!("{other:?}"),
    }
}

/// One movement of Alice's points, as the shop's till asks for it; whether it had been made before.
async fn earn(store: &Store, ids: Ids, points: Option<i64>, money: Option<Money>) -> bool {
    let command = rapport_loyalty::Command::Earn(Earn {
        ids,
        points,
        money,
        at: None,
        reason: None,
    });
    let (alice, programme, zone) = (alice(), programme(), zone());
    let decided =
        accounts::decide::<Rejection>(store, &alice, now(), &zone, false, |account, _, prior| {
            rapport_loyalty::decide(account, Some(&programme), &command, prior, now(), &zone)
        });
    decided.await.unwrap().outcome.replayed
}

async fn tick(store: &Store) {
    let (now, zone) = (now(), zone());
    let duties = Todo { now, zone: &zone };
    while store.tick(&duties, now).await.unwrap().more {}
}

async fn points(store: &Store) -> i64 {
    let ledger = accounts::ledger(store, &alice()).await.unwrap();
    ledger.value.balance(now()).active
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
    let crash_points = for_each_crash_point(Memory::new, async |memory, process| {
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
