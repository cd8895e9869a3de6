//! Random rules, definitions and customers.
//!
//! Everything happens at whole half days around [`NOW`], so that few moments see every change.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rapport_rules::Rule;
use rapport_types::Timestamp;
use serde_json::{Value, json};

use super::{DAY, Shopper};

/// Noon of 2026-11-21 in UTC.
pub const NOW: i64 = 1_795_262_400_000;

pub fn word() -> impl Strategy<Value = String> {
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

pub fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        word().prop_map(Value::from),
        (-3_i64..4).prop_map(Value::from),
        (-30_i64..30).prop_map(|tenths| json!(tenths as f64 / 10.0)),
        any::<bool>().prop_map(Value::from),
        (-40_i64..40)
            .prop_map(|days| json!(Timestamp::from_millis(NOW + days * DAY / 2).to_string())),
    ]
}

pub fn value() -> impl Strategy<Value = Value> {
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
pub fn pair() -> impl Strategy<Value = (&'static str, &'static str, Option<Value>)> {
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
        pattern().prop_map(|v| ("matches", "not_matches", Some(v))),
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

/// Patterns that mean the same in the crate `regex`.
pub fn pattern() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        "上海?",
        "[a-z]+",
        "v(i|p)*",
        ".{0,3}",
        "(straße|strasse)",
        "[0-9]{4}-.*",
        "[^0-9]+",
        "(a|v)?i?p?",
    ])
    .prop_map(Value::from)
}

/// A moment or a day about now, as a window's end.
pub fn edge() -> impl Strategy<Value = Value> {
    prop_oneof![
        (1_u32..30).prop_map(|day| json!(format!("2026-11-{day:02}"))),
        (-40_i64..12)
            .prop_map(|half| json!(Timestamp::from_millis(NOW + half * DAY / 2).to_string())),
    ]
}

/// A test of an event or of a step.
pub fn filter() -> impl Strategy<Value = Value> {
    prop_oneof![
        (-4_i64..8).prop_map(|n| json!({"field": "properties.n", "is": "gt", "value": n})),
        (1_i64..20).prop_map(
            |d| json!({"field": "at", "is": "older_than", "value": format!("{}h", d * 12)})
        ),
        Just(json!({"field": "properties.k", "is": "eq", "value": "x"})),
        Just(
            json!({"each": "properties.k", "where": {"field": "", "is": "starts_with", "value": "Z"}})
        ),
    ]
}

/// An absolute window that has room.
pub fn absolute() -> impl Strategy<Value = Value> {
    (
        prop::option::of(edge()),
        prop::option::of(edge()),
        prop::option::of(1_i64..30),
    )
        .prop_filter_map("room", |(from, to, within)| {
            let mut window = json!({});
            for (name, edge) in [("from", from), ("to", to)] {
                if let Some(edge) = edge {
                    window[name] = edge;
                }
            }
            if let Some(days) = within {
                window["within"] = json!(format!("{}h", days * 12));
            }
            let mut whole = json!({"event": "e"});
            extend(&mut whole, &window);
            Rule::parse(&whole).is_ok().then_some(window)
        })
}

fn extend(whole: &mut Value, part: &Value) {
    whole
        .as_object_mut()
        .unwrap()
        .extend(part.as_object().unwrap().clone());
}

