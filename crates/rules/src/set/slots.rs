//! Fields that are looked up once for all tests of them.

use std::ops::ControlFlow;

use rapport_types::{Timestamp, sort};
use serde_json::Value;

use super::ask::Answers;
use super::quick::{self, Near, Quick};
use super::words::Words;
use super::{Part, RuleSet};
use crate::drift::DAY_MILLIS;
use crate::evaluate::Context;
use crate::field::{positive, when};
use crate::found::{Found, One, Scope, json, look_in};
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
    /// Those that ask for one of several texts.
    texts: Vec<usize>,
    words: Vec<Asked>,
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

/// A text that a test asks for, by its number.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Asked {
    word: u32,
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

/// So many traits are looked through once, each for whether rules ask for it; of more, each that they ask for is looked up.
const FEW: usize = 32;

impl RuleSet {
    /// Notes by which names traits are asked for.
    pub(super) fn name_slots(&mut self) {
        for (place, slot) in self.slots.iter().enumerate() {
            if let Field::Traits(path) = &slot.field
                && let Some(name) = path.first()
            {
                self.named.push((self.names.add(name), place));
            }
        }
        sort::sort(&mut self.named);
    }

    /// Answers the tests of all traits that are there, where they are few.
    pub(super) fn answer_traits(
        &self,
        subject: &dyn Subject,
        cx: Context<'_>,
        answers: &mut Answers,
    ) {
        let traits = subject.traits();
        if traits.len() > FEW {
            return;
        }
        for (name, value) in traits {
            let Some(number) = self.names.stands(name) else {
                continue;
            };
            let from = self.named.partition_point(|(name, _)| *name < number);
            let named = self.named.get(from..).unwrap_or(&[]).iter();
            for (_, slot) in named.take_while(|(name, _)| *name == number) {
                if let Some(slot) = self.slots.get(*slot)
                    && let Field::Traits(path) = &slot.field
                    && let Some((_, rest)) = path.split_first()
                    && slot
                        .first()
                        .is_some_and(|test| answers.of(Part::at(test)) == Held::UNKNOWN)
                {
                    slot.answer_of(json(look_in(value, rest)), self, cx, answers);
                }
            }
        }
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
                self.words.extend(any_of.iter().map(|word| Asked {
                    word: *word,
                    test,
                    listed,
                }));
                self.texts.push(test);
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
        self.answer_of(found, set, cx, answers);
    }

    /// The same of what was found there.
    fn answer_of(&self, found: Found<'_>, set: &RuleSet, cx: Context<'_>, answers: &mut Answers) {
        if matches!(found, Found::Absent) {
            let tests = self.tests.iter();
            return tests.for_each(|test| answers.note_always(*test, false));
        }
        let plainly = |test: usize, answers: &mut Answers| {
            let held = match set.test(test).map(|test| &test.node) {
                Some(Node::Field(asked)) => fixed(positive(&asked.test, found, cx)),
                _ => None,
            };
            match held {
                Some(passes) => answers.note_always(test, passes),
                None => answers.note(test, None),
            }
        };
        if !self.numbers.is_empty() {
            let number = match found {
                Found::Json(Value::Number(number)) => number::units(number),
                Found::Number(number) => quick::units(number),
                _ => None,
            };
            for Between { low, high, test } in &self.numbers {
                match number {
                    Some(number) => {
                        answers.note_always(*test, (*low <= number) & (number <= *high))
                    }
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
        for test in &self.texts {
            answers.note_always(*test, false);
        }
        let is_list = found.is_list();
        found.visit(&mut |one| {
            if let One::Text(text) = one
                && let Some(number) = words.number(text, cx.folds)
            {
                let from = self.words.partition_point(|asked| asked.word < number);
                let asked = self.words.get(from..).unwrap_or(&[]).iter();
                for asked in asked.take_while(|asked| asked.word == number) {
                    if is_list || !asked.listed {
                        answers.note_always(asked.test, true);
                    }
                }
            }
            ControlFlow::Continue(())
        });
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

/// Whether it passes, where time alone does not change it.
fn fixed(verdict: Verdict) -> Option<bool> {
    (verdict == Verdict::fixed(verdict.matches)).then_some(verdict.matches)
}
