//! One test per operator: Chinese text, decimals, days at their borders, lists, absence.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    missing_docs
)]

mod common;

use common::{Shopper, ask, passes};
use serde_json::{Value, json};

/// Asserts each `(value, operand, result)` for the operator, and the opposite for its negative.
fn check(positive: &str, negative: Option<&str>, cases: Vec<(Value, Value, bool)>) {
    for (value, operand, expected) in cases {
        let case = format!("{value} {positive} {operand}");
        assert_eq!(
            passes(value.clone(), positive, operand.clone()),
            expected,
            "{case}"
        );
        if let Some(negative) = negative {
            assert_eq!(
                passes(value, negative, operand),
                !expected,
                "{negative}: {case}"
            );
        }
    }
}

#[test]
fn eq_compares_without_coercion() {
    check(
        "eq",
        Some("ne"),
        vec![
            (json!("上海"), json!("上海"), true),
            (json!("ＶＩＰ"), json!("vip"), true),
            (json!("杭州"), json!("上海"), false),
            (json!(30), json!(30.0), true),
            (json!(0.1), json!(0.1), true),
            (json!("30"), json!(30), false),
            (json!(true), json!(true), true),
            (json!(1), json!(true), false),
            (json!(["上海", "杭州"]), json!("杭州"), true),
            (json!([]), json!("杭州"), false),
            (json!([null, 1]), json!(1), true),
            (Value::Null, json!("上海"), false),
            (json!({"a": 1}), json!("a"), false),
            (json!(1e300), json!(1), false),
        ],
    );
}

#[test]
fn exact_keeps_case_and_width() {
    let shopper = Shopper::with(json!({"code": "ＡＢc"}));
    let test =
        |value: &str| json!({"field": "traits.code", "is": "eq", "value": value, "exact": true});
    assert!(ask(&shopper, test("ＡＢc"), "2026-11-21").matches);
    assert!(!ask(&shopper, test("ABc"), "2026-11-21").matches);
}

#[test]
fn in_asks_for_one_of_several() {
    check(
        "in",
        Some("not_in"),
        vec![
            (json!("上海"), json!(["杭州", "上海"]), true),
            (json!("北京"), json!(["杭州", "上海"]), false),
            (json!(2), json!(["2", 2]), true),
            (json!(["北京", "上海"]), json!(["杭州", "上海"]), true),
            (Value::Null, json!(["上海"]), false),
        ],
    );
}

#[test]
fn order_operators_take_numbers_and_text() {
    check(
        "lt",
        None,
        vec![
            (json!(29.99), json!(30), true),
            (json!(30), json!(30), false),
            (json!("a"), json!("B"), true),
            (json!("29"), json!(30), false),
            (Value::Null, json!(30), false),
            (json!([40, 20]), json!(30), true),
            (json!(true), json!(30), false),
        ],
    );
    check(
        "lte",
        None,
        vec![
            (json!(30), json!(30), true),
            (json!(30.01), json!(30), false),
        ],
    );
    check(
        "gt",
        None,
        vec![
            (json!(0.30000001), json!(0.3), true),
            (json!(0.3), json!(0.3), false),
            (json!("上"), json!("z"), true),
        ],
    );
    check(
        "gte",
        None,
        vec![
            (json!(30), json!(30), true),
            (json!(29.99), json!(30), false),
        ],
    );
}

#[test]
fn between_includes_both_ends() {
    check(
        "between",
        Some("not_between"),
        vec![
            (json!(10), json!([10, 20]), true),
            (json!(20), json!([10, 20]), true),
            (json!(20.01), json!([10, 20]), false),
            (json!("m"), json!(["a", "Z"]), true),
            (json!("15"), json!([10, 20]), false),
            (json!([1, 15]), json!([10, 20]), true),
            // No single element is between: 5 and 25 are not averaged.
            (json!([5, 25]), json!([10, 20]), false),
            (Value::Null, json!([10, 20]), false),
        ],
    );
}

