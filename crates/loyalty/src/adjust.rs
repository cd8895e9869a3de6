//! What people do to an account: adjust it, freeze it, and bring balances along from another system.
//!
//! An adjustment says who made it and why. It never counts for tiers. One that takes points takes active ones, in the order of a
//! spend, and never more than there are; a frozen account can be adjusted.
//!
//! A frozen account takes everything in and lets nothing out at the customer's wish: no spend, no new hold, no transfer. Points are earned,
//! expire, are reversed and adjusted as ever, and a hold that was made before is captured or voided, as the shop was
//! promised.
//!
//! Imported lots keep the dates they had. For tiers counts what is still pending, when it activates: what was active has counted where it
//! came from.

use rapport_types::Timestamp;
use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::command::{Adjust, Freeze, Import, MAX_NOTE_BYTES, Rejection, Unfreeze, add, sub};
use crate::decide::{Acted, Context, Stop};
use crate::earn::MOST_POINTS;
use crate::entry::{Entry, Kind, Part};
use crate::lot::Lot;
use crate::spend::{take_active, write_parts};

/// The most lots of one import: each is an entry, and one commit writes fewer entries than the document keeps.
pub const MAX_IMPORT: usize = 100;

/// That an account is frozen, and since when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frozen {
    /// Since when.
    #[serde(with = "rapport_types::time::millis")]
    pub since: Timestamp,
    /// Why, for people.
    pub reason: String,
    /// Who froze it.
    pub author: String,
}

pub(crate) fn adjust(
    account: &mut Account,
    adjust: &Adjust,
    context: Context<'_>,
) -> Result<Acted, Stop> {
    let Context { now, zone, .. } = context;
    signed(&adjust.reason, &adjust.author)?;
    if adjust.points == 0 {
        return Err(Rejection::NothingToAdjust.into());
    }
    if !(-MOST_POINTS..=MOST_POINTS).contains(&adjust.points) {
        return Err(Rejection::Overflow.into());
    }
    if adjust.points < 0 && adjust.expires_at.is_some() {
        return Err(Rejection::NoDateToTake.into());
    }
    let id = &adjust.ids.transaction;
    let entry = |account: &mut Account, points| {
        let totals = &mut account.ledger.totals;
        totals.adjusted = add(totals.adjusted, points)?;
        Ok(Entry::new(id.clone(), Kind::Adjust, now, points))
    };
    let first = if adjust.points > 0 {
        if adjust.expires_at.is_some_and(|end| end <= now) {
            return Err(Rejection::OverAlready { lot: None }.into());
        }
        let kind = account.in_hand.clone();
        let of_program = || context.program?.expires_at_of(kind.as_ref(), now, zone);
        let lot = Lot {
            id: account.journal.len(),
            amount: adjust.points,
            remaining: adjust.points,
            active_from: now,
            expires_at: adjust.expires_at.or_else(of_program),
        };
        let parts = [Part::of(&lot, adjust.points)];
        account.ledger.open(lot);
        write_parts(account, &parts, context, entry)?
    } else {
        let parts = take_active(account, sub(0, adjust.points)?, now)?;
        write_parts(account, &parts, context, |account, moved| {
            entry(account, sub(0, moved)?)
        })?
    };
    Ok(Acted::Wrote {
        first,
        points: adjust.points,
    })
}

pub(crate) fn import(
    account: &mut Account,
    import: &Import,
    context: Context<'_>,
) -> Result<Acted, Stop> {
    let now = context.now;
    if import.lots.is_empty() || import.lots.len() > MAX_IMPORT {
        return Err(Rejection::BadImport.into());
    }
    let first = account.journal.len();
    let mut sum = 0;
    for (at, opening) in import.lots.iter().enumerate() {
        let lot = Some(at);
        if !(1..=MOST_POINTS).contains(&opening.points) {
            return Err(Rejection::BadLot { lot: at }.into());
        }
        if opening
            .reason
            .as_ref()
            .is_some_and(|r| r.len() > MAX_NOTE_BYTES)
        {
            return Err(Rejection::LongNote { lot }.into());
        }
        let active_from = opening.active_from.unwrap_or(now);
        if opening
            .expires_at
            .is_some_and(|end| end <= now.max(active_from))
        {
            return Err(Rejection::OverAlready { lot }.into());
        }
        let open = Lot {
            id: account.journal.len(),
            amount: opening.points,
            remaining: opening.points,
            active_from,
            expires_at: opening.expires_at,
        };
        let totals = &mut account.ledger.totals;
        totals.adjusted = add(totals.adjusted, opening.points)?;
        if active_from > now {
            totals.qualifying = add(totals.qualifying, opening.points)?;
            let day = context.zone.day_of(active_from).number();
            account.ledger.days.add(day, opening.points, 0)?;
        }
        let id = import.ids.transaction.clone();
        let mut entry = Entry::new(id, Kind::Import, now, opening.points);
        entry.parts.push(Part::of(&open, opening.points));
        entry.reason.clone_from(&opening.reason);
        account.write(entry, now)?;
        account.ledger.open(open);
        sum = add(sum, opening.points)?;
    }
    let last = account.journal.len().saturating_sub(1);
    if let Some(head) = account.journal.get_mut(first) {
        head.more = last.saturating_sub(first);
    }
    Ok(Acted::Wrote { first, points: sum })
}

pub(crate) fn freeze(
    account: &mut Account,
    freeze: &Freeze,
    context: Context<'_>,
) -> Result<Acted, Stop> {
    signed(&freeze.reason, &freeze.author)?;
    if account.ledger.frozen.is_some() {
        return Ok(Acted::Nothing);
    }
    account.ledger.frozen = Some(Frozen {
        since: context.now,
        reason: freeze.reason.clone(),
        author: freeze.author.clone(),
    });
    let id = freeze.ids.transaction.clone();
    let entry = Entry::new(id, Kind::Freeze, context.now, 0);
    let first = account.write(entry, context.now)?;
    Ok(Acted::Wrote { first, points: 0 })
}

pub(crate) fn unfreeze(
    account: &mut Account,
    unfreeze: &Unfreeze,
    context: Context<'_>,
) -> Result<Acted, Stop> {
    signed(&unfreeze.reason, &unfreeze.author)?;
    if account.ledger.frozen.take().is_none() {
        return Ok(Acted::Nothing);
    }
    let id = unfreeze.ids.transaction.clone();
    let entry = Entry::new(id, Kind::Unfreeze, context.now, 0);
    let first = account.write(entry, context.now)?;
    Ok(Acted::Wrote { first, points: 0 })
}

/// Nothing goes out of a frozen account.
pub(crate) fn thawed(account: &Account) -> Result<(), Rejection> {
    match &account.ledger.frozen {
        Some(frozen) => Err(Rejection::Frozen {
            since: frozen.since,
        }),
        None => Ok(()),
    }
}

/// Who did it and why stands there.
fn signed(reason: &str, author: &str) -> Result<(), Rejection> {
    for (field, text) in [("reason", reason), ("author", author)] {
        if text.trim().is_empty() {
            return Err(Rejection::Unsigned { field });
        }
    }
    if author.len() > MAX_NOTE_BYTES {
        return Err(Rejection::LongNote { lot: None });
    }
    Ok(())
}
