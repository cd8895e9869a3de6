//! How the measures of BG/NBD fall while a customer orders nothing, and when they pass a value.
//!
//! Both measures only fall with time alone. `p_alive` falls because the odds of having left grow with T. `expected_orders` is
//! N / (1 + odds): N, what is expected of a customer who is still there, depends on T through t / (α + T) only and grows with that,
//! so it falls, too. So there is one moment at which a measure passes a value, and halving finds it.
//!
//! A value holds for an hour: it is that of the hour's end. So it changes at most an hour before the formula's and never after, and
//! what was found as the moment of a change is, to the millisecond, the moment at which the value changes.

use rapport_types::Timestamp;

use crate::params::{History, Params};

const HOUR: i64 = 3_600_000;
const HOURS_PER_WEEK: f64 = 168.0;

/// What is asked about a customer's future.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// How likely they still are a customer.
    Alive,
    /// How many orders (days with one) to expect within 90 days.
    OrdersIn90Days,
}

/// What a customer bought, as far as BG/NBD looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purchases {
    repeats: u64,
    first_at: Timestamp,
    last_at: Timestamp,
}

impl Purchases {
    /// Purchases on so many distinct days, from the first order to the last; `None` without any.
    pub fn new(days: u64, first_at: Timestamp, last_at: Timestamp) -> Option<Self> {
        Some(Self {
            repeats: days.checked_sub(1)?,
            first_at,
            last_at: last_at.max(first_at),
        })
    }

    /// Hours from the first order until `now`, or until the last order where that is yet to come; an hour that has begun counts.
    fn hours(&self, now: Timestamp) -> i64 {
        let millis = now.max(self.last_at).millis_since(self.first_at);
        millis
            .saturating_add(HOUR.saturating_sub(1))
            .div_euclid(HOUR)
    }

    /// The first moment at which [`Purchases::hours`] is `hours`.
    fn moment(&self, hours: i64) -> Timestamp {
        let before = hours.saturating_sub(1).saturating_mul(HOUR);
        let millis = self.first_at.millis().saturating_add(before);
        Timestamp::from_millis(millis.saturating_add(1))
    }

    fn after(&self, hours: i64) -> History {
        let last = match self.repeats {
            // Several orders on the first day are one purchase.
            0 => 0.0,
            _ => self.last_at.millis_since(self.first_at) as f64 / (HOURS_PER_WEEK * HOUR as f64),
        };
        History {
            repeats: self.repeats,
            last,
            age: (hours as f64 / HOURS_PER_WEEK).max(last),
        }
    }
}

impl Params {
    /// The measure at `now`, in millionths.
    pub fn measure(&self, measure: Measure, purchases: &Purchases, now: Timestamp) -> i64 {
        self.after(measure, purchases, purchases.hours(now))
    }

    fn after(&self, measure: Measure, purchases: &Purchases, hours: i64) -> i64 {
        let history = purchases.after(hours);
        millionths(match measure {
            Measure::Alive => self.p_alive(&history),
            Measure::OrdersIn90Days => self.expected_orders(&history, 90.0 / 7.0),
        })
    }

    /// The first moment after `now` at which the measure is at most `limit` millionths, if it is more now and nothing is
    /// ordered meanwhile; `None` where that does not happen before the end of the calendar.
    pub fn falls_to(
        &self,
        measure: Measure,
        purchases: &Purchases,
        now: Timestamp,
        limit: i64,
    ) -> Option<Timestamp> {
        let (mut above, mut below) = (purchases.hours(now), purchases.hours(Timestamp::MAX));
        if below <= above || self.after(measure, purchases, below) > limit {
            return None;
        }
        // Twice as far each time, because most changes are near; then by halves.
        let mut step = 1_i64;
        while let Some(hours) = above.checked_add(step).filter(|hours| *hours < below) {
            if self.after(measure, purchases, hours) <= limit {
                below = hours;
                break;
            }
            above = hours;
            step = step.saturating_mul(2);
        }
        while below.saturating_sub(above) > 1 {
            let middle = above.midpoint(below);
            if self.after(measure, purchases, middle) <= limit {
                below = middle;
            } else {
                above = middle;
            }
        }
        Some(purchases.moment(below))
    }
}

fn millionths(value: f64) -> i64 {
    let rounded = libm::round(value * 1e6);
    // What a float cannot be as a whole number becomes the nearest one, and no number 0.
    #[allow(clippy::cast_possible_truncation)]
    let whole = rounded as i64;
    whole
}
