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
//! - `check`: what is wrong with a programme's tiers.
//! - `meter`: what counts on a day.
//! - `crossing`: the moment at which one was reached, where orders came late.
//! - `flip`: when another one follows with no new data.
//! - `walk`: which tier was held on which day.
//! - [`stays`]: when the customer was in the segments that tiers ask for.
//! - `spans`: from when until when that holds a tier.
//! - `timeline`: both together.
//! - [`history`](mod@history): the same, told.
//! - [`manual`]: tiers that people gave.

pub(crate) mod check;
mod crossing;
mod flip;
pub mod history;
pub mod manual;
mod meter;
pub mod policy;
mod spans;
pub mod stays;
mod timeline;
mod walk;

use rapport_types::{Currency, Day, Slug, Timestamp, Zone};
use serde::{Deserialize, Serialize};

use crate::account::Ledger;
use crate::program::{By, Program, Tier};
pub(crate) use crossing::remark;
pub(crate) use flip::flips_at;
use meter::Meter;
use policy::next_year;
use walk::Walk;

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
    /// What is missing: points, orders, or minor units of `currency`. `None`: no number says it, but `segment`.
    pub missing: Option<i64>,
    /// Of what, where tiers go by money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// The segment that it takes to be in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<Slug>,
}

/// What will keep the present tier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keeping {
    /// What is missing: points, orders, or minor units of `currency`. `None`: no number says it, but `segment`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<i64>,
    /// Of what, where tiers go by money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// The segment to be in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<Slug>,
    /// From when on it counts for that: before, it would leave the window, or the year, too soon. `None`: from now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Before when; `None`: it is kept as long as the customer is in the segment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Timestamp>,
}

/// What is worked out of the days, and of the times in segments.
#[derive(Default)]
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
    let Some(program) = program.filter(|program| !program.tiers.is_empty()) else {
        return TierStanding::default();
    };
    let meter = Meter::new(ledger, program, now, zone);
    let meter = meter.as_ref();
    let value = meter.map_or(0, |meter| meter.at(now));
    let mut earned = match meter {
        Some(meter) if program.keeps_tiers() => kept(meter, ledger, program, value, now),
        Some(meter) => plain(meter, ledger, program, value, now),
        None => Earned::default(),
    };
    if !ledger.stays.is_empty() {
        earned = spans::with(earned, meter, ledger, program, (now, zone));
    }
    let given = manual::given(ledger, program, now);
    let changes = [
        meter.and_then(|meter| meter.changes_at(now)),
        earned.until,
        earned.grace_since,
        given.and_then(|(_, manual)| manual.until),
        earned.keep.as_ref().and_then(|keep| keep.from),
        ledger.stays.changes_at,
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
                .filter(|keep| keep.by == ends);
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
        missing: next
            .at_least
            .map(|least| least.saturating_sub(value).max(0)),
        currency: currency(program).filter(|_| next.segment.is_none()),
        segment: next.segment.clone(),
    });
    standing.changes_at = changes.into_iter().flatten().filter(|at| *at > now).min();
    standing
}

fn currency(program: &Program) -> Option<Currency> {
    (program.measure()?.by == Some(By::Spend)).then(|| program.currency())
}

/// The place of the tier at `moment` among the programme's, given ones included.
pub(crate) fn level_at(
    ledger: &Ledger,
    program: Option<&Program>,
    moment: Timestamp,
    zone: &Zone,
) -> Option<usize> {
    highest(ledger, program, (moment, moment), zone)
}

/// The same, for what is earned at `moment`: who comes into a segment by it did not hold the tier before.
pub(crate) fn held_at(
    ledger: &Ledger,
    program: Option<&Program>,
    moment: Timestamp,
    zone: &Zone,
) -> Option<usize> {
    highest(ledger, program, (moment, stays::just_before(moment)), zone)
}

