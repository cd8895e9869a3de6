//! What the faulty backend does, and what a store over it must still keep.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects)]

use crate::common::{Lists, append, now, read};
use crate::fakes::{Defect, Fake};
use futures::future::join_all;
use rapport_store::driver::Swapped;
use rapport_store::faulty::{CRASHED, Faulty, Injected, Plan, for_each_crash_point};
use rapport_store::{
    Change, Creation, Driver, DriverError, Key, Memory, Nothing, Request, Store, UpdateError,
};

/// Appends `text`; whether that was acknowledged. Not acknowledged does not mean not done.
async fn try_append(store: &Store, key: &str, text: &str) -> Result<(), UpdateError<()>> {
    let (key, request) = (Key::<Lists>::of(key), Request::plain(now(), &Nothing));
    let appended = store.update::<_, (), ()>(&key, request, |current| {
        let mut value = current.value.unwrap_or_default();
        value.push(text.to_owned());
        Ok(Change::Commit {
            value,
            effects: Vec::new(),
            answer: (),
        })
    });
    appended.await.map(drop)
}

fn always(plan: Plan) -> (Memory, Faulty) {
    let memory = Memory::new();
    (memory.clone(), Faulty::over(memory, plan))
}

fn crashed<T>() -> Result<T, DriverError> {
    Err(DriverError::Failed(CRASHED.to_owned()))
}

#[tokio::test]
async fn without_a_plan_nothing_goes_wrong_and_operations_are_counted() {
    let (_, process) = always(Plan::default());
    process.set("a", vec![1]).await.unwrap();
    let snapshot = process.open("a").await.unwrap();
    let late = process.open("a").await.unwrap();
    assert_eq!(process.swap(snapshot, vec![2]).await, Ok(Swapped::Done));
    assert_eq!(process.swap(late, vec![3]).await, Ok(Swapped::Lost));
    assert_eq!(process.get("a").await, Ok(Some(vec![2])));
    assert_eq!(process.increment("n", 2).await, Ok(2));
    assert_eq!(
        process.injected(),
        Injected {
            operations: 7,
            conflicts: 1,
            ..Injected::default()
        }
    );
}

