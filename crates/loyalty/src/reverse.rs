//! Taking an earn or a spend back.
//!
//! Of an earn it takes first the points that the order itself earned, then points of the same expiry, then as a spend would. What
//! the account does not have goes by the [`Policy`], see [`claim`](mod@crate::claim). Where the
//! order's own points have expired by now, nothing is taken in their place: they were of no use any more. For tiers the whole
//! part counts as taken back, on the day on which it was earned.
//!
//! A spend's points, and those that a capture spent, go back to the lots they came from, with the dates those have: the last taken returns first, so that
//! a part returned is the part that lasts longest.

use crate::account::Account;
use crate::claim::{self, Claim, Policy};
use crate::command::{Rejection, Reverse, add, sub};
use crate::decide::{Acted, Context, Stop};
use crate::entry::{Entry, Kind, Part, Undo};
use crate::lot::Lot;
use crate::pages::Prior;
use crate::spend::write_parts;
use crate::tier;

pub(crate) fn reverse(
    account: &mut Account,
    reverse: &Reverse,
    context: Context<'_>,
) -> Result<Acted, Stop> {
    // What was redeemed is cancelled together with its voucher.
    let original = context.prior.transaction(account, &reverse.of)?;
    if original.is_some_and(|entry| entry.voucher.is_some()) {
        return Err(Rejection::OfVoucher.into());
    }
    reverse_any(account, reverse, context)
}

/// The same of anything that can be reversed.
pub(crate) fn reverse_any(
    account: &mut Account,
    reverse: &Reverse,
    context: Context<'_>,
) -> Result<Acted, Stop> {
    if reverse.points.is_some_and(|points| points < 1) {
        return Err(Rejection::TooFewPoints { least: 1 }.into());
    }
    let prior = context.prior;
    let original = prior
        .transaction(account, &reverse.of)?
        .ok_or_else(|| Rejection::UnknownTransaction {
            transaction: reverse.of.clone(),
        })?
        .clone();
    // The key of a request that named an order leads here too; the reversals are kept under the one id.
    let last = prior.last_reversal(account, &original.id)?;
    let done = last.and_then(|entry| entry.undo.clone());
    let whole = match original.kind {
        Kind::Earn | Kind::Spend | Kind::Capture => {
            original.answer.as_ref().map_or(0, |answer| answer.points)
        }
        _ => return Err(Rejection::NotReversible.into()),
    };
    let before = done.as_ref().map_or(0, |undo| undo.points);
    let left = sub(whole, before)?;
    if left == 0
        && let Some(entry) = last
    {
        return Ok(Acted::DoneBefore(Box::new(entry.clone())));
    }
    let asked = reverse.points.unwrap_or(left);
    if asked > left {
        return Err(Rejection::BeyondOriginal { left }.into());
    }
    let money_before = done.as_ref().map_or(0, |undo| undo.money);
    let undo = Undo {
        of: original.id.clone(),
        points: add(before, asked)?,
        // More may have gone back of the order's money than of its points, which are rounded.
        money: money_back(&original, whole, add(before, asked)?)?.max(money_before),
    };
    let kind = original.points_kind.clone();
    if original.kind == Kind::Earn {
        Ok(unearn(
            account,
            reverse,
            &original,
            done.as_ref(),
            undo,
            context,
        )?)
    } else {
        let mut parts = Vec::new();
        for n in original.n..=original.n.saturating_add(original.more) {
            let entry = prior.entry(account, n)?;
            // What a capture gave back of its hold was not spent.
            let spent = entry.filter(|entry| entry.kind == original.kind);
            parts.extend(
                spent
                    .into_iter()
                    .flat_map(|entry| entry.parts.iter().cloned()),
            );
        }
        let parts = returned(parts, before, asked)?;
        // A capture's points left the account's reach when they were held.
        let held = match (original.kind, &original.undo) {
            (Kind::Capture, Some(undo)) => prior.transaction(account, &undo.of)?.map(|hold| hold.n),
            _ => None,
        };
        let since = held.unwrap_or(original.n);
        Ok(account.with_kind(kind.as_ref(), |account| {
            unspend(account, reverse, &parts, since, undo, context)
        })?)
    }
}

/// What the order of `original` earned of other kinds.
fn with_it(account: &Account, original: &Entry, prior: &Prior) -> Result<Vec<Entry>, Stop> {
    let mut with_it = Vec::new();
    for n in (original.n..=original.n.saturating_add(original.more)).skip(1) {
        with_it.extend(prior.entry(account, n)?.cloned());
    }
    Ok(with_it)
}

