//! Earning points.

use rapport_types::{Span, Timestamp};

use crate::account::{Account, Mark};
use crate::command::{Earn, Rejection, add};
use crate::decide::{Acted, Context, Stop};
use crate::entry::{Entry, Kind, Part};
use crate::lot::Lot;
use crate::program::{By, MAX_TIERS};
use crate::tier;

/// How far a client's clock may run ahead of ours. Within it, the order happened now.
const AHEAD_DAYS: u32 = 1;

/// The most points of one earn: so many that no shop means them, so few that millions of them do not fill an account, after
/// which it could never earn again.
pub(crate) const MOST_POINTS: i64 = 1_000_000_000_000;

pub(crate) fn earn(
    account: &mut Account,
    earn: &Earn,
    context: Context<'_>,
) -> Result<Acted, Stop> {
    let Context {
        program, now, zone, ..
    } = context;
    let points = points_of(earn, context)?;
    let at = moment_of(earn.at, now)?;
    let active_from = program.map_or(at, |p| p.active_from(at));
    let expires_at = program.and_then(|p| p.expires_at(active_from, zone));
    let spend = earn.money.map_or(0, |money| money.amount);
    // Tiers by points count from activation, tiers by money from the order.
    let days = (zone.day_of(active_from).number(), zone.day_of(at).number());

    let counts_at = match program.and_then(|p| p.tiers.first()).map(|tier| tier.by) {
        Some(By::Points) => active_from,
        Some(By::Spend) | None => at,
    };
    let was = tier::level_at(&account.ledger, program, counts_at, zone);
    let totals = &mut account.ledger.totals;
    totals.earned = add(totals.earned, points)?;
    totals.qualifying = add(totals.qualifying, points)?;
    totals.spend = add(totals.spend, spend)?;
    account.ledger.days.add(days.0, points, 0)?;
    account.ledger.days.add(days.1, 0, spend)?;

    let lot = Lot {
        id: account.journal.len(),
        amount: points,
        remaining: points,
        active_from,
        expires_at,
    };
    let mut entry = Entry::new(earn.ids.transaction.clone(), Kind::Earn, at, points);
    entry.parts.push(Part::of(&lot, points));
    entry.money = earn.money;
    entry.days = Some(days);
    let first = account.write(entry, now)?;
    if points > 0 {
        account.ledger.open(lot);
    }
    mark(account, context, counts_at, was);
    Ok(Acted::Wrote { first, points })
}

fn points_of(earn: &Earn, context: Context<'_>) -> Result<i64, Rejection> {
    let by_money = match (earn.money, context.program) {
        (None, _) => None,
        (Some(money), Some(program)) => Some(program.points_for(money)?),
        (Some(money), None) if money.amount < 0 => return Err(Rejection::NegativeMoney),
        (Some(_), None) if earn.points.is_none() => return Err(Rejection::NoProgram),
        (Some(_), None) => None,
    };
    match earn.points.or(by_money) {
        None => Err(Rejection::NothingToEarn),
        Some(points) if points < 0 => Err(Rejection::TooFewPoints { least: 0 }),
        Some(points) if points > MOST_POINTS => Err(Rejection::Overflow),
        Some(points) => Ok(points),
    }
}

fn moment_of(at: Option<Timestamp>, now: Timestamp) -> Result<Timestamp, Rejection> {
    let at = at.unwrap_or(now);
    let latest = Span::days(AHEAD_DAYS).map_or(now, |span| now.plus(span));
    if at > latest {
        return Err(Rejection::FutureDated);
    }
    Ok(at.min(now))
}

/// Remembers the moment at which this earn lifted the customer to another tier: days alone do not say it.
fn mark(account: &mut Account, context: Context<'_>, moment: Timestamp, was: Option<usize>) {
    let Some(program) = context.program else {
        return;
    };
    let level = tier::level_at(&account.ledger, Some(program), moment, context.zone);
    let Some(tier) = level
        .filter(|_| level > was)
        .and_then(|level| program.tiers.get(level))
    else {
        return;
    };
    let marks = &mut account.ledger.marks;
    marks.retain(|mark| mark.tier != tier.id);
    if marks.len() >= MAX_TIERS {
        marks.remove(0);
    }
    marks.push(Mark {
        tier: tier.id.clone(),
        day: context.zone.day_of(moment).number(),
        at: moment,
    });
}
