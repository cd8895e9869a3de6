//! Adding up what behaviour tests count.

use std::collections::BTreeMap;

use rapport_types::Decimal;
use rapport_types::properties::Shape;
use rust_decimal::prelude::ToPrimitive;

use crate::evaluate::Context;
use crate::field;
use crate::found::{One, Scope, look_up, packed};
use crate::number;
use crate::rule::{FieldTest, Path};
use crate::subject::EventRef;
use crate::text::fold;
use crate::verdict::Soonest;

/// What is made of the events that count.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Measure {
    /// How many there are.
    Count,
    /// The sum of a property; 0 of nothing.
    Sum(Path),
    /// The mean of a property; nothing of nothing.
    Average(Path),
    /// The least of a property; nothing of nothing.
    Minimum(Path),
    /// The greatest of a property; nothing of nothing.
    Maximum(Path),
    /// How many different values a property has; each element of a list is one. Text is compared exactly where true.
    Distinct(Path, bool),
    /// A test of the first event; nothing of nothing.
    First(Box<FieldTest>),
    /// A test of the last event; nothing of nothing.
    Last(Box<FieldTest>),
}

/// What one event adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Added {
    /// That it happened.
    Once,
    Number(Decimal),
    /// Values by the numbers that [`Reader`] gave them.
    Values(Vec<usize>),
    Answer(bool),
}

/// Reads what events add; it knows the values seen so far.
#[derive(Default)]
pub(crate) struct Reader(BTreeMap<Key, usize>);

/// A value that is told from others.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Bool(bool),
    Number(Decimal),
    Text(String),
}

impl Reader {
    /// What an event adds: nothing where a property that is no number is asked for. `until` is brought forward to the
    /// moment at which it may add something else.
    pub(crate) fn read(
        &mut self,
        measure: &Measure,
        event: EventRef<'_>,
        cx: Context<'_>,
        until: &mut Soonest,
    ) -> Option<Added> {
        match measure {
            Measure::Count => Some(Added::Once),
            Measure::Sum(path)
            | Measure::Average(path)
            | Measure::Minimum(path)
            | Measure::Maximum(path) => match look_up(event.properties, path)?.shape() {
                Shape::Number(number) => number::of(&number).map(Added::Number),
                _ => None,
            },
            Measure::Distinct(path, exact) => {
                let mut values = Vec::new();
                packed(look_up(event.properties, path)).visit(&mut |one| {
                    values.extend(self.number(one, *exact));
                    std::ops::ControlFlow::Continue(())
                });
                Some(Added::Values(values))
            }
            Measure::First(test) | Measure::Last(test) => {
                let verdict = field::verdict(test, Scope::Event(event), cx);
                until.bring(verdict.next());
                Some(Added::Answer(verdict.matches))
            }
        }
    }

    /// The number of a value; objects, and lists within lists, are none.
    fn number(&mut self, one: One<'_>, exact: bool) -> Option<usize> {
        let key = match one {
            One::Bool(truth) => Key::Bool(truth),
            One::Number(number) => Key::Number(number),
            One::Text(text) if exact => Key::Text(text.to_owned()),
            One::Text(text) => Key::Text(fold(text)),
            One::Moment(_) | One::Object(_) | One::Packed(_) | One::Other => return None,
        };
        let next = self.0.len();
        Some(*self.0.entry(key).or_insert(next))
    }
}

/// The values that pass, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Bounds {
    pub(crate) at_least: Option<Decimal>,
    pub(crate) at_most: Option<Decimal>,
    /// The same for whole numbers.
    whole: Option<(u64, u64)>,
}

impl Bounds {
    pub(crate) fn new(at_least: Option<Decimal>, at_most: Option<Decimal>) -> Self {
        let least = at_least.map_or(Some(0), |least| least.ceil().max(Decimal::ZERO).to_u64());
        let most = at_most.map_or(Some(u64::MAX), |most| most.floor().to_u64());
        Self {
            at_least,
            at_most,
            whole: least.zip(most),
        }
    }

    /// The whole numbers from one to another, both included, that are within.
    pub(crate) fn whole(&self) -> Option<(u64, u64)> {
        self.whole
    }

    /// Whether so many are within.
    fn hold_count(&self, count: u64) -> bool {
        match self.whole {
            Some((least, most)) => least <= count && count <= most,
            None => self.hold(Decimal::from(count)),
        }
    }

    /// Whether `value` is within.
    pub(crate) fn hold(&self, value: Decimal) -> bool {
        self.at_least.is_none_or(|least| value >= least)
            && self.at_most.is_none_or(|most| value <= most)
    }
}

