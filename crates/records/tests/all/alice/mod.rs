//! Alice, what is tracked of her, and her points.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use rapport_customer::Command;
use rapport_loyalty::{Balance, Earn, Program, Rejection};
use rapport_records::accounts::{self, Programs};
use rapport_records::customers::{self, Circumstances};
use rapport_records::todo::Todo;
use rapport_store::{Change, Key, Nothing, Request, Store, StoreError, UpdateError};
use rapport_types::{CustomerId, Timestamp, Zone};

/// Longer than a request lives.
pub const LATE: i64 = 70_000;

pub fn now() -> Timestamp {
    Timestamp::parse("2026-11-21T12:00:00Z").unwrap()
}

pub fn zone() -> Zone {
    Zone::named("Asia/Shanghai").unwrap()
}

pub fn alice() -> CustomerId {
    CustomerId::parse("alice").unwrap()
}

/// The shop has this programme.
pub async fn set(store: &Store, programme: Program) {
    let request = Request::plain(now(), &Nothing);
    let key = Key::<Programs>::single();
    let put = store.update::<_, (), ()>(&key, request, |_| {
        Ok(Change::Commit {
            value: programme.clone(),
            effects: Vec::new(),
            answer: (),
        })
    });
    put.await.unwrap();
}

/// One movement of her points, as the shop's till asks for it; whether it had been made before.
pub async fn earn(store: &Store, programme: &Program, earn: Earn) -> bool {
    let command = rapport_loyalty::Command::Earn(earn);
    let (alice, zone) = (alice(), zone());
    let decided =
        accounts::decide::<Rejection>(store, &alice, now(), &zone, false, |account, _, prior| {
            rapport_loyalty::decide(account, Some(programme), &command, prior, now(), &zone)
        });
    decided.await.unwrap().outcome.replayed
}

/// Something is said of her.
pub async fn apply(store: &Store, command: Command, now: Timestamp) -> Result<(), StoreError> {
    let (alice, zone) = (alice(), zone());
    let circumstances = Circumstances {
        now,
        zone: &zone,
        once: None,
        dry_run: false,
    };
    let applied = customers::apply::<(), rapport_customer::Rejection>(
        store,
        &alice,
        command,
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

pub async fn tick(store: &Store, now: Timestamp) {
    let zone = zone();
    let duties = Todo { now, zone: &zone };
    while store.tick(&duties, now).await.unwrap().more {}
}

pub async fn balance(store: &Store, now: Timestamp) -> Balance {
    let ledger = accounts::ledger(store, &alice()).await.unwrap();
    ledger.value.balance(now)
}
