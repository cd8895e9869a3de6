//! Documents, logs and counters over a key-value backend that promises little.
//!
//! Spin's key-value store has no transactions, no prefix scan and no ordering, and on its default backend a
//! compare-and-swap on an absent key overwrites. This crate makes that enough: one document per commit, by
//! compare-and-swap on the whole of it; creation decided by a register; lists as logs.
//!
//! # Layout
//!
//! - [`driver`]: what a backend must offer, and how it fails.
//! - [`memory`]: a backend in memory, with Spin's meaning, for tests.
//! - `kv`: the backend of Spin, `spin:key-value` and `wasi:keyvalue/atomics` (wasm only).
//! - [`table`]: [`Table`] ties a kind of key to its kind of value; [`Key`] is one such key.
//! - [`envelope`]: what is stored around a document's value: `rev`, schema, outbox, answers.
//! - [`once`]: idempotency keys kept inside the document that a request commits.
//! - [`read`]: reading documents, several at once.
//! - [`update`]: load, decide, commit, carry out; again on a conflict.
//! - [`compiled`]: documents kept in the form that requests need.
//! - [`creation`]: the register that decides who created a document.
//! - [`log`]: numbered entries, and pages of them.
//! - [`fold`]: totals over a log.
//! - [`set`]: sets of any size, in shards.
//! - [`retry`]: how long and how patiently to try again.
//! - [`error`]: what can go wrong.

pub mod compiled;
pub mod creation;
pub mod driver;
pub mod envelope;
pub mod error;
pub mod fold;
#[cfg(target_family = "wasm")]
pub mod kv;
pub mod log;
pub mod memory;
pub mod once;
pub mod read;
pub mod retry;
pub mod set;
pub mod table;
pub mod update;

use std::sync::Arc;

pub use creation::Creation;
pub use driver::{Driver, DriverError};
pub use envelope::Versioned;
pub use error::{StoreError, UpdateError};
pub use memory::Memory;
pub use once::Once;
pub use set::{Set, SetError};
pub use table::{Key, NoEffect, Table};
pub use update::{Carrier, Change, Committed, Current, Nothing, Request};

/// The service's one store, over whatever backend it runs on. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    driver: Arc<dyn Driver>,
    creation: Creation,
    cache: Arc<compiled::Cache>,
}

impl Store {
    /// A store over `driver`.
    pub fn new(driver: impl Driver + 'static) -> Self {
        Self {
            driver: Arc::new(driver),
            creation: Creation::default(),
            cache: Arc::default(),
        }
    }

    /// The same store, creating documents in another way.
    #[must_use]
    pub fn creating_by(mut self, creation: Creation) -> Self {
        self.creation = creation;
        self
    }

    /// The backend's name and other facts, for health answers.
    pub fn driver(&self) -> &dyn Driver {
        &*self.driver
    }

    /// A random number from the platform, for ids and for jitter. Falls back to the time's bits where the
    /// platform refuses randomness, which is enough for jitter.
    pub fn random(&self) -> u64 {
        getrandom::u64().unwrap_or_else(|_| {
            self.driver
                .elapsed_millis()
                .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        })
    }
}
