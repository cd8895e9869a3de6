//! Which tier was held on which day, and which will be: worked out from the days alone.
//!
//! A tier is held on every day on which it is earned, and after the last of those as long as the policy keeps it. With
//! `one_step` a tier that is lost leaves the next lower one, which counts as earned until then. Nothing of this is stored: each answer
//! walks the days on which something counted, or left the window, from the first one on.

use super::meter::Meter;
use super::policy::{Downgrade, TierPolicy};
use crate::program::Program;

/// A walk over the days.
pub(super) struct Walk<'a> {
    program: &'a Program,
    policy: TierPolicy,
    /// By tier, the last day on which it was earned, up to the day that the walk has reached.
    earned: Vec<Option<i32>>,
    /// The tier held from a day on.
    pub(super) held: Option<usize>,
}

/// From a day on, a tier was held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) day: i32,
    pub(super) level: Option<usize>,
}

/// The end of a tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Loss {
    /// The first day on which a lower one is held.
    pub(super) day: i32,
    /// The last day before on which it was earned; `None` where it never was, as after another that was lost step by step.
    pub(super) earned_to: Option<i32>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(program: &'a Program) -> Self {
        Self {
            program,
            policy: program.tier_policy.unwrap_or_default(),
            earned: vec![None; program.tiers.len()],
            held: None,
        }
    }

    /// Walks up to and with `today`, whose value is `now`; tells each turn, and answers with the tier held. A day on which a tier is lost at
    /// midnight, and one is reached later, has two turns.
    pub(super) fn to(
        &mut self,
        meter: &Meter<'_>,
        today: i32,
        now: i64,
        mut tell: impl FnMut(Turn),
    ) -> Option<usize> {
        let mut days = meter.turns_before(today.saturating_sub(1));
        days.reverse();
        for (place, day) in days.iter().enumerate() {
            let end = days.get(place.saturating_add(1)).copied().unwrap_or(today);
            self.morning(meter, *day, &mut tell);
            self.stretch(self.level(meter.on(*day)), *day, end, &mut tell);
        }
        self.morning(meter, today, &mut tell);
        self.turn(self.level(now), today, &mut tell);
        self.held
    }

    /// The tier held on `day` before anything counted on it.
    fn morning(&mut self, meter: &Meter<'_>, day: i32, tell: &mut impl FnMut(Turn)) {
        if let Some(value) = meter.in_the_morning(day) {
            self.turn(self.level(value), day, tell);
        }
    }

    /// How the tier that is held today is lost, with no new data. The walk must have come to `today`, and goes no further than to that day.
    pub(super) fn lost(&mut self, meter: &Meter<'_>, today: i32, now: i64) -> Option<Loss> {
        let held = self.held?;
        let days = meter.turns_after(today);
        let first = days.first().copied().unwrap_or(i32::MAX);
        // What activates later today counts from then on.
        let today_value = now.max(meter.on(today));
        let ends = days.iter().skip(1).copied().chain([i32::MAX]);
        let later = days.iter().zip(ends).flat_map(|(&day, end)| {
            let midnight = (meter.at_midnight(day), day, day.saturating_add(1));
            [midnight, (meter.on(day), day, end)]
        });
        for (value, from, end) in [(today_value, today, first)].into_iter().chain(later) {
            let mut lost = None;
            self.stretch(self.level(value), from, end, &mut |turn: Turn| {
                if lost.is_none() && turn.level < Some(held) {
                    lost = Some(turn.day);
                }
            });
            if let Some(day) = lost {
                return Some(Loss {
                    day,
                    earned_to: self.earned.get(held).copied().flatten(),
                });
            }
        }
        None
    }

    fn level(&self, value: i64) -> Option<usize> {
        super::level(self.program, value)
    }

    /// From `from` until before `end` the tier `earned` is earned.
    fn stretch(&mut self, earned: Option<usize>, from: i32, end: i32, tell: &mut impl FnMut(Turn)) {
        let mut day = from;
        while day < end {
            match self.turn(earned, day, tell) {
                Some(lost) => day = lost.max(day.saturating_add(1)),
                None => break,
            }
        }
        let last = end.saturating_sub(1);
        for tier in self.earned.iter_mut().take(count(earned)) {
            *tier = Some(last.max(from));
        }
    }

    /// The tier held on `day`, on which `earned` is earned; and when that one is lost, where it is only kept.
    fn turn(
        &mut self,
        earned: Option<usize>,
        day: i32,
        tell: &mut impl FnMut(Turn),
    ) -> Option<i32> {
        for tier in self.earned.iter_mut().take(count(earned)) {
            *tier = Some(day);
        }
        let (level, lost) = self.kept(earned, day);
        if level != self.held {
            self.held = level;
            tell(Turn { day, level });
        }
        lost
    }

    /// The highest tier that is earned, or not yet lost.
    fn kept(&self, earned: Option<usize>, day: i32) -> (Option<usize>, Option<i32>) {
        let step = self.policy.downgrade == Downgrade::OneStep;
        let mut above: Option<i32> = None;
        for (level, last) in self.earned.iter().enumerate().rev() {
            if Some(level) <= earned {
                return (Some(level), None);
            }
            let own = last.map(|last| self.policy.lost_on(last));
            let stepped = above
                .filter(|_| step)
                .map(|lost| self.policy.lost_on(lost.saturating_sub(1)));
            let lost = own.max(stepped);
            if let Some(lost) = lost.filter(|lost| *lost > day) {
                return (Some(level), Some(lost));
            }
            above = lost;
        }
        (None, None)
    }
}

/// How many tiers are earned with the one at `level`.
fn count(level: Option<usize>) -> usize {
    level.map_or(0, |level| level.saturating_add(1))
}
