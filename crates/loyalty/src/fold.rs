//! At most 512 open lots, those that holds may give back among them; of each other kind of points 128.
//!
//! Beyond that, lots with equal dates become one. If there are none, those whose dates are nearest do, with the earlier
//! activation and the later expiry of both, so that the customer never loses by it. A journal entry names what went where.

use rapport_types::Timestamp;

use crate::account::{Account, Ledger};
use crate::command::{Rejection, add, sub};
use crate::decide::Context;
use crate::entry::{Entry, Kind, MAX_PARTS, TransactionId};
use crate::lot::Lot;

/// The most open lots.
pub const MAX_LOTS: usize = 512;
/// Folding lots of different dates makes room for more than one, so that not every earn has to.
const ROOM: usize = 16;
/// The most open lots of another kind than the main one.
const MAX_LOTS_OF_OTHERS: usize = 128;

/// Each kind of points by itself.
pub(crate) fn fold_all(account: &mut Account, context: Context<'_>) -> Result<(), Rejection> {
    fold(account, context, MAX_LOTS)?;
    for kind in account.other_kinds() {
        account.with_kind(Some(&kind), |account| {
            fold(account, context, MAX_LOTS_OF_OTHERS)
        })?;
    }
    Ok(())
}

fn fold(account: &mut Account, context: Context<'_>, most: usize) -> Result<(), Rejection> {
    let most = most.saturating_sub(account.ledger.held_parts());
    if account.ledger.lots.len() <= most {
        return Ok(());
    }
    let mut folds = fold_equal(&mut account.ledger, context.now)?;
    if account.ledger.lots.len() > most {
        while account.ledger.lots.len() > most.saturating_sub(ROOM) {
            match fold_nearest(&mut account.ledger, context)? {
                Some(row) => folds.push(row),
                None => break,
            }
        }
    }
    for rows in folds.chunks(MAX_PARTS) {
        let id = TransactionId::own('f', account.journal.len());
        let mut entry = Entry::new(id, Kind::Fold, context.now, 0);
        entry.folds = rows.to_vec();
        account.write(entry, context.now)?;
    }
    Ok(())
}

/// What a fold writes: the lot that went, its points, the lot it went into.
type Row = (u64, i64, u64);

/// Lots with one expiry that are all active, or activate at one moment, become one.
fn fold_equal(ledger: &mut Ledger, now: Timestamp) -> Result<Vec<Row>, Rejection> {
    let mut rows = Vec::new();
    let mut folded: Vec<Lot> = Vec::new();
    for lot in std::mem::take(&mut ledger.lots) {
        let from = |lot: &Lot| lot.active_from.max(now);
        match folded.last_mut() {
            Some(into) if into.expires_at == lot.expires_at && from(into) == from(&lot) => {
                rows.push((lot.id, lot.remaining, into.id));
                absorb(into, &lot)?;
            }
            _ => folded.push(lot),
        }
    }
    ledger.lots = folded;
    Ok(rows)
}

fn absorb(into: &mut Lot, lot: &Lot) -> Result<(), Rejection> {
    into.amount = add(into.amount, lot.amount)?;
    into.remaining = add(into.remaining, lot.remaining)?;
    into.active_from = into.active_from.min(lot.active_from);
    into.expires_at = into.expires_at.zip(lot.expires_at).map(|(a, b)| a.max(b));
    Ok(())
}

/// The two neighbours with the nearest dates become one.
fn fold_nearest(ledger: &mut Ledger, context: Context<'_>) -> Result<Option<Row>, Rejection> {
    let distance = |pair: &[Lot]| match pair {
        [a, b] => {
            let end = |lot: &Lot| lot.expires_at.unwrap_or(Timestamp::MAX);
            let from = |lot: &Lot| lot.active_from.max(context.now);
            end(b)
                .millis_since(end(a))
                .saturating_abs()
                .saturating_add(from(b).millis_since(from(a)).saturating_abs())
        }
        _ => i64::MAX,
    };
    let nearest = ledger
        .lots
        .windows(2)
        .enumerate()
        .min_by_key(|(_, pair)| distance(pair))
        .map(|(place, _)| place);
    let Some(place) = nearest else {
        return Ok(None);
    };
    let lot = ledger.lots.remove(place.saturating_add(1));
    let mut into = ledger.lots.remove(place);
    let before = into.clone();
    absorb(&mut into, &lot)?;
    // What activates earlier than it would have counts for tiers from that earlier day.
    let new_day = context
        .zone
        .day_of(into.active_from.max(context.now))
        .number();
    for moved in [&before, &lot] {
        if moved.is_pending(context.now) && moved.active_from != into.active_from {
            let old_day = context.zone.day_of(moved.active_from).number();
            ledger.days.add(old_day, sub(0, moved.remaining)?, 0)?;
            ledger.days.add(new_day, moved.remaining, 0)?;
        }
    }
    let row = (lot.id, lot.remaining, into.id);
    ledger.open(into);
    Ok(Some(row))
}
