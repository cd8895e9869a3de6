//! What time alone has done: points whose time is over.
//!
//! Activation needs no entry: it moves points from pending to active and changes no sum.

use std::collections::BTreeSet;

use rapport_types::Timestamp;

use crate::account::Account;
use crate::command::{Outcome, Rejection, add, sub};
use crate::decide::{Decision, finish};
use crate::entry::{Answer, Entry, Kind, MAX_PARTS, Part, TransactionId};
use crate::lot::Lot;

/// Up to so many moments of expiry get an entry each. Where more have gathered in an account nobody touched for long,
/// an entry names up to 16 lots of several moments, so that one commit stays small.
const MAX_MOMENTS: usize = 64;

/// The account as it stands at `now`, expired points in its journal: for reading, or to be committed. An account
/// that no sum can describe any more (beyond 63 bits) is shown as it is.
pub fn settled(account: &Account, now: Timestamp) -> Account {
    let mut next = account.clone();
    match settle(&mut next, now) {
        Ok(()) => next,
        Err(_) => account.clone(),
    }
}

/// What a timer is for: writes down what has expired by `now`, though nobody asks for it. The outcome is `replayed` where there
/// is nothing to write; its answer has no points.
pub fn expire(account: &Account, now: Timestamp) -> Result<Decision, Rejection> {
    let now = account.latest(now)?;
    let mut next = account.clone();
    settle(&mut next, now)?;
    // The timer that brought us here is gone.
    next.timer = next.timer.filter(|set| *set > now);
    let outcome = Outcome {
        transaction: TransactionId::own('x', account.journal.len()),
        answer: Answer {
            points: 0,
            balance: next.balance(now),
            tier: None,
        },
        given: Vec::new(),
        replayed: next == *account,
        timer: None,
        spill: Vec::new(),
        account: next,
    };
    finish(account, Ok(outcome))
}

/// Writes what has expired by `now`, in the order in which it did.
pub(crate) fn settle(account: &mut Account, now: Timestamp) -> Result<(), Rejection> {
    if !account.ledger.lots.iter().any(|lot| lot.is_over(now)) {
        return Ok(());
    }
    let lots = std::mem::take(&mut account.ledger.lots);
    // Lots stand in the order of expiry, so those that are over come first, in the order they ended.
    let (over, open): (Vec<Lot>, Vec<Lot>) = lots.into_iter().partition(|lot| lot.is_over(now));
    account.ledger.lots = open;

    let moments: BTreeSet<_> = over.iter().map(|lot| lot.expires_at).collect();
    let apart = moments.len() <= MAX_MOMENTS;
    for same in over.chunk_by(|a, b| !apart || a.expires_at == b.expires_at) {
        for lots in same.chunks(MAX_PARTS) {
            let points = lots
                .iter()
                .try_fold(0, |sum, lot| add(sum, lot.remaining))?;
            let at = lots.last().and_then(|lot| lot.expires_at).unwrap_or(now);
            let totals = &mut account.ledger.totals;
            totals.expired = add(totals.expired, points)?;
            let id = TransactionId::own('x', account.journal.len());
            let mut entry = Entry::new(id, Kind::Expire, at, sub(0, points)?);
            entry.parts = lots
                .iter()
                .map(|lot| Part::of(lot, lot.remaining))
                .collect();
            account.write(entry, now)?;
        }
    }
    Ok(())
}
