//! When points begin and end.

use rapport_loyalty::*;

use crate::support::{Bank, at};
use crate::{DELAYED, MONTHS, PLAIN};
use rapport_types::Timestamp;

#[test]
fn months_end_with_the_last_day_where_the_month_is_shorter() {
    let mut bank = Bank::with(MONTHS);
    // 31 January 2027, 10:00 in Shanghai, and a month: 28 February, to its end: 1 March 00:00 = 28 Feb 16:00 UTC.
    bank.earn("a", 10, "2027-01-31T02:00:00Z");
    assert_eq!(bank.balance("2027-02-28T15:59:59.999Z"), [10, 0, 0, 0, 10]);
    assert_eq!(bank.balance("2027-02-28T16:00:00Z"), [0, 0, 0, 10, 0]);
}

#[test]
fn a_leap_day_is_a_last_day_too() {
    let mut bank = Bank::with(MONTHS);
    // 31 January 2028 and a month: 29 February 2028, to its end.
    bank.earn("a", 10, "2028-01-31T02:00:00Z");
    assert_eq!(bank.balance("2028-02-29T15:59:59.999Z")[0], 10);
    assert_eq!(bank.balance("2028-02-29T16:00:00Z")[0], 0);
}

#[test]
fn the_day_is_that_of_the_shop() {
    let mut bank = Bank::with(MONTHS);
    // 10 January 23:59 and 11 January 00:00 in Shanghai: a day apart at the end.
    bank.earn("a", 1, "2026-01-10T15:59:59Z");
    bank.earn("b", 2, "2026-01-10T16:00:00Z");
    assert_eq!(bank.balance("2026-02-10T16:00:00Z"), [2, 0, 0, 1, 2]);
    assert_eq!(bank.balance("2026-02-11T16:00:00Z"), [0, 0, 0, 3, 0]);
}

#[test]
fn points_wait_for_their_activation_and_last_from_there() {
    let mut bank = Bank::with(DELAYED);
    // 1 January 08:00 Shanghai, active 8 January 08:00, valid 10 days: to the end of 18 January.
    bank.earn("a", 50, "2026-01-01T00:00:00Z");
    assert_eq!(bank.balance("2026-01-07T23:59:59.999Z"), [0, 50, 0, 0, 50]);
    let early = bank.spend("s", 1, "2026-01-07T23:59:59.999Z");
    assert_eq!(early.unwrap_err(), Rejection::Insufficient { balance: 0 });
    assert_eq!(bank.balance("2026-01-08T00:00:00Z"), [50, 0, 0, 0, 50]);
    bank.spend("s", 20, "2026-01-08T00:00:00Z").unwrap();
    assert_eq!(bank.balance("2026-01-18T15:59:59Z"), [30, 0, 20, 0, 30]);
    assert_eq!(bank.balance("2026-01-18T16:00:00Z"), [0, 0, 20, 30, 0]);
}

#[test]
fn a_settled_view_shows_what_a_commit_would_write() {
    let mut bank = Bank::with(MONTHS);
    bank.earn("a", 10, "2026-01-01T00:00:00Z");
    let view = settled(&bank.account, at("2026-03-01T00:00:00Z"));
    assert_eq!(view.journal.len(), 2);
    assert_eq!(view.journal.get(1).unwrap().unwrap().kind, Kind::Expire);
    assert_eq!(bank.account.journal.len(), 1);
}

/// A bank whose points last as `validity` says, in which one point was earned at `when`; and the last moment at which it
/// can be spent, found by looking.
fn last_moment(validity: &str, when: &str) -> String {
    let mut program: serde_json::Value = serde_json::from_str(PLAIN).unwrap();
    program["points"]["expires_after"] = serde_json::from_str(validity).unwrap();
    let mut bank = Bank::with(&program.to_string());
    bank.earn("a", 1, when);
    let end = bank.account.ledger.lots.first().map(|lot| lot.expires_at);
    let end = end.flatten().unwrap();
    let before = Timestamp::from_millis(end.millis() - 1);
    assert_eq!(bank.account.balance(before).active, 1, "{validity} {when}");
    assert_eq!(bank.account.balance(end).expired, 1, "{validity} {when}");
    before.to_string()
}