/// What was added up so far, from the newest event to older ones.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    count: u64,
    sum: Decimal,
    least: Option<Decimal>,
    greatest: Option<Decimal>,
    /// The values seen, and how many they are.
    seen: Vec<bool>,
    distinct: u64,
    newest: Option<bool>,
    oldest: Option<bool>,
}

impl Tally {
    /// Adds `times` events of which each adds `added`.
    pub(crate) fn add(&mut self, times: u64, added: &Added) {
        self.count = self.count.saturating_add(times);
        match added {
            Added::Once => {}
            Added::Number(value) => {
                // Of several at a time it is what they come to together.
                self.sum = self.sum.saturating_add(*value);
                self.least = Some(self.least.map_or(*value, |least| least.min(*value)));
                self.greatest = Some(self.greatest.map_or(*value, |most| most.max(*value)));
            }
            Added::Values(values) => {
                for value in values {
                    if self.seen.len() <= *value {
                        self.seen.resize(value.saturating_add(1), false);
                    }
                    if let Some(seen) = self.seen.get_mut(*value) {
                        self.distinct = self.distinct.saturating_add(u64::from(!*seen));
                        *seen = true;
                    }
                }
            }
            Added::Answer(answer) => {
                self.newest.get_or_insert(*answer);
                self.oldest = Some(*answer);
            }
        }
    }

    /// Takes away what was added to a count or a sum.
    pub(crate) fn remove(&mut self, times: u64, added: &Added) {
        self.count = self.count.saturating_sub(times);
        if let Added::Number(value) = added {
            self.sum = self.sum.saturating_sub(*value);
        }
    }

    /// Whether what `measure` makes of it is within `bounds`. Nothing is within no bounds.
    pub(crate) fn passes(&self, measure: &Measure, bounds: &Bounds) -> bool {
        match measure {
            Measure::First(_) => self.oldest == Some(true),
            Measure::Last(_) => self.newest == Some(true),
            Measure::Count => bounds.hold_count(self.count),
            Measure::Distinct(..) => bounds.hold_count(self.distinct),
            measure => self.value(measure).is_some_and(|value| bounds.hold(value)),
        }
    }

    /// What `measure` makes of it; `None` of nothing.
    pub(crate) fn value(&self, measure: &Measure) -> Option<Decimal> {
        match measure {
            Measure::Count => Some(Decimal::from(self.count)),
            Measure::Distinct(..) => Some(Decimal::from(self.distinct)),
            Measure::Sum(_) => Some(self.sum),
            Measure::Average(_) => self.sum.checked_div(Decimal::from(self.count)),
            Measure::Minimum(_) => self.least,
            Measure::Maximum(_) => self.greatest,
            Measure::First(_) | Measure::Last(_) => None,
        }
    }

    /// Whether no older event can change the answer any more.
    pub(crate) fn decides(&self, measure: &Measure, bounds: &Bounds) -> bool {
        let count = match measure {
            Measure::Distinct(..) => self.distinct,
            _ => self.count,
        };
        let (grows, shrinks) = match measure {
            Measure::Count | Measure::Distinct(..) if bounds.whole.is_some() => {
                let (least, most) = bounds.whole.unwrap_or_default();
                return count > most || (count >= least && bounds.at_most.is_none());
            }
            Measure::Count | Measure::Distinct(..) | Measure::Maximum(_) => (true, false),
            Measure::Minimum(_) => (false, true),
            Measure::Last(_) => return self.newest.is_some(),
            Measure::Sum(_) | Measure::Average(_) | Measure::First(_) => (false, false),
        };
        let Some(value) = self.value(measure).filter(|_| grows || shrinks) else {
            return false;
        };
        let enough = bounds.at_least.is_none_or(|least| value >= least);
        let little = bounds.at_most.is_none_or(|most| value <= most);
        if grows {
            // It passes for good, or is too much for good.
            !little || (enough && bounds.at_most.is_none())
        } else {
            !enough || (little && bounds.at_least.is_none())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_grows_is_decided_once_it_is_enough() {
        let three = Bounds::new(Some(Decimal::from(3)), None);
        let mut tally = Tally::default();
        tally.add(2, &Added::Once);
        assert!(!tally.decides(&Measure::Count, &three));
        tally.add(1, &Added::Once);
        assert!(tally.decides(&Measure::Count, &three));
        let sum = Measure::Sum(Path::default());
        assert!(!tally.decides(&sum, &three));
    }
}
