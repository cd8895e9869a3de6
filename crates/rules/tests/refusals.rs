//! What is wrong with a rule is said with its place.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs
)]

use rapport_rules::Rule;
use serde_json::{Value, json};

fn refused(rule: &Value) -> Vec<(String, String, String)> {
    let wrong = Rule::parse(rule).expect_err(&rule.to_string());
    wrong
        .into_iter()
        .map(|v| (v.pointer, v.code, v.detail))
        .collect()
}

#[test]
fn each_malformed_rule_is_refused_at_its_place() {
    let ok = json!({"tag": "vip"});
    let field = |is: &str, value: Value| json!({"field": "traits.x", "is": is, "value": value});
    for (rule, pointer, code) in [
        (json!("vip"), "", "wrong_type"),
        (json!({}), "", "missing_field"),
        (json!({"alll": [ok]}), "/alll", "unknown_field"),
        (json!({"all": [ok], "any": [ok]}), "", "ambiguous"),
        (json!({"all": ok}), "/all", "wrong_type"),
        (json!({"all": []}), "/all", "empty"),
        (json!({"any": [ok, 7]}), "/any/1", "wrong_type"),
        (json!({"not": [ok]}), "/not", "wrong_type"),
        (json!({"not": ok, "name": "x"}), "/name", "unknown_field"),
        (json!({"tag": 7}), "/tag", "wrong_type"),
        (json!({"tag": ""}), "/tag", "empty"),
        (field("contians", json!("x")), "/is", "unknown_operator"),
        (json!({"field": "traits.x"}), "", "missing_field"),
        (json!({"field": "traits.x", "is": 7}), "/is", "wrong_type"),
        (
            json!({"field": "traits.x", "is": "eq"}),
            "",
            "missing_field",
        ),
        (
            json!({"field": "traits.x", "is": "exists", "value": 1}),
            "/value",
            "unknown_field",
        ),
        (
            json!({"field": "traits.x", "is": "eq", "valeu": 1, "value": 1}),
            "/valeu",
            "unknown_field",
        ),
        (
            json!({"field": "traits.x", "is": "before", "value": "2026-11-21", "exact": true}),
            "/exact",
            "unknown_field",
        ),
        (
            json!({"field": "traits.x", "is": "eq", "value": "x", "exact": 1}),
            "/exact",
            "wrong_type",
        ),
        (json!({"field": 7, "is": "exists"}), "/field", "wrong_type"),
        (
            json!({"field": "city", "is": "exists"}),
            "/field",
            "unknown_fact",
        ),
        (
            json!({"field": "traits..x", "is": "exists"}),
            "/field",
            "unknown_fact",
        ),
        (
            json!({"field": "traits.", "is": "exists"}),
            "/field",
            "unknown_fact",
        ),
        (
            json!({"field": "properties.x", "is": "exists"}),
            "/field",
            "unknown_fact",
        ),
        (
            json!({"field": "loyalty.tiers", "is": "exists"}),
            "/field",
            "unknown_fact",
        ),
        (
            json!({"field": "loyalty.tier", "is": "eq", "value": 3}),
            "/value",
            "wrong_type",
        ),
        (
            json!({"field": "loyalty.tier", "is": "within_last", "value": "3d"}),
            "/is",
            "wrong_type",
        ),
        (
            json!({"field": "loyalty.active", "is": "starts_with", "value": "3"}),
            "/is",
            "wrong_type",
        ),
        (
            json!({"field": "loyalty.active", "is": "in", "value": [3, "4"]}),
            "/value",
            "wrong_type",
        ),
        (
            json!({"field": "feedback.last_at", "is": "contains", "value": "2026"}),
            "/is",
            "wrong_type",
        ),
        (
            json!({"field": "scores.heat.bands", "is": "exists"}),
            "/field",
            "unknown_fact",
        ),
        (
            json!({"field": "scores.heat!", "is": "exists"}),
            "/field",
            "unknown_fact",
        ),
        (
            json!({"field": "scores.heat", "is": "gte", "value": "50"}),
            "/value",
            "wrong_type",
        ),
        (
            json!({"field": "scores.heat.band", "is": "eq", "value": 50}),
            "/value",
            "wrong_type",
        ),
        (
            json!({"field": "rfm.recency", "is": "exists"}),
            "/field",
            "unknown_fact",
        ),
        (
            json!({"field": "rfm.recency_days", "is": "gte", "value": "30"}),
            "/value",
            "wrong_type",
        ),
        (
            json!({"field": "rfm.monetary", "is": "contains", "value": "30"}),
            "/is",
            "wrong_type",
        ),
        (
            json!({"field": "lifecycle", "is": "eq", "value": "lots"}),
            "/value",
            "unknown_value",
        ),
        (
            json!({"field": "lifecycle", "is": "gt", "value": "lost"}),
            "/is",
            "wrong_type",
        ),
        (
            json!({"field": "created_at", "is": "lt", "value": 7}),
            "/value",
            "wrong_type",
        ),
        (field("eq", Value::Null), "/value", "wrong_type"),
        (field("eq", json!([1])), "/value", "wrong_type"),
        (field("eq", json!({"a": 1})), "/value", "wrong_type"),
        (field("gt", json!(true)), "/value", "wrong_type"),
        (field("eq", json!(1e300)), "/value", "invalid_value"),
        (field("in", json!("x")), "/value", "wrong_type"),
        (field("in", json!([])), "/value", "empty"),
        (field("in", json!(["x", null])), "/value/1", "wrong_type"),
        (field("between", json!([1])), "/value", "wrong_type"),
        (field("between", json!([1, "2"])), "/value", "wrong_type"),
        (field("between", json!([2, 1])), "/value", "invalid_value"),
        (field("contains", json!("")), "/value", "empty"),
        (field("starts_with", json!(7)), "/value", "wrong_type"),
        (
            field("before", json!("yesterday")),
            "/value",
            "invalid_value",
        ),
        (
            field("on_day", json!("2026-11-21T00:00:00Z")),
            "/value",
            "invalid_value",
        ),
        (
            field("within_last", json!("30")),
            "/value",
            "invalid_duration",
        ),
        (
            field("within_last", json!(30)),
            "/value",
            "invalid_duration",
        ),
        (
            field("within_last", json!("0d")),
            "/value",
            "invalid_duration",
        ),
        (
            field("anniversary", json!("36h")),
            "/value",
            "invalid_duration",
        ),
        (
            field("within_distance", json!({"lat": 91, "lon": 0, "km": 1})),
            "/value",
            "invalid_value",
        ),
        (
            field("within_distance", json!({"lat": 1, "lon": 0})),
            "/value/km",
            "invalid_value",
        ),
        (field("matches", json!("(a+")), "/value", "invalid_pattern"),
        (
            field("matches", json!("a{300}")),
            "/value",
            "invalid_pattern",
        ),
        (
            field("not_matches", json!("(?=a)")),
            "/value",
            "invalid_pattern",
        ),
        (field("matches", json!("")), "/value", "empty"),
        (field("matches", json!(7)), "/value", "wrong_type"),
        (json!({"segment": 7}), "/segment", "wrong_type"),
        (json!({"segment": ""}), "/segment", "empty"),
        (json!({"segment": "金"}), "/segment", "invalid_value"),
        (
            json!({"segment": "gold", "is": "eq"}),
            "/is",
            "unknown_field",
        ),
        (json!({"sequence": {}}), "/sequence", "wrong_type"),
        (json!({"sequence": [], "in": "2d"}), "/sequence", "empty"),
        (json!({"sequence": [{"event": "e"}]}), "/sequence", "empty"),
        (
            json!({"sequence": vec![json!({"event": "e"}); 17]}),
            "/sequence",
            "too_many_values",
        ),
        (
            json!({"sequence": [{"event": "e"}, "f"]}),
            "/sequence/1",
            "wrong_type",
        ),
        (
            json!({"sequence": [{"event": "e"}, {"within": "2d", "event": "f"}]}),
            "/sequence/1/within",
            "unknown_field",
        ),
        (
            json!({"sequence": [{"event": "e"}, {}]}),
            "/sequence/1",
            "missing_field",
        ),
        (
            json!({"sequence": [{"event": "e"}, {"event": "f", "where": {"tag": "x"}}]}),
            "/sequence/1/where/tag",
            "misplaced",
        ),
        (
            json!({"sequence": [{"event": "e"}, {"event": "f"}], "in": "2"}),
            "/in",
            "invalid_duration",
        ),
        (json!({"event": ""}), "/event", "empty"),
        (json!({"event": 7}), "/event", "wrong_type"),
        (
            json!({"event": "e", "within": "month"}),
            "/within",
            "invalid_duration",
        ),
        (json!({"event": "e", "count": 3}), "/count", "wrong_type"),
        (
            json!({"event": "e", "count": {}}),
            "/count",
            "missing_field",
        ),
        (
            json!({"event": "e", "count": {"at_least": -1}}),
            "/count/at_least",
            "invalid_value",
        ),
        (
            json!({"event": "e", "count": {"at_least": 1.5}}),
            "/count/at_least",
            "invalid_value",
        ),
        (
            json!({"event": "e", "count": {"atleast": 1, "at_most": 2}}),
            "/count/atleast",
            "unknown_field",
        ),
        (
            json!({"event": "e", "count": {"at_least": 3, "at_most": 2}}),
            "/count",
            "invalid_value",
        ),
        (
            json!({"event": "e", "count": {"at_least": 3, "exactly": 3}}),
            "/count",
            "ambiguous",
        ),
        (
            json!({"event": "e", "at_least": 3}),
            "/at_least",
            "unknown_field",
        ),
        (
            json!({"event": "e", "sum": "properties.total"}),
            "",
            "missing_field",
        ),
        (
            json!({"event": "e", "sum": "total", "at_least": 1}),
            "/sum",
            "unknown_fact",
        ),
        (
            json!({"event": "e", "sum": "properties.total", "at_least": "1"}),
            "/at_least",
            "wrong_type",
        ),
        (
            json!({"event": "e", "sum": "properties.a", "avg": "properties.a", "at_least": 1}),
            "",
            "ambiguous",
        ),
        (
            json!({"event": "e", "sum": "properties.a", "at_least": 1, "count": {"at_least": 1}}),
            "/count",
            "ambiguous",
        ),
        (
            json!({"event": "e", "distinct": "a", "at_least": 1}),
            "/distinct",
            "unknown_fact",
        ),
        (
            json!({"event": "e", "distinct": "properties.a"}),
            "",
            "missing_field",
        ),
        (
            json!({"event": "e", "distinct": "properties.a", "at_least": 1.5}),
            "/at_least",
            "invalid_value",
        ),
        (
            json!({"event": "e", "sum": "properties.a", "at_least": 1.5, "exact": true}),
            "/exact",
            "unknown_field",
        ),
        (
            json!({"event": "e", "first": "properties.a"}),
            "",
            "missing_field",
        ),
        (
            json!({"event": "e", "first": "traits.a", "is": "exists"}),
            "/first",
            "unknown_fact",
        ),
        (
            json!({"event": "e", "last": "properties.a", "is": "eqq", "value": 1}),
            "/is",
            "unknown_operator",
        ),
        (
            json!({"event": "e", "last": "properties.a", "is": "eq", "value": 1, "at_least": 1}),
            "/at_least",
            "unknown_field",
        ),
        (
            json!({"event": "e", "last": "at", "is": "eq", "value": 1}),
            "/value",
            "wrong_type",
        ),
        (
            json!({"event": "e", "is": "eq", "count": {"at_least": 1}}),
            "/is",
            "unknown_field",
        ),
        (
            json!({"event": "e", "from": "yesterday"}),
            "/from",
            "invalid_value",
        ),
        (
            json!({"event": "e", "from": "2026-11-02", "to": "2026-11-01"}),
            "/to",
            "invalid_value",
        ),
        (
            json!({"event": "e", "from": "2026-11-02T00:00:00Z", "to": "2026-11-02T00:00:00Z"}),
            "/to",
            "invalid_value",
        ),
        (
            json!({"event": "e", "where": {"field": "traits.x", "is": "exists"}}),
            "/where/field",
            "unknown_fact",
        ),
        (
            json!({"event": "e", "where": {"tag": "vip"}}),
            "/where/tag",
            "misplaced",
        ),
        (
            json!({"event": "e", "where": {"event": "f"}}),
            "/where/event",
            "misplaced",
        ),
        (
            json!({"event": "e", "wihtin": "3d"}),
            "/wihtin",
            "unknown_field",
        ),
        (json!({"each": "traits.x"}), "", "missing_field"),
        (
            json!({"each": "tags", "where": {"field": "", "is": "exists"}}),
            "/each",
            "unknown_fact",
        ),
    ] {
        let wrong = refused(&rule);
        let found: Vec<_> = wrong
            .iter()
            .map(|(p, c, _)| (p.as_str(), c.as_str()))
            .collect();
        assert_eq!(found, [(pointer, code)], "{rule}: {wrong:?}");
    }
}

