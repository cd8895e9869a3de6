//! What falls due is done once its time has come, and not before.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects)]

use crate::common::{now, read};
use crate::senders::Tables;
use futures::future::join_all;
use rapport_store::{Memory, Store, StoreError, Ticked, Timer};
use rapport_types::{Span, Timestamp};

fn timer(key: &str, at: Timestamp) -> Timer {
    Timer {
        key: format!("account:{key}"),
        of: key.to_owned(),
        at,
    }
}

fn in_minutes(minutes: i64) -> Timestamp {
    Timestamp::from_millis(now().millis() + minutes * 60_000)
}

async fn set(store: &Store, key: &str, at: Timestamp) {
    store.set_timer(&timer(key, at), now()).await.unwrap();
}

async fn tick(store: &Store, at: Timestamp) -> Ticked {
    store.tick(&Tables, at).await.unwrap()
}

async fn fired(store: &Store) -> Vec<String> {
    let mut fired = read(store, "fired").await;
    fired.sort();
    fired
}

#[tokio::test]
async fn a_timer_fires_once_at_its_moment_and_not_before() {
    let store = Store::new(Memory::new());
    set(&store, "a", in_minutes(40)).await;
    let early = tick(&store, in_minutes(39)).await;
    assert_eq!((early.done, early.more), (0, false));
    assert!(early.next_due.unwrap() <= in_minutes(40));
    assert_eq!(tick(&store, in_minutes(40)).await.done, 1);
    assert_eq!(fired(&store).await, ["account:a of a"]);
    let late = tick(&store, in_minutes(2_000)).await;
    assert_eq!((late.done, late.next_due), (0, None));
}

#[tokio::test]
async fn the_next_moment_in_the_present_slot_is_told_exactly() {
    let store = Store::new(Memory::new());
    // 12:00 begins a slot; both are in it.
    set(&store, "a", in_minutes(3)).await;
    set(&store, "b", in_minutes(9)).await;
    let ticked = tick(&store, in_minutes(3)).await;
    assert_eq!((ticked.done, ticked.next_due), (1, Some(in_minutes(9))));
}

#[tokio::test]
async fn the_present_slot_takes_timers_until_it_is_over_though_a_tick_has_emptied_it() {
    let store = Store::new(Memory::new());
    set(&store, "a", in_minutes(3)).await;
    assert_eq!(tick(&store, in_minutes(3)).await.done, 1);
    set(&store, "b", in_minutes(9)).await;
    let early = tick(&store, in_minutes(8)).await;
    assert_eq!((early.done, early.next_due), (0, Some(in_minutes(9))));
    assert_eq!(tick(&store, in_minutes(9)).await.done, 1);
}

#[tokio::test]
async fn what_is_over_is_not_looked_at_again() {
    let memory = Memory::new();
    let store = Store::new(memory.clone());
    for day in 0..100 {
        set(&store, "a", in_minutes(day * 24 * 60)).await;
    }
    let after = in_minutes(101 * 24 * 60);
    assert_eq!(tick(&store, after).await.done, 100);
    let before = memory.counts();
    let idle = tick(&store, after).await;
    assert_eq!((idle.done, idle.more, idle.next_due), (0, false, None));
    // 64 shards of what is parked and their registers, and the list of days.
    let reads = memory.counts().reads - before.reads;
    assert!(reads <= 130, "{reads}");
    assert_eq!(memory.counts().writes, before.writes);
}

#[tokio::test]
async fn a_timer_that_is_set_twice_fires_once_and_costs_nothing_the_second_time() {
    let memory = Memory::new();
    let store = Store::new(memory.clone());
    set(&store, "b", in_minutes(40)).await;
    set(&store, "a", in_minutes(40)).await;
    let before = memory.counts().writes;
    set(&store, "a", in_minutes(40)).await;
    assert_eq!(memory.counts().writes, before);
    set(&store, "c", in_minutes(40)).await;
    // The slot is in use already: one write.
    assert_eq!(memory.counts().writes, before + 1);
    assert_eq!(tick(&store, in_minutes(41)).await.done, 3);
}

#[tokio::test]
async fn a_timer_for_a_moment_that_is_long_past_fires_at_the_next_tick() {
    let store = Store::new(Memory::new());
    set(&store, "a", in_minutes(-5_000)).await;
    assert_eq!(tick(&store, now()).await.done, 1);
    // That slot and that day are closed now; who is late takes the present one.
    set(&store, "b", in_minutes(-5_000)).await;
    assert_eq!(tick(&store, now()).await.done, 1);
    assert_eq!(fired(&store).await, ["account:a of a", "account:b of b"]);
}

#[tokio::test]
async fn one_tick_does_a_bounded_amount_and_says_that_there_is_more() {
    let store = Store::new(Memory::new());
    for n in 0..450 {
        set(&store, &format!("{n}"), in_minutes(n / 100)).await;
    }
    let mut done = Vec::new();
    loop {
        let ticked = tick(&store, in_minutes(60)).await;
        assert!(ticked.done <= 200);
        done.push(ticked.done);
        if !ticked.more {
            break;
        }
    }
    assert_eq!(done.iter().sum::<usize>(), 450);
    assert_eq!(fired(&store).await.len(), 450);
}

#[tokio::test]
async fn a_tick_with_nothing_due_reads_little_however_much_is_due_later() {
    let memory = Memory::new();
    let store = Store::new(memory.clone());
    for n in 0..300 {
        set(&store, &format!("{n}"), in_minutes(60 + n * 40)).await;
    }
    tick(&store, now()).await;
    let before = memory.counts();
    tick(&store, now()).await;
    let after = memory.counts();
    assert_eq!(after.writes, before.writes);
    // 64 shards of what is parked and their registers, the list of days, and one day.
    assert!(
        after.reads - before.reads <= 132,
        "{}",
        after.reads - before.reads
    );
}

#[tokio::test]
async fn timers_set_while_two_ticks_pass_by_all_fire() {
    let memory = Memory::new();
    let sets = (0..100).map(|n| {
        let store = Store::new(memory.clone());
        async move {
            for _ in 0..n % 17 {
                tokio::task::yield_now().await;
            }
            // Into slots that the ticks are closing at that very time.
            let at = in_minutes(-(n % 40));
            let timer = timer(&n.to_string(), at);
            // On a slow machine so many may be told to come again: they do.
            loop {
                match store.set_timer(&timer, now()).await {
                    Err(StoreError::Contended { .. }) => {}
                    set => break set.unwrap(),
                }
            }
        }
    });
    let ticks = (0..2).map(|_| {
        let store = Store::new(memory.clone());
        async move {
            for _ in 0..20 {
                tick(&store, now()).await;
            }
        }
    });
    futures::join!(join_all(sets), join_all(ticks));
    let store = Store::new(memory);
    // The present slot is over a quarter of an hour later.
    let later = now().plus(Span::parse("1h").unwrap());
    while tick(&store, later).await.more {}
    let mut seen = fired(&store).await;
    seen.dedup();
    assert_eq!(seen.len(), 100);
}
