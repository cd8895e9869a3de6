//! Holding points for a checkout in progress.
//!
//! `authorize` takes points out of the active ones and remembers their lots; `capture` spends them, wholly or in part, and
//! `void` gives them back; a hold that nobody closes ends by itself. The points stay the customer's until they are captured, so a hold
//! changes no sum: the balance in the journal is active, pending and held points together.
//!
//! A hold keeps its points through its own time: a lot that expires meanwhile can still be captured. Points given back to a
//! lot that is over expire at once. What a capture leaves goes back; of the lots held, it takes those that expire first.
//! A hold that ends at the very moment of a capture has ended.

use rapport_types::time::millis;
use rapport_types::{CustomerId, Span, Timestamp};
use serde::{Deserialize, Serialize};

use crate::account::{Account, Ledger};
use crate::adjust::thawed;
use crate::claim;
use crate::command::{Authorize, Capture, Rejection, Void, add, sub};
use crate::decide::{Acted, Context, Stop};
use crate::entry::{Entry, Kind, Part, TransactionId, Undo};
use crate::lot::Lot;
use crate::reward::Pending;
use crate::spend::{take_active, write_parts};

/// The most open holds of an account: many times what one customer's checkouts need.
pub const MAX_HOLDS: usize = 64;
/// How long a hold lasts where nobody says: 15 minutes, in seconds.
const DEFAULT_SECONDS: i64 = 900;
/// The longest hold, in days.
pub const MAX_HOLD_DAYS: u32 = 7;

/// Points set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The transaction that made it.
    pub id: TransactionId,
    /// The number of its first entry.
    pub n: u64,
    /// How many points.
    pub points: i64,
    /// The first moment at which it is over; one for somebody is to be finished by then.
    #[serde(with = "millis")]
    pub until: Timestamp,
    /// For whom, if the points are on their way to another customer: such a hold does not end by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<CustomerId>,
    /// Where the points came from, in the order in which they are spent.
    pub parts: Vec<Part>,
    /// Of a redemption: of which reward. Such a hold has no end of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reward: Option<Pending>,
}

impl Hold {
    /// Whether its time is over at `now`.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.ends_at().is_some_and(|end| end <= now)
    }

    /// When it ends by itself, if it does.
    pub fn ends_at(&self) -> Option<Timestamp> {
        let ends = self.to.is_none() && self.until < Timestamp::MAX;
        ends.then_some(self.until)
    }

    /// When somebody has to look at it.
    pub(crate) fn look_at(&self) -> Timestamp {
        self.reward.as_ref().map_or(self.until, |of| of.look_at)
    }
}

impl Ledger {
    /// Held points, counted by the lots they came from: so many rows may become lots again.
    pub(crate) fn held_parts(&self) -> usize {
        let rows = self.holds.iter().map(|hold| hold.parts.len());
        rows.fold(0, usize::saturating_add)
    }

    /// Puts the points of `part` back where they came from, with the dates those have.
    pub(crate) fn give_back(&mut self, part: &Part) -> Result<(), Rejection> {
        let open = self.lots.iter_mut().find(|lot| lot.is_source_of(part));
        if let Some(lot) = open {
            lot.remaining = add(lot.remaining, part.points)?;
        } else {
            let mut lot = Lot::restored(part);
            lot.remaining = part.points;
            self.open(lot);
        }
        Ok(())
    }

    /// Takes the hold `id` out, if it is still open.
    fn close(&mut self, id: &TransactionId) -> Option<Hold> {
        let place = self
            .holds
            .iter()
            .position(|hold| hold.id == *id && hold.to.is_none())?;
        Some(self.holds.remove(place))
    }
}

pub(crate) fn authorize(
    account: &mut Account,
    authorize: &Authorize,
    context: Context<'_>,
) -> Result<Acted, Stop> {
    let longest = Span::days(MAX_HOLD_DAYS).map_or(0, Span::millis);
    let lasts = authorize
        .expires_in
        .map_or(DEFAULT_SECONDS.saturating_mul(1_000), Span::millis);
    if !(1..=longest).contains(&lasts) {
        return Err(Rejection::BadHoldTime.into());
    }
    thawed(account)?;
    if account.ledger.all_holds().count() >= MAX_HOLDS {
        return Err(Rejection::TooManyHolds.into());
    }
    let parts = take_active(account, authorize.points, context.now)?;
    let id = &authorize.ids.transaction;
    let first = write_parts(account, &parts, context, |_, moved| {
        let mut entry = Entry::new(id.clone(), Kind::Authorize, context.now, 0);
        entry.held = moved;
        Ok(entry)
    })?;
    let until = context.now.millis().saturating_add(lasts);
    account.ledger.holds.push(Hold {
        id: id.clone(),
        n: first,
        points: authorize.points,
        until: Timestamp::from_millis(until),
        to: None,
        parts,
        reward: None,
    });
    let points = authorize.points;
    Ok(Acted::Wrote { first, points })
}

/// A hold that a redemption made is closed by it.
fn plain(account: &Account, of: &TransactionId) -> Result<(), Rejection> {
    match account.hold(of) {
        Some(hold) if hold.reward.is_some() => Err(Rejection::OfRedemption),
        _ => Ok(()),
    }
}

