//! Tiers by a segment beside tiers by points: who holds which.

mod keeping;
mod laws;
mod programmes;

use rapport_loyalty::news::{Reason, What};
use rapport_loyalty::tier::{history, manual};
use rapport_loyalty::*;
use rapport_types::{Slug, Timestamp};

use crate::support::{Bank, at};
use crate::text;

/// Silver at 100 points in 30 days, VIP for those of high value, gold at 300, star for friends.
fn programme(policy: &str) -> String {
    let tier = |id: &str, at_least: i64| {
        format!(
            r#"{{"id": "{id}", "name": "{id}", "at_least": {at_least}, "by": "points", "window": "30d"}}"#
        )
    };
    format!(
        r#"{{"points": {{"per": {{"amount": 100, "currency": "USD"}}, "points": 1}},
            "tiers": [{}, {{"id": "vip", "name": "VIP", "segment": "high_value"}}, {},
                      {{"id": "star", "name": "Star", "segment": "friends"}}]{policy}}}"#,
        tier("silver", 100),
        tier("gold", 300),
    )
}

const TEN_DAYS: &str = r#", "tier_policy": {"keep": "10d"}"#;

/// The tier, since when, and until when.
fn held(bank: &Bank, when: &str) -> (String, String, String) {
    let standing = bank.tier(when);
    let tier = standing
        .tier
        .map_or("-".to_owned(), |tier| tier.to_string());
    let or = |moment: Option<Timestamp>| text(moment).unwrap_or("-".to_owned());
    (tier, or(standing.since), or(standing.until))
}

fn is(tier: &str, since: &str, until: &str) -> (String, String, String) {
    (tier.to_owned(), since.to_owned(), until.to_owned())
}

const NONE: (&str, &str, &str) = ("-", "-", "-");

fn none() -> (String, String, String) {
    is(NONE.0, NONE.1, NONE.2)
}

/// What of tiers was told, oldest first.
fn told(bank: &Bank) -> Vec<(String, String, Reason)> {
    let name = |tier: &Option<Slug>| tier.as_ref().map_or("-".to_owned(), Slug::to_string);
    let items = bank.account.news.since(0);
    let told = items.filter_map(|item| match &item.what {
        What::TierChanged { from, to, reason } => Some((name(from), name(to), *reason)),
        _ => None,
    });
    told.collect()
}

fn change(from: &str, to: &str, reason: Reason) -> (String, String, Reason) {
    (from.to_owned(), to.to_owned(), reason)
}

/// The tiers of the history with their beginnings, the latest first.
fn past(bank: &Bank, when: &str) -> Vec<(String, String)> {
    let past = history::history(&bank.account, bank.program.as_ref(), at(when), &bank.zone);
    let row = |past: history::Past| {
        let tier = past.tier.map_or("-".to_owned(), |tier| tier.to_string());
        (tier, past.since.to_string())
    };
    past.into_iter().map(row).collect()
}

#[test]
fn members_hold_the_tier_to_the_moment() {
    let mut bank = Bank::with(&programme(""));
    let before = bank.tier("2026-03-01T00:00:00Z").next.unwrap();
    assert_eq!(
        (before.tier.as_str(), before.missing),
        ("silver", Some(100))
    );
    bank.stay("high_value", "2026-03-10T02:00:00Z", None);
    assert_eq!(held(&bank, "2026-03-10T01:59:59.999Z"), none());
    let standing = bank.tier("2026-03-10T02:00:00Z");
    assert_eq!(
        held(&bank, "2026-03-10T02:00:00Z"),
        is("vip", "2026-03-10T02:00:00Z", "-")
    );
    let next = standing.next.unwrap();
    assert_eq!((next.tier.as_str(), next.missing), ("gold", Some(300)));
    let keep = standing.keep.unwrap();
    assert_eq!(keep.segment.unwrap().as_str(), "high_value");
    assert_eq!((keep.missing, keep.by, keep.from), (None, None, None));
    // Nothing keeps it after they left.
    let left = Some("2026-03-20T05:00:00Z");
    bank.stay("high_value", "2026-03-10T02:00:00Z", left);
    assert_eq!(
        held(&bank, "2026-03-20T04:59:59.999Z"),
        is("vip", "2026-03-10T02:00:00Z", "2026-03-20T05:00:00Z")
    );
    assert_eq!(held(&bank, "2026-03-20T05:00:00Z"), none());
    assert_eq!(
        told(&bank),
        [
            change("-", "vip", Reason::Segment),
            change("vip", "-", Reason::Segment)
        ]
    );
    assert_eq!(
        past(&bank, "2026-04-01T00:00:00Z"),
        [
            ("-".to_owned(), "2026-03-20T05:00:00Z".to_owned()),
            ("vip".to_owned(), "2026-03-10T02:00:00Z".to_owned()),
        ]
    );
}

