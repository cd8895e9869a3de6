//! What time alone has done: points whose time is over, and holds that nobody closed.
//!
//! Activation needs no entry: it moves points from pending to active and changes no sum. Where something is owed, it is repaid at that
//! moment, which is an entry.
//!
//! Within one instant a hold ends before its lots do, so that points given back to a lot that ends with it expire once.

use std::collections::BTreeSet;

use rapport_types::{Timestamp, Zone};

use crate::account::{Account, Ledger};
use crate::claim::{write_recovered, write_repaid};
use crate::command::{Outcome, Rejection, add, sub};
use crate::decide::{Context, Decision, Stop, close};
use crate::entry::{Answer, Entry, Kind, MAX_PARTS, Part, TransactionId, Undo};
use crate::hold::Hold;
use crate::lot::Lot;
use crate::news;
use crate::pages::Prior;
use crate::program::Program;
use crate::tier;

/// Up to so many moments of expiry get an entry each. Where more have gathered in an account nobody touched for long,
/// an entry names up to 16 lots of several moments, so that one commit stays small.
const MAX_MOMENTS: usize = 64;
/// The same of each other kind of points.
const MAX_MOMENTS_OF_OTHERS: usize = 8;

/// The account as it stands at `now`, expired points in its journal: for reading, or to be committed. An account
/// that no sum can describe any more (beyond 63 bits) is shown as it is.
pub fn settled(account: &Account, now: Timestamp) -> Account {
    let mut next = account.clone();
    match settle(&mut next, now) {
        Ok(()) => next,
        Err(_) => account.clone(),
    }
}

/// What a timer is for: writes down what has expired by `now`, though nobody asks for it, and tells what time alone has brought. The outcome is `replayed` where there
/// is nothing to write; its answer has no points.
pub fn expire(
    account: &Account,
    program: Option<&Program>,
    prior: &Prior,
    now: Timestamp,
    zone: &Zone,
) -> Result<Decision, Rejection> {
    let now = account.latest(now)?;
    let mut next = account.clone();
    settle(&mut next, now)?;
    match tier::stays::look(&mut next, program, prior) {
        Err(Stop::Read(want)) => return Ok(Decision::Read(want)),
        Err(Stop::Rejected(rejection)) => return Err(rejection),
        Ok(()) => {}
    }
    news::expiring(&mut next, program, now, zone);
    news::tier_changed(account, &mut next, program, false, now, zone);
    // The timer that brought us here is gone.
    next.timer = next.timer.filter(|set| *set > now);
    let outcome = Outcome {
        transaction: TransactionId::own('x', account.journal.len()),
        answer: Answer {
            points: 0,
            balance: next.balance(now),
            tier: None,
            expires_at: None,
        },
        given: Vec::new(),
        kind: None,
        also: Vec::new(),
        replayed: next == *account,
        timer: None,
        spill: Vec::new(),
        account: next,
    };
    let context = Context {
        program,
        prior,
        now,
        zone,
        occasion: None,
    };
    close(account, outcome, context)
}

/// One thing that time did.
pub(crate) enum Happened {
    /// Lots ended, in this order.
    Ended(Vec<Lot>),
    /// A hold ended, and its points went back.
    Released(Hold),
    /// Of what went back, these belong to earns that had been reversed.
    Recovered(Timestamp, Vec<Part>),
    /// Points that could be spent made up for what was owed.
    Repaid(Timestamp, Vec<Part>),
}

impl Ledger {
    /// Whether time has done nothing by `now` but end and activate lots.
    pub(crate) fn is_settled(&self, now: Timestamp) -> bool {
        let repays = || self.lots.iter().any(|lot| lot.active_from <= now);
        !self.holds.iter().any(|hold| hold.is_over(now)) && (self.debt == 0 || !repays())
    }

