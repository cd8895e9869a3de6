//! Since when a customer is in a segment, however seldom one looks.

use crate::common::{Shopper, at, rule, shanghai};
use rapport_rules::{Membership, since};
use serde_json::{Value, json};

fn look(
    shopper: &Shopper,
    json: Value,
    changed: &str,
    member: Option<&str>,
    now: &str,
) -> Membership {
    since(
        &rule(json),
        shopper,
        at(changed),
        member.map(at),
        at(now),
        &shanghai(),
    )
}

fn bought() -> Shopper {
    Shopper::default().bought(at("2026-11-01"), 10.0)
}

#[test]
fn one_who_matches_at_the_change_is_in_since_then_or_since_before() {
    let active = || json!({"event": "order_completed", "within": "30d"});
    let entered = look(&bought(), active(), "2026-11-01", None, "2026-11-21");
    assert_eq!(entered.since, Some(at("2026-11-01")));
    assert_eq!(entered.next_change_at, Some(at("2026-12-01")));
    let stayed = look(
        &bought(),
        active(),
        "2026-11-01",
        Some("2026-10-15"),
        "2026-11-21",
    );
    assert_eq!(stayed.since, Some(at("2026-10-15")));
}

#[test]
fn what_time_flipped_is_found_to_the_millisecond_long_after() {
    let quiet = || json!({"not": {"event": "order_completed", "within": "30d"}});
    let late = look(&bought(), quiet(), "2026-11-01", None, "2027-06-01");
    assert_eq!((late.matches, late.since), (true, Some(at("2026-12-01"))));
    let gone = look(
        &bought(),
        json!({"event": "order_completed", "within": "30d"}),
        "2026-11-01",
        None,
        "2027-06-01",
    );
    assert_eq!((gone.matches, gone.since), (false, None));
}

#[test]
fn one_who_left_and_came_back_is_in_since_the_return() {
    let born = Shopper::with(json!({"birthday": "1990-01-03"}));
    let week = json!({"field": "traits.birthday", "is": "anniversary", "value": "7d"});
    let again = look(&born, week, "2020-01-01", Some("2019-12-27"), "2026-12-30");
    // Seven days before 3 January begin at 00:00 in Shanghai, which is 16:00 of the day before in UTC.
    assert_eq!(again.since, Some(at("2026-12-26T16:00:00Z")));
    assert_eq!(again.next_change_at, Some(at("2027-01-03T16:00:00Z")));
}

#[test]
fn a_moment_of_looking_changes_nothing() {
    let quiet = || {
        json!({"all": [
            {"field": "rfm.recency_days", "is": "gte", "value": 7},
            {"field": "rfm.recency_days", "is": "lt", "value": 60}
        ]})
    };
    for now in [
        "2026-11-08T12:00:00Z",
        "2026-11-09",
        "2026-12-01",
        "2026-12-31T11:59:59.999Z",
    ] {
        let membership = look(&bought(), quiet(), "2026-11-01", None, now);
        assert_eq!(membership.since, Some(at("2026-11-08")), "{now}");
        assert_eq!(membership.next_change_at, Some(at("2026-12-31")), "{now}");
    }
}
