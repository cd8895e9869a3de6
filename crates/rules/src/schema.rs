//! The language as a JSON Schema (draft 2020-12), made from the tables that the parser reads.
//!
//! It accepts every rule that the parser accepts. What a schema cannot say it lets pass: the most nodes and the
//! deepest nesting, days that the calendar does not have, a lowest value above the highest, what is wrong with a pattern.

mod field;

use serde_json::{Map, Value, json};

use crate::parse::{BOUNDS, HEADS, MEASURES};
use crate::sequence::Sequence;
use field::{Scope, field_tests};

/// The schema of a rule about a customer.
pub fn schema() -> Value {
    let rule = |scope| json!({"anyOf": parts(scope)});
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://rapport.example/rules.schema.json",
        "title": "Rule",
        "description": "A rule of a segment, of a survey's targeting or of earning. Everything it means is in rules.md.",
        "$ref": "#/$defs/rule",
        "$defs": {
            "rule": rule(Scope::Customer),
            "event_rule": rule(Scope::Event),
            "element_rule": rule(Scope::Element),
            "number": {"type": "number", "minimum": -7.9e28, "maximum": 7.9e28},
            "scalar": {"anyOf": [{"type": ["string", "boolean"]}, {"$ref": "#/$defs/number"}]},
            "duration": {
                "description": "A whole number and one of s, m, h, d, w; a day is 24 hours.",
                "type": "string",
                "pattern": "^0*[1-9][0-9]*[smhdw]$",
            },
            "days": {"description": "A duration of whole days.", "type": "string", "pattern": "^[0-9]+[smhdw]$"},
            "when": {
                "description": "A moment as in RFC 3339, or a day such as 2026-11-21.",
                "type": "string",
                "pattern": "^[0-9]{4}",
            },
            "day": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
            "event_name": {"type": "string", "pattern": "\\S"},
            "id": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
        }
    })
}

/// An object with those members and no others.
fn object(required: &[&str], members: Value, optional: Value) -> Value {
    let mut properties = match members {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    if let Value::Object(optional) = optional {
        properties.extend(optional);
    }
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{name}")})
}

/// Everything that a rule of that scope may be.
fn parts(scope: Scope) -> Vec<Value> {
    let rule = reference(scope.rule());
    let mut parts = Vec::new();
    for head in HEADS {
        match head {
            "all" | "any" => {
                let list = json!({"type": "array", "minItems": 1, "maxItems": 255, "items": rule});
                parts.push(object(&[head], json!({head: list}), json!({})));
            }
            "not" => parts.push(object(&[head], json!({head: rule}), json!({}))),
            "field" => parts.extend(field_tests(scope, "field", &json!({}), &json!({}))),
            "each" => parts.push(object(
                &[head, "where"],
                json!({head: {"type": "string", "pattern": scope.list()}, "where": reference("element_rule")}),
                json!({}),
            )),
            "tag" if scope == Scope::Customer => {
                let tag = json!({"type": "string", "pattern": "\\S"});
                parts.push(object(&[head], json!({head: tag}), json!({})));
            }
            "segment" if scope == Scope::Customer => {
                parts.push(object(&[head], json!({head: reference("id")}), json!({})));
            }
            "event" if scope == Scope::Customer => parts.extend(behaviours()),
            "sequence" if scope == Scope::Customer => parts.push(sequence()),
            _ => {}
        }
    }
    parts
}

/// What may stand in every behaviour, beside its event.
fn common() -> Value {
    let mut common = window();
    if let Some(members) = common.as_object_mut() {
        members.insert("where".to_owned(), reference("event_rule"));
    }
    common
}

fn window() -> Value {
    json!({"within": reference("duration"), "from": reference("when"), "to": reference("when")})
}

fn behaviours() -> Vec<Value> {
    let event = json!({"event": reference("event_name")});
    let whole = json!({"type": "integer", "minimum": 0});
    let mut counted = common();
    if let Some(members) = counted.as_object_mut() {
        members.insert(
            "count".to_owned(),
            json!({"anyOf": bounded(&[], &json!({}), &json!({}), &whole)}),
        );
    }
    let mut parts = vec![object(&["event"], event.clone(), counted)];
    for measure in MEASURES {
        if matches!(measure, "first" | "last") {
            parts.extend(field_tests(Scope::Event, measure, &event, &common()));
            continue;
        }
        let mut members = event.clone();
        let property = json!({"type": "string", "pattern": "^properties(\\.[^.]+)+$"});
        if let Some(members) = members.as_object_mut() {
            members.insert(measure.to_owned(), property);
        }
        let mut optional = common();
        let bound = match (measure, optional.as_object_mut()) {
            ("distinct", Some(optional)) => {
                optional.insert("exact".to_owned(), json!({"type": "boolean"}));
                whole.clone()
            }
            _ => reference("number"),
        };
        parts.extend(bounded(&["event", measure], &members, &optional, &bound));
    }
    parts
}

/// Objects with bounds: at least one of the first two, or the last alone.
fn bounded(required: &[&str], members: &Value, optional: &Value, bound: &Value) -> Vec<Value> {
    let [least, most, exactly] = BOUNDS;
    let with = |needed: &str, others: &[&str]| {
        let mut optional = optional.clone();
        if let Some(optional) = optional.as_object_mut() {
            for name in others.iter().chain([&needed]) {
                optional.insert((*name).to_owned(), bound.clone());
            }
        }
        let required: Vec<&str> = required.iter().copied().chain([needed]).collect();
        object(&required, members.clone(), optional)
    };
    vec![
        with(least, &[most]),
        with(most, &[least]),
        with(exactly, &[]),
    ]
}

fn sequence() -> Value {
    let step = object(
        &["event"],
        json!({"event": reference("event_name")}),
        json!({"where": reference("event_rule")}),
    );
    let mut optional = window();
    if let Some(optional) = optional.as_object_mut() {
        optional.insert("in".to_owned(), reference("duration"));
    }
    let steps =
        json!({"type": "array", "minItems": 2, "maxItems": Sequence::MOST_STEPS, "items": step});
    object(&["sequence"], json!({"sequence": steps}), optional)
}