#[tokio::test]
async fn an_overloaded_store_does_nothing() {
    let (memory, process) = always(Plan {
        overloaded: 1_000,
        ..Plan::default()
    });
    let refused = Err(DriverError::Overloaded("too many requests".to_owned()));
    assert_eq!(process.set("a", vec![1]).await, refused);
    assert_eq!(
        (memory.counts().writes, process.injected().overloaded),
        (0, 1)
    );
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_was_done() {
    let (memory, process) = always(Plan {
        lost_answers: 1_000,
        ..Plan::default()
    });
    assert!(process.set("a", vec![1]).await.is_err());
    assert!(process.increment("n", 1).await.is_err());
    let snapshot = process.open("a").await.unwrap();
    assert!(process.swap(snapshot, vec![2]).await.is_err());
    assert_eq!(memory.get("a").await, Ok(Some(vec![2])));
    assert_eq!(memory.increment("n", 0).await, Ok(1));
    assert_eq!(process.injected().lost_answers, 3);
}

#[tokio::test]
async fn a_race_that_is_said_to_be_lost_wrote_nothing() {
    let (memory, process) = always(Plan {
        lost_races: 1_000,
        ..Plan::default()
    });
    process.set("a", vec![1]).await.unwrap();
    let snapshot = process.open("a").await.unwrap();
    assert_eq!(process.swap(snapshot, vec![2]).await, Ok(Swapped::Lost));
    assert_eq!(memory.get("a").await, Ok(Some(vec![1])));
    let injected = process.injected();
    assert_eq!((injected.lost_races, injected.conflicts), (1, 0));
}

#[tokio::test]
async fn equal_seeds_make_equal_days() {
    let day = async |seed| {
        let (_, process) = always(Plan::rough(seed));
        let mut answers = Vec::new();
        for _ in 0..200 {
            answers.push(process.increment("n", 1).await);
        }
        (answers, process.injected())
    };
    let first = day(1).await;
    assert!(first.1.delayed > 0 && first.1.overloaded > 0 && first.1.lost_answers > 0);
    assert_eq!(first, day(1).await);
    assert_ne!(first, day(2).await);
}

#[tokio::test]
async fn the_last_operation_before_a_crash_is_done_and_none_after_it() {
    let (memory, process) = always(Plan {
        crash_after: Some(2),
        ..Plan::default()
    });
    let clone = process.clone();
    process.set("a", vec![1]).await.unwrap();
    assert!(!process.has_crashed());
    clone.set("a", vec![2]).await.unwrap();
    assert!(process.has_crashed());
    assert_eq!(process.set("a", vec![3]).await, crashed());
    assert_eq!(clone.get("a").await, crashed());
    assert_eq!(process.injected().after_crash, 2);
    let restarted = Faulty::over(memory, Plan::default());
    assert_eq!(restarted.get("a").await, Ok(Some(vec![2])));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crash_among_many_tasks_lets_exactly_so_many_operations_through() {
    for crash_after in [0, 1, 7, 50] {
        let (memory, process) = always(Plan {
            crash_after: Some(crash_after),
            delayed: 300,
            seed: crash_after,
            ..Plan::default()
        });
        let tasks = (0..100).map(|_| {
            let process = process.clone();
            tokio::spawn(async move { process.increment("n", 1).await })
        });
        let answers = join_all(tasks).await;
        let done = answers.iter().filter(|task| task.as_ref().unwrap().is_ok());
        assert_eq!(u64::try_from(done.count()).unwrap(), crash_after);
        assert_eq!(memory.counts().writes, crash_after);
        assert_eq!(process.injected().operations, crash_after);
    }
}

#[tokio::test]
async fn every_crash_point_is_visited_once() {
    let mut left = Vec::new();
    let points = for_each_crash_point(Memory::repeatable, async |memory, process| {
        for key in ["a", "b", "c"] {
            let _ = process.set(key, vec![1]).await;
        }
        left.push(memory.keys().len());
    });
    assert_eq!(points.await, 3);
    assert_eq!(left, [3, 0, 1, 2]);
}

/// Which shards and names are drawn decides how many operations a request takes.
#[tokio::test]
async fn a_repeatable_store_draws_the_same_numbers_in_every_run() {
    let drawn = || {
        let memory = Memory::repeatable();
        let other = Store::new(Faulty::over(memory.clone(), Plan::default()));
        let (first, second) = (Store::new(memory).random(), other.random());
        (first, second, other.secret().unwrap())
    };
    assert_eq!(drawn(), drawn());
    let (first, second, _) = drawn();
    assert_ne!(first, second, "processes share them");
    let usual = Memory::new();
    assert_ne!(usual.random(), usual.random());
}

/// Two documents that must change together do not: so the crash points can find what they are for.
#[tokio::test]
async fn a_crash_between_two_commits_is_found() {
    let mut torn = 0;
    for_each_crash_point(Memory::repeatable, async |memory, process| {
        let store = Store::new(process);
        if try_append(&store, "one", "x").await.is_ok() {
            let _ = try_append(&store, "two", "x").await;
        }
        let store = Store::new(memory);
        torn += usize::from(read(&store, "one").await != read(&store, "two").await);
    })
    .await;
    assert!(torn > 0);
}

/// Three appends to two lists, the process crashing at every point, by the register and by a swap.
#[tokio::test]
async fn what_was_acknowledged_before_a_crash_is_there_after_it_and_in_its_list() {
    for creation in [Creation::Register, Creation::Swap] {
        let fake = || Fake::with(Defect::None);
        let points = for_each_crash_point(fake, async |fake, process| {
            let over = |driver: Faulty| Store::new(driver).creating_by(creation);
            let first = over(process);
            let mut acknowledged = Vec::new();
            for (key, text) in [("a", "1"), ("b", "2"), ("a", "3")] {
                if try_append(&first, key, text).await.is_ok() {
                    acknowledged.push((key, text));
                }
            }
            let restarted = over(Faulty::over(fake, Plan::default()));
            for (key, text) in &acknowledged {
                assert!(read(&restarted, key).await.contains(&(*text).to_owned()));
            }
            // Whatever the crash left, both lists take more, and are listed once each.
            for key in ["a", "b"] {
                append(&restarted, key, "after").await;
                let texts = read(&restarted, key).await;
                assert_eq!(texts.iter().filter(|text| *text == "after").count(), 1);
            }
            let page = restarted
                .page::<Lists>("lists", rapport_store::log::Order::OldestFirst, None, 10)
                .await
                .unwrap();
            assert_eq!(page.items.len(), 2);
        });
        let points = points.await;
        assert!(points > 30, "{points} points");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_acknowledged_is_lost_on_a_rough_day_with_crashes() {
    let mut total = Injected::default();
    let mut crashes = 0;
    for seed in 0..20 {
        let memory = Memory::new();
        let tasks = (0..16_u64).map(|n| {
            let memory = memory.clone();
            tokio::spawn(async move {
                // Each task is a process of its own, and half of them crash.
                let plan = Plan {
                    crash_after: (n % 2 == 0).then_some(n + seed % 5),
                    ..Plan::rough(seed * 100 + n)
                };
                let process = Faulty::over(memory, plan);
                let store = Store::new(process.clone());
                let mut acknowledged = Vec::new();
                for round in 0..4 {
                    let text = format!("{n}.{round}");
                    if try_append(&store, "a", &text).await.is_ok() {
                        acknowledged.push(text);
                    }
                }
                (acknowledged, process)
            })
        });
        let done: Vec<_> = join_all(tasks)
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect();
        let kept = read(&Store::new(memory), "a").await;
        for (acknowledged, process) in done {
            for text in acknowledged {
                let times = kept.iter().filter(|kept| **kept == text).count();
                assert_eq!(times, 1, "seed {seed}: {text} is there {times} times");
            }
            let injected = process.injected();
            total.conflicts += injected.conflicts;
            total.lost_answers += injected.lost_answers;
            total.lost_races += injected.lost_races;
            total.overloaded += injected.overloaded;
            crashes += usize::from(process.has_crashed());
        }
    }
    assert!(total.conflicts > 0 && total.lost_answers > 0, "{total:?}");
    assert!(total.lost_races > 0 && total.overloaded > 0, "{total:?}");
    assert!(crashes > 20, "{crashes} crashes");
}
