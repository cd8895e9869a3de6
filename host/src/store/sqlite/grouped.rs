//! Group commit over a write-ahead log: many writers, one sync.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use anyhow::{Context as _, Result};
use rusqlite::Connection;
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;

use super::readers::Readers;
use super::writer::Job;
use super::{open, statements, stream, writer};
use crate::stats::Totals;
use crate::store::{Backend, Change, Changed, Failure, Keys, Label, Reply, now};

/// Pages in the log before it is copied into the database. SQLite's own default is 1,000; the copying takes syncs of
/// its own, and a longer log costs a reader hardly anything.
const LOG_PAGES: u32 = 4_000;

/// A writing thread, and readers beside it that see what is durable.
pub struct Grouped {
    jobs: Mutex<Option<Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    readers: Arc<Readers>,
    poisoned: Arc<AtomicBool>,
}

impl Grouped {
    /// Opens the database, or creates it, and starts the writing thread.
    pub fn open(path: &Path, totals: Arc<Totals>) -> Result<Self> {
        let connection = open(path, "WAL")?;
        connection.pragma_update_and_check(None, "wal_autocheckpoint", LOG_PAGES, |_| Ok(()))?;
        let (jobs, arriving) = channel();
        let poisoned = Arc::new(AtomicBool::new(false));
        let flag = poisoned.clone();
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || writer::run(connection, arriving, &flag, &totals))
            .context("cannot start the writing thread")?;
        Ok(Self {
            jobs: Mutex::new(Some(jobs)),
            thread: Mutex::new(Some(thread)),
            readers: Arc::new(Readers::new(path)),
            poisoned,
        })
    }

    fn read<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Failure> {
        if self.poisoned.load(Ordering::Acquire) {
            return Err(Failure::Poisoned);
        }
        Ok(self.readers.read(read)?)
    }
}

impl Backend for Grouped {
    fn get(&self, store: &Label, key: &str) -> Reply<Option<Vec<u8>>> {
        now(self.read(|connection| statements::get(connection, store, key)))
    }

    fn exists(&self, store: &Label, key: &str) -> Reply<bool> {
        now(self.read(|connection| statements::exists(connection, store, key)))
    }

    fn get_many(&self, store: &Label, keys: Vec<String>) -> Reply<Vec<(String, Vec<u8>)>> {
        now(self.read(|connection| statements::get_many(connection, store, keys)))
    }

    fn list(&self, store: &Label) -> Reply<Vec<String>> {
        now(self.read(|connection| statements::keys(connection, store)))
    }

    fn stream(&self, store: &Label) -> Keys {
        let (readers, store) = (self.readers.clone(), store.clone());
        let poisoned = self.poisoned.load(Ordering::Acquire);
        stream(move |take| match poisoned {
            true => Err(Failure::Poisoned),
            false => Ok(readers.read(|connection| statements::each_key(connection, &store, take))?),
        })
    }

    fn change(&self, store: &Label, change: Change) -> Reply<Changed> {
        let (reply, result) = oneshot::channel();
        let job = Job {
            store: store.clone(),
            change,
            reply,
        };
        let sent = match &*self.jobs.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(jobs) => jobs.send(job).is_ok(),
            None => false,
        };
        if !sent {
            return now(Err(Failure::Database("the store is closed".into())));
        }
        Box::pin(async move {
            result
                .await
                .unwrap_or_else(|_| Err(Failure::Database("the store is closed".into())))
        })
    }

    fn stream_locks(&self) -> bool {
        true
    }

    fn close(&self) -> Reply<()> {
        self.jobs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        self.readers.close();
        Box::pin(async move {
            match thread.map(|thread| spawn_blocking(|| thread.join())) {
                Some(joined) => match joined.await {
                    Ok(Ok(())) => Ok(()),
                    _ => Err(Failure::Database("the writing thread has failed".into())),
                },
                None => Ok(()),
            }
        })
    }
}
