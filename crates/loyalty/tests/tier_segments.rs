//! Tiers by a segment beside tiers by points, dated and with their arithmetic. The shop is in Shanghai: its midnight is 16:00 UTC of the
//! day before.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::panic
)]

mod support;
use rapport_loyalty::news::{Reason, What};
use rapport_loyalty::tier::{history, manual};
use rapport_loyalty::*;
use rapport_types::{Slug, Timestamp};
use support::{Bank, at};

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

fn text(moment: Option<Timestamp>) -> Option<String> {
    moment.map(|moment| moment.to_string())
}

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
fn who_leaves_keeps_it_from_the_last_day_in_the_segment() {
    let mut bank = Bank::with(&programme(TEN_DAYS));
    let came = "2026-03-10T02:00:00Z";
    bank.stay("high_value", came, None);
    bank.stay("high_value", came, Some("2026-03-20T05:00:00Z"));
    // 20 March in Shanghai, and 10 days more: to the end of 30 March, which is 30 March 16:00 UTC.
    assert_eq!(
        held(&bank, "2026-03-20T05:00:00Z"),
        is("vip", came, "2026-03-30T16:00:00Z")
    );
    let keep = bank.tier("2026-03-25T00:00:00Z").keep.unwrap();
    assert_eq!(keep.segment.unwrap().as_str(), "high_value");
    assert_eq!(text(keep.by).unwrap(), "2026-03-30T16:00:00Z");
    assert_eq!(held(&bank, "2026-03-30T16:00:00Z"), none());
    // Only then is it told, by the timer that was set for it, once.
    assert_eq!(told(&bank), [change("-", "vip", Reason::Segment)]);
    assert_eq!(text(bank.account.timer).unwrap(), "2026-03-30T16:00:00Z");
    bank.tick(at("2026-03-30T16:00:00Z"));
    bank.tick(at("2026-03-30T16:00:01Z"));
    assert_eq!(told(&bank)[1..], [change("vip", "-", Reason::Time)]);
    // They are back before, in another bank: no break.
    let mut bank = Bank::with(&programme(TEN_DAYS));
    bank.stay("high_value", came, Some("2026-03-20T05:00:00Z"));
    bank.stay("high_value", "2026-03-30T15:59:59.999Z", None);
    assert_eq!(held(&bank, "2026-04-01T00:00:00Z"), is("vip", came, "-"));
    // And a moment too late: a break.
    let mut bank = Bank::with(&programme(TEN_DAYS));
    bank.stay("high_value", came, Some("2026-03-20T05:00:00Z"));
    let late = "2026-03-30T16:00:00.001Z";
    bank.stay("high_value", late, None);
    assert_eq!(held(&bank, "2026-04-01T00:00:00Z"), is("vip", late, "-"));
}

/// When they left (they came on 1 February 2028), the policy, and when the tier is lost.
const BORDERS: [(&str, &str, &str); 7] = [
    // Midnight in Shanghai: they were in it to the end of the 19th, and 10 days more end with the 29th.
    (
        "2028-03-19T16:00:00Z",
        r#""keep": "10d""#,
        "2028-03-29T16:00:00Z",
    ),
    // A millisecond later it is the 20th.
    (
        "2028-03-19T16:00:00.001Z",
        r#""keep": "10d""#,
        "2028-03-30T16:00:00Z",
    ),
    // 20 February of a leap year and 10 days: 1 March.
    (
        "2028-02-20T05:00:00Z",
        r#""keep": "10d""#,
        "2028-03-01T16:00:00Z",
    ),
    // To the end of the year: 31 December 16:00 UTC is New Year in Shanghai.
    (
        "2028-02-29T05:00:00Z",
        r#""keep": "end_of_year""#,
        "2028-12-31T16:00:00Z",
    ),
    // New Year's Eve in London is New Year in Shanghai.
    (
        "2028-12-31T20:00:00Z",
        r#""keep": "end_of_year""#,
        "2029-12-31T16:00:00Z",
    ),
    (
        "2028-12-31T16:00:00Z",
        r#""keep": "end_of_next_year""#,
        "2029-12-31T16:00:00Z",
    ),
    // Grace alone: the rest of the day, and 3 days more, 18 to 20 March.
    (
        "2028-03-17T05:00:00Z",
        r#""grace": "3d""#,
        "2028-03-20T16:00:00Z",
    ),
];

