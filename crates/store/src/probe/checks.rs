//! The tries themselves, each on a key of its own that nobody else has.

use futures_util::future::{join, join_all};
use rapport_types::sort;

use super::Promise;
use crate::creation::joined;
use crate::driver::{Driver, DriverError, Swapped};
use crate::{Store, boxed};

/// What is tried of every backend.
const TRIED: [Promise; 5] = [
    Promise::ReadsOwnWrites,
    Promise::SwapRefusesChanged,
    Promise::SwapReplaces,
    Promise::IncrementsApart,
    Promise::CountersRead,
];

/// How often a try that ends in an error is made before that counts: an answer may get lost, a conflict may be false. Much,
/// because nothing is written for a while after a bad result.
const TRIES: u8 = 8;

/// The promises that do not hold.
pub(super) async fn broken(store: &Store) -> Result<Vec<Promise>, DriverError> {
    let mut broken = Vec::new();
    let all = TRIED.map(|promise| async move { (promise, holds(store, promise).await) });
    for (promise, holds) in join_all(all).await {
        if !holds? {
            broken.push(promise);
        }
    }
    Ok(broken)
}

/// Whether of two who open one absent key only the first may swap. Not tried where the driver does not claim it.
pub(super) async fn swap_creates_once(store: &Store) -> Result<bool, DriverError> {
    if !store.driver.creates_by_swap() {
        return Ok(false);
    }
    holds(store, Promise::SwapCreatesOnce).await
}

/// Tries one promise. A backend that answers plain reads and writes but not this breaks it; one that answers nothing, or asks
/// for patience, tells nothing about itself.
#[boxed]
async fn holds(store: &Store, promise: Promise) -> Result<bool, DriverError> {
    let driver = &*store.driver;
    let mut tries = 0_u8;
    loop {
        match try_out(driver, promise, &fresh_key(store)).await {
            Ok(holds) => return Ok(holds),
            Err(DriverError::Failed(_)) if tries < TRIES => tries = tries.saturating_add(1),
            Err(DriverError::Failed(_)) if promise != Promise::ReadsOwnWrites => {
                let key = fresh_key(store);
                driver.set(&key, b"here".to_vec()).await?;
                driver.get(&key).await?;
                return Ok(false);
            }
            Err(error) => return Err(error),
        }
    }
}

fn fresh_key(store: &Store) -> String {
    format!("probe:{:016x}{:016x}", store.random(), store.random())
}

async fn try_out(driver: &dyn Driver, promise: Promise, key: &str) -> Result<bool, DriverError> {
    match promise {
        Promise::ReadsOwnWrites => reads_own_writes(driver, key).await,
        Promise::SwapRefusesChanged => swap_refuses_changed(driver, key).await,
        Promise::SwapReplaces => swap_replaces(driver, key).await,
        Promise::IncrementsApart => increments_apart(driver, key).await,
        Promise::CountersRead => counters_read(driver, key).await,
        Promise::SwapCreatesOnce => creates_once(driver, key).await,
    }
}

/// Four reads at once after each of four writes: replicas that lag take turns in answering.
async fn reads_own_writes(driver: &dyn Driver, key: &str) -> Result<bool, DriverError> {
    for round in 1..=4_u8 {
        let value = vec![round; 8];
        driver.set(key, value.clone()).await?;
        for read in join_all((0..4).map(|_| driver.get(key))).await {
            if read?.as_ref() != Some(&value) {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// First over a value that a plain write changed, then over one that another swap changed.
async fn swap_refuses_changed(driver: &dyn Driver, key: &str) -> Result<bool, DriverError> {
    driver.set(key, b"opened".to_vec()).await?;
    let late = driver.open(key).await?;
    driver.set(key, b"changed".to_vec()).await?;
    let swapped = driver.swap(late, b"late".to_vec()).await?;
    if swapped == Swapped::Done || !stands(driver, key, b"changed").await? {
        return Ok(false);
    }
    let late = driver.open(key).await?;
    // Where a swap never succeeds, another promise is broken.
    if !replace(driver, key, b"swapped").await? {
        return Ok(true);
    }
    let swapped = driver.swap(late, b"late".to_vec()).await?;
    Ok(swapped == Swapped::Lost && stands(driver, key, b"swapped").await?)
}

async fn swap_replaces(driver: &dyn Driver, key: &str) -> Result<bool, DriverError> {
    driver.set(key, b"opened".to_vec()).await?;
    Ok(replace(driver, key, b"swapped").await? && stands(driver, key, b"swapped").await?)
}

/// Two rounds of two increments at once. One that fails may or may not have counted, but hands nothing out.
async fn increments_apart(driver: &dyn Driver, key: &str) -> Result<bool, DriverError> {
    let mut numbers = Vec::new();
    let mut failed = None;
    for _ in 0..2 {
        let (one, two) = join(driver.increment(key, 1), driver.increment(key, 1)).await;
        for result in [one, two] {
            match result {
                Ok(number) => numbers.push(number),
                Err(DriverError::Failed(why)) => failed = Some(DriverError::Failed(why)),
                Err(error) => return Err(error),
            }
        }
    }
    if let (Some(error), 0 | 1) = (&failed, numbers.len()) {
        return Err(error.clone());
    }
    sort::sort(&mut numbers);
    let apart = numbers.windows(2).all(|pair| pair.first() != pair.last());
    Ok(apart && (failed.is_some() || numbers == [1, 2, 3, 4]))
}

/// What a register needs: count, read, swap, count on.
async fn counters_read(driver: &dyn Driver, key: &str) -> Result<bool, DriverError> {
    let first = driver.increment(key, 1).await?;
    let read = driver.get(key).await?;
    if read.and_then(|bytes| driver.decode_counter(&bytes)) != Some(first) {
        return Ok(false);
    }
    // As wide as a register with a winner.
    let decided = driver.encode_counter(joined(1, 1));
    if !replace(driver, key, &decided).await? {
        return Ok(false);
    }
    Ok(driver.increment(key, 1).await? == joined(2, 1))
}

async fn creates_once(driver: &dyn Driver, key: &str) -> Result<bool, DriverError> {
    let (first, second) = (driver.open(key).await?, driver.open(key).await?);
    let first = driver.swap(first, b"first".to_vec()).await?;
    let second = driver.swap(second, b"second".to_vec()).await?;
    let once = (first, second) == (Swapped::Done, Swapped::Lost);
    Ok(once && stands(driver, key, b"first").await?)
}

/// Swaps what stands at `key` for `value`; false where the backend will not, or says that it did not though it did.
async fn replace(driver: &dyn Driver, key: &str, value: &[u8]) -> Result<bool, DriverError> {
    for _ in 0..TRIES {
        let snapshot = driver.open(key).await?;
        let before = snapshot.value.clone();
        if driver.swap(snapshot, value.to_vec()).await? == Swapped::Done {
            return Ok(true);
        }
        if driver.get(key).await? != before {
            return Ok(false);
        }
    }
    Ok(false)
}

async fn stands(driver: &dyn Driver, key: &str, value: &[u8]) -> Result<bool, DriverError> {
    Ok(driver.get(key).await?.as_deref() == Some(value))
}
