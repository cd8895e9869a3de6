//! Events that follow one another, and the other things that are asked of events.

use crate::common;
use crate::common::{Shopper, ask, at};
use rapport_rules::evaluate;
use rapport_types::Zone;
use serde_json::{Value, json};

fn did(events: &[(&str, &str)]) -> Shopper {
    events
        .iter()
        .fold(Shopper::default(), |shopper, (name, when)| {
            shopper.did(name, at(when), json!({}))
        })
}

fn steps(names: &[&str]) -> Value {
    names
        .iter()
        .map(|name| json!({"event": name}))
        .collect::<Vec<_>>()
        .into()
}

fn answer(shopper: &Shopper, rule: Value, now: &str) -> (bool, Option<String>) {
    let outcome = ask(shopper, rule, now);
    (
        outcome.matches,
        outcome.next_change_at.map(|next| next.to_string()),
    )
}

#[test]
fn steps_come_in_order_and_other_events_between() {
    let shopper = did(&[
        ("a", "2026-11-01"),
        ("x", "2026-11-02"),
        ("b", "2026-11-03"),
        ("c", "2026-11-04"),
    ]);
    for (names, expected) in [
        (vec!["a", "b"], true),
        (vec!["b", "a"], false),
        (vec!["a", "b", "c"], true),
        (vec!["a", "c"], true),
        (vec!["a", "a"], false),
        (vec!["a", "d"], false),
    ] {
        let rule = json!({"sequence": steps(&names)});
        assert_eq!(
            answer(&shopper, rule, "2026-11-21"),
            (expected, None),
            "{names:?}"
        );
    }
}

#[test]
fn two_different_events_may_share_a_moment_two_alike_may_not() {
    let shopper = did(&[
        ("a", "2026-11-01"),
        ("a", "2026-11-01"),
        ("b", "2026-11-01"),
    ]);
    let ask = |names: &[&str]| answer(&shopper, json!({"sequence": steps(names)}), "2026-11-21").0;
    assert!(ask(&["a", "b"]) && ask(&["b", "a"]));
    assert!(!ask(&["a", "a"]) && !ask(&["a", "b", "a"]));
    let later = did(&[
        ("a", "2026-11-01"),
        ("b", "2026-11-01"),
        ("a", "2026-11-01T12:00:00.001Z"),
    ]);
    let rule = json!({"sequence": steps(&["a", "b", "a"])});
    assert!(answer(&later, rule, "2026-11-21").0);
}

#[test]
fn the_last_step_comes_less_than_in_after_the_first() {
    let rule = |within: &str| json!({"sequence": steps(&["a", "b"]), "in": within});
    let shopper = did(&[("a", "2026-11-01T12:00:00Z"), ("b", "2026-11-03T12:00:00Z")]);
    assert!(!answer(&shopper, rule("2d"), "2026-11-21").0);
    assert!(answer(&shopper, rule("172801s"), "2026-11-21").0);
    // A later first step is nearer.
    let again = shopper.did("a", at("2026-11-03T11:00:00Z"), json!({}));
    assert!(answer(&again, rule("2d"), "2026-11-21").0);
}

#[test]
fn a_sequence_ends_when_its_first_step_leaves_the_window() {
    let rule = || json!({"sequence": steps(&["a", "b"]), "within": "30d"});
    let shopper = did(&[
        ("a", "2026-11-01"),
        ("b", "2026-11-10"),
        ("a", "2026-11-05"),
        ("b", "2026-11-20"),
    ]);
    // The one that began on the 5th lasts longest.
    assert_eq!(
        answer(&shopper, rule(), "2026-11-21"),
        (true, Some("2026-12-05T12:00:00Z".to_owned()))
    );
    assert_eq!(answer(&shopper, rule(), "2026-12-05"), (false, None));
    // Another that is complete in the very moment in which the first leaves goes on without a gap.
    let touching = did(&[
        ("a", "2026-11-01"),
        ("b", "2026-11-02"),
        ("a", "2026-11-20"),
        ("b", "2026-12-01"),
    ]);
    assert_eq!(
        answer(&touching, rule(), "2026-11-21"),
        (true, Some("2026-12-20T12:00:00Z".to_owned()))
    );
    // What is yet to come begins to count at its moment.
    let ahead = did(&[("a", "2026-11-20"), ("b", "2026-11-25")]);
    assert_eq!(
        answer(&ahead, rule(), "2026-11-21"),
        (false, Some("2026-11-25T12:00:00Z".to_owned()))
    );
}

