//! Chosen interleavings and chosen crashes: a backend that takes a step per operation, and may break at one.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation
)]

use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use rapport_store::driver::{Driver, DriverError, Snapshot, Swapped};
use rapport_store::{Memory, Store};

/// Where a backend breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Break {
    /// The operation is not done.
    Before,
    /// The operation is done, and yet answers an error.
    After,
}

/// A backend in memory whose pauses are but a step, and which breaks for good at operation `left`, if that is set.
pub struct Stepping {
    memory: Memory,
    left: AtomicI64,
    how: Break,
}

/// A store over `memory` that never breaks.
pub fn steady(memory: &Memory) -> Store {
    breaking(memory, i64::MAX, Break::Before)
}

/// A store over `memory` that does `operations`, then breaks.
pub fn breaking(memory: &Memory, operations: i64, how: Break) -> Store {
    Store::new(Stepping {
        memory: memory.clone(),
        left: AtomicI64::new(operations),
        how,
    })
}

impl Stepping {
    fn broken() -> DriverError {
        DriverError::Failed("broken on purpose".to_owned())
    }

    /// Whether this operation is the one that breaks. Those after it are not done.
    fn step(&self) -> Result<bool, DriverError> {
        let left = self.left.fetch_sub(1, Ordering::Relaxed);
        match (left, self.how) {
            (1.., _) => Ok(false),
            (0, Break::After) => Ok(true),
            _ => Err(Self::broken()),
        }
    }

    fn answer<T>(breaks: bool, answer: Result<T, DriverError>) -> Result<T, DriverError> {
        if breaks { Err(Self::broken()) } else { answer }
    }
}

#[async_trait]
impl Driver for Stepping {
    fn name(&self) -> &'static str {
        "stepping"
    }

    /// It is a memory's, only slower.
    fn assured(&self) -> Option<rapport_store::Creation> {
        Some(rapport_store::Creation::Register)
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, DriverError> {
        let breaks = self.step()?;
        Self::answer(breaks, self.memory.get(key).await)
    }

    async fn open(&self, key: &str) -> Result<Snapshot, DriverError> {
        let breaks = self.step()?;
        Self::answer(breaks, self.memory.open(key).await)
    }

    async fn swap(&self, snapshot: Snapshot, value: Vec<u8>) -> Result<Swapped, DriverError> {
        let breaks = self.step()?;
        Self::answer(breaks, self.memory.swap(snapshot, value).await)
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> Result<(), DriverError> {
        let breaks = self.step()?;
        Self::answer(breaks, self.memory.set(key, value).await)
    }

    async fn increment(&self, key: &str, delta: i64) -> Result<i64, DriverError> {
        let breaks = self.step()?;
        Self::answer(breaks, self.memory.increment(key, delta).await)
    }

    fn decode_counter(&self, bytes: &[u8]) -> Option<i64> {
        self.memory.decode_counter(bytes)
    }

    fn encode_counter(&self, number: i64) -> Vec<u8> {
        self.memory.encode_counter(number)
    }

    async fn pause(&self, _millis: u64) {
        self.memory.pause(0).await;
    }

    fn elapsed_millis(&self) -> u64 {
        0
    }
}

/// A task of [`interleave`].
pub type Task<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Runs `tasks` on one thread, each time a step of one chosen by `seed`, until all are done.
pub fn interleave<T>(seed: u64, tasks: Vec<Task<'_, T>>) -> Vec<T> {
    let mut random = Random(seed);
    let mut answers: Vec<Option<T>> = tasks.iter().map(|_| None).collect();
    let mut running: Vec<(usize, Task<'_, T>)> = tasks.into_iter().enumerate().collect();
    let mut context = Context::from_waker(Waker::noop());
    // A task may get many steps in a row, so that one can fall far behind another.
    let mut run = (0, 0_u64);
    while !running.is_empty() {
        if run.1 == 0 || run.0 >= running.len() {
            let next = random.below(running.len() as u64) as usize;
            run = (next, [1, 1, 2, 5, 20][random.below(5) as usize]);
        }
        run.1 -= 1;
        let (task, future) = &mut running[run.0];
        if let Poll::Ready(answer) = future.as_mut().poll(&mut context) {
            answers[*task] = Some(answer);
            drop(running.swap_remove(run.0));
            run.1 = 0;
        }
    }
    answers.into_iter().map(Option::unwrap).collect()
}

/// Runs one task alone.
pub fn alone<T>(task: impl Future<Output = T>) -> T {
    interleave(0, vec![Box::pin(task)]).pop().unwrap()
}

/// SplitMix64 (Steele, Lea and Flood, 2014).
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

/// Takes up to `steps` steps of `task`; its answer, if it came.
pub fn advance<T>(task: &mut Task<'_, T>, steps: usize) -> Option<T> {
    let mut context = Context::from_waker(Waker::noop());
    (0..steps).find_map(|_| match task.as_mut().poll(&mut context) {
        Poll::Ready(answer) => Some(answer),
        Poll::Pending => None,
    })
}

/// Another backend with the same values.
pub fn copied(memory: &Memory) -> Memory {
    let copy = Memory::new();
    for key in memory.keys() {
        let value = alone(memory.get(&key)).unwrap().unwrap();
        alone(copy.set(&key, value)).unwrap();
    }
    copy
}
