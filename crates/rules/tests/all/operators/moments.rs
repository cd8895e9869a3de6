//! Moments and days, as a shop in Shanghai has them; other zones are in [`zones`](super::zones).

use super::check;
use serde_json::{Value, json};

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
            // All of the day has to be over for so long; the 20th ended 20 hours ago.
            (json!("2026-11-20"), json!("20h"), true),
            (json!("2026-11-20"), json!("21h"), false),
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

/// What is absent, or no moment, passes none of them; of a list some one element is enough.
#[test]
fn absence_lists_and_what_is_no_moment() {
    let (long_ago, lately, soon) = ("2020-01-01", "2026-11-21T11:00:00Z", "2026-11-21T13:00:00Z");
    for (is, operand, passing, failing) in [
        ("before", "2026-01-01", long_ago, soon),
        ("after", "2026-11-21T12:00:00Z", soon, long_ago),
        ("on_day", "2020-01-01", long_ago, soon),
        ("within_last", "2h", lately, long_ago),
        ("older_than", "2h", long_ago, lately),
        ("within_next", "2h", soon, lately),
        ("anniversary", "3d", "1990-11-23", "1990-11-19"),
    ] {
        let negative = (is == "on_day").then_some("not_on_day");
        let operand = json!(operand);
        let cases = [
            (Value::Null, false),
            (json!(passing), true),
            (json!(failing), false),
            (json!([]), false),
            (json!([failing, passing]), true),
            (json!([failing, failing]), false),
            (json!([null, 7, "昨天", passing]), true),
            (json!([null, 7, "昨天"]), false),
            (json!(""), false),
            (json!("昨天"), false),
            (json!("2026-13-01"), false),
            (json!(1_795_000_000), false),
            (json!(12.5), false),
            (json!(true), false),
            (json!({"at": passing}), false),
        ];
        let cases = cases.map(|(value, passes)| (value, operand.clone(), passes));
        check(is, negative, cases.into());
    }
}
