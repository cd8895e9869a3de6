//! JSON into a checked rule, or everything that is wrong with it.

mod behaviour;
mod field;
mod operand;
mod sequence;

#[cfg(feature = "schema")]
pub(crate) use behaviour::{BOUNDS, MEASURES};
use rapport_types::violation::{nearest, step};
use rapport_types::{Slug, Violation, sort};
use serde_json::{Map, Value};

use crate::reference::{SegmentReference, Target};
use crate::rule::{Field, FieldTest, Node, Rule, Scalar, Test};
use crate::text::Text;

/// Violations that are reported at once.
const MOST_VIOLATIONS: usize = 32;

/// What a rule part begins with; exactly one of these names it.
pub(crate) const HEADS: [&str; 9] = [
    "all", "any", "not", "field", "event", "tag", "each", "segment", "sequence",
];

/// What a rule part speaks about, which decides the fields it may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    Customer,
    Event,
    Element,
}

/// Where a part stands.
#[derive(Clone, Copy)]
struct Place<'a> {
    pointer: &'a str,
    depth: u32,
    about: About,
}

struct Parser {
    violations: Vec<Violation>,
    nodes: u32,
    /// Of all patterns together.
    states: usize,
}

/// Reads the whole of a rule.
pub(crate) fn rule(json: &Value) -> Result<Node, Vec<Violation>> {
    let mut parser = Parser {
        violations: Vec::new(),
        nodes: 0,
        states: 0,
    };
    let place = Place {
        pointer: "",
        depth: 1,
        about: About::Customer,
    };
    match parser.node(json, place) {
        Some(node) if parser.violations.is_empty() => Ok(node),
        _ => Err(parser.violations),
    }
}

impl Parser {
    /// Notes what is wrong and where. Answers `None`, so that a reader may end with it.
    fn wrong<T>(
        &mut self,
        pointer: impl Into<String>,
        code: &str,
        detail: impl Into<String>,
    ) -> Option<T> {
        if self.violations.len() < MOST_VIOLATIONS {
            self.violations.push(Violation::new(pointer, code, detail));
        }
        None
    }

    fn node(&mut self, json: &Value, place: Place<'_>) -> Option<Node> {
        let at = place.pointer;
        self.enter(place)?;
        let Some(members) = json.as_object() else {
            return self.wrong(at, "wrong_type", format!(
                "a rule is an object such as {{\"field\": \"traits.city\", \"is\": \"eq\", \"value\": \"上海\"}}, not {}",
                kind(json)
            ));
        };
        let mut heads = HEADS.iter().filter(|head| members.contains_key(**head));
        let (head, second) = (heads.next(), heads.next());
        if let (Some(head), Some(second)) = (head, second) {
            return self.wrong(at, "ambiguous", format!(
                "one part of a rule has either \"{head}\" or \"{second}\"; join two with \"all\" or \"any\""
            ));
        }
        match head.copied() {
            Some("all") => self.parts(members, "all", place).map(Node::All),
            Some("any") => self.parts(members, "any", place).map(Node::Any),
            Some("not") => {
                self.only(members, &["not"], at);
                let part = self.below(members.get("not")?, "/not", place, place.about)?;
                Some(Node::Not(Box::new(part)))
            }
            Some("field") => self.field(members, place),
            Some("event") => self.behaviour(members, place),
            Some("tag") => self.tag(members, place),
            Some("each") => self.each(members, place),
            Some("segment") => self.segment(members, place),
            Some("sequence") => self.sequence(members, place),
            _ => self.no_head(members, at),
        }
    }

    /// Counts a part, and refuses one too many or too deep.
    fn enter(&mut self, place: Place<'_>) -> Option<()> {
        let at = place.pointer;
        self.nodes = self.nodes.saturating_add(1);
        if self.nodes > Rule::MAX_NODES {
            // Said once, where it begins.
            if self.nodes == Rule::MAX_NODES.saturating_add(1) {
                let most = Rule::MAX_NODES;
                self.wrong::<()>(
                    at,
                    "too_many_nodes",
                    format!("a rule has at most {most} parts; this one is one too many"),
                );
            }
            return None;
        }
        if place.depth > Rule::MAX_DEPTH {
            let most = Rule::MAX_DEPTH;
            return self.wrong(
                at,
                "too_deep",
                format!("rules nest at most {most} deep; move this part further up"),
            );
        }
        Some(())
    }

    fn no_head(&mut self, members: &Map<String, Value>, at: &str) -> Option<Node> {
        let meant = members
            .keys()
            .find_map(|key| nearest(key, HEADS.iter().copied()).map(|head| (key, head)));
        match meant {
            Some((key, head)) => self.wrong(
                format!("{at}{}", step(key)),
                "unknown_field",
                format!("there is no {key:?} here; did you mean \"{head}\"?"),
            ),
            None => self.wrong(
                at,
                "missing_field",
                format!("a part of a rule has one of {}", listed(&HEADS)),
            ),
        }
    }

