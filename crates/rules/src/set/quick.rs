//! Shortcuts: what tests ask of a value in the form in which a slot has it.

use rapport_types::{Decimal, Span, sort};
use rust_decimal::prelude::ToPrimitive;

use super::words::Words;
use crate::held::Held;
use crate::moment::Stretch;
use crate::rule::{Behaviour, Field, FieldTest, Scalar, Test};
use crate::tally::Measure;
use crate::text::Text;

/// What a test asks of a value of the usual shape. A value of any other shape is asked as it is without a set.
#[derive(Debug)]
pub(super) enum Quick {
    /// There is no shortcut.
    None,
    /// Numbers from one to another, both included, in ten-thousandths.
    Number(i64, i64),
    /// Whole days from one to another, both included.
    Days(i64, i64),
    /// One of these texts, in order; only as an element of a list where `listed`.
    Words { any_of: Box<[u32]>, listed: bool },
    /// The time that it names is so near, or so long ago.
    Time(Near),
}

/// How near a time is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Near {
    WithinLast(Span),
    OlderThan(Span),
    WithinNext(Span),
}

impl Near {
    /// When `time` is so near.
    pub(super) fn held(self, time: Stretch) -> Held {
        match self {
            Self::WithinLast(span) => time.within_last(span),
            Self::OlderThan(span) => time.older_than(span),
            Self::WithinNext(span) => time.within_next(span),
        }
    }
}

impl Quick {
    pub(super) fn of(test: &FieldTest, words: &mut Words) -> Self {
        match &test.field {
            Field::Recency => {
                days(&test.test).map_or(Self::None, |(low, high)| Self::Days(low, high))
            }
            Field::Frequency | Field::Monetary => number(&test.test),
            Field::CreatedAt => time(&test.test),
            Field::Traits(_) | Field::Tags => match time(&test.test) {
                Self::None => match number(&test.test) {
                    Self::None => Self::texts(&test.test, words),
                    number => number,
                },
                time => time,
            },
            _ => Self::None,
        }
    }

    /// Of tests of texts.
    pub(super) fn texts(test: &Test, words: &mut Words) -> Self {
        let mut number = |text: &Text| text.folded().map(|text| words.add(text));
        let (any_of, listed) = match test {
            Test::Eq(Scalar::Text(text, _)) => (number(text).map(|number| vec![number]), false),
            Test::In(values) | Test::ContainsAny(values) => {
                let texts = values.only_texts();
                let numbers = texts.and_then(|texts| texts.iter().map(&mut number).collect());
                (numbers, matches!(test, Test::ContainsAny(_)))
            }
            _ => (None, false),
        };
        let Some(mut any_of): Option<Vec<u32>> = any_of else {
            return Self::None;
        };
        sort::sort(&mut any_of);
        Self::Words {
            any_of: any_of.into_boxed_slice(),
            listed,
        }
    }
}

fn time(test: &Test) -> Quick {
    match test {
        Test::WithinLast(span) => Quick::Time(Near::WithinLast(*span)),
        Test::OlderThan(span) => Quick::Time(Near::OlderThan(*span)),
        Test::WithinNext(span) => Quick::Time(Near::WithinNext(*span)),
        _ => Quick::None,
    }
}

fn number(test: &Test) -> Quick {
    between(test).map_or(Quick::None, |(low, high)| Quick::Number(low, high))
}

/// The ten-thousandths from `low` to `high`, both included, that pass; `None` where it is no test of that kind, or of numbers beyond.
fn between(test: &Test) -> Option<(i64, i64)> {
    let of = |scalar: &Scalar| match scalar {
        Scalar::Number(number) => ends(*number),
        _ => None,
    };
    Some(match test {
        Test::Eq(scalar) => of(scalar)?,
        Test::Less(scalar) => (i64::MIN, of(scalar)?.0.checked_sub(1)?),
        Test::LessOrEqual(scalar) => (i64::MIN, of(scalar)?.1),
        Test::Greater(scalar) => (of(scalar)?.1.checked_add(1)?, i64::MAX),
        Test::GreaterOrEqual(scalar) => (of(scalar)?.0, i64::MAX),
        Test::Between(low, high) => (of(low)?.0, of(high)?.1),
        _ => return None,
    })
}

/// The first number of ten-thousandths that is not less than `number`, and the last that is not more.
fn ends(number: Decimal) -> Option<(i64, i64)> {
    let exactly = number.checked_mul(Decimal::from(UNITS))?;
    Some((exactly.ceil().to_i64()?, exactly.floor().to_i64()?))
}

/// So many are 1.
const UNITS: i64 = 10_000;

/// `number` in ten-thousandths, where it is a whole number of them that is written with at most four places.
pub(super) fn units(number: Decimal) -> Option<i64> {
    let missing = 4_u32.checked_sub(number.scale())?;
    let digits = i64::try_from(number.mantissa()).ok()?;
    digits.checked_mul(10_i64.checked_pow(missing)?)
}

fn days(test: &Test) -> Option<(i64, i64)> {
    let (low, high) = between(test)?;
    // Up from the lower end, down from the upper.
    let low = low.checked_neg().map_or(i64::MIN, |low| {
        low.div_euclid(UNITS).checked_neg().unwrap_or(i64::MIN)
    });
    Some((low, high.div_euclid(UNITS)))
}

/// The counts that pass, or the sums in ten-thousandths, both ends included; `None` where there is no shortcut for such a test.
pub(super) fn amounts(test: &Behaviour) -> Option<(i64, i64)> {
    if test.window.from.is_some() || test.window.to.is_some() {
        return None;
    }
    match &test.measure {
        // How many there have ever been is kept.
        Measure::Count if test.window.within.is_none() && test.filter.is_none() => None,
        Measure::Count => {
            let (least, most) = test.bounds.whole()?;
            let clamp = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
            Some((clamp(least), clamp(most)))
        }
        Measure::Sum(_) => {
            let low = match test.bounds.at_least {
                Some(low) => ends(low)?.0,
                None => i64::MIN,
            };
            let high = match test.bounds.at_most {
                Some(high) => ends(high)?.1,
                None => i64::MAX,
            };
            Some((low, high))
        }
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn text(test: &str, number: &str) -> Option<(i64, i64)> {
        let number = Scalar::Number(number.parse().unwrap());
        let test = match test {
            "eq" => Test::Eq(number),
            "lt" => Test::Less(number),
            "lte" => Test::LessOrEqual(number),
            "gt" => Test::Greater(number),
            _ => Test::GreaterOrEqual(number),
        };
        days(&test)
    }

    #[test]
    fn days_are_whole_and_lie_within_what_is_asked() {
        for (test, number, whole) in [
            ("eq", "10", Some((10, 10))),
            ("eq", "10.5", Some((11, 10))),
            ("lt", "10", Some((i64::MIN, 9))),
            ("lt", "10.5", Some((i64::MIN, 10))),
            ("lte", "10", Some((i64::MIN, 10))),
            ("gt", "10", Some((11, i64::MAX / UNITS))),
            ("gt", "10.00001", Some((11, i64::MAX / UNITS))),
            ("gte", "-0.5", Some((0, i64::MAX / UNITS))),
            ("gte", "-1", Some((-1, i64::MAX / UNITS))),
            ("gte", "1e20", None),
        ] {
            let number = Decimal::from_scientific(number)
                .map_or_else(|_| number.to_owned(), |n| n.to_string());
            assert_eq!(text(test, &number), whole, "{test} {number}");
        }
    }
}
