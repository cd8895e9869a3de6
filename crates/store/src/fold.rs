//! Totals over a log: a sum, and the number up to which it was taken, in one document.
//!
//! Reading adds what has come since; writers move the sum on now and then, so that little is left to add. A missing
//! entry stops the sum from moving on until it is sure to stay missing, which it is 2 minutes after a later one.

use rapport_types::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::error::{StoreError, UpdateError};
use crate::log::{Found, HOLE_MILLIS};
use crate::table::{Key, NoEffect, Table};
use crate::{Change, Nothing, Request};

/// A sum is moved on when this many entries have come since.
const STRIDE: u64 = 64;
/// The most entries taken into a sum by one request.
const MAX_STEP: u64 = 512;

/// A sum over the first entries of a log.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Folded<S> {
    /// The sum.
    pub sum: S,
    /// The number up to which entries are in it.
    pub folded_to: u64,
}

/// A sum as it is now.
#[derive(Debug, Clone)]
pub struct Total<S> {
    /// The sum over every document of the log.
    pub sum: S,
    /// The last number looked at: it changes whenever the log grows.
    pub through: u64,
}

impl Store {
    /// The total over `log`, of which `key` holds a part.
    pub async fn total<F, T, S>(
        &self,
        key: &Key<F>,
        log: &str,
        add: impl Fn(&mut S, &T::Value) + Send + Sync,
    ) -> Result<Total<S>, StoreError>
    where
        F: Table<Value = Folded<S>, Effect = NoEffect>,
        T: Table,
        S: Default + Send + Sync,
    {
        let folded = self
            .read(key)
            .await?
            .map(|found| found.value)
            .unwrap_or_default();
        let end = self.last_number(log).await?;
        let mut sum = folded.sum;
        let mut at = folded.folded_to;
        while at < end {
            let to = end.min(at.saturating_add(MAX_STEP));
            let numbers: Vec<u64> = (at.saturating_add(1)..=to).collect();
            for found in self.entries::<T>(log, &numbers).await? {
                if let Found::Document(document) = found {
                    add(&mut sum, &document.value);
                }
            }
            at = to;
        }
        Ok(Total { sum, through: end })
    }

    /// Moves the sum at `key` on, where many entries have come since. Called by writers, after their own write.
    pub async fn fold_on<F, T, S>(
        &self,
        key: &Key<F>,
        log: &str,
        now: Timestamp,
        add: impl Fn(&mut S, &T::Value) + Send + Sync,
    ) -> Result<(), StoreError>
    where
        F: Table<Value = Folded<S>, Effect = NoEffect>,
        T: Table,
        S: Default + Clone + Send + Sync,
    {
        let from = self
            .read(key)
            .await?
            .map_or(0, |found| found.value.folded_to);
        let end = self.last_number(log).await?;
        if end.saturating_sub(from) < STRIDE {
            return Ok(());
        }
        let numbers: Vec<u64> =
            (from.saturating_add(1)..=end.min(from.saturating_add(MAX_STEP))).collect();
        let found = self.entries::<T>(log, &numbers).await?;
        let settled = self.settled(log, &numbers, &found).await?;
        if settled == 0 {
            return Ok(());
        }
        let to = from.saturating_add(u64::try_from(settled).unwrap_or(0));
        let request = Request {
            now,
            once: None,
            dry_run: false,
            carrier: &Nothing,
        };
        let result = self
            .update::<F, (), ()>(key, request, |current| {
                let mut folded = current.value.unwrap_or_default();
                if folded.folded_to != from {
                    // Somebody else moved it on meanwhile.
                    return Ok(Change::Keep(()));
                }
                for found in found.iter().take(settled) {
                    if let Found::Document(document) = found {
                        add(&mut folded.sum, &document.value);
                    }
                }
                folded.folded_to = to;
                Ok(Change::Commit {
                    value: folded,
                    effects: Vec::new(),
                    answer: (),
                })
            })
            .await;
        match result {
            Err(UpdateError::Store(error)) => Err(error),
            _ => Ok(()),
        }
    }

    /// How many of `found` can be taken into a sum for good.
    async fn settled<V>(
        &self,
        log: &str,
        numbers: &[u64],
        found: &[Found<V>],
    ) -> Result<usize, StoreError> {
        let Some(first_hole) = found.iter().position(|found| matches!(found, Found::Hole)) else {
            return Ok(found.len());
        };
        // An old entry after a hole settles every hole before it.
        let limit = self.driver.wall_millis().saturating_sub(HOLE_MILLIS);
        for (index, number) in numbers.iter().enumerate().rev() {
            if index <= first_hole {
                break;
            }
            if let Some(entry) = self.entry(log, *number).await?
                && entry.at <= limit
            {
                let after = found
                    .iter()
                    .skip(index)
                    .position(|found| matches!(found, Found::Hole));
                return Ok(after.map_or(found.len(), |more| index.saturating_add(more)));
            }
        }
        Ok(first_hole)
    }
}
