//! What a tick takes up, what it leaves to others, and what it says is still to come.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects)]

use crate::common;
use crate::common::now;
use crate::senders;
use crate::senders::{Senders, Tables, ToList, received, send, send_from};
use rapport_store::driver::Driver;
use rapport_store::faulty::for_each_crash_point;
use rapport_store::{Key, Memory, Store, Timer};
use rapport_types::Timestamp;

#[tokio::test]
async fn a_tick_waits_a_minute_for_the_commit_that_a_parking_announces() {
    let mut waited = 0;
    let points = for_each_crash_point(Memory::repeatable, async |memory, process| {
        let store = Store::new(memory.clone());
        send(&store, &ToList::default(), "zero").await.unwrap();
        store.tick(&Tables, now()).await.unwrap();
        let began = memory.wall_millis();
        let _ = send(&Store::new(process), &ToList::default(), "one").await;
        let early = store.tick(&Tables, now()).await.unwrap();
        let Some(due) = early.next_due else { return };
        // Parked, and not committed: the request may still be at it.
        waited += 1;
        assert_eq!((early.done, early.failed, early.more), (0, 0, false));
        let in_millis = due.millis() - began;
        assert!((60_000..70_000).contains(&in_millis), "{in_millis}");
        let again = store.tick(&Tables, now()).await.unwrap();
        assert_eq!(again.next_due, Some(due));
        let later = Store::new(memory.late_by(60_000));
        let late = later.tick(&Tables, now()).await.unwrap();
        assert_eq!((late.done, late.next_due), (1, None));
        assert_eq!(later.tick(&Tables, now()).await.unwrap().done, 0);
        assert_eq!(received(&later).await, ["zero"]);
        let sender = later.read(&Key::<Senders>::of("a")).await.unwrap();
        assert_eq!(sender.unwrap().value, 1);
    });
    assert!(points.await > waited);
    assert!(waited > 0);
}

/// Each of so many senders commits, and nothing of it is carried out.
async fn park(store: &Store, senders: usize, text: &str) {
    for n in 0..senders {
        let text = format!("{text}{n}");
        send_from(store, &ToList::broken(), &format!("s{n}"), &text)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn one_tick_takes_up_two_hundred_documents_and_says_whether_there_are_more() {
    let store = Store::new(Memory::new());
    let ticked = async || {
        let ticked = store.tick(&Tables, now()).await.unwrap();
        (ticked.done, ticked.more)
    };
    park(&store, 200, "one").await;
    assert_eq!(ticked().await, (200, false));
    park(&store, 201, "two").await;
    assert_eq!(ticked().await, (200, true));
    assert_eq!(ticked().await, (1, false));
    // What has fallen due waits for the tick that has room for it.
    park(&store, 200, "three").await;
    let due = Timer {
        key: "account:a".to_owned(),
        of: "a".to_owned(),
        at: Timestamp::from_millis(now().millis() - 1),
    };
    store.set_timer(&due, now()).await.unwrap();
    assert_eq!(ticked().await, (200, true));
    assert_eq!(ticked().await, (1, false));
    assert_eq!(received(&store).await.len(), 601);
    assert_eq!(common::read(&store, "fired").await, ["account:a of a"]);
}

#[tokio::test]
async fn what_a_tick_is_done_with_is_unparked_wherever_it_was_parked() {
    let memory = Memory::new();
    for sender in ["a", "b", "c", "d", "e"] {
        // An instance each, so each parks in a shard picked at random.
        let store = Store::new(memory.clone());
        let broken = ToList::broken();
        send_from(&store, &broken, sender, sender).await.unwrap();
    }
    let store = Store::new(memory.clone());
    assert_eq!(store.tick(&Tables, now()).await.unwrap().done, 5);
    // Within a minute a token without effects could be of a request that is still at it, and would be left alone.
    let later = Store::new(memory.late_by(70_000));
    assert_eq!(later.tick(&Tables, now()).await.unwrap().done, 0);
}

#[tokio::test]
async fn what_cannot_be_finished_is_counted_and_taken_up_again_within_a_minute() {
    let memory = Memory::new();
    let store = Store::new(memory.clone());
    send(&store, &ToList::broken(), "one").await.unwrap();
    let began = memory.wall_millis();
    let ticked = store.tick(&senders::Broken, now()).await.unwrap();
    assert_eq!((ticked.done, ticked.failed), (0, 1));
    let in_millis = ticked.next_due.unwrap().millis() - began;
    assert!((60_000..70_000).contains(&in_millis), "{in_millis}");
    assert!(received(&store).await.is_empty());
    let again = store.tick(&Tables, now()).await.unwrap();
    assert_eq!((again.done, again.failed, again.next_due), (1, 0, None));
    assert_eq!(received(&store).await, ["one"]);
}
