//! Creation by the register, on a backend whose swap on an absent key overwrites.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use crate::common::{append, read};
use futures::future::join_all;
use rapport_store::{Creation, Memory, Store};

/// How many of `writers` acknowledged first writes to one new document are lost.
async fn lost(store: &Store, key: &str, writers: usize) -> usize {
    let tasks = (0..writers).map(|writer| {
        let (store, key) = (store.clone(), key.to_owned());
        tokio::spawn(async move {
            append(&store, &key, &writer.to_string()).await;
        })
    });
    for task in join_all(tasks).await {
        task.unwrap();
    }
    let kept: BTreeSet<String> = read(store, key).await.into_iter().collect();
    writers.checked_sub(kept.len()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_first_writes_to_one_document_are_all_kept() {
    let store = Store::new(Memory::new());
    assert_eq!(lost(&store, "one", 64).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn three_first_writes_to_each_of_sixty_four_documents_are_all_kept() {
    let store = Store::new(Memory::new());
    let all = (0..64).map(|key| {
        let store = store.clone();
        async move { lost(&store, &format!("key {key}"), 3).await }
    });
    assert_eq!(join_all(all).await.iter().sum::<usize>(), 0);
}

/// The tests above can fail: with a plain swap they do.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_plain_swap_loses_acknowledged_writes() {
    let store = Store::new(Memory::new()).creating_by(Creation::Swap);
    let all = (0..64).map(|key| {
        let store = store.clone();
        async move { lost(&store, &format!("key {key}"), 3).await }
    });
    assert!(join_all(all).await.iter().sum::<usize>() > 0);
}

#[tokio::test]
async fn a_creation_is_three_writes_and_an_update_one() {
    let memory = Memory::new();
    let store = Store::new(memory.clone());
    append(&store, "a", "first").await;
    // Beside the three: the log's number and its entry.
    assert_eq!(memory.counts().writes, 5);
    append(&store, "a", "second").await;
    assert_eq!(memory.counts().writes, 6);
    let before = memory.counts();
    assert_eq!(read(&store, "a").await, ["first", "second"]);
    let after = memory.counts();
    assert_eq!(
        (after.reads.checked_sub(before.reads), after.writes),
        (Some(1), 6)
    );
}
