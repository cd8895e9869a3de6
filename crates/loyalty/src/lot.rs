//! Points with one set of dates.

use rapport_types::Timestamp;
use serde::{Deserialize, Serialize};

use crate::entry::Part;

/// Points earned together: the same activation and expiry. In the document a lot is a row
/// `[id, amount, remaining, active_from, expires_at]`, because an account may hold hundreds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Row", into = "Row")]
pub struct Lot {
    /// The number of the journal entry that earned it.
    pub id: u64,
    /// How many points it began with.
    pub amount: i64,
    /// How many are left.
    pub remaining: i64,
    /// When it can first be spent.
    pub active_from: Timestamp,
    /// The first moment at which it can no longer be spent; `None`: never.
    pub expires_at: Option<Timestamp>,
}

type Row = (u64, i64, i64, i64, Option<i64>);

impl From<Row> for Lot {
    fn from((id, amount, remaining, from, until): Row) -> Self {
        Self {
            id,
            amount,
            remaining,
            active_from: Timestamp::from_millis(from),
            expires_at: until.map(Timestamp::from_millis),
        }
    }
}

impl From<Lot> for Row {
    fn from(lot: Lot) -> Self {
        (
            lot.id,
            lot.amount,
            lot.remaining,
            lot.active_from.millis(),
            lot.expires_at.map(Timestamp::millis),
        )
    }
}

impl Lot {
    /// Whether its time is over at `now`.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }

    /// Whether it waits for its activation at `now`.
    pub fn is_pending(&self, now: Timestamp) -> bool {
        self.active_from > now && !self.is_over(now)
    }

    /// Whether it can be spent at `now`. At the instant where both happen, activation comes before expiry.
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.active_from <= now && !self.is_over(now)
    }

    /// Sorts as spending takes: what expires first, then the older, then the one earned first.
    pub(crate) fn order(&self) -> (Timestamp, Timestamp, u64) {
        // No moment that was read from outside reaches MAX, so what never expires stands last.
        (
            self.expires_at.unwrap_or(Timestamp::MAX),
            self.active_from,
            self.id,
        )
    }

    /// The lot that `part` was taken from, with nothing in it.
    pub(crate) fn restored(part: &Part) -> Self {
        Self {
            id: part.lot,
            amount: part.amount,
            remaining: 0,
            active_from: part.active_from,
            expires_at: part.expires_at,
        }
    }

    /// Whether `part` was taken from this lot, as it was then.
    pub(crate) fn is_source_of(&self, part: &Part) -> bool {
        self.id == part.lot
            && self.active_from == part.active_from
            && self.expires_at == part.expires_at
    }
}
