//! One write, one sync: what Spin does. Here to measure against, and to prove that grouping changes nothing else.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use rusqlite::Connection;
use tokio::task::block_in_place;

use super::{open, statements, stream};
use crate::stats::Totals;
use crate::store::{Backend, Change, Changed, Failure, Keys, Label, Reply, now};

/// One connection that does everything, with a rollback journal.
pub struct Single {
    shared: Arc<Shared>,
    totals: Arc<Totals>,
}

struct Shared {
    connection: Mutex<Connection>,
    poisoned: AtomicBool,
}

impl Shared {
    fn connection(&self) -> Result<MutexGuard<'_, Connection>, Failure> {
        let connection = self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if self.poisoned.load(Ordering::Acquire) {
            Err(Failure::Poisoned)
        } else {
            Ok(connection)
        }
    }
}

impl Single {
    /// Opens the database, or creates it.
    pub fn open(path: &Path, totals: Arc<Totals>) -> Result<Self> {
        let connection = Mutex::new(open(path, "DELETE")?);
        Ok(Self {
            shared: Arc::new(Shared {
                connection,
                poisoned: AtomicBool::new(false),
            }),
            totals,
        })
    }

    fn read<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Failure> {
        block_in_place(|| Ok(read(&*self.shared.connection()?)?))
    }
}

impl Backend for Single {
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
        let (shared, store) = (self.shared.clone(), store.clone());
        stream(move |take| Ok(statements::each_key(&*shared.connection()?, &store, take)?))
    }

    fn change(&self, store: &Label, change: Change) -> Reply<Changed> {
        now(block_in_place(|| {
            let mut connection = self.shared.connection()?;
            let before = connection.total_changes();
            let transaction = connection.transaction()?;
            let result = statements::change(&transaction, store, &change);
            if result == Err(Failure::Poisoned) {
                self.shared.poisoned.store(true, Ordering::Release);
            }
            let changed = result?;
            transaction.commit()?;
            if connection.total_changes() > before {
                self.totals.syncs.fetch_add(1, Ordering::Relaxed);
            }
            Ok(changed)
        }))
    }

    fn stream_locks(&self) -> bool {
        // The lock is the connection itself.
        false
    }

    fn close(&self) -> Reply<()> {
        now(Ok(()))
    }
}
