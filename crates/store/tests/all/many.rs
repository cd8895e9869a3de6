//! Several documents at once, over a backend that answers many keys in one trip.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::common::{Lists, append, now};
use async_trait::async_trait;
use futures::future::join_all;
use rapport_store::around::Around;
use rapport_store::creation::Creation;
use rapport_store::driver::{Driver, DriverError};
use rapport_store::log::Order;
use rapport_store::{Change, Key, Memory, Nothing, Request, Store};

/// [`Memory`], with several keys in one trip. Clones share what they keep and count.
#[derive(Clone, Default)]
struct Trips {
    memory: Memory,
    one: Arc<AtomicU64>,
    many: Arc<AtomicU64>,
}

impl Trips {
    /// How often one key was asked for, and how often many were, while `work` ran.
    async fn counted<A>(&self, work: impl Future<Output = A>) -> (A, (u64, u64)) {
        let before = (self.one.load(Relaxed), self.many.load(Relaxed));
        let answer = work.await;
        let after = (self.one.load(Relaxed), self.many.load(Relaxed));
        (answer, (after.0 - before.0, after.1 - before.1))
    }
}

#[async_trait]
impl Around for Trips {
    fn inner(&self) -> &dyn Driver {
        &self.memory
    }

    // It is probed as others are.
    fn assured(&self) -> Option<Creation> {
        None
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, DriverError> {
        self.one.fetch_add(1, Relaxed);
        self.memory.get(key).await
    }

    async fn get_many(&self, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, DriverError> {
        self.many.fetch_add(1, Relaxed);
        let found = join_all(keys.iter().map(|key| self.memory.get(key))).await;
        found.into_iter().collect()
    }
}

/// A document that was updated since it was created: its own bytes tell everything.
async fn settled(store: &Store, name: &str) {
    append(store, name, "first").await;
    append(store, name, "second").await;
}

fn keys(names: &[&str]) -> Vec<Key<Lists>> {
    names.iter().map(|name| Key::of(name)).collect()
}

#[tokio::test]
async fn documents_that_tell_everything_are_read_in_one_trip() {
    let trips = Trips::default();
    let store = Store::new(trips.clone());
    for name in ["a", "b", "c"] {
        settled(&store, name).await;
    }
    let wanted = keys(&["c", "a", "b"]);
    let (found, asked) = trips.counted(store.read_all(&wanted)).await;
    assert!(found.unwrap().iter().all(|list| {
        let list = list.as_ref().unwrap();
        list.rev == 2 && list.value == ["first", "second"]
    }));
    assert_eq!(asked, (0, 1));
    let (found, asked) = trips.counted(store.read_two(&wanted[0], &wanted[1])).await;
    assert!(matches!(found.unwrap(), (Some(_), Some(_))));
    assert_eq!(asked, (0, 1));
}

#[tokio::test]
async fn absent_unborn_and_deleted_documents_are_read_as_one_by_one() {
    let trips = Trips::default();
    let store = Store::new(trips.clone());
    settled(&store, "settled").await;
    append(&store, "unborn", "first").await;
    settled(&store, "deleted").await;
    let deleted = store
        .update(
            &Key::<Lists>::of("deleted"),
            Request::plain(now(), &Nothing),
            |_| Ok::<_, String>(Change::Delete(0_usize)),
        )
        .await;
    deleted.unwrap();
    let wanted = keys(&["absent", "unborn", "settled", "deleted"]);
    let (found, asked) = trips.counted(store.read_all(&wanted)).await;
    let found = found.unwrap();
    for (key, found) in wanted.iter().zip(&found) {
        assert_eq!(found, &store.read(key).await.unwrap(), "{key:?}");
    }
    assert_eq!(
        found.iter().map(Option::is_some).collect::<Vec<_>>(),
        [false, true, true, false]
    );
    // The registers of the absent and of the unborn one.
    assert_eq!(asked, (2, 1));
}

#[tokio::test]
async fn a_document_that_lives_under_a_losers_key_is_found() {
    let trips = Trips::default();
    let store = Store::new(trips.clone());
    // Somebody took the first number and died before writing anything, so the next who comes wins under a key of their own.
    let register = format!("b:{}", Key::<Lists>::of("a").as_str());
    Driver::increment(&trips, &register, 1).await.unwrap();
    append(&store, "a", "first").await;
    assert!(trips.memory.keys().iter().any(|key| key.ends_with(".2")));
    let found = store.read_all(&keys(&["a"])).await.unwrap();
    assert_eq!(found[0].as_ref().unwrap().value, ["first"]);
}

#[tokio::test]
async fn a_page_takes_two_trips_however_long_it_is() {
    let trips = Trips::default();
    let store = Store::new(trips.clone());
    for n in 0..40 {
        settled(&store, &n.to_string()).await;
    }
    let page = store.page::<Lists>("lists", Order::OldestFirst, None, 30);
    let (page, asked) = trips.counted(page).await;
    let page = page.unwrap();
    let numbers: Vec<u64> = page.items.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..=30).collect::<Vec<_>>());
    // The one is the log's last number.
    assert_eq!(asked, (1, 2));
}
