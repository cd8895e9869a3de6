//! Operands: what stands in `value`.

use rapport_types::{Decimal, Span, decimal};
use serde_json::{Map, Value};

use super::{Parser, kind};
use crate::moment::When;
use crate::operator::Operator;
use crate::place::{Circle, Place};
use crate::rule::{Scalar, Test};
use crate::text::Text;

/// The most values in a list to compare with.
const MOST_VALUES: usize = 1_000;

/// The longest way around to an anniversary, in days.
const MOST_DAYS: i64 = 366;

impl Parser {
    /// Reads the operand that `operator` needs.
    pub(super) fn test(
        &mut self,
        operator: Operator,
        members: &Map<String, Value>,
        at: &str,
    ) -> Option<Test> {
        let compares_text = matches!(
            operator,
            Operator::Eq
                | Operator::In
                | Operator::Lt
                | Operator::Lte
                | Operator::Gt
                | Operator::Gte
                | Operator::Between
                | Operator::Contains
                | Operator::StartsWith
                | Operator::EndsWith
                | Operator::ContainsAny
                | Operator::ContainsAll
        );
        let alone = matches!(operator, Operator::Exists | Operator::NotEmpty);
        let known: &[&str] = match (alone, compares_text) {
            (true, _) => &["field", "is"],
            (false, true) => &["field", "is", "value", "exact"],
            (false, false) => &["field", "is", "value"],
        };
        self.only(members, known, at);
        if alone {
            return Some(match operator {
                Operator::NotEmpty => Test::NotEmpty,
                _ => Test::Exists,
            });
        }
        let exact = match members.get("exact") {
            None => false,
            Some(Value::Bool(exact)) => *exact,
            Some(other) => {
                let detail = format!("\"exact\" is true or false, not {}", kind(other));
                return self.wrong(format!("{at}/exact"), "wrong_type", detail);
            }
        };
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
            Operator::In => Test::In(self.scalars(value, at, exact)?),
            Operator::ContainsAny => Test::ContainsAny(self.scalars(value, at, exact)?),
            Operator::ContainsAll => Test::ContainsAll(self.scalars(value, at, exact)?),
            Operator::Contains => Test::Contains(self.part(value, at, exact)?),
            Operator::StartsWith => Test::StartsWith(self.part(value, at, exact)?),
            Operator::EndsWith => Test::EndsWith(self.part(value, at, exact)?),
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
            // They were answered before their operands were looked at.
            Operator::Exists | Operator::NotEmpty | Operator::Matches => return None,
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

    fn scalars(&mut self, value: &Value, at: &str, exact: bool) -> Option<Vec<Scalar>> {
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
        Some(scalars)
    }

    fn part(&mut self, value: &Value, at: &str, exact: bool) -> Option<Text> {
        match value {
            Value::String(text) if text.is_empty() => self.wrong(
                at,
                "empty",
                "every text contains the empty text; say what to look for",
            ),
            Value::String(text) => Some(Text::new(text, exact)),
            other => self.wrong(
                at,
                "wrong_type",
                format!("this operator takes text, not {}", kind(other)),
            ),
        }
    }

    fn when(&mut self, value: &Value, at: &str) -> Option<When> {
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
