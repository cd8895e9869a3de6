//! Rules as segments take them: those whose facts can be known here.
//!
//! The language knows more than customers' documents say so far: points and feedback. A rule about those would be answered as if
//! nothing were known, which nobody who wrote it means; so it is refused.

use rapport_rules::Rule;
use rapport_types::{Violation, violation};
use serde_json::Value;

/// What fields begin with that are not known yet.
const UNKNOWN: [&str; 2] = ["loyalty.", "feedback."];

/// Reads a rule, or says everything that is wrong with it. Pointers begin at the rule.
pub fn parse(json: &Value) -> Result<Rule, Vec<Violation>> {
    let rule = Rule::parse(json)?;
    let mut wrong = Vec::new();
    look(json, "", &mut wrong);
    match wrong.is_empty() {
        true => Ok(rule),
        false => Err(wrong),
    }
}

fn look(part: &Value, at: &str, wrong: &mut Vec<Violation>) {
    match part {
        Value::Array(parts) => {
            for (place, part) in parts.iter().enumerate() {
                look(part, &format!("{at}/{place}"), wrong);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                let at = format!("{at}{}", violation::step(name));
                match (name.as_str(), member) {
                    ("field" | "each", Value::String(field)) => {
                        if UNKNOWN.iter().any(|unknown| field.starts_with(unknown)) {
                            let detail = format!("{field} is not known to segments yet");
                            wrong.push(Violation::new(at, "unsupported", detail));
                        }
                    }
                    // What a value says is no part of the rule.
                    ("value", _) => {}
                    (_, member) => look(member, &at, wrong),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_rule_about_what_is_not_known_is_refused_at_its_place() {
        let rule = json!({"all": [
            {"tag": "vip"},
            {"not": {"field": "loyalty.tier", "is": "eq", "value": "gold"}},
            {"field": "traits.field", "is": "eq", "value": "feedback.last_nps"},
            {"field": "scores.lead", "is": "gte", "value": 5},
        ]});
        let wrong = parse(&rule).unwrap_err();
        let wrong: Vec<_> = wrong
            .iter()
            .map(|one| (one.pointer.as_str(), one.code.as_ref()))
            .collect();
        assert_eq!(wrong, [("/all/1/not/field", "unsupported"),]);
        assert!(parse(&json!({"tag": "vip"})).is_ok());
    }
}