/// Takes the earn `original` back until as much of it has gone as `undo` says; `done` says how much had gone before. What the same order
/// earned of other kinds goes with it, by the same share.
pub(crate) fn unearn(
    account: &mut Account,
    reverse: &Reverse,
    original: &Entry,
    done: Option<&Undo>,
    undo: Undo,
    context: Context<'_>,
) -> Result<Acted, Stop> {
    let with_it = with_it(account, original, context.prior)?;
    let whole = original.answer.as_ref().map_or(0, |answer| answer.points);
    let paid = original.money.map_or(0, |money| money.amount);
    // By its points; by its money, where it earned none of the first kind; where it came to nothing, all goes at once.
    let so_far = |undo: &Undo, all: i64| match (whole, paid) {
        (0, 0) => Ok(all),
        (0, paid) => share(all, paid, undo.money),
        (whole, _) => share(all, whole, undo.points),
    };
    let mut others = Vec::with_capacity(with_it.len());
    for entry in with_it {
        let gone = done.map_or(Ok(0), |done| so_far(done, entry.points))?;
        let points = sub(so_far(&undo, entry.points)?, gone)?;
        others.push((entry, points));
    }
    let (points_before, money_before) = done.map_or((0, 0), |undo| (undo.points, undo.money));
    let taken = Taken {
        points: sub(undo.points, points_before)?,
        money: sub(undo.money, money_before)?,
        undo: Some(undo),
    };
    let mut take = |original: &Entry, taken: Taken| {
        let kind = original.points_kind.as_ref();
        account.with_kind(kind, |account| {
            take_back(account, reverse, original, taken, context)
        })
    };
    let acted = take(original, taken)?;
    for (entry, points) in others.iter().filter(|(_, points)| *points > 0) {
        let taken = Taken {
            undo: None,
            points: *points,
            money: 0,
        };
        take(entry, taken)?;
    }
    if let Acted::Wrote { first, .. } = &acted {
        let last = account.journal.len().saturating_sub(1);
        if let Some(head) = account.journal.get_mut(*first) {
            head.more = last.saturating_sub(*first);
        }
    }
    Ok(acted)
}

/// What is taken back of an earn.
struct Taken {
    /// How far its transaction is taken back with it; only the first entry of a reversal says so.
    undo: Option<Undo>,
    points: i64,
    money: i64,
}

/// Of the money that earned `whole` points, what belongs to `reversed` of them: rounded down, and all of it at the end.
fn money_back(original: &Entry, whole: i64, reversed: i64) -> Result<i64, Rejection> {
    share(
        original.money.map_or(0, |money| money.amount),
        whole,
        reversed,
    )
}

/// Of what came with `whole` points, what belongs to `reversed` of them: rounded down, and all of it at the end.
fn share(all: i64, whole: i64, reversed: i64) -> Result<i64, Rejection> {
    if reversed == whole {
        return Ok(all);
    }
    i128::from(all)
        .checked_mul(i128::from(reversed))
        .and_then(|product| product.checked_div(i128::from(whole)))
        .and_then(|part| i64::try_from(part).ok())
        .ok_or(Rejection::Overflow)
}

