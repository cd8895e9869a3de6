//! Tiers at their borders.

use rapport_loyalty::TransactionId;
use rapport_loyalty::tier::manual;

use crate::support::{Bank, at};
use crate::{DELAYED, SPENDERS, text};

#[test]
fn a_tier_by_points_begins_with_activation_and_ends_with_its_window() {
    let mut bank = Bank::with(DELAYED);
    // 120 points earned 1 January 08:00 Shanghai; they activate 8 January 08:00 = 00:00 UTC.
    bank.earn("a", 120, "2026-01-01T00:00:00Z");
    let before = bank.tier("2026-01-07T23:59:59.999Z");
    assert_eq!(before.tier, None);
    assert_eq!(before.next.as_ref().unwrap().missing, Some(100));
    assert_eq!(text(before.changes_at).unwrap(), "2026-01-08T00:00:00Z");
    // 30 days from 8 January: the last is 6 February; lost at midnight, 7 February 00:00 = 6 February 16:00 UTC.
    let there = bank.tier("2026-01-08T00:00:00Z");
    assert_eq!(there.tier.as_ref().unwrap().as_str(), "silver");
    assert_eq!(text(there.since).unwrap(), "2026-01-08T00:00:00Z");
    assert_eq!(text(there.until).unwrap(), "2026-02-06T16:00:00Z");
    assert_eq!(there.next.as_ref().unwrap().missing, Some(180));
    // Points of today would go with these: 9 January to 6 February 100 more keep it.
    let keep = there.keep.as_ref().unwrap();
    assert_eq!(
        (keep.missing, text(keep.from)),
        (Some(100), Some("2026-01-08T16:00:00Z".into()))
    );
    assert_eq!(there.changes_at, keep.from);
    let last = bank.tier("2026-02-06T15:59:59.999Z");
    assert_eq!(
        (last.tier, last.since, last.until),
        (there.tier, there.since, there.until)
    );
    let keep = last.keep.unwrap();
    assert_eq!(
        (keep.missing, keep.from, text(keep.by).unwrap().as_str()),
        (Some(100), None, "2026-02-06T16:00:00Z")
    );
    let lost = bank.tier("2026-02-06T16:00:00Z");
    assert_eq!((lost.tier, lost.since, lost.until), (None, None, None));
}

#[test]
fn a_tier_holds_without_a_break_while_newer_points_carry_it() {
    let mut bank = Bank::with(DELAYED);
    bank.earn("a", 120, "2026-01-01T00:00:00Z");
    bank.earn("b", 100, "2026-01-20T00:00:00Z");
    // b activates 27 January. From 27 January to 6 February 220 points, then 100, to 25 February.
    for when in ["2026-01-27T00:00:00Z", "2026-02-20T00:00:00Z"] {
        let tier = bank.tier(when);
        assert_eq!(text(tier.since).unwrap(), "2026-01-08T00:00:00Z");
        assert_eq!(text(tier.until).unwrap(), "2026-02-25T16:00:00Z");
    }
    // Before b activates, a alone says until when; known points to come are no new data.
    assert_eq!(
        text(bank.tier("2026-01-25T00:00:00Z").until).unwrap(),
        "2026-02-25T16:00:00Z"
    );
}

#[test]
fn a_reversal_counts_on_the_day_of_the_earn() {
    let mut bank = Bank::with(DELAYED);
    bank.earn("a", 120, "2026-01-01T00:00:00Z");
    let b = bank.earn("b", 200, "2026-01-02T00:00:00Z").transaction;
    // 320 from 9 January: gold. 30 back leave 290: silver, as if they had never been.
    assert_eq!(
        bank.tier("2026-01-10T00:00:00Z").tier.unwrap().as_str(),
        "gold"
    );
    bank.reverse(&b, Some(30), "2026-01-20T00:00:00Z").unwrap();
    let tier = bank.tier("2026-01-20T00:00:00Z");
    assert_eq!(tier.tier.unwrap().as_str(), "silver");
    assert_eq!(text(tier.since).unwrap(), "2026-01-08T00:00:00Z");
    assert_eq!(tier.next.unwrap().missing, Some(10));
}

