//! Effects survive a crash at any point between the commit and their being carried out.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing
)]

use crate::senders;
use std::sync::atomic::Ordering;

use crate::common::now;
use crate::senders::{Senders, Tables, ToList, received, send};
use rapport_store::faulty::for_each_crash_point;
use rapport_store::{Change, Key, Memory, Request, Store};

#[tokio::test]
async fn a_tick_carries_out_what_a_crash_left() {
    let memory = Memory::new();
    let store = Store::new(memory.clone());
    let broken = ToList::broken();
    send(&store, &broken, "one").await.unwrap();
    assert!(received(&store).await.is_empty());
    // Another process, which knows nothing but what is stored.
    let store = Store::new(memory);
    let ticked = store.tick(&Tables, now()).await.unwrap();
    assert_eq!((ticked.done, ticked.failed, ticked.more), (1, 0, false));
    assert_eq!(received(&store).await, ["one"]);
    let idle = store.tick(&Tables, now()).await.unwrap();
    assert_eq!((idle.done, idle.next_due), (0, None));
}

/// What remains when another process goes on after a crash: by a tick, or by the next commit of the same document.
async fn a_crash_at_any_point_loses_no_effect(by_tick: bool) {
    let points = for_each_crash_point(Memory::repeatable, async |memory, process| {
        // An instance that has sent before, from the same document: parking and the receiver exist.
        let before = Store::new(memory.clone());
        send(&before, &ToList::default(), "zero").await.unwrap();
        let sent = send(&Store::new(process), &ToList::default(), "one").await;
        // A minute later, so that whatever was parked is no longer anybody's.
        let store = Store::new(memory.late_by(70_000));
        let mut expected = vec!["zero"];
        if by_tick {
            store.tick(&Tables, now()).await.unwrap();
        } else {
            send(&store, &ToList::default(), "two").await.unwrap();
        }
        let texts = received(&store).await;
        let committed = store.read(&Key::<Senders>::of("a")).await.unwrap().unwrap();
        // Committed is what decides: an effect of what was not committed is as wrong as one that is missing.
        if committed.value == if by_tick { 2 } else { 3 } {
            expected.push("one");
        }
        assert!(sent.is_err() || expected.contains(&"one"));
        if !by_tick {
            expected.push("two");
        }
        assert_eq!(texts, expected);
    });
    // Sender and parking are read and written each, and so is the receiver.
    assert!(points.await >= 6);
}

#[tokio::test]
async fn a_tick_finds_the_effects_of_a_crash_at_any_point() {
    a_crash_at_any_point_loses_no_effect(true).await;
}

#[tokio::test]
async fn the_next_commit_finds_the_effects_of_a_crash_at_any_point() {
    a_crash_at_any_point_loses_no_effect(false).await;
}

#[tokio::test]
async fn a_tick_leaves_the_revision_that_clients_see() {
    let store = Store::new(Memory::new());
    let rev = send(&store, &ToList::broken(), "one").await.unwrap();
    store.tick(&Tables, now()).await.unwrap();
    let found = store.read(&Key::<Senders>::of("a")).await.unwrap();
    assert_eq!(found.unwrap().rev, rev);
}

#[tokio::test]
async fn two_ticks_at_once_do_each_other_no_harm() {
    let memory = Memory::new();
    let store = Store::new(memory.clone());
    let broken = ToList::broken();
    for text in ["one", "two", "three"] {
        let sender = Store::new(memory.clone());
        senders::send_from(&sender, &broken, text, text)
            .await
            .unwrap();
    }
    let others = [Store::new(memory.clone()), Store::new(memory)];
    let (one, two) = tokio::join!(
        others[0].tick(&Tables, now()),
        others[1].tick(&Tables, now())
    );
    assert!(one.unwrap().done + two.unwrap().done >= 3);
    let mut texts = received(&store).await;
    texts.sort();
    assert_eq!(texts, ["one", "three", "two"]);
    assert_eq!(store.tick(&Tables, now()).await.unwrap().done, 0);
}

