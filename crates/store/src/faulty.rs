//! A backend that delays, refuses, forgets to answer and crashes: for tests.
//!
//! A [`Faulty`] stands for one process over a store that several may share. What it does wrong, every real backend does now and
//! then, and none of it breaks a promise that [`crate::probe`] asks for: so whatever was acknowledged must still hold.
//! A crashed process answers nothing any more; the next one is a new `Faulty` over the same store.
//!
//! ```
//! # use rapport_store::{Memory, Store, faulty::{Faulty, Plan}};
//! let memory = Memory::new();
//! let crashing = Faulty::over(memory.clone(), Plan { crash_after: Some(3), ..Plan::default() });
//! let store = Store::new(crashing.clone());
//! // … write, until the crash …
//! let restarted = Store::new(Faulty::over(memory, Plan::default()));
//! # drop((store, restarted));
//! ```

mod crash;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use async_trait::async_trait;

pub use crash::for_each_crash_point;

use crate::creation::Creation;
use crate::dice::Dice;
use crate::driver::{Driver, DriverError, Snapshot, Swapped};

/// What goes wrong, and how often. By default nothing. Chances are in thousandths of the operations that they apply to; equal
/// seeds make equal choices for operations in equal order.
#[derive(Debug, Clone, Copy, Default)]
pub struct Plan {
    /// Where the choices begin.
    pub seed: u64,
    /// An operation is late, before it is done and after: up to 8 other tasks' turns each.
    pub delayed: u16,
    /// "Too many requests": nothing was done.
    pub overloaded: u16,
    /// A write was done, but its answer is lost.
    pub lost_answers: u16,
    /// A swap is said to be lost though nobody else wrote, and nothing was written: as where a backend's conflicts are
    /// coarser than one key.
    pub lost_races: u16,
    /// The process crashes when it has done this many operations.
    pub crash_after: Option<u64>,
    /// How far the process's wall clock is ahead, in milliseconds.
    pub clock_ahead: i64,
}

impl Plan {
    /// A bad day: one operation in four is late, and one in twenty goes wrong in each of the ways that it can.
    pub fn rough(seed: u64) -> Self {
        Self {
            seed,
            delayed: 250,
            overloaded: 50,
            lost_answers: 50,
            lost_races: 50,
            ..Self::default()
        }
    }
}

/// How often something happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Injected {
    /// Operations that reached the store.
    pub operations: u64,
    /// Delays.
    pub delayed: u64,
    /// Operations refused with "too many requests".
    pub overloaded: u64,
    /// Writes done whose answers were lost.
    pub lost_answers: u64,
    /// Swaps said to be lost without a reason.
    pub lost_races: u64,
    /// Swaps that were lost to others, truly.
    pub conflicts: u64,
    /// Operations asked of the process after its crash. 0 where it did not crash, or nobody noticed.
    pub after_crash: u64,
}

/// The text of the error that a crashed process's operations end in.
pub const CRASHED: &str = "the process has crashed";

/// One process over a shared store. Clones are the same process.
#[derive(Clone)]
pub struct Faulty {
    process: Arc<Process>,
}