#[test]
fn exists_takes_empty_things_but_not_null() {
    check(
        "exists",
        Some("missing"),
        vec![
            (json!(""), Value::Null, true),
            (json!([]), Value::Null, true),
            (json!({}), Value::Null, true),
            (json!(false), Value::Null, true),
            (Value::Null, Value::Null, false),
        ],
    );
    let null = Shopper::with(json!({"x": null}));
    assert!(
        !ask(
            &null,
            json!({"field": "traits.x", "is": "exists"}),
            "2026-11-21"
        )
        .matches
    );
    let nested = Shopper::with(json!({"a": {"b": 1}}));
    assert!(
        ask(
            &nested,
            json!({"field": "traits.a.b", "is": "exists"}),
            "2026-11-21"
        )
        .matches
    );
    assert!(
        !ask(
            &nested,
            json!({"field": "traits.a.b.c", "is": "exists"}),
            "2026-11-21"
        )
        .matches
    );
}

#[test]
fn is_not_empty_takes_what_has_something_in_it() {
    check(
        "is_not_empty",
        Some("is_empty"),
        vec![
            (json!("一"), Value::Null, true),
            (json!(0), Value::Null, true),
            (json!(false), Value::Null, true),
            (json!([null]), Value::Null, true),
            (json!(""), Value::Null, false),
            (json!([]), Value::Null, false),
            (json!({}), Value::Null, false),
            (Value::Null, Value::Null, false),
        ],
    );
}

#[test]
fn parts_of_text() {
    check(
        "contains",
        Some("not_contains"),
        vec![
            (json!("上海市浦东新区"), json!("浦东"), true),
            (json!("Straße 5"), json!("STRASSE"), true),
            (json!(["红茶", "绿茶"]), json!("绿"), true),
            (json!(12345), json!("23"), false),
            (Value::Null, json!("浦东"), false),
        ],
    );
    check(
        "starts_with",
        Some("not_starts_with"),
        vec![
            (json!("138-0013-8000"), json!("138"), true),
            (json!("+86 138"), json!("138"), false),
            (json!("浦东新区"), json!("浦东"), true),
        ],
    );
    check(
        "ends_with",
        Some("not_ends_with"),
        vec![
            (json!("li@Example.com"), json!("@example.COM"), true),
            (json!("上海市"), json!("市"), true),
            (json!("市上海"), json!("市"), false),
        ],
    );
}

#[test]
fn matches_asks_about_the_whole_text() {
    check(
        "matches",
        Some("not_matches"),
        vec![
            (json!("13800138000"), json!("1[3-9]\\d{9}"), true),
            (json!("+8613800138000"), json!("1[3-9]\\d{9}"), false),
            (json!("李雷"), json!("[一-龥]{2,4}"), true),
            (json!("ＶＩＰ12"), json!("vip\\d+"), true),
            (json!("vip"), json!("VIP"), true),
            (json!(["x", "Vip-7"]), json!("vip-.*"), true),
            (json!([]), json!(".*"), false),
            (json!(""), json!("a*"), true),
            (json!(12), json!("\\d+"), false),
            (json!(12.5), json!(".*"), false),
            (json!("2026-11-21"), json!("\\d{4}-11-.*"), true),
            (Value::Null, json!(".*"), false),
        ],
    );
    let exact = json!({"field": "traits.x", "is": "matches", "value": "VIP", "exact": true});
    let holds = |text: &str| {
        ask(
            &Shopper::with(json!({"x": text})),
            exact.clone(),
            "2026-11-21",
        )
    };
    assert!(holds("VIP").matches && !holds("vip").matches);
}

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
fn before_and_after_treat_a_date_as_the_whole_day_in_shanghai() {
    check(
        "before",
        None,
        vec![
            (json!("2026-11-20T15:59:59.999Z"), json!("2026-11-21"), true),
            (json!("2026-11-20T16:00:00Z"), json!("2026-11-21"), false),
            (json!("2026-11-20"), json!("2026-11-21"), true),
            (json!("2026-11-21"), json!("2026-11-21"), false),
            (json!("2026-11-21"), json!("2026-11-21T15:59:59Z"), false),
            (json!("2026-11-21"), json!("2026-11-21T16:00:00Z"), true),
            (json!(0), json!("2026-11-21"), false),
            (json!("昨天"), json!("2026-11-21"), false),
            (Value::Null, json!("2026-11-21"), false),
        ],
    );
    check(
        "after",
        None,
        vec![
            (json!("2026-11-21T16:00:00Z"), json!("2026-11-21"), true),
            (
                json!("2026-11-21T15:59:59.999Z"),
                json!("2026-11-21"),
                false,
            ),
            (json!("2026-11-22"), json!("2026-11-21T12:00:00Z"), true),
        ],
    );
}

