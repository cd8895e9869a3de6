//! Field tests: which operators suit which field, and what they take.

use serde_json::{Value, json};

use super::{object, reference};
use crate::fields::{FIELDS, Kind};
use crate::lifecycle::Stage;
use crate::operator::{OPERATORS, Takes};
use crate::pattern::MOST_CHARS;
use crate::values::Values;
use rapport_lifetime::Group;

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    Customer,
    Event,
    Element,
}

const KINDS: [Kind; 7] = [
    Kind::Any,
    Kind::Number,
    Kind::Text,
    Kind::Stage,
    Kind::Group,
    Kind::Moment,
    Kind::List,
];

const TAKES: [Takes; 12] = [
    Takes::Nothing,
    Takes::One,
    Takes::Ordered,
    Takes::Pair,
    Takes::List,
    Takes::Part,
    Takes::Pattern,
    Takes::When,
    Takes::Day,
    Takes::Span,
    Takes::Days,
    Takes::Circle,
];

impl Scope {
    /// The definition of its rules.
    pub(super) fn rule(self) -> &'static str {
        match self {
            Self::Customer => "rule",
            Self::Event => "event_rule",
            Self::Element => "element_rule",
        }
    }

    /// A regular expression of the fields that the shop names.
    fn free(self) -> &'static str {
        match self {
            Self::Customer => "^traits(\\.[^.]+)+$",
            Self::Event => "^properties(\\.[^.]+)+$",
            Self::Element => "^([^.]+(\\.[^.]+)*)?$",
        }
    }

    /// A regular expression of what may be a list.
    pub(super) fn list(self) -> &'static str {
        self.free()
    }

    /// The fields of that kind; `None` where there are none.
    fn fields(self, kind: Kind) -> Option<Value> {
        let mut any = Vec::new();
        if kind == Kind::Any {
            any.push(json!({"type": "string", "pattern": self.free()}));
        }
        if self == Self::Event && kind == Kind::Moment {
            any.push(json!({"const": "at"}));
        }
        if self == Self::Customer {
            let named: Vec<&str> = FIELDS
                .iter()
                .filter(|entry| entry.kind == kind)
                .map(|entry| entry.name)
                .collect();
            if !named.is_empty() {
                any.push(json!({"enum": named}));
            }
            let named_by_ids: &[&str] = match kind {
                Kind::Number => &[
                    "^scores\\.[A-Za-z0-9_-]{1,64}$",
                    "^loyalty\\.balances\\.[A-Za-z0-9_-]{1,64}$",
                ],
                Kind::Text => &["^scores\\.[A-Za-z0-9_-]{1,64}\\.band$"],
                _ => &[],
            };
            any.extend(
                named_by_ids
                    .iter()
                    .map(|pattern| json!({"type": "string", "pattern": pattern})),
            );
        }
        match any.as_slice() {
            [] => None,
            [one] => Some(one.clone()),
            several => Some(json!({"anyOf": several})),
        }
    }
}

/// Every test of a field of that scope: the field is named by `named`, and `members` and `optional` stand beside it.
pub(super) fn field_tests(
    scope: Scope,
    named: &str,
    members: &Value,
    optional: &Value,
) -> Vec<Value> {
    let mut tests = Vec::new();
    for kind in KINDS {
        let Some(field) = scope.fields(kind) else {
            continue;
        };
        for takes in TAKES {
            let operators: Vec<&str> = OPERATORS
                .iter()
                .filter(|(_, operator, _)| operator.takes() == takes && operator.suits(kind))
                .map(|(name, _, _)| *name)
                .collect();
            if operators.is_empty() {
                continue;
            }
            let mut members = members.clone();
            let mut optional = optional.clone();
            let (Some(all), Some(may)) = (members.as_object_mut(), optional.as_object_mut()) else {
                continue;
            };
            all.insert(named.to_owned(), field.clone());
            all.insert("is".to_owned(), json!({"enum": operators}));
            if let Some(value) = value(takes, kind) {
                all.insert("value".to_owned(), value);
            }
            if takes.compares_text() {
                may.insert("exact".to_owned(), json!({"type": "boolean"}));
            }
            let required: Vec<String> = all.keys().cloned().collect();
            let required: Vec<&str> = required.iter().map(String::as_str).collect();
            tests.push(object(&required, members, optional));
        }
    }
    tests
}

/// What stands in `value`.
fn value(takes: Takes, kind: Kind) -> Option<Value> {
    let text = json!({"type": "string"});
    let (scalar, ordered) = match kind {
        Kind::Any | Kind::List => (
            reference("scalar"),
            json!({"anyOf": [{"type": "string"}, {"$ref": "#/$defs/number"}]}),
        ),
        Kind::Number => (reference("number"), reference("number")),
        Kind::Text => (text.clone(), text.clone()),
        Kind::Moment => (reference("when"), reference("when")),
        Kind::Group => {
            let groups = json!({"enum": Group::ALL.map(|(_, _, names)| names.id)});
            (groups.clone(), groups)
        }
        Kind::Stage => {
            let stages = json!({"enum": Stage::ALL.map(|(_, name)| name)});
            (stages.clone(), stages)
        }
    };
    Some(match takes {
        Takes::Nothing => return None,
        Takes::One => scalar,
        Takes::Ordered => ordered,
        Takes::Pair => {
            let of =
                |one: Value| json!({"type": "array", "items": one, "minItems": 2, "maxItems": 2});
            match kind {
                Kind::Any | Kind::List => json!({"anyOf": [of(text), of(reference("number"))]}),
                _ => of(ordered),
            }
        }
        Takes::List => {
            json!({"type": "array", "items": scalar, "minItems": 1, "maxItems": Values::MOST})
        }
        Takes::Part => json!({"type": "string", "minLength": 1}),
        Takes::Pattern => json!({"type": "string", "minLength": 1, "maxLength": MOST_CHARS}),
        Takes::When => reference("when"),
        Takes::Day => reference("day"),
        Takes::Span => reference("duration"),
        Takes::Days => reference("days"),
        Takes::Circle => object(
            &["lat", "lon", "km"],
            json!({
                "lat": {"type": "number", "minimum": -90, "maximum": 90},
                "lon": {"type": "number", "minimum": -180, "maximum": 180},
                "km": {"type": "number", "exclusiveMinimum": 0},
            }),
            json!({}),
        ),
    })
}
