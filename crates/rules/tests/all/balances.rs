//! `loyalty.balances.<kind>`: what can be spent of a kind of points, as the account says.

use crate::common;
use crate::common::{Shopper, at};
use rapport_rules::{Document, Rule};
use serde_json::{Value, json};

#[test]
fn a_balance_is_that_of_its_kind_and_holds_until_it_changes() {
    let shopper = Shopper::default()
        .known("loyalty.active", at("2026-01-01"), json!(7))
        .known("loyalty.balances.growth", at("2026-01-01"), json!(500))
        .known("loyalty.balances.growth", at("2026-12-05"), json!(300))
        .known("loyalty.balances.growth", at("2027-01-05"), json!(0))
        .known("loyalty.balances.stars", at("2026-01-01"), Value::Null);
    let test = |kind: &str, is: &str, value: Value| {
        let field = format!("loyalty.balances.{kind}");
        match value {
            Value::Null => json!({"field": field, "is": is}),
            value => json!({"field": field, "is": is, "value": value}),
        }
    };
    for (test, matches, next) in [
        // 500 is at least 400 until it is 300, at least 200 until it is 0, and at least 0 for ever.
        (test("growth", "gte", json!(400)), true, Some("2026-12-05")),
        (test("growth", "gte", json!(200)), true, Some("2027-01-05")),
        (test("growth", "gte", json!(0)), true, None),
        (
            test("growth", "not_in", json!([300, 7])),
            true,
            Some("2026-12-05"),
        ),
        // A kind that there is not is absent: it fails every positive test, and passes every negative one.
        (test("stars", "gte", json!(0)), false, None),
        (test("nowhere", "exists", Value::Null), false, None),
        (test("nowhere", "ne", json!(0)), true, None),
    ] {
        let outcome = common::ask(&shopper, test.clone(), "2026-11-21");
        assert_eq!(
            (outcome.matches, outcome.next_change_at),
            (matches, next.map(at)),
            "{test}"
        );
    }
}

#[test]
fn a_rule_about_a_balance_reads_the_account() {
    let rule = json!({"field": "loyalty.balances.growth", "is": "gte", "value": 1});
    let names = Rule::parse(&rule).unwrap().names();
    assert!(names.reads(Document::Account) && !names.reads(Document::Customer));
    assert!(names.fields.contains("loyalty.balances"));
}
