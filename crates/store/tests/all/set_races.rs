//! Sets that many change at once, while shards split: nothing acknowledged is lost.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation
)]

use std::collections::{BTreeMap, BTreeSet};

use crate::sets::{names, tiny, walk};
use crate::stepping::{Break, Random, Task, alone, breaking, interleave, steady};
use futures::future::join_all;
use rapport_store::set::{Edit, Edited, Member, Shape};
use rapport_store::{Memory, Set, Store};
use serde_json::json;

/// Adds and removes `members` at random, one by one or some together; answers which of them should be there, and per
/// member how many adds less removes took effect.
async fn churn(set: Set, members: Vec<String>, mut random: Random) -> (BTreeSet<String>, Effects) {
    let mut there = BTreeSet::new();
    let mut effects = Effects::new();
    for _ in 0..random.below(12) {
        let mut pick = |most| {
            let first = random.below(members.len() as u64) as usize;
            let length = 1 + random.below(most) as usize;
            members.iter().skip(first).take(length).cloned()
        };
        let some: Vec<String> = pick(if members.len() > 6 { 6 } else { 1 }).collect();
        let name = &some[0];
        match (random.below(5), some.len()) {
            (0 | 1, 1) => {
                let added = set.add(name, None).await.unwrap();
                *effects.entry(name.clone()).or_default() += i64::from(added);
                there.insert(name.clone());
            }
            (2, 1) => {
                let removed = set.remove(name).await.unwrap();
                *effects.entry(name.clone()).or_default() -= i64::from(removed);
                there.remove(name);
            }
            (3.., _) => {
                set.add_all(some.clone()).await.unwrap();
                there.extend(some);
            }
            _ => {
                set.remove_all(some.clone()).await.unwrap();
                there.retain(|name| !some.contains(name));
            }
        }
    }
    (there, effects)
}

type Effects = BTreeMap<String, i64>;

fn members(prefix: &str, number: u32) -> Vec<String> {
    (0..number).map(|n| format!("{prefix}{n}")).collect()
}

#[test]
fn whoever_changes_members_of_their_own_finds_them_as_they_left_them() {
    for seed in 0..150 {
        let store = steady(&Memory::new());
        let tasks = (0..4_u64).map(|task| {
            let own = members(&format!("{task}-"), 12);
            let random = Random(seed * 31 + task);
            Box::pin(churn(tiny(&store, "s"), own, random)) as Task<'_, _>
        });
        let expected = interleave(seed, tasks.collect());
        let expected: BTreeSet<String> = expected.into_iter().flat_map(|(own, _)| own).collect();
        let set = tiny(&store, "s");
        let found: Vec<String> = alone(names(&set));
        assert_eq!(found.len(), expected.len(), "seed {seed}");
        assert_eq!(
            found.into_iter().collect::<BTreeSet<_>>(),
            expected,
            "seed {seed}"
        );
    }
}

/// If a member was added with effect once more than it was removed, it is there; if as often, it is not.
#[test]
fn answers_about_members_that_all_change_add_up() {
    for seed in 0..150 {
        let store = steady(&Memory::new());
        let set = tiny(&store, "s");
        let tasks = (0..5_u64).map(|task| {
            let (set, random) = (tiny(&store, "s"), Random(seed * 37 + task));
            Box::pin(async move {
                let (_, effects) = churn_one_by_one(&set, random).await;
                effects
            }) as Task<'_, _>
        });
        let mut sums = Effects::new();
        for (name, effect) in interleave(seed, tasks.collect()).into_iter().flatten() {
            *sums.entry(name).or_default() += effect;
        }
        for (name, sum) in sums {
            let there = alone(set.contains(&name)).unwrap();
            assert_eq!(i64::from(there), sum, "seed {seed}: {name}");
        }
    }
}

async fn churn_one_by_one(set: &Set, mut random: Random) -> (u64, Effects) {
    let mut effects = Effects::new();
    let mut changes = 0;
    for _ in 0..10 {
        let name = format!("m{}", random.below(10));
        let adds = random.below(3) > 0;
        let changed = if adds {
            set.add(&name, None).await
        } else {
            set.remove(&name).await
        };
        let changed = changed.unwrap();
        changes += u64::from(changed);
        *effects.entry(name).or_default() += i64::from(changed) * if adds { 1 } else { -1 };
    }
    (changes, effects)
}