/// Takes points and money of one entry of an earn back.
fn take_back(
    account: &mut Account,
    reverse: &Reverse,
    original: &Entry,
    taken: Taken,
    context: Context<'_>,
) -> Result<Acted, Rejection> {
    let Taken {
        undo,
        points: asked,
        money,
    } = taken;
    let totals = &mut account.ledger.totals;
    totals.qualifying = sub(totals.qualifying, asked)?;
    totals.spend = sub(totals.spend, money)?;
    if let Some((points_day, spend_day)) = original.days {
        account.ledger.days.add(points_day, sub(0, asked)?, 0)?;
        account.ledger.days.add(spend_day, 0, sub(0, money)?)?;
        let whole = original.answer.as_ref().map(|answer| answer.points);
        let paid = original.money.map(|money| money.amount);
        let back = undo.as_ref().map(|undo| (undo.money, undo.points));
        if back.is_some() && back == paid.zip(whole) {
            account.ledger.add_orders(spend_day, -1)?;
        }
    }

    let of_program = || context.program.and_then(|program| program.points.reversal);
    let policy = reverse.policy.or_else(of_program).unwrap_or_default();
    let source = original.parts.first();
    let over = source.is_some_and(|part| part.expires_at.is_some_and(|end| end <= context.now));
    let mut parts = Vec::new();
    let mut left = 0;
    if let Some(source) = source.filter(|_| !over) {
        left = asked;
        let mine = |lot: &Lot| lot.id == source.lot;
        let alike = |lot: &Lot| lot.expires_at == source.expires_at;
        let active = |lot: &Lot| lot.is_active(context.now);
        // Pending points of other orders are not touched: they count towards tiers from their own day.
        let same_dates =
            |lot: &Lot| alike(lot) && (active(lot) || lot.active_from == source.active_from);
        if policy == Policy::PendingOnly {
            let pending = |lot: &Lot| mine(lot) && lot.is_pending(context.now);
            take(account, &mut parts, &mut left, pending)?;
        } else {
            take(account, &mut parts, &mut left, mine)?;
            take(account, &mut parts, &mut left, same_dates)?;
            take(account, &mut parts, &mut left, active)?;
        }
        account.ledger.lots.retain(|lot| lot.remaining > 0);
    }
    // What the account does not have.
    let mut owed = 0;
    match policy {
        Policy::PendingOnly => {}
        Policy::WithinBalance => account.ledger.claim(Claim {
            n: account.journal.len(),
            points: left,
            until: source.and_then(|part| part.expires_at),
        }),
        Policy::AllowNegative => {
            owed = left;
            account.ledger.debt = add(account.ledger.debt, owed)?;
        }
    }
    let taken = parts
        .iter()
        .try_fold(owed, |sum, part| add(sum, part.points))?;
    let mut undo = undo;
    let first = write_parts(account, &parts, context, |account, moved| {
        let moved = add(moved, owed)?;
        let totals = &mut account.ledger.totals;
        totals.taken = add(totals.taken, moved)?;
        let id = reverse.ids.transaction.clone();
        let mut entry = Entry::new(id, Kind::Reverse, context.now, sub(0, moved)?);
        entry.undo = undo.take();
        entry.owed = std::mem::take(&mut owed);
        Ok(entry)
    })?;
    let Context {
        program, now, zone, ..
    } = context;
    tier::remark(account, program, None, now, zone)?;
    Ok(Acted::Wrote {
        first,
        points: taken,
    })
}

fn take(
    account: &mut Account,
    parts: &mut Vec<Part>,
    left: &mut i64,
    from: impl Fn(&Lot) -> bool,
) -> Result<(), Rejection> {
    for lot in account.ledger.lots.iter_mut().filter(|lot| from(lot)) {
        let taken = (*left).min(lot.remaining);
        if taken > 0 {
            parts.push(Part::of(lot, taken));
            lot.remaining = sub(lot.remaining, taken)?;
            *left = sub(*left, taken)?;
        }
    }
    Ok(())
}

/// Of the `parts` a spend took, in its order, those that the next `asked` points go back to, when `before` points went
/// back already: from the last part backwards.
fn returned(parts: Vec<Part>, before: i64, asked: i64) -> Result<Vec<Part>, Rejection> {
    let (mut skip, mut left) = (before, asked);
    let mut back = Vec::new();
    for mut part in parts.into_iter().rev() {
        let skipped = skip.min(part.points);
        skip = sub(skip, skipped)?;
        part.points = sub(part.points, skipped)?.min(left);
        left = sub(left, part.points)?;
        if part.points > 0 {
            back.push(part);
        }
    }
    Ok(back)
}

fn unspend(
    account: &mut Account,
    reverse: &Reverse,
    parts: &[Part],
    since: u64,
    undo: Undo,
    context: Context<'_>,
) -> Result<Acted, Rejection> {
    let points = parts
        .iter()
        .try_fold(0, |sum, part| add(sum, part.points))?;
    for part in parts {
        account.ledger.give_back(part)?;
    }
    let mut undo = Some(undo);
    let first = write_parts(account, parts, context, |account, moved| {
        let totals = &mut account.ledger.totals;
        totals.spent = sub(totals.spent, moved)?;
        let id = reverse.ids.transaction.clone();
        let mut entry = Entry::new(id, Kind::Reverse, context.now, moved);
        entry.undo = undo.take();
        Ok(entry)
    })?;
    claim::reclaim(account, since, parts, context.now)?;
    Ok(Acted::Wrote { first, points })
}