#[test]
fn several_mistakes_are_all_reported() {
    let wrong = refused(&json!({"all": [
        {"field": "traits.x", "is": "contians", "value": "x"},
        {"event": "e", "within": "month"},
        {"any": [{"field": "city", "is": "eqq", "value": 1}]}
    ]}));
    let places: Vec<_> = wrong.iter().map(|(pointer, ..)| pointer.as_str()).collect();
    assert_eq!(
        places,
        [
            "/all/0/is",
            "/all/1/within",
            "/all/2/any/0/field",
            "/all/2/any/0/is"
        ]
    );
}

#[test]
fn the_detail_says_what_would_be_right() {
    let detail = |rule: Value| refused(&rule)[0].2.clone();
    assert_eq!(
        detail(json!({"field": "traits.x", "is": "contians", "value": "x"})),
        "there is no operator \"contians\"; did you mean \"contains\"?"
    );
    assert!(detail(json!({"field": "traits.x", "is": ">=", "value": 1})).contains("\"gte\""));
    assert!(detail(json!({"field": "city", "is": "exists"})).contains("\"traits.city\""));
    assert!(
        detail(json!({"event": "e", "at_least": 3})).contains("{\"count\": {\"at_least\": 3}}")
    );
    assert!(detail(json!({"event": "e", "within": "month"})).contains("30d"));
}

