//! Parts of text, and patterns.

use super::check;
use crate::common::{Shopper, ask};
use serde_json::{Value, json};

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