    /// A part one level further down, at `step` from here.
    fn below(&mut self, json: &Value, step: &str, place: Place<'_>, about: About) -> Option<Node> {
        let pointer = format!("{}{step}", place.pointer);
        self.node(
            json,
            Place {
                pointer: &pointer,
                depth: place.depth.saturating_add(1),
                about,
            },
        )
    }

    /// The parts of `all` and `any`, cheap ones first.
    fn parts(
        &mut self,
        members: &Map<String, Value>,
        head: &str,
        place: Place<'_>,
    ) -> Option<Box<[Node]>> {
        self.only(members, &[head], place.pointer);
        let json = members.get(head)?;
        let pointer = format!("{}/{head}", place.pointer);
        let Some(list) = json.as_array() else {
            return self.wrong(
                pointer,
                "wrong_type",
                format!("\"{head}\" is a list of rules, not {}", kind(json)),
            );
        };
        if list.is_empty() {
            return self.wrong(
                pointer,
                "empty",
                format!(
                    "\"{head}\" has at least one rule; an empty list would match {} by accident",
                    if head == "all" { "everyone" } else { "no one" }
                ),
            );
        }
        let mut parts = Vec::with_capacity(list.len().min(256));
        for (index, json) in list.iter().enumerate() {
            // After one too many, the rest is not looked at.
            if self.nodes > Rule::MAX_NODES {
                break;
            }
            parts.extend(self.below(json, &format!("/{head}/{index}"), place, place.about));
        }
        sort::by_key(&mut parts, Node::cost);
        Some(parts.into_boxed_slice())
    }

    /// `{"tag": "vip"}` is short for a test of `tags`.
    fn tag(&mut self, members: &Map<String, Value>, place: Place<'_>) -> Option<Node> {
        let tag = self.named(members, "tag", "only a customer has tags", place)?;
        Some(Node::Field(Box::new(FieldTest::new(
            Field::Tags,
            Test::Eq(Scalar::Text(Text::new(tag, false), None)),
            false,
        ))))
    }

    /// `{"segment": "gold"}`.
    fn segment(&mut self, members: &Map<String, Value>, place: Place<'_>) -> Option<Node> {
        let id = self.named(members, "segment", "only a customer is in a segment", place)?;
        match Slug::parse(id) {
            Ok(id) => Some(Node::Segment(Box::new(SegmentReference {
                id: id.as_str().into(),
                target: Target::Kept,
            }))),
            Err(error) => self.wrong(
                format!("{}/segment", place.pointer),
                "invalid_value",
                format!("a segment is named by its id: {error}"),
            ),
        }
    }

    /// The text beside `head`, which stands alone and is about a customer.
    fn named<'a>(
        &mut self,
        members: &'a Map<String, Value>,
        head: &str,
        whose: &str,
        place: Place<'_>,
    ) -> Option<&'a str> {
        let at = place.pointer;
        self.only(members, &[head], at);
        let pointer = format!("{at}/{head}");
        if place.about != About::Customer {
            return self.wrong(
                pointer,
                "misplaced",
                format!("{whose}; this part is about something else"),
            );
        }
        match members.get(head)? {
            Value::String(name) if !name.trim().is_empty() => Some(name),
            Value::String(_) => self.wrong(
                pointer,
                "empty",
                format!("a {head} has a name, such as \"vip\""),
            ),
            other => self.wrong(
                pointer,
                "wrong_type",
                format!("a {head} is text, not {}", kind(other)),
            ),
        }
    }

    fn each(&mut self, members: &Map<String, Value>, place: Place<'_>) -> Option<Node> {
        let at = place.pointer;
        self.only(members, &["each", "where"], at);
        let list = self.field_name(members.get("each")?, &format!("{at}/each"), place.about);
        if !matches!(
            list,
            None | Some(Field::Traits(_) | Field::Properties(_) | Field::Element(_))
        ) {
            return self.wrong(
                format!("{at}/each"),
                "unknown_fact",
                "\"each\" names a list such as \"traits.interests\"",
            );
        }
        let Some(json) = members.get("where") else {
            return self.wrong(
                at,
                "missing_field",
                "\"each\" needs \"where\", a rule about one element",
            );
        };
        let rule = self.below(json, "/where", place, About::Element)?;
        Some(Node::Each {
            list: Box::new(list?),
            rule: Box::new(rule),
        })
    }

    /// Refuses every key but those of `known`.
    fn only(&mut self, members: &Map<String, Value>, known: &[&str], at: &str) {
        for key in members.keys().filter(|key| !known.contains(&key.as_str())) {
            let meant = nearest(key, known.iter().copied())
                .map(|meant| format!("did you mean \"{meant}\"?"))
                .unwrap_or_else(|| format!("what may be here is {}", listed(known)));
            self.wrong::<()>(
                format!("{at}{}", step(key)),
                "unknown_field",
                format!("there is no {key:?} here; {meant}"),
            );
        }
    }
}

/// What a JSON value is, for people.
fn kind(json: &Value) -> &'static str {
    match json {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// `"a", "b", "c"`.
fn listed(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    quoted.join(", ")
}
