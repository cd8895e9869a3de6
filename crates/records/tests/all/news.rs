//! What a points account has to tell becomes events of the customer: once, whatever crashes, and never for ever.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use crate::common;
use crate::common::{DAY, LATE, Shop, at, customer, put, zone};
use rapport_customer::{Command, Item};
use rapport_loyalty::{Earn, Ids, Program, Rejection};
use rapport_records::accounts::{self, ByHand, Programs};
use rapport_records::{customers, segments};
use rapport_store::faulty::for_each_crash_point;
use rapport_store::{Change, Key, Memory, Nothing, Request, Store, StoreError, UpdateError};
use rapport_types::{Slug, Timestamp};
use serde_json::{Value, json};

/// A point for a yuan, for sixty days; silver from 100 points within 40 days.
fn program(events: Value, rules: Value) -> Program {
    let mut program = json!({
        "points": {"per": {"amount": 100, "currency": "CNY"}, "points": 1, "expires_after": {"days": 60}},
        "tiers": [
            {"id": "silver", "name": "Silver", "at_least": 100, "by": "points", "window": "40d"},
            {"id": "gold", "name": "Gold", "at_least": 300, "by": "points", "window": "40d"},
            {"id": "black", "name": "Black", "at_least": 10_000, "by": "points", "window": "40d"}
        ],
        "rules": rules,
    });
    if !events.is_null() {
        program["events"] = events;
    }
    let program: Program = serde_json::from_value(program).unwrap();
    assert_eq!(program.check(), []);
    program
}

async fn open(memory: Memory, program: &Program) {
    let store = Store::new(memory);
    let key = Key::single();
    let put = store.update::<Programs, (), ()>(&key, Request::plain(at(0), &Nothing), |_| {
        Ok(Change::Commit {
            value: program.clone(),
            effects: Vec::new(),
            answer: (),
        })
    });
    put.await.unwrap();
}

async fn shop(program: &Program) -> Shop {
    let shop = Shop::new();
    open(shop.memory.clone(), program).await;
    shop.apply("alice", put(json!({})), at(0)).await;
    shop
}

fn order(id: &str, yuan: i64) -> Command {
    let order = json!({"order_id": id, "total": yuan, "currency": "CNY"});
    Command::Apply(vec![Item::Track {
        event: "Order Paid".to_owned(),
        properties: order.as_object().unwrap().clone(),
        timestamp: None,
        message_id: None,
    }])
}

/// Points that the till asks for.
async fn earn(
    shop: &Shop,
    program: &Program,
    key: &str,
    points: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let command = rapport_loyalty::Command::Earn(Earn {
        ids: Ids::new(None, Some(key), "").unwrap(),
        points: Some(points),
        money: None,
        at: None,
        reason: None,
    });
    let (alice, zone) = (customer("alice"), zone());
    let decided = accounts::decide::<Rejection>(
        &shop.store,
        &alice,
        now,
        &zone,
        false,
        |account, _, prior| {
            rapport_loyalty::decide(account, Some(program), &command, prior, now, &zone)
        },
    );
    match decided.await {
        Ok(_) => Ok(()),
        Err(UpdateError::Store(error)) => Err(error),
        Err(other) => panic!("{other:?}"),
    }
}

/// What Alice was told under that name, oldest first.
async fn told(shop: &Shop, name: &str) -> Vec<Value> {
    let customer = shop.record("alice").await.customer;
    let mut events: Vec<Value> = customer
        .events_named(name)
        .map(|event| Value::Object(event.properties.to_map()))
        .collect();
    events.reverse();
    events
}

