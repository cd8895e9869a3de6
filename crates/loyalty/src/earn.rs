//! Earning points.

use rapport_types::{Slug, Span, Timestamp, Zone};

use crate::account::{Account, Mark};
use crate::command::{Earn, Rejection, add};
use crate::decide::{Acted, Context, Stop};
use crate::earning::given::{self, Case, Given};
use crate::earning::grant::{Grant, Skipped, fit};
use crate::earning::occasion::Occasion;
use crate::entry::{Entry, Kind, Part};
use crate::lot::Lot;
use crate::pages::Want;
use crate::program::{By, Program};
use crate::tier;

/// How far a client's clock may run ahead of ours. Within it, the order happened now.
const AHEAD_DAYS: u32 = 1;

/// The most points of one earn: so many that no shop means them, so few that millions of them do not fill an account, after
/// which it could never earn again.
pub(crate) const MOST_POINTS: i64 = 1_000_000_000_000;

/// An entry's reason and the rows that say which rules gave what have so many bytes together, so that a page of entries stays small.
const REASON_AND_GRANTS: usize = 3_400;
/// A character of a reason may take so many bytes in JSON.
const REASON_GROWS: usize = 6;

pub(crate) fn earn(
    account: &mut Account,
    earn: &Earn,
    context: Context<'_>,
) -> Result<Acted, Stop> {
    earn_of(account, None, earn, context)
}

/// Earns points of `kind`; what the programme's rules give of others comes with those of the main one.
pub(crate) fn earn_of(
    account: &mut Account,
    kind: Option<&Slug>,
    earn: &Earn,
    context: Context<'_>,
) -> Result<Acted, Stop> {
    let Context {
        program, now, zone, ..
    } = context;
    let at = moment_of(earn.at, now)?;
    let given = points_of(account, earn, at, context)?;
    if !given.wants.is_empty() {
        return Err(Stop::Read(Want::Budget {
            transaction: earn.ids.transaction.clone(),
            rules: given.wants,
        }));
    }
    let points = given.points;

    let counts_at = match program.and_then(Program::measure).and_then(|tier| tier.by) {
        Some(By::Points) => program.map_or(at, |p| p.active_from_of(p.tier_kind(), at)),
        Some(By::Spend | By::Orders) | None => at,
    };
    let was = tier::earned_at(&account.ledger, program, counts_at, zone);
    if let Some(program) = program.filter(|program| !program.has_rate_alone()) {
        given::count(account, program, &given, zone.day_of(at));
    }
    let Given { grants, others, .. } = given;
    let first = account.with_kind(kind, |account| {
        let some = Earned { points, grants };
        open(account, earn, some, at, context)
    })?;
    let more = u64::try_from(others.len()).unwrap_or(u64::MAX);
    for (kind, given) in others {
        let without_money = Earn {
            money: None,
            ..earn.clone()
        };
        account.with_kind(Some(&kind), |account| {
            let Given { points, grants, .. } = given;
            let some = Earned { points, grants };
            open(account, &without_money, some, at, context)
        })?;
    }
    if let Some(head) = account.journal.get_mut(first) {
        head.more = more;
    }
    mark(account, context, counts_at, was);
    tier::remark(account, program, Some(counts_at), now, zone)?;
    Ok(Acted::Wrote { first, points })
}

/// What is earned of the points in hand.
struct Earned {
    points: i64,
    grants: Vec<Grant>,
}

/// Opens a lot of the points in hand, counts it, and writes it down.
fn open(
    account: &mut Account,
    earn: &Earn,
    earned: Earned,
    at: Timestamp,
    context: Context<'_>,
) -> Result<u64, Rejection> {
    let Context {
        program, now, zone, ..
    } = context;
    let kind = account.in_hand.clone();
    let Earned { points, grants } = earned;
    let active_from = program.map_or(at, |p| p.active_from_of(kind.as_ref(), at));
    let expires_at = program.and_then(|p| p.expires_at_of(kind.as_ref(), active_from, zone));
    let spend = earn.money.map_or(0, |money| money.amount);
    // Tiers by points count from activation, tiers by money from the order.
    let days = (zone.day_of(active_from).number(), zone.day_of(at).number());
    let totals = &mut account.ledger.totals;
    totals.earned = add(totals.earned, points)?;
    totals.qualifying = add(totals.qualifying, points)?;
    totals.spend = add(totals.spend, spend)?;
    account.ledger.days.add(days.0, points, 0)?;
    account.ledger.days.add(days.1, 0, spend)?;
    if earn.money.is_some() {
        account.ledger.add_orders(days.1, 1)?;
    }
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
    let reason = earn
        .reason
        .as_ref()
        .map_or(0, |reason| reason.len().saturating_mul(REASON_GROWS));
    entry.given = fit(grants, REASON_AND_GRANTS.saturating_sub(reason));
    let first = account.write(entry, now)?;
    if points > 0 {
        account.ledger.open(lot);
    }
    Ok(first)
}

fn points_of(
    account: &Account,
    earn: &Earn,
    at: Timestamp,
    context: Context<'_>,
) -> Result<Given, Rejection> {
    let unknown = Occasion::default();
    let occasion = context.occasion.unwrap_or(&unknown);
    // Where the points are said, only the money is checked.
    let by_rules = match (earn.money, context.program, earn.points) {
        (_, Some(program), None) => Some(given::given(Case {
            account,
            program,
            occasion,
            money: earn.money,
            at,
            zone: context.zone,
            allotted: Some(&context.prior.allotted(&earn.ids.transaction)),
        })?),
        (Some(money), Some(program), Some(_)) => program.points_for(money).map(|_| None)?,
        (Some(money), None, _) if money.amount < 0 => return Err(Rejection::NegativeMoney),
        (Some(_), None, None) => return Err(Rejection::NoProgram),
        _ => None,
    };
    let said = earn.points.map(|points| Given {
        points,
        ..Given::default()
    });
    match said.or(by_rules) {
        None => Err(Rejection::NothingToEarn),
        Some(given) if given.points < 0 => Err(Rejection::TooFewPoints { least: 0 }),
        Some(given) if given.most() > MOST_POINTS => Err(Rejection::Overflow),
        Some(given) => Ok(given),
    }
}

/// The rules about what happened that would not apply to `earn`, each with the first thing that does not fit.
pub fn skipped(
    account: &Account,
    program: Option<&Program>,
    earn: &Earn,
    occasion: &Occasion,
    now: Timestamp,
    zone: &Zone,
) -> Vec<Skipped> {
    let Some(program) = program.filter(|_| earn.points.is_none()) else {
        return Vec::new();
    };
    let given = given::given(Case {
        account,
        program,
        occasion,
        money: earn.money,
        at: earn.at.unwrap_or(now).min(now),
        zone,
        allotted: None,
    });
    given.map(|given| given.skipped).unwrap_or_default()
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
    let level = tier::earned_at(&account.ledger, Some(program), moment, context.zone);
    let Some(tier) = level
        .filter(|_| level > was)
        .and_then(|level| program.tiers.get(level))
    else {
        return;
    };
    let day = context.zone.day_of(moment);
    // That is what days alone say; and where the same moment took the tier it is held since before, of which the mark stays.
    let known = account.ledger.marks.iter().any(|mark| mark.tier == tier.id);
    if known && moment == context.zone.start_of(day) {
        return;
    }
    account.ledger.mark(Mark {
        tier: tier.id.clone(),
        day: day.number(),
        at: moment,
    });
}