#[test]
fn the_next_tier_may_be_one_by_a_segment_which_no_number_tells() {
    let mut bank = Bank::with(&programme(""));
    bank.earn("a", 100, "2026-03-01T00:00:00Z");
    let next = bank.tier("2026-03-01T00:00:00Z").next.unwrap();
    assert_eq!((next.tier.as_str(), next.missing), ("vip", None));
    assert_eq!(next.segment.unwrap().as_str(), "high_value");
    bank.earn("b", 200, "2026-03-01T00:00:00Z");
    let next = bank.tier("2026-03-01T00:00:00Z").next.unwrap();
    assert_eq!(next.segment.unwrap().as_str(), "friends");
}

#[test]
fn beside_a_time_in_a_segment_a_tier_by_points_is_held_since_the_points_came() {
    let mut bank = Bank::with(&programme(""));
    let (came, left) = ("2026-02-01T02:00:00Z", "2026-02-02T02:00:00Z");
    bank.stay("friends", came, Some(left));
    bank.earn("a", 100, "2026-03-10T03:00:00Z");
    bank.earn("b", 200, "2026-03-12T05:00:00Z");
    let (tier, since, _) = held(&bank, "2026-03-13T00:00:00Z");
    assert_eq!((&*tier, &*since), ("gold", "2026-03-12T05:00:00Z"));
    // The first 100 count to 8 April in Shanghai: from the 9th on, which is 8 April 16:00 UTC, there are 200.
    let (tier, since, _) = held(&bank, "2026-04-09T00:00:00Z");
    assert_eq!((&*tier, &*since), ("silver", "2026-04-08T16:00:00Z"));
}

#[test]
fn the_tier_that_stands_higher_is_held_whatever_it_is_by() {
    let mut bank = Bank::with(&programme(""));
    bank.stay("high_value", "2026-03-10T02:00:00Z", None);
    bank.earn("a", 300, "2026-03-12T03:00:00Z");
    // 12 March and 29 days more: 10 April is the last. Then VIP again, as they are in the segment all the while.
    assert_eq!(
        held(&bank, "2026-03-12T03:00:00Z"),
        is("gold", "2026-03-12T03:00:00Z", "2026-04-10T16:00:00Z")
    );
    assert_eq!(
        held(&bank, "2026-04-10T16:00:00Z"),
        is("vip", "2026-04-10T16:00:00Z", "-")
    );
    // A segment above gold.
    bank.stay("friends", "2026-03-20T00:00:00Z", None);
    let standing = bank.tier("2026-03-20T00:00:00Z");
    assert_eq!(
        (standing.tier.unwrap().as_str(), standing.next),
        ("star", None)
    );
    // Points below what is held change nothing of it, and are told in the answer to come.
    bank.stay(
        "friends",
        "2026-03-20T00:00:00Z",
        Some("2026-03-21T00:00:00Z"),
    );
    assert_eq!(held(&bank, "2026-03-21T00:00:00Z").0, "gold");
    assert_eq!(
        told(&bank)
            .into_iter()
            .map(|(_, to, _)| to)
            .collect::<Vec<_>>(),
        ["vip", "gold", "star", "gold"]
    );
    // Since when, of a tier that a higher one came between, is since it is the present one again.
    assert_eq!(
        held(&bank, "2026-03-21T00:00:00Z").1,
        "2026-03-21T00:00:00Z"
    );
}

#[test]
fn a_tier_that_people_gave_stands_beside_it() {
    let mut bank = Bank::with(&programme(""));
    let vip = Slug::parse("vip").unwrap();
    let program = bank.program.clone().unwrap();
    let until = Some(at("2026-04-01T00:00:00Z"));
    let now = at("2026-03-05T00:00:00Z");
    bank.account = manual::give(&bank.account, &program, &vip, until, None, now).unwrap();
    bank.stay("high_value", "2026-03-10T02:00:00Z", None);
    // Held both ways, it ends when the later of the two does.
    let both = bank.tier("2026-03-10T02:00:00Z");
    assert_eq!((both.manual, both.until), (false, None));
    assert_eq!(text(both.since).unwrap(), "2026-03-05T00:00:00Z");
    bank.stay(
        "high_value",
        "2026-03-10T02:00:00Z",
        Some("2026-03-12T00:00:00Z"),
    );
    assert!(bank.tier("2026-03-12T00:00:00Z").manual);
    assert_eq!(held(&bank, "2026-04-01T00:00:00Z").0, "-");
}