#[test]
fn steps_are_chosen_by_where_and_by_absolute_windows() {
    let shopper = Shopper::default()
        .did("view", at("2026-11-01"), json!({"category": "鞋"}))
        .did("view", at("2026-11-08"), json!({"category": "茶"}))
        .did("order", at("2026-11-05"), json!({}));
    let rule = |category: &str| {
        json!({"sequence": [
            {"event": "view", "where": {"field": "properties.category", "is": "eq", "value": category}},
            {"event": "order"}
        ]})
    };
    assert!(answer(&shopper, rule("鞋"), "2026-11-21").0);
    assert!(!answer(&shopper, rule("茶"), "2026-11-21").0);
    let mut from = rule("鞋");
    from["from"] = json!("2026-11-02");
    assert!(!answer(&shopper, from, "2026-11-21").0);
    let mut to = rule("鞋");
    to["to"] = json!("2026-11-05T12:00:00Z");
    assert!(!answer(&shopper, to.clone(), "2026-11-21").0);
    to["to"] = json!("2026-11-05");
    assert!(answer(&shopper, to, "2026-11-21").0);
}

#[test]
fn distinct_values_are_counted_once_however_they_are_written() {
    let shopper = Shopper::default()
        .did("view", at("2026-11-01"), json!({"k": "茶"}))
        .did(
            "view",
            at("2026-11-02"),
            json!({"k": ["Shoes", "SHOES", 1, null, {"a": 1}]}),
        )
        .did("view", at("2026-11-03"), json!({"k": 1.0}))
        .did("view", at("2026-11-04"), json!({}))
        .did("view", at("2026-11-05"), json!({"k": "茶"}));
    let exactly = |n: u32, exact: bool| {
        let rule =
            json!({"event": "view", "distinct": "properties.k", "exactly": n, "exact": exact});
        answer(&shopper, rule, "2026-11-21").0
    };
    assert!(exactly(3, false) && exactly(4, true) && !exactly(4, false));
    let rule = json!({"event": "view", "distinct": "properties.k", "within": "30d", "at_least": 2});
    // Until the 3rd of December there are 茶 and 1.
    assert_eq!(
        answer(&shopper, rule, "2026-11-21"),
        (true, Some("2026-12-03T12:00:00Z".to_owned()))
    );
    let none = json!({"event": "nothing", "distinct": "properties.k", "at_most": 0});
    assert!(answer(&shopper, none, "2026-11-21").0);
}

#[test]
fn the_first_and_the_last_event_are_tested_by_any_operator() {
    let shopper = Shopper::default()
        .did(
            "order",
            at("2026-11-01"),
            json!({"channel": "WeChat", "total": 80}),
        )
        .did("order", at("2026-11-10"), json!({"channel": "抖音"}))
        .did(
            "order",
            at("2026-11-20"),
            json!({"channel": "wechat", "total": 20}),
        );
    for (test, expected, next) in [
        (
            json!({"first": "properties.channel", "is": "eq", "value": "wechat"}),
            true,
            None,
        ),
        (
            json!({"last": "properties.total", "is": "lt", "value": 50}),
            true,
            None,
        ),
        (
            json!({"first": "properties.channel", "is": "eq", "value": "wechat", "within": "30d"}),
            true,
            Some("2026-12-01T12:00:00Z"),
        ),
        (
            json!({"first": "properties.channel", "is": "eq", "value": "抖音", "within": "30d"}),
            false,
            Some("2026-12-01T12:00:00Z"),
        ),
        (
            json!({"last": "properties.channel", "is": "ne", "value": "抖音", "within": "30d"}),
            true,
            Some("2026-12-20T12:00:00Z"),
        ),
        (
            json!({"first": "properties.total", "is": "missing", "from": "2026-11-02"}),
            true,
            None,
        ),
        (
            json!({"first": "at", "is": "within_last", "value": "21d"}),
            true,
            Some("2026-11-22T12:00:00Z"),
        ),
        (
            json!({"last": "at", "is": "on_day", "value": "2026-11-20"}),
            true,
            None,
        ),
    ] {
        let mut rule = test;
        rule["event"] = json!("order");
        assert_eq!(
            answer(&shopper, rule.clone(), "2026-11-21"),
            (expected, next.map(str::to_owned)),
            "{rule}"
        );
    }
    // Of nothing both fail, a negative operator too.
    for is in ["exists", "missing"] {
        let rule = json!({"event": "nothing", "last": "properties.x", "is": is});
        assert!(!answer(&shopper, rule, "2026-11-21").0, "{is}");
    }
}

