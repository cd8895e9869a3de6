//! Closing sets: nobody's member is in a closed one, and a set that is not closed can be used.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation
)]

use crate::sets::{names, tiny};
use crate::stepping::{Break, Task, advance, alone, breaking, copied, interleave, steady};
use rapport_store::{Memory, Set, SetError, Store};

/// An empty set whose root is an inner shard over empty leaves.
fn emptied(store: &Store) -> Set {
    let set = tiny(store, "slot");
    let members: Vec<String> = (0..14).map(|n| format!("member {n}")).collect();
    alone(set.add_all(members.clone())).unwrap();
    alone(set.remove_all(members)).unwrap();
    set
}

async fn refuses_for_ever(set: &Set) {
    assert!(set.is_closed().await.unwrap());
    assert_eq!(set.add("late", None).await, Err(SetError::Closed));
    assert_eq!(set.add_all(["a", "b", "c"]).await, Err(SetError::Closed));
    assert_eq!(set.remove("late").await, Ok(false));
    assert_eq!(set.count().await, Ok(0));
    assert_eq!(set.page(None, 10).await.unwrap().members, []);
    assert_eq!(set.close_if_empty().await, Ok(true));
    assert_eq!(set.add("late", None).await, Err(SetError::Closed));
}

#[test]
fn a_set_that_never_was_can_be_closed() {
    let memory = Memory::new();
    let set = tiny(&steady(&memory), "slot");
    assert_eq!(alone(set.close_if_empty()), Ok(true));
    assert_eq!(memory.counts().writes, 3);
    alone(refuses_for_ever(&set));
    assert_eq!(memory.counts().writes, 3);
}

#[test]
fn a_small_set_is_closed_by_one_write() {
    let memory = Memory::new();
    let set = tiny(&steady(&memory), "slot");
    alone(set.add("a", None)).unwrap();
    assert_eq!(alone(set.close_if_empty()), Ok(false));
    assert_eq!(memory.counts().writes, 3);
    alone(set.remove("a")).unwrap();
    assert_eq!(alone(set.close_if_empty()), Ok(true));
    assert_eq!(memory.counts().writes, 5);
    alone(refuses_for_ever(&set));
    assert_eq!(memory.counts().writes, 5);
}

#[test]
fn a_set_of_many_shards_is_closed_by_one_write_each_and_two() {
    let memory = Memory::new();
    let set = emptied(&steady(&memory));
    let shards = memory
        .keys()
        .iter()
        .filter(|key| key.starts_with("set:"))
        .count() as u64;
    let inner = (shards - 1) / 16;
    let before = memory.counts().writes;
    assert_eq!(alone(set.close_if_empty()), Ok(true));
    assert_eq!(memory.counts().writes - before, shards - inner + 2);
    alone(refuses_for_ever(&set));
    assert_eq!(memory.counts().writes - before, shards - inner + 2);
}

#[test]
fn a_set_with_members_is_not_closed_and_asking_writes_nothing() {
    let memory = Memory::new();
    let set = emptied(&steady(&memory));
    alone(set.add("a", None)).unwrap();
    let before = memory.counts().writes;
    assert_eq!(alone(set.close_if_empty()), Ok(false));
    assert_eq!(memory.counts().writes, before);
    assert_eq!(alone(set.add("b", None)), Ok(true));
    assert_eq!(alone(set.is_closed()), Ok(false));
}

/// What a task of a race saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Saw {
    Added,
    Refused,
    Removed(bool),
    Closed(bool),
}

async fn add(set: Set, name: &'static str) -> Saw {
    match set.add(name, None).await {
        Ok(true) => Saw::Added,
        Err(SetError::Closed) => Saw::Refused,
        other => panic!("{other:?}"),
    }
}

async fn close(set: Set) -> Saw {
    Saw::Closed(set.close_if_empty().await.unwrap())
}

async fn remove(set: Set, name: &'static str) -> Saw {
    Saw::Removed(set.remove(name).await.unwrap())
}

/// Runs closers against adders in many orders. Where `tasks` takes nothing out, an add that was acknowledged must be found,
/// and the set be open.
fn races(seeds: u64, start: fn(&Store) -> Set, tasks: fn(&Set) -> Vec<Task<'static, Saw>>) {
    let (mut closed, mut kept, mut called_off) = (0, 0, 0);
    for seed in 0..seeds {
        let store = steady(&Memory::new());
        let set = start(&store);
        let saw = interleave(seed, tasks(&set));
        let added = saw.iter().filter(|saw| **saw == Saw::Added).count();
        let removed = saw.iter().filter(|saw| **saw == Saw::Removed(true)).count();
        let found = alone(names(&set)).len();
        assert_eq!(found, added - removed, "seed {seed}: {saw:?}");
        if saw.contains(&Saw::Closed(true)) || saw.contains(&Saw::Refused) {
            assert_eq!(found, 0, "seed {seed}: {saw:?}");
            // A refusal may come from a closer that has not come to its answer, but never from a set left open.
            alone(refuses_for_ever(&set));
            closed += 1;
        } else {
            assert!(!alone(set.is_closed()).unwrap(), "seed {seed}: {saw:?}");
            alone(set.add("one more", None)).unwrap();
            kept += 1;
            called_off += u32::from(added > 0);
        }
    }
    println!("{closed} closed, {kept} kept, of those {called_off} with members");
    assert!(closed > 0 && called_off > 0, "{closed} closed, {kept} kept");
}

#[test]
fn no_member_slips_into_a_set_that_is_being_closed() {
    races(400, emptied, |set| {
        vec![
            Box::pin(close(set.clone())),
            Box::pin(add(set.clone(), "early")),
        ]
    });
}