    /// Lets time pass until `now`, and tells what happened, in the order in which it did. The totals stay as they are.
    ///
    /// `from` is when it passed last, if something was done since. Else nothing that can be spent is there while something is owed.
    pub(crate) fn pass(
        &mut self,
        from: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Vec<Happened>, Rejection> {
        let mut happened = Vec::new();
        let mut from = from.unwrap_or(Timestamp::from_millis(i64::MIN));
        loop {
            let release = self.holds.iter().filter_map(Hold::ends_at).min();
            let repay = self.repays_at(from);
            let next = release.into_iter().chain(repay).min();
            let Some(at) = next.filter(|at| *at <= now) else {
                break;
            };
            self.end(&mut happened, |lot| {
                lot.expires_at.is_some_and(|end| end < at)
            });
            from = from.max(at);
            if release == Some(at) {
                self.release(at, &mut happened)?;
            } else {
                happened.push(Happened::Repaid(at, self.repay(at)?));
            }
        }
        self.end(&mut happened, |lot| lot.is_over(now));
        Ok(happened)
    }

    /// Gives back the points of a hold that ends at `at`.
    fn release(&mut self, at: Timestamp, happened: &mut Vec<Happened>) -> Result<(), Rejection> {
        let Some(place) = self
            .holds
            .iter()
            .position(|hold| hold.ends_at() == Some(at))
        else {
            return Ok(());
        };
        let hold = self.holds.remove(place);
        for part in &hold.parts {
            self.give_back(part)?;
        }
        let taken = self.reclaim(hold.n, &hold.parts, at)?;
        happened.push(Happened::Released(hold));
        if !taken.is_empty() {
            happened.push(Happened::Recovered(at, taken));
        }
        Ok(())
    }

    fn end(&mut self, happened: &mut Vec<Happened>, is_over: impl Fn(&Lot) -> bool) {
        if !self.lots.iter().any(&is_over) {
            return;
        }
        let lots = std::mem::take(&mut self.lots);
        // Lots stand in the order of expiry, so those that are over come first, in the order they ended.
        let (over, open): (Vec<Lot>, Vec<Lot>) = lots.into_iter().partition(is_over);
        self.lots = open;
        happened.push(Happened::Ended(over));
    }
}

/// Writes what time has done by `now`, in the order in which it did.
pub(crate) fn settle(account: &mut Account, now: Timestamp) -> Result<(), Rejection> {
    settle_from(account, None, now)
}

/// The same, after something was done at `now`: points that came may be over at once, or make up for what is owed.
pub(crate) fn settle_again(account: &mut Account, now: Timestamp) -> Result<(), Rejection> {
    settle_from(account, Some(now), now)
}

/// Of each kind of points by itself.
fn settle_from(
    account: &mut Account,
    from: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), Rejection> {
    settle_in_hand(account, from, now, MAX_MOMENTS)?;
    for kind in account.other_kinds() {
        account.with_kind(Some(&kind), |account| {
            settle_in_hand(account, from, now, MAX_MOMENTS_OF_OTHERS)
        })?;
    }
    Ok(())
}

fn settle_in_hand(
    account: &mut Account,
    from: Option<Timestamp>,
    now: Timestamp,
    most: usize,
) -> Result<(), Rejection> {
    let happened = account.ledger.pass(from, now)?;
    let moments: BTreeSet<_> = happened
        .iter()
        .flat_map(|what| match what {
            Happened::Ended(lots) => lots.as_slice(),
            _ => &[],
        })
        .map(|lot| lot.expires_at)
        .collect();
    let apart = moments.len() <= most;
    for what in &happened {
        match what {
            Happened::Ended(lots) => write_ended(account, lots, apart, now)?,
            Happened::Released(hold) => write_released(account, hold, now)?,
            Happened::Recovered(at, parts) => write_recovered(account, parts, *at, now)?,
            Happened::Repaid(at, parts) => write_repaid(account, parts, *at, now)?,
        }
    }
    Ok(())
}

fn write_ended(
    account: &mut Account,
    over: &[Lot],
    apart: bool,
    now: Timestamp,
) -> Result<(), Rejection> {
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

fn write_released(account: &mut Account, hold: &Hold, now: Timestamp) -> Result<(), Rejection> {
    for parts in hold.parts.chunks(MAX_PARTS) {
        let points = parts
            .iter()
            .try_fold(0, |sum, part| add(sum, part.points))?;
        let id = TransactionId::own('h', account.journal.len());
        let mut entry = Entry::new(id, Kind::Release, hold.until, 0);
        entry.held = sub(0, points)?;
        entry.parts = parts.to_vec();
        entry.undo = Some(Undo {
            of: hold.id.clone(),
            points,
            money: 0,
        });
        account.write(entry, now)?;
    }
    Ok(())
}
