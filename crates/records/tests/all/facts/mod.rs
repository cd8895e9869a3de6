//! Rules over the facts of other documents: points, tiers, feedback.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod flips;
mod races;
mod tiers;

use std::collections::BTreeMap;

use crate::common::{DAY, HOUR, LATE, Shop, at, customer, order, put, slug, zone};
use futures::join;
use rapport_loyalty::{Command, Earn, Ids, Program, Rejection, Spend};
use rapport_records::accounts::{self, Programs};
use rapport_records::feedback::{self, RecordCarrier, Records};
use rapport_records::segments::{Definitions, Origin};
use rapport_records::tagging::{self, Audience, What};
use rapport_store::faulty::{Faulty, Plan, for_each_crash_point};
use rapport_store::{Change, Key, Memory, Nothing, Request, Store, StoreError, UpdateError};
use rapport_types::{Tag, Timestamp};
use serde_json::{Value, json};

/// A point for a yuan, for ten days; gold from 300 points within 30 days.
fn program() -> Program {
    serde_json::from_value(json!({
        "points": {"per": {"amount": 100, "currency": "CNY"}, "points": 1, "expires_after": {"days": 10}},
        "tiers": [
            {"id": "silver", "name": "Silver", "at_least": 100, "by": "points", "window": "30d"},
            {"id": "gold", "name": "Gold", "at_least": 300, "by": "points", "window": "30d"}
        ]
    }))
    .unwrap()
}

async fn shop() -> Shop {
    open(Shop::new()).await
}

async fn open(shop: Shop) -> Shop {
    set(&shop, program()).await;
    shop
}

async fn set(shop: &Shop, program: Program) {
    let key = Key::single();
    let put = shop
        .store
        .update::<Programs, (), ()>(&key, Request::plain(at(0), &Nothing), |_| {
            Ok(Change::Commit {
                value: program.clone(),
                effects: Vec::new(),
                answer: (),
            })
        });
    put.await.unwrap();
}

fn field(name: &str, is: &str, value: Value) -> Value {
    json!({"field": name, "is": is, "value": value})
}

async fn moved(
    shop: &Shop,
    id: &str,
    key: &str,
    command: impl Fn(Ids) -> Command,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (program, zone) = (program(), zone());
    let command = command(Ids::new(None, Some(key), key).unwrap());
    let id = customer(id);
    let decided =
        accounts::decide::<Rejection>(&shop.store, &id, now, &zone, false, |account, _, prior| {
            rapport_loyalty::decide(account, Some(&program), &command, prior, now, &zone)
        });
    match decided.await {
        Ok(_) => Ok(()),
        Err(UpdateError::Store(error)) => Err(error),
        Err(other) => panic!("{other:?}"),
    }
}

async fn try_earn(
    shop: &Shop,
    id: &str,
    key: &str,
    points: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let earn = |ids| {
        Command::Earn(Earn {
            points: Some(points),
            money: None,
            at: None,
            reason: None,
            ids,
        })
    };
    moved(shop, id, key, earn, now).await
}

async fn try_spend(
    shop: &Shop,
    id: &str,
    key: &str,
    points: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let spend = |ids| {
        Command::Spend(Spend {
            points,
            reason: None,
            ids,
        })
    };
    moved(shop, id, key, spend, now).await
}

async fn try_say(
    shop: &Shop,
    of: &str,
    id: &str,
    kind: &str,
    score: u8,
    now: Timestamp,
) -> Result<(), StoreError> {
    let record: rapport_feedback::Record = serde_json::from_value(json!({
        "id": id, "kind": kind, "value": score, "text": null, "channel": null, "subject": null, "customer": of,
        "language": null, "submitted_at": now, "received_at": now, "state": "new"
    }))
    .unwrap();
    let zone = zone();
    let carrier = RecordCarrier { now, zone: &zone };
    let key = feedback::key(id);
    let said = shop
        .store
        .update::<Records, (), ()>(&key, Request::plain(now, &carrier), |_| {
            Ok(Change::Commit {
                effects: feedback::effects(&record),
                value: record.clone(),
                answer: (),
            })
        });
    match said.await {
        Ok(_) => Ok(()),
        Err(UpdateError::Store(error)) => Err(error),
        Err(other) => panic!("{other:?}"),
    }
}

async fn earn(shop: &Shop, id: &str, key: &str, points: i64, now: Timestamp) {
    try_earn(shop, id, key, points, now).await.unwrap();
}

async fn spend(shop: &Shop, id: &str, key: &str, points: i64, now: Timestamp) {
    try_spend(shop, id, key, points, now).await.unwrap();
}

async fn say(shop: &Shop, of: &str, id: &str, kind: &str, score: u8, now: Timestamp) {
    try_say(shop, of, id, kind, score, now).await.unwrap();
}

/// Who is in the audience.
async fn members(shop: &Shop, id: &str) -> Vec<String> {
    shop.audience(id).await.into_keys().collect()
}
