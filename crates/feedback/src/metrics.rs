//! Counts per score, and NPS, CSAT and CES over them.
//!
//! - NPS (net promoter score): the percentage of 9 and 10 less the percentage of 0 to 6, over answers from 0
//!   to 10. From -100 to 100, rounded to one decimal.
//! - CSAT (customer satisfaction): the percentage of 4 and 5 over answers from 1 to 5. From 0 to 100, rounded
//!   to one decimal.
//! - CES (customer effort score): the mean of answers from 1 to 7, rounded to two decimals.
//!
//! Dismissed questions are left out. No answers is `null`, never 0. Everything is counted in whole numbers and
//! rounded once, half away from zero.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::kind::Kind;
use crate::record::Record;
use crate::summary::Summary;

/// Counts over records: small, whatever their number, and added to one record at a time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    /// Answers by kind.
    answers: BTreeMap<Kind, u64>,
    /// Records without an answer by kind.
    dismissed: BTreeMap<Kind, u64>,
    /// How often each score was given: 0 to 10.
    nps: BTreeMap<u8, u64>,
    /// How often each score was given: 1 to 5.
    csat: BTreeMap<u8, u64>,
    /// How often each score was given: 1 to 7.
    ces: BTreeMap<u8, u64>,
}

/// What people said, in numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Net promoter score, -100 to 100, to one decimal; `None` without answers.
    pub nps: Option<f64>,
    /// Percentage of satisfied answers, 0 to 100, to one decimal; `None` without answers.
    pub csat: Option<f64>,
    /// Mean effort score, 1 to 7, to two decimals; `None` without answers.
    pub ces: Option<f64>,
    /// Records with an answer, of whatever kind.
    pub responses: u64,
    /// What the numbers above are made of.
    pub counts: Counts,
}

/// How many answers stand behind the metrics.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Answers to the NPS question.
    pub nps: u64,
    /// Of these, 9 and 10.
    pub promoters: u64,
    /// Of these, 7 and 8.
    pub passives: u64,
    /// Of these, 0 to 6.
    pub detractors: u64,
    /// Answers to the satisfaction question.
    pub csat: u64,
    /// Of these, 4 and 5.
    pub satisfied: u64,
    /// Answers to the effort question.
    pub ces: u64,
    /// Answers by kind.
    pub by_kind: BTreeMap<Kind, u64>,
    /// Questions dismissed, of whatever kind.
    pub dismissed: u64,
}

impl Sums {
    /// Adds a record.
    pub fn add(&mut self, record: &Record) {
        let table = match record.is_answer() {
            true => &mut self.answers,
            false => &mut self.dismissed,
        };
        bump(table, record.kind);
        if let Some(score) = record.score() {
            self.score(record.kind, score);
        }
    }

    /// Adds the latest answers of one customer: for metrics where each customer counts once.
    pub fn add_latest(&mut self, summary: &Summary) {
        for (kind, score) in summary.answers() {
            bump(&mut self.answers, kind);
            self.score(kind, score);
        }
    }

    fn score(&mut self, kind: Kind, score: u8) {
        match kind {
            Kind::Nps => bump(&mut self.nps, score),
            Kind::Csat => bump(&mut self.csat, score),
            Kind::Ces => bump(&mut self.ces, score),
            _ => {}
        }
    }

    /// The metrics over what was added.
    pub fn metrics(&self) -> Metrics {
        let counts = Counts {
            nps: scored(&self.nps, 0, 10),
            promoters: scored(&self.nps, 9, 10),
            passives: scored(&self.nps, 7, 8),
            detractors: scored(&self.nps, 0, 6),
            csat: scored(&self.csat, 1, 5),
            satisfied: scored(&self.csat, 4, 5),
            ces: scored(&self.ces, 1, 7),
            by_kind: self.answers.clone(),
            dismissed: total(self.dismissed.values()),
        };
        let net = i128::from(counts.promoters).saturating_sub(i128::from(counts.detractors));
        let effort = self.ces.iter().fold(0_i128, |sum, (score, count)| {
            sum.saturating_add(i128::from(*score).saturating_mul(i128::from(*count)))
        });
        Metrics {
            nps: quotient(net.saturating_mul(100), counts.nps, 10),
            csat: quotient(
                i128::from(counts.satisfied).saturating_mul(100),
                counts.csat,
                10,
            ),
            ces: quotient(effort, counts.ces, 100),
            responses: total(self.answers.values()),
            counts,
        }
    }
}

fn bump<K: Ord>(table: &mut BTreeMap<K, u64>, key: K) {
    let count = table.entry(key).or_insert(0);
    *count = count.saturating_add(1);
}

fn total<'a>(counts: impl Iterator<Item = &'a u64>) -> u64 {
    counts.fold(0, |sum, count| sum.saturating_add(*count))
}

fn scored(table: &BTreeMap<u8, u64>, low: u8, high: u8) -> u64 {
    total(table.range(low..=high).map(|(_, count)| count))
}

/// `sum / count`, rounded half away from zero to a whole number of `1 / parts`.
fn quotient(sum: i128, count: u64, parts: i32) -> Option<f64> {
    let count = i128::from(count);
    let doubled = sum
        .saturating_abs()
        .saturating_mul(i128::from(parts))
        .saturating_mul(2)
        .saturating_add(count);
    let rounded = doubled
        .checked_div(count.saturating_mul(2))?
        .saturating_mul(sum.signum());
    // At most 100 in parts of a hundred: it fits.
    let rounded = i32::try_from(rounded).ok()?;
    Some(f64::from(rounded) / f64::from(parts))
}

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;
