//! No write reaches a backend that breaks a promise, and none is lost to a choice made twice.
#![allow(
    clippy::unwrap_used,
    clippy::unreachable,
    clippy::arithmetic_side_effects
)]

use crate::common::{Lists, append, now, read};
use crate::fakes::{Defect, Fake};
use futures::future::join_all;
use rapport_store::faulty::{Faulty, Plan, for_each_crash_point};
use rapport_store::probe::AGAIN_MILLIS;
use rapport_store::{
    Change, Creation, Driver, DriverError, Key, Nothing, Probe, Promise, Request, Store,
    StoreError, UpdateError,
};

/// Writes `text` as the only entry of the list at `key`.
async fn write(store: &Store, key: &str, text: &str) -> Result<(), StoreError> {
    let (key, request) = (Key::of(key), Request::plain(now(), &Nothing));
    let written = store.update::<Lists, (), ()>(&key, request, |_| {
        Ok(Change::Commit {
            value: vec![text.to_owned()],
            effects: Vec::new(),
            answer: (),
        })
    });
    match written.await {
        Err(UpdateError::Store(error)) => Err(error),
        other => {
            other.unwrap();
            Ok(())
        }
    }
}

#[tokio::test]
async fn each_known_defect_is_caught_by_name() {
    let cases = [
        (
            Defect::SwapDeniesItsWrite,
            vec![Promise::SwapReplaces, Promise::CountersRead],
        ),
        (Defect::SwapOverwrites, vec![Promise::SwapRefusesChanged]),
        (
            Defect::SwapNeverReplaces,
            vec![Promise::SwapReplaces, Promise::CountersRead],
        ),
        (Defect::NumbersTwice, vec![Promise::IncrementsApart]),
        (Defect::CountersHidden, vec![Promise::CountersRead]),
        (Defect::CountersInText, vec![Promise::CountersRead]),
        (
            Defect::NoAtomics,
            vec![
                Promise::SwapRefusesChanged,
                Promise::SwapReplaces,
                Promise::IncrementsApart,
                Promise::CountersRead,
            ],
        ),
    ];
    for (defect, expected) in cases {
        let store = Store::new(Fake::with(defect));
        assert_eq!(
            store.probe().await,
            Ok(Probe::Failed(expected.clone())),
            "{defect:?}"
        );
        assert_eq!(
            write(&store, "a", "x").await,
            Err(StoreError::Unsafe {
                promise: *expected.first().unwrap()
            }),
            "{defect:?}"
        );
    }
}

#[tokio::test]
async fn stale_reads_are_caught() {
    let store = Store::new(Fake::with(Defect::StaleReads));
    // Which other tries a stale answer spoils depends on the order in which they read.
    let Ok(Probe::Failed(broken)) = store.probe().await else {
        unreachable!("it passed");
    };
    assert_eq!(broken.first(), Some(&Promise::ReadsOwnWrites));
}

#[tokio::test]
async fn a_store_that_is_not_safe_takes_no_document_and_can_be_read() {
    let healthy = Fake::with(Defect::None);
    append(&Store::new(healthy.clone()), "a", "x").await;
    // So that the probe runs again.
    healthy
        .set("probe:fake:1", b"unreadable".to_vec())
        .await
        .unwrap();
    let store = Store::new(healthy.turned(Defect::SwapOverwrites));
    let documents = |fake: &Fake| {
        let mut all = fake.contents();
        all.retain(|(key, _)| !key.starts_with("probe:"));
        all
    };
    let before = documents(&healthy);
    assert!(write(&store, "a", "y").await.is_err());
    assert!(write(&store, "b", "y").await.is_err());
    assert_eq!(documents(&healthy), before);
    assert_eq!(read(&store, "a").await, ["x"]);
}

