//! Lists, tags, elements.

use super::check;
use crate::common::{Shopper, ask};
use serde_json::{Value, json};

#[test]
fn sets_are_asked_of_lists_only() {
    check(
        "contains_any",
        Some("contains_none"),
        vec![
            (json!(["茶", "酒"]), json!(["酒", "水"]), true),
            (json!(["茶"]), json!(["酒", "水"]), false),
            (json!("酒"), json!(["酒"]), false),
            (json!([]), json!(["酒"]), false),
            (json!([1, 2.5]), json!([2.5]), true),
            (Value::Null, json!(["酒"]), false),
        ],
    );
    check(
        "contains_all",
        None,
        vec![
            (json!(["茶", "酒", "水"]), json!(["酒", "水"]), true),
            (json!(["酒"]), json!(["酒", "水"]), false),
            (json!("酒"), json!(["酒"]), false),
            (Value::Null, json!(["酒"]), false),
        ],
    );
}

#[test]
fn tags_are_a_list_and_have_a_short_form() {
    let shopper = Shopper::default().tagged(&["VIP", "老客"]);
    for (test, expected) in [
        (json!({"tag": "vip"}), true),
        (json!({"tag": "老客"}), true),
        (json!({"tag": "老"}), false),
        (
            json!({"field": "tags", "is": "contains_all", "value": ["vip", "老客"]}),
            true,
        ),
        (
            json!({"field": "tags", "is": "contains_none", "value": ["新客"]}),
            true,
        ),
        (json!({"field": "tags", "is": "is_empty"}), false),
    ] {
        assert_eq!(
            ask(&shopper, test.clone(), "2026-11-21").matches,
            expected,
            "{test}"
        );
    }
    let none = Shopper::default();
    assert!(
        ask(
            &none,
            json!({"field": "tags", "is": "is_empty"}),
            "2026-11-21"
        )
        .matches
    );
}

#[test]
fn each_asks_one_element_everything() {
    let shopper = Shopper::with(json!({"interests": [
        {"name": "茶", "level": 1}, null, {"name": "酒", "level": 5}
    ], "sizes": [36, 42]}));
    let both = |name: &str| {
        json!({"each": "traits.interests", "where": {"all": [
            {"field": "name", "is": "eq", "value": name},
            {"field": "level", "is": "gte", "value": 3}
        ]}})
    };
    assert!(ask(&shopper, both("酒"), "2026-11-21").matches);
    assert!(!ask(&shopper, both("茶"), "2026-11-21").matches);
    let itself = json!({"each": "traits.sizes", "where": {"field": "", "is": "gt", "value": 40}});
    assert!(ask(&shopper, itself, "2026-11-21").matches);
}
