//! What is wrong with the conditions of a programme's rules, each with its place in the programme.

use rapport_loyalty::Program;
use rapport_types::Violation;

use super::happened::{event_rule, item_rule};
use crate::compiled::Compiled;
use crate::references::references;
use crate::rule;

/// Whether some rule of `program` names segments, so that the check must know which there are.
pub fn names_segments(program: &Program) -> bool {
    let conditions = program
        .rules
        .iter()
        .filter_map(|rule| rule.condition.as_ref());
    conditions
        .into_iter()
        .any(|json| !references(json).is_empty())
}

/// What is wrong with the conditions of `program`. Points and tiers are no facts here: what a customer held before is asked by `tiers`.
pub fn check(program: &Program, definitions: &Compiled) -> Vec<Violation> {
    let mut wrong = Vec::new();
    for (place, earning) in program.rules.iter().enumerate() {
        let mut say = |field: &str, found: Vec<Violation>| {
            let at = format!("/rules/{place}/{field}");
            wrong.extend(found.into_iter().map(|violation| violation.under(&at)));
        };
        if let Some(json) = &earning.condition {
            match rule::parse(json) {
                Err(found) => say("condition", found),
                Ok(_) => say("condition", unknown_segments(json, definitions)),
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

fn unknown_segments(json: &serde_json::Value, definitions: &Compiled) -> Vec<Violation> {
    let is_one = |id: &str| {
        let dynamic = definitions
            .segments
            .iter()
            .map(|segment| &segment.definition);
        dynamic
            .chain(&definitions.lists)
            .any(|known| known.id.as_str() == id)
    };
    let unknown = references(json)
        .into_iter()
        .filter(|(_, id)| !is_one(id.as_str()));
    unknown
        .map(|(place, id)| {
            let detail = format!("there is no segment {:?}", id.as_str());
            Violation::new(place, "unknown_segment", detail)
        })
        .collect()
}