#[test]
fn a_rule_may_be_8_deep_and_no_deeper() {
    let nest =
        |depth: usize| (1..depth).fold(json!({"tag": "vip"}), |inner, _| json!({"not": inner}));
    assert!(Rule::parse(&nest(8)).is_ok());
    let wrong = refused(&nest(9));
    assert_eq!(
        (wrong[0].0.as_str(), wrong[0].1.as_str()),
        ("/not/not/not/not/not/not/not/not", "too_deep")
    );
    assert_eq!(wrong.len(), 1);
}

#[test]
fn a_rule_may_have_256_parts_and_no_more() {
    let wide = |parts: usize| json!({"all": vec![json!({"tag": "vip"}); parts - 1]});
    assert!(Rule::parse(&wide(256)).is_ok());
    let wrong = refused(&wide(257));
    assert_eq!(
        (wrong[0].0.as_str(), wrong[0].1.as_str()),
        ("/all/255", "too_many_nodes")
    );
    assert_eq!(refused(&wide(100_000)).len(), 1);
}

#[test]
fn a_rule_with_thousands_of_mistakes_is_answered_with_a_few() {
    let rule = json!({"any": vec![json!({"field": "traits.x", "is": "in", "value": vec![Value::Null; 900]}); 200]});
    assert_eq!(refused(&rule).len(), 32);
}

#[test]
fn the_examples_of_the_language_are_accepted() {
    for rule in [
        json!({"field": "traits.city", "is": "in", "value": ["上海", "杭州"]}),
        json!({"event": "order_completed", "within": "30d", "count": {"at_least": 3}}),
        json!({"event": "Order Completed",
            "where": {"field": "properties.category", "is": "eq", "value": "shoes"},
            "within": "90d", "sum": "properties.total", "at_least": 1000}),
        json!({"event": "e", "count": {"exactly": 0}}),
    ] {
        assert!(Rule::parse(&rule).is_ok(), "{rule}");
    }
}
