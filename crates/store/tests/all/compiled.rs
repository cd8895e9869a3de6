//! Documents kept in the form that requests need.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use crate::common::{Lists, append};
use rapport_store::{Key, Memory, Store};

/// The list at `a`, compiled to how many entries it has.
async fn length(store: &Store) -> Arc<usize> {
    let length = |found: Option<rapport_store::Versioned<Vec<String>>>| {
        found.map_or(0, |found| found.value.len())
    };
    store
        .read_compiled(&Key::<Lists>::of("a"), length)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_document_that_was_created_and_never_changed_costs_one_read() {
    let memory = Memory::new();
    let store = Store::new(memory.clone());
    append(&store, "a", "first").await;
    let first = length(&store).await;
    let before = memory.counts().reads;
    let second = length(&store).await;
    assert_eq!(memory.counts().reads.checked_sub(before), Some(1));
    assert!(Arc::ptr_eq(&first, &second), "compiled once");
    append(&store, "a", "second").await;
    assert_eq!(
        *length(&store).await,
        2,
        "what is kept is guarded by the bytes"
    );
}

#[tokio::test]
async fn a_document_that_is_not_there_costs_one_read_until_it_is() {
    let memory = Memory::new();
    let store = Store::new(memory.clone());
    // Whoever has written knows how documents are created here.
    append(&store, "b", "another").await;
    assert_eq!(*length(&store).await, 0);
    let before = memory.counts().reads;
    assert_eq!(*length(&store).await, 0);
    assert_eq!(memory.counts().reads.checked_sub(before), Some(1));
    // Somebody else creates it, knowing nothing of what is kept here.
    append(&Store::new(memory.clone()), "a", "first").await;
    assert_eq!(*length(&store).await, 1);
}