struct Process {
    store: Arc<dyn Driver>,
    plan: Plan,
    dice: Dice,
    crashed: AtomicBool,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    operations: AtomicU64,
    delayed: AtomicU64,
    overloaded: AtomicU64,
    lost_answers: AtomicU64,
    lost_races: AtomicU64,
    conflicts: AtomicU64,
    after_crash: AtomicU64,
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Faulty {
    /// A new process over `store`, which fails as `plan` says.
    pub fn over(store: impl Driver + 'static, plan: Plan) -> Self {
        Self {
            process: Arc::new(Process {
                store: Arc::new(store),
                plan,
                dice: Dice::new(plan.seed),
                crashed: AtomicBool::new(plan.crash_after == Some(0)),
                counts: Counts::default(),
            }),
        }
    }

    /// What has happened until now.
    pub fn injected(&self) -> Injected {
        let counts = &self.process.counts;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Injected {
            operations: read(&counts.operations),
            delayed: read(&counts.delayed),
            overloaded: read(&counts.overloaded),
            lost_answers: read(&counts.lost_answers),
            lost_races: read(&counts.lost_races),
            conflicts: read(&counts.conflicts),
            after_crash: read(&counts.after_crash),
        }
    }

    /// Whether the process has crashed.
    pub fn has_crashed(&self) -> bool {
        self.process.crashed.load(Ordering::SeqCst)
    }

    /// Crashes it now.
    pub fn crash(&self) {
        self.process.crashed.store(true, Ordering::SeqCst);
    }

    /// What comes before every operation: a delay, a refusal, or nothing any more. Counts the operation.
    async fn begin(&self) -> Result<(), DriverError> {
        let Process { plan, counts, .. } = &*self.process;
        self.delay().await;
        if self.has_crashed() {
            count(&counts.after_crash);
            return Err(DriverError::Failed(CRASHED.to_owned()));
        }
        if self.happens(plan.overloaded) {
            count(&counts.overloaded);
            return Err(DriverError::Overloaded("too many requests".to_owned()));
        }
        let operations = counts.operations.fetch_add(1, Ordering::SeqCst);
        let done = operations.saturating_add(1);
        if plan.crash_after.is_some_and(|last| done > last) {
            // Another task's operation was the last one, while this one was about to begin.
            counts.operations.fetch_sub(1, Ordering::SeqCst);
            count(&counts.after_crash);
            self.crash();
            return Err(DriverError::Failed(CRASHED.to_owned()));
        }
        Ok(())
    }

    /// What comes after every operation: a delay, and the crash if this was the last one.
    async fn end(&self) {
        let Process { plan, counts, .. } = &*self.process;
        if plan.crash_after == Some(counts.operations.load(Ordering::SeqCst)) {
            self.crash();
        }
        self.delay().await;
    }

    /// What comes after a write.
    async fn written<T>(&self, answer: T) -> Result<T, DriverError> {
        self.end().await;
        if self.happens(self.process.plan.lost_answers) {
            count(&self.process.counts.lost_answers);
            return Err(DriverError::Failed("the answer was lost".to_owned()));
        }
        Ok(answer)
    }

    async fn delay(&self) {
        if self.happens(self.process.plan.delayed) {
            count(&self.process.counts.delayed);
            for _ in 0..=self.process.dice.below(8) {
                tokio::task::yield_now().await;
            }
        }
    }

    fn happens(&self, thousandths: u16) -> bool {
        thousandths > 0 && self.process.dice.below(1_000) < u64::from(thousandths)
    }
}

#[async_trait]
impl Driver for Faulty {
    fn name(&self) -> &'static str {
        self.process.store.name()
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, DriverError> {
        self.begin().await?;
        let found = self.process.store.get(key).await?;
        self.end().await;
        Ok(found)
    }

    async fn open(&self, key: &str) -> Result<Snapshot, DriverError> {
        self.begin().await?;
        let snapshot = self.process.store.open(key).await?;
        self.end().await;
        Ok(snapshot)
    }

    async fn swap(&self, snapshot: Snapshot, value: Vec<u8>) -> Result<Swapped, DriverError> {
        self.begin().await?;
        if self.happens(self.process.plan.lost_races) {
            count(&self.process.counts.lost_races);
            self.end().await;
            return Ok(Swapped::Lost);
        }
        let swapped = self.process.store.swap(snapshot, value).await?;
        if swapped == Swapped::Lost {
            count(&self.process.counts.conflicts);
        }
        self.written(swapped).await
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> Result<(), DriverError> {
        self.begin().await?;
        self.process.store.set(key, value).await?;
        self.written(()).await
    }

    async fn increment(&self, key: &str, delta: i64) -> Result<i64, DriverError> {
        self.begin().await?;
        let number = self.process.store.increment(key, delta).await?;
        self.written(number).await
    }

    fn decode_counter(&self, bytes: &[u8]) -> Option<i64> {
        self.process.store.decode_counter(bytes)
    }

    fn encode_counter(&self, number: i64) -> Vec<u8> {
        self.process.store.encode_counter(number)
    }

    fn creates_by_swap(&self) -> bool {
        self.process.store.creates_by_swap()
    }

    fn assured(&self) -> Option<Creation> {
        self.process.store.assured()
    }

    /// A millisecond at most: tests have no time, and those who lost a race meet in another order anyway.
    async fn pause(&self, millis: u64) {
        self.process.store.pause(millis.min(1)).await;
    }

    fn elapsed_millis(&self) -> u64 {
        self.process.store.elapsed_millis()
    }

    fn random(&self) -> Result<u64, DriverError> {
        self.process.store.random()
    }

    fn wall_millis(&self) -> i64 {
        let now = self.process.store.wall_millis();
        now.saturating_add(self.process.plan.clock_ahead)
    }
}
