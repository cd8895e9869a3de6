//! Logs and totals over them.
#![allow(clippy::unwrap_used)]

use crate::common::{Lists, append, append_once, now};
use rapport_store::faulty::for_each_crash_point;
use rapport_store::fold::Folded;
use rapport_store::log::Order;
use rapport_store::{Driver, Key, Memory, NoEffect, Once, Store, Table};

async fn filled(count: usize) -> (Memory, Store) {
    let memory = Memory::new();
    let store = Store::new(memory.clone());
    for n in 1..=count {
        append(&store, &format!("key {n}"), &n.to_string()).await;
    }
    (memory, store)
}

async fn walk(store: &Store, order: Order, limit: usize) -> Vec<String> {
    let mut texts = Vec::new();
    let mut after = None;
    loop {
        let page = store
            .page::<Lists>("lists", order, after, limit)
            .await
            .unwrap();
        assert!(page.items.len() <= limit);
        texts.extend(page.items.into_iter().flat_map(|(_, found)| found.value));
        after = page.next;
        if after.is_none() {
            return texts;
        }
    }
}

#[tokio::test]
async fn pages_go_through_everything_once_in_either_order() {
    let (_, store) = filled(25).await;
    let up: Vec<String> = (1..=25).map(|n| n.to_string()).collect();
    let down: Vec<String> = up.iter().rev().cloned().collect();
    for limit in [1, 7, 24, 25, 26, 200] {
        assert_eq!(
            walk(&store, Order::OldestFirst, limit).await,
            up,
            "limit {limit}"
        );
        assert_eq!(
            walk(&store, Order::NewestFirst, limit).await,
            down,
            "limit {limit}"
        );
    }
    assert!(
        walk(&Store::new(Memory::new()), Order::NewestFirst, 5)
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn holes_are_skipped() {
    let (memory, store) = filled(5).await;
    // Numbers handed out to creations that crashed.
    for _ in 0..3 {
        memory.increment("count:lists", 1).await.unwrap();
    }
    append(&store, "key 6", "6").await;
    assert_eq!(
        walk(&store, Order::OldestFirst, 2).await,
        ["1", "2", "3", "4", "5", "6"]
    );
    assert_eq!(
        walk(&store, Order::NewestFirst, 2).await,
        ["6", "5", "4", "3", "2", "1"]
    );
}

#[tokio::test]
async fn an_entry_that_a_crash_kept_from_being_written_comes_with_the_next_commit() {
    let memory = Memory::new();
    let store = Store::new(memory.clone());
    append(&store, "lost", "a").await;
    // As if the crash had come before the entry: the entry names another document.
    memory
        .set("lists:1", br#"{"key":"list:other","at":0}"#.to_vec())
        .await
        .unwrap();
    assert!(walk(&store, Order::OldestFirst, 5).await.is_empty());
    append(&store, "lost", "b").await;
    assert_eq!(walk(&store, Order::OldestFirst, 5).await, ["a", "b"]);
}

/// The total length of all lists.
struct Lengths;

impl Table for Lengths {
    type Value = Folded<u64>;
    type Effect = NoEffect;
    const NAME: &'static str = "lengths";
    const SCHEMA: u32 = 1;
}

#[allow(clippy::ptr_arg)] // What a sum is taken over is given as the table has it.
fn add(sum: &mut u64, list: &Vec<String>) {
    *sum = sum.saturating_add(u64::try_from(list.len()).unwrap());
}

#[tokio::test]
async fn a_creation_repeated_long_after_its_crash_is_listed_once() {
    let points = for_each_crash_point(Memory::repeatable, async |memory, process| {
        let once = Once { key: 1, request: 1 };
        let _ = append_once(&Store::new(process), "a", "x", &once).await;
        // So late that its number may have been taken for a hole: it gets another.
        let later = Store::new(memory.clone().late_by(70_000));
        append_once(&later, "a", "x", &once).await.unwrap();
        assert_eq!(walk(&later, Order::OldestFirst, 5).await, ["x"]);
        let much_later = Store::new(memory.late_by(700_000));
        append(&much_later, "b", "y").await;
        assert_eq!(walk(&much_later, Order::OldestFirst, 5).await, ["x", "y"]);
    });
    // The number, the register twice, the document, the entry.
    assert!(points.await >= 5);
}

#[tokio::test]
async fn a_total_is_the_same_before_and_after_the_sum_moved_on() {
    let (memory, store) = filled(100).await;
    let key = Key::<Lengths>::single();
    let total = |store: Store| async move {
        store
            .total::<Lengths, Lists, u64>(&Key::single(), "lists", add)
            .await
            .unwrap()
    };
    assert_eq!(total(store.clone()).await.sum, 100);
    store
        .fold_on::<Lengths, Lists, u64>(&key, "lists", now(), add)
        .await
        .unwrap();
    let before = memory.counts().reads;
    assert_eq!(total(store.clone()).await.sum, 100);
    let reads = memory.counts().reads.checked_sub(before).unwrap();
    assert!(reads < 10, "{reads} reads though the sum had moved on");
    append(&store, "key 101", "101").await;
    assert_eq!(total(store).await.sum, 101);
}

#[tokio::test]
async fn a_sum_does_not_move_over_a_young_hole() {
    let (memory, store) = filled(80).await;
    memory.increment("count:lists", 1).await.unwrap();
    for n in 82..=150 {
        append(&store, &format!("key {n}"), "x").await;
    }
    let key = Key::<Lengths>::single();
    store
        .fold_on::<Lengths, Lists, u64>(&key, "lists", now(), add)
        .await
        .unwrap();
    let folded = store.read(&key).await.unwrap().unwrap().value;
    assert_eq!((folded.sum, folded.folded_to), (80, 80));
    // An entry after the hole that is two minutes old: the hole stays one.
    let old = r#"{"key":"list:nobody","at":1}"#;
    memory
        .set("lists:85", old.as_bytes().to_vec())
        .await
        .unwrap();
    store
        .fold_on::<Lengths, Lists, u64>(&key, "lists", now(), add)
        .await
        .unwrap();
    let folded = store.read(&key).await.unwrap().unwrap().value;
    assert_eq!(folded.folded_to, 150);
}
