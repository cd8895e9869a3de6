//! Fields that are looked up once for all tests of them.

use std::ops::ControlFlow;

use rapport_types::{Timestamp, sort};
use serde_json::Value;

use super::RuleSet;
use super::ask::Answers;
use super::quick::{self, Near, Quick};
use super::words::Words;
use crate::drift::DAY_MILLIS;
use crate::evaluate::Context;
use crate::field::{positive, when};
use crate::found::{Found, One, Scope};
use crate::held::Held;
use crate::number;
use crate::rule::{Field, Node};
use crate::subject::Subject;
use crate::verdict::Verdict;

/// A field, with all tests of it, sorted by what they ask for.
#[derive(Debug)]
pub(super) struct Slot {
    field: Field,
    /// The places of all of them.
    pub(super) tests: Vec<usize>,
    numbers: Vec<Between>,
    days: Vec<Between>,
    times: Vec<(Near, usize)>,
    texts: Vec<Texts>,
    /// The number of each text that they ask for, and the place of the one that does; in order.
    words: Vec<(u32, usize)>,
    /// Those that have no shortcut.
    others: Vec<usize>,
}

/// A test of numbers, or of days, from one to another, both included.
#[derive(Debug)]
struct Between {
    low: i64,
    high: i64,
    test: usize,
}

/// A test that asks for one of several texts.
#[derive(Debug)]
struct Texts {
    test: usize,
    /// Only as an element of a list.
    listed: bool,
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
            self.slots.push(Slot::new(field.clone()));
            Some(self.slots.len().saturating_sub(1))
        })
    }
}

impl Slot {
    fn new(field: Field) -> Self {
        Self {
            field,
            tests: Vec::new(),
            numbers: Vec::new(),
            days: Vec::new(),
            times: Vec::new(),
            texts: Vec::new(),
            words: Vec::new(),
            others: Vec::new(),
        }
    }

    /// Adds a test of the field.
    pub(super) fn add(&mut self, test: usize, quick: Quick) {
        self.tests.push(test);
        match quick {
            Quick::Number(low, high) => self.numbers.push(Between { low, high, test }),
            Quick::Days(low, high) => self.days.push(Between { low, high, test }),
            Quick::Time(near) => self.times.push((near, test)),
            Quick::Words { any_of, listed } => {
                self.words.extend(any_of.iter().map(|word| (*word, test)));
                self.texts.push(Texts { test, listed });
            }
            Quick::None => self.others.push(test),
        }
    }

    /// One of its tests.
    pub(super) fn first(&self) -> Option<usize> {
        self.tests.first().copied()
    }

    /// Makes ready to answer, once all tests are there.
    pub(super) fn finish(&mut self) {
        sort::sort(&mut self.words);
    }

    /// Answers the tests of the field from `cx.now` on, as far as a [`Held`] can say it.
    pub(super) fn answer(
        &self,
        subject: &dyn Subject,
        set: &RuleSet,
        cx: Context<'_>,
        answers: &mut Answers,
    ) {
        if self.field == Field::Recency {
            return self.answer_days(subject.orders().last_at, answers);
        }
        let found = Scope::Subject(subject).find(&self.field);
        if matches!(found, Found::Absent) {
            let tests = self.tests.iter();
            return tests.for_each(|test| answers.note_always(*test, false));
        }
        let plainly = |test: usize, answers: &mut Answers| {
            let held = match set.test(test).map(|test| &test.node) {
                Some(Node::Field(asked)) => fixed(positive(&asked.test, found, cx)),
                _ => None,
            };
            answers.note(test, held);
        };
        if !self.numbers.is_empty() {
            let number = match found {
                Found::Json(Value::Number(number)) => number::units(number),
                Found::Number(number) => quick::units(number),
                _ => None,
            };
            for Between { low, high, test } in &self.numbers {
                match number {
                    Some(number) => answers.note_always(*test, *low <= number && number <= *high),
                    None => plainly(*test, answers),
                }
            }
        }
        if !self.times.is_empty() {
            let time = found.alone().and_then(when);
            let time = time.map(|when| when.stretch(cx.zone));
            for (near, test) in &self.times {
                match time {
                    Some(time) => answers.note(*test, Some(near.held(time))),
                    None => plainly(*test, answers),
                }
            }
        }
        if !self.texts.is_empty() {
            self.answer_texts(found, &set.words, cx, answers);
        }
        for test in &self.others {
            plainly(*test, answers);
        }
    }

    /// Answers those that ask for texts.
    fn answer_texts(
        &self,
        found: Found<'_>,
        words: &Words,
        cx: Context<'_>,
        answers: &mut Answers,
    ) {
        let is_list = found.is_list();
        for Texts { test, .. } in &self.texts {
            answers.note_always(*test, false);
        }
        found.visit(&mut |one| {
            if let One::Text(text) = one
                && let Some(number) = words.number(text, cx.folds)
            {
                let from = self.words.partition_point(|(word, _)| *word < number);
                let asked = self.words.get(from..).unwrap_or(&[]).iter();
                for (_, test) in asked.take_while(|(word, _)| *word == number) {
                    answers.note_always(*test, true);
                }
            }
            ControlFlow::Continue(())
        });
        if !is_list {
            for Texts { test, .. } in self.texts.iter().filter(|texts| texts.listed) {
                answers.note_always(*test, false);
            }
        }
    }

    /// Answers those of whole days since `last`.
    fn answer_days(&self, last: Option<Timestamp>, answers: &mut Answers) {
        let Some(last) = last else {
            let tests = self.tests.iter();
            return tests.for_each(|test| answers.note_always(*test, false));
        };
        let after = |days: i64| {
            let millis = days.saturating_mul(DAY_MILLIS);
            Timestamp::from_millis(last.millis().saturating_add(millis))
        };
        for Between { low, high, test } in &self.days {
            // There are no days before the first.
            let from = match *low > 0 {
                true => after(*low),
                false => Timestamp::MIN,
            };
            let until = after(high.saturating_add(1));
            answers.note(*test, Some(Held::new(from, until)));
        }
        for test in &self.others {
            answers.note(*test, None);
        }
    }
}

/// When it holds, where time alone does not change it.
fn fixed(verdict: Verdict) -> Option<Held> {
    let fixed = Verdict::fixed(verdict.matches);
    (verdict == fixed).then(|| Held::always(verdict.matches))
}
