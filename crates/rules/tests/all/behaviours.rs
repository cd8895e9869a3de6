//! Events in windows: counts, sums, their borders, and what is no longer kept.

use crate::common;
use crate::common::{Shopper, ask, at, shanghai};
use rapport_rules::{DayTotal, evaluate};
use rapport_types::{Day, Decimal};
use serde_json::{Value, json};

fn thrice() -> Shopper {
    Shopper::default()
        .bought(at("2026-11-01"), 100.10)
        .bought(at("2026-11-10"), 200.20)
        .bought(at("2026-11-20"), 300.30)
}

#[test]
fn a_count_ends_when_the_deciding_event_leaves() {
    let count = |bounds: Value| {
        let rule = json!({"event": "Order Completed", "within": "30d", "count": bounds});
        let outcome = ask(&thrice(), rule, "2026-11-21");
        (
            outcome.matches,
            outcome.next_change_at.map(|t| t.to_string()),
        )
    };
    let on = |day: &str| Some(format!("{day}T12:00:00Z"));
    assert_eq!(count(json!({"at_least": 3})), (true, on("2026-12-01")));
    assert_eq!(count(json!({"at_least": 2})), (true, on("2026-12-10")));
    assert_eq!(count(json!({"at_least": 1})), (true, on("2026-12-20")));
    assert_eq!(count(json!({"at_least": 4})), (false, None));
    assert_eq!(count(json!({"at_most": 1})), (false, on("2026-12-10")));
    assert_eq!(count(json!({"exactly": 2})), (false, on("2026-12-01")));
    assert_eq!(count(json!({"exactly": 0})), (false, on("2026-12-20")));
}

#[test]
fn an_event_leaves_exactly_when_the_window_has_passed() {
    let rule = || json!({"event": "order_completed", "within": "30d", "count": {"at_least": 3}});
    assert!(ask(&thrice(), rule(), "2026-12-01T11:59:59.999Z").matches);
    assert!(!ask(&thrice(), rule(), "2026-12-01T12:00:00Z").matches);
}

#[test]
fn a_sum_is_exact_to_the_cent() {
    let sum = |at_least: Value| {
        let rule = json!({"event": "order_completed", "within": "30d", "sum": "properties.total", "at_least": at_least});
        let outcome = ask(&thrice(), rule, "2026-11-21");
        (outcome.matches, outcome.next_change_at)
    };
    assert_eq!(sum(json!(600.60)), (true, Some(at("2026-12-01"))));
    assert_eq!(sum(json!(600.61)), (false, None));
    assert_eq!(sum(json!(500.50)), (true, Some(at("2026-12-10"))));
}

#[test]
fn a_refund_leaving_may_raise_a_sum() {
    let shopper = Shopper::default()
        .did("order_completed", at("2026-11-01"), json!({"total": -50}))
        .did("order_completed", at("2026-11-10"), json!({"total": 100}));
    let rule = json!({"event": "order_completed", "within": "30d", "sum": "properties.total", "at_least": 100});
    let outcome = ask(&shopper, rule, "2026-11-21");
    assert_eq!(
        (outcome.matches, outcome.next_change_at),
        (false, Some(at("2026-12-01")))
    );
}

#[test]
fn events_of_one_moment_leave_together() {
    let shopper = Shopper::default()
        .did("e", at("2026-11-01"), json!({}))
        .did("e", at("2026-11-01"), json!({}))
        .did("e", at("2026-11-02"), json!({}));
    // Two are never in the window: it goes from three to one.
    let rule = json!({"event": "e", "within": "30d", "count": {"exactly": 2}});
    let outcome = ask(&shopper, rule, "2026-11-21");
    assert_eq!((outcome.matches, outcome.next_change_at), (false, None));
}

#[test]
fn averages_and_extremes_of_nothing_fail_but_sums_and_counts_are_zero() {
    let nobody = Shopper::default();
    for (rule, expected) in [
        (
            json!({"event": "e", "avg": "properties.x", "at_most": 5}),
            false,
        ),
        (
            json!({"event": "e", "min": "properties.x", "at_most": 5}),
            false,
        ),
        (
            json!({"event": "e", "max": "properties.x", "at_most": 5}),
            false,
        ),
        (
            json!({"event": "e", "sum": "properties.x", "at_most": 5}),
            true,
        ),
        (json!({"event": "e", "count": {"at_most": 5}}), true),
        (json!({"event": "e"}), false),
    ] {
        assert_eq!(
            ask(&nobody, rule.clone(), "2026-11-21").matches,
            expected,
            "{rule}"
        );
    }
    let shopper = Shopper::default()
        .did("e", at("2026-11-01"), json!({"x": 1}))
        .did("e", at("2026-11-02"), json!({"x": "9"}))
        .did("e", at("2026-11-03"), json!({"x": 2.5}));
    for (measure, value) in [("avg", 1.75), ("min", 1.0), ("max", 2.5), ("sum", 3.5)] {
        let rule = json!({"event": "e", measure: "properties.x", "exactly": value});
        assert!(ask(&shopper, rule, "2026-11-21").matches, "{measure}");
    }
}

