//! What one customer's feedback comes to: the facts that rules ask for.
//!
//! A summary is told of records, each by its revision, and keeps a row of every one: so a second telling of the same revision, or a late
//! one of an older, does nothing, and a record that is resolved, opened again or found to be spam counts as what it is by then. Rows
//! of records in excess of [`MOST`] are left out, those of dealt-with records first and of these the oldest, and what they came to is
//! kept in one sum.

use std::collections::BTreeMap;

use rapport_types::{Timestamp, hash};
use serde::{Deserialize, Serialize};

use crate::kind::Kind;
use crate::record::Record;
use crate::state::State;

/// The most records of which a summary keeps a row: some 60 KB.
pub const MOST: usize = 1_000;

/// What a customer's feedback comes to. Dismissed questions and spam are left out of all of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// How many records there are, in whatever state.
    pub count: u64,
    /// How many of them are new, open or waiting; of the latest [`MOST`].
    pub open_cases: u64,
    /// When the latest was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_at: Option<Timestamp>,
    /// The latest answer from 0 to 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_nps: Option<Latest>,
    /// The latest answer from 1 to 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_csat: Option<Latest>,
    /// The latest answer from 1 to 7.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_ces: Option<Latest>,
    /// When it last became another; `None` before anything was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<Timestamp>,
    /// The rows that all of it is made of. Stored apart, so not in the summary's own JSON.
    #[serde(skip)]
    pub rows: Rows,
}

/// The latest answer to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latest {
    /// What was answered.
    pub score: u8,
    /// When it was said.
    pub at: Timestamp,
}

/// What a summary was told.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Rows {
    /// By 16 hexadecimal digits that stand for the record's id.
    #[serde(default)]
    told: BTreeMap<String, Row>,
    /// What those come to that have no row any more.
    #[serde(default)]
    gone: Gone,
}

/// One record, as it was told last. In the document `[rev, received, said, standing, [kind, score]]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Row(u64, i64, i64, Standing, Option<(Kind, u8)>);

impl Row {
    fn received(&self) -> i64 {
        self.1
    }

    fn standing(&self) -> Standing {
        self.3
    }
}

/// Whether a record counts, and as what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Standing {
    /// It was dealt with.
    Over,
    /// It is no feedback.
    Spam,
    /// Somebody has to look at it.
    Open,
}

/// What the rows that were left out come to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Gone {
    /// How many of them count.
    count: u64,
    /// When the youngest of them arrived. Of a record that arrived later and has no row, nothing was ever told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_nps: Option<Latest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_csat: Option<Latest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_ces: Option<Latest>,
}

impl Summary {
    /// Takes note of `record` as it is by its revision `rev`, at `now`. False where that is no news.
    pub fn tell(&mut self, record: &Record, rev: u64, now: Timestamp) -> bool {
        let key = format!("{:016x}", hash::u64_of(&record.id));
        let received = record.received_at.millis();
        let rows = &mut self.rows;
        match rows.told.get(&key) {
            Some(row) if row.0 >= rev => return false,
            Some(_) => {}
            None if !record.is_answer() => return false,
            None => {
                if rows.gone.to.is_some_and(|to| received <= to) {
                    // It comes back. It counted: of those that do not, few are left out.
                    rows.gone.count = rows.gone.count.saturating_sub(1);
                }
            }
        }
        let standing = match record.state {
            State::Spam => Standing::Spam,
            state if state.is_open() => Standing::Open,
            _ => Standing::Over,
        };
        let score = record.score().map(|score| (record.kind, score));
        let said = record.submitted_at.millis();
        let row = Row(rev, received, said, standing, score);
        rows.told.insert(key, row);
        rows.leave_out();
        self.sum_up();
        self.changed_at = Some(now);
        true
    }

    /// The latest answers to the questions that metrics are made of.
    pub fn answers(&self) -> impl Iterator<Item = (Kind, u8)> {
        let answers = [
            (Kind::Nps, self.last_nps),
            (Kind::Csat, self.last_csat),
            (Kind::Ces, self.last_ces),
        ];
        let answers = answers.into_iter();
        answers.filter_map(|(kind, latest)| Some((kind, latest?.score)))
    }

    fn sum_up(&mut self) {
        let Gone {
            count,
            last_at,
            last_nps,
            last_csat,
            last_ces,
            ..
        } = self.rows.gone;
        (self.count, self.open_cases) = (count, 0);
        self.last_at = last_at;
        (self.last_nps, self.last_csat, self.last_ces) = (last_nps, last_csat, last_ces);
        for row in self.rows.told.values() {
            let Row(_, _, said, standing, score) = *row;
            if standing == Standing::Spam {
                continue;
            }
            self.count = self.count.saturating_add(1);
            if standing == Standing::Open {
                self.open_cases = self.open_cases.saturating_add(1);
            }
            let at = Timestamp::from_millis(said);
            self.last_at = self.last_at.max(Some(at));
            match score {
                Some((Kind::Nps, score)) => later(&mut self.last_nps, score, at),
                Some((Kind::Csat, score)) => later(&mut self.last_csat, score, at),
                Some((Kind::Ces, score)) => later(&mut self.last_ces, score, at),
                _ => {}
            }
        }
    }
}

impl Rows {
    /// Leaves rows out until there are no more than [`MOST`].
    fn leave_out(&mut self) {
        while self.told.len() > MOST {
            let order = |row: &Row| (row.standing(), row.received());
            let least = self.told.iter().min_by_key(|(_, row)| order(row));
            let Some(key) = least.map(|(key, _)| key.clone()) else {
                return;
            };
            let Some(row) = self.told.remove(&key) else {
                return;
            };
            let gone = &mut self.gone;
            gone.to = gone.to.max(Some(row.received()));
            if row.standing() == Standing::Spam {
                continue;
            }
            gone.count = gone.count.saturating_add(1);
            let at = Timestamp::from_millis(row.2);
            gone.last_at = gone.last_at.max(Some(at));
            match row.4 {
                Some((Kind::Nps, score)) => later(&mut gone.last_nps, score, at),
                Some((Kind::Csat, score)) => later(&mut gone.last_csat, score, at),
                Some((Kind::Ces, score)) => later(&mut gone.last_ces, score, at),
                _ => {}
            }
        }
    }
}

/// Of two at the same moment the lower counts, in whatever order they came.
fn later(last: &mut Option<Latest>, score: u8, at: Timestamp) {
    let newer = |last: &Latest| (at, last.score) > (last.at, score);
    if last.as_ref().is_none_or(newer) {
        *last = Some(Latest { score, at });
    }
}

#[cfg(test)]
#[path = "summary_tests.rs"]
mod tests;