#[tokio::test]
async fn another_tier_is_told_whatever_brought_it_about() {
    let program = program(Value::Null, json!([]));
    let shop = shop(&program).await;
    let rule = json!({"event": "tier_changed", "within": "7d", "where": {"field": "properties.to", "is": "eq", "value": "gold"}});
    shop.define("risen", rule, at(0)).await;
    shop.filled(at(0)).await;
    shop.apply("alice", order("o1", 150), at(DAY)).await;
    let first = json!({"to": "silver", "reason": "earned"});
    assert_eq!(
        told(&shop, "tier_changed").await,
        std::slice::from_ref(&first)
    );
    earn(&shop, &program, "k1", 200, at(2 * DAY)).await.unwrap();
    let second = json!({"from": "silver", "to": "gold", "reason": "earned"});
    assert_eq!(
        told(&shop, "tier_changed").await,
        [first.clone(), second.clone()]
    );
    assert_eq!(shop.audience("risen").await.len(), 1);
    shop.check(at(2 * DAY)).await;
    // What is taken back lowers it.
    let cancelled = json!({"order_id": "o1"});
    shop.apply(
        "alice",
        common::track("Order Cancelled", cancelled),
        at(3 * DAY),
    )
    .await;
    let third = json!({"from": "gold", "to": "silver", "reason": "taken_back"});
    assert_eq!(told(&shop, "tier_changed").await.last(), Some(&third));
    // The 200 points of the second day leave the window after 40 days, and nobody has to ask.
    while shop.tick(at(43 * DAY)).await > 0 {}
    let fourth = json!({"from": "silver", "reason": "time"});
    assert_eq!(
        told(&shop, "tier_changed").await,
        [first, second, third, fourth]
    );
    while shop.tick(at(44 * DAY)).await > 0 {}
    assert_eq!(told(&shop, "tier_changed").await.len(), 4);
    assert_eq!(told(&shop, "points_earned").await, [json!(null); 0]);
    shop.check(at(44 * DAY)).await;
}

#[tokio::test]
async fn a_tier_that_people_give_for_a_time_is_told_when_it_begins_and_when_it_ends() {
    let program = program(Value::Null, json!([]));
    let shop = shop(&program).await;
    let alice = customer("alice");
    let zone = zone();
    let asked = ByHand {
        now: at(0),
        zone: &zone,
        once: None,
        dry_run: false,
    };
    let gold = Slug::parse("gold").unwrap();
    let given = accounts::by_hand::<(), ()>(&shop.store, &alice, asked, |account, _, _| {
        let until = Some(at(DAY));
        let given =
            rapport_loyalty::tier::manual::give(account, &program, &gold, until, None, at(0));
        Ok((given.unwrap(), ()))
    });
    given.await.unwrap();
    let begins = json!({"to": "gold", "reason": "by_hand"});
    assert_eq!(
        told(&shop, "tier_changed").await,
        std::slice::from_ref(&begins)
    );
    while shop.tick(at(2 * DAY)).await > 0 {}
    let ends = json!({"from": "gold", "reason": "time"});
    assert_eq!(told(&shop, "tier_changed").await, [begins, ends]);
}

#[tokio::test]
async fn points_that_will_expire_are_told_once_a_day_of_expiry() {
    let program = program(Value::Null, json!([]));
    let shop = shop(&program).await;
    for (order_id, yuan, day) in [("o1", 10, 0), ("o2", 5, 0), ("o3", 7, 1)] {
        shop.apply("alice", order(order_id, yuan), at(day * DAY))
            .await;
    }
    while shop.tick(at(30 * DAY)).await > 0 {}
    assert_eq!(told(&shop, "points_expiring").await, [json!(null); 0]);
    while shop.tick(at(31 * DAY)).await > 0 {}
    let events = told(&shop, "points_expiring").await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["points"], 15);
    for day in 31..33 {
        while shop.tick(at(day * DAY)).await > 0 {}
    }
    let events = told(&shop, "points_expiring").await;
    assert_eq!(events.len(), 2);
    assert_eq!(events[1]["points"], 7);
    for day in 33..70 {
        while shop.tick(at(day * DAY)).await > 0 {}
    }
    assert_eq!(told(&shop, "points_expiring").await.len(), 2);
}

#[tokio::test]
async fn points_earned_are_told_where_the_programme_says_so() {
    let program = program(json!(["points_earned"]), json!([]));
    let shop = shop(&program).await;
    shop.apply("alice", order("o1", 150), at(0)).await;
    earn(&shop, &program, "k1", 7, at(0)).await.unwrap();
    let earned = [
        json!({"points": 150, "order_id": "o1"}),
        json!({"points": 7}),
    ];
    assert_eq!(told(&shop, "points_earned").await, earned);
    assert_eq!(told(&shop, "tier_changed").await, [json!(null); 0]);
}