#[test]
fn where_chooses_the_events() {
    let shopper = Shopper::default()
        .did(
            "order_completed",
            at("2026-11-01"),
            json!({"category": "鞋", "total": 80}),
        )
        .did(
            "order_completed",
            at("2026-11-10"),
            json!({"category": "茶", "total": 900}),
        )
        .did(
            "order_completed",
            at("2026-11-12"),
            json!({"category": "鞋", "total": 40}),
        );
    let rule = |at_least: u32| {
        json!({"event": "order_completed", "within": "90d",
        "where": {"field": "properties.category", "is": "eq", "value": "鞋"},
        "sum": "properties.total", "at_least": at_least})
    };
    let outcome = ask(&shopper, rule(120), "2026-11-21");
    assert_eq!(
        (outcome.matches, outcome.next_change_at),
        (true, Some(at("2027-01-30")))
    );
    assert!(!ask(&shopper, rule(121), "2026-11-21").matches);
}

#[test]
fn where_may_itself_depend_on_time() {
    let shopper = Shopper::default().did(
        "trial_started",
        at("2026-11-01"),
        json!({"ends": "2026-11-30T00:00:00Z"}),
    );
    let rule = json!({"event": "trial_started", "where": {"field": "properties.ends", "is": "within_next", "value": "3d"}});
    let outcome = ask(&shopper, rule.clone(), "2026-11-21");
    assert_eq!(
        (outcome.matches, outcome.next_change_at),
        (false, Some(at("2026-11-27T00:00:00Z")))
    );
    let outcome = ask(&shopper, rule, "2026-11-28");
    assert_eq!(
        (outcome.matches, outcome.next_change_at),
        (true, Some(at("2026-11-30T00:00:00Z")))
    );
}

#[test]
fn an_event_yet_to_come_counts_from_its_moment() {
    let shopper = Shopper::default().did("e", at("2026-11-25"), json!({"n": 3}));
    for rule in [json!({"event": "e"}), json!({"event": "e", "within": "3d"})] {
        let outcome = ask(&shopper, rule.clone(), "2026-11-21");
        assert_eq!(
            (outcome.matches, outcome.next_change_at),
            (false, Some(at("2026-11-25"))),
            "{rule}"
        );
    }
    // Until it comes, others leave; and it is the last only then.
    let both = shopper
        .clone()
        .did("e", at("2026-11-20"), json!({"n": 1}))
        .did("e", at("2026-11-19"), json!({"n": 2}));
    for (rule, next) in [
        (json!({"event": "e", "within": "3d"}), "2026-11-23"),
        (
            json!({"event": "e", "last": "properties.n", "is": "eq", "value": 1}),
            "2026-11-25",
        ),
    ] {
        let outcome = ask(&both, rule.clone(), "2026-11-21");
        assert_eq!(
            (outcome.matches, outcome.next_change_at),
            (true, Some(at(next))),
            "{rule}"
        );
    }
    // At noon it is the last, and as new as the one before is now: yes goes on for its day and a half.
    let shifted = Shopper::default()
        .did("e", at("2026-11-22"), json!({}))
        .did("e", at("2026-11-21"), json!({}));
    let rule = json!({"event": "e", "last": "at", "is": "within_last", "value": "36h"});
    let outcome = ask(&shifted, rule, "2026-11-21");
    assert_eq!(
        (outcome.matches, outcome.next_change_at),
        (true, Some(at("2026-11-24T00:00:00Z")))
    );
    // Before the window opens it will never count.
    let early = json!({"event": "e", "from": "2026-11-26", "count": {"at_least": 1}});
    let early = [
        early,
        json!({"event": "e", "from": "2026-11-26", "sum": "properties.n", "at_least": 1}),
    ];
    for rule in early {
        let outcome = ask(&shopper, rule.clone(), "2026-11-21");
        assert_eq!(
            (outcome.matches, outcome.next_change_at),
            (false, None),
            "{rule}"
        );
    }
    let never = ask(
        &shopper,
        json!({"event": "e", "count": {"exactly": 0}}),
        "2026-11-21",
    );
    assert_eq!(
        (never.matches, never.next_change_at),
        (true, Some(at("2026-11-25")))
    );
}