#[test]
fn a_tier_by_spend_over_all_time_does_not_end() {
    let mut bank = Bank::with(SPENDERS);
    bank.order("a", 9_999, "2024-01-01T00:00:00Z").unwrap();
    assert_eq!(
        bank.tier("2024-01-01T00:00:00Z").next.unwrap().missing,
        Some(1)
    );
    let b = bank.order("b", 1, "2024-06-01T03:04:05Z").unwrap();
    assert_eq!(
        (b.answer.points, b.answer.tier.unwrap().as_str()),
        (0, "silver")
    );
    let tier = bank.tier("2030-01-01T00:00:00Z");
    assert_eq!(text(tier.since).unwrap(), "2024-06-01T03:04:05Z");
    assert_eq!((tier.until, tier.changes_at), (None, None));
    let next = tier.next.unwrap();
    assert_eq!((next.tier.as_str(), next.missing), ("gold", Some(40_000)));
    assert_eq!(next.currency.unwrap().to_string(), "USD");
    // The order of 0 points is taken back with its money.
    bank.reverse(&b.transaction, None, "2030-01-02T00:00:00Z")
        .unwrap();
    assert_eq!(bank.tier("2030-01-02T00:00:00Z").tier, None);
    assert!(
        bank.reverse(&b.transaction, None, "2030-01-03T00:00:00Z")
            .unwrap()
            .replayed
    );
    bank.order("c", 100_000, "2030-02-01T00:00:00Z").unwrap();
    let top = bank.tier("2030-02-01T00:00:00Z");
    assert_eq!((top.tier.unwrap().as_str(), top.next), ("gold", None));
}

#[test]
fn since_is_remembered_when_the_days_have_gone() {
    let mut bank = Bank::with(SPENDERS);
    bank.order("a", 20_000, "2016-01-01T01:00:00Z").unwrap();
    bank.order("b", 100, "2026-01-01T00:00:00Z").unwrap();
    // 2016 is further back than the 1,500 days kept.
    assert_eq!(bank.account.ledger.days.len(), 1);
    let tier = bank.tier("2026-01-02T00:00:00Z");
    assert_eq!(tier.tier.unwrap().as_str(), "silver");
    assert_eq!(text(tier.since).unwrap(), "2016-01-01T01:00:00Z");
}

#[test]
fn since_is_the_order_that_reached_it_by_date_whatever_order_they_come_in() {
    // Gold from 100 dollars. By their dates 60 on the 1st, 60 on the 5th at 10:00, which reaches it, and 20 on the 9th.
    let orders = [
        ("a", 6_000, "2026-01-01T03:00:00Z"),
        ("b", 6_000, "2026-01-05T02:00:00Z"),
        ("c", 2_000, "2026-01-09T01:00:00Z"),
    ];
    for by in ["points", "spend"] {
        for arrival in [
            [0, 1, 2],
            [0, 2, 1],
            [1, 0, 2],
            [1, 2, 0],
            [2, 0, 1],
            [2, 1, 0],
        ] {
            let at_least = if by == "points" { 100 } else { 10_000 };
            let mut bank = Bank::with(&format!(
                r#"{{"points": {{"per": {{"amount": 100, "currency": "USD"}}, "points": 1}},
                    "tiers": [{{"id": "gold", "name": "Gold", "at_least": {at_least}, "by": "{by}"}}]}}"#
            ));
            for (n, place) in arrival.into_iter().enumerate() {
                let (id, money, when) = orders[place];
                let reported = format!("2026-01-2{n}T00:00:00Z");
                bank.order_late(id, money, when, &reported);
            }
            let standing = bank.tier("2026-02-01T00:00:00Z");
            assert_eq!(
                text(standing.since).unwrap(),
                "2026-01-05T02:00:00Z",
                "{by} {arrival:?}"
            );
            // Without the first order the third would not be enough: taken back, nobody is gold.
            let first = TransactionId::of_order("a");
            bank.reverse(&first, None, "2026-02-02T00:00:00Z").unwrap();
            assert_eq!(bank.tier("2026-02-03T00:00:00Z").tier, None);
        }
    }
}

#[test]
fn since_of_two_orders_on_one_day_is_the_one_that_reached_it() {
    // 60 at 09:00 and 60 at 10:00 reach 100 at 10:00; 100 more at 08:30, reported last, reach it then.
    let mut bank = Bank::with(
        r#"{"points": {"per": {"amount": 100, "currency": "USD"}, "points": 1},
            "tiers": [{"id": "gold", "name": "Gold", "at_least": 10000, "by": "spend", "window": "30d"}]}"#,
    );
    for (id, money, when, since) in [
        ("b", 6_000, "2026-01-05T02:00:00Z", None),
        (
            "a",
            6_000,
            "2026-01-05T01:00:00Z",
            Some("2026-01-05T02:00:00Z"),
        ),
        (
            "c",
            10_000,
            "2026-01-05T00:30:00Z",
            Some("2026-01-05T00:30:00Z"),
        ),
    ] {
        bank.order_late(id, money, when, "2026-01-06T00:00:00Z");
        let standing = bank.tier("2026-01-06T00:00:00Z");
        assert_eq!(text(standing.since).as_deref(), since, "{id}");
    }
}

