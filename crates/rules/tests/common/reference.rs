//! A second evaluator: plain, slow, and written from the documentation alone, directly on the JSON of a rule.
//!
//! It knows no next change and nothing of what is no longer kept; it answers one question about one moment.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use caseless::Caseless;
use icu_normalizer::ComposingNormalizerBorrowed;
use rapport_types::{Day, Decimal, Span, Timestamp, Zone};
use serde_json::{Map, Value};

use super::Shopper;

const DAY: i64 = 86_400_000;

/// What a rule is asked about.
pub struct World<'a> {
    pub shopper: &'a Shopper,
    pub zone: &'a Zone,
    /// Dynamic segments and scores, as JSON.
    pub segments: &'a BTreeMap<String, Value>,
    pub scores: &'a BTreeMap<String, Value>,
    pub now: Timestamp,
}

/// What the fields of a rule begin at.
#[derive(Clone, Copy)]
enum About<'a> {
    Customer,
    Event(Timestamp, &'a Map<String, Value>),
    Element(&'a Value),
}

/// One value: as JSON has it, or a moment.
#[derive(Clone)]
enum Seen {
    Json(Value),
    Moment(Timestamp),
}

impl World<'_> {
    pub fn holds(&self, rule: &Value) -> bool {
        self.part(rule, About::Customer)
    }

    fn part(&self, rule: &Value, about: About<'_>) -> bool {
        if let Some(parts) = rule.get("all") {
            return parts
                .as_array()
                .unwrap()
                .iter()
                .all(|part| self.part(part, about));
        }
        if let Some(parts) = rule.get("any") {
            return parts
                .as_array()
                .unwrap()
                .iter()
                .any(|part| self.part(part, about));
        }
        if let Some(part) = rule.get("not") {
            return !self.part(part, about);
        }
        if let Some(tag) = rule.get("tag") {
            return self
                .shopper
                .tags
                .iter()
                .any(|had| fold(had) == fold(tag.as_str().unwrap()));
        }
        if let Some(id) = rule.get("segment") {
            return match self.segments.get(id.as_str().unwrap()) {
                Some(rule) => self.holds(rule),
                None => self.shopper.put_in.iter().any(|put| put == id),
            };
        }
        if let Some(list) = rule.get("each") {
            return match self.find(list.as_str().unwrap(), about) {
                Some(Seen::Json(Value::Array(elements))) => elements.iter().any(|element| {
                    !element.is_null() && self.part(&rule["where"], About::Element(element))
                }),
                _ => false,
            };
        }
        if rule.get("event").is_some() {
            return self.behaviour(rule);
        }
        if let Some(steps) = rule.get("sequence") {
            return self.sequence(rule, steps.as_array().unwrap(), &mut Vec::new());
        }
        let seen = self.find(rule["field"].as_str().unwrap(), about);
        self.test(rule, seen)
    }

    fn find(&self, name: &str, about: About<'_>) -> Option<Seen> {
        let shopper = self.shopper;
        let seen = match about {
            About::Element(element) if name.is_empty() => Seen::Json(element.clone()),
            About::Element(element) => Seen::Json(at_path(element.as_object()?, name)?),
            About::Event(at, _) if name == "at" => Seen::Moment(at),
            About::Event(_, properties) => {
                Seen::Json(at_path(properties, name.strip_prefix("properties.")?)?)
            }
            About::Customer => match name {
                "tags" => Seen::Json(shopper.tags.clone().into()),
                "created_at" => Seen::Moment(shopper.created_at?),
                "rfm.recency_days" => {
                    let millis = self.now.millis() - shopper.orders.last_at?.millis();
                    Seen::Json((millis.max(0) / DAY).into())
                }
                "rfm.frequency" => Seen::Json(shopper.orders.count.into()),
                "rfm.monetary" => {
                    Seen::Json(serde_json::from_str(&shopper.orders.spend.to_string()).unwrap())
                }
                "lifecycle" => Seen::Json(self.stage().into()),
                name => match name.split_once('.') {
                    Some(("traits", path)) => Seen::Json(at_path(&shopper.traits, path)?),
                    Some(("scores", path)) => self.score(path)?,
                    _ => {
                        let (_, value) = shopper.fact_named(name, self.now);
                        match value? {
                            Value::String(text) if name.ends_with("_at") => {
                                Seen::Moment(Timestamp::parse(&text).unwrap())
                            }
                            value => Seen::Json(value),
                        }
                    }
                },
            },
        };
        match seen {
            Seen::Json(Value::Null) => None,
            seen => Some(seen),
        }
    }

    fn stage(&self) -> &'static str {
        let orders = &self.shopper.orders;
        let Some(last) = orders.last_at else {
            return "lead";
        };
        let days = (self.now.millis() - last.millis()).div_euclid(DAY);
        if days >= 365 {
            return "lost";
        }
        if days >= 180 {
            return "dormant";
        }
        if days >= 90 {
            return "at_risk";
        }
        match orders.previous_at {
            Some(previous) if last.millis() - previous.millis() >= 180 * DAY => "won_back",
            _ if orders.count >= 5 => "loyal",
            _ if orders.count > 1 => "repeat",
            _ => "first_time",
        }
    }

    fn score(&self, path: &str) -> Option<Seen> {
        let (id, band) = match path.split_once('.') {
            Some((id, _)) => (id, true),
            None => (path, false),
        };
        let score = self.scores.get(id)?;
        let mut sum = Decimal::ZERO;
        for clause in score["clauses"].as_array().unwrap() {
            if self.holds(&clause["when"]) {
                sum += number(&clause["points"]).unwrap();
            }
        }
        if !band {
            return Some(Seen::Json(serde_json::from_str(&sum.to_string()).unwrap()));
        }
        let mut best: Option<(Decimal, Value)> = None;
        for band in score["bands"].as_array().unwrap() {
            let least = number(&band["at_least"]).unwrap();
            if sum >= least && best.as_ref().is_none_or(|(other, _)| least > *other) {
                best = Some((least, band["id"].clone()));
            }
        }
        best.map(|(_, id)| Seen::Json(id))
    }

    fn test(&self, rule: &Value, seen: Option<Seen>) -> bool {
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

    fn stretch(&self, text: &str) -> Option<(Timestamp, Timestamp)> {
        match Day::parse(text) {
            Some(day) => Some((self.zone.start_of(day), self.zone.end_of(day))),
            None => Timestamp::parse(text).ok().map(|moment| (moment, moment)),
        }
    }

    /// Whether something that happened at `at` is in the window of `rule` now.
    fn in_window(&self, rule: &Value, at: Timestamp) -> bool {
        let edge = |name: &str| {
            rule.get(name)
                .map(|edge| self.stretch(edge.as_str().unwrap()).unwrap())
        };
        let within = rule
            .get("within")
            .map(|span| Span::parse(span.as_str().unwrap()).unwrap());
        at <= self.now
            && within.is_none_or(|within| at.plus(within) > self.now)
            && edge("from").is_none_or(|(first, _)| first <= at)
            && edge("to").is_none_or(|(_, end)| at < end)
    }

    fn passes_where(&self, rule: &Value, at: Timestamp, properties: &Map<String, Value>) -> bool {
        rule.get("where")
            .is_none_or(|part| self.part(part, About::Event(at, properties)))
    }

    fn behaviour(&self, rule: &Value) -> bool {
        let name = rule["event"].as_str().unwrap();
        // Newest first.
        let events: Vec<(Timestamp, &Map<String, Value>)> = self
            .shopper
            .events
            .iter()
            .filter(|(event, at, properties)| {
                event == name
                    && self.in_window(rule, *at)
                    && self.passes_where(rule, *at, properties)
            })
            .map(|(_, at, properties)| (*at, properties))
            .collect();
        for (named, event) in [("first", events.last()), ("last", events.first())] {
            if let Some(field) = rule.get(named) {
                return event.is_some_and(|(at, properties)| {
                    self.test(
                        rule,
                        self.find(field.as_str().unwrap(), About::Event(*at, properties)),
                    )
                });
            }
        }
        if let Some(field) = rule.get("distinct") {
            let mut values = BTreeSet::new();
            for (at, properties) in events {
                let seen = self.find(field.as_str().unwrap(), About::Event(at, properties));
                let list = match seen {
                    Some(Seen::Json(Value::Array(list))) => list,
                    Some(Seen::Json(one)) => vec![one],
                    _ => vec![],
                };
                for one in list {
                    values.extend(match &one {
                        Value::String(text) if rule["exact"] == true => Some(format!("t{text}")),
                        Value::String(text) => Some(format!("t{}", fold(text))),
                        Value::Bool(truth) => Some(format!("b{truth}")),
                        Value::Number(_) => number(&one).map(|one| format!("n{}", one.normalize())),
                        _ => None,
                    });
                }
            }
            return within_bounds(rule, Some(Decimal::from(values.len() as u64)));
        }
        for measure in ["sum", "avg", "min", "max"] {
            let Some(field) = rule.get(measure) else {
                continue;
            };
            let numbers: Vec<Decimal> = events
                .iter()
                .filter_map(|(at, properties)| {
                    match self.find(field.as_str().unwrap(), About::Event(*at, properties)) {
                        Some(Seen::Json(one)) => number(&one),
                        _ => None,
                    }
                })
                .collect();
            let sum: Decimal = numbers.iter().sum();
            return within_bounds(
                rule,
                match measure {
                    "sum" => Some(sum),
                    "avg" if numbers.is_empty() => None,
                    "avg" => Some(sum / Decimal::from(numbers.len() as u64)),
                    "min" => numbers.iter().min().copied(),
                    _ => numbers.iter().max().copied(),
                },
            );
        }
        let count = events.len() as u64;
        match rule.get("count") {
            None => count >= 1,
            Some(bounds) => within_bounds(bounds, Some(Decimal::from(count))),
        }
    }

    /// Every choice of events for the steps is tried.
    fn sequence(&self, rule: &Value, steps: &[Value], chosen: &mut Vec<usize>) -> bool {
        let events = &self.shopper.events;
        if chosen.len() == steps.len() {
            let at = |place: usize| events[chosen[place]].1;
            let lasts = rule
                .get("in")
                .map(|span| Span::parse(span.as_str().unwrap()).unwrap());
            return lasts.is_none_or(|lasts| at(steps.len() - 1) < at(0).plus(lasts));
        }
        let step = &steps[chosen.len()];
        for (index, (name, at, properties)) in events.iter().enumerate() {
            let follows = chosen.iter().all(|before| {
                let (other, earlier, _) = &events[*before];
                earlier <= at && (other != name || earlier < at)
            });
            if follows
                && step["event"] == **name
                && self.in_window(rule, *at)
                && self.passes_where(step, *at, properties)
            {
                chosen.push(index);
                let found = self.sequence(rule, steps, chosen);
                chosen.pop();
                if found {
                    return true;
                }
            }
        }
        false
    }
}

/// All of one before all of the other.
fn before(one: (Timestamp, Timestamp), other: (Timestamp, Timestamp)) -> bool {
    one.1 <= other.0 && one.0 < other.0
}

fn within_bounds(bounds: &Value, value: Option<Decimal>) -> bool {
    let bound = |name: &str| bounds.get(name).map(|bound| number(bound).unwrap());
    value.is_some_and(|value| {
        bound("at_least").is_none_or(|least| value >= least)
            && bound("at_most").is_none_or(|most| value <= most)
            && bound("exactly").is_none_or(|exactly| value == exactly)
    })
}

fn number(value: &Value) -> Option<Decimal> {
    let text = value.as_number()?.to_string();
    Decimal::from_str(&text)
        .or_else(|_| Decimal::from_scientific(&text))
        .ok()
}

fn at_path(members: &Map<String, Value>, path: &str) -> Option<Value> {
    match path.split_once('.') {
        None => members.get(path).cloned(),
        Some((first, rest)) => at_path(members.get(first)?.as_object()?, rest),
    }
}

fn fold(text: &str) -> String {
    const NFKC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfkc();
    let folded: String = NFKC.normalize(text).chars().default_case_fold().collect();
    NFKC.normalize(&folded).into_owned()
}
