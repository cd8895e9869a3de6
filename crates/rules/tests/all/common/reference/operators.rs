//! What an operator asks of a value.

use std::cmp::Ordering;

use rapport_types::{Day, Span, Timestamp};
use serde_json::Value;

use super::{DAY, Seen, World, fold, number};

impl World<'_> {
    pub(super) fn test(&self, rule: &Value, seen: Option<Seen>) -> bool {
        let is = rule["is"].as_str().unwrap();
        let positive = match is {
            "ne" => "eq",
            "missing" => "exists",
            "is_empty" => "is_not_empty",
            "contains_none" => "contains_any",
            is => is.strip_prefix("not_").unwrap_or(is),
        };
        let answer = self.positive(positive, &rule["value"], rule["exact"] == true, seen);
        answer != (positive != is)
    }

    fn positive(&self, is: &str, operand: &Value, exact: bool, seen: Option<Seen>) -> bool {
        let Some(seen) = seen else {
            return false;
        };
        let elements: Vec<Seen> = match &seen {
            Seen::Json(Value::Array(list)) => list
                .iter()
                .filter(|one| !one.is_null())
                .cloned()
                .map(Seen::Json)
                .collect(),
            one => vec![one.clone()],
        };
        let is_list = matches!(seen, Seen::Json(Value::Array(_)));
        let same =
            |one: &Seen, other: &Value| self.order(one, other, exact) == Some(Ordering::Equal);
        let wanted = || operand.as_array().unwrap().iter();
        match is {
            "exists" => true,
            "is_not_empty" => match &seen {
                Seen::Json(Value::String(text)) => !text.is_empty(),
                Seen::Json(Value::Array(list)) => !list.is_empty(),
                Seen::Json(Value::Object(members)) => !members.is_empty(),
                _ => true,
            },
            "contains_any" => {
                is_list && wanted().any(|wanted| elements.iter().any(|one| same(one, wanted)))
            }
            "contains_all" => {
                is_list && wanted().all(|wanted| elements.iter().any(|one| same(one, wanted)))
            }
            "in" => elements
                .iter()
                .any(|one| wanted().any(|wanted| same(one, wanted))),
            is => elements.iter().any(|one| self.one(is, operand, exact, one)),
        }
    }

    fn one(&self, is: &str, operand: &Value, exact: bool, one: &Seen) -> bool {
        let order = |operand: &Value| self.order(one, operand, exact);
        let text = |value: &str| if exact { value.to_owned() } else { fold(value) };
        let said = match one {
            Seen::Json(Value::String(said)) => Some(text(said)),
            _ => None,
        };
        let part = |check: &dyn Fn(&str, &str) -> bool| {
            said.as_ref()
                .is_some_and(|said| check(said, &text(operand.as_str().unwrap())))
        };
        let stretch = match one {
            Seen::Moment(moment) => Some((*moment, *moment)),
            Seen::Json(Value::String(said)) => self.stretch(said),
            Seen::Json(_) => None,
        };
        let other = operand.as_str().and_then(|operand| self.stretch(operand));
        let span = operand
            .as_str()
            .and_then(|operand| Span::parse(operand).ok());
        let now = self.now;
        match is {
            "eq" => order(operand) == Some(Ordering::Equal),
            "lt" => order(operand) == Some(Ordering::Less),
            "lte" => order(operand).is_some_and(Ordering::is_le),
            "gt" => order(operand) == Some(Ordering::Greater),
            "gte" => order(operand).is_some_and(Ordering::is_ge),
            "between" => {
                order(&operand[0]).is_some_and(Ordering::is_ge)
                    && order(&operand[1]).is_some_and(Ordering::is_le)
            }
            "contains" => part(&|said, part| said.contains(part)),
            "starts_with" => part(&|said, part| said.starts_with(part)),
            "ends_with" => part(&|said, part| said.ends_with(part)),
            "matches" => said.is_some_and(|said| {
                let pattern = format!("^(?:{})$", operand.as_str().unwrap());
                regex::Regex::new(&pattern).unwrap().is_match(&said)
            }),
            "before" => stretch.is_some_and(|stretch| before(stretch, other.unwrap())),
            "after" => stretch.is_some_and(|stretch| before(other.unwrap(), stretch)),
            "on_day" => stretch.is_some_and(|(first, end)| {
                let day = Day::parse(operand.as_str().unwrap()).unwrap();
                self.zone.day_of(first) == day && (first == end || end == self.zone.end_of(day))
            }),
            // Some of it in (now - d, now], at or before now - d, in (now, now + d].
            "within_last" => {
                stretch.is_some_and(|(first, end)| first <= now && end.plus(span.unwrap()) > now)
            }
            "older_than" => stretch.is_some_and(|(_, end)| end.plus(span.unwrap()) <= now),
            "within_next" => {
                stretch.is_some_and(|(first, end)| first <= now.plus(span.unwrap()) && end > now)
            }
            "anniversary" => stretch.is_some_and(|(first, _)| {
                let (_, month, day) = self.zone.day_of(first).parts();
                let days = span.unwrap().millis() / DAY;
                let today = self.zone.day_of(now);
                (0..=days).any(|ahead| {
                    let (year, m, d) = today.plus_days(ahead as i32).unwrap().parts();
                    let leaps = Day::new(year, 2, 29).is_some();
                    (m, d) == (month, day)
                        || ((month, day) == (2, 29) && !leaps && (m, d) == (2, 28))
                })
            }),
            "within_distance" => {
                let Seen::Json(value) = one else {
                    return false;
                };
                let (Some(lat), Some(lon)) = (value["lat"].as_f64(), value["lon"].as_f64()) else {
                    return false;
                };
                // Along the chord through the globe, which is another way to the same distance.
                let at = |lat: f64, lon: f64| {
                    let (lat, lon) = (lat.to_radians(), lon.to_radians());
                    [lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()]
                };
                let (a, b) = (
                    at(lat, lon),
                    at(
                        operand["lat"].as_f64().unwrap(),
                        operand["lon"].as_f64().unwrap(),
                    ),
                );
                let chord = a
                    .iter()
                    .zip(b)
                    .map(|(a, b)| (a - b).powi(2))
                    .sum::<f64>()
                    .sqrt();
                2.0 * (chord / 2.0).min(1.0).asin() * 6_371.008_8 <= operand["km"].as_f64().unwrap()
            }
            is => panic!("{is}"),
        }
    }

    fn order(&self, one: &Seen, other: &Value, exact: bool) -> Option<Ordering> {
        let text = |value: &str| if exact { value.to_owned() } else { fold(value) };
        match (one, other) {
            (Seen::Json(Value::Number(_)), Value::Number(_)) => match one {
                Seen::Json(one) => Some(number(one)?.cmp(&number(other)?)),
                Seen::Moment(_) => None,
            },
            (Seen::Json(Value::Bool(one)), Value::Bool(other)) => Some(one.cmp(other)),
            (Seen::Json(Value::String(one)), Value::String(other)) => {
                Some(text(one).cmp(&text(other)))
            }
            (Seen::Moment(one), Value::String(other)) => {
                let (one, other) = ((*one, *one), self.stretch(other)?);
                Some(match (before(one, other), before(other, one)) {
                    (true, _) => Ordering::Less,
                    (_, true) => Ordering::Greater,
                    _ => Ordering::Equal,
                })
            }
            _ => None,
        }
    }

    pub(super) fn stretch(&self, text: &str) -> Option<(Timestamp, Timestamp)> {
        match Day::parse(text) {
            Some(day) => Some((self.zone.start_of(day), self.zone.end_of(day))),
            None => Timestamp::parse(text).ok().map(|moment| (moment, moment)),
        }
    }
}

/// All of one before all of the other.
fn before(one: (Timestamp, Timestamp), other: (Timestamp, Timestamp)) -> bool {
    one.1 <= other.0 && one.0 < other.0
}
