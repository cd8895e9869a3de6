//! Decisions that want something read or written first.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects)]

use crate::common::{Lists, append, now, read};
use async_trait::async_trait;
use rapport_store::{Change, Current, Decide, Key, Memory, Nothing, Request, Store, StoreError};

/// Appends to one list how many texts there are in another, which it reads first. Somebody else may commit meanwhile.
#[derive(Default)]
struct Counter {
    /// What is appended to the list itself while the other one is read, the last first.
    meanwhile: Vec<&'static str>,
    read: Option<usize>,
    /// The revisions that were decided on.
    seen: Vec<u64>,
}

#[async_trait]
impl Decide<Lists, (), ()> for Counter {
    fn decide(&mut self, current: Current<Lists>) -> Result<Change<Lists, ()>, ()> {
        self.seen.push(current.rev);
        // What was read is true of this revision alone.
        let Some(read) = self.read.take() else {
            return Ok(Change::Wait(current));
        };
        let mut value = current.value.unwrap_or_default();
        value.push(read.to_string());
        Ok(Change::Commit {
            value,
            effects: Vec::new(),
            answer: (),
        })
    }

    async fn prepare(&mut self, store: &Store) -> Result<(), StoreError> {
        if let Some(text) = self.meanwhile.pop() {
            append(store, "mine", text).await;
        }
        self.read = Some(read(store, "other").await.len());
        Ok(())
    }
}

async fn count(store: &Store, counter: &mut Counter) -> u64 {
    let key = Key::of("mine");
    let request = Request::plain(now(), &Nothing);
    store.update_by(&key, request, counter).await.unwrap().rev
}

#[tokio::test]
async fn what_is_waited_for_is_read_and_the_document_is_not_loaded_again() {
    let store = Store::new(Memory::new());
    append(&store, "other", "x").await;
    let mut counter = Counter::default();
    // Whether there is a document yet or not.
    assert_eq!(count(&store, &mut counter).await, 1);
    assert_eq!(count(&store, &mut counter).await, 2);
    assert_eq!(counter.seen, [0, 0, 1, 1]);
    assert_eq!(read(&store, "mine").await, ["1", "1"]);
}

#[tokio::test]
async fn who_commits_while_a_decision_waits_is_seen() {
    let store = Store::new(Memory::new());
    append(&store, "mine", "first").await;
    let mut counter = Counter {
        meanwhile: vec!["two", "one"],
        ..Counter::default()
    };
    assert_eq!(count(&store, &mut counter).await, 4);
    assert_eq!(counter.seen, [1, 1, 2, 2, 3, 3]);
    assert_eq!(read(&store, "mine").await, ["first", "one", "two", "0"]);
}
