//! Thresholds of a population of which only is known how often each value occurs.
//!
//! The three lists are apart: which recency goes with which frequency does not matter, as each score is a matter of one of them
//! and the mean of scores over customers is the mean over the list.

use rapport_types::Decimal;

use crate::rfm::{Means, Thresholds};

impl Thresholds {
    /// The thresholds of a population by how many customers have each number of days, of orders, and each total. The lists ascend and are
    /// of the same customers. The same as [`Thresholds::of`]; `None` where it is empty.
    pub fn of_counts(
        recency_days: &[(u64, u64)],
        frequency: &[(u64, u64)],
        monetary: &[(Decimal, u64)],
    ) -> Option<Self> {
        // From the worst to the best.
        let [d1, d2, d3, d4] = quintiles(recency_days.iter().rev())?;
        let mut thresholds = Self {
            recency_days: [d4, d3, d2, d1],
            frequency: quintiles(frequency.iter())?,
            monetary: quintiles(monetary.iter())?,
            means: Means::default(),
        };
        thresholds.means = Means {
            r: mean(recency_days, |days| thresholds.recency(days))?,
            f: mean(frequency, |orders| thresholds.frequency(orders))?,
            m: mean(monetary, |spent| thresholds.monetary(spent))?,
        };
        Some(thresholds)
    }
}

fn total<'a, T: 'a>(counts: impl Iterator<Item = &'a (T, u64)>) -> u64 {
    counts.map(|(_, count)| *count).fold(0, u64::saturating_add)
}

/// The values at ranks ⌈n/5⌉, ⌈2n/5⌉, ….
fn quintiles<'a, T: Copy + 'a>(
    sorted: impl Iterator<Item = &'a (T, u64)> + Clone,
) -> Option<[T; 4]> {
    let n = total(sorted.clone());
    let at = |fifths: u64| {
        let rank = n.checked_mul(fifths)?.div_ceil(5);
        let mut passed = 0_u64;
        sorted
            .clone()
            .find(|(_, count)| {
                passed = passed.saturating_add(*count);
                passed >= rank
            })
            .map(|(value, _)| *value)
    };
    Some([at(1)?, at(2)?, at(3)?, at(4)?])
}

/// Four digits of the mean score, the rest cut off, as [`Thresholds::of`] does.
fn mean<T: Copy>(counts: &[(T, u64)], score: impl Fn(T) -> u8) -> Option<Decimal> {
    let sum = counts
        .iter()
        .map(|(value, count)| u64::from(score(*value)).saturating_mul(*count))
        .fold(0, u64::saturating_add);
    let count = Decimal::from(total(counts.iter()));
    Some(Decimal::from(sum).checked_div(count)?.trunc_with_scale(4))
}
