//! What comes between parking and commit: a swap that is called lost and has landed, as some backends do when the answer was lost on
//! the way; and a tick.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::common::now;
use crate::senders::{Tables, ToList, received, send};
use async_trait::async_trait;
use rapport_store::around::Around;
use rapport_store::driver::{Driver, DriverError, Snapshot, Swapped};
use rapport_store::{Memory, Store};

/// Tells the truth but for the next so many swaps of senders.
#[derive(Clone)]
struct Lying {
    memory: Memory,
    lies: Arc<AtomicU32>,
    /// Before the next so many swaps of senders, a tick passes by, later than any request lasts.
    ticks: Arc<AtomicU32>,
}

impl Lying {
    fn new() -> Self {
        Self {
            memory: Memory::new(),
            lies: Arc::default(),
            ticks: Arc::default(),
        }
    }
}

/// Takes one of what is left, if there is any.
fn take(left: &AtomicU32) -> bool {
    left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1))
        .is_ok()
}

#[async_trait]
impl Around for Lying {
    fn inner(&self) -> &dyn Driver {
        &self.memory
    }

    async fn swap(&self, snapshot: Snapshot, value: Vec<u8>) -> Result<Swapped, DriverError> {
        let sender = snapshot.key.starts_with("sender:");
        if sender && take(&self.ticks) {
            let later = Store::new(self.memory.clone().late_by(70_000));
            later.tick(&Tables, now()).await.unwrap();
        }
        let lies = sender && take(&self.lies);
        let swapped = self.memory.swap(snapshot, value).await?;
        Ok(if lies { Swapped::Lost } else { swapped })
    }
}

#[tokio::test]
async fn what_a_swap_that_was_called_lost_has_caused_is_carried_out_and_it_is_made_once() {
    let lying = Lying::new();
    let store = Store::new(lying.clone());
    let carrier = ToList::default();
    assert_eq!(send(&store, &carrier, "one").await.unwrap(), 2);
    lying.lies.store(1, Ordering::SeqCst);
    // Once, so its revision is the next.
    assert_eq!(send(&store, &carrier, "two").await.unwrap(), 3);
    assert_eq!(received(&store).await, ["one", "two"]);
    assert_eq!(send(&store, &carrier, "three").await.unwrap(), 4);
    assert_eq!(received(&store).await, ["one", "two", "three"]);
    assert_eq!(store.tick(&Tables, now()).await.unwrap().failed, 0);
    assert_eq!(received(&store).await, ["one", "two", "three"]);
}

#[tokio::test]
async fn a_tick_between_parking_and_commit_makes_the_commit_start_again_and_park_again() {
    let lying = Lying::new();
    let store = Store::new(lying.clone());
    send(&store, &ToList::default(), "one").await.unwrap();
    lying.ticks.store(1, Ordering::SeqCst);
    // The request dies right after its commit: only what is parked can tell of it.
    send(&store, &ToList::broken(), "two").await.unwrap();
    assert_eq!(received(&store).await, ["one"]);
    Store::new(lying).tick(&Tables, now()).await.unwrap();
    assert_eq!(received(&store).await, ["one", "two"]);
}
