//! Spending points.

use rapport_types::Timestamp;

use crate::account::Account;
use crate::adjust::thawed;
use crate::command::{Rejection, Spend, add, sub};
use crate::decide::{Acted, Context, Stop};
use crate::entry::{Entry, Kind, MAX_PARTS, Part};

pub(crate) fn spend(
    account: &mut Account,
    spend: &Spend,
    context: Context<'_>,
) -> Result<Acted, Stop> {
    thawed(account)?;
    let parts = take_active(account, spend.points, context.now)?;
    let first = write_parts(account, &parts, context, |account, moved| {
        let totals = &mut account.ledger.totals;
        totals.spent = add(totals.spent, moved)?;
        let id = spend.ids.transaction.clone();
        Ok(Entry::new(id, Kind::Spend, context.now, sub(0, moved)?))
    })?;
    Ok(Acted::Wrote {
        first,
        points: spend.points,
    })
}

/// Takes `points` out of the lots that can be spent at `now`: what expires first, then the older.
pub(crate) fn take_active(
    account: &mut Account,
    points: i64,
    now: Timestamp,
) -> Result<Vec<Part>, Rejection> {
    if points < 1 {
        return Err(Rejection::TooFewPoints { least: 1 });
    }
    let balance = account.ledger.active(now)?;
    if points > balance {
        return Err(Rejection::Insufficient { balance });
    }
    // Lots stand in the order they are spent.
    let mut parts = Vec::new();
    let mut left = points;
    for lot in &mut account.ledger.lots {
        if left == 0 {
            break;
        }
        if !lot.is_active(now) {
            continue;
        }
        let taken = left.min(lot.remaining);
        parts.push(Part::of(lot, taken));
        lot.remaining = sub(lot.remaining, taken)?;
        left = sub(left, taken)?;
    }
    account.ledger.lots.retain(|lot| lot.remaining > 0);
    Ok(parts)
}

/// Writes `parts` as entries of at most [`MAX_PARTS`] each (one entry if there are none); `entry` counts a chunk's
/// points in the totals and says what is written of it. Answers with the number of the first entry.
pub(crate) fn write_parts(
    account: &mut Account,
    parts: &[Part],
    context: Context<'_>,
    mut entry: impl FnMut(&mut Account, i64) -> Result<Entry, Rejection>,
) -> Result<u64, Rejection> {
    let first = account.journal.len();
    let chunks: Vec<&[Part]> = if parts.is_empty() {
        vec![parts]
    } else {
        parts.chunks(MAX_PARTS).collect()
    };
    let more = u64::try_from(chunks.len())
        .unwrap_or(u64::MAX)
        .saturating_sub(1);
    for (at, chunk) in chunks.into_iter().enumerate() {
        let moved = chunk
            .iter()
            .try_fold(0, |sum, part| add(sum, part.points))?;
        let mut entry = entry(account, moved)?;
        entry.parts = chunk.to_vec();
        entry.more = if at == 0 { more } else { 0 };
        account.write(entry, context.now)?;
    }
    Ok(first)
}