#[tokio::test]
async fn a_bad_result_is_known_for_a_while_and_never_kept() {
    let broken = Fake::with(Defect::SwapOverwrites);
    let process = Faulty::over(broken.clone(), Plan::default());
    let store = Store::new(process.clone());
    assert!(write(&store, "a", "x").await.is_err());
    let operations = process.injected().operations;
    assert!(write(&store, "a", "x").await.is_err());
    assert_eq!(process.injected().operations, operations);
    broken.wait(AGAIN_MILLIS.into());
    assert!(write(&store, "a", "x").await.is_err());
    assert!(process.injected().operations > operations);
    // An instance that finds it mended passes.
    let mended = Store::new(broken.turned(Defect::None));
    assert_eq!(write(&mended, "a", "x").await, Ok(()));
}

#[tokio::test]
async fn a_backend_that_asks_for_patience_or_does_not_answer_is_not_called_unsafe() {
    for (defect, error) in [
        (
            Defect::Overloaded,
            DriverError::Overloaded("too many requests".to_owned()),
        ),
        (
            Defect::Unreachable,
            DriverError::Failed("no route to host".to_owned()),
        ),
    ] {
        let fake = Fake::with(defect);
        let store = Store::new(fake.clone());
        let expected = StoreError::Driver(error);
        assert_eq!(store.probe().await, Err(expected.clone()));
        assert_eq!(write(&store, "a", "x").await, Err(expected));
        assert_eq!(fake.contents(), []);
    }
}

#[tokio::test]
async fn the_first_write_of_the_first_instance_probes_and_that_of_each_later_one_reads_once() {
    let fake = Fake::with(Defect::CreationOverwrites);
    let write_counted = async || {
        let process = Faulty::over(fake.clone(), Plan::default());
        let store = Store::new(process.clone());
        write(&store, "a", "x").await.unwrap();
        let first = process.injected().operations;
        write(&store.clone(), "a", "x").await.unwrap();
        (first, process.injected().operations.checked_sub(first))
    };
    let (first, _) = write_counted().await;
    assert!(first > 20, "{first} operations: there was no probe");
    // The kept result, open, swap; then open, swap.
    assert_eq!(write_counted().await, (3, Some(2)));
}

#[tokio::test]
async fn reads_and_dry_runs_do_not_probe() {
    let fake = Fake::with(Defect::NoAtomics);
    let store = Store::new(fake.clone());
    assert!(read(&store, "a").await.is_empty());
    let request = Request::<Lists> {
        dry_run: true,
        ..Request::plain(now(), &Nothing)
    };
    let dry = store
        .update::<_, u8, ()>(&Key::of("a"), request, |_| {
            Ok(Change::Commit {
                value: Vec::new(),
                effects: Vec::new(),
                answer: 7,
            })
        })
        .await;
    assert_eq!(dry.unwrap().answer, 7);
    assert_eq!(fake.contents(), []);
}

#[tokio::test]
async fn documents_are_created_by_a_swap_where_the_driver_claims_it_and_it_is_true() {
    let creation = async |fake: Fake| Store::new(fake).probe().await;
    assert_eq!(
        creation(Fake::with(Defect::None).claiming()).await,
        Ok(Probe::Passed(Creation::Swap))
    );
    // One lucky try proves nothing.
    assert_eq!(
        creation(Fake::with(Defect::None)).await,
        Ok(Probe::Passed(Creation::Register))
    );
    assert_eq!(
        creation(Fake::with(Defect::CreationOverwrites).claiming()).await,
        Ok(Probe::Passed(Creation::Register))
    );
}

