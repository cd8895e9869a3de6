//! Clauses and values as people read them.

use std::ops::ControlFlow;

use rapport_types::{Decimal, Timestamp, decimal, sort};
use serde_json::{Map, Value};

use crate::behaviour;
use crate::drift;
use crate::evaluate::Context;
use crate::fact::FactValue;
use crate::found::{Found, Scope};
use crate::models;
use crate::rule::{Field, Node};
use crate::subject::Subject;

/// The words for what is made of other clauses.
const MADE_OF: [(&str, &str); 3] = [("all", "all of"), ("any", "any of"), ("not", "not")];

/// A clause in words.
pub(super) fn clause(json: &Value) -> String {
    let Some(members) = json.as_object() else {
        return json.to_string();
    };
    if let Some((_, words)) = MADE_OF.iter().find(|(name, _)| members.contains_key(*name)) {
        return (*words).to_owned();
    }
    let text = |name: &str| {
        members
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    for name in ["tag", "segment"] {
        if members.contains_key(name) {
            return format!("{name} {}", text(name));
        }
    }
    if members.contains_key("field") {
        let value = members.get("value").map(|value| format!(" {value}"));
        return format!(
            "{} {}{}",
            text("field"),
            text("is"),
            value.unwrap_or_default()
        );
    }
    if members.contains_key("sequence") {
        return format!("sequence{}", others(members, "sequence"));
    }
    for name in ["event", "each"] {
        if members.contains_key(name) {
            return format!("{name} {}{}", text(name), others(members, name));
        }
    }
    json.to_string()
}

/// What else a clause says.
fn others(members: &Map<String, Value>, but: &str) -> String {
    let others = members.iter().filter(|(name, _)| *name != but);
    others
        .map(|(name, value)| format!(", {name} {value}"))
        .collect()
}

/// What a clause that is not made of others found.
pub(super) fn value(node: &Node, subject: &dyn Subject, cx: Context<'_>) -> Option<Value> {
    match node {
        Node::Field(test) => field(&test.field, subject, cx),
        Node::Tags(test) => found(Found::Tags(subject, &test.held(subject, cx))),
        Node::Behaviour(test) => number(behaviour::measured(test, subject, cx)?),
        _ => None,
    }
}

fn field(field: &Field, subject: &dyn Subject, cx: Context<'_>) -> Option<Value> {
    match field {
        Field::Recency => Some(drift::days_since(subject.orders().last_at?, cx.now).into()),
        Field::Lifecycle => {
            let (stage, _) = subject.lifecycle_bounds().stage(&subject.orders(), cx.now);
            Some(stage.name().into())
        }
        Field::Fact(fact) => fact_value(subject.fact(*fact, cx.now).value?),
        Field::Balance(kind) => fact_value(subject.balance(kind, cx.now).value?),
        Field::Score(score) => number(score.score.as_ref()?.total(subject, cx).value),
        Field::Band(score) => {
            let score = score.score.as_ref()?;
            score.band(score.total(subject, cx).value).map(Value::from)
        }
        Field::Rfm(_) | Field::ValueGroup | Field::Lifetime(_) => {
            match models::value(field, subject, cx.now)? {
                models::Told::Number(value) => number(value),
                models::Told::Name(name) => Some(name.into()),
            }
        }
        stored => found(Scope::Subject(subject).find(stored)),
    }
}

fn fact_value(value: FactValue<'_>) -> Option<Value> {
    match value {
        FactValue::Text(text) => Some(text.into()),
        FactValue::Number(value) => number(value),
        FactValue::Moment(at) => Some(moment(at)),
    }
}

fn found(found: Found<'_>) -> Option<Value> {
    match found {
        Found::Absent => None,
        Found::Json(value) => Some(value.clone()),
        Found::Packed(value) => Some(value.to_value()),
        Found::Text(text) => Some(text.into()),
        Found::Number(value) => number(value),
        Found::Moment(at) => Some(moment(at)),
        Found::Tags(subject, more) => {
            let mut tags: Vec<String> = more.iter().map(|tag| (*tag).to_owned()).collect();
            subject.tags(&mut |tag| {
                tags.push(tag.to_owned());
                ControlFlow::Continue(())
            });
            sort::sort(&mut tags);
            tags.dedup();
            Some(tags.into())
        }
    }
}

/// A decimal as JSON has it.
pub(super) fn number(value: Decimal) -> Option<Value> {
    decimal::to_number(value).map(Value::Number)
}

fn moment(at: Timestamp) -> Value {
    at.to_string().into()
}