#[test]
fn a_walk_sees_what_stays_exactly_once_whatever_comes_and_goes() {
    let mut longest = 0;
    for seed in 0..100 {
        let store = steady(&Memory::new());
        let set = tiny(&store, "s");
        let stay = members("stay", 25);
        alone(set.add_all(stay.clone())).unwrap();
        let mut tasks: Vec<Task<'_, Vec<String>>> = Vec::new();
        for task in 0..3_u64 {
            let (set, random) = (tiny(&store, "s"), Random(seed * 41 + task));
            tasks.push(Box::pin(async move {
                churn(set, members(&format!("go{task}-"), 20), random).await;
                Vec::new()
            }));
        }
        for limit in [1, 4] {
            let set = set.clone();
            tasks.push(Box::pin(async move {
                let walked = walk(&set, limit).await;
                walked.into_iter().map(|member| member.name).collect()
            }));
        }
        for walked in interleave(seed, tasks).into_iter().skip(3) {
            let once: BTreeSet<&String> = walked.iter().collect();
            assert_eq!(
                once.len(),
                walked.len(),
                "seed {seed}: something came twice"
            );
            assert!(
                stay.iter().all(|name| once.contains(name)),
                "seed {seed}: something was left out"
            );
            longest = longest.max(walked.len());
        }
    }
    // Walks that met none of what came and went would show nothing.
    assert!(longest > 30, "{longest}");
}

/// A crash at any operation, done or not: what was there stays, and doing it again completes it.
#[test]
fn a_crash_anywhere_in_a_change_loses_nothing_and_the_change_can_be_made_again() {
    let before = members("old", 8);
    let mut completed = false;
    for how in [Break::Before, Break::After] {
        for operations in 0..200 {
            let memory = Memory::new();
            let set = tiny(&steady(&memory), "s");
            alone(set.add_all(before.clone())).unwrap();
            let edits: Vec<Edit> = members("new", 20)
                .into_iter()
                .map(|name| {
                    Edit::Add(Member {
                        name,
                        payload: Some(json!({ "how": "new" })),
                    })
                })
                .chain([Edit::Remove("old0".to_owned())])
                .collect();
            let broken = tiny(&breaking(&memory, operations, how), "s");
            let crashed = alone(broken.change(edits.clone())).is_err();
            completed |= !crashed;
            let kept: BTreeSet<String> = alone(names(&set)).into_iter().collect();
            assert!(before[1..].iter().all(|name| kept.contains(name)));
            let again = alone(set.change(edits.clone())).unwrap();
            assert_eq!(again.any(), again != Edited::default());
            assert!(crashed || !again.any());
            let all = alone(walk(&set, 5));
            assert_eq!(all.len(), 27, "{how:?} {operations}");
            assert!(!all.iter().any(|member| member.name == "old0"));
            assert_eq!(alone(set.change(edits)).unwrap(), Edited::default());
        }
    }
    assert!(completed, "no run was long enough");
}

/// A crash in the first add of a set must not keep others out of it.
#[test]
fn a_crash_in_the_making_of_a_set_leaves_it_usable() {
    for how in [Break::Before, Break::After] {
        for operations in 0..8 {
            let memory = Memory::new();
            let broken = tiny(&breaking(&memory, operations, how), "s");
            let added = alone(broken.add("a", None));
            let set = tiny(&steady(&memory), "s");
            alone(set.add("b", None)).unwrap();
            let found = alone(names(&set));
            assert!(found.contains(&"b".to_owned()));
            if added == Ok(true) {
                assert!(found.contains(&"a".to_owned()), "{how:?} {operations}");
            }
        }
    }
}

/// Threads that really run at once, over leaves of a few dozen members.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_thousand_adds_by_forty_at_once_are_all_kept() {
    let memory = Memory::new();
    let store = Store::new(memory.clone());
    let shape = Shape {
        leaf_bytes: 1_000,
        ..Shape::default()
    };
    let tasks = (0..40).map(|task| {
        let set = store.set("audience").shaped(shape);
        tokio::spawn(async move {
            for n in 0..50 {
                let name = format!("customer:{task}:{n}");
                assert!(set.add(&name, None).await.unwrap());
            }
        })
    });
    for task in join_all(tasks).await {
        task.unwrap();
    }
    let set = store.set("audience").shaped(shape);
    assert_eq!(set.count().await.unwrap(), 2_000);
    assert_eq!(names(&set).await.len(), 2_000);
    // The set did split on the way, more than once.
    assert!(memory.keys().len() > 32);
}
