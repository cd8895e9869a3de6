//! What the backend must keep to, tried out before the first write.
//!
//! Several of Spin's backends break a promise that this crate stands on, and none of them says so. So nothing is written before
//! the promises were tried on fresh random keys. A good result is kept in the store, and each instance reads it once, with
//! its first write. A bad one is kept in the instance only, for [`AGAIN_MILLIS`]: whoever mends the backend need restart nothing.
//!
//! A probe can show that a promise is broken, not that it is always kept: a backend whose reads are stale one time in a
//! thousand passes. What is known of each backend stands in the documentation.
//!
//! How documents are created must be the same in every instance and for as long as the store lives, whatever a later probe
//! finds: two who create one key, each in another way, lose a document. So the choice is made once, by a register
//! ([`crate::creation`]), which needs only what the probe has just found to hold, and the kept result repeats it.

mod checks;

use std::fmt;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use rapport_types::json;
use serde::{Deserialize, Serialize};

use crate::creation::{Creation, halves, joined};
use crate::driver::{Driver, Swapped};
use crate::error::StoreError;
use crate::retry::Retry;
use crate::{Store, boxed};

/// The version of the probe. A good result of another version does not count.
pub const VERSION: u32 = 1;

/// After a bad result, an instance probes again this many milliseconds later.
pub const AGAIN_MILLIS: u32 = 30_000;

/// The register that decides how documents are created in this store. It is no part of any version's result.
const CHOICE: &str = "probe:creation";

/// What a backend must keep to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Promise {
    /// A read sees what was written before it.
    ReadsOwnWrites,
    /// A swap fails, and leaves the value as it is, when that is not the value that was opened.
    SwapRefusesChanged,
    /// A swap replaces the value that was opened, and says so.
    SwapReplaces,
    /// Increments at once give different numbers.
    IncrementsApart,
    /// A counter's bytes can be read, replaced by a swap, and counted on from.
    CountersRead,
    /// A swap on an absent key fails when somebody else created it. Asked only of a store whose documents are created so.
    SwapCreatesOnce,
}

impl Promise {
    /// Its name in health answers, such as `reads_own_writes`.
    pub fn name(self) -> &'static str {
        match self {
            Self::ReadsOwnWrites => "reads_own_writes",
            Self::SwapRefusesChanged => "swap_refuses_changed",
            Self::SwapReplaces => "swap_replaces",
            Self::IncrementsApart => "increments_apart",
            Self::CountersRead => "counters_read",
            Self::SwapCreatesOnce => "swap_creates_once",
        }
    }

    /// What it says, for people.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::ReadsOwnWrites => "a read sees what was written before it",
            Self::SwapRefusesChanged => "a swap on a changed value fails and writes nothing",
            Self::SwapReplaces => "a swap on an unchanged value succeeds and says so",
            Self::IncrementsApart => "two increments at once give two different numbers",
            Self::CountersRead => "a counter can be read, swapped and counted on from",
            Self::SwapCreatesOnce => "a swap on an absent key fails when it was created meanwhile",
        }
    }
}

impl fmt::Display for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} does not hold ({})", self.name(), self.meaning())
    }
}

/// What the probe found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// Every promise held; documents are created in this way.
    Passed(Creation),
    /// These did not, at least one. Nothing is written.
    Failed(Vec<Promise>),
}

/// What an instance knows. Shared by the clones of a store.
#[derive(Default)]
pub(crate) struct Probed {
    passed: OnceLock<Creation>,
    failed: Mutex<Option<Failed>>,
}

struct Failed {
    /// When, in [`Driver::elapsed_millis`].
    at: u64,
    promises: Vec<Promise>,
}

/// A good result as it is kept in the store.
#[derive(Serialize, Deserialize)]
struct Kept {
    creation: Creation,
}

impl Probed {
    /// How documents are created, once it is known.
    pub fn creation(&self) -> Option<Creation> {
        self.passed.get().copied()
    }

    fn pass(&self, creation: Creation) -> Probe {
        Probe::Passed(*self.passed.get_or_init(|| creation))
    }

    fn fail(&self, at: u64, promises: Vec<Promise>) -> Probe {
        *self.failures() = Some(Failed {
            at,
            promises: promises.clone(),
        });
        Probe::Failed(promises)
    }

