//! A backend in memory, with the meaning of Spin's SQLite, for tests that need no host.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::creation::Creation;
use crate::dice::Dice;
use crate::driver::{Driver, DriverError, Snapshot, Swapped, platform_random, wall_millis};

/// Keys and values in memory. Clones share them.
///
/// As on Spin's SQLite, a swap on a key that was absent overwrites whatever has come there since.
#[derive(Clone, Default)]
pub struct Memory {
    inner: Arc<Mutex<Inner>>,
    /// How far this clone's clock is ahead.
    late_by: i64,
    /// Where randomness comes from; `None` is the platform.
    dice: Option<Arc<Dice>>,
}

#[derive(Default)]
struct Inner {
    values: HashMap<String, Vec<u8>>,
    counts: Counts,
}

/// How often the backend was asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Reads: `get` and `open`.
    pub reads: u64,
    /// Writes: `set`, `swap` and `increment`, successful or not.
    pub writes: u64,
}

impl Memory {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty store of whose random numbers the first, the second and so on are the same in every run: for tests that compare runs. Else a
    /// shard drawn at random is new in one run and not in another, and the one takes an operation more.
    pub fn repeatable() -> Self {
        Self {
            dice: Some(Arc::new(Dice::new(0))),
            ..Self::default()
        }
    }

    /// The same store, seen `millis` later: for tests of what waits for time to pass.
    #[must_use]
    pub fn late_by(self, millis: i64) -> Self {
        Self {
            late_by: millis,
            ..self
        }
    }

    /// How often the backend was asked until now.
    pub fn counts(&self) -> Counts {
        self.lock().counts
    }

    /// Every key there is, in no order: for tests that look at what was left behind.
    pub fn keys(&self) -> Vec<String> {
        self.lock().values.keys().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reading(&self) -> MutexGuard<'_, Inner> {
        let mut inner = self.lock();
        inner.counts.reads = inner.counts.reads.saturating_add(1);
        inner
    }

    fn writing(&self) -> MutexGuard<'_, Inner> {
        let mut inner = self.lock();
        inner.counts.writes = inner.counts.writes.saturating_add(1);
        inner
    }
}

#[async_trait]
impl Driver for Memory {
    fn name(&self) -> &'static str {
        "memory"
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, DriverError> {
        self.pause(0).await;
        Ok(self.reading().values.get(key).cloned())
    }

    async fn open(&self, key: &str) -> Result<Snapshot, DriverError> {
        self.pause(0).await;
        Ok(Snapshot {
            key: key.to_owned(),
            value: self.reading().values.get(key).cloned(),
            handle: Box::new(()),
        })
    }

    async fn swap(&self, snapshot: Snapshot, value: Vec<u8>) -> Result<Swapped, DriverError> {
        self.pause(0).await;
        let mut inner = self.writing();
        let unchanged = match &snapshot.value {
            None => true,
            Some(seen) => inner.values.get(&snapshot.key) == Some(seen),
        };
        if !unchanged {
            return Ok(Swapped::Lost);
        }
        inner.values.insert(snapshot.key, value);
        Ok(Swapped::Done)
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> Result<(), DriverError> {
        self.pause(0).await;
        self.writing().values.insert(key.to_owned(), value);
        Ok(())
    }

    async fn increment(&self, key: &str, delta: i64) -> Result<i64, DriverError> {
        self.pause(0).await;
        let mut inner = self.writing();
        let old = match inner.values.get(key) {
            None => 0,
            Some(bytes) => self
                .decode_counter(bytes)
                .ok_or_else(|| DriverError::Failed(format!("{key} holds no counter")))?,
        };
        let new = old.wrapping_add(delta);
        inner
            .values
            .insert(key.to_owned(), self.encode_counter(new));
        Ok(new)
    }

    fn decode_counter(&self, bytes: &[u8]) -> Option<i64> {
        bytes.try_into().ok().map(i64::from_le_bytes)
    }

    fn encode_counter(&self, number: i64) -> Vec<u8> {
        number.to_le_bytes().to_vec()
    }

    /// A map behind a lock keeps what it promises, and tests count operations: the probe's would be among them.
    fn assured(&self) -> Option<Creation> {
        Some(Creation::Register)
    }

    #[cfg(not(target_family = "wasm"))]
    async fn pause(&self, millis: u64) {
        if millis == 0 {
            // Lets other tasks in between any two operations, as a real backend would.
            tokio::task::yield_now().await;
        } else {
            tokio::time::sleep(std::time::Duration::from_millis(millis)).await;
        }
    }

    #[cfg(target_family = "wasm")]
    async fn pause(&self, _millis: u64) {}

    fn random(&self) -> Result<u64, DriverError> {
        match &self.dice {
            Some(dice) => Ok(dice.next()),
            None => platform_random(),
        }
    }

    fn wall_millis(&self) -> i64 {
        wall_millis().saturating_add(self.late_by)
    }

    fn elapsed_millis(&self) -> u64 {
        static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
        let start = START.get_or_init(std::time::Instant::now);
        u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
