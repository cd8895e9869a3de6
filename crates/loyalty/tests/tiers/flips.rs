//! When a timer looks after a tier that time alone makes another.

use crate::support::Bank;
use crate::text;

/// Points wait a week, and nothing of them ends. 100 in 30 days are silver.
const WAITING: &str = r#"{"points": {"per": {"amount": 100, "currency": "USD"}, "points": 1, "activates_after": "7d"},
    "tiers": [{"id": "silver", "name": "Silver", "at_least": 100, "by": "points", "window": "30d"}]}"#;

fn timer(bank: &Bank) -> Option<String> {
    text(bank.account.timer)
}

#[test]
fn it_is_set_for_the_activation_that_reaches_a_tier_and_not_for_those_before() {
    let mut bank = Bank::with(WAITING);
    bank.earn("a", 50, "2026-01-01T00:00:00Z");
    assert_eq!(timer(&bank), None);
    // 50 from the 8th and 60 from the 9th on: 110.
    bank.earn("b", 60, "2026-01-02T00:00:00Z");
    assert_eq!(timer(&bank).as_deref(), Some("2026-01-09T00:00:00Z"));
}

#[test]
fn what_is_active_already_reaches_nothing_more() {
    let mut bank = Bank::with(WAITING);
    // 80 on different days, all active by the 28th, and 20 to come on 1 February.
    for n in 1..21 {
        bank.earn(&n.to_string(), 4, &format!("2026-01-{n:02}T00:00:00Z"));
    }
    bank.earn("last", 20, "2026-01-28T00:00:00Z");
    // 100 from 4 February on, when nothing has left the 30 days: those of the 8th go on 7 February.
    assert_eq!(timer(&bank).as_deref(), Some("2026-02-04T00:00:00Z"));
}

#[test]
fn of_many_activations_the_first_sixteen_are_looked_at() {
    let mut bank = Bank::with(WAITING);
    // A point an hour: none of them reaches anything. The 17th, of 16:00, is looked at when it comes.
    for n in 0..18 {
        bank.earn(&n.to_string(), 1, &format!("2026-01-01T{n:02}:00:00Z"));
        let expected = (n >= 16).then_some("2026-01-08T16:00:00Z");
        assert_eq!(timer(&bank).as_deref(), expected, "{n}");
    }
}
