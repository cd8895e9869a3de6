//! What a commit caused elsewhere is carried out, once in its result, even if the first try failed.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use common::{Lists, now};
use rapport_store::{
    Carrier, Change, DriverError, Key, Memory, Nothing, Request, Store, StoreError, Table,
    UpdateError,
};

/// Senders: each commit causes its text to be in the list `received`.
struct Senders;

impl Table for Senders {
    type Value = u32;
    type Effect = String;
    const NAME: &'static str = "sender";
    const SCHEMA: u32 = 1;
}

/// Adds each effect to the list, if it is not there. Fails while it is broken.
#[derive(Default)]
struct ToList {
    broken: AtomicBool,
}

#[async_trait]
impl Carrier<Senders> for ToList {
    async fn carry(&self, store: &Store, effects: &[String]) -> Result<(), StoreError> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(DriverError::Failed("as a crash would".to_owned()).into());
        }
        let request = Request::plain(now(), &Nothing);
        let key = Key::of("received");
        let carried = store.update::<Lists, (), ()>(&key, request, |current| {
            let mut value = current.value.unwrap_or_default();
            for effect in effects {
                if !value.contains(effect) {
                    value.push(effect.clone());
                }
            }
            Ok(Change::Commit {
                value,
                effects: Vec::new(),
                answer: (),
            })
        });
        match carried.await {
            Err(UpdateError::Store(error)) => Err(error),
            _ => Ok(()),
        }
    }
}

async fn send(store: &Store, carrier: &ToList, text: &str) -> Result<u64, UpdateError<()>> {
    let sent = store
        .update::<_, (), ()>(&Key::of("a"), Request::plain(now(), carrier), |current| {
            let value = current.value.unwrap_or(0).saturating_add(1);
            Ok(Change::Commit {
                value,
                effects: vec![text.to_owned()],
                answer: (),
            })
        })
        .await?;
    Ok(sent.rev)
}

async fn received(store: &Store) -> Vec<String> {
    common::read(store, "received").await
}

#[tokio::test]
async fn an_effect_is_carried_out_right_after_its_commit_even_of_a_new_document() {
    let store = Store::new(Memory::new());
    send(&store, &ToList::default(), "one").await.unwrap();
    assert_eq!(received(&store).await, ["one"]);
}

#[tokio::test]
async fn what_was_left_in_the_outbox_is_carried_out_before_the_next_commit() {
    let store = Store::new(Memory::new());
    let carrier = ToList::default();
    carrier.broken.store(true, Ordering::SeqCst);
    // The commit stands, though its effect could not be carried out.
    send(&store, &carrier, "one").await.unwrap();
    assert!(received(&store).await.is_empty());
    // While it cannot be carried out, nothing may push it out of the outbox.
    assert!(send(&store, &carrier, "two").await.is_err());
    carrier.broken.store(false, Ordering::SeqCst);
    send(&store, &carrier, "two").await.unwrap();
    assert_eq!(received(&store).await, ["one", "two"]);
}