#[test]
fn nor_with_two_closers_and_two_who_add() {
    races(400, emptied, |set| {
        vec![
            Box::pin(close(set.clone())),
            Box::pin(close(set.clone())),
            Box::pin(add(set.clone(), "early")),
            Box::pin(add(set.clone(), "other")),
        ]
    });
}

/// One comes and goes, so that an attempt is called off and the next begins while the first closer is still on its way.
#[test]
fn nor_when_attempts_overlap_as_members_come_and_go() {
    races(800, emptied, |set| {
        let again = set.clone();
        vec![
            Box::pin(close(set.clone())),
            Box::pin(async move {
                close(again.clone()).await;
                close(again).await
            }),
            Box::pin(add(set.clone(), "early")),
            Box::pin(add(set.clone(), "other")),
            Box::pin(remove(set.clone(), "early")),
            Box::pin(remove(set.clone(), "other")),
        ]
    });
}

#[test]
fn nor_into_a_small_set_or_one_that_splits_just_then() {
    races(
        200,
        |store| tiny(store, "slot"),
        |set| {
            vec![
                Box::pin(close(set.clone())),
                Box::pin(add(set.clone(), "early")),
                Box::pin(remove(set.clone(), "early")),
            ]
        },
    );
    races(200, emptied, |set| {
        let many = set.clone();
        vec![
            Box::pin(close(set.clone())),
            Box::pin(add(set.clone(), "early")),
            Box::pin(async move {
                let members: Vec<String> = (0..40).map(|n| format!("many {n}")).collect();
                // Some may be in when it is refused; none, if the set was closed before them.
                let added = many.add_all(members.clone()).await;
                let removed = many.remove_all(members).await.unwrap().removed;
                assert!(added.is_err() || removed == 40);
                Saw::Removed(false)
            }),
        ]
    });
}

/// A closer that crashes at any operation leaves a set that can be used, or closed by the next.
#[test]
fn a_crash_anywhere_in_closing_leaves_a_set_that_can_be_used_or_closed() {
    let mut completed = false;
    for how in [Break::Before, Break::After] {
        for operations in 0..400 {
            let run = || {
                let memory = Memory::new();
                emptied(&steady(&memory));
                let broken = tiny(&breaking(&memory, operations, how), "slot");
                let closed = alone(broken.close_if_empty());
                (tiny(&steady(&memory), "slot"), closed)
            };
            let (set, closed) = run();
            completed |= closed == Ok(true);
            assert_eq!(
                alone(set.close_if_empty()),
                Ok(true),
                "{how:?} {operations}"
            );
            alone(refuses_for_ever(&set));

            let (set, closed) = run();
            let was_closed = alone(set.is_closed()).unwrap();
            assert!(was_closed || closed.is_err());
            if !was_closed {
                for name in ["a", "b", "c", "d"] {
                    assert_eq!(alone(set.add(name, None)), Ok(true), "{how:?} {operations}");
                }
                assert_eq!(alone(set.close_if_empty()), Ok(false));
                alone(set.clear()).unwrap();
                assert_eq!(alone(set.close_if_empty()), Ok(true));
                alone(refuses_for_ever(&set));
            }
        }
    }
    assert!(completed, "no run was long enough");
}

/// Who adds to a half-fenced set and crashes must not leave it closed to others, or closed with a member.
#[test]
fn a_crash_of_who_adds_to_a_fenced_set_hurts_nobody() {
    for fenced in [6, 12, 25, 60] {
        for how in [Break::Before, Break::After] {
            for operations in 0..12 {
                let memory = Memory::new();
                emptied(&steady(&memory));
                let closer = tiny(&breaking(&memory, fenced, Break::Before), "slot");
                let _ = alone(closer.close_if_empty());
                let broken = tiny(&breaking(&memory, operations, how), "slot");
                let added = alone(broken.add("a", None));
                let set = tiny(&steady(&memory), "slot");
                let found = alone(set.contains("a")).unwrap();
                assert!(found || added.is_err());
                assert_eq!(alone(set.close_if_empty()), Ok(!found));
            }
        }
    }
}

/// A closer whose attempt was called off goes on fencing beside the next one. Its fences must keep nobody from seeing that
/// one. So: the first closer stops on its way, a member comes and goes, a second closer stops on its way, the first ends, a
/// member comes, the second ends.
#[test]
fn a_late_closer_takes_no_fence_from_the_next() {
    let memory = Memory::new();
    let members: Vec<String> = (0..48).map(|n| format!("member {n}")).collect();
    let set = tiny(&steady(&memory), "slot");
    alone(set.add_all(members.clone())).unwrap();
    alone(set.remove_all(members)).unwrap();
    let mut called_off = 0;
    for (one, other) in [("c", "d"), ("e", "f")] {
        for first in (20..60).step_by(4) {
            for second in (22..70).step_by(4) {
                let set = tiny(&steady(&copied(&memory)), "slot");
                let mut early: Task<'_, Saw> = Box::pin(close(set.clone()));
                let mut late: Task<'_, Saw> = Box::pin(close(set.clone()));
                if advance(&mut early, first).is_some() {
                    continue;
                }
                alone(add(set.clone(), one));
                alone(remove(set.clone(), one));
                if advance(&mut late, second).is_some() {
                    continue;
                }
                called_off += u32::from(advance(&mut early, 10_000) == Some(Saw::Closed(false)));
                let added = alone(set.add(other, None));
                advance(&mut late, 10_000).unwrap();
                let found = alone(set.contains(other)).unwrap();
                let place = format!("{one} {other} {first} {second}");
                assert_eq!(found, added == Ok(true), "{place}");
                assert_eq!(alone(set.is_closed()), Ok(!found), "{place}");
            }
        }
    }
    println!("{called_off} called off");
    assert!(called_off > 0);
}