#[test]
fn beyond_kept_events_days_count_whole_and_the_answer_says_so() {
    let total = |day: &str, count| DayTotal {
        day: Day::parse(day).unwrap(),
        count,
        spend: Decimal::from(count * 100),
    };
    let mut shopper = Shopper::default()
        .bought(at("2026-11-15T02:00:00Z"), 100.0)
        .bought(at("2026-11-18"), 100.0);
    shopper.kept_since = Some(at("2026-11-15T00:00:00Z"));
    shopper.orders.count = 9;
    shopper.orders.spend = Decimal::from(900);
    shopper.totals = vec![("order_completed".to_owned(), 9)];
    shopper.days = [
        ("2026-11-18", 1),
        ("2026-11-15", 2),
        ("2026-11-12", 3),
        ("2026-11-01", 3),
    ]
    .map(|(day, count)| ("order_completed".to_owned(), total(day, count)))
    .to_vec();
    let exactly = |within: &str, count: u64| {
        let rule =
            json!({"event": "order_completed", "within": within, "count": {"exactly": count}});
        let outcome = ask(&shopper, rule, "2026-11-21");
        assert!(outcome.matches, "{within} {count}");
        outcome.complete
    };
    assert!(exactly("155h", 2));
    assert!(
        !exactly("7d", 3),
        "one order of the 15th is only in the day's total"
    );
    assert!(!exactly("15d", 6));
    assert!(!exactly("30d", 9));
    // Ever is known without days.
    let ever = ask(
        &shopper,
        json!({"event": "order_completed", "count": {"exactly": 9}}),
        "2026-11-21",
    );
    assert!(ever.matches && ever.complete);
    let spend = |within: Option<&str>, amount: u64| {
        let mut rule =
            json!({"event": "order_completed", "sum": "properties.total", "exactly": amount});
        if let Some(within) = within {
            rule["within"] = json!(within);
        }
        let outcome = ask(&shopper, rule, "2026-11-21");
        assert!(outcome.matches && !outcome.complete, "{within:?} {amount}");
    };
    spend(Some("7d"), 300);
    spend(Some("30d"), 900);
    spend(None, 900);
    // A property that no total keeps is added up over kept events only.
    let filtered = json!({"event": "order_completed", "within": "30d",
        "where": {"field": "properties.total", "is": "gt", "value": 0}, "count": {"exactly": 2}});
    let outcome = ask(&shopper, filtered, "2026-11-21");
    assert!(outcome.matches && !outcome.complete);
}

#[test]
fn rfm_and_lifecycle_are_about_orders() {
    let nobody = Shopper::default();
    let shopper = thrice();
    for (shopper, rule, expected, next) in [
        (
            &shopper,
            json!({"field": "rfm.frequency", "is": "eq", "value": 3}),
            true,
            None,
        ),
        (
            &shopper,
            json!({"field": "rfm.monetary", "is": "eq", "value": 600.6}),
            true,
            None,
        ),
        (
            &shopper,
            json!({"field": "rfm.recency_days", "is": "eq", "value": 1}),
            true,
            Some("2026-11-22"),
        ),
        (
            &shopper,
            json!({"field": "rfm.recency_days", "is": "gte", "value": 90}),
            false,
            Some("2027-02-18"),
        ),
        (
            &shopper,
            json!({"field": "rfm.recency_days", "is": "gt", "value": 89.5}),
            false,
            Some("2027-02-18"),
        ),
        (
            &shopper,
            json!({"field": "rfm.recency_days", "is": "in", "value": [7, 30]}),
            false,
            Some("2026-11-27"),
        ),
        (
            &shopper,
            json!({"field": "rfm.recency_days", "is": "not_between", "value": [7, 30]}),
            true,
            Some("2026-11-27"),
        ),
        (
            &shopper,
            json!({"field": "rfm.recency_days", "is": "lt", "value": 30}),
            true,
            Some("2026-12-20"),
        ),
        (
            &shopper,
            json!({"field": "lifecycle", "is": "eq", "value": "repeat"}),
            true,
            Some("2027-02-18"),
        ),
        (
            &shopper,
            json!({"field": "lifecycle", "is": "in", "value": ["lost", "dormant"]}),
            false,
            Some("2027-05-19"),
        ),
        (
            &shopper,
            json!({"field": "lifecycle", "is": "ne", "value": "won_back"}),
            true,
            None,
        ),
        (
            &nobody,
            json!({"field": "rfm.frequency", "is": "eq", "value": 0}),
            true,
            None,
        ),
        (
            &nobody,
            json!({"field": "rfm.monetary", "is": "eq", "value": 0}),
            true,
            None,
        ),
        (
            &nobody,
            json!({"field": "rfm.recency_days", "is": "gte", "value": 0}),
            false,
            None,
        ),
        (
            &nobody,
            json!({"field": "rfm.recency_days", "is": "missing"}),
            true,
            None,
        ),
        (
            &nobody,
            json!({"field": "lifecycle", "is": "eq", "value": "lead"}),
            true,
            None,
        ),
    ] {
        let outcome = ask(shopper, rule.clone(), "2026-11-21T12:00:00Z");
        assert_eq!(
            (outcome.matches, outcome.next_change_at),
            (expected, next.map(at)),
            "{rule}"
        );
    }
}

#[test]
fn parts_that_cancel_out_do_not_end_an_answer_early() {
    let shopper = Shopper::default().did("e", at("2026-11-20"), json!({}));
    // In the last 3 days, or before that: always, once it has happened.
    let rule = common::rule(json!({"any": [
        {"event": "e", "within": "3d"},
        {"not": {"event": "e", "within": "3d"}}
    ]}));
    let outcome = evaluate(&rule, &shopper, at("2026-11-21"), &shanghai());
    assert_eq!((outcome.matches, outcome.next_change_at), (true, None));
}
