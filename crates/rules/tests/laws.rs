//! Laws that hold for every rule and every customer.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    missing_docs
)]

mod common;

use common::{DAY, Shopper, rule, shanghai};
use proptest::prelude::*;
use rapport_rules::evaluate;
use rapport_types::Timestamp;
use serde_json::{Value, json};

/// Noon of 2026-11-21 in UTC.
const NOW: i64 = 1_795_262_400_000;

fn word() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "上海",
        "上",
        "VIP",
        "vip",
        "ＶＩＰ",
        "straße",
        "STRASSE",
        "",
        "3",
        "2026-11-21",
        "2026-11-20T16:00:00Z",
    ])
    .prop_map(str::to_owned)
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        word().prop_map(Value::from),
        (-3_i64..4).prop_map(Value::from),
        (-30_i64..30).prop_map(|tenths| json!(tenths as f64 / 10.0)),
        any::<bool>().prop_map(Value::from),
        (-40_i64..40)
            .prop_map(|days| json!(Timestamp::from_millis(NOW + days * DAY / 2).to_string())),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![4 => scalar(), 1 => Just(Value::Null)];
    prop_oneof![
        4 => leaf.clone(),
        2 => prop::collection::vec(leaf, 0..4).prop_map(Value::from),
        1 => Just(json!({})),
        1 => Just(json!({"lat": 31, "lon": 121})),
        1 => Just(json!([["上海"], {"a": 1}])),
    ]
}

/// A positive operator, its negative, and an operand.
fn pair() -> impl Strategy<Value = (&'static str, &'static str, Option<Value>)> {
    let ordered = prop_oneof![
        ((-3_i64..2), (0_i64..3)).prop_map(|(low, more)| json!([low, low + more])),
        (word(), word()).prop_map(|(low, high)| json!([low, high])),
    ];
    let list = || prop::collection::vec(scalar(), 1..4).prop_map(Value::from);
    let part = || {
        word()
            .prop_filter("never empty", |word| !word.is_empty())
            .prop_map(Value::from)
    };
    prop_oneof![
        scalar().prop_map(|v| ("eq", "ne", Some(v))),
        ordered.prop_map(|v| ("between", "not_between", Some(v))),
        list().prop_map(|v| ("in", "not_in", Some(v))),
        Just(("exists", "missing", None)),
        Just(("is_not_empty", "is_empty", None)),
        part().prop_map(|v| ("contains", "not_contains", Some(v))),
        part().prop_map(|v| ("starts_with", "not_starts_with", Some(v))),
        part().prop_map(|v| ("ends_with", "not_ends_with", Some(v))),
        list().prop_map(|v| ("contains_any", "contains_none", Some(v))),
        (15_u32..25).prop_map(|day| (
            "on_day",
            "not_on_day",
            Some(json!(format!("2026-11-{day}")))
        )),
    ]
}

fn test_of(field: &str, is: &str, operand: Option<&Value>) -> Value {
    match operand {
        Some(operand) => json!({"field": field, "is": is, "value": operand}),
        None => json!({"field": field, "is": is}),
    }
}

/// Tests whose answer depends on time, and some whose does not.
fn leaf() -> impl Strategy<Value = Value> {
    let days = 1_i64..30;
    let window = prop::sample::select(vec!["within_last", "older_than", "within_next"]);
    let field = prop::sample::select(vec!["traits.x", "traits.y", "created_at"]);
    let bounds = prop_oneof![
        (0_u64..4).prop_map(|n| json!({"at_least": n})),
        (0_u64..4).prop_map(|n| json!({"at_most": n})),
        (0_u64..4).prop_map(|n| json!({"exactly": n})),
    ];
    let compare = prop::sample::select(vec!["eq", "ne", "lt", "lte", "gt", "gte"]);
    let stage = prop::sample::select(vec![
        "lead",
        "first_time",
        "repeat",
        "at_risk",
        "dormant",
        "won_back",
    ]);
    prop_oneof![
        (field, window, days.clone()).prop_map(|(f, w, d)| json!({"field": f, "is": w, "value": format!("{}h", d * 12)})),
        (days.clone()).prop_map(|d| json!({"field": "traits.x", "is": "anniversary", "value": format!("{d}d")})),
        (days.clone(), bounds).prop_map(|(d, b)| json!({"event": "e", "within": format!("{d}d"), "count": b})),
        (days.clone(), -40_i64..80).prop_map(|(d, n)| json!({"event": "e", "within": format!("{d}d"), "sum": "properties.n", "at_least": n})),
        (days.clone(), -4_i64..8).prop_map(|(d, n)| json!({"event": "e", "within": format!("{d}d"), "avg": "properties.n", "at_most": n})),
        (days.clone(), -4_i64..8).prop_map(|(d, n)| json!({"event": "e", "where": {"field": "properties.n", "is": "gt", "value": n}, "within": format!("{d}d")})),
        (days.clone()).prop_map(|d| json!({"event": "e", "where": {"field": "at", "is": "older_than", "value": format!("{d}d")}})),
        Just(json!({"event": "e", "count": {"at_least": 2}})),
        (compare, days).prop_map(|(c, d)| json!({"field": "rfm.recency_days", "is": c, "value": d})),
        stage.prop_map(|s| json!({"field": "lifecycle", "is": "eq", "value": s})),
        pair().prop_map(|(positive, _, operand)| test_of("traits.x", positive, operand.as_ref())),
    ]
}