#[tokio::test]
async fn what_an_event_earns_brings_no_events_for_ever() {
    let rules = json!([
        {"id": "a", "name": "A", "when": {"event": "points_earned"}, "points": 5},
        {"id": "b", "name": "B", "when": {"event": "tier_changed"}, "points": 200},
        {"id": "c", "name": "C", "when": {"event": "points_expiring"}, "points": 1},
        {"id": "d", "name": "D", "when": {"segment_entered": "five"}, "points": 7},
        {"id": "e", "name": "E", "when": {"segment_entered": "seven"}, "points": 5},
    ]);
    let all = json!(["points_earned", "points_expiring", "tier_changed"]);
    let mut program = program(all, rules);
    // Whatever is earned is about to expire at once.
    program.points.expires_after = serde_json::from_value(json!({"days": 3})).unwrap();
    let shop = shop(&program).await;
    let last = |points: i64| json!({"event": "points_earned", "last": "properties.points", "is": "eq", "value": points});
    shop.define("five", last(5), at(0)).await;
    shop.define("seven", last(7), at(0)).await;
    shop.fill(at(0)).await;
    // 5 points are told, which let Alice into a segment, which gives 7, of which nobody is told.
    shop.apply("alice", order("o1", 5), at(0)).await;
    let ledger = async || {
        accounts::ledger(&shop.store, &customer("alice"))
            .await
            .unwrap()
            .value
    };
    assert_eq!(told(&shop, "points_earned").await.len(), 1);
    assert_eq!(ledger().await.totals.earned, 5 + 5 + 7);
    // 95 more make silver, which gives 200, which makes gold, which gives 200 more.
    shop.apply("alice", order("o2", 95), at(0)).await;
    assert_eq!(told(&shop, "tier_changed").await.len(), 2);
    assert_eq!(ledger().await.totals.earned, 17 + 95 + 5 + 400);
    let mut fired = 0;
    for _ in 0..20 {
        fired = shop.tick(at(1)).await;
    }
    assert_eq!(fired, 0, "nothing is due for ever");
    // One day of expiry, one event, one point.
    assert_eq!(told(&shop, "points_expiring").await.len(), 1);
    assert_eq!(ledger().await.totals.earned, 517 + 1);
}

#[tokio::test]
async fn news_are_told_once_whenever_a_crash_comes() {
    for by_order in [true, false] {
        let program = program(
            json!(["points_earned", "tier_changed"]),
            json!([{"id": "b", "name": "B", "when": {"event": "tier_changed"}, "points": 50}]),
        );
        let crash_points = for_each_crash_point(Memory::repeatable, async |memory, process| {
            open(memory.clone(), &program).await;
            let before = Shop::over(memory.clone());
            before.apply("alice", put(json!({})), at(0)).await;
            let asked = Shop {
                memory: memory.clone(),
                store: Store::new(process),
            };
            let done = match by_order {
                true => asked
                    .try_apply("alice", order("o1", 150), at(0))
                    .await
                    .map(drop),
                false => earn(&asked, &program, "k1", 150, at(0)).await,
            };
            let shop = Shop::over(memory.late_by(LATE));
            while shop.tick(at(0)).await > 0 {}
            let ledger = accounts::ledger(&shop.store, &customer("alice"))
                .await
                .unwrap();
            let earned = ledger.value.totals.earned;
            assert!(done.is_err() || earned == 200);
            if earned > 0 {
                assert_eq!(earned, 200);
                assert_eq!(told(&shop, "points_earned").await.len(), 1);
                assert_eq!(told(&shop, "tier_changed").await.len(), 1);
            }
        });
        assert!(crash_points.await >= 8);
    }
}

#[tokio::test]
async fn a_plain_earn_is_one_write_and_who_is_not_there_hears_nothing() {
    let program = program(Value::Null, json!([]));
    let shop = shop(&program).await;
    earn(&shop, &program, "k1", 150, at(0)).await.unwrap();
    let writes = shop.writes(earn(&shop, &program, "k2", 1, at(0))).await;
    assert_eq!(writes, 1);
    let other = customer("bob");
    let command = rapport_loyalty::Command::Earn(Earn {
        ids: Ids::new(None, Some("k"), "").unwrap(),
        points: Some(200),
        money: None,
        at: None,
        reason: None,
    });
    accounts::decide::<Rejection>(
        &shop.store,
        &other,
        at(0),
        &zone(),
        false,
        |account, _, prior| {
            rapport_loyalty::decide(account, Some(&program), &command, prior, at(0), &zone())
        },
    )
    .await
    .unwrap();
    assert!(
        customers::read(&shop.store, &other)
            .await
            .unwrap()
            .is_none()
    );
    let _ = segments::compiled(&shop.store).await.unwrap();
}
