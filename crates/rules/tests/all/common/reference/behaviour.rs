//! What a rule asks of events: how many, how much, and in which order.

use std::collections::BTreeSet;

use rapport_types::{Decimal, Span, Timestamp};
use serde_json::{Map, Value};

use super::{About, Seen, World, fold, number};

impl World<'_> {
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

    pub(super) fn behaviour(&self, rule: &Value) -> bool {
        let name = rule["event"].as_str().unwrap();
        // Newest first.
        let events: Vec<(Timestamp, Map<String, Value>)> = self
            .shopper
            .events
            .iter()
            .map(|(event, at, properties)| (event, *at, properties.to_map()))
            .filter(|(event, at, properties)| {
                *event == name
                    && self.in_window(rule, *at)
                    && self.passes_where(rule, *at, properties)
            })
            .map(|(_, at, properties)| (at, properties))
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
                let seen = self.find(field.as_str().unwrap(), About::Event(at, &properties));
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
    pub(super) fn sequence(&self, rule: &Value, steps: &[Value], chosen: &mut Vec<usize>) -> bool {
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
                && self.passes_where(step, *at, &properties.to_map())
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

fn within_bounds(bounds: &Value, value: Option<Decimal>) -> bool {
    let bound = |name: &str| bounds.get(name).map(|bound| number(bound).unwrap());
    value.is_some_and(|value| {
        bound("at_least").is_none_or(|least| value >= least)
            && bound("at_most").is_none_or(|most| value <= most)
            && bound("exactly").is_none_or(|exactly| value == exactly)
    })
}
