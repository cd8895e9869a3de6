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
//! - [`redis`]: the backend for a fleet of nodes, a Redis server (its driver wasm only).
//! - `platform`: time, as a guest's platform gives it (wasm only).
//! - [`table`]: [`Table`] ties a kind of key to its kind of value; [`Key`] is one such key.
//! - [`envelope`]: what is stored around a document's value: `rev`, schema, outbox, answers.
//! - `typed`: between what a document says to its table and the JSON that is committed.
//! - [`once`]: idempotency keys kept inside the document that a request commits.
//! - [`read`]: reading documents, several at once.
//! - [`request`]: what an update is asked with, and what it answers.
//! - [`update`]: how a table's documents are updated.
//! - `commit`: the same for any document: load, decide, park, commit, carry out; again on a conflict.
//! - [`carrier`]: what a commit causes in other documents, and who carries it out.
//! - `outbox`: what a decision wants committed, and what is carried out, for each table.
//! - `parking`: where documents stand whose effects may not be carried out yet.
//! - [`resume`]: carrying out what a crash left in an outbox.
//! - [`timers`]: documents to look at when their time has come.
//! - [`tick`]: what has to be done without anybody asking.
//! - `amend`: documents that the store keeps for itself.
//! - [`compiled`]: documents kept in the form that requests need.
//! - [`probe`]: what the backend must keep to, tried out before the first write.
//! - [`around`]: a backend around another one, for tests (native only).
//! - [`faulty`]: a backend that delays, refuses, forgets to answer and crashes, for tests (native only).
//! - [`creation`]: the register that decides who created a document.
//! - [`log`]: numbered entries, and pages of them.
//! - [`fold`]: totals over a log.
//! - [`set`]: sets of any size, in shards.
//! - [`retry`]: how long and how patiently to try again.
//! - [`error`]: what can go wrong.
//! - `sabotage`: defects on purpose, to see that the tests notice.

mod amend;
#[cfg(not(target_family = "wasm"))]
pub mod around;
pub mod carrier;
mod commit;
pub mod compiled;
pub mod creation;
mod dice;
pub mod driver;
pub mod envelope;
pub mod error;
#[cfg(not(target_family = "wasm"))]
pub mod faulty;
pub mod fold;
#[cfg(target_family = "wasm")]
pub mod kv;
pub mod log;
pub mod memory;
pub mod once;
mod outbox;
mod parking;
#[cfg(target_family = "wasm")]
mod platform;
pub mod probe;
pub mod read;
pub mod redis;
pub mod request;
pub mod resume;
pub mod retry;
mod sabotage;
pub mod set;
pub mod table;
pub mod tick;
pub mod timers;
mod typed;
pub mod update;

use std::pin::Pin;
use std::sync::Arc;

/// Makes an `async` function answer its future in a box, as [`Later`].
///
/// The body of an `async` function is compiled in every crate that awaits it, and within each function that does. What is long, knows
/// no type parameters and is awaited from several places carries this: then it is compiled once.
pub use async_recursion::async_recursion as boxed;

pub use carrier::{Carrier, Nothing, Sender};
pub use creation::Creation;
pub use driver::{Driver, DriverError, Grant};
pub use envelope::Versioned;
pub use error::{StoreError, UpdateError};
pub use memory::Memory;
pub use once::Once;
pub use probe::{Probe, Promise};
pub use request::{Change, Committed, Current, Decide, Request};
pub use resume::{Resumed, Waiting};
pub use set::{Set, SetError};
pub use table::{Key, NoEffect, Table};
pub use tick::{Duties, Ticked};
pub use timers::Timer;

/// The version of what this crate itself stores: envelopes, registers, logs and their entries. What stands in a document has
/// a version of its own, [`Table::SCHEMA`].
pub const SCHEMA: u32 = 1;

/// What an `async` function comes to, in a box: see [`boxed`].
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The service's one store, over whatever backend it runs on. Cheap to clone.
#[derive(Clone)]
pub struct Store(Arc<Parts>);

/// What a store is made of. Behind one pointer, as every request and most futures hold a store.
#[derive(Clone)]
#[doc(hidden)]
pub struct Parts {
    driver: Arc<dyn Driver>,
    /// Where the store was told how to create; else the probe says.
    creating_by: Option<Creation>,
    probed: Arc<probe::Probed>,
    cache: Arc<compiled::Cache>,
    lanes: Arc<parking::Lanes>,
}

impl std::ops::Deref for Store {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Store {
    /// A store over `driver`.
    pub fn new(driver: impl Driver + 'static) -> Self {
        Self(Arc::new(Parts {
            driver: Arc::new(driver),
            creating_by: sabotage::creation(),
            probed: Arc::default(),
            cache: Arc::default(),
            lanes: Arc::default(),
        }))
    }

    /// The same store, creating documents in another way than the probe finds right: for tests.
    #[must_use]
    pub fn creating_by(self, creation: Creation) -> Self {
        Self(Arc::new(Parts {
            creating_by: Some(creation),
            ..Parts::clone(&self)
        }))
    }

    /// The backend's name and other facts, for health answers.
    pub fn driver(&self) -> &dyn Driver {
        &*self.driver
    }

    /// 128 random bits that nobody can guess; an error where the platform has none to give.
    pub fn secret(&self) -> Result<u128, StoreError> {
        let (high, low) = (self.driver.random()?, self.driver.random()?);
        Ok((u128::from(high) << 64) | u128::from(low))
    }

    /// A random number from the platform, for ids and for jitter. Falls back to the time's bits where the
    /// platform refuses randomness, which is enough for jitter.
    pub fn random(&self) -> u64 {
        self.driver.random().unwrap_or_else(|_| {
            self.driver
                .elapsed_millis()
                .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        })
    }
}
