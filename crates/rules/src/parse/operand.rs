//! Operands: what stands in `value`.

use std::sync::Arc;

use rapport_types::{Decimal, Span, decimal};
use serde_json::{Map, Value};

use super::{Parser, kind};
use crate::moment::When;
use crate::operator::{Operator, Takes};
use crate::pattern::{MOST_OF_A_RULE, Malformed, Pattern};
use crate::place::{Circle, Place};
use crate::rule::{Scalar, Test};
use crate::text::{Inside, Text};
use crate::values::Values;

/// The longest way around to an anniversary, in days.
pub(crate) const MOST_DAYS: i64 = 366;

impl Parser {
    /// Reads the operand that `operator` needs. Nothing else may stand there but what `known` names.
    pub(super) fn test(
        &mut self,
        operator: Operator,
        members: &Map<String, Value>,
        at: &str,
        known: &[&str],
    ) -> Option<Test> {
        let all: Vec<&str> = known
            .iter()
            .chain(Self::beside(operator))
            .copied()
            .collect();
        self.only(members, &all, at);
        self.value_of(operator, members, at)
    }

    /// The members that may stand beside an operator.
    pub(super) fn beside(operator: Operator) -> &'static [&'static str] {
        match operator.takes() {
            Takes::Nothing => &["is"],
            takes if takes.compares_text() => &["is", "value", "exact"],
            _ => &["is", "value"],
        }
    }

    /// Reads `value` and `exact`, whatever else stands there.
    pub(super) fn value_of(
        &mut self,
        operator: Operator,
        members: &Map<String, Value>,
        at: &str,
    ) -> Option<Test> {
        match operator {
            Operator::NotEmpty => return Some(Test::NotEmpty),
            Operator::Exists => return Some(Test::Exists),
            _ => {}
        }
        let exact = self.exact(members, at)?;
        let Some(value) = members.get("value") else {
            return self.wrong(
                at,
                "missing_field",
                "this operator needs \"value\", what to compare with",
            );
        };
        let pointer = format!("{at}/value");
        self.operand(operator, value, &pointer, exact)
    }

    /// Reads `exact`; false where it is not there.
    pub(super) fn exact(&mut self, members: &Map<String, Value>, at: &str) -> Option<bool> {
        match members.get("exact") {
            None => Some(false),
            Some(Value::Bool(exact)) => Some(*exact),
            Some(other) => {
                let detail = format!("\"exact\" is true or false, not {}", kind(other));
                self.wrong(format!("{at}/exact"), "wrong_type", detail)
            }
        }
    }

    fn operand(
        &mut self,
        operator: Operator,
        value: &Value,
        at: &str,
        exact: bool,
    ) -> Option<Test> {
        Some(match operator {
            Operator::Eq => Test::Eq(self.scalar(value, at, exact)?),
            Operator::Lt => Test::Less(self.ordered(value, at, exact)?),
            Operator::Lte => Test::LessOrEqual(self.ordered(value, at, exact)?),
            Operator::Gt => Test::Greater(self.ordered(value, at, exact)?),
            Operator::Gte => Test::GreaterOrEqual(self.ordered(value, at, exact)?),
            Operator::Between => return self.between(value, at, exact),
            Operator::In => Test::In(self.values(value, at, exact)?),
            Operator::ContainsAny => Test::ContainsAny(self.values(value, at, exact)?),
            Operator::ContainsAll => Test::ContainsAll(self.values(value, at, exact)?),
            Operator::Contains => Test::Contains(Inside::new(self.part(value, at)?, exact)),
            Operator::StartsWith => Test::StartsWith(Text::new(self.part(value, at)?, exact)),
            Operator::EndsWith => Test::EndsWith(Text::new(self.part(value, at)?, exact)),
            Operator::Before => Test::Before(self.when(value, at)?),
            Operator::After => Test::After(self.when(value, at)?),
            Operator::OnDay => match self.when(value, at)? {
                When::Moment(_) => {
                    let detail = "on_day takes a date without a time, such as \"2026-11-21\"";
                    return self.wrong(at, "invalid_value", detail);
                }
                day => Test::OnDay(day),
            },
            Operator::WithinLast => Test::WithinLast(self.span(value, at)?),
            Operator::OlderThan => Test::OlderThan(self.span(value, at)?),
            Operator::WithinNext => Test::WithinNext(self.span(value, at)?),
            Operator::Anniversary => Test::Anniversary(self.days(value, at)?),
            Operator::WithinDistance => Test::WithinDistance(self.circle(value, at)?),
            Operator::Matches => {
                let pattern = self.part(value, at)?;
                match Pattern::new(pattern, exact) {
                    Ok(pattern) => {
                        self.states = self.states.saturating_add(pattern.states());
                        if self.states > MOST_OF_A_RULE {
                            let detail = format!(
                                "the patterns of a rule have at most {MOST_OF_A_RULE} characters and classes together, once repetitions are written out; contains and starts_with cost less"
                            );
                            return self.wrong(at, "too_large", detail);
                        }
                        Test::Matches(Arc::new(pattern))
                    }
                    Err(Malformed(detail)) => return self.wrong(at, "invalid_pattern", detail),
                }
            }
            // They were answered before their operands were looked at.
            Operator::Exists | Operator::NotEmpty => return None,
        })
    }

    fn scalar(&mut self, value: &Value, at: &str, exact: bool) -> Option<Scalar> {
        match value {
            Value::Bool(truth) => Some(Scalar::Bool(*truth)),
            Value::Number(number) => match decimal::from_number(number) {
                Some(decimal) => Some(Scalar::Number(decimal)),
                None => self.wrong(at, "invalid_value", "a number has at most 28 digits"),
            },
            Value::String(text) => Some(Scalar::Text(Text::new(text, exact), When::parse(text))),
            Value::Null => self.wrong(at, "wrong_type", "null is absence: use \"missing\" or \"exists\""),
            Value::Array(_) => self.wrong(at, "wrong_type", "this operator takes one value; \"in\", \"contains_any\" and \"contains_all\" take a list"),
            Value::Object(_) => self.wrong(at, "wrong_type", "objects are not compared; name the member: \"traits.address.city\""),
        }
    }

    fn ordered(&mut self, value: &Value, at: &str, exact: bool) -> Option<Scalar> {
        match self.scalar(value, at, exact)? {
            Scalar::Bool(_) => self.wrong(
                at,
                "wrong_type",
                "order is between numbers, texts or moments, not true and false",
            ),
            scalar => Some(scalar),
        }
    }

    fn between(&mut self, value: &Value, at: &str, exact: bool) -> Option<Test> {
        let Some([low, high]) = value.as_array().map(Vec::as_slice) else {
            return self.wrong(
                at,
                "wrong_type",
                "between takes a list of two: the lowest and the highest value that pass",
            );
        };
        let low = self.ordered(low, &format!("{at}/0"), exact);
        let high = self.ordered(high, &format!("{at}/1"), exact);
        match (low?, high?) {
            (Scalar::Number(low), Scalar::Number(high)) if low > high => self.wrong(
                at,
                "invalid_value",
                format!("between takes the lower value first; {low} is more than {high}"),
            ),
            (low @ Scalar::Number(_), high @ Scalar::Number(_))
            | (low @ Scalar::Text(..), high @ Scalar::Text(..)) => Some(Test::Between(low, high)),
            _ => self.wrong(
                at,
                "wrong_type",
                "both ends of between are of the same type",
            ),
        }
    }

    fn values(&mut self, value: &Value, at: &str, exact: bool) -> Option<Values> {
        let Some(list) = value.as_array() else {
            return self.wrong(
                at,
                "wrong_type",
                format!("this operator takes a list, not {}", kind(value)),
            );
        };
        if list.is_empty() {
            return self.wrong(at, "empty", "the list has at least one value");
        }
        const MOST_VALUES: usize = Values::MOST;
        if list.len() > MOST_VALUES {
            return self.wrong(
                at,
                "too_many_values",
                format!("the list has at most {MOST_VALUES} values"),
            );
        }
        let mut scalars = Vec::with_capacity(list.len());
        for (index, value) in list.iter().enumerate() {
            scalars.extend(self.scalar(value, &format!("{at}/{index}"), exact));
        }
        Some(Values::new(scalars, exact))
    }

    fn part<'a>(&mut self, value: &'a Value, at: &str) -> Option<&'a str> {
        match value {
            Value::String(text) if text.is_empty() => self.wrong(
                at,
                "empty",
                "every text contains the empty text; say what to look for",
            ),
            Value::String(text) => Some(text),
            other => self.wrong(
                at,
                "wrong_type",
                format!("this operator takes text, not {}", kind(other)),
            ),
        }
    }

    /// Reads a moment or a day.
    pub(super) fn when(&mut self, value: &Value, at: &str) -> Option<When> {
        value.as_str().and_then(When::parse).or_else(|| {
            let detail = format!(
                "a moment is written 2026-11-21T08:30:00+08:00, a day 2026-11-21; not {value}"
            );
            self.wrong(at, "invalid_value", detail)
        })
    }

    /// Reads a duration such as `30d`.
    pub(super) fn span(&mut self, value: &Value, at: &str) -> Option<Span> {
        let Some(text) = value.as_str() else {
            return self.wrong(
                at,
                "invalid_duration",
                format!("a duration is text such as \"30d\", not {}", kind(value)),
            );
        };
        match Span::parse(text) {
            Ok(span) if span.millis() == 0 => self.wrong(
                at,
                "invalid_duration",
                "a duration of nothing would never match",
            ),
            Ok(span) => Some(span),
            Err(error) => self.wrong(at, "invalid_duration", error.to_string()),
        }
    }

    fn days(&mut self, value: &Value, at: &str) -> Option<i32> {
        const DAY_MILLIS: i64 = 86_400_000;
        let span = value.as_str().and_then(|text| Span::parse(text).ok());
        let days = span
            .filter(|span| span.millis().checked_rem(DAY_MILLIS) == Some(0))
            .and_then(|span| span.millis().checked_div(DAY_MILLIS))
            .filter(|days| *days <= MOST_DAYS)
            .and_then(|days| i32::try_from(days).ok());
        days.or_else(|| {
            let detail = format!("anniversary takes whole days up to {MOST_DAYS}d, such as \"7d\"; \"0d\" is today; not {value}");
            self.wrong(at, "invalid_duration", detail)
        })
    }

    fn circle(&mut self, value: &Value, at: &str) -> Option<Circle> {
        let Some(members) = value.as_object() else {
            return self.wrong(
                at,
                "wrong_type",
                "within_distance takes {\"lat\": 31.23, \"lon\": 121.47, \"km\": 5}",
            );
        };
        self.only(members, &["lat", "lon", "km"], at);
        let number = |name: &str| members.get(name).and_then(Value::as_f64);
        let Some(centre) = Place::read(value) else {
            return self.wrong(
                at,
                "invalid_value",
                "\"lat\" is a number from -90 to 90 and \"lon\" one from -180 to 180",
            );
        };
        match number("km") {
            Some(km) if km > 0.0 => Some(Circle { centre, km }),
            _ => self.wrong(
                format!("{at}/km"),
                "invalid_value",
                "\"km\" is a number above 0",
            ),
        }
    }

    /// Reads a number that bounds a count or a sum.
    pub(super) fn number(&mut self, value: &Value, at: &str) -> Option<Decimal> {
        match value {
            Value::Number(number) => match decimal::from_number(number) {
                Some(decimal) => Some(decimal),
                None => self.wrong(at, "invalid_value", "a number has at most 28 digits"),
            },
            other => self.wrong(
                at,
                "wrong_type",
                format!("this is a number, not {}", kind(other)),
            ),
        }
    }
}