#[tokio::test]
async fn a_commit_with_effects_costs_one_write_for_parking_and_one_for_each_document_reached() {
    let memory = Memory::new();
    let store = Store::new(memory.clone());
    let carrier = ToList::default();
    // Creates every document involved, the one of parking too, and commits each once more.
    send(&store, &carrier, "one").await.unwrap();
    send(&store, &carrier, "two").await.unwrap();
    for n in 0..20 {
        let before = memory.counts();
        send(&store, &carrier, &format!("more {n}")).await.unwrap();
        let after = memory.counts();
        // The sender, its parking, the receiver. What is unparked goes with the next parking.
        assert_eq!(after.writes - before.writes, 3);
        // Sender, shard, receiver; the outbox before is known to be done.
        assert_eq!(after.reads - before.reads, 3);
    }
}

#[tokio::test]
async fn what_another_instance_has_carried_out_and_unparked_is_not_carried_out_again() {
    let memory = Memory::new();
    let (one, two) = (Store::new(memory.clone()), Store::new(memory.clone()));
    let carrier = ToList::default();
    send(&one, &carrier, "one").await.unwrap();
    // Its lane's next parking unparks the first.
    senders::send_from(&one, &carrier, "b", "other")
        .await
        .unwrap();
    let before = carrier.calls.load(Ordering::SeqCst);
    send(&two, &carrier, "two").await.unwrap();
    assert_eq!(carrier.calls.load(Ordering::SeqCst) - before, 1);
}

#[tokio::test]
async fn the_last_token_of_an_instance_is_left_to_a_tick_and_nothing_comes_twice() {
    let memory = Memory::new();
    let store = Store::new(memory.clone());
    let carrier = ToList::default();
    send(&store, &carrier, "one").await.unwrap();
    // Another instance, later: whoever parked is surely gone.
    let held_up = Store::new(memory.clone().late_by(70_000));
    let ticked = held_up.tick(&Tables, now()).await.unwrap();
    // The last token of the lane is the tick's; it has been carried out, so nothing comes twice.
    assert_eq!((ticked.done, ticked.failed), (1, 0));
    assert_eq!(received(&store).await, ["one"]);
    send(&store, &carrier, "two").await.unwrap();
    assert_eq!(received(&store).await, ["one", "two"]);
}

#[tokio::test]
async fn many_senders_at_once_lose_nothing_and_double_nothing() {
    let memory = Memory::new();
    let store = Store::new(memory.clone());
    let sends = (0..60).map(|n| {
        let store = if n % 3 == 0 {
            Store::new(memory.clone())
        } else {
            store.clone()
        };
        async move {
            let carrier = if n % 4 == 0 {
                ToList::broken()
            } else {
                ToList::default()
            };
            // One whose leftover cannot be carried out fails, and is not acknowledged.
            senders::send_from(
                &store,
                &carrier,
                &format!("s{}", n % 7),
                &format!("t{n:02}"),
            )
            .await
            .is_ok()
            .then(|| format!("t{n:02}"))
        }
    });
    let sent: Vec<String> = futures::future::join_all(sends)
        .await
        .into_iter()
        .flatten()
        .collect();
    while store.tick(&Tables, now()).await.unwrap().more {}
    let mut texts = received(&store).await;
    texts.sort();
    let twice = texts.windows(2).any(|two| two[0] == two[1]);
    assert!(!twice);
    assert!(sent.iter().all(|text| texts.contains(text)));
    assert!(sent.len() > 30);
}

#[tokio::test]
async fn a_keyed_request_that_changes_nothing_is_remembered_too() {
    let store = Store::new(Memory::new());
    let once = rapport_store::Once { key: 7, request: 7 };
    let set = |wanted: u32, keyed: bool| {
        let (store, once) = (store.clone(), once.clone());
        async move {
            let carrier = ToList::default();
            let request = Request {
                once: keyed.then_some(&once),
                ..Request::plain(now(), &carrier)
            };
            store
                .update::<Senders, u32, ()>(&Key::of("a"), request, |current| {
                    Ok(if current.value == Some(wanted) {
                        Change::Keep(wanted)
                    } else {
                        Change::Commit {
                            value: wanted,
                            effects: Vec::new(),
                            answer: wanted,
                        }
                    })
                })
                .await
        }
    };
    let first = set(1, false).await.unwrap();
    let same = set(1, true).await.unwrap();
    assert_eq!((same.rev, same.replayed), (first.rev, false));
    set(2, false).await.unwrap();
    // A late repetition of what changed nothing then changes nothing now.
    let late = set(1, true).await.unwrap();
    assert!(late.replayed);
    let found = store.read(&Key::<Senders>::of("a")).await.unwrap();
    assert_eq!(found.unwrap().value, 2);
}