pub(crate) fn capture(
    account: &mut Account,
    capture: &Capture,
    context: Context<'_>,
) -> Result<Acted, Stop> {
    plain(account, &capture.of)?;
    let kind = account.kind_of_hold(&capture.of);
    account.with_kind(kind.as_ref(), |account| {
        capture_any(account, capture, context)
    })
}

/// The same of any hold.
pub(crate) fn capture_any(
    account: &mut Account,
    capture: &Capture,
    context: Context<'_>,
) -> Result<Acted, Stop> {
    if capture.points.is_some_and(|points| points < 1) {
        return Err(Rejection::TooFewPoints { least: 1 }.into());
    }
    let Some(hold) = account.ledger.close(&capture.of) else {
        return closed(account, &capture.of, Kind::Capture, capture.points, context);
    };
    let points = capture.points.unwrap_or(hold.points);
    if points > hold.points {
        return Err(Rejection::BeyondHold { held: hold.points }.into());
    }
    let (taken, rest) = split(hold.parts, points)?;
    let id = &capture.ids.transaction;
    let mut undo = Some(undo(&capture.of, points));
    let first = write_parts(account, &taken, context, |account, moved| {
        let totals = &mut account.ledger.totals;
        totals.spent = add(totals.spent, moved)?;
        let mut entry = Entry::new(id.clone(), Kind::Capture, context.now, sub(0, moved)?);
        entry.held = sub(0, moved)?;
        entry.undo = undo.take();
        Ok(entry)
    })?;
    if !rest.is_empty() {
        let held = (&capture.of, hold.n);
        give_back(account, id, held, &rest, context)?;
    }
    Ok(Acted::Wrote { first, points })
}

pub(crate) fn void(
    account: &mut Account,
    void: &Void,
    context: Context<'_>,
) -> Result<Acted, Stop> {
    plain(account, &void.of)?;
    let kind = account.kind_of_hold(&void.of);
    account.with_kind(kind.as_ref(), |account| void_any(account, void, context))
}

/// The same of any hold.
pub(crate) fn void_any(
    account: &mut Account,
    void: &Void,
    context: Context<'_>,
) -> Result<Acted, Stop> {
    let Some(hold) = account.ledger.close(&void.of) else {
        return closed(account, &void.of, Kind::Void, None, context);
    };
    let id = &void.ids.transaction;
    let first = give_back(account, id, (&void.of, hold.n), &hold.parts, context)?;
    let points = hold.points;
    Ok(Acted::Wrote { first, points })
}

/// Why there is no open hold `of`: it was closed in the way that is asked for, which is fine; in another; or by its time.
fn closed(
    account: &Account,
    of: &TransactionId,
    asked: Kind,
    points: Option<i64>,
    context: Context<'_>,
) -> Result<Acted, Stop> {
    let unknown = || Rejection::UnknownTransaction {
        transaction: of.clone(),
    };
    let prior = context.prior;
    let original = prior.transaction(account, of)?.ok_or_else(unknown)?;
    if original.kind != Kind::Authorize {
        return Err(Rejection::NoHold.into());
    }
    // The key of a request may be its other name.
    let id = original.id.clone();
    let until = original.answer.as_ref().and_then(|a| a.expires_at);
    let Some(last) = prior.last_reversal(account, &id)? else {
        // Nothing closed it, so its time did. To give back what has gone back is done already.
        return match asked {
            Kind::Void => Ok(Acted::Nothing),
            _ => Err(Rejection::HoldOver {
                at: until.unwrap_or(context.now),
            }
            .into()),
        };
    };
    let moved = last.answer.as_ref().map_or(0, |answer| answer.points);
    if last.kind == asked && points.is_none_or(|points| points == moved) {
        return Ok(Acted::DoneBefore(Box::new(last.clone())));
    }
    Err(Rejection::HoldClosed {
        captured: (last.kind == Kind::Capture).then_some(moved),
    }
    .into())
}

fn undo(of: &TransactionId, points: i64) -> Undo {
    Undo {
        of: of.clone(),
        points,
        money: 0,
    }
}

/// Of a hold's `parts`, the first `points`, and what is left.
fn split(parts: Vec<Part>, points: i64) -> Result<(Vec<Part>, Vec<Part>), Rejection> {
    let (mut taken, mut rest) = (Vec::new(), Vec::new());
    let mut left = points;
    for part in parts {
        let some = left.min(part.points);
        left = sub(left, some)?;
        let others = sub(part.points, some)?;
        if some > 0 {
            taken.push(Part {
                points: some,
                ..part.clone()
            });
        }
        if others > 0 {
            rest.push(Part {
                points: others,
                ..part
            });
        }
    }
    Ok((taken, rest))
}

/// Points of the hold `of`, that entry `since` made, go back to their lots, as transaction `id`.
fn give_back(
    account: &mut Account,
    id: &TransactionId,
    (of, since): (&TransactionId, u64),
    parts: &[Part],
    context: Context<'_>,
) -> Result<u64, Rejection> {
    for part in parts {
        account.ledger.give_back(part)?;
    }
    let first = write_parts(account, parts, context, |_, moved| {
        let mut entry = Entry::new(id.clone(), Kind::Void, context.now, 0);
        entry.held = sub(0, moved)?;
        entry.undo = Some(undo(of, moved));
        Ok(entry)
    })?;
    claim::reclaim(account, since, parts, context.now)?;
    Ok(first)
}