#[test]
fn on_day_is_the_day_in_shanghai() {
    check(
        "on_day",
        Some("not_on_day"),
        vec![
            (json!("2026-11-20T16:00:00Z"), json!("2026-11-21"), true),
            (json!("2026-11-21T15:59:59.999Z"), json!("2026-11-21"), true),
            (json!("2026-11-21T16:00:00Z"), json!("2026-11-21"), false),
            (json!("2026-11-21"), json!("2026-11-21"), true),
            (
                json!(["2026-01-01", "2026-11-21"]),
                json!("2026-11-21"),
                true,
            ),
            (Value::Null, json!("2026-11-21"), false),
        ],
    );
}

#[test]
fn windows_around_now() {
    // Now is noon of the 21st in UTC, eight in the evening in Shanghai.
    check(
        "within_last",
        None,
        vec![
            (json!("2026-11-20T12:00:00.001Z"), json!("1d"), true),
            (json!("2026-11-20T12:00:00Z"), json!("1d"), false),
            (json!("2026-11-21T12:00:00Z"), json!("1d"), true),
            (json!("2026-11-21T12:00:00.001Z"), json!("1d"), false),
            (json!("2026-11-21"), json!("1s"), true),
            (json!("2026-11-22"), json!("1d"), false),
            (Value::Null, json!("1d"), false),
        ],
    );
    check(
        "older_than",
        None,
        vec![
            (json!("2026-11-20T12:00:00Z"), json!("1d"), true),
            (json!("2026-11-20T12:00:00.001Z"), json!("1d"), false),
        ],
    );
    check(
        "within_next",
        None,
        vec![
            (json!("2026-11-21T12:00:00Z"), json!("1d"), false),
            (json!("2026-11-21T12:00:00.001Z"), json!("1d"), true),
            (json!("2026-11-22T12:00:00Z"), json!("1d"), true),
            (json!("2026-11-22T12:00:00.001Z"), json!("1d"), false),
            (json!("2026-11-22"), json!("1d"), true),
        ],
    );
}

#[test]
fn anniversaries_count_today_and_seven_days_ahead() {
    check(
        "anniversary",
        None,
        vec![
            (json!("1990-11-21"), json!("7d"), true),
            (json!("1990-11-28"), json!("7d"), true),
            (json!("1990-11-29"), json!("7d"), false),
            (json!("1990-11-20"), json!("7d"), false),
            // Already the 22nd in Shanghai.
            (json!("1990-11-21T16:30:00Z"), json!("0d"), false),
            (json!("1990-11-20T16:30:00Z"), json!("0d"), true),
            (json!("十一月"), json!("7d"), false),
        ],
    );
}

#[test]
fn within_distance_measures_along_the_globe() {
    let shanghai = json!({"lat": 31.2304, "lon": 121.4737, "km": 200});
    check(
        "within_distance",
        None,
        vec![
            (
                json!({"lat": 30.2741, "lon": 120.1551}),
                shanghai.clone(),
                true,
            ),
            (
                json!({"lat": 39.9042, "lon": 116.4074}),
                shanghai.clone(),
                false,
            ),
            (json!("上海"), shanghai.clone(), false),
            (Value::Null, shanghai, false),
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
