//! Recency, frequency and money, scored 1 to 5 by the quintiles of the population.
//!
//! A fifth of the customers gets each score, 5 being the best: the last order most recent, the most orders, the most spent. Customers
//! who are equal get the same score, the lowest of those that they span; so where six in ten have ordered once, one
//! order scores 1 and two score 4. With fewer than five customers, or all equal, the same rule holds and the upper scores stay
//! empty.

use rapport_types::{Decimal, Violation};

/// One customer of the population that thresholds are made of: one who has ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Customer {
    /// Whole days since the last order.
    pub recency_days: u64,
    /// Orders.
    pub frequency: u64,
    /// What they came to, in major units.
    pub monetary: Decimal,
}

/// Where one score ends and the next begins, and the population's mean scores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thresholds {
    /// Ascending. Fewer days than the first score 5; as many as the last, or more, score 1.
    pub recency_days: [u64; 4],
    /// Ascending. As many orders as the first, or fewer, score 1; more than the last score 5.
    pub frequency: [u64; 4],
    /// Ascending, likewise, in major units.
    pub monetary: [Decimal; 4],
    /// The mean of the scores over the population, which parts high from low in [`Group`](crate::Group).
    pub means: Means,
}

/// The mean scores of a population.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Means {
    /// Of recency.
    pub r: Decimal,
    /// Of frequency.
    pub f: Decimal,
    /// Of money.
    pub m: Decimal,
}

impl Default for Means {
    /// 3, the mean where no customers are equal.
    fn default() -> Self {
        let three = Decimal::from(3);
        Self {
            r: three,
            f: three,
            m: three,
        }
    }
}

/// The three scores of a customer, 1 to 5 each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scores {
    /// Of recency; 5 is fresh.
    pub r: u8,
    /// Of frequency.
    pub f: u8,
    /// Of money.
    pub m: u8,
}

impl Thresholds {
    /// The thresholds of a population; `None` where it is empty.
    pub fn of(population: &[Customer]) -> Option<Self> {
        let mut days: Vec<u64> = population.iter().map(|one| one.recency_days).collect();
        let mut orders: Vec<u64> = population.iter().map(|one| one.frequency).collect();
        let mut money: Vec<Decimal> = population.iter().map(|one| one.monetary).collect();
        // From the worst to the best.
        days.sort_unstable_by(|a, b| b.cmp(a));
        orders.sort_unstable();
        money.sort_unstable();
        let [d1, d2, d3, d4] = quintiles(&days)?;
        let mut thresholds = Self {
            recency_days: [d4, d3, d2, d1],
            frequency: quintiles(&orders)?,
            monetary: quintiles(&money)?,
            means: Means::default(),
        };
        let scores: Vec<Scores> = population
            .iter()
            .map(|one| thresholds.scores(one))
            .collect();
        let mean = |of: fn(&Scores) -> u8| mean(scores.iter().map(of));
        thresholds.means = Means {
            r: mean(|scores| scores.r)?,
            f: mean(|scores| scores.f)?,
            m: mean(|scores| scores.m)?,
        };
        Some(thresholds)
    }

    /// What is wrong with these thresholds, with pointers such as `/frequency/2`.
    pub fn check(&self) -> Vec<Violation> {
        let mut wrong = Vec::new();
        ascending("recency_days", &self.recency_days, &mut wrong);
        ascending("frequency", &self.frequency, &mut wrong);
        ascending("monetary", &self.monetary, &mut wrong);
        let Means { r, f, m } = self.means;
        for (name, mean) in [("r", r), ("f", f), ("m", m)] {
            if mean < Decimal::ONE || mean > Decimal::from(5) {
                let detail = format!("a mean of scores is from 1 to 5, not {mean}");
                let place = format!("/mean_scores/{name}");
                wrong.push(Violation::new(place, "out_of_range", detail));
            }
        }
        wrong
    }

    /// The score of so many days since the last order.
    pub fn recency(&self, days: u64) -> u8 {
        score(&self.recency_days, |threshold| threshold > &days)
    }

    /// The score of so many orders.
    pub fn frequency(&self, orders: u64) -> u8 {
        score(&self.frequency, |threshold| threshold < &orders)
    }

    /// The score of so much spent.
    pub fn monetary(&self, spent: Decimal) -> u8 {
        score(&self.monetary, |threshold| threshold < &spent)
    }

    /// All three.
    pub fn scores(&self, customer: &Customer) -> Scores {
        Scores {
            r: self.recency(customer.recency_days),
            f: self.frequency(customer.frequency),
            m: self.monetary(customer.monetary),
        }
    }
}

/// The values that 20, 40, 60 and 80 in a hundred do not exceed: of `n` sorted values the ones at rank ⌈n/5⌉, ⌈2n/5⌉, ….
fn quintiles<T: Copy>(sorted: &[T]) -> Option<[T; 4]> {
    let at = |fifths: usize| {
        let rank = sorted.len().checked_mul(fifths)?.div_ceil(5);
        sorted.get(rank.checked_sub(1)?).copied()
    };
    Some([at(1)?, at(2)?, at(3)?, at(4)?])
}

fn score<T>(thresholds: &[T; 4], passed: impl Fn(&T) -> bool) -> u8 {
    let passed = thresholds
        .iter()
        .filter(|threshold| passed(threshold))
        .count();
    u8::try_from(passed).unwrap_or(4).saturating_add(1)
}

/// Four digits of it, the rest cut off: so a whole score is above the cut mean exactly where it is above the mean.
fn mean(scores: impl ExactSizeIterator<Item = u8>) -> Option<Decimal> {
    let count = Decimal::from(scores.len());
    let sum: u64 = scores.map(u64::from).fold(0, u64::saturating_add);
    Some(Decimal::from(sum).checked_div(count)?.trunc_with_scale(4))
}

fn ascending<T: PartialOrd + std::fmt::Display>(
    name: &str,
    thresholds: &[T; 4],
    wrong: &mut Vec<Violation>,
) {
    let pairs = thresholds.iter().zip(thresholds.iter().skip(1));
    for (at, (before, next)) in (1_u8..).zip(pairs) {
        if next < before {
            let detail = format!("thresholds ascend; {next} comes after {before}");
            wrong.push(Violation::new(
                format!("/{name}/{at}"),
                "not_ascending",
                detail,
            ));
        }
    }
}
