//! Behaviour tests: which event, in which window, how often or how much.

use rapport_types::{Decimal, event};
use serde_json::{Map, Value};

use super::{About, Parser, Place, kind, listed};
use crate::rule::{Behaviour, Node};
use crate::tally::{Bounds, Measure};

/// What can be made of the events, beside their number.
const MEASURES: [&str; 4] = ["sum", "avg", "min", "max"];
/// What is part of the language but not here yet.
const LATER: [&str; 3] = ["distinct", "first", "last"];
const BOUNDS: [&str; 3] = ["at_least", "at_most", "exactly"];

impl Parser {
    pub(super) fn behaviour(
        &mut self,
        members: &Map<String, Value>,
        place: Place<'_>,
    ) -> Option<Node> {
        let at = place.pointer;
        if place.about != About::Customer {
            let detail =
                "events belong to a customer; a \"where\" only looks at one event or element";
            return self.wrong(format!("{at}/event"), "misplaced", detail);
        }
        if let Some(later) = LATER.iter().find(|later| members.contains_key(**later)) {
            let detail = format!("\"{later}\" of events is not supported yet");
            return self.wrong(format!("{at}/{later}"), "unsupported", detail);
        }
        let event = self.event_name(members.get("event")?, &format!("{at}/event"));
        let filter = match members.get("where") {
            None => Some(None),
            Some(json) => self
                .below(json, "/where", place, About::Event)
                .map(|node| Some(Box::new(node))),
        };
        let within = match members.get("within") {
            None => Some(None),
            Some(json) => self.span(json, &format!("{at}/within")).map(Some),
        };
        let measured = self.measured(members, at);
        let (measure, bounds) = measured?;
        Some(Node::Behaviour(Behaviour {
            event: event?,
            filter: filter?,
            within: within?,
            measure,
            bounds,
        }))
    }

    fn event_name(&mut self, json: &Value, at: &str) -> Option<String> {
        let Some(text) = json.as_str() else {
            let detail = format!("an event is named by text, not {}", kind(json));
            return self.wrong(at, "wrong_type", detail);
        };
        let name = event::name(text);
        if name.is_empty() {
            let detail = "an event has a name, such as \"order_completed\"";
            return self.wrong(at, "empty", detail);
        }
        Some(name)
    }

    fn measured(&mut self, members: &Map<String, Value>, at: &str) -> Option<(Measure, Bounds)> {
        let mut named = MEASURES.iter().filter(|name| members.contains_key(**name));
        let (first, second) = (named.next().copied(), named.next());
        if let (Some(first), Some(second)) = (first, second) {
            let detail =
                format!("one test asks for \"{first}\" or \"{second}\"; join two with \"all\"");
            return self.wrong(at, "ambiguous", detail);
        }
        let Some(name) = first else {
            return self.counted(members, at);
        };
        let mut known = vec!["event", "where", "within", name];
        known.extend(BOUNDS);
        if members.contains_key("count") {
            let detail =
                format!("one test asks for \"count\" or \"{name}\"; join two with \"all\"");
            return self.wrong(format!("{at}/count"), "ambiguous", detail);
        }
        self.only(members, &known, at);
        let path = self.property(members.get(name)?, &format!("{at}/{name}"));
        let bounds = self.bounds(members, at, |parser, json, at| parser.number(json, at));
        let path = path?;
        let measure = match name {
            "sum" => Measure::Sum(path),
            "avg" => Measure::Average(path),
            "min" => Measure::Minimum(path),
            _ => Measure::Maximum(path),
        };
        Some((measure, bounds?))
    }

    fn counted(&mut self, members: &Map<String, Value>, at: &str) -> Option<(Measure, Bounds)> {
        if let Some(bound) = BOUNDS.iter().find(|bound| members.contains_key(**bound)) {
            let detail = format!(
                "\"{bound}\" stands in \"count\": {{\"count\": {{\"{bound}\": 3}}}}, or beside one of {}",
                listed(&MEASURES)
            );
            return self.wrong(format!("{at}/{bound}"), "unknown_field", detail);
        }
        self.only(
            members,
            &[
                "event", "where", "within", "count", "sum", "avg", "min", "max",
            ],
            at,
        );
        let at = format!("{at}/count");
        let Some(count) = members.get("count") else {
            let bounds = Bounds {
                at_least: Some(Decimal::ONE),
                at_most: None,
            };
            return Some((Measure::Count, bounds));
        };
        let Some(members) = count.as_object() else {
            let detail = format!(
                "a count is an object such as {{\"at_least\": 3}}, not {}",
                kind(count)
            );
            return self.wrong(at, "wrong_type", detail);
        };
        self.only(members, &BOUNDS, &at);
        let bounds = self.bounds(members, &at, |parser, json, at| match json.as_u64() {
            Some(count) => Some(Decimal::from(count)),
            None => parser.wrong(
                at,
                "invalid_value",
                format!("a count is a whole number from 0, not {json}"),
            ),
        });
        Some((Measure::Count, bounds?))
    }

    /// `properties.total`.
    fn property(&mut self, json: &Value, at: &str) -> Option<Vec<String>> {
        match json
            .as_str()
            .and_then(|name| name.strip_prefix("properties."))
        {
            Some(path) => self.path(path, at),
            None => {
                let detail = format!(
                    "what is added up is a property of the event, such as \"properties.total\", not {json}"
                );
                self.wrong(at, "unknown_fact", detail)
            }
        }
    }

    fn bounds(
        &mut self,
        members: &Map<String, Value>,
        at: &str,
        read: impl Fn(&mut Self, &Value, &str) -> Option<Decimal>,
    ) -> Option<Bounds> {
        let mut given = [None; 3];
        let mut bad = false;
        for (slot, name) in given.iter_mut().zip(BOUNDS) {
            if let Some(json) = members.get(name) {
                *slot = read(self, json, &format!("{at}/{name}"));
                bad |= slot.is_none();
            }
        }
        if bad {
            return None;
        }
        match given {
            [None, None, None] => {
                let detail = format!("say how much: {}", listed(&BOUNDS));
                self.wrong(at, "missing_field", detail)
            }
            [at_least, at_most, None] => match (at_least, at_most) {
                (Some(least), Some(most)) if least > most => {
                    let detail = format!("nothing is at least {least} and at most {most}");
                    self.wrong(at, "invalid_value", detail)
                }
                _ => Some(Bounds { at_least, at_most }),
            },
            [None, None, exactly] => Some(Bounds {
                at_least: exactly,
                at_most: exactly,
            }),
            _ => {
                let detail = "\"exactly\" stands alone, without \"at_least\" and \"at_most\"";
                self.wrong(at, "ambiguous", detail)
            }
        }
    }
}