#[test]
fn points_last_to_the_end_of_their_month_quarter_or_year() {
    // The day ends at 16:00 UTC, midnight in Shanghai.
    for (validity, when, last) in [
        // 31 January 10:00 in Shanghai is still January; 16:00 UTC that day is 1 February there.
        (
            r#"{"end_of": {"period": "month"}}"#,
            "2027-01-31T02:00:00Z",
            "2027-01-31",
        ),
        (
            r#"{"end_of": {"period": "month"}}"#,
            "2027-01-31T16:00:00Z",
            "2027-02-28",
        ),
        (
            r#"{"end_of": {"period": "month"}}"#,
            "2028-02-01T02:00:00Z",
            "2028-02-29",
        ),
        (
            r#"{"end_of": {"period": "quarter"}}"#,
            "2027-01-31T02:00:00Z",
            "2027-03-31",
        ),
        (
            r#"{"end_of": {"period": "quarter"}}"#,
            "2027-12-31T15:59:59Z",
            "2027-12-31",
        ),
        // 16:00 UTC on 31 December is the new year in Shanghai.
        (
            r#"{"end_of": {"period": "quarter"}}"#,
            "2027-12-31T16:00:00Z",
            "2028-03-31",
        ),
        (
            r#"{"end_of": {"period": "year"}}"#,
            "2027-01-31T02:00:00Z",
            "2027-12-31",
        ),
        // The end of next year.
        (
            r#"{"end_of": {"period": "year", "after_months": 12}}"#,
            "2027-12-31T02:00:00Z",
            "2028-12-31",
        ),
        // 31 January 2028 and a month is 29 February 2028 (clamped), the end of which is the month's end.
        (
            r#"{"end_of": {"period": "month", "after_months": 1}}"#,
            "2028-01-31T02:00:00Z",
            "2028-02-29",
        ),
        // 30 November and three months is 28 February, in the first quarter.
        (
            r#"{"end_of": {"period": "quarter", "after_months": 3}}"#,
            "2026-11-30T02:00:00Z",
            "2027-03-31",
        ),
        (
            r#"{"date": "2027-06-18"}"#,
            "2027-01-31T02:00:00Z",
            "2027-06-18",
        ),
        (
            r#"{"date": "2027-06-18"}"#,
            "2027-06-18T15:59:59.998Z",
            "2027-06-18",
        ),
        (r#"{"months": 1}"#, "2028-02-29T02:00:00Z", "2028-03-29"),
        (r#"{"months": 12}"#, "2028-02-29T02:00:00Z", "2029-02-28"),
        (r#"{"days": 1}"#, "2028-02-28T15:59:59Z", "2028-02-29"),
    ] {
        assert_eq!(
            last_moment(validity, when),
            format!("{last}T15:59:59.999Z"),
            "{validity} {when}"
        );
    }
}

#[test]
fn points_earned_after_the_fixed_date_are_over_at_once() {
    let mut program: serde_json::Value = serde_json::from_str(PLAIN).unwrap();
    program["points"]["expires_after"] = serde_json::json!({"date": "2027-06-18"});
    let mut bank = Bank::with(&program.to_string());
    let late = bank.earn("a", 5, "2027-06-18T16:00:00Z");
    assert_eq!((late.answer.points, late.answer.balance.expired), (5, 5));
    program["points"]["expires_after"] = serde_json::json!("never");
    let mut bank = Bank::with(&program.to_string());
    bank.earn("a", 5, "2027-06-18T16:00:00Z");
    assert_eq!(bank.balance("9999-01-01T00:00:00Z"), [5, 0, 0, 0, 0]);
}

#[test]
fn activation_comes_before_expiry_at_the_same_instant_and_nothing_can_be_spent() {
    let mut program: serde_json::Value = serde_json::from_str(PLAIN).unwrap();
    program["points"]["activates_after"] = serde_json::json!("16h");
    program["points"]["expires_after"] = serde_json::json!({"date": "2026-01-01"});
    let mut bank = Bank::with(&program.to_string());
    // Active 1 January 00:00 + 16 h = 16:00 UTC, which is also the end of that day in Shanghai.
    bank.earn("a", 50, "2026-01-01T00:00:00Z");
    let end = "2026-01-01T16:00:00Z";
    assert_eq!(bank.balance("2026-01-01T15:59:59.999Z"), [0, 50, 0, 0, 50]);
    assert_eq!(bank.balance(end), [0, 0, 0, 50, 0]);
    assert_eq!(
        bank.spend("s", 1, end).unwrap_err(),
        Rejection::Insufficient { balance: 0 }
    );
    bank.check_laws(at(end));
}

#[test]
fn an_order_that_arrives_when_its_points_end_earns_and_loses_them() {
    let mut bank = Bank::with(DELAYED);
    // Order of 1 January 00:00 UTC, active 8 January 00:00 UTC, over with 18 January (Shanghai): 16:00 UTC.
    let command = Command::Earn(Earn {
        ids: Ids::new(Some("late"), None, "").unwrap(),
        points: Some(50),
        money: None,
        at: Some(at("2026-01-01T00:00:00Z")),
        reason: None,
    });
    let end = "2026-01-18T16:00:00Z";
    let outcome = bank.run(&command, at(end)).unwrap();
    assert_eq!(outcome.answer.balance.expired, 50);
    // Both entries carry this instant's balance: 50, then 0.
    let after: Vec<_> = bank.journal().iter().map(|e| e.after).collect();
    assert_eq!(after, [50, 0]);
    assert_eq!(
        bank.spend("s", 1, end).unwrap_err(),
        Rejection::Insufficient { balance: 0 }
    );
    bank.check_laws(at(end));
}

#[test]
fn what_expires_at_one_moment_is_one_entry_and_at_another_moment_another() {
    let mut bank = Bank::with(MONTHS);
    // The first two to the end of 10 February, the third a day longer.
    bank.earn("a", 10, "2026-01-10T00:00:00Z");
    bank.earn("b", 5, "2026-01-10T01:00:00Z");
    bank.earn("c", 2, "2026-01-11T00:00:00Z");
    bank.tick(at("2026-03-01T00:00:00Z"));
    let written = bank.journal().split_off(3);
    let rows: Vec<_> = written
        .iter()
        .map(|entry| (entry.at, entry.points, entry.parts.len()))
        .collect();
    let (first, second) = (at("2026-02-10T16:00:00Z"), at("2026-02-11T16:00:00Z"));
    assert_eq!(rows, [(first, -15, 2), (second, -2, 1)]);
}
