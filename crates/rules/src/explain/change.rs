//! The least that would make a clause answer otherwise.
//!
//! Of a clause that is made of others, the fewest changes; changes of one value in two clauses count as two. Nothing is said of what
//! else a change would do: to lower a count below one bound may lower it below another.

use rapport_types::{Decimal, decimal};
use serde::Serialize;
use serde_json::Value;

use super::Clause;
use super::shown::number;
use crate::operator::opposite;
use crate::rule::{Behaviour, Node};
use crate::tally::Measure;

/// A change of one value that makes the clause at `pointer` answer otherwise.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// The clause.
    pub pointer: String,
    /// The field, event, tag or segment that has to change.
    pub what: String,
    /// What the clause found; `None` where nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Value>,
    /// The operator that has to hold: that of the clause where it fails, its opposite where it passes.
    pub is: String,
    /// With what value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// How much more it has to be (less, where negative). Of a number that must differ by more than something, that something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<Value>,
}

/// Of the ways to change one clause, that with the fewest changes.
pub(super) fn least(parts: &[Clause]) -> Option<Vec<Change>> {
    let ways = parts.iter().filter_map(|part| part.flip.as_ref());
    ways.min_by_key(|way| way.len()).cloned()
}

/// What changes every clause whose answer is `matches`; `None` where one cannot be.
pub(super) fn every(parts: &[Clause], matches: bool) -> Option<Vec<Change>> {
    let parts = parts.iter().filter(|part| part.matches == matches);
    let ways: Option<Vec<_>> = parts.map(|part| part.flip.clone()).collect();
    ways.map(|ways| ways.into_iter().flatten().collect())
}

/// What changes a clause that is made of no others.
pub(super) fn of(
    node: &Node,
    json: &Value,
    pointer: &str,
    matches: bool,
    value: Option<&Value>,
) -> Option<Change> {
    let text = |name: &str| Some(json.get(name)?.as_str()?.to_owned());
    let change = |what: String, is: String| Change {
        pointer: pointer.to_owned(),
        what,
        from: value.cloned(),
        is,
        value: None,
        by: None,
    };
    match node {
        Node::Field(_) | Node::Tags(_) => {
            if let Some(tag) = text("tag") {
                let is = if matches { "missing" } else { "exists" };
                return Some(change(format!("tag {tag}"), is.to_owned()));
            }
            let is = text("is")?;
            let operand = json.get("value");
            let by = distance(&is, operand, value);
            // Of a list some element passes, so another one may pass what this one does not.
            let is = match matches {
                false => is,
                true if value.is_some_and(Value::is_array) && by_order(&is) => format!("not {is}"),
                true => opposite(&is),
            };
            Some(Change {
                value: operand.cloned(),
                by,
                ..change(text("field")?, is)
            })
        }
        Node::Segment(_) => {
            let is = if matches { "left" } else { "entered" };
            Some(change(
                format!("segment {}", text("segment")?),
                is.to_owned(),
            ))
        }
        // Of the first or the last event another value, and of nothing an event that has one.
        Node::Behaviour(test) if matches!(test.measure, Measure::First(_) | Measure::Last(_)) => {
            let which = match &test.measure {
                Measure::First(_) => "first",
                _ => "last",
            };
            let (written, operand) = (text("is")?, json.get("value"));
            let is = match matches {
                true => opposite(&written),
                false => written,
            };
            Some(Change {
                value: operand.cloned(),
                ..change(
                    format!("{which} event {}, {}", test.event, text(which)?),
                    is,
                )
            })
        }
        Node::Behaviour(test) => bounds(test, matches, value).map(|(is, bound, by)| Change {
            value: number(bound),
            by: by.and_then(number),
            ..change(format!("event {}", test.event), is.to_owned())
        }),
        Node::Sequence(sequence) => {
            let steps: Vec<&str> = sequence.steps.iter().map(|step| &*step.event).collect();
            let is = if matches { "missing" } else { "exists" };
            Some(change(
                format!("sequence {}", steps.join(", ")),
                is.to_owned(),
            ))
        }
        Node::Each { .. } => {
            let is = if matches { "missing" } else { "exists" };
            let what = format!("an element of {} that passes", text("each")?);
            Some(change(what, is.to_owned()))
        }
        Node::All(_) | Node::Any(_) | Node::Not(_) => None,
    }
}

fn by_order(is: &str) -> bool {
    matches!(is, "lt" | "lte" | "gt" | "gte")
}

/// How far a number is from the one that it is compared with.
fn distance(is: &str, operand: Option<&Value>, value: Option<&Value>) -> Option<Value> {
    let read = |value: &Value| value.as_number().and_then(decimal::from_number);
    if !by_order(is) && !matches!(is, "eq" | "ne") {
        return None;
    }
    number(read(operand?)?.checked_sub(read(value?)?)?)
}

/// The bound that has to be passed: how, which, and how much more that is, where there is anything now.
fn bounds(
    test: &Behaviour,
    matches: bool,
    value: Option<&Value>,
) -> Option<(&'static str, Decimal, Option<Decimal>)> {
    let now = value
        .and_then(Value::as_number)
        .and_then(decimal::from_number);
    let (low, high) = (test.bounds.at_least, test.bounds.at_most);
    let Some(now) = now else {
        // The mean of nothing, or its least or greatest, fails whatever the bounds.
        let low = low.map(|low| ("at_least", low));
        let (is, bound) = low.or(high.map(|high| ("at_most", high)))?;
        return Some((is, bound, None));
    };
    // Of what is counted the least difference is one.
    let one = match test.measure {
        Measure::Count | Measure::Distinct(..) => Decimal::ONE,
        _ => Decimal::ZERO,
    };
    let by = |bound: Decimal| bound.checked_sub(now);
    if !matches {
        let low = low.filter(|low| now < *low).map(|low| ("at_least", low));
        let high = high
            .filter(|high| now > *high)
            .map(|high| ("at_most", high));
        let (is, bound) = low.or(high)?;
        return Some((is, bound, by(bound)));
    }
    // Fewer than none cannot be.
    let fewer = low.filter(|low| *low > Decimal::ZERO);
    let fewer = fewer.and_then(|low| Some(("less_than", low, by(low)?.checked_sub(one)?)));
    let more = high.and_then(|high| Some(("more_than", high, by(high)?.checked_add(one)?)));
    let ways = fewer.into_iter().chain(more);
    let (is, bound, by) = ways.min_by_key(|(_, _, by)| by.abs())?;
    Some((is, bound, Some(by)))
}
