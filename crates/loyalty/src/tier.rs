//! Which tier, since when, until when, what will keep it, and what is missing to the next.
//!
//! A window of n days is today and the n - 1 days before, in the shop's zone; it moves on at the shop's midnight. Points
//! count from the moment they activate, money and orders from the order's day. Nothing is stored that could be wrong later: the
//! standing is worked out from the day totals, so it is right after a programme changes, too. Only a tier that people gave is stored, as
//! that is nobody's to work out.
//!
//! # Layout
//!
//! - [`policy`]: windows, how long tiers are kept, benefits.
//! - `meter`: what counts on a day.
//! - `crossing`: the moment at which one was reached, where orders came late.
//! - `flip`: when another one follows with no new data.
//! - `walk`: which tier was held on which day.
//! - [`history`](mod@history): the same, told.
//! - [`manual`]: tiers that people gave.

mod crossing;
mod flip;
pub mod history;
pub mod manual;
mod meter;
pub mod policy;
mod walk;

use rapport_types::{Currency, Day, Slug, Timestamp, Zone};
use serde::{Deserialize, Serialize};

use crate::account::Ledger;
use crate::program::{By, Program};
pub(crate) use crossing::remark;
pub(crate) use flip::flips_at;
use meter::Meter;
use policy::next_year;
use walk::{Turn, Walk};

/// Where a customer stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TierStanding {
    /// The present tier.
    pub tier: Option<Slug>,
    /// Since when it has been this one without a break: the moment of the earn that reached it, or the shop's
    /// midnight where days alone decide. `None` without a tier, or where nothing ever counted.
    pub since: Option<Timestamp>,
    /// When it would be lost with no new data; `None` if never.
    pub until: Option<Timestamp>,
    /// The next tier; `None` at the top.
    pub next: Option<Next>,
    /// What will keep the present tier beyond `until`; `None` where nothing has to, or can.
    pub keep: Option<Keeping>,
    /// Since when it is held by grace alone.
    pub grace_since: Option<Timestamp>,
    /// Whether people gave it, and it is not earned.
    pub manual: bool,
    /// The next moment at which this answer may change by time alone.
    #[serde(skip)]
    pub changes_at: Option<Timestamp>,
}

/// What is missing to the next tier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Next {
    /// The next tier.
    pub tier: Slug,
    /// What is missing: points, orders, or minor units of `currency`.
    pub missing: i64,
    /// Of what, where tiers go by money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
}

/// What will keep the present tier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keeping {
    /// What is missing: points, orders, or minor units of `currency`.
    pub missing: i64,
    /// Of what, where tiers go by money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// From when on it counts for that: before, it would leave the window, or the year, too soon. `None`: from now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Before when.
    pub by: Timestamp,
}

/// What is worked out of the days.
struct Earned {
    level: Option<usize>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    keep: Option<Keeping>,
    grace_since: Option<Timestamp>,
}

/// Where the customer stands at `now`. Without a programme, nowhere.
pub fn standing(
    ledger: &Ledger,
    program: Option<&Program>,
    now: Timestamp,
    zone: &Zone,
) -> TierStanding {
    let Some((program, meter)) = program.and_then(|p| Some((p, Meter::new(ledger, p, now, zone)?)))
    else {
        return TierStanding::default();
    };
    let value = meter.at(now);
    let earned = match program.keeps_tiers() {
        false => plain(&meter, ledger, program, value, now),
        true => kept(&meter, ledger, program, value, now),
    };
    let given = manual::given(ledger, program, now);
    let changes = [
        meter.changes_at(now),
        earned.until,
        earned.grace_since,
        given.and_then(|(_, manual)| manual.until),
        earned.keep.as_ref().and_then(|keep| keep.from),
    ];
    let (mut standing, level) = (TierStanding::default(), earned.level);
    let level = match given {
        Some((given, manual)) if Some(given) >= level => {
            standing.manual = Some(given) > level;
            // Who holds it both ways loses it when the later of the two ends.
            let earned_too = (!standing.manual).then_some(&earned);
            let since = earned_too.and_then(|earned| earned.since);
            standing.since = since.into_iter().chain([manual.at]).min();
            let ends = earned_too.map_or(manual.until, |earned| {
                earned.until.zip(manual.until).map(|(a, b)| a.max(b))
            });
            standing.until = ends;
            standing.keep = earned_too
                .and_then(|earned| earned.keep.clone())
                .filter(|keep| Some(keep.by) == ends);
            Some(given)
        }
        _ => {
            standing.since = earned.since;
            standing.until = earned.until;
            standing.keep = earned.keep;
            standing.grace_since = earned.grace_since.filter(|since| *since <= now);
            level
        }
    };
    let above = level.map_or(0, |level| level.saturating_add(1));
    standing.tier = level
        .and_then(|level| program.tiers.get(level))
        .map(|tier| tier.id.clone());
    standing.next = program.tiers.get(above).map(|next| Next {
        tier: next.id.clone(),
        missing: next.at_least.saturating_sub(value).max(0),
        currency: currency(program),
    });
    standing.changes_at = changes.into_iter().flatten().filter(|at| *at > now).min();
    standing
}

fn currency(program: &Program) -> Option<Currency> {
    let tier = program.tiers.first()?;
    (tier.by == By::Spend).then(|| program.currency())
}

