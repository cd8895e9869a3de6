//! Check-ins: once a day of the shop, streaks, and what they earn.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use crate::shop::{get, is, post, problem, program};
use futures_util::future::join_all;
use http::Method;
use rapport_web::testing::{Answered, Client};
use serde_json::{Value, json};

const PATH: &str = "/v1/loyalty/accounts/c/check-ins";

/// 5 points a day, 50 on each seventh day in a row, 200 on the thirtieth.
fn rules() -> Value {
    json!([
        {"id": "daily", "name": "Check-in", "when": "check_in", "points": 5},
        {"id": "week", "name": "Seven in a row", "when": "check_in", "points": 50,
         "where": {"field": "properties.streak_of_7", "is": "eq", "value": 7}},
        {"id": "month", "name": "Thirty in a row", "when": "check_in", "points": 200,
         "where": {"field": "properties.streak", "is": "eq", "value": 30}},
    ])
}

async fn with(rules: Value) -> Client {
    let shop = Client::new(loyalty::routes);
    let mut program = program();
    program["rules"] = rules;
    let set = shop.put("/v1/loyalty/program", program).await;
    assert_eq!(set.status, 201, "{}", set.body);
    shop
}

async fn check_in(shop: &Client, at: &str) -> Answered {
    let answered = shop.at(at).post(PATH, json!({})).await;
    assert_eq!(answered.status, 200, "{at}: {}", answered.body);
    answered
}

/// Streak, longest, total, points.
fn row(answered: &Answered) -> (u64, u64, u64, i64) {
    let number = |field: &str| answered.body[field].as_u64().unwrap();
    let points = answered.body["points"].as_i64().unwrap_or(-1);
    (number("streak"), number("longest"), number("total"), points)
}

#[tokio::test]
async fn a_day_has_one_check_in_however_often_it_is_asked_for() {
    let shop = with(rules()).await;
    let dry = shop.post(&format!("{PATH}?dry_run=true"), json!({})).await;
    assert_eq!(row(&dry), (1, 1, 1, 5));
    let all = join_all((0..8).map(|_| shop.post(PATH, json!({})))).await;
    for one in &all {
        assert_eq!((one.status, &one.body), (all[0].status, &all[0].body));
    }
    assert_eq!(row(&all[0]), (1, 1, 1, 5));
    let first = all
        .iter()
        .filter(|one| !one.headers.contains_key("idempotency-replayed"));
    assert_eq!(first.count(), 1);
    let bare = shop.call(Method::POST, PATH, &[], None).await;
    assert_eq!(bare.body, all[0].body);
    assert_eq!(get(&shop, "c", "").await.body["balance"]["active"], 5);
    let journal = get(&shop, "c", "/journal").await.body["items"].clone();
    assert_eq!(journal.as_array().unwrap().len(), 1);
    assert_eq!(journal[0]["reason"], "check-in");
}

#[tokio::test]
async fn a_day_begins_at_midnight_of_the_shop() {
    let shop = with(rules()).await;
    // 21 November 15:59:59.999 UTC is the last moment of that day in Shanghai, eight hours ahead.
    assert_eq!(
        row(&check_in(&shop, "2026-11-21T15:59:59.999Z").await),
        (1, 1, 1, 5)
    );
    assert_eq!(
        row(&check_in(&shop, "2026-11-21T16:00:00Z").await),
        (2, 2, 2, 5)
    );
    // Still the 22nd there, though UTC has the next day.
    let again = check_in(&shop, "2026-11-22T15:59:59Z").await;
    assert_eq!(
        (row(&again), &again.body["today"]),
        ((2, 2, 2, 5), &json!("2026-11-22"))
    );
    // A request that began before midnight and comes after another one is of the later day.
    let late = check_in(&shop, "2026-11-21T15:59:59Z").await;
    assert_eq!(
        (row(&late), &late.body["today"]),
        ((2, 2, 2, 5), &json!("2026-11-22"))
    );
}

#[tokio::test]
async fn a_streak_goes_on_over_the_ends_of_months_and_a_leap_day_and_a_missed_day_ends_it() {
    let shop = with(json!([])).await;
    let days = ["2028-02-27", "2028-02-28", "2028-02-29", "2028-03-01"];
    for (n, day) in (1..).zip(days) {
        let checked = check_in(&shop, &format!("{day}T12:00:00+08:00")).await;
        assert_eq!(row(&checked), (n, n, n, 0), "{day}");
    }
    // 2 March is missed.
    let missed = shop.at("2028-03-02T23:59:59+08:00").get(PATH).await;
    assert_eq!(
        (&missed.body["streak"], &missed.body["checked_in"]),
        (&json!(4), &json!(false))
    );
    // The streak of 1 March lasts until the end of 2 March.
    assert_eq!(missed.body["until"], "2028-03-02T16:00:00Z");
    let over = shop.at("2028-03-03T00:00:00+08:00").get(PATH).await;
    assert_eq!(
        (&over.body["streak"], &over.body["until"]),
        (&json!(0), &Value::Null)
    );
    assert_eq!(
        row(&check_in(&shop, "2028-03-03T08:00:00+08:00").await),
        (1, 4, 5, 0)
    );
    // In a year that is no leap year, 28 February and 1 March are neighbours; so are 31 December and 1 January.
    let other = with(json!([])).await;
    for (n, day) in (1..).zip(["2027-02-28", "2027-03-01"]) {
        assert_eq!(
            row(&check_in(&other, &format!("{day}T00:00:00+08:00")).await).0,
            n
        );
    }
    for (n, day) in (1..).zip(["2027-12-31", "2028-01-01"]) {
        assert_eq!(
            row(&check_in(&other, &format!("{day}T23:59:59+08:00")).await).0,
            n
        );
    }
    let recent = other.at("2028-01-01T23:59:59+08:00").get(PATH).await.body["recent"].clone();
    assert_eq!(recent, json!(["2028-01-01", "2027-12-31"]));
}

