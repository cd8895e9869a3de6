//! One test per operator: Chinese text, numbers and decimals, days at their borders in several zones, lists, absence.

mod lists;
mod moments;
mod texts;
mod values;
mod zones;

use crate::common::passes;
use serde_json::Value;

/// Asserts each `(value, operand, result)` for the operator, and the opposite for its negative.
fn check(positive: &str, negative: Option<&str>, cases: Vec<(Value, Value, bool)>) {
    for (value, operand, expected) in cases {
        let case = format!("{value} {positive} {operand}");
        assert_eq!(
            passes(value.clone(), positive, operand.clone()),
            expected,
            "{case}"
        );
        if let Some(negative) = negative {
            assert_eq!(
                passes(value, negative, operand),
                !expected,
                "{negative}: {case}"
            );
        }
    }
}
