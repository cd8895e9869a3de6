//! Which tier, since when, until when, and what is missing to the next.
//!
//! A window of n days is today and the n - 1 days before, in the shop's zone; it moves on at the shop's midnight. Points
//! count from the moment they activate, money from the order's day. Nothing is stored that could be wrong later: the
//! standing is worked out from the day totals, so it is right after a programme changes, too.

use rapport_types::{Currency, Day, Slug, Timestamp, Zone};
use serde::{Deserialize, Serialize};

use crate::account::Ledger;
use crate::program::{By, Program};

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
    /// The next moment at which this answer may change by time alone.
    #[serde(skip)]
    pub changes_at: Option<Timestamp>,
}

/// What is missing to the next tier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Next {
    /// The next tier.
    pub tier: Slug,
    /// What is missing: points, or minor units of `currency`.
    pub missing: i64,
    /// Of what, where tiers go by money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
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
    let level = level(program, value);
    let tier = level.and_then(|level| program.tiers.get(level));
    let above = level.map_or(0, |level| level.saturating_add(1));
    TierStanding {
        tier: tier.map(|tier| tier.id.clone()),
        since: tier.and_then(|tier| since(&meter, ledger, program, &tier.id, level, now)),
        until: tier.and_then(|tier| meter.falls_below(tier.at_least, now)),
        next: program.tiers.get(above).map(|next| Next {
            tier: next.id.clone(),
            missing: next.at_least.saturating_sub(value),
            currency: (next.by == By::Spend).then(|| program.currency()),
        }),
        changes_at: meter.changes_at(now),
    }
}

/// The place of the tier at `moment` among the programme's.
pub(crate) fn level_at(
    ledger: &Ledger,
    program: Option<&Program>,
    moment: Timestamp,
    zone: &Zone,
) -> Option<usize> {
    let program = program?;
    level(
        program,
        Meter::new(ledger, program, moment, zone)?.at(moment),
    )
}

/// Tiers stand lowest first, so the last that is reached is the present one.
fn level(program: &Program, value: i64) -> Option<usize> {
    program
        .tiers
        .iter()
        .rposition(|tier| tier.at_least <= value)
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
    let day = first?;
    let mark = ledger.marks.iter().find(|mark| {
        mark.tier == *tier && mark.at <= now && (mark.day == day || (!broken && mark.day < day))
    });
    mark.map(|mark| mark.at)
        .or_else(|| Some(meter.zone.start_of(Day::from_number(day)?)))
}

/// What tiers are measured on, on any day.
struct Meter<'a> {
    /// Day, and the sum of all kept days up to it.
    sums: Vec<(i32, i64)>,
    /// `None` for lifetime.
    window: Option<i32>,
    /// The sum of all time.
    total: i64,
    /// What activates later: when, on which day, how much.
    later: Vec<(Timestamp, i32, i64)>,
    zone: &'a Zone,
}

impl<'a> Meter<'a> {
    /// For `from` and later moments, and for whole days before. `None` where the programme has no tiers.
    fn new(ledger: &Ledger, program: &Program, from: Timestamp, zone: &'a Zone) -> Option<Self> {
        let tier = program.tiers.first()?;
        let by_points = tier.by == By::Points;
        let mut sum = 0_i64;
        let rows = ledger.days.iter().map(|row| {
            let value = if by_points { row.points } else { row.spend };
            sum = sum.saturating_add(value);
            (row.day, value, sum)
        });
        let sums = rows
            .filter(|(_, value, _)| *value != 0)
            .map(|(day, _, sum)| (day, sum))
            .collect();
        let later = ledger
            .lots
            .iter()
            .filter(|lot| by_points && lot.active_from > from)
            .map(|lot| {
                (
                    lot.active_from,
                    zone.day_of(lot.active_from).number(),
                    lot.remaining,
                )
            })
            .collect();
        Some(Self {
            sums,
            window: tier.window_days(),
            total: if by_points {
                ledger.totals.qualifying
            } else {
                ledger.totals.spend
            },
            later,
            zone,
        })
    }

    /// The sum of the kept days up to `day`.
    fn up_to(&self, day: i32) -> i64 {
        let place = self.sums.partition_point(|(d, _)| *d <= day);
        place
            .checked_sub(1)
            .and_then(|place| self.sums.get(place))
            .map_or(0, |(_, sum)| *sum)
    }

    /// The value at the end of `day`.
    fn on(&self, day: i32) -> i64 {
        match self.window {
            Some(window) => self
                .up_to(day)
                .saturating_sub(self.up_to(day.saturating_sub(window))),
            None => {
                let kept = self.sums.last().map_or(0, |(_, sum)| *sum);
                self.total
                    .saturating_sub(kept.saturating_sub(self.up_to(day)))
            }
        }
    }

    /// The value at `moment`: that of its day, without what activates later on it.
    fn at(&self, moment: Timestamp) -> i64 {
        let today = self.zone.day_of(moment).number();
        let still_pending = self
            .later
            .iter()
            .filter(|(from, day, _)| *day == today && *from > moment)
            .fold(0_i64, |sum, (_, _, points)| sum.saturating_add(*points));
        self.on(today).saturating_sub(still_pending)
    }

    /// The days up to `today` on which the value may have changed, latest first.
    fn turns_before(&self, today: i32) -> Vec<i32> {
        let leaving = |(day, _): &(i32, i64)| self.window.map(|window| day.saturating_add(window));
        let mut days: Vec<i32> = self
            .sums
            .iter()
            .map(|(day, _)| *day)
            .chain(self.sums.iter().filter_map(leaving))
            .filter(|day| *day <= today)
            .collect();
        days.sort_unstable_by(|a, b| b.cmp(a));
        days.dedup();
        days
    }

    /// The days after that of `now` at whose first moment something leaves the window, earliest first.
    fn leaving_after(&self, now: Timestamp) -> impl Iterator<Item = i32> {
        let today = self.zone.day_of(now).number();
        self.sums.iter().filter_map(move |(day, _)| {
            let leaves = day.saturating_add(self.window?);
            (leaves > today).then_some(leaves)
        })
    }

    /// The first moment of a day.
    fn midnight(&self, day: i32) -> Option<Timestamp> {
        Some(self.zone.start_of(Day::from_number(day)?))
    }

    /// The first moment after `now` at which the value is below `at_least`. It falls only when a day leaves the window.
    fn falls_below(&self, at_least: i64, now: Timestamp) -> Option<Timestamp> {
        // Only what activates within a day makes its midnight another thing than its end.
        let activates = |day: i32| self.later.iter().any(|(_, on, _)| *on == day);
        let below = |day: i32| {
            self.on(day) < at_least
                || (activates(day) && self.midnight(day).is_some_and(|at| self.at(at) < at_least))
        };
        let day = self.leaving_after(now).find(|day| below(*day))?;
        self.midnight(day)
    }

    fn changes_at(&self, now: Timestamp) -> Option<Timestamp> {
        let activates = self
            .later
            .iter()
            .map(|(from, _, _)| *from)
            .filter(|from| *from > now);
        let leaves = self.leaving_after(now).next();
        let leaves = leaves.and_then(|day| self.midnight(day));
        leaves.into_iter().chain(activates).min()
    }
}
