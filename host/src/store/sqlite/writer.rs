//! The thread that writes. It takes what has arrived, makes it one transaction, syncs once, and only then answers.
//!
//! A change of a group is on its own all the same: one that fails is undone by itself, and its neighbours stand. Only
//! when the transaction as a whole is lost (the disk is full, say) do all of the group fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{statements, turns};
use crate::stats::Totals;
use crate::store::{Change, Changed, Failure, Label};

/// The most changes that one transaction takes, so that the first of them is not kept waiting for ever.
const GROUP: usize = 1024;

/// A change on its way to the disk.
pub struct Job {
    /// The store to change.
    pub store: Label,
    /// The change.
    pub change: Change,
    /// Where to say how it went.
    pub reply: oneshot::Sender<Result<Changed, Failure>>,
}

/// Writes what arrives until nobody can send any more, then leaves the log empty.
pub fn run(
    mut connection: Connection,
    jobs: Receiver<Job>,
    poisoned: &AtomicBool,
    totals: &Arc<Totals>,
) {
    turns::wait_for_turns();
    let mut group = Vec::new();
    while let Ok(first) = jobs.recv() {
        let results = commit(&mut connection, first, &jobs, &mut group, poisoned, totals);
        for (reply, result) in group.drain(..).zip(results) {
            // Nobody waits for it if the request has ended meanwhile; it is durable all the same.
            let _ = reply.send(result);
        }
    }
    if let Err(error) =
        connection.pragma_update_and_check(None, "wal_checkpoint", "TRUNCATE", |_| Ok(()))
    {
        tracing::warn!("the write-ahead log could not be emptied: {error}");
    }
}

type Replies = Vec<oneshot::Sender<Result<Changed, Failure>>>;

/// One transaction: `first`, and whatever has arrived until it is done. Answers with a result for each reply in `group`.
fn commit(
    connection: &mut Connection,
    first: Job,
    jobs: &Receiver<Job>,
    group: &mut Replies,
    poisoned: &AtomicBool,
    totals: &Totals,
) -> Vec<Result<Changed, Failure>> {
    let mut results = Vec::new();
    let before = connection.total_changes();
    let mut lost = execute(connection, "BEGIN IMMEDIATE").err();
    let mut next = Some(first);
    while let Some(job) = next {
        group.push(job.reply);
        results.push(match &lost {
            Some(failure) => Err(failure.clone()),
            None if poisoned.load(Ordering::Acquire) => Err(Failure::Poisoned),
            None => apply(connection, &job.store, &job.change),
        });
        match results.last() {
            Some(Err(Failure::Poisoned)) => poisoned.store(true, Ordering::Release),
            // SQLite gives up a transaction by itself after some errors; then everything in it is gone.
            Some(Err(failure)) if lost.is_none() && connection.is_autocommit() => {
                lost = Some(failure.clone())
            }
            _ => {}
        }
        next = if group.len() < GROUP {
            jobs.try_recv().ok()
        } else {
            None
        };
    }
    let failure = match lost {
        Some(failure) => Some(failure),
        None => execute(connection, "COMMIT").err(),
    };
    if let Some(failure) = failure {
        tracing::error!(
            "a group of {} changes could not be written: {failure}",
            group.len()
        );
        if !connection.is_autocommit() {
            let _ = execute(connection, "ROLLBACK");
        }
        for result in results
            .iter_mut()
            .filter(|result| **result != Err(Failure::Poisoned))
        {
            *result = Err(failure.clone());
        }
    } else if connection.total_changes() > before {
        totals.syncs.fetch_add(1, Ordering::Relaxed);
    }
    results
}

fn apply(connection: &Connection, store: &str, change: &Change) -> Result<Changed, Failure> {
    if !statements::has_parts(change) {
        // A single statement undoes itself when it fails.
        return statements::change(connection, store, change);
    }
    execute(connection, "SAVEPOINT one")?;
    let result = statements::change(connection, store, change);
    if result.is_err() {
        execute(connection, "ROLLBACK TO one")?;
    }
    execute(connection, "RELEASE one")?;
    result
}

fn execute(connection: &Connection, statement: &str) -> Result<(), Failure> {
    connection.prepare_cached(statement)?.execute([])?;
    Ok(())
}
