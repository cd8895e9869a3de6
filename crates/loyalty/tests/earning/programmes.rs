//! A programme's rules as they are stored, and what is wrong with some.

use rapport_loyalty::Program;
use rapport_types::Violation;

use crate::programme;
use crate::support::Bank;

#[test]
fn a_programme_of_before_and_an_account_of_before_mean_what_they_meant() {
    let mut bank = Bank::with(&programme(""));
    bank.program.as_mut().unwrap().tiers.clear();
    let outcome = bank.order("a", 2_999, "2026-01-10T02:00:00Z").unwrap();
    assert_eq!((outcome.answer.points, outcome.given.len()), (29, 0));
    let stored = serde_json::to_value(&bank.account).unwrap();
    assert!(stored.get("granted").is_none() && stored.get("given_before").is_none());
    let entry = serde_json::to_value(&bank.journal()[0]).unwrap();
    assert!(entry.get("given").is_none());
    let stored = serde_json::to_string(&bank.program).unwrap();
    for new in ["rules", "multipliers", "caps", "tier_policy"] {
        assert!(!stored.contains(new), "{stored}");
    }
}

#[test]
fn what_is_wrong_with_rules_is_named_with_its_place() {
    let json = programme(
        r#"{"id": "a", "name": "", "points": -1},
           {"id": "a", "name": "A"},
           {"id": "b", "name": "B", "multiplier": 2, "points": 1},
           {"id": "c", "name": "C", "per": {"amount": 0, "currency": "EUR"}, "points": 1},
           {"id": "d", "name": "D", "points": 1, "tiers": ["silver", "bronze"]},
           {"id": "e", "name": "E", "points": 1, "period": {"from": "2026-11-12", "until": "2026-11-11"}},
           {"id": "f", "name": "F", "points": 1, "caps": {}},
           {"id": "g", "name": "G", "points": 1, "caps": {"per_day": 50, "per_month": 40}},
           {"id": "h", "name": "H", "when": {"event": "Order Completed"}, "points": 1},
           {"id": "i", "name": "I", "when": "sign_up", "multiplier": 2, "where": {"field": "at", "is": "exists"}},
           {"id": "j", "name": "J", "per": {"amount": 1, "currency": "USD"}}"#,
    );
    let program: Program = serde_json::from_str(&json).unwrap();
    let wrong = program.check();
    let places: Vec<_> = wrong
        .iter()
        .map(|Violation { pointer, code, .. }| (pointer.as_str(), code.as_str()))
        .collect();
    let expected = [
        ("/rules/0/name", "out_of_range"),
        ("/rules/0/points", "out_of_range"),
        ("/rules/1/id", "duplicate"),
        ("/rules/1", "missing_field"),
        ("/rules/2/multiplier", "ambiguous"),
        ("/rules/3/per/amount", "out_of_range"),
        ("/rules/3/per/currency", "other_currency"),
        ("/rules/4/tiers/1", "unknown_tier"),
        ("/rules/5/period/until", "out_of_range"),
        ("/rules/6/caps", "missing_field"),
        ("/rules/7/caps/per_day", "out_of_range"),
        ("/rules/8/when/event", "invalid_value"),
        ("/rules/9/multiplier", "misplaced"),
        ("/rules/9/where", "misplaced"),
        ("/rules/10/points", "missing_field"),
    ];
    assert_eq!(places, expected);
}
