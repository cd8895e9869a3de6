//! Sums over the members of one segment.

use serde::{Deserialize, Serialize};

use crate::ratio;
use crate::tally::Seen;

/// Sums over the members of one segment, or over all customers. Stored as a flat list of numbers, in the order of the fields: there
/// may be 256 of them in a document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<i64>", into = "Vec<i64>")]
pub struct Counts {
    /// How many there are.
    pub size: u64,
    /// How many of them were not in the segment at the review before.
    pub entered: u64,
    /// Their orders, ever.
    pub orders: u64,
    /// Their orders in the period.
    pub period_orders: u64,
    /// How many of them hold points.
    pub holders: u64,
    /// Points that they can spend.
    pub active: i64,
    /// Points that they have earned and cannot spend yet.
    pub pending: i64,
    /// How many have answered "how likely are you to recommend us", each counted with the latest answer.
    pub nps: u64,
    /// Of these, 9 and 10.
    pub promoters: u64,
    /// Of these, 0 to 6.
    pub detractors: u64,
    /// How many have said how satisfied they are, each counted with the latest answer.
    pub csat: u64,
    /// Of these, 4 and 5 of 5.
    pub satisfied: u64,
    /// Their money, by the tally's currencies.
    pub money: Vec<Sums>,
}

/// Money in one currency, in minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// Ever.
    pub lifetime: i64,
    /// In the period.
    pub period: i64,
    /// Orders in the period that came to something in this currency.
    pub orders: u64,
}

/// How many numbers stand before the money.
const PLAIN: usize = 12;

impl Counts {
    /// Counts a member.
    pub fn add(&mut self, seen: &Seen<'_>, entered: bool) {
        let add = |sum: &mut u64, more: u64| *sum = sum.saturating_add(more);
        add(&mut self.size, 1);
        add(&mut self.entered, entered.into());
        add(&mut self.orders, seen.orders);
        add(&mut self.period_orders, seen.period_orders);
        if let Some(held) = seen.points {
            add(
                &mut self.holders,
                u64::from(held.active > 0 || held.pending > 0),
            );
            self.active = self.active.saturating_add(held.active);
            self.pending = self.pending.saturating_add(held.pending);
        }
        if let Some(score) = seen.opinion.nps {
            add(&mut self.nps, 1);
            add(&mut self.promoters, u64::from(score >= 9));
            add(&mut self.detractors, u64::from(score <= 6));
        }
        if let Some(score) = seen.opinion.csat {
            add(&mut self.csat, 1);
            add(&mut self.satisfied, u64::from(score >= 4));
        }
    }

    /// Counts a member's money in the currency numbered `currency`.
    pub fn add_money(&mut self, currency: usize, sums: Sums) {
        if self.money.len() <= currency {
            self.money
                .resize(currency.saturating_add(1), Sums::default());
        }
        if let Some(money) = self.money.get_mut(currency) {
            money.lifetime = money.lifetime.saturating_add(sums.lifetime);
            money.period = money.period.saturating_add(sums.period);
            money.orders = money.orders.saturating_add(sums.orders);
        }
    }

    /// The net promoter score, -100 to 100, to one decimal; `None` without answers.
    pub fn nps_score(&self) -> Option<f64> {
        let share = |part: u64| part as f64 * 100.0 / self.nps as f64;
        (self.nps > 0).then(|| ratio::rounded(share(self.promoters) - share(self.detractors), 1))
    }

    /// The percentage of satisfied answers, to one decimal; `None` without answers.
    pub fn csat_score(&self) -> Option<f64> {
        (self.csat > 0).then(|| ratio::rounded(self.satisfied as f64 * 100.0 / self.csat as f64, 1))
    }
}

impl From<Counts> for Vec<i64> {
    fn from(counts: Counts) -> Self {
        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let mut list = vec![
            whole(counts.size),
            whole(counts.entered),
            whole(counts.orders),
            whole(counts.period_orders),
            whole(counts.holders),
            counts.active,
            counts.pending,
            whole(counts.nps),
            whole(counts.promoters),
            whole(counts.detractors),
            whole(counts.csat),
            whole(counts.satisfied),
        ];
        for money in counts.money {
            list.extend([money.lifetime, money.period, whole(money.orders)]);
        }
        list
    }
}

impl From<Vec<i64>> for Counts {
    /// What is missing at the end is 0.
    fn from(list: Vec<i64>) -> Self {
        let at = |place: usize| list.get(place).copied().unwrap_or(0);
        let count = |place: usize| u64::try_from(at(place)).unwrap_or(0);
        let money = list.get(PLAIN..).unwrap_or_default().chunks(3);
        let sums = |three: &[i64]| {
            let at = |place: usize| three.get(place).copied().unwrap_or(0);
            Sums {
                lifetime: at(0),
                period: at(1),
                orders: u64::try_from(at(2)).unwrap_or(0),
            }
        };
        Self {
            size: count(0),
            entered: count(1),
            orders: count(2),
            period_orders: count(3),
            holders: count(4),
            active: at(5),
            pending: at(6),
            nps: count(7),
            promoters: count(8),
            detractors: count(9),
            csat: count(10),
            satisfied: count(11),
            money: money.map(sums).collect(),
        }
    }
}
