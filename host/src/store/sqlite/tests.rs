//! The meaning, on both SQLite backends, and what is particular to files: durability, groups, one file for both.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rusqlite::Connection;
use tempfile::TempDir;

use super::{FILE, Grouped, Single};
use crate::stats::Totals;
use crate::store::{Backend as _, Change, Changed, Database, Failure, Label, meaning};

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn grouped(folder: &TempDir) -> (Grouped, Arc<Totals>) {
    let totals = Arc::new(Totals::default());
    (
        Grouped::open(&folder.path().join(FILE), totals.clone()).unwrap(),
        totals,
    )
}

fn single(folder: &TempDir) -> (Single, Arc<Totals>) {
    let totals = Arc::new(Totals::default());
    (
        Single::open(&folder.path().join(FILE), totals.clone()).unwrap(),
        totals,
    )
}

fn set(key: String, value: &[u8]) -> Change {
    Change::Set {
        key,
        value: value.into(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_mean_what_spins_store_means() {
    let folders = (folder(), folder());
    meaning::holds(&Database::new(grouped(&folders.0).0)).await;
    meaning::holds(&Database::new(single(&folders.1).0)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_counter_ends_both() {
    let folders = (folder(), folder());
    meaning::a_bad_counter_ends_everything(&Database::new(grouped(&folders.0).0)).await;
    meaning::a_bad_counter_ends_everything(&Database::new(single(&folders.1).0)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_open_stream_locks_both() {
    let folders = (folder(), folder());
    meaning::an_open_stream_locks_everything(&Database::new(grouped(&folders.0).0)).await;
    meaning::an_open_stream_locks_everything(&Database::new(single(&folders.1).0)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_is_spins() {
    let folder = folder();
    let (backend, _) = single(&folder);
    let store: Label = "default".into();
    backend.change(&store, set("a".into(), b"1")).await.unwrap();
    backend.close().await.unwrap();
    drop(backend);

    // One that Spin has written is read by the default, and the other way round.
    let (backend, _) = grouped(&folder);
    assert_eq!(backend.get(&store, "a").await, Ok(Some(b"1".to_vec())));
    backend.change(&store, set("b".into(), b"2")).await.unwrap();
    backend.close().await.unwrap();
    drop(backend);
    let left: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, [FILE], "a graceful stop leaves one file");

    let plain = Connection::open(folder.path().join(FILE)).unwrap();
    let rows: Vec<(String, String, Vec<u8>)> = plain
        .prepare("SELECT store, key, value FROM spin_key_value ORDER BY key")
        .unwrap()
        .query_map([], |row| row.try_into())
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let row = |key: &str, value: &[u8]| ("default".to_owned(), key.to_owned(), value.to_vec());
    assert_eq!(rows, [row("a", b"1"), row("b", b"2")]);
}

/// What is on the disk when a change has been answered, as a crash at that moment would leave it.
fn as_after_a_crash(folder: &Path, key: &str) -> Option<Vec<u8>> {
    let copy = tempfile::tempdir().unwrap();
    for name in [FILE.to_owned(), format!("{FILE}-wal")] {
        let _ = std::fs::copy(folder.join(&name), copy.path().join(&name));
    }
    let connection = Connection::open(copy.path().join(FILE)).unwrap();
    connection
        .query_row(
            "SELECT value FROM spin_key_value WHERE key=?1",
            [key],
            |row| row.get(0),
        )
        .ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_answered_is_in_the_files() {
    let folder = folder();
    let (backend, _) = grouped(&folder);
    let store: Label = "default".into();
    for n in 0..20i64 {
        let counted = backend
            .change(
                &store,
                Change::Increment {
                    key: "n".into(),
                    delta: 1,
                },
            )
            .await;
        assert_eq!(counted, Ok(Changed::Counter(n + 1)));
        assert_eq!(
            as_after_a_crash(folder.path(), "n"),
            Some((n + 1).to_le_bytes().to_vec())
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_is_in_the_files() {
    let folder = folder();
    let (backend, _) = grouped(&folder);
    let backend = Arc::new(backend);
    let store: Label = "default".into();
    let writing = {
        let (backend, store) = (backend.clone(), store.clone());
        tokio::spawn(async move {
            for n in 0..300u64 {
                backend
                    .change(&store, set("n".into(), &n.to_le_bytes()))
                    .await
                    .unwrap();
            }
        })
    };
    let number =
        |value: Option<Vec<u8>>| value.map(|bytes| u64::from_le_bytes(bytes.try_into().unwrap()));
    while !writing.is_finished() {
        let read = number(backend.get(&store, "n").await.unwrap());
        assert!(
            number(as_after_a_crash(folder.path(), "n")) >= read,
            "a reader saw {read:?} before the disk did"
        );
    }
    writing.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_share_syncs_and_one_at_a_time_does_not() {
    let store: Label = "default".into();
    let here = folder();
    let (backend, totals) = grouped(&here);
    let all = (0..500).map(|n| backend.change(&store, set(format!("k{n}"), b"v")));
    for changed in futures::future::join_all(all).await {
        assert_eq!(changed, Ok(Changed::Done));
    }
    let syncs = totals.syncs.load(Ordering::Relaxed);
    assert!(
        (1..=250).contains(&syncs),
        "500 changes at once took {syncs} syncs"
    );
    assert_eq!(backend.list(&store).await.unwrap().len(), 500);

    let here = folder();
    let (backend, totals) = single(&here);
    for n in 0..20 {
        backend
            .change(&store, set(format!("k{n}"), b"v"))
            .await
            .unwrap();
    }
    assert_eq!(totals.syncs.load(Ordering::Relaxed), 20);
}

/// The scheduling policies of this process's writing threads, as `proc_pid_stat(5)` numbers them.
#[cfg(target_os = "linux")]
fn policies_of_writers() -> Vec<u32> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    // Threads of other tests may end meanwhile.
    let stats =
        tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("stat")).ok());
    let writers = stats.filter_map(|stat| {
        let (_, after_name) = stat.split_once("(store-writer) ")?;
        // The policy is field 41, and what follows the name begins with field 3.
        after_name.split(' ').nth(41 - 3)?.parse().ok()
    });
    writers.collect()
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn the_writing_thread_waits_for_its_turns() {
    const SCHED_BATCH: u32 = 3;
    let here = folder();
    let (backend, _) = grouped(&here);
    let written = backend.change(&"default".into(), set("k".to_owned(), b"v"));
    written.await.unwrap();
    let policies = policies_of_writers();
    assert!(policies.contains(&SCHED_BATCH), "{policies:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_swap_costs_no_sync() {
    let folder = folder();
    let (backend, totals) = grouped(&folder);
    let swap = Change::Swap {
        key: "absent".into(),
        old: Some(b"x".to_vec()),
        new: b"y".to_vec(),
    };
    assert_eq!(
        backend.change(&"default".into(), swap).await,
        Ok(Changed::Swapped(false))
    );
    assert_eq!(totals.syncs.load(Ordering::Relaxed), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_fails_spoils_no_neighbour() {
    let folder = folder();
    let (backend, _) = grouped(&folder);
    // A trigger stands in for whatever may go wrong with one row.
    let plain = Connection::open(folder.path().join(FILE)).unwrap();
    plain
        .execute_batch(
            "CREATE TRIGGER no BEFORE INSERT ON spin_key_value WHEN NEW.key = 'bad'
             BEGIN SELECT RAISE(ABORT, 'not this one'); END",
        )
        .unwrap();
    let store: Label = "default".into();
    let pairs = ["half", "bad", "other half"]
        .map(|key| (key.to_owned(), b"v".to_vec()))
        .to_vec();
    let all = [
        set("before".into(), b"1"),
        set("bad".into(), b"2"),
        Change::SetMany(pairs),
        Change::Increment {
            key: "n".into(),
            delta: 1,
        },
        set("after".into(), b"3"),
    ];
    let results =
        futures::future::join_all(all.into_iter().map(|change| backend.change(&store, change)))
            .await;
    let refused = |result: &Result<Changed, Failure>| matches!(result, Err(Failure::Database(why)) if why.contains("not this one"));
    assert_eq!(results[0], Ok(Changed::Done));
    assert!(refused(&results[1]), "{results:?}");
    assert!(refused(&results[2]), "{results:?}");
    assert_eq!(results[3], Ok(Changed::Counter(1)));
    assert_eq!(results[4], Ok(Changed::Done));
    let mut keys = backend.list(&store).await.unwrap();
    keys.sort();
    assert_eq!(keys, ["after", "before", "n"], "all or none of several");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_before_a_bad_counter_stands() {
    let folder = folder();
    let (backend, _) = grouped(&folder);
    let store: Label = "default".into();
    let all = [
        set("doc".into(), b"{}"),
        Change::Increment {
            key: "doc".into(),
            delta: 1,
        },
        set("late".into(), b""),
    ];
    let results =
        futures::future::join_all(all.into_iter().map(|change| backend.change(&store, change)))
            .await;
    assert_eq!(
        results,
        [
            Ok(Changed::Done),
            Err(Failure::Poisoned),
            Err(Failure::Poisoned)
        ]
    );
    assert_eq!(
        as_after_a_crash(folder.path(), "doc").as_deref(),
        Some(&b"{}"[..])
    );
    assert_eq!(as_after_a_crash(folder.path(), "late"), None);
    backend.close().await.unwrap();
    drop(backend);

    // The next process finds everything in order.
    let (backend, _) = grouped(&folder);
    assert_eq!(backend.get(&store, "doc").await, Ok(Some(b"{}".to_vec())));
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_finishes_what_was_accepted() {
    let folder = folder();
    let (backend, _) = grouped(&folder);
    let store: Label = "default".into();
    let pending: Vec<_> = (0..200)
        .map(|n| backend.change(&store, set(format!("k{n}"), b"v")))
        .collect();
    tokio::time::timeout(Duration::from_secs(20), backend.close())
        .await
        .unwrap()
        .unwrap();
    for reply in pending {
        assert_eq!(reply.await, Ok(Changed::Done));
    }
    let refused = backend.change(&store, set("late".into(), b"")).await;
    assert!(matches!(refused, Err(Failure::Database(_))), "{refused:?}");
}