/// Behaviours and sequences.
pub fn behaviour() -> impl Strategy<Value = Value> {
    let event = || prop::sample::select(vec!["e", "f"]);
    let step =
        (event(), prop::option::weighted(0.3, filter())).prop_map(|(event, filter)| match filter {
            Some(filter) => json!({"event": event, "where": filter}),
            None => json!({"event": event}),
        });
    let bound = || {
        (
            prop::sample::select(vec!["at_least", "at_most", "exactly"]),
            0_u64..4,
        )
    };
    let last = prop_oneof![
        (pair()).prop_map(|(is, _, operand)| test_of("properties.k", is, operand.as_ref())),
        (pair()).prop_map(|(_, is, operand)| test_of("properties.k", is, operand.as_ref())),
        (-4_i64..8).prop_map(|n| json!({"field": "properties.n", "is": "lt", "value": n})),
        (1_i64..30)
            .prop_map(|d| json!({"field": "at", "is": "within_last", "value": format!("{d}d")})),
    ];
    let asked = prop_oneof![
        bound().prop_map(|(name, n)| json!({"count": {name: n}})),
        (any::<bool>(), bound()).prop_map(
            |(exact, (name, n))| json!({"distinct": "properties.k", "exact": exact, name: n})
        ),
        (
            prop::sample::select(vec!["sum", "avg", "min", "max"]),
            bound()
        )
            .prop_map(|(measure, (name, n))| json!({measure: "properties.n", name: n})),
        (any::<bool>(), last).prop_map(|(first, mut test)| {
            let field = test.as_object_mut().unwrap().remove("field").unwrap();
            test[if first { "first" } else { "last" }] = field;
            test
        }),
    ];
    let behaviour = (
        event(),
        prop::option::weighted(0.4, filter()),
        absolute(),
        asked,
    )
        .prop_map(|(event, filter, window, asked)| {
            let mut whole = json!({"event": event});
            extend(&mut whole, &window);
            extend(&mut whole, &asked);
            if let Some(filter) = filter {
                whole["where"] = filter;
            }
            whole
        });
    let sequence = (
        prop::collection::vec(step, 2..4),
        absolute(),
        prop::option::of(1_i64..12),
    )
        .prop_map(|(steps, window, lasts)| {
            let mut whole = json!({"sequence": steps});
            extend(&mut whole, &window);
            if let Some(lasts) = lasts {
                whole["in"] = json!(format!("{}h", lasts * 12));
            }
            whole
        });
    prop_oneof![3 => behaviour, 2 => sequence]
}

/// Tests of what other documents say.
pub fn fact() -> impl Strategy<Value = Value> {
    prop_oneof![
        prop::sample::select(vec!["gold", "silver"])
            .prop_map(|tier| json!({"field": "loyalty.tier", "is": "eq", "value": tier})),
        (0_i64..4, prop::sample::select(vec!["gte", "ne", "lt"]))
            .prop_map(|(n, is)| json!({"field": "loyalty.active", "is": is, "value": n})),
        (
            0_i64..4,
            prop::sample::select(vec!["gte", "ne", "lt", "missing"])
        )
            .prop_map(|(n, is)| {
                let field = "loyalty.balances.growth";
                match is {
                    "missing" => json!({"field": field, "is": is}),
                    is => json!({"field": field, "is": is, "value": n}),
                }
            }),
        Just(json!({"field": "feedback.last_nps", "is": "missing"})),
        (
            1_i64..30,
            prop::sample::select(vec!["within_last", "older_than"])
        )
            .prop_map(
                |(d, is)| json!({"field": "feedback.last_at", "is": is, "value": format!("{d}d")})
            ),
    ]
}

/// What other definitions answer.
pub fn reference() -> impl Strategy<Value = Value> {
    prop_oneof![
        prop::sample::select(vec!["a", "b", "kept", "nowhere"])
            .prop_map(|id| json!({"segment": id})),
        (-3_i64..6, prop::sample::select(vec!["gte", "lt", "eq"]))
            .prop_map(|(n, is)| json!({"field": "scores.s", "is": is, "value": n})),
        prop::sample::select(vec!["eq", "ne"])
            .prop_map(|is| json!({"field": "scores.s.band", "is": is, "value": "Hot"})),
        Just(json!({"field": "scores.nowhere", "is": "missing"})),
    ]
}

/// Segments `a` and `b`, which refers to `a`, and a score `s`, which refers to both.
pub fn definitions() -> impl Strategy<Value = (BTreeMap<String, Value>, BTreeMap<String, Value>)> {
    let clauses = prop::collection::vec((leaf(), -2_i64..4), 1..4);
    (leaf(), leaf(), any::<bool>(), clauses).prop_map(|(a, b, with_a, clauses)| {
        let b = if with_a {
            json!({"any": [b, {"segment": "a"}]})
        } else {
            b
        };
        let mut clauses: Vec<Value> = clauses
            .into_iter()
            .map(|(rule, points)| json!({"when": rule, "points": points}))
            .collect();
        clauses.push(json!({"when": {"segment": "b"}, "points": 1.5}));
        let bands = json!([{"id": "hot", "at_least": 2}, {"id": "warm", "at_least": 0.5}]);
        let score = json!({"clauses": clauses, "bands": bands});
        (
            BTreeMap::from([("a".to_owned(), a), ("b".to_owned(), b)]),
            BTreeMap::from([("s".to_owned(), score)]),
        )
    })
}

