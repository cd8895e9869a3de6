//! Rules as segments take them.

use rapport_rules::Rule;
use rapport_types::Violation;
use serde_json::Value;

/// Reads a rule, or says everything that is wrong with it. Pointers begin at the rule.
pub fn parse(json: &Value) -> Result<Rule, Vec<Violation>> {
    Rule::parse(json)
}