/// The highest that is held at `moment`, given ones included, and by segments those of `inside`.
fn highest(
    ledger: &Ledger,
    program: Option<&Program>,
    (moment, inside): (Timestamp, Timestamp),
    zone: &Zone,
) -> Option<usize> {
    let given = manual::given(ledger, program?, moment).map(|(level, _)| level);
    let by_segment = spans::level_at(ledger, program?, inside, zone);
    earned_at(ledger, program, moment, zone)
        .max(by_segment)
        .max(given)
}

/// The same, of what was earned in points, money or orders alone.
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
        .rposition(|tier| tier.at_least.is_some_and(|least| least <= value))
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
    let takes = tier.and_then(|tier| tier.at_least);
    let lost = takes.and_then(|takes| meter.falls_below(takes, now));
    let until = lost.and_then(|day| meter.midnight(day));
    let keep = takes.zip(lost).zip(until).and_then(|((takes, day), by)| {
        let missing = takes.saturating_sub(meter.at_midnight(day));
        Some(Keeping {
            missing: Some(missing),
            currency: currency(program),
            segment: None,
            from: meter
                .first_counting_on(day)
                .and_then(|from| meter.midnight(from))
                .filter(|from| *from > now),
            by: Some(by),
        })
        // What counts in a year counts in no other.
        .filter(|keep| keep.from.is_none_or(|from| from < by))
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
    let mut turns = Vec::new();
    let level = walk.to(meter, today, value, |turn| turns.push(turn));
    let tier = level.and_then(|level| program.tiers.get(level));
    let told = timeline::told(&turns, meter, ledger, program, now);
    let since = told.last().map(|(at, _)| *at);
    let since = since.filter(|_| tier.is_some() && !meter.is_empty());
    let lost = walk.lost(meter, today, value);
    let until = lost.and_then(|lost| meter.midnight(lost.day));
    let keep = tier.zip(lost).zip(until).and_then(|((tier, lost), by)| {
        let next = lost.earned_to.map(|last| last.saturating_add(1));
        let from = next.map_or(today, |next| next.max(today));
        keeping(meter, program, tier, (from, lost.day), (now, by))
    });
    let grace = lost.map(|lost| lost.day.saturating_sub(policy.grace_days()));
    Earned {
        level,
        since,
        until,
        keep,
        grace_since: grace
            .filter(|_| policy.grace_days() > 0)
            .and_then(|day| meter.midnight(day)),
    }
}

/// What keeps a tier that is lost on the day `lost`, at `by`, where it can be earned anew from the day `from` on: on the first day to come on which
/// to earn it would keep it longer.
fn keeping(
    meter: &Meter<'_>,
    program: &Program,
    tier: &Tier,
    (from, lost): (i32, i32),
    (now, by): (Timestamp, Timestamp),
) -> Option<Keeping> {
    if let Some(segment) = &tier.segment {
        return Some(Keeping {
            missing: None,
            currency: None,
            segment: Some(segment.clone()),
            from: None,
            by: Some(by),
        });
    }
    let policy = program.tier_policy.unwrap_or_default();
    let from = match policy.lost_on(from) > lost {
        true => from,
        false => next_year(from),
    };
    // What activates on the day on which it is lost comes too late, but for its first moment.
    let counts = match from < lost {
        true => meter.on(from),
        false => meter.at_midnight(from),
    };
    Some(Keeping {
        missing: Some(tier.at_least?.saturating_sub(counts)),
        currency: currency(program),
        segment: None,
        from: meter
            .first_counting_on(from)
            .and_then(|from| meter.midnight(from))
            .filter(|from| *from > now),
        by: Some(by),
    })
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
        // Another one held in the morning, as far as somebody knows how long.
        let morning = meter.in_the_morning(day);
        broken = morning.is_some_and(|value| level(program, value) != present)
            && reached(meter, ledger, tier, day, false, now) > meter.midnight(day);
        if broken {
            break;
        }
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