pub fn test_of(field: &str, is: &str, operand: Option<&Value>) -> Value {
    match operand {
        Some(operand) => json!({"field": field, "is": is, "value": operand}),
        None => json!({"field": field, "is": is}),
    }
}

/// Tests whose answer depends on time, and some whose does not.
pub fn leaf() -> impl Strategy<Value = Value> {
    let days = 1_i64..30;
    let window = prop::sample::select(vec!["within_last", "older_than", "within_next"]);
    let field = prop::sample::select(vec!["traits.x", "traits.y", "created_at"]);
    let bounds = prop_oneof![
        (0_u64..4).prop_map(|n| json!({"at_least": n})),
        (0_u64..4).prop_map(|n| json!({"at_most": n})),
        (0_u64..4).prop_map(|n| json!({"exactly": n})),
    ];
    let list = prop::sample::select(vec!["traits.x", "traits.y"]);
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
        pair().prop_map(|(_, negative, operand)| test_of("traits.y", negative, operand.as_ref())),
        (list.clone(), prop::collection::vec(scalar(), 1..4)).prop_map(|(f, v)| json!({"field": f, "is": "contains_all", "value": v})),
        (list, -2_i64..2).prop_map(|(l, n)| json!({"each": l, "where": {"field": "", "is": "gt", "value": n}})),
        (1_u32..29, prop::sample::select(vec!["before", "after"])).prop_map(|(d, is)| json!({"field": "traits.x", "is": is, "value": format!("2026-11-{d:02}")})),
        (1_i64..9_000).prop_map(|km| json!({"field": "traits.y", "is": "within_distance", "value": {"lat": 52, "lon": 13.4, "km": km}})),
        prop::sample::select(vec!["VIP", "x"]).prop_map(|t| json!({"tag": t})),
        behaviour(),
        behaviour(),
        fact(),
    ]
}

pub fn any_rule() -> impl Strategy<Value = Value> {
    prop_oneof![5 => leaf(), 1 => reference()].prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| json!({"all": parts})),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| json!({"any": parts})),
            inner.prop_map(|part| json!({"not": part})),
        ]
    })
}

pub fn shopper() -> impl Strategy<Value = Shopper> {
    let kind = prop::sample::select(vec![
        Value::Null,
        json!("x"),
        json!("X"),
        json!(3),
        json!(3.0),
        json!(["x", "z", null]),
        json!({"x": 1}),
    ]);
    let event = (any::<bool>(), -40_i64..12, -5_i64..20, kind);
    let fact = (-40_i64..40, 0_usize..5, 0_i64..4);
    (
        (value(), value()),
        prop::collection::vec(event, 0..10),
        prop::collection::vec(-400_i64..1, 0..4),
        -40_i64..1,
        prop::collection::vec(fact, 0..6),
        (any::<bool>(), any::<bool>()),
    )
        .prop_map(|((x, y), events, orders, created, facts, (vip, kept))| {
            let at = |half: i64| Timestamp::from_millis(NOW + half * DAY / 2);
            let mut shopper = Shopper::with(json!({"x": x, "y": y}));
            shopper.created_at = Some(at(2 * created));
            for (e, half, n, k) in events {
                let properties = json!({"n": n, "k": k});
                shopper = shopper.did(if e { "e" } else { "f" }, at(half), properties);
            }
            for days in orders {
                shopper = shopper.bought(at(2 * days), 9.5);
            }
            for (half, which, n) in facts {
                let (name, value) = match which {
                    0 => (
                        "loyalty.tier",
                        [json!("gold"), json!("silver"), json!("SILVER"), Value::Null][n as usize]
                            .clone(),
                    ),
                    1 => ("loyalty.active", json!(n)),
                    2 => ("feedback.last_nps", json!(n)),
                    3 => (
                        "loyalty.balances.growth",
                        [Value::Null, json!(1), json!(2), json!(3)][n as usize].clone(),
                    ),
                    _ => ("feedback.last_at", json!(at(half.min(0)).to_string())),
                };
                shopper = shopper.known(name, at(half), value);
            }
            if vip {
                shopper = shopper.tagged(&["vip"]);
            }
            if kept {
                shopper.put_in.push("kept".to_owned());
            }
            shopper
        })
}
