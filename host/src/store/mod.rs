//! The key-value store behind the guests.
//!
//! - [`sqlite`]: Spin's table in Spin's file, with its meaning; made durable in groups, or one write at a time
//! - [`memory`]: the same meaning, kept in memory
//! - [`crash`]: any of them, and the end of the process after so many operations
//!
//! [`Backend`] is the seam: another database, or one that fails on purpose, is another implementation of it. A guest
//! never speaks to a backend but to a [`Database`], which adds what all guests share.

pub mod crash;
pub mod memory;
pub mod sqlite;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Notify, mpsc, oneshot};

/// The label of a store: the first half of every key.
pub type Label = Arc<str>;

/// What a store operation comes to, once it has.
pub type Reply<T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send>>;

/// Why a store operation failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// An increment met a value that is no counter, and the store is closed for as long as the process lives: what
    /// Spin's SQLite store does, whose lock is poisoned by the panic.
    #[error(
        "the store is unusable since an increment met a value that is no counter; restart to use it again"
    )]
    Poisoned,
    /// The database said no.
    #[error("{0}")]
    Database(String),
}

/// One change to a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Sets a value whatever was there.
    Set {
        /// The key.
        key: String,
        /// Its new value.
        value: Vec<u8>,
    },
    /// Removes a key, if it is there.
    Delete {
        /// The key.
        key: String,
    },
    /// Sets several values, all or none.
    SetMany(Vec<(String, Vec<u8>)>),
    /// Removes several keys, as far as they are there.
    DeleteMany(Vec<String>),
    /// Adds to a counter of 8 bytes, little-endian; an absent one is 0. The sum wraps.
    Increment {
        /// The key.
        key: String,
        /// What to add.
        delta: i64,
    },
    /// Sets a value if the present one is `old`. With no `old`, **unconditionally**: what Spin's SQLite store does
    /// for a handle that has read nothing or has found the key absent.
    Swap {
        /// The key.
        key: String,
        /// The value that the handle remembers.
        old: Option<Vec<u8>>,
        /// Its new value.
        new: Vec<u8>,
    },
}

/// What a [`Change`] came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// Done; nothing to tell.
    Done,
    /// The counter's new value.
    Counter(i64),
    /// Whether the swap found what it remembered.
    Swapped(bool),
}

/// The keys of a store as they are read, and how the reading ended.
pub struct Keys {
    /// The keys, in no particular order.
    pub keys: mpsc::Receiver<String>,
    /// Sent once, after the last key.
    pub end: oneshot::Receiver<Result<(), Failure>>,
}

/// A database that keeps stores.
///
/// What a reply reports is durable: a change that has been answered, and anything that a read has shown, survives a
/// crash (as far as the backend promises durability at all).
pub trait Backend: Send + Sync + 'static {
    /// The value of a key.
    fn get(&self, store: &Label, key: &str) -> Reply<Option<Vec<u8>>>;
    /// Whether a key is there.
    fn exists(&self, store: &Label, key: &str) -> Reply<bool>;
    /// The values of those keys that are there; absent ones are left out, and each is told once.
    fn get_many(&self, store: &Label, keys: Vec<String>) -> Reply<Vec<(String, Vec<u8>)>>;
    /// All keys.
    fn list(&self, store: &Label) -> Reply<Vec<String>>;
    /// All keys, as they are read.
    fn stream(&self, store: &Label) -> Keys;
    /// Makes a change.
    fn change(&self, store: &Label, change: Change) -> Reply<Changed>;
    /// Whether everything else waits while a [`stream`](Self::stream) is open, as on Spin's SQLite, where one
    /// connection does everything and is locked meanwhile.
    fn stream_locks(&self) -> bool;
    /// Ends: what was accepted is finished, and the files are left as another program would like to find them.
    fn close(&self) -> Reply<()>;
}

/// A backend as all guests of a process share it.
pub struct Database {
    backend: Box<dyn Backend>,
    streams: Arc<Streams>,
}

/// The streams of keys that are open, for a backend that they lock.
#[derive(Default)]
struct Streams {
    open: AtomicUsize,
    closed: Notify,
}

impl Database {
    /// Shares a backend.
    pub fn new(backend: impl Backend) -> Arc<Self> {
        Arc::new(Self {
            backend: Box::new(backend),
            streams: Arc::default(),
        })
    }

    /// The backend, once no stream of keys locks it.
    pub async fn backend(&self) -> &dyn Backend {
        while self.streams.open.load(Ordering::Acquire) > 0 {
            let closed = self.streams.closed.notified();
            if self.streams.open.load(Ordering::Acquire) == 0 {
                break;
            }
            closed.await;
        }
        &*self.backend
    }

    /// All keys of a store, as they are read. While the reader is behind, a backend that
    /// [locks](Backend::stream_locks) serves nobody else.
    pub async fn stream(&self, store: &Label) -> Keys {
        let mut inner = self.backend().await.stream(store);
        if !self.backend.stream_locks() {
            return inner;
        }
        let (to, keys) = mpsc::channel(4);
        let (tell, end) = oneshot::channel();
        let lock = StreamLock::new(&self.streams);
        tokio::spawn(async move {
            while let Some(key) = inner.keys.recv().await {
                if to.send(key).await.is_err() {
                    break;
                }
            }
            drop(inner.keys);
            let result = inner
                .end
                .await
                .unwrap_or_else(|_| Err(Failure::Database("the listing was given up".into())));
            drop(lock);
            let _ = tell.send(result);
        });
        Keys { keys, end }
    }

    /// See [`Backend::close`].
    pub async fn close(&self) -> Result<(), Failure> {
        self.backend.close().await
    }
}

struct StreamLock(Arc<Streams>);

impl StreamLock {
    fn new(streams: &Arc<Streams>) -> Self {
        streams.open.fetch_add(1, Ordering::AcqRel);
        Self(streams.clone())
    }
}

impl Drop for StreamLock {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::AcqRel);
        self.0.closed.notify_waiters();
    }
}

/// A reply that is there already.
fn now<T: Send + 'static>(result: Result<T, Failure>) -> Reply<T> {
    Box::pin(std::future::ready(result))
}

/// What an increment makes of a counter's bytes; `None` if they are no counter. The arithmetic of Spin's release build.
fn add(counter: Option<Vec<u8>>, delta: i64) -> Option<i64> {
    let now = match counter {
        Some(bytes) => i64::from_le_bytes(bytes.try_into().ok()?),
        None => 0,
    };
    Some(now.wrapping_add(delta))
}

#[cfg(test)]
pub(crate) mod meaning;