fn any_rule() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| json!({"all": parts})),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| json!({"any": parts})),
            inner.prop_map(|part| json!({"not": part})),
        ]
    })
}

fn shopper() -> impl Strategy<Value = Shopper> {
    let events = prop::collection::vec((-40_i64..12, -5_i64..20), 0..10);
    (
        value(),
        value(),
        events,
        prop::collection::vec(-400_i64..1, 0..4),
        -40_i64..1,
    )
        .prop_map(|(x, y, events, orders, created)| {
            let mut shopper = Shopper::with(json!({"x": x, "y": y}));
            shopper.created_at = Some(Timestamp::from_millis(NOW + created * DAY));
            for (half_days, n) in events {
                let at = Timestamp::from_millis(NOW + half_days * DAY / 2);
                shopper = shopper.did("e", at, json!({"n": n}));
            }
            for days in orders {
                shopper = shopper.bought(Timestamp::from_millis(NOW + days * DAY), 9.5);
            }
            shopper
        })
}

fn matches(shopper: &Shopper, json: &Value, at: i64) -> bool {
    evaluate(
        &rule(json.clone()),
        shopper,
        Timestamp::from_millis(at),
        &shanghai(),
    )
    .matches
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, max_shrink_iters: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_negative_operator_is_the_complement_of_its_positive(x in value(), (positive, negative, operand) in pair()) {
        let shopper = Shopper::with(json!({"x": x}));
        for field in ["traits.x", "traits.absent"] {
            let yes = matches(&shopper, &test_of(field, positive, operand.as_ref()), NOW);
            let no = matches(&shopper, &test_of(field, negative, operand.as_ref()), NOW);
            prop_assert_ne!(yes, no);
        }
        prop_assert!(!matches(&shopper, &test_of("traits.absent", positive, operand.as_ref()), NOW));
    }

    #[test]
    fn not_of_all_is_any_of_nots(shopper in shopper(), parts in prop::collection::vec(leaf(), 1..5)) {
        let nots: Vec<Value> = parts.iter().map(|part| json!({"not": part})).collect();
        let one = rule(json!({"not": {"all": parts}}));
        let other = rule(json!({"any": nots}));
        let now = Timestamp::from_millis(NOW);
        prop_assert_eq!(
            evaluate(&one, &shopper, now, &shanghai()),
            evaluate(&other, &shopper, now, &shanghai())
        );
    }

    #[test]
    fn all_and_any_are_what_their_parts_say(shopper in shopper(), parts in prop::collection::vec(any_rule(), 1..4)) {
        let each: Vec<bool> = parts.iter().map(|part| matches(&shopper, part, NOW)).collect();
        prop_assert_eq!(matches(&shopper, &json!({"all": parts}), NOW), each.iter().all(|m| *m));
        prop_assert_eq!(matches(&shopper, &json!({"any": parts}), NOW), each.iter().any(|m| *m));
    }

    /// Everything here happens at whole half days, or at the borders of days in Shanghai, four hours off: so
    /// steps of four hours, and a millisecond before each, see every change.
    #[test]
    fn an_answer_holds_until_its_next_change_and_flips_there(shopper in shopper(), json in any_rule()) {
        let parsed = rule(json.clone());
        let zone = shanghai();
        let ask = |at: i64| evaluate(&parsed, &shopper, Timestamp::from_millis(at), &zone);
        let now = ask(NOW);
        let far = NOW + 420 * DAY;
        let end = now.next_change_at.map_or(far, Timestamp::millis);
        let mut at = NOW;
        while at < end.min(far) {
            prop_assert_eq!(ask(at).matches, now.matches, "{} at {}", json, Timestamp::from_millis(at));
            prop_assert_eq!(ask(at.max(NOW + 1) - 1).matches, now.matches);
            at += 4 * 3_600_000;
        }
        prop_assert!(end > NOW);
        // Birthdays that cancel out each year are given up after decades; nearer, every answer flips when it says.
        if end < far {
            prop_assert_eq!(ask(end - 1).matches, now.matches, "{}", json);
            prop_assert_ne!(ask(end).matches, now.matches, "{} does not flip", json);
        }
    }
}
