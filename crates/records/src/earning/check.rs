//! What is wrong with the conditions of a programme's rules, each with its place in the programme.

use rapport_loyalty::Program;
use rapport_loyalty::earning::{EarningRule, When};
use rapport_rules::Rule;
use rapport_types::{Violation, violation};
use serde_json::Value;

use super::happened::{event_rule, item_rule};
use crate::accounts::stays::{LEADS_BACK, leads_back};
use crate::compiled::Compiled;
use crate::references::{self, Mentions};

/// Whether some rule of `program` names segments, so that the check must know which there are.
pub fn names_segments(program: &Program) -> bool {
    let names = |rule: &EarningRule| {
        let condition = rule.condition.as_ref();
        matches!(rule.when, When::SegmentEntered(_))
            || condition.is_some_and(|json| Mentions::of_rule(json).segments().next().is_some())
    };
    program.rules.iter().any(names) || program.asks_for_segments()
}

/// What is wrong with the conditions of `program`. Points and tiers are no facts here: what a customer held before is asked by `tiers`.
pub fn check(program: &Program, definitions: &Compiled) -> Vec<Violation> {
    let mut wrong = tiers(program, definitions);
    for (place, earning) in program.rules.iter().enumerate() {
        let mut say = |field: &str, found: Vec<Violation>| {
            let at = format!("/rules/{place}/{field}");
            wrong.extend(found.into_iter().map(|violation| violation.under(&at)));
        };
        if let When::SegmentEntered(id) = &earning.when
            && !definitions.is_segment(id)
        {
            let unknown = references::unknown_name("", "segment", id);
            say("when/segment_entered", vec![unknown]);
        }
        if let Some(json) = &earning.condition {
            match Rule::parse(json) {
                Err(found) => say("condition", found),
                Ok(_) => {
                    let mut asked = Vec::new();
                    elsewhere(json, "", &mut asked);
                    say("condition", asked);
                    say("condition", unknown_segments(json, definitions));
                }
            }
        }
        if let Some(Err(found)) = earning.of.as_ref().map(event_rule) {
            say("where", found);
        }
        if let Some(Err(found)) = earning.items.as_ref().map(item_rule) {
            say("items", found);
        }
    }
    wrong
}

/// What is wrong with the segments whose members hold tiers.
fn tiers(program: &Program, definitions: &Compiled) -> Vec<Violation> {
    let mut wrong = Vec::new();
    for (place, tier) in program.tiers.iter().enumerate() {
        let Some(id) = &tier.segment else { continue };
        let at = format!("/tiers/{place}/segment");
        if !definitions.is_segment(id) {
            wrong.push(references::unknown_name(&at, "segment", id));
        } else if leads_back(definitions, id) {
            wrong.push(Violation::new(at, "cycle", LEADS_BACK));
        }
    }
    wrong
}

/// What lives elsewhere than in the customer's document is not read here: to ask for it would be to ask in vain.
const ELSEWHERE: [&str; 3] = ["loyalty.", "feedback.", "scores."];

/// Every place of `part`, which stands at `at`, that asks for what lives elsewhere.
pub(crate) fn elsewhere(part: &Value, at: &str, wrong: &mut Vec<Violation>) {
    match part {
        Value::Array(parts) => {
            for (place, part) in parts.iter().enumerate() {
                elsewhere(part, &format!("{at}/{place}"), wrong);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                let at = format!("{at}{}", violation::step(name));
                match (name.as_str(), member) {
                    ("field" | "each", Value::String(field)) => {
                        if ELSEWHERE.iter().any(|begin| field.starts_with(begin)) {
                            let detail = "a condition is about the customer alone: no points, feedback or scores; \"tiers\" asks for the tier";
                            wrong.push(Violation::new(at, "unsupported", detail));
                        }
                    }
                    // What a value says is no part of the rule.
                    ("value", _) => {}
                    (_, member) => elsewhere(member, &at, wrong),
                }
            }
        }
        _ => {}
    }
}

/// Scores that there are not are asked for in vain as well, and said so already.
fn unknown_segments(json: &Value, definitions: &Compiled) -> Vec<Violation> {
    let mut unknown = references::unknown(json, definitions);
    unknown.retain(|violation| violation.code == "unknown_segment");
    unknown
}
