//! What tiers are measured on, on any day: points, money or orders in the window.

use rapport_types::{Day, Timestamp, Zone};

use super::policy::{Window, first_of_year, next_year};
use crate::account::Ledger;
use crate::program::{By, Program};

/// What tiers are measured on, on any day.
pub(super) struct Meter<'a> {
    /// Day, and the sum of all kept days up to it.
    sums: Vec<(i32, i64)>,
    /// `None` for lifetime.
    window: Option<Reach>,
    /// The sum of all time.
    total: i64,
    /// What activates later: when, on which day, how much.
    later: Vec<(Timestamp, i32, i64)>,
    pub(super) zone: &'a Zone,
}

/// How far back the window reaches.
#[derive(Debug, Clone, Copy)]
enum Reach {
    /// So many days, that one included.
    Days(i32),
    /// To 1 January.
    Year,
}

impl Reach {
    /// The day on which what counted on `day` counts no more.
    fn leaves(self, day: i32) -> i32 {
        match self {
            Self::Days(days) => day.saturating_add(days),
            Self::Year => next_year(day),
        }
    }
}

impl<'a> Meter<'a> {
    /// For `from` and later moments, and for whole days before. `None` where the programme has no tiers that are measured.
    pub(super) fn new(
        ledger: &Ledger,
        program: &Program,
        from: Timestamp,
        zone: &'a Zone,
    ) -> Option<Self> {
        let tier = program.measure()?;
        let by = tier.by?;
        let by_points = by == By::Points;
        // The ledger of the points that count; money and orders stand in the account's own.
        let of = ledger.of_kind(program.tier_kind());
        let mut sum = 0_i64;
        let rows = of.days.iter().map(|row| {
            let value = match by {
                By::Points => row.points,
                By::Spend => row.spend,
                By::Orders => row.orders,
            };
            sum = sum.saturating_add(value);
            (row.day, value, sum)
        });
        let sums = rows
            .filter(|(_, value, _)| *value != 0)
            .map(|(day, _, sum)| (day, sum))
            .collect();
        let later = of
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
            window: match tier.window {
                Some(Window::CalendarYear) => Some(Reach::Year),
                Some(Window::Rolling(_)) => tier.window_days().map(Reach::Days),
                None => None,
            },
            total: match by {
                By::Points => of.totals.qualifying,
                By::Spend => ledger.totals.spend,
                By::Orders => ledger.orders(),
            },
            later,
            zone,
        })
    }

    /// Whether nothing counted on any kept day.
    pub(super) fn is_empty(&self) -> bool {
        self.sums.is_empty()
    }

    /// The value before the first kept day on which something counted.
    pub(super) fn before(&self) -> i64 {
        let first = self.sums.first().map_or(0, |(day, _)| *day);
        self.on(first.saturating_sub(1))
    }

    /// The first day that counts on `day`; `None`: all time does.
    pub(super) fn first_counting_on(&self, day: i32) -> Option<i32> {
        self.window.map(|reach| match reach {
            Reach::Days(days) => day.saturating_sub(days).saturating_add(1),
            Reach::Year => first_of_year(day),
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
    pub(super) fn on(&self, day: i32) -> i64 {
        match self.window {
            Some(reach) => {
                let before = match reach {
                    Reach::Days(days) => day.saturating_sub(days),
                    Reach::Year => first_of_year(day).saturating_sub(1),
                };
                self.up_to(day).saturating_sub(self.up_to(before))
            }
            None => {
                let kept = self.sums.last().map_or(0, |(_, sum)| *sum);
                self.total
                    .saturating_sub(kept.saturating_sub(self.up_to(day)))
            }
        }
    }

    /// The value of `day` before anything counted on it, but what has left the window; `None` up to the first kept day, before which
    /// nothing is known.
    pub(super) fn in_the_morning(&self, day: i32) -> Option<i64> {
        let (first, _) = self.sums.first()?;
        let counted = self
            .up_to(day)
            .saturating_sub(self.up_to(day.saturating_sub(1)));
        (day > *first).then(|| self.on(day).saturating_sub(counted.max(0)))
    }

    /// The value at `moment`: that of its day, without what activates later on it.
    pub(super) fn at(&self, moment: Timestamp) -> i64 {
        let today = self.zone.day_of(moment).number();
        let still_pending = self
            .later
            .iter()
            .filter(|(from, day, _)| *day == today && *from > moment)
            .fold(0_i64, |sum, (_, _, points)| sum.saturating_add(*points));
        self.on(today).saturating_sub(still_pending)
    }

    /// The days up to `today` on which the value may have changed, latest first.
    pub(super) fn turns_before(&self, today: i32) -> Vec<i32> {
        let leaving = |(day, _): &(i32, i64)| self.window.map(|reach| reach.leaves(*day));
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
            let leaves = self.window?.leaves(*day);
            (leaves > today).then_some(leaves)
        })
    }

    /// The first moment of a day.
    pub(super) fn midnight(&self, day: i32) -> Option<Timestamp> {
        Some(self.zone.start_of(Day::from_number(day)?))
    }

    /// The first day after that of `now` on which the value is below `at_least`, from its first moment. It falls only when a day
    /// leaves the window.
    pub(super) fn falls_below(&self, at_least: i64, now: Timestamp) -> Option<i32> {
        // Only what activates within a day makes its midnight another thing than its end.
        let activates = |day: i32| self.later.iter().any(|(_, on, _)| *on == day);
        let below = |day: i32| {
            self.on(day) < at_least
                || (activates(day) && self.midnight(day).is_some_and(|at| self.at(at) < at_least))
        };
        self.leaving_after(now).find(|day| below(*day))
    }

    /// The days after `today` on which the value may change, earliest first.
    pub(super) fn turns_after(&self, today: i32) -> Vec<i32> {
        let leaving = |(day, _): &(i32, i64)| self.window.map(|reach| reach.leaves(*day));
        let mut days: Vec<i32> = self
            .sums
            .iter()
            .map(|(day, _)| *day)
            .chain(self.sums.iter().filter_map(leaving))
            .filter(|day| *day > today)
            .collect();
        days.sort_unstable();
        days.dedup();
        days
    }

    /// The value at the first moment of `day`.
    pub(super) fn at_midnight(&self, day: i32) -> i64 {
        match self.midnight(day) {
            Some(midnight) if self.later.iter().any(|(_, on, _)| *on == day) => self.at(midnight),
            _ => self.on(day),
        }
    }

    pub(super) fn changes_at(&self, now: Timestamp) -> Option<Timestamp> {
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
