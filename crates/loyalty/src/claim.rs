//! What a reversed earn could not get back at once.
//!
//! A reversal takes back what the account has. What it has not, goes by the policy:
//!
//! - `allow_negative`: it is owed. The balance is below zero until then, and the next points that can be spent, whatever
//!   they are, repay it the moment they can.
//! - `within_balance`: it is let go, but for one case: points that were spent or held when the earn was reversed, and come
//!   back later, are those of the reversed order. Otherwise who returns two things would keep the points, or not, by the order in
//!   which they come back. So a *claim* is kept, and met out of what comes back of earlier spends and holds: of several claims the
//!   oldest first, as it has the fewest to be met from. A claim lapses with the expiry of the points it is for.
//! - `pending_only`: it is let go.

use rapport_types::Timestamp;
use serde::{Deserialize, Serialize};

use crate::account::{Account, Ledger};
use crate::command::{Rejection, add, sub};
use crate::entry::{Entry, Kind, MAX_PARTS, Part, TransactionId};

/// The most claims that are kept; beyond that the oldest is let go.
const MAX_CLAIMS: usize = 128;

/// How much of an earn a reversal takes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// Only points of the earn itself that are not yet active.
    PendingOnly,
    /// What the account has: the balance never goes below zero.
    #[default]
    WithinBalance,
    /// All of it: the balance may go below zero, and what is earned next fills it up first.
    AllowNegative,
}

impl Policy {
    /// As it is written.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::PendingOnly => "pending_only",
            Self::WithinBalance => "within_balance",
            Self::AllowNegative => "allow_negative",
        }
    }
}

/// Points of a reversed earn that had been spent; a row `[entry, points, until]` in the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Row", into = "Row")]
pub struct Claim {
    /// The number of the reversal's entry: what was spent or held before is what the claim is on.
    pub n: u64,
    /// How many points.
    pub points: i64,
    /// When they would have expired.
    pub until: Option<Timestamp>,
}

type Row = (u64, i64, Option<i64>);

impl From<Row> for Claim {
    fn from((n, points, until): Row) -> Self {
        let until = until.map(Timestamp::from_millis);
        Self { n, points, until }
    }
}

impl From<Claim> for Row {
    fn from(claim: Claim) -> Self {
        (claim.n, claim.points, claim.until.map(Timestamp::millis))
    }
}

impl Ledger {
    /// Remembers `claim`.
    pub(crate) fn claim(&mut self, claim: Claim) {
        if claim.points < 1 {
            return;
        }
        if self.claims.len() >= MAX_CLAIMS {
            self.claims.remove(0);
        }
        self.claims.push(claim);
    }

    /// Meets claims out of `back`, which came back at `at` of what entry `since` had spent or held, and answers with what was taken.
    pub(crate) fn reclaim(
        &mut self,
        since: u64,
        back: &[Part],
        at: Timestamp,
    ) -> Result<Vec<Part>, Rejection> {
        let mut taken = Vec::new();
        if self.claims.is_empty() {
            return Ok(taken);
        }
        self.claims
            .retain(|claim| claim.until.is_none_or(|until| until > at));
        // What is over expires by itself.
        let live = |part: &&Part| part.expires_at.is_none_or(|end| end > at);
        for part in back.iter().filter(live) {
            let Some(lot) = self.lots.iter_mut().find(|lot| lot.is_source_of(part)) else {
                continue;
            };
            let mut some = 0;
            for claim in self.claims.iter_mut().filter(|claim| claim.n > since) {
                let met = claim.points.min(sub(part.points, some)?);
                claim.points = sub(claim.points, met)?;
                some = add(some, met)?;
            }
            if some > 0 {
                taken.push(Part::of(lot, some));
                lot.remaining = sub(lot.remaining, some)?;
            }
        }
        self.claims.retain(|claim| claim.points > 0);
        self.lots.retain(|lot| lot.remaining > 0);
        Ok(taken)
    }

    /// The first moment from `from` on at which something can be repaid.
    pub(crate) fn repays_at(&self, from: Timestamp) -> Option<Timestamp> {
        if self.debt == 0 {
            return None;
        }
        let moments = self.lots.iter().filter_map(|lot| {
            let at = lot.active_from.max(from);
            lot.is_active(at).then_some(at)
        });
        moments.min()
    }

    /// Repays what is owed out of what is active at `at`, as a spend would take it.
    pub(crate) fn repay(&mut self, at: Timestamp) -> Result<Vec<Part>, Rejection> {
        let mut parts = Vec::new();
        for lot in self.lots.iter_mut().filter(|lot| lot.is_active(at)) {
            let some = self.debt.min(lot.remaining);
            if some > 0 {
                parts.push(Part::of(lot, some));
                lot.remaining = sub(lot.remaining, some)?;
                self.debt = sub(self.debt, some)?;
            }
        }
        self.lots.retain(|lot| lot.remaining > 0);
        Ok(parts)
    }
}

/// Meets claims out of `back`, which came back at `now` of what entry `since` had spent or held, and writes it down.
pub(crate) fn reclaim(
    account: &mut Account,
    since: u64,
    back: &[Part],
    now: Timestamp,
) -> Result<(), Rejection> {
    let taken = account.ledger.reclaim(since, back, now)?;
    write_recovered(account, &taken, now, now)
}

/// Writes down that `parts`, which came back, belong to reversed earns.
pub(crate) fn write_recovered(
    account: &mut Account,
    parts: &[Part],
    at: Timestamp,
    now: Timestamp,
) -> Result<(), Rejection> {
    for parts in parts.chunks(MAX_PARTS) {
        let points = total(parts)?;
        let totals = &mut account.ledger.totals;
        totals.taken = add(totals.taken, points)?;
        let id = TransactionId::own('c', account.journal.len());
        let mut entry = Entry::new(id, Kind::Recover, at, sub(0, points)?);
        entry.parts = parts.to_vec();
        account.write(entry, now)?;
    }
    Ok(())
}

/// Writes down that `parts` repaid what was owed.
pub(crate) fn write_repaid(
    account: &mut Account,
    parts: &[Part],
    at: Timestamp,
    now: Timestamp,
) -> Result<(), Rejection> {
    for parts in parts.chunks(MAX_PARTS) {
        let id = TransactionId::own('c', account.journal.len());
        let mut entry = Entry::new(id, Kind::Repay, at, 0);
        entry.owed = sub(0, total(parts)?)?;
        entry.parts = parts.to_vec();
        account.write(entry, now)?;
    }
    Ok(())
}

fn total(parts: &[Part]) -> Result<i64, Rejection> {
    parts.iter().try_fold(0, |sum, part| add(sum, part.points))
}