#[test]
fn a_window_between_two_dates_is_whole_days_of_the_shop() {
    // The day of the 11th in three zones, and the moments just outside and inside it.
    for (zone, begins, ends) in [
        (
            "Asia/Shanghai",
            "2026-11-10T16:00:00Z",
            "2026-11-11T16:00:00Z",
        ),
        (
            "America/New_York",
            "2026-11-11T05:00:00Z",
            "2026-11-12T05:00:00Z",
        ),
        (
            "Asia/Kolkata",
            "2026-11-10T18:30:00Z",
            "2026-11-11T18:30:00Z",
        ),
    ] {
        let named = Zone::named(zone).unwrap();
        let just = |moment: &str| rapport_types::Timestamp::from_millis(at(moment).millis() - 1);
        for (moment, inside) in [
            (just(begins), false),
            (at(begins), true),
            (just(ends), true),
            (at(ends), false),
        ] {
            let text = moment.to_string();
            let shopper = Shopper::with(json!({"x": text, "list": ["2026-01-01", text]})).did(
                "e",
                moment,
                json!({}),
            );
            let holds = |rule: Value| {
                evaluate(&common::rule(rule), &shopper, at("2026-11-21"), &named).matches
            };
            for (rule, expected) in [
                (
                    json!({"event": "e", "from": "2026-11-11", "to": "2026-11-11"}),
                    inside,
                ),
                (json!({"event": "e", "from": begins, "to": ends}), inside),
                (
                    json!({"event": "e", "last": "at", "is": "on_day", "value": "2026-11-11"}),
                    inside,
                ),
                (
                    json!({"field": "traits.x", "is": "on_day", "value": "2026-11-11"}),
                    inside,
                ),
                (
                    json!({"field": "traits.x", "is": "not_on_day", "value": "2026-11-11"}),
                    !inside,
                ),
                (
                    json!({"field": "traits.list", "is": "on_day", "value": "2026-11-11"}),
                    inside,
                ),
                (
                    json!({"field": "traits.x", "is": "before", "value": "2026-11-11"}),
                    moment < at(begins),
                ),
                (
                    json!({"field": "traits.x", "is": "after", "value": "2026-11-11"}),
                    moment >= at(ends),
                ),
                (
                    json!({"field": "traits.x", "is": "anniversary", "value": "0d"}),
                    false,
                ),
            ] {
                assert_eq!(holds(rule.clone()), expected, "{rule} {moment} {zone}");
            }
        }
    }
}

#[test]
fn what_is_no_longer_kept_makes_an_answer_incomplete_only_where_it_matters() {
    let mut shopper = did(&[
        ("a", "2026-11-15"),
        ("b", "2026-11-18"),
        ("a", "2026-11-19"),
    ]);
    shopper.kept_since = Some(at("2026-11-15"));
    for (rule, complete) in [
        (json!({"sequence": steps(&["a", "b"])}), true),
        (json!({"sequence": steps(&["b", "b"])}), false),
        (
            json!({"sequence": steps(&["b", "b"]), "within": "6d"}),
            true,
        ),
        (
            json!({"sequence": steps(&["b", "b"]), "from": "2026-11-16"}),
            true,
        ),
        (json!({"event": "a", "last": "at", "is": "exists"}), true),
        (json!({"event": "c", "last": "at", "is": "exists"}), false),
        (json!({"event": "a", "first": "at", "is": "exists"}), false),
        (
            json!({"event": "a", "within": "90d", "count": {"at_least": 2}}),
            true,
        ),
        (
            json!({"event": "a", "within": "90d", "distinct": "properties.x", "at_most": 3}),
            false,
        ),
    ] {
        assert_eq!(
            ask(&shopper, rule.clone(), "2026-11-21").complete,
            complete,
            "{rule}"
        );
    }
}
