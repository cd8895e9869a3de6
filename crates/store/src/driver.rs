//! What a backend must offer, and how it fails.

use std::any::Any;

use async_trait::async_trait;
use futures_util::future::try_join_all;

use crate::creation::Creation;

/// A key-value backend.
///
/// Keys are `[a-z0-9:._-]`, at most 200 bytes; values at most 300 KB. Both are kept by this crate.
#[async_trait]
pub trait Driver: Send + Sync {
    /// Its name in health answers and logs, such as `kv`.
    fn name(&self) -> &'static str;

    /// The value at `key` now.
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, DriverError>;

    /// The values at `keys` now, in the order of `keys`. One trip where the backend can; else so many reads at once.
    async fn get_many(&self, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, DriverError> {
        try_join_all(keys.iter().map(|key| self.get(key))).await
    }

    /// The value at `key` now, held so that [`Driver::swap`] can replace just this one.
    async fn open(&self, key: &str) -> Result<Snapshot, DriverError>;

    /// Replaces what `snapshot` saw. Whoever opened an absent key must expect that the swap overwrites:
    /// it does on Spin's SQLite.
    async fn swap(&self, snapshot: Snapshot, value: Vec<u8>) -> Result<Swapped, DriverError>;

    /// Writes `value` at `key`, whatever is there.
    async fn set(&self, key: &str, value: Vec<u8>) -> Result<(), DriverError>;

    /// Adds `delta` to the counter at `key` (absent is 0) and answers the sum. Atomic.
    async fn increment(&self, key: &str, delta: i64) -> Result<i64, DriverError>;

    /// The number in a counter's bytes: backends differ in how they write one.
    fn decode_counter(&self, bytes: &[u8]) -> Option<i64>;

    /// A counter's bytes, as [`Driver::increment`] would write them.
    fn encode_counter(&self, number: i64) -> Vec<u8>;

    /// Whether a swap on a key that was absent when it was opened fails once somebody else has created it, by what is known of
    /// the backend. The probe takes no driver's word for it, but it asks none that does not claim it: on Spin's SQLite one
    /// lucky try would lose documents.
    fn creates_by_swap(&self) -> bool {
        false
    }

    /// How documents are created on a backend whose promises need no probe. Only a backend that is part of the test itself
    /// may say so.
    fn assured(&self) -> Option<Creation> {
        None
    }

    /// Waits.
    async fn pause(&self, millis: u64);

    /// Milliseconds since some fixed moment, never going back.
    fn elapsed_millis(&self) -> u64;

    /// 64 random bits that nobody can guess: the platform's. Only a backend that is part of a test has others.
    fn random(&self) -> Result<u64, DriverError> {
        platform_random()
    }

    /// Milliseconds since 1970 by the platform's clock. Only the age of a log's holes is told by it: what
    /// requests mean by "now" is passed down to them.
    fn wall_millis(&self) -> i64 {
        wall_millis()
    }
}

/// 64 bits of the platform's randomness; an error where it has none to give.
pub(crate) fn platform_random() -> Result<u64, DriverError> {
    getrandom::u64()
        .map_err(|error| DriverError::Failed(format!("there is no randomness: {error}")))
}

/// Milliseconds since 1970 by the platform's clock; 0 where it has none.
pub(crate) fn wall_millis() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_millis()).ok())
        .unwrap_or(0)
}

/// A value as [`Driver::open`] saw it.
pub struct Snapshot {
    /// Where it was.
    pub key: String,
    /// What was there.
    pub value: Option<Vec<u8>>,
    /// What the driver needs to swap it.
    pub handle: Box<dyn Any + Send>,
}

/// What became of a swap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swapped {
    /// The value was replaced, durably.
    Done,
    /// Another value was there; nothing was written.
    Lost,
}

/// What is lacking where a store is denied, in words for whoever runs the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Grant {
    /// The manifest does not grant the store.
    #[error(
        "the manifest grants this component no store: its key_value_stores must name \"default\""
    )]
    Store,
    /// The manifest does not let the component reach the server, or the address is none.
    #[error(
        "the manifest lets this component reach no such server: its allowed_outbound_hosts must name it, as {{{{ store_host }}}} does where that variable is the address in store_url"
    )]
    Host,
    /// The server does not let us in.
    #[error(
        "the server refuses the login: store_url needs a user and a password that may run every command of a store"
    )]
    Login,
}

/// Why a backend did not do what it was asked. Whether a write happened is unknown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DriverError {
    /// Somebody who runs the application has to let us in; asking again is of no use before.
    #[error("the store is denied: {0} ({1})")]
    Denied(Grant, String),
    /// The backend asks for patience.
    #[error("the store is overloaded: {0}")]
    Overloaded(String),
    /// Anything else.
    #[error("the store failed: {0}")]
    Failed(String),
}
