//! Tiers by the words alone: going through the days one by one, with nothing worked out ahead.

use std::ops::RangeInclusive;

/// What the words need to know of a programme and a customer.
pub struct Book<'a> {
    /// How many tiers there are, lowest first.
    pub tiers: usize,
    /// Whether a tier that is lost leaves the next lower one, as if that had been earned to the day before.
    pub one_step: bool,
    /// The first day on which a tier is lost that was last earned on that day.
    pub lost: &'a dyn Fn(i32) -> i32,
    /// Whether the tier of that place is earned on that day.
    pub earned: &'a dyn Fn(usize, i32) -> bool,
}

impl Book<'_> {
    /// The tier that is held at the end of each of `days`: earned, or not yet lost.
    pub fn held(&self, days: RangeInclusive<i32>) -> Vec<Option<usize>> {
        // The day on which each tier that is held would be lost.
        let mut until: Vec<Option<i32>> = vec![None; self.tiers];
        let mut held = Vec::new();
        for day in days {
            for level in (0..until.len()).rev() {
                if (self.earned)(level, day) {
                    until[level] = Some((self.lost)(day));
                }
                if until[level] == Some(day) && self.one_step && level > 0 {
                    until[level - 1] = until[level - 1].max(Some((self.lost)(day - 1)));
                }
            }
            held.push(
                until
                    .iter()
                    .rposition(|until| until.is_some_and(|until| until > day)),
            );
        }
        held
    }
}
