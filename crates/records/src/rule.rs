//! Rules as segments take them: those whose facts can be known here.
//!
//! The language knows scores, which nobody defines yet. A rule about those would be answered as if nothing were known, which nobody who
//! wrote it means; so it is refused.

use rapport_rules::Rule;
use rapport_types::{Violation, violation};
use serde_json::Value;

/// What fields begin with that are not known yet.
const UNKNOWN: [&str; 1] = ["scores."];

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
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_rule_about_what_is_not_known_is_refused_at_its_place() {
        let rule = json!({"all": [
            {"tag": "vip"},
            {"not": {"field": "scores.heat", "is": "gte", "value": 5}},
            {"field": "traits.field", "is": "eq", "value": "scores.lead"},
            {"field": "scores.lead", "is": "gte", "value": 5},
            {"field": "loyalty.tier", "is": "eq", "value": "gold"},
            {"field": "feedback.last_nps", "is": "lte", "value": 6},
        ]});
        let wrong = parse(&rule).unwrap_err();
        let wrong: Vec<_> = wrong
            .iter()
            .map(|one| (one.pointer.as_str(), one.code.as_ref()))
            .collect();
        assert_eq!(
            wrong,
            [
                ("/all/1/not/field", "unsupported"),
                ("/all/3/field", "unsupported")
            ]
        );
        assert!(parse(&json!({"tag": "vip"})).is_ok());
    }

    #[test]
    fn a_fact_that_there_is_not_is_answered_with_those_there_are() {
        for (field, others) in [
            ("loyalty.foo", "\"loyalty.tier\", \"loyalty.active\""),
            ("feedback.bar", "\"feedback.count\", \"feedback.last_nps\""),
        ] {
            let wrong = parse(&json!({"field": field, "is": "exists"})).unwrap_err();
            assert_eq!((wrong.len(), wrong[0].pointer.as_str()), (1, "/field"));
            assert_eq!(wrong[0].code, "unknown_fact");
            assert!(wrong[0].detail.contains(others), "{}", wrong[0].detail);
        }
    }
}
