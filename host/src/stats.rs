//! What happened in the store: in one request, and in all since the start.
//!
//! Four kinds, each operation in exactly one: **reads** (get, exists, list, many at once count as one, and `current` of a
//! compare-and-swap), **increments**, **swaps** (those that lost, too) and **writes** (set and delete, many at once count
//! as one). What a request costs in durable writes is the sum of the last three; the sum of all four is what
//! `--crash-after` counts.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use serde::Serialize;

use crate::store::crash::Countdown;

/// The kind of a store operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Reads, and changes nothing.
    Read,
    /// Sets or deletes without looking.
    Write,
    /// Adds to a counter.
    Increment,
    /// Compares and swaps.
    Swap,
}

/// Counts of operations by kind; exact when read after they have ended.
#[derive(Debug, Default)]
pub struct Counts {
    reads: AtomicU64,
    writes: AtomicU64,
    increments: AtomicU64,
    swaps: AtomicU64,
}

/// The value of a header: `reads=1; writes=0; increments=0; swaps=1`.
impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CountsNow {
            reads,
            writes,
            increments,
            swaps,
        } = self.now();
        write!(
            f,
            "reads={reads}; writes={writes}; increments={increments}; swaps={swaps}"
        )
    }
}

impl Counts {
    /// Counts one operation.
    pub fn count(&self, kind: Kind) {
        let counter = match kind {
            Kind::Read => &self.reads,
            Kind::Write => &self.writes,
            Kind::Increment => &self.increments,
            Kind::Swap => &self.swaps,
        };
        counter.fetch_add(1, Relaxed);
    }

    fn now(&self) -> CountsNow {
        CountsNow {
            reads: self.reads.load(Relaxed),
            writes: self.writes.load(Relaxed),
            increments: self.increments.load(Relaxed),
            swaps: self.swaps.load(Relaxed),
        }
    }
}

#[derive(Serialize)]
struct CountsNow {
    reads: u64,
    writes: u64,
    increments: u64,
    swaps: u64,
}

/// Totals since the start.
#[derive(Debug, Default)]
pub struct Totals {
    /// Store operations.
    pub operations: Counts,
    /// Times that the store made what was written durable. With group commit, fewer than there were writes.
    pub syncs: AtomicU64,
    /// Requests that a component was given.
    pub requests: AtomicU64,
    /// Instances that were started.
    pub instances: AtomicU64,
    /// Requests that ended in a trap, a time-out or another failure that the host had to answer for.
    pub failures: AtomicU64,
    /// Requests turned away because too many were in flight.
    pub turned_away: AtomicU64,
    /// When the process ends by itself: told of each store operation that is done.
    pub crash: Countdown,
}

impl Totals {
    /// None yet; the process ends with store operation `operations`.
    pub fn counting_down(operations: u64) -> Self {
        Self {
            crash: Countdown::after(operations),
            ..Self::default()
        }
    }

    /// The totals as a JSON document.
    pub fn json(&self) -> String {
        #[derive(Serialize)]
        struct Now {
            operations: u64,
            #[serde(flatten)]
            kinds: CountsNow,
            syncs: u64,
            requests: u64,
            instances: u64,
            failures: u64,
            turned_away: u64,
        }
        let kinds = self.operations.now();
        let now = Now {
            operations: kinds.reads + kinds.writes + kinds.increments + kinds.swaps,
            kinds,
            syncs: self.syncs.load(Relaxed),
            requests: self.requests.load(Relaxed),
            instances: self.instances.load(Relaxed),
            failures: self.failures.load(Relaxed),
            turned_away: self.turned_away.load(Relaxed),
        };
        serde_json::to_string(&now).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_operation_is_counted_in_its_own_kind_only() {
        let counts = Counts::default();
        counts.count(Kind::Read);
        counts.count(Kind::Read);
        counts.count(Kind::Swap);
        assert_eq!(
            counts.to_string(),
            "reads=2; writes=0; increments=0; swaps=1"
        );
    }

    #[test]
    fn totals_are_one_flat_document() {
        let totals = Totals::default();
        totals.operations.count(Kind::Increment);
        totals.operations.count(Kind::Read);
        totals.syncs.fetch_add(3, Relaxed);
        assert_eq!(
            totals.json(),
            r#"{"operations":2,"reads":1,"writes":0,"increments":1,"swaps":0,"syncs":3,"requests":0,"instances":0,"failures":0,"turned_away":0}"#
        );
    }
}
