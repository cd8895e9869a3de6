//! Several values to compare with, sorted, so that a thousand cost hardly more than ten.

use rapport_types::{Decimal, Zone, sort};

use crate::found::One;
use crate::moment::When;
use crate::rule::Scalar;
use crate::text::{Folds, Said, Text};

/// Different values; texts among them are all compared exactly, or none is.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Values {
    exact: bool,
    texts: Box<[Text]>,
    numbers: Box<[Decimal]>,
    truths: Box<[bool]>,
    /// The moments and days that texts name, for fields that are moments by nature.
    whens: Box<[When]>,
}

impl Values {
    /// The most values in a list.
    pub(crate) const MOST: usize = 1_000;

    pub(crate) fn new(scalars: Vec<Scalar>, exact: bool) -> Self {
        let (mut texts, mut numbers, mut truths) = (Vec::new(), Vec::new(), Vec::new());
        let mut whens = Vec::new();
        for scalar in scalars {
            match scalar {
                Scalar::Bool(truth) => truths.push(truth),
                Scalar::Number(number) => numbers.push(number),
                Scalar::Text(text, when) => {
                    texts.push(text);
                    whens.extend(when);
                }
            }
        }
        Self {
            exact,
            texts: sorted(texts),
            numbers: sorted(numbers),
            truths: sorted(truths),
            whens: whens.into_boxed_slice(),
        }
    }

    /// The texts, where there is nothing else.
    pub(crate) fn only_texts(&self) -> Option<&[Text]> {
        (self.numbers.is_empty() && self.truths.is_empty()).then_some(&self.texts)
    }

    pub(crate) fn numbers(&self) -> &[Decimal] {
        &self.numbers
    }

    /// How many different values there are.
    fn len(&self) -> usize {
        self.texts
            .len()
            .saturating_add(self.numbers.len())
            .saturating_add(self.truths.len())
    }

    /// Which of the values `one` is, counted from 0.
    fn index(&self, one: One<'_>, folds: &Folds) -> Option<usize> {
        match one {
            One::Text(_) if self.texts.is_empty() => None,
            One::Text(text) => {
                if let Some(at) = self
                    .texts
                    .iter()
                    .take(8)
                    .position(|known| known.stands(text))
                {
                    return Some(at);
                }
                let said = Said::of(text, self.exact, folds);
                // How the value stands to the text is the other way round from what the search asks.
                self.texts
                    .binary_search_by(|text| text.order(&said).reverse())
                    .ok()
            }
            One::Number(number) => self
                .numbers
                .binary_search(&number)
                .ok()
                .map(|at| at.saturating_add(self.texts.len())),
            One::Bool(truth) => self.truths.binary_search(&truth).ok().map(|at| {
                at.saturating_add(self.texts.len())
                    .saturating_add(self.numbers.len())
            }),
            One::Moment(_) | One::Object(_) | One::Packed(_) | One::Other => None,
        }
    }

    /// Whether `one` is among the values.
    pub(crate) fn hold(&self, one: One<'_>, zone: &Zone, folds: &Folds) -> bool {
        match one {
            One::Moment(moment) => {
                let moment = When::Moment(moment).stretch(zone);
                self.whens
                    .iter()
                    .any(|when| moment.order(when.stretch(zone)).is_eq())
            }
            one => self.index(one, folds).is_some(),
        }
    }

    /// Notes which of the values `one` is.
    pub(crate) fn tick(&self, one: One<'_>, folds: &Folds, seen: &mut Seen) {
        if let Some(at) = self.index(one, folds) {
            let bit = 1_u64.checked_shl(u32::try_from(at % 64).unwrap_or(0));
            if let Some(word) = seen.0.get_mut(at / 64) {
                *word |= bit.unwrap_or(0);
            }
        }
    }

    /// Whether every value was noted.
    pub(crate) fn all(&self, seen: &Seen) -> bool {
        let noted: u32 = seen.0.iter().map(|word| word.count_ones()).sum();
        usize::try_from(noted).is_ok_and(|noted| noted == self.len())
    }
}

/// Which values have been seen.
#[derive(Default)]
pub(crate) struct Seen([u64; Values::MOST.div_ceil(64)]);

fn sorted<T: Ord>(mut values: Vec<T>) -> Box<[T]> {
    sort::sort(&mut values);
    values.dedup();
    values.into_boxed_slice()
}
