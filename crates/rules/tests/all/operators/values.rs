//! Values compared, counted and looked for.

use super::check;
use crate::common::{Shopper, ask};
use serde_json::{Value, json};

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
