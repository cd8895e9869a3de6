//! Adding up what behaviour tests count.

use rapport_types::Decimal;
use serde_json::{Map, Value};

use crate::found::look;
use crate::number;

/// What is made of the events that count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Measure {
    /// How many there are.
    Count,
    /// The sum of a property; 0 of nothing.
    Sum(Vec<String>),
    /// The mean of a property; nothing of nothing.
    Average(Vec<String>),
    /// The least of a property; nothing of nothing.
    Minimum(Vec<String>),
    /// The greatest of a property; nothing of nothing.
    Maximum(Vec<String>),
}

impl Measure {
    /// What an event adds: nothing where a property that is no number is asked for.
    pub(crate) fn of(&self, properties: &Map<String, Value>) -> Option<Decimal> {
        match self {
            Self::Count => Some(Decimal::ZERO),
            Self::Sum(path) | Self::Average(path) | Self::Minimum(path) | Self::Maximum(path) => {
                match look(properties, path)? {
                    Value::Number(number) => number::of(number),
                    _ => None,
                }
            }
        }
    }
}

/// The values that pass, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Bounds {
    pub(crate) at_least: Option<Decimal>,
    pub(crate) at_most: Option<Decimal>,
}

impl Bounds {
    /// Whether `value` is within.
    pub(crate) fn hold(&self, value: Decimal) -> bool {
        self.at_least.is_none_or(|least| value >= least)
            && self.at_most.is_none_or(|most| value <= most)
    }
}

/// What was added up so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    count: u64,
    sum: Decimal,
    least: Option<Decimal>,
    greatest: Option<Decimal>,
}

impl Tally {
    /// Adds `times` events of which each adds `value`.
    pub(crate) fn add(&mut self, times: u64, value: Decimal) {
        self.count = self.count.saturating_add(times);
        // Only counts are added more than one at a time, and their value is 0.
        self.sum = self.sum.saturating_add(value);
        self.least = Some(self.least.map_or(value, |least| least.min(value)));
        self.greatest = Some(self.greatest.map_or(value, |greatest| greatest.max(value)));
    }

    /// Whether what `measure` makes of it is within `bounds`. Nothing is within no bounds.
    pub(crate) fn passes(&self, measure: &Measure, bounds: &Bounds) -> bool {
        let value = match measure {
            Measure::Count => Some(Decimal::from(self.count)),
            Measure::Sum(_) => Some(self.sum),
            Measure::Average(_) => self.sum.checked_div(Decimal::from(self.count)),
            Measure::Minimum(_) => self.least,
            Measure::Maximum(_) => self.greatest,
        };
        value.is_some_and(|value| bounds.hold(value))
    }
}