/// The place of the tier at `moment` among the programme's, given ones included.
pub(crate) fn level_at(
    ledger: &Ledger,
    program: Option<&Program>,
    moment: Timestamp,
    zone: &Zone,
) -> Option<usize> {
    let given = manual::given(ledger, program?, moment).map(|(level, _)| level);
    earned_at(ledger, program, moment, zone).max(given)
}

/// The same, of what was earned alone.
pub(crate) fn earned_at(
    ledger: &Ledger,
    program: Option<&Program>,
    moment: Timestamp,
    zone: &Zone,
) -> Option<usize> {
    let program = program?;
    let meter = Meter::new(ledger, program, moment, zone)?;
    let value = meter.at(moment);
    if program.keeps_tiers() {
        let today = zone.day_of(moment).number();
        return Walk::new(program).to(&meter, today, value, |_| {});
    }
    level(program, value)
}

/// Tiers stand lowest first, so the last that is reached is the present one.
fn level(program: &Program, value: i64) -> Option<usize> {
    program
        .tiers
        .iter()
        .rposition(|tier| tier.at_least <= value)
}

/// Without a policy: a tier is held as long as it is earned.
fn plain(
    meter: &Meter<'_>,
    ledger: &Ledger,
    program: &Program,
    value: i64,
    now: Timestamp,
) -> Earned {
    let level = level(program, value);
    let tier = level.and_then(|level| program.tiers.get(level));
    let lost = tier.and_then(|tier| meter.falls_below(tier.at_least, now));
    let until = lost.and_then(|day| meter.midnight(day));
    let keep = tier.zip(lost).zip(until).and_then(|((tier, day), by)| {
        let missing = tier.at_least.saturating_sub(meter.at_midnight(day));
        Some(Keeping {
            missing,
            currency: currency(program),
            from: meter
                .first_counting_on(day)
                .and_then(|from| meter.midnight(from))
                .filter(|from| *from > now),
            by,
        })
        // What counts in a year counts in no other.
        .filter(|keep| keep.from.is_none_or(|from| from < keep.by))
    });
    Earned {
        level,
        since: tier.and_then(|tier| since(meter, ledger, program, &tier.id, level, now)),
        until,
        keep,
        grace_since: None,
    }
}

/// With a policy.
fn kept(
    meter: &Meter<'_>,
    ledger: &Ledger,
    program: &Program,
    value: i64,
    now: Timestamp,
) -> Earned {
    let policy = program.tier_policy.unwrap_or_default();
    let today = meter.zone.day_of(now).number();
    let mut walk = Walk::new(program);
    let mut last: Option<Turn> = None;
    let mut turns = 0_usize;
    let level = walk.to(meter, today, value, |turn| {
        last = Some(turn);
        turns = turns.saturating_add(1);
    });
    let tier = level.and_then(|level| program.tiers.get(level));
    let since = tier.zip(last).filter(|_| !meter.is_empty());
    let since =
        since.and_then(|(tier, turn)| reached(meter, ledger, &tier.id, turn.day, turns == 1, now));
    let lost = walk.lost(meter, today, value);
    let until = lost.and_then(|day| meter.midnight(day));
    // The first day to come on which to earn it would keep it longer. The walk knows when it was last earned.
    let from = lost.map(|lost| {
        let earned_to = level.and_then(|level| walk.last_earned(level));
        let earned_to = earned_to.filter(|last| *last < lost);
        let from = earned_to.map_or(today, |last| last.saturating_add(1).max(today));
        match policy.lost_on(from) > lost {
            true => from,
            false => next_year(from),
        }
    });
    let keep = tier.zip(from).zip(until).map(|((tier, from), by)| Keeping {
        missing: tier.at_least.saturating_sub(meter.on(from)),
        currency: currency(program),
        from: meter
            .first_counting_on(from)
            .and_then(|from| meter.midnight(from))
            .filter(|from| *from > now),
        by,
    });
    let grace = lost.map(|lost| lost.saturating_sub(policy.grace_days()));
    Earned {
        level,
        since,
        until,
        keep: keep.filter(|keep| keep.missing > 0),
        grace_since: grace
            .filter(|_| policy.grace_days() > 0)
            .and_then(|day| meter.midnight(day)),
    }
}

fn since(
    meter: &Meter<'_>,
    ledger: &Ledger,
    program: &Program,
    tier: &Slug,
    present: Option<usize>,
    now: Timestamp,
) -> Option<Timestamp> {
    let today = meter.zone.day_of(now).number();
    let mut first = None;
    let mut broken = false;
    // Between two of these days nothing changes, so walking them back is walking every day back.
    for day in meter.turns_before(today) {
        let value = if day == today {
            meter.at(now)
        } else {
            meter.on(day)
        };
        if level(program, value) != present {
            broken = true;
            break;
        }
        first = Some(day);
    }
    reached(meter, ledger, tier, first?, !broken, now)
}

/// The moment on `day` at which `tier` was reached; `first`: nothing is known of the time before.
fn reached(
    meter: &Meter<'_>,
    ledger: &Ledger,
    tier: &Slug,
    day: i32,
    first: bool,
    now: Timestamp,
) -> Option<Timestamp> {
    let mark = ledger.marks.iter().find(|mark| {
        mark.tier == *tier && mark.at <= now && (mark.day == day || (first && mark.day < day))
    });
    mark.map(|mark| mark.at)
        .or_else(|| Some(meter.zone.start_of(Day::from_number(day)?)))
}