#[test]
fn points_that_activate_with_the_midnight_at_which_others_leave_keep_the_tier() {
    // a counts from 8 January; 7 February, which begins on the 6th at 16:00 UTC, is the first day without it. b comes with that very
    // moment, or a millisecond later; it counts to 8 March.
    for (earned, until, missing) in [
        ("2026-01-30T16:00:00Z", "2026-03-08T16:00:00Z", 100),
        ("2026-01-30T16:00:00.001Z", "2026-02-06T16:00:00Z", 100),
    ] {
        let mut bank = Bank::with(DELAYED);
        bank.earn("a", 100, "2026-01-01T00:00:00Z");
        bank.earn("b", 100, earned);
        let standing = bank.tier("2026-02-01T00:00:00Z");
        assert_eq!(text(standing.until).unwrap(), until, "{earned}");
        assert_eq!(standing.keep.unwrap().missing, Some(missing), "{earned}");
    }
}

#[test]
fn what_keeps_a_tier_counts_from_now_once_its_day_has_begun() {
    let mut bank = Bank::with(DELAYED);
    bank.earn("a", 120, "2026-01-01T00:00:00Z");
    // Points of 9 January are still there on 7 February: that day begins on the 8th at 16:00 UTC.
    let from = |when: &str| text(bank.tier(when).keep.unwrap().from);
    let begins = "2026-01-08T16:00:00Z";
    assert_eq!(from("2026-01-08T15:59:59.999Z").as_deref(), Some(begins));
    assert_eq!(from(begins), None);
}

/// When orders are reported, however long ago they were.
const REPORTED: &str = "2026-01-20T00:00:00Z";

#[test]
fn an_older_order_may_say_that_the_tier_was_reached_by_another() {
    let programme = r#"{"points": {"per": {"amount": 100, "currency": "USD"}, "points": 1},
        "tiers": [{"id": "gold", "name": "Gold", "at_least": 10000, "by": "spend"}]}"#;
    let mut bank = Bank::with(programme);
    // 60 on the 9th and 60 on the 10th reach 100 on the 10th. 10 on the 1st change nothing, 60 on the 5th reach it on the 9th.
    for (n, (money, when, since)) in [
        (6_000, "2026-01-09T01:00:00Z", None),
        (6_000, "2026-01-10T02:00:00Z", Some("2026-01-10T02:00:00Z")),
        (1_000, "2026-01-01T03:00:00Z", Some("2026-01-10T02:00:00Z")),
        (6_000, "2026-01-05T04:00:00Z", Some("2026-01-09T01:00:00Z")),
    ]
    .into_iter()
    .enumerate()
    {
        bank.order_late(&n.to_string(), money, when, REPORTED);
        let standing = bank.tier("2026-01-21T00:00:00Z");
        assert_eq!(text(standing.since).as_deref(), since, "{when}");
    }
}

#[test]
fn who_was_given_a_tier_has_reached_it_by_themselves_when_they_did() {
    let programme = r#"{"points": {"per": {"amount": 100, "currency": "USD"}, "points": 1},
        "tiers": [{"id": "gold", "name": "Gold", "at_least": 10000, "by": "spend"}]}"#;
    let mut bank = Bank::with(programme);
    let program = bank.program.clone().unwrap();
    let gold = program.tiers[0].id.clone();
    let given = at("2026-01-01T00:00:00Z");
    bank.account = manual::give(&bank.account, &program, &gold, None, None, given).unwrap();
    // 60 on the 9th, and 60 on the 5th, reported later: 100 are reached on the 9th.
    bank.order_late("a", 6_000, "2026-01-09T01:00:00Z", REPORTED);
    bank.order_late("b", 6_000, "2026-01-05T02:00:00Z", REPORTED);
    let when = "2026-02-01T00:00:00Z";
    assert_eq!(bank.tier(when).since, Some(given));
    bank.account = manual::take(&bank.account, at(when));
    assert_eq!(text(bank.tier(when).since).unwrap(), "2026-01-09T01:00:00Z");
}
