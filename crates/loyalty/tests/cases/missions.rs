//! When missions can be done, what they give, and what is wrong with them.

use rapport_loyalty::mission::Mission;
use rapport_types::{Slug, Timestamp};
use serde_json::{Value, json};

use crate::PLAIN;
use crate::support::{Bank, at};

fn mission(change: Value) -> Mission {
    let mut mission = json!({"name": "Three reviews", "rule": {}, "reward": {"points": 50}});
    for (name, value) in change.as_object().unwrap() {
        mission[name] = value.clone();
    }
    serde_json::from_value(mission).unwrap()
}

fn near(moment: &str, millis: i64) -> Timestamp {
    Timestamp::from_millis(at(moment).millis() + millis)
}

#[test]
fn it_is_on_from_its_first_moment_to_before_its_last() {
    let (from, until) = ("2026-11-05T16:00:00Z", "2026-11-30T16:00:00Z");
    let both = mission(json!({"from": from, "until": until}));
    let on = [near(from, -1), at(from), near(until, -1), at(until)].map(|now| both.is_on(now));
    assert_eq!(on, [false, true, true, false]);
    let open = mission(json!({}));
    assert!(open.is_on(Timestamp::from_millis(i64::MIN)) && open.is_on(Timestamp::MAX));
    assert_eq!(both.check(), []);
}

#[test]
fn a_round_ends_with_its_mission() {
    let zone = Bank::with(PLAIN).zone;
    let ends = |until: Value| {
        let weekly = mission(json!({"period": "weekly", "until": until}));
        weekly.round(at("2026-11-18T00:00:00Z"), &zone).until
    };
    // The week ends on Sunday the 22nd, at midnight in Shanghai.
    assert_eq!(ends(Value::Null), Some(at("2026-11-22T16:00:00Z")));
    assert_eq!(
        ends(json!("2026-11-20T00:00:00Z")),
        Some(at("2026-11-20T00:00:00Z"))
    );
    assert_eq!(
        ends(json!("2026-12-20T00:00:00Z")),
        Some(at("2026-11-22T16:00:00Z"))
    );
    let once = mission(json!({"until": "2026-12-20T00:00:00Z"}));
    assert_eq!(
        once.round(at("2026-11-18T00:00:00Z"), &zone).until,
        Some(at("2026-12-20T00:00:00Z"))
    );
}

#[test]
fn the_reward_of_a_round_is_given_once_and_that_of_the_next_again() {
    let mut bank = Bank::with(PLAIN);
    let id = Slug::parse("reviews").unwrap();
    let now = at("2026-11-18T00:00:00Z");
    let mut give = |round: &str| {
        let done = bank
            .run(&Mission::reward(&id, round, "Three reviews", 50, now), now)
            .unwrap();
        (
            done.answer.points,
            done.replayed,
            done.answer.balance.active,
        )
    };
    assert_eq!(give("2026-11-16"), (50, false, 50));
    assert!(give("2026-11-16").1);
    assert_eq!(give("2026-11-23"), (50, false, 100));
    assert_eq!(
        bank.journal()[0].reason.as_deref(),
        Some("mission: Three reviews")
    );
}

#[test]
fn each_limit_is_taken_and_one_more_is_not() {
    let places = |change: Value| -> Vec<String> {
        mission(change)
            .check()
            .into_iter()
            .map(|wrong| wrong.pointer)
            .collect()
    };
    let none: [&str; 0] = [];
    let length = |what: &str, most: usize| {
        assert_eq!(places(json!({ what: "n".repeat(most) })), none, "{what}");
        assert_eq!(
            places(json!({ what: "n".repeat(most + 1) })),
            [format!("/{what}")]
        );
    };
    length("name", 200);
    length("description", 1_000);
    assert_eq!(places(json!({"name": ""})), ["/name"]);
    assert_eq!(places(json!({"reward": {"points": 1}})), none);
    assert_eq!(places(json!({"reward": {"points": 0}})), ["/reward/points"]);
    let from = "2026-11-05T16:00:00Z";
    assert_eq!(places(json!({"from": from, "until": from})), ["/until"]);
    assert_eq!(
        places(json!({"from": from, "until": "2026-11-05T16:00:00.001Z"})),
        none
    );
    assert_eq!(places(json!({"until": from})), none);
}