    fn failed_lately(&self, now: u64) -> Option<Probe> {
        let failed = self.failures();
        let failed = failed.as_ref()?;
        let lately = now.saturating_sub(failed.at) < u64::from(AGAIN_MILLIS);
        lately.then(|| Probe::Failed(failed.promises.clone()))
    }

    fn failures(&self) -> MutexGuard<'_, Option<Failed>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// Must be called before anything is written. Costs nothing once the instance knows that the backend keeps its promises,
    /// and one read where the store does.
    #[boxed]
    pub async fn ready_to_write(&self) -> Result<(), StoreError> {
        if self.probed.creation().is_some() {
            return Ok(());
        }
        match self.probe().await? {
            Probe::Passed(_) => Ok(()),
            Probe::Failed(promises) => match promises.first() {
                Some(promise) => Err(StoreError::Unsafe { promise: *promise }),
                None => Ok(()),
            },
        }
    }

    /// What the probe found, here or in an earlier instance. Runs it where nothing is known. Fails where it cannot be run,
    /// because the backend does not answer.
    #[boxed]
    pub async fn probe(&self) -> Result<Probe, StoreError> {
        if let Some(creation) = self.probed.creation().or_else(|| self.driver.assured()) {
            return Ok(self.probed.pass(creation));
        }
        let now = self.driver.elapsed_millis();
        if let Some(failed) = self.probed.failed_lately(now) {
            return Ok(failed);
        }
        let kept_at = kept_at(&*self.driver);
        if let Some(kept) = self.kept_result(&kept_at).await? {
            return Ok(self.probed.pass(kept.creation));
        }
        let broken = checks::broken(self).await?;
        if !broken.is_empty() {
            return Ok(self.probed.fail(now, broken));
        }
        let conditional = checks::swap_creates_once(self).await?;
        let creation = self
            .agree(if conditional {
                Creation::Swap
            } else {
                Creation::Register
            })
            .await?;
        if creation == Creation::Swap && !conditional {
            return Ok(self.probed.fail(now, vec![Promise::SwapCreatesOnce]));
        }
        let kept = serde_json::to_vec(&Kept { creation }).map_err(|error| StoreError::Corrupt {
            key: kept_at.clone(),
            why: error.to_string(),
        })?;
        // Whoever else writes this has agreed on the same choice.
        self.driver.set(&kept_at, kept).await?;
        Ok(self.probed.pass(creation))
    }

    async fn kept_result(&self, key: &str) -> Result<Option<Kept>, StoreError> {
        let bytes = self.driver.get(key).await?;
        // What cannot be read is no result, so the probe runs again.
        Ok(bytes.and_then(|bytes| json::from_slice(&bytes).ok()))
    }

    /// The way in which documents are created in this store: `wanted`, if nobody has chosen before.
    async fn agree(&self, wanted: Creation) -> Result<Creation, StoreError> {
        let mut retry = Retry::new(self, CHOICE);
        loop {
            let snapshot = self.driver.open(CHOICE).await?;
            if snapshot.value.is_none() {
                // A counter exists from its first increment on; only then can a swap be conditional.
                self.driver.increment(CHOICE, 1).await?;
                retry.pause().await?;
                continue;
            }
            let register = halves(self.number_in(CHOICE, snapshot.value.as_deref())?);
            match register.winner {
                0 => {}
                REGISTER => return Ok(Creation::Register),
                SWAP => return Ok(Creation::Swap),
                other => {
                    return Err(StoreError::Corrupt {
                        key: CHOICE.to_owned(),
                        why: format!("{other} is no way to create"),
                    });
                }
            }
            let choice = match wanted {
                Creation::Register => REGISTER,
                Creation::Swap => SWAP,
            };
            let decided = self.driver.encode_counter(joined(register.count, choice));
            if self.driver.swap(snapshot, decided).await? == Swapped::Done {
                return Ok(wanted);
            }
            retry.pause().await?;
        }
    }
}

/// The winner's half of the register where documents are created by registers.
const REGISTER: u32 = 1;
/// The same where they are created by a swap.
const SWAP: u32 = 2;

/// Where a good result of this version is kept.
fn kept_at(driver: &dyn Driver) -> String {
    format!("probe:{}:{VERSION}", driver.name())
}
