//! Fields that are looked up once for all tests of them.

use std::ops::ControlFlow;

use rapport_types::Timestamp;
use serde_json::Value;

use super::RuleSet;
use super::ask::Answers;
use super::quick::{self, Quick};
use crate::evaluate::Context;
use crate::field::{positive, when};
use crate::found::{Found, One, Scope};
use crate::held::Held;
use crate::moment::Stretch;
use crate::number;
use crate::rule::{Field, Node};
use crate::subject::Subject;
use crate::verdict::Verdict;

/// A field, with all tests of it.
#[derive(Debug)]
pub(super) struct Slot {
    field: Field,
    pub(super) tests: Vec<Asked>,
    /// Whether some test wants the numbers of its texts.
    words: bool,
    /// Whether some test wants the time that it names.
    time: bool,
}

/// A test of a field.
#[derive(Debug)]
pub(super) struct Asked {
    /// Its place among all tests.
    pub(super) test: usize,
    quick: Quick,
}

/// What a field says about a subject, in the forms in which tests ask for it.
pub(super) struct Said<'a> {
    /// Whether there is nothing.
    pub(super) absent: bool,
    /// In ten-thousandths, where it is a number of so many.
    pub(super) number: Option<i64>,
    /// The numbers of its texts.
    pub(super) words: &'a [u32],
    /// Whether it is a list.
    pub(super) listed: bool,
    /// The time that it names, where it is no list.
    pub(super) time: Option<Stretch>,
    /// Of `rfm.recency_days`: the moment from which days count.
    pub(super) last: Option<Timestamp>,
}

impl RuleSet {
    /// The slot of a field that is looked up the same way whatever is asked of it.
    pub(super) fn slot(&mut self, field: &Field) -> Option<usize> {
        let looked_up = matches!(
            field,
            Field::Traits(_)
                | Field::Tags
                | Field::CreatedAt
                | Field::Recency
                | Field::Frequency
                | Field::Monetary
        );
        if !looked_up {
            return None;
        }
        let known = self.slots.iter().position(|slot| slot.field == *field);
        known.or_else(|| {
            self.slots.push(Slot {
                field: field.clone(),
                tests: Vec::new(),
                words: false,
                time: false,
            });
            Some(self.slots.len().saturating_sub(1))
        })
    }
}

impl Slot {
    /// Adds a test of the field.
    pub(super) fn add(&mut self, test: usize, quick: Quick) {
        self.words |= matches!(quick, Quick::Words { .. });
        self.time |= quick.wants_time();
        self.tests.push(Asked { test, quick });
    }

    /// Answers the tests of the field from `cx.now` on, as far as a [`Held`] can say it. There is `room` for the numbers of texts.
    pub(super) fn answer(
        &self,
        subject: &dyn Subject,
        set: &RuleSet,
        cx: Context<'_>,
        room: &mut Vec<u32>,
        answers: &mut Answers,
    ) {
        let found = Scope::Subject(subject).find(&self.field);
        let last = match self.field {
            Field::Recency => subject.orders().last_at,
            _ => None,
        };
        room.clear();
        if self.words {
            found.visit(&mut |one| {
                if let One::Text(text) = one {
                    room.extend(set.words.number(text, cx.folds));
                }
                ControlFlow::Continue(())
            });
        }
        let number = match found {
            Found::Json(Value::Number(number)) => number::units(number),
            Found::Number(number) => quick::units(number),
            _ => None,
        };
        let time = match self.time {
            true => found.alone().and_then(when),
            false => None,
        };
        let said = Said {
            absent: matches!(found, Found::Absent) && last.is_none(),
            number,
            words: room,
            listed: found.is_list(),
            time: time.map(|when| when.stretch(cx.zone)),
            last,
        };
        for asked in &self.tests {
            let plainly = || match &set.tests.get(asked.test)?.node {
                // That of days is not found as others are.
                Node::Field(test) if said.last.is_none() => fixed(positive(&test.test, found, cx)),
                _ => None,
            };
            let held = asked.quick.held(&said).or_else(plainly);
            answers.note(asked.test, held);
        }
    }
}

/// When it holds, where time alone does not change it.
fn fixed(verdict: Verdict) -> Option<Held> {
    let fixed = Verdict::fixed(verdict.matches);
    (verdict == fixed).then(|| Held::always(verdict.matches))
}