#[tokio::test]
async fn a_creation_by_swap_has_no_register() {
    let fake = Fake::with(Defect::None).claiming();
    let store = Store::new(fake.clone());
    append(&store, "a", "x").await;
    assert_eq!(read(&store, "a").await, ["x"]);
    let keys = fake.contents().into_iter().map(|(key, _)| key);
    assert_eq!(keys.filter(|key| key.starts_with("b:")).count(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_instances_that_probe_a_healthy_store_at_once_all_pass_and_agree() {
    for round in 0..20 {
        let fake = Fake::with(Defect::None);
        // Half of them could create by a swap, half could not: as if they had measured differently.
        let probes = (0..32).map(|instance| {
            let fake = if instance % 2 == round % 2 {
                fake.clone().claiming()
            } else {
                fake.turned(Defect::CreationOverwrites)
            };
            tokio::spawn(async move { Store::new(fake).probe().await.unwrap() })
        });
        let found: Vec<Probe> = join_all(probes)
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect();
        let passed: Vec<_> = found
            .iter()
            .filter(|probe| matches!(probe, Probe::Passed(_)))
            .collect();
        match passed.first().unwrap() {
            // Where a swap was chosen, those for whom it does not hold must not write at all.
            Probe::Passed(Creation::Swap) => assert!(found.iter().all(|probe| {
                *probe == Probe::Passed(Creation::Swap)
                    || *probe == Probe::Failed(vec![Promise::SwapCreatesOnce])
            })),
            _ => assert!(
                found
                    .iter()
                    .all(|probe| *probe == Probe::Passed(Creation::Register))
            ),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_first_instances_write_at_once_and_nothing_is_lost() {
    for claims in [false, true] {
        let fake = Fake::with(if claims {
            Defect::None
        } else {
            Defect::CreationOverwrites
        });
        let fake = if claims { fake.claiming() } else { fake };
        let writes = (0..32).map(|n| {
            let store = Store::new(fake.clone());
            tokio::spawn(async move { append(&store, "a", &n.to_string()).await })
        });
        for written in join_all(writes).await {
            written.unwrap();
        }
        assert_eq!(read(&Store::new(fake), "a").await.len(), 32);
    }
}

#[tokio::test]
async fn a_choice_stays_whatever_a_later_version_finds() {
    let fake = Fake::with(Defect::None);
    append(&Store::new(fake.clone()), "a", "x").await;
    // As a later version of the probe, or of the driver, would find it: no result, and a claim.
    fake.set("probe:fake:1", Vec::new()).await.unwrap();
    let later = Store::new(fake.claiming());
    assert_eq!(later.probe().await, Ok(Probe::Passed(Creation::Register)));
}

#[tokio::test]
async fn a_store_whose_documents_are_created_by_swap_takes_no_writes_where_that_overwrites() {
    let fake = Fake::with(Defect::None).claiming();
    append(&Store::new(fake.clone()), "a", "x").await;
    fake.set("probe:fake:1", Vec::new()).await.unwrap();
    let moved = Store::new(fake.turned(Defect::CreationOverwrites));
    assert_eq!(
        write(&moved, "a", "y").await,
        Err(StoreError::Unsafe {
            promise: Promise::SwapCreatesOnce
        })
    );
}

#[tokio::test]
async fn a_probe_that_crashes_at_any_point_is_made_again_and_chooses_the_same() {
    let points = for_each_crash_point(
        || Fake::with(Defect::None).claiming(),
        async |fake, process| {
            let crashed = Store::new(process).probe().await;
            let choice = Store::new(fake.clone()).probe().await.unwrap();
            assert_eq!(choice, Probe::Passed(Creation::Swap));
            if let Ok(found) = crashed {
                assert_eq!(found, choice);
            }
            // And an instance that cannot claim it is kept from writing by what is kept, even so.
            let kept = Store::new(fake.turned(Defect::CreationOverwrites));
            assert_eq!(kept.probe().await, Ok(choice));
        },
    );
    assert!(points.await > 20);
}

#[tokio::test]
async fn a_bad_day_is_not_taken_for_a_broken_promise() {
    let (mut passed, mut unknown) = (0, 0);
    for seed in 0..600 {
        let fake = Fake::with(Defect::CreationOverwrites);
        let plan = Plan {
            overloaded: if seed % 2 == 0 { 0 } else { 5 },
            ..Plan::rough(seed)
        };
        match Store::new(Faulty::over(fake, plan)).probe().await {
            Ok(Probe::Passed(_)) => passed += 1,
            Ok(Probe::Failed(broken)) => unreachable!("seed {seed}: {broken:?}"),
            Err(_) => unknown += 1,
        }
    }
    assert!(
        passed > 100 && unknown > 100,
        "{passed} passed, {unknown} not"
    );
}
