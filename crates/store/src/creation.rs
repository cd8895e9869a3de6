//! The register that decides who created a document.
//!
//! A swap on an absent key overwrites on Spin's SQLite, so two who create one key at once would each believe
//! to have won. A register `b:<key>`, always 8 bytes, decides; its upper half 0 means open:
//!
//! 1. k = lower half of increment(b). If the upper half is set, somebody has won.
//! 2. Write the document, unborn, to `<key>` if k = 1, else to `<key>.k`, which nobody else writes.
//! 3. Swap b to the same value with k in the upper half; again while that half is 0.
//! 4. The upper half names the living document; who lost updates that one.
//!
//! Nothing is acknowledged before 3, and a crash at any step leaves at most a document nobody asks for.

use serde::{Deserialize, Serialize};

use crate::driver::{DriverError, Swapped};
use crate::error::StoreError;
use crate::retry::Retry;
use crate::{Store, boxed};

/// How documents are created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Creation {
    /// By the register: right on every backend with atomic counters.
    Register,
    /// By a swap on the absent key: right only where the backend makes that conditional. Spin's SQLite does not.
    Swap,
}

/// Who won.
pub(crate) enum Created {
    /// This caller: the document lives.
    Won,
    /// Somebody else: update theirs.
    Lost,
}

impl Store {
    /// How documents are created here: as the probe found, unless the store was told otherwise.
    pub(crate) fn creation(&self) -> Creation {
        self.known_creation().unwrap_or(Creation::Register)
    }

    /// The same; `None` where this instance has not learnt it yet.
    pub(crate) fn known_creation(&self) -> Option<Creation> {
        self.creating_by.or_else(|| self.probed.creation())
    }

    /// Creates a document of `bytes` at `key`, where none was found.
    #[boxed]
    pub(crate) async fn create(&self, key: &str, bytes: Vec<u8>) -> Result<Created, StoreError> {
        match self.creation() {
            Creation::Register => self.create_by_register(key, bytes).await,
            Creation::Swap => self.create_by_swap(key, bytes).await,
        }
    }

    async fn create_by_register(&self, key: &str, bytes: Vec<u8>) -> Result<Created, StoreError> {
        let register = register_of(key);
        let ticket = halves(self.driver.increment(&register, 1).await?);
        if ticket.winner != 0 {
            return Ok(Created::Lost);
        }
        self.driver
            .set(&living_key(key, ticket.count), bytes)
            .await?;
        let mut retry = Retry::new(self, key);
        loop {
            let snapshot = self.driver.open(&register).await?;
            let number = self.number_in(&register, snapshot.value.as_deref())?;
            let now = halves(number);
            if now.winner == ticket.count {
                return Ok(Created::Won);
            }
            if now.winner != 0 {
                return Ok(Created::Lost);
            }
            let decided = joined(now.count, ticket.count);
            let swapped = self
                .driver
                .swap(snapshot, self.driver.encode_counter(decided))
                .await?;
            if swapped == Swapped::Done {
                return Ok(Created::Won);
            }
            retry.pause().await?;
        }
    }

    async fn create_by_swap(&self, key: &str, bytes: Vec<u8>) -> Result<Created, StoreError> {
        let snapshot = self.driver.open(key).await?;
        if snapshot.value.is_some() {
            return Ok(Created::Lost);
        }
        Ok(match self.driver.swap(snapshot, bytes).await? {
            Swapped::Done => Created::Won,
            Swapped::Lost => Created::Lost,
        })
    }

    /// Where the document of `key` lives by its register: asked when `key` is absent or unborn.
    #[boxed]
    pub(crate) async fn living(&self, key: &str) -> Result<Option<String>, StoreError> {
        let register = register_of(key);
        let bytes = self.driver.get(&register).await?;
        if bytes.is_none() {
            return Ok(None);
        }
        let winner = halves(self.number_in(&register, bytes.as_deref())?).winner;
        Ok((winner != 0).then(|| living_key(key, winner)))
    }

    /// A counter's number; an absent counter is 0.
    pub(crate) fn number_in(&self, key: &str, bytes: Option<&[u8]>) -> Result<i64, StoreError> {
        let Some(bytes) = bytes else { return Ok(0) };
        self.driver.decode_counter(bytes).ok_or_else(|| {
            StoreError::Driver(DriverError::Failed(format!("{key} holds no counter")))
        })
    }
}

/// A register's two halves.
pub(crate) struct Halves {
    /// How many have come to create.
    pub count: u32,
    /// Which of them won; 0 while open.
    pub winner: u32,
}

pub(crate) fn halves(number: i64) -> Halves {
    let [a, b, c, d, e, f, g, h] = number.to_le_bytes();
    Halves {
        count: u32::from_le_bytes([a, b, c, d]),
        winner: u32::from_le_bytes([e, f, g, h]),
    }
}

pub(crate) fn joined(count: u32, winner: u32) -> i64 {
    let [a, b, c, d] = count.to_le_bytes();
    let [e, f, g, h] = winner.to_le_bytes();
    i64::from_le_bytes([a, b, c, d, e, f, g, h])
}

fn register_of(key: &str) -> String {
    format!("b:{key}")
}

fn living_key(key: &str, winner: u32) -> String {
    if winner == 1 {
        key.to_owned()
    } else {
        format!("{key}.{winner}")
    }
}