#[test]
fn days_decide_in_the_shops_zone() {
    for (left, policy, lost) in BORDERS {
        let policy = format!(r#", "tier_policy": {{{policy}}}"#);
        let mut bank = Bank::with(&programme(&policy));
        let came = "2028-02-01T00:00:00Z";
        bank.stay("high_value", came, Some(left));
        assert_eq!(held(&bank, left), is("vip", came, lost), "{left} {policy}");
        let before = Timestamp::from_millis(at(lost).millis() - 1).to_string();
        assert_eq!(held(&bank, &before), is("vip", came, lost), "{left}");
        assert_eq!(held(&bank, lost), none(), "{left}");
    }
}

#[test]
fn grace_is_told_once_they_are_in_it() {
    let policy = r#", "tier_policy": {"keep": "10d", "grace": "5d"}"#;
    let mut bank = Bank::with(&programme(policy));
    bank.stay(
        "high_value",
        "2026-03-10T02:00:00Z",
        Some("2026-03-20T05:00:00Z"),
    );
    // Kept to 30 March, graced to 4 April.
    let kept = bank.tier("2026-03-30T15:59:59Z");
    assert_eq!(
        (text(kept.until).unwrap().as_str(), kept.grace_since),
        ("2026-04-04T16:00:00Z", None)
    );
    assert_eq!(text(kept.changes_at).unwrap(), "2026-03-30T16:00:00Z");
    let graced = bank.tier("2026-03-30T16:00:00Z");
    assert_eq!(text(graced.grace_since).unwrap(), "2026-03-30T16:00:00Z");
    assert_eq!(held(&bank, "2026-04-04T16:00:00Z"), none());
}

#[test]
fn a_step_down_leaves_the_next_lower_tier_as_if_it_had_been_earned() {
    let policy = r#", "tier_policy": {"keep": "10d", "downgrade": "one_step"}"#;
    let mut bank = Bank::with(&programme(policy));
    bank.stay(
        "high_value",
        "2026-03-10T02:00:00Z",
        Some("2026-03-20T05:00:00Z"),
    );
    // VIP to the end of 30 March; silver as if earned on the 30th, to the end of 9 April.
    assert_eq!(
        held(&bank, "2026-03-30T16:00:00Z"),
        is("silver", "2026-03-30T16:00:00Z", "2026-04-09T16:00:00Z")
    );
    // 100 points from now on keep it: they would to the end of the 30 days in which they count, and 10 more.
    let keep = bank.tier("2026-04-01T00:00:00Z").keep.unwrap();
    assert_eq!((keep.missing, keep.segment), (Some(100), None));
    assert_eq!(text(keep.by).unwrap(), "2026-04-09T16:00:00Z");
    let next = bank.tier("2026-04-01T00:00:00Z").next.unwrap();
    assert_eq!(next.segment.unwrap().as_str(), "high_value");
    assert_eq!(held(&bank, "2026-04-09T16:00:00Z"), none());
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
fn what_is_wrong_has_its_place() {
    let wrong = |tier: &str| -> Vec<(String, String)> {
        let program = format!(
            r#"{{"points": {{"per": {{"amount": 100, "currency": "USD"}}, "points": 1}}, "tiers": [{tier}]}}"#
        );
        let program: Program = serde_json::from_str(&program).unwrap();
        let wrong = program.check().into_iter();
        wrong
            .map(|violation| (violation.pointer, violation.code.to_string()))
            .collect()
    };
    let one = |pointer: &str, code: &str| vec![(pointer.to_owned(), code.to_owned())];
    let named = |rest: &str| format!(r#"{{"id": "vip", "name": "VIP", {rest}}}"#);
    let by = r#""segment": "a", "by": "points""#;
    assert_eq!(wrong(&named(by)), one("/tiers/0/by", "ambiguous"));
    let least = r#""segment": "a", "at_least": 1"#;
    assert_eq!(wrong(&named(least)), one("/tiers/0/at_least", "ambiguous"));
    let window = r#""segment": "a", "window": "30d""#;
    assert_eq!(wrong(&named(window)), one("/tiers/0/window", "ambiguous"));
    let nothing = r#""by": "points""#;
    assert_eq!(
        wrong(&named(nothing)),
        one("/tiers/0/at_least", "missing_field")
    );
    let two = format!(
        "{}, {}",
        named(r#""segment": "a""#),
        r#"{"id": "b", "name": "B", "segment": "a"}"#
    );
    assert_eq!(wrong(&two), one("/tiers/1/segment", "duplicate"));
    // Others are measured as if it did not stand between them.
    let descending = r#"{"id": "x", "name": "X", "at_least": 5, "by": "points"}, {"id": "y", "name": "Y", "segment": "a"}, {"id": "z", "name": "Z", "at_least": 5, "by": "orders"}"#;
    let found = wrong(descending);
    assert_eq!(
        found[0],
        ("/tiers/2/at_least".to_owned(), "not_ascending".to_owned())
    );
    assert_eq!(
        found[1],
        ("/tiers/2/by".to_owned(), "mixed_tiers".to_owned())
    );
}

mod at_random {
    use super::*;
    use proptest::prelude::*;

    const POLICIES: [&str; 6] = [
        "",
        r#", "tier_policy": {"keep": "7d"}"#,
        r#", "tier_policy": {"keep": "7d", "grace": "5d"}"#,
        r#", "tier_policy": {"keep": "7d", "downgrade": "one_step"}"#,
        r#", "tier_policy": {"keep": "end_of_year", "grace": "3d", "downgrade": "one_step"}"#,
        r#", "tier_policy": {"grace": "20d", "downgrade": "one_step"}"#,
    ];
    const DAY: i64 = 86_400_000;

    /// The tier held at the end of each of 500 days from `first` on, by going through them one by one.
    fn by_the_book(
        bank: &Bank,
        which: usize,
        first: i32,
        inside: &dyn Fn(usize, i32) -> bool,
    ) -> Vec<Option<usize>> {
        let program = bank.program.as_ref().unwrap();
        let lost = |day: i32| match which {
            0 => day + 1,
            1 | 3 => day + 8,
            2 => day + 13,
            4 => {
                let (year, _, _) = rapport_types::Day::from_number(day).unwrap().parts();
                rapport_types::Day::new(year, 12, 31).unwrap().number() + 4
            }
            _ => day + 21,
        };
        let value = |day: i32| -> i64 {
            let rows = bank.account.ledger.days.iter();
            rows.filter(|row| (day - 29..=day).contains(&row.day))
                .map(|row| row.points)
                .sum()
        };
        let mut until: Vec<Option<i32>> = vec![None; program.tiers.len()];
        let mut told = Vec::new();
        for day in first..first + 500 {
            for level in (0..until.len()).rev() {
                let tier = &program.tiers[level];
                let earned = match tier.at_least {
                    Some(least) => value(day) >= least,
                    None => inside(level, day),
                };
                if earned {
                    until[level] = Some(lost(day));
                }
                if until[level] == Some(day) && which >= 3 && level > 0 {
                    until[level - 1] = until[level - 1].max(Some(lost(day - 1)));
                }
            }
            told.push(
                until
                    .iter()
                    .rposition(|until| until.is_some_and(|until| until > day)),
            );
        }
        told
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn standing_and_history_are_what_walking_day_by_day_finds(
            which in 0..POLICIES.len(),
            earns in prop::collection::vec((0..150_i64, 1..400_i64), 0..8),
            // Days outside the segment and days in it, by turns: from noon to noon.
            vip in prop::collection::vec(1..40_i64, 0..7),
            star in prop::collection::vec(1..60_i64, 0..4),
        ) {
            let mut bank = Bank::with(&programme(POLICIES[which]));
            let start = at("2026-09-01T04:00:00Z");
            let moment = |day: i64| Timestamp::from_millis(start.millis() + day * DAY);
            let stays = |turns: &[i64]| -> Vec<(i64, Option<i64>)> {
                let mut days: Vec<i64> = Vec::new();
                for turn in turns {
                    days.push(days.last().unwrap_or(&0) + turn);
                }
                days.chunks(2).map(|pair| (pair[0], pair.get(1).copied())).collect()
            };
            let (vip, star) = (stays(&vip), stays(&star));
            for (segment, stays) in [("high_value", &vip), ("friends", &star)] {
                for (from, until) in stays {
                    let from = moment(*from).to_string();
                    let until = until.map(|until| moment(until).to_string());
                    bank.stay(segment, &from, until.as_deref());
                }
            }
            for (n, (day, points)) in earns.iter().enumerate() {
                let command = Command::Earn(Earn {
                    ids: Ids::new(None, Some(&n.to_string()), "").unwrap(),
                    points: Some(*points),
                    money: None,
                    at: Some(moment(*day)),
                    reason: None,
                });
                bank.run(&command, moment(450)).unwrap();
            }
            let first = bank.zone.day_of(start).number();
            let inside = |level: usize, day: i32| {
                let stays = if level == 1 { &vip } else { &star };
                let day = i64::from(day - first);
                stays.iter().any(|(from, until)| *from <= day && until.is_none_or(|until| day <= until))
            };
            let told = by_the_book(&bank, which, first, &inside);
            let tiers: Vec<_> = bank.program.as_ref().unwrap().tiers.iter().map(|tier| tier.id.clone()).collect();
            let id = |level: Option<usize>| level.map(|level| tiers[level].clone());
            // Without a policy a segment is left at noon, and by then the tier of the day is another.
            let eve = |day: i64| Timestamp::from_millis(moment(day).millis() - if which == 0 { 1 } else { 0 });
            let turns = |day: i64| vip.iter().chain(&star).any(|(from, until)| *from == day || *until == Some(day));
            let past = history::history(&bank.account, bank.program.as_ref(), moment(450), &bank.zone);
            let last = earns.iter().map(|(day, _)| *day).max().unwrap_or(0);
            for day in (1..440).filter(|day| which > 0 || !turns(*day)) {
                let here = told[day as usize];
                let then = past.iter().find(|past| past.since <= moment(day).plus(rapport_types::Span::parse("11h").unwrap()));
                prop_assert_eq!(then.and_then(|past| past.tier.clone()), id(here), "history of day {}", day);
                if day <= last {
                    continue;
                }
                let standing = bank.tier(&eve(day).to_string());
                prop_assert_eq!(&standing.tier, &id(here), "day {}", day);
                // With no more to come in, it is lost on the day on which the book has a lower one.
                let rises = vip.iter().chain(&star).any(|(from, _)| *from > day);
                let lost = (day..450).find(|later| told[*later as usize] < here);
                if which > 0 && here.is_some() && !rises && let Some(until) = standing.until {
                    let until = i64::from(bank.zone.day_of(until).number() - first);
                    if until < 450 {
                        prop_assert_eq!(Some(until), lost, "day {}", day);
                    }
                } else if which > 0 && !rises {
                    prop_assert_eq!(lost, None, "day {}", day);
                }
                // Since when it is the present one, without a break.
                if let (Some(since), Some(_)) = (standing.since, here) {
                    let since = i64::from(bank.zone.day_of(since).number() - first);
                    let held = (since.max(0)..=day).all(|earlier| told[earlier as usize] == here);
                    let before = since < 1 || told[(since - 1) as usize] != here;
                    prop_assert!((held && before) || which == 0, "day {}: since {}", day, since);
                }
            }
        }
    }
}