#[test]
fn what_was_seen_before_does_not_undo_what_is_known() {
    let mut bank = Bank::with(&programme(""));
    bank.stay("high_value", "2026-03-10T02:00:00Z", None);
    let before = bank.sight.clone();
    bank.stay(
        "high_value",
        "2026-03-10T02:00:00Z",
        Some("2026-03-12T00:00:00Z"),
    );
    let known = bank.account.clone();
    bank.sight = before;
    bank.tick(at("2026-03-12T00:00:01Z"));
    assert_eq!(bank.account.ledger, known.ledger);
    // They came back, and nobody knows when they had left: a break, but no time in which they were not.
    bank.stay("high_value", "2026-03-15T00:00:00Z", None);
    bank.sight.rev += 9;
    bank.sight.of[0].1 = vec![Seen {
        from: Some(at("2026-03-16T00:00:00Z")),
        until: None,
        came: true,
    }];
    bank.tick(at("2026-03-16T00:00:00Z"));
    assert_eq!(
        held(&bank, "2026-03-16T00:00:00Z").1,
        "2026-03-16T00:00:00Z"
    );
    // By another definition it begins later, but nobody has left.
    bank.sight.rev += 1;
    bank.sight.of[0].1 = vec![Seen {
        from: Some(at("2026-03-17T00:00:00Z")),
        until: None,
        came: false,
    }];
    bank.tick(at("2026-03-17T00:00:00Z"));
    assert_eq!(
        held(&bank, "2026-03-17T00:00:00Z").1,
        "2026-03-16T00:00:00Z"
    );
}

#[test]
fn an_earn_looks_who_is_in_the_segment() {
    let doubled = programme("").replace(
        r#""segment": "high_value""#,
        r#""segment": "high_value", "benefits": {"multiplier": 2}"#,
    );
    let mut bank = Bank::with(&doubled);
    // Nobody told the account: whoever earns looks.
    bank.sight.rev = 3;
    bank.sight.at = at("2026-03-10T02:00:00Z");
    bank.sight.of = vec![(
        Slug::parse("high_value").unwrap(),
        vec![Seen {
            from: Some(at("2026-03-10T02:00:00Z")),
            until: None,
            came: true,
        }],
    )];
    // 500 / 100 * 2 = 10.
    let outcome = bank.order("o", 500, "2026-03-10T03:00:00Z").unwrap();
    assert_eq!(outcome.answer.points, 10);
    assert_eq!(outcome.answer.tier.unwrap().as_str(), "vip");
    assert_eq!(told(&bank), [change("-", "vip", Reason::Segment)]);
}

#[test]
fn what_was_spent_before_the_days_that_are_kept_holds_a_tier_all_the_while() {
    let tiers = |id: &str| {
        format!(
            r#"{{"points": {{"per": {{"amount": 100, "currency": "USD"}}, "points": 1}},
                "tiers": [{{"id": "{id}", "name": "A", "at_least": 10000, "by": "spend"}},
                          {{"id": "vip", "name": "VIP", "segment": "high_value"}}]}}"#
        )
    };
    let mut bank = Bank::with(&tiers("silver"));
    bank.order("a", 20_000, "2016-01-01T01:00:00Z").unwrap();
    bank.order("b", 100, "2026-01-01T00:00:00Z").unwrap();
    // 2016 is further back than the 1,500 days kept, and the tier has got another id, under which nothing was noted.
    bank.program = Bank::with(&tiers("basic")).program;
    let (came, left) = ("2025-06-01T00:00:00Z", "2025-07-01T00:00:00Z");
    bank.stay("high_value", came, Some(left));
    let row = |tier: &str, since: &str| (tier.to_owned(), since.to_owned());
    let expected = [row("basic", left), row("vip", came)];
    assert_eq!(past(&bank, "2026-02-01T00:00:00Z"), expected);
}
