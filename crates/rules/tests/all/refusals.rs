//! What is wrong with a rule is said with its place.

use crate::common::malformed::malformed;
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
    for (rule, pointer, code) in malformed() {
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
fn the_patterns_of_a_rule_have_1024_states_together_and_no_more() {
    let rule = |last: &str| {
        let mut values = vec![".{256}"; 3];
        values.extend([".{255}", last]);
        let tests = values
            .iter()
            .map(|value| json!({"field": "traits.a", "is": "matches", "value": value}));
        json!({"all": Vec::from_iter(tests)})
    };
    assert!(Rule::parse(&rule("a")).is_ok());
    let wrong = refused(&rule("aa"));
    assert_eq!(
        (wrong[0].0.as_str(), wrong[0].1.as_str()),
        ("/all/4/value", "too_large")
    );
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
