//! Rates, multipliers and bonuses, and when they hold.

use rapport_loyalty::{Command, Earn, Ids};

use crate::support::{Bank, at, usd};
use crate::{is, programme, rows};

#[test]
fn rates_then_multipliers_then_bonuses_rounded_down_once() {
    let mut bank = Bank::with(&programme(
        r#"{"id": "gift", "name": "Gift", "points": 7},
           {"id": "half", "name": "Half as much again", "multiplier": 1.5},
           {"id": "more", "name": "A tenth more", "multiplier": 1.1},
           {"id": "extra", "name": "Another rate", "per": {"amount": 1000, "currency": "USD"}, "points": 1}"#,
    ));
    let outcome = bank.order("a", 1_999, "2026-01-10T02:00:00Z").unwrap();
    // floor(19.99) = 19 and floor(1.999) = 1; with 1.5: floor(29.985) = 29 and floor(2.9985) = 2: 11 more;
    // with 1.65: floor(32.9835) = 32 and floor(3.29835) = 3: 4 more; and 7.
    assert_eq!(
        rows(&outcome),
        is(&[
            ("base", 19),
            ("extra", 1),
            ("half", 11),
            ("more", 4),
            ("gift", 7)
        ])
    );
    assert_eq!(outcome.answer.points, 42);
    // The journal says the same, and so does the repetition.
    assert_eq!(bank.journal()[0].given, outcome.given);
    let again = bank.order("a", 1_999, "2026-02-10T02:00:00Z").unwrap();
    assert!(again.replayed && again.given == outcome.given);
}

#[test]
fn rounding_is_exact_where_floats_are_not() {
    let mut bank = Bank::with(&programme(
        r#"{"id": "m", "name": "M", "multiplier": 1.15}"#,
    ));
    // 100 * 1.15 = 115 exactly; in binary floats it is 114.99999999999999.
    let outcome = bank.order("a", 10_000, "2026-01-10T02:00:00Z").unwrap();
    assert_eq!(rows(&outcome), is(&[("base", 100), ("m", 15)]));
}

#[test]
fn multipliers_stack_as_the_programme_says() {
    let rules = r#"{"id": "two", "name": "2", "multiplier": 2}, {"id": "three", "name": "3", "multiplier": 3}, {"id": "half", "name": "0.5", "multiplier": 0.5}"#;
    // 100 points: 100 * 2 * 3 * 0.5 = 300; 100 * (1 + 1 + 2 - 0.5) = 350; 100 * 3 = 300.
    for (stacking, expected) in [
        ("multiply", [100, 400, -300]),
        ("add", [100, 200, -50]),
        ("highest", [100, 100, 0]),
    ] {
        let mut bank = Bank::with(&programme(rules));
        let json = format!("\"{stacking}\"");
        bank.program.as_mut().unwrap().multipliers = serde_json::from_str(&json).unwrap();
        let outcome = bank.order("a", 10_000, "2026-01-10T02:00:00Z").unwrap();
        let [two, three, half] = expected;
        assert_eq!(
            rows(&outcome),
            is(&[
                ("base", 100),
                ("two", two),
                ("three", three),
                ("half", half)
            ])
        );
    }
}

#[test]
fn a_weekday_is_that_of_the_shop() {
    let mut bank = Bank::with(&programme(
        r#"{"id": "sunday", "name": "Sunday", "weekdays": ["sunday"], "points": 5}"#,
    ));
    // Sunday, 22 November 2026 in Shanghai is from Saturday 16:00 UTC until Sunday 16:00 UTC.
    for (n, (when, points)) in [
        ("2026-11-21T15:59:59.999Z", 0),
        ("2026-11-21T16:00:00Z", 5),
        ("2026-11-22T15:59:59.999Z", 5),
        ("2026-11-22T16:00:00Z", 0),
    ]
    .into_iter()
    .enumerate()
    {
        let outcome = bank.order(&n.to_string(), 0, when).unwrap();
        assert_eq!(outcome.answer.points, points, "{when}");
    }
}

#[test]
fn a_campaign_begins_and_ends_at_the_shops_midnight() {
    let mut bank = Bank::with(&programme(
        r#"{"id": "d11", "name": "Double eleven", "multiplier": 2,
            "period": {"from": "2026-11-11", "until": "2026-11-11"}}"#,
    ));
    for (n, (when, points)) in [
        ("2026-11-10T15:59:59.999Z", 10),
        ("2026-11-10T16:00:00Z", 20),
        ("2026-11-11T15:59:59.999Z", 20),
        ("2026-11-11T16:00:00Z", 10),
    ]
    .into_iter()
    .enumerate()
    {
        let outcome = bank.order(&n.to_string(), 1_000, when).unwrap();
        assert_eq!(outcome.answer.points, points, "{when}");
    }
    // It is the order's moment that counts, not the report's.
    let late = Command::Earn(Earn {
        ids: Ids::new(Some("late"), None, "").unwrap(),
        points: None,
        money: Some(usd(1_000)),
        at: Some(at("2026-11-11T10:00:00Z")),
        reason: None,
    });
    let outcome = bank.run(&late, at("2026-11-20T00:00:00Z")).unwrap();
    assert_eq!(outcome.answer.points, 20);
}

#[test]
fn a_tier_multiplies_from_the_order_after_the_one_that_reached_it() {
    let mut bank = Bank::with(&programme(
        r#"{"id": "silver", "name": "Silver and gold", "tiers": ["silver", "gold"], "points": 3}"#,
    ));
    let rows_of =
        |bank: &mut Bank, id: &str, money, when: &str| rows(&bank.order(id, money, when).unwrap());
    assert_eq!(
        rows_of(&mut bank, "a", 100_000, "2026-01-10T02:00:00Z"),
        is(&[("base", 1_000)])
    );
    assert_eq!(
        rows_of(&mut bank, "b", 1_000, "2026-01-10T02:00:01Z"),
        is(&[("base", 10), ("tier gold", 5), ("silver", 3)])
    );
    // 30 days from 10 January: on 9 February it is lost, to whom 18 points are left.
    assert_eq!(
        rows_of(&mut bank, "c", 1_000, "2026-02-08T16:00:00Z"),
        is(&[("base", 10)])
    );
}

#[test]
fn a_rule_for_a_tier_looks_for_it_where_no_tier_multiplies() {
    let mut bank = Bank::with(
        r#"{"points": {"per": {"amount": 100, "currency": "USD"}, "points": 1},
            "tiers": [{"id": "silver", "name": "Silver", "at_least": 100, "by": "points"}],
            "rules": [{"id": "gift", "name": "Gift", "tiers": ["silver"], "points": 3}]}"#,
    );
    let first = bank.order("a", 10_000, "2026-01-10T02:00:00Z").unwrap();
    assert_eq!(rows(&first), is(&[("base", 100)]));
    let second = bank.order("b", 100, "2026-01-10T02:00:01Z").unwrap();
    assert_eq!(rows(&second), is(&[("base", 1), ("gift", 3)]));
}
