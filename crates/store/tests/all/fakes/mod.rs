//! Backends with the defects that real ones have, one each.
#![allow(dead_code, clippy::unwrap_used)]

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use rapport_store::driver::{Snapshot, Swapped};
use rapport_store::{Driver, DriverError};

/// What is wrong with a backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defect {
    /// Nothing. Swaps on absent keys are conditional.
    None,
    /// Swaps on absent keys overwrite, as on Spin's SQLite. Rapport can live with it.
    CreationOverwrites,
    /// A swap writes, and then reports that it did not: Spin's Redis.
    SwapDeniesItsWrite,
    /// A swap overwrites whatever is there.
    SwapOverwrites,
    /// A swap never finds what was opened, and writes nothing.
    SwapNeverReplaces,
    /// An increment adds, and then reads: two at once answer the same number, as on Cosmos DB.
    NumbersTwice,
    /// A counter is kept in a form that no plain read understands: Cosmos DB again.
    CountersHidden,
    /// A counter is kept as text, which the driver takes for something else: Spin's Redis again.
    CountersInText,
    /// Neither swaps nor increments: Akamai.
    NoAtomics,
    /// One read in three sees the value before the last write: DynamoDB without `consistent_read`.
    StaleReads,
    /// Nothing works just now.
    Overloaded,
    /// The network is gone.
    Unreachable,
}

/// A backend with a defect. Clones share keys, values and the clock.
#[derive(Clone)]
pub struct Fake {
    state: Arc<Mutex<State>>,
    waited: Arc<AtomicU64>,
    defect: Defect,
    claims: bool,
}

#[derive(Default)]
struct State {
    values: HashMap<String, Vec<u8>>,
    before: HashMap<String, Vec<u8>>,
    counters: HashSet<String>,
    reads: u64,
}

impl State {
    fn write(&mut self, key: &str, value: Vec<u8>) {
        if let Some(old) = self.values.insert(key.to_owned(), value) {
            self.before.insert(key.to_owned(), old);
        }
    }

    fn number(&self, key: &str) -> i64 {
        let bytes = self.values.get(key);
        bytes.map_or(0, |bytes| {
            i64::from_le_bytes(bytes.as_slice().try_into().unwrap())
        })
    }
}

impl Fake {
    /// An empty backend with `defect`, whose driver claims nothing.
    pub fn with(defect: Defect) -> Self {
        Self {
            state: Arc::default(),
            waited: Arc::default(),
            defect,
            claims: false,
        }
    }

    /// The same keys and values behind another backend.
    pub fn turned(&self, defect: Defect) -> Self {
        Self {
            defect,
            ..self.clone()
        }
    }

    /// The same, behind a driver that claims conditional creation.
    pub fn claiming(mut self) -> Self {
        self.claims = true;
        self
    }

    /// Lets time pass, at once.
    pub fn wait(&self, millis: u64) {
        self.waited.fetch_add(millis, Ordering::SeqCst);
    }

    /// Everything there is, in order of keys.
    pub fn contents(&self) -> Vec<(String, Vec<u8>)> {
        let state = self.state.lock().unwrap();
        let mut all: Vec<_> = state.values.clone().into_iter().collect();
        all.sort();
        all
    }

    async fn begin(&self) -> Result<MutexGuard<'_, State>, DriverError> {
        tokio::task::yield_now().await;
        match self.defect {
            Defect::Overloaded => Err(DriverError::Overloaded("too many requests".to_owned())),
            Defect::Unreachable => Err(DriverError::Failed("no route to host".to_owned())),
            _ => Ok(self.state.lock().unwrap()),
        }
    }
}

#[async_trait]
impl Driver for Fake {
    fn name(&self) -> &'static str {
        "fake"
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, DriverError> {
        let mut state = self.begin().await?;
        if self.defect == Defect::CountersHidden && state.counters.contains(key) {
            let why = "expected a sequence, found a number";
            return Err(DriverError::Failed(why.to_owned()));
        }
        state.reads = state.reads.checked_add(1).unwrap();
        let stale = self.defect == Defect::StaleReads && state.reads.is_multiple_of(3);
        let from = if stale { &state.before } else { &state.values };
        Ok(from.get(key).cloned())
    }

    async fn open(&self, key: &str) -> Result<Snapshot, DriverError> {
        let value = self.begin().await?.values.get(key).cloned();
        Ok(Snapshot {
            key: key.to_owned(),
            value,
            handle: Box::new(()),
        })
    }

    async fn swap(&self, snapshot: Snapshot, value: Vec<u8>) -> Result<Swapped, DriverError> {
        let mut state = self.begin().await?;
        let now = state.values.get(&snapshot.key);
        let absent = snapshot.value.is_none();
        let unchanged =
            now == snapshot.value.as_ref() || (absent && self.defect == Defect::CreationOverwrites);
        match self.defect {
            Defect::NoAtomics => return Err(DriverError::Failed("not implemented".to_owned())),
            Defect::SwapNeverReplaces => return Ok(Swapped::Lost),
            Defect::SwapOverwrites => {}
            _ if !unchanged => return Ok(Swapped::Lost),
            _ => {}
        }
        state.write(&snapshot.key, value);
        Ok(match self.defect {
            Defect::SwapDeniesItsWrite => Swapped::Lost,
            _ => Swapped::Done,
        })
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> Result<(), DriverError> {
        self.begin().await?.write(key, value);
        Ok(())
    }

    async fn increment(&self, key: &str, delta: i64) -> Result<i64, DriverError> {
        if self.defect == Defect::NoAtomics {
            return Err(DriverError::Failed("not implemented".to_owned()));
        }
        let number = {
            let mut state = self.begin().await?;
            let number = state.number(key).checked_add(delta).unwrap();
            state.write(key, number.to_le_bytes().to_vec());
            state.counters.insert(key.to_owned());
            number
        };
        if self.defect == Defect::NumbersTwice {
            return Ok(self.begin().await?.number(key));
        }
        Ok(number)
    }

    fn decode_counter(&self, bytes: &[u8]) -> Option<i64> {
        if self.defect == Defect::CountersInText {
            return None;
        }
        bytes.try_into().ok().map(i64::from_le_bytes)
    }

    fn encode_counter(&self, number: i64) -> Vec<u8> {
        number.to_le_bytes().to_vec()
    }

    fn creates_by_swap(&self) -> bool {
        self.claims
    }

    async fn pause(&self, millis: u64) {
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }

    fn elapsed_millis(&self) -> u64 {
        static START: OnceLock<Instant> = OnceLock::new();
        let since = START.get_or_init(Instant::now).elapsed().as_millis();
        let waited = self.waited.load(Ordering::SeqCst);
        waited.checked_add(since.try_into().unwrap()).unwrap()
    }
}
