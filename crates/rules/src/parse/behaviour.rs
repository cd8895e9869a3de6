//! Behaviour tests: which event, in which window, how often or how much.

use rapport_types::{Decimal, event};
use serde_json::{Map, Value};

use super::{About, Parser, Place, kind, listed};
use crate::rule::{Behaviour, FieldTest, Node, Path};
use crate::tally::{Bounds, Measure};
use crate::window::Window;

/// What can be made of the events, beside their number. The last two test one event, the others bound a number.
pub(crate) const MEASURES: [&str; 7] = ["sum", "avg", "min", "max", "distinct", "first", "last"];
pub(crate) const BOUNDS: [&str; 3] = ["at_least", "at_most", "exactly"];
/// What may stand in every behaviour.
const COMMON: [&str; 5] = ["event", "where", "within", "from", "to"];

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
        let event = self.event_name(members.get("event")?, &format!("{at}/event"));
        let filter = self.filter(members, place);
        let window = self.window(members, at);
        let measured = self.measured(members, at);
        let (measure, bounds) = measured?;
        Some(Node::Behaviour(Box::new(Behaviour {
            event: event?,
            filter: filter?.map(Box::new),
            window: window?,
            measure,
            bounds,
        })))
    }

    /// Reads `where`, a rule about the event.
    pub(super) fn filter(
        &mut self,
        members: &Map<String, Value>,
        place: Place<'_>,
    ) -> Option<Option<Node>> {
        match members.get("where") {
            None => Some(None),
            Some(json) => self.below(json, "/where", place, About::Event).map(Some),
        }
    }

    /// Reads `within`, `from` and `to`.
    pub(super) fn window(&mut self, members: &Map<String, Value>, at: &str) -> Option<Window> {
        let within = match members.get("within") {
            None => Some(None),
            Some(json) => self.span(json, &format!("{at}/within")).map(Some),
        };
        let mut end = |name: &str| match members.get(name) {
            None => Some(None),
            Some(json) => self.when(json, &format!("{at}/{name}")).map(Some),
        };
        let (from, to) = (end("from"), end("to"));
        let window = Window {
            within: within?,
            from: from?,
            to: to?,
        };
        if window.is_empty() {
            let detail = "nothing happens from a moment until one that is not later";
            return self.wrong(format!("{at}/to"), "invalid_value", detail);
        }
        Some(window)
    }

    pub(super) fn event_name(&mut self, json: &Value, at: &str) -> Option<Box<str>> {
        let Some(text) = json.as_str() else {
            let detail = format!("an event is named by text, not {}", kind(json));
            return self.wrong(at, "wrong_type", detail);
        };
        let name = event::name(text);
        if name.is_empty() {
            let detail = "an event has a name, such as \"order_completed\"";
            return self.wrong(at, "empty", detail);
        }
        Some(name.into_boxed_str())
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
        if members.contains_key("count") {
            let detail =
                format!("one test asks for \"count\" or \"{name}\"; join two with \"all\"");
            return self.wrong(format!("{at}/count"), "ambiguous", detail);
        }
        let mut known = COMMON.to_vec();
        known.push(name);
        if matches!(name, "first" | "last") {
            let test = Box::new(self.event_test(members, name, at, &known)?);
            let measure = match name {
                "first" => Measure::First(test),
                _ => Measure::Last(test),
            };
            return Some((measure, Bounds::default()));
        }
        known.extend(BOUNDS);
        if name == "distinct" {
            known.push("exact");
        }
        self.only(members, &known, at);
        let path = self.property(members.get(name)?, &format!("{at}/{name}"));
        let exact = self.exact(members, at);
        let bounds = match name {
            "distinct" => self.bounds(members, at, Self::whole),
            _ => self.bounds(members, at, |parser, json, at| parser.number(json, at)),
        };
        let (path, exact) = (path?, exact?);
        let measure = match name {
            "sum" => Measure::Sum(path),
            "avg" => Measure::Average(path),
            "min" => Measure::Minimum(path),
            "max" => Measure::Maximum(path),
            _ => Measure::Distinct(path, exact),
        };
        Some((measure, bounds?))
    }

    /// A test of one event: `first` or `last` names the field, and the operator stands beside it.
    fn event_test(
        &mut self,
        members: &Map<String, Value>,
        name: &str,
        at: &str,
        known: &[&str],
    ) -> Option<FieldTest> {
        let pointer = format!("{at}/{name}");
        let field = self.field_name(members.get(name)?, &pointer, About::Event);
        let (operator, negate) = self.operator(members, at)?;
        let test = self.test(operator, members, at, known);
        let (field, test) = (field?, test?);
        self.fits(&field, operator, members, at, name)?;
        Some(FieldTest::new(field, test, negate))
    }

    fn counted(&mut self, members: &Map<String, Value>, at: &str) -> Option<(Measure, Bounds)> {
        if let Some(bound) = BOUNDS.iter().find(|bound| members.contains_key(**bound)) {
            let detail = format!(
                "\"{bound}\" stands in \"count\": {{\"count\": {{\"{bound}\": 3}}}}, or beside one of {}",
                listed(MEASURES.get(..5).unwrap_or(&MEASURES))
            );
            return self.wrong(format!("{at}/{bound}"), "unknown_field", detail);
        }
        let mut known = COMMON.to_vec();
        known.push("count");
        known.extend(MEASURES);
        self.only(members, &known, at);
        let at = format!("{at}/count");
        let Some(count) = members.get("count") else {
            let bounds = Bounds::new(Some(Decimal::ONE), None);
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
        let bounds = self.bounds(members, &at, Self::whole);
        Some((Measure::Count, bounds?))
    }

    /// A number of things.
    fn whole(&mut self, json: &Value, at: &str) -> Option<Decimal> {
        match json.as_u64() {
            Some(count) => Some(Decimal::from(count)),
            None => self.wrong(
                at,
                "invalid_value",
                format!("a count is a whole number from 0, not {json}"),
            ),
        }
    }

    /// `properties.total`.
    fn property(&mut self, json: &Value, at: &str) -> Option<Path> {
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
                _ => Some(Bounds::new(at_least, at_most)),
            },
            [None, None, exactly] => Some(Bounds::new(exactly, exactly)),
            _ => {
                let detail = "\"exactly\" stands alone, without \"at_least\" and \"at_most\"";
                self.wrong(at, "ambiguous", detail)
            }
        }
    }
}