#[tokio::test]
async fn streaks_earn_by_the_rules_and_the_answer_says_what_comes_next() {
    let shop = with(rules()).await;
    let mut points = Vec::new();
    for day in 1..=30 {
        let at = format!("2026-11-{day:02}T09:00:00+08:00");
        let checked = check_in(&shop, &at).await;
        points.push(checked.body["points"].as_i64().unwrap());
        if day == 5 {
            assert_eq!(
                checked.body["next"],
                json!({"day": "2026-11-06", "streak": 6, "points": 5})
            );
            assert_eq!(
                checked.body["bonus"],
                json!({"day": "2026-11-07", "streak": 7, "points": 55})
            );
        }
        if day == 7 {
            assert_eq!(checked.body["breakdown"][1]["id"], "week");
        }
        if day == 29 {
            assert_eq!(
                checked.body["next"],
                json!({"day": "2026-11-30", "streak": 30, "points": 205})
            );
            // Nothing within a month gives more than 205.
            assert_eq!(checked.body["bonus"], Value::Null);
        }
    }
    // 30 times 5, 50 on days 7, 14, 21 and 28, 200 on day 30: 150 + 200 + 200.
    assert_eq!(points.iter().sum::<i64>(), 550);
    assert_eq!(
        (points[6], points[7], points[27], points[29]),
        (55, 5, 55, 205)
    );
    let at = shop.at("2026-11-30T10:00:00+08:00");
    assert_eq!(get(&at, "c", "").await.body["balance"]["active"], 550);
    let before = shop.at("2026-12-01T10:00:00+08:00").get(PATH).await.body;
    assert_eq!(
        before["next"],
        json!({"day": "2026-12-01", "streak": 31, "points": 5})
    );
    // After a missed day it begins again.
    let missed = shop.at("2026-12-02T10:00:00+08:00").get(PATH).await.body;
    assert_eq!(
        missed["next"],
        json!({"day": "2026-12-02", "streak": 1, "points": 5})
    );
}

#[tokio::test]
async fn a_key_stands_for_one_check_in_also_after_midnight() {
    let shop = with(rules()).await;
    let body = json!({"key": "k"});
    let first = shop.post(PATH, body.clone()).await;
    assert_eq!(first.status, 200, "{}", first.body);
    let next_day = shop.at("2026-11-22T12:00:00+08:00");
    let again = next_day.post(PATH, body.clone()).await;
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(again.body["transaction"], first.body["transaction"]);
    assert_eq!(again.body["checked_in"], false);
    assert_eq!(
        next_day.post(PATH, json!({"key": "l"})).await.body["streak"],
        2
    );
    post(&shop, "c", "earn", json!({"points": 1, "key": "other"})).await;
    let third = shop.at("2026-11-23T12:00:00+08:00");
    let reused = third.post(PATH, json!({"key": "other"})).await;
    assert_eq!(problem(&reused), is(422, "key_reused", &[]));
}

#[tokio::test]
async fn rules_about_check_ins_are_checked_and_capped() {
    let shop = Client::new(loyalty::routes);
    let bare = shop.post(PATH, json!({})).await;
    assert_eq!(row(&bare), (1, 1, 1, 0));
    assert_eq!(bare.body["next"], Value::Null);
    let mut wrong = program();
    wrong["rules"] = json!([{"id": "a", "name": "A", "when": "check_in", "multiplier": 2},
                            {"id": "b", "name": "B", "when": "sign_up", "points": 2,
                             "where": {"field": "properties.streak", "is": "eq", "value": 7}}]);
    let refused = shop.put("/v1/loyalty/program", wrong).await;
    let places = ["/rules/0/multiplier", "/rules/1/where"];
    assert_eq!(problem(&refused), is(422, "invalid_input", &places));
    let capped = json!([{"id": "a", "name": "A", "when": "check_in", "points": 5, "caps": {"per_month": 8}}]);
    let shop = with(capped).await;
    let points = ["2026-11-28", "2026-11-29", "2026-11-30", "2026-12-01"];
    let mut given = Vec::new();
    for day in points {
        let checked = check_in(&shop, &format!("{day}T12:00:00+08:00")).await;
        given.push(checked.body["points"].as_i64().unwrap());
    }
    // 8 in November: 5 and 3; December begins anew.
    assert_eq!(given, [5, 3, 0, 5]);
    let unknown = shop.post(PATH, json!({"at": "2026-11-01"})).await;
    assert_eq!(problem(&unknown), is(422, "invalid_input", &["/at"]));
}
