//! How long a tier is kept, and what comes after it.

use rapport_loyalty::tier::history;
use rapport_loyalty::{Command, Earn, Ids, Program};
use rapport_types::Slug;

use crate::support::{Bank, at};
use crate::{DAYS, YEAR, held, holds, is, keep, programme, text};

#[test]
fn a_calendar_year_ends_with_the_shops_new_year() {
    let mut bank = Bank::with(&programme(YEAR, ""));
    bank.earn("a", 120, "2026-03-01T00:00:00Z");
    // 1 January 2027 in Shanghai begins on 31 December 2026, 16:00 UTC.
    assert_eq!(
        held(&bank, "2026-12-31T15:59:59.999Z"),
        is("silver", "2026-12-31T16:00:00Z")
    );
    assert_eq!(bank.tier("2026-12-31T16:00:00Z").tier, None);
    assert_eq!(
        bank.tier("2026-12-31T16:00:00Z").next.unwrap().missing,
        Some(100)
    );
    // What is earned this year keeps nothing next year, and nothing of next year can be earned before it begins.
    assert_eq!(keep(&bank, "2026-06-01T00:00:00Z"), None);
    // Two years side by side.
    bank.earn("b", 320, "2026-12-31T16:00:00Z");
    assert_eq!(
        held(&bank, "2027-01-01T00:00:00Z"),
        is("gold", "2027-12-31T16:00:00Z")
    );
}

#[test]
fn an_answer_ends_when_the_next_points_leave_though_others_have_left_on_the_same_day() {
    let mut bank = Bank::with(&programme(DAYS, ""));
    bank.earn("a", 120, "2026-01-01T00:00:00Z");
    bank.earn("few", 10, "2026-01-03T00:00:00Z");
    bank.earn("b", 120, "2026-01-05T00:00:00Z");
    bank.earn("c", 30, "2026-01-20T00:00:00Z");
    // On 31 January a has left; few leave on 2 February, from when on 150 are missing to gold, and b on the 4th, when 30 stay.
    let standing = bank.tier("2026-01-31T00:00:00Z");
    assert_eq!(standing.next.unwrap().missing, Some(140));
    assert_eq!(standing.keep.unwrap().missing, Some(70));
    assert_eq!(text(standing.until).unwrap(), "2026-02-03T16:00:00Z");
    assert_eq!(text(standing.changes_at).unwrap(), "2026-02-01T16:00:00Z");
}

#[test]
fn a_tier_of_the_year_is_kept_to_the_end_of_the_next() {
    let mut bank = Bank::with(&programme(
        YEAR,
        r#", "tier_policy": {"keep": "end_of_next_year"}"#,
    ));
    bank.earn("a", 320, "2026-03-01T00:00:00Z");
    assert_eq!(
        held(&bank, "2026-03-01T00:00:00Z"),
        is("gold", "2027-12-31T16:00:00Z")
    );
    // 300 in 2027 keep it: nothing of 2026 counts there, and there are 0 so far.
    let expected = (
        300,
        Some("2026-12-31T16:00:00Z".to_owned()),
        "2027-12-31T16:00:00Z".to_owned(),
    );
    assert_eq!(keep(&bank, "2026-06-01T00:00:00Z"), Some(expected));
    bank.earn("b", 120, "2027-05-01T00:00:00Z");
    let standing = bank.tier("2027-05-01T00:00:00Z");
    assert_eq!(text(standing.since).unwrap(), "2026-03-01T00:00:00Z");
    assert_eq!(standing.keep.as_ref().unwrap().missing, Some(180));
    assert_eq!(standing.keep.unwrap().from, None);
    assert_eq!(standing.next.unwrap().missing, Some(880));
    // 120 in 2027 are silver, kept to the end of 2028.
    assert_eq!(
        held(&bank, "2027-12-31T15:59:59.999Z"),
        is("gold", "2027-12-31T16:00:00Z")
    );
    assert_eq!(
        held(&bank, "2027-12-31T16:00:00Z"),
        is("silver", "2028-12-31T16:00:00Z")
    );
    assert_eq!(
        text(bank.tier("2028-02-29T00:00:00Z").since).unwrap(),
        "2027-12-31T16:00:00Z"
    );
    // Enough in 2027 after all, reported late: gold to the end of 2028.
    let late = Command::Earn(Earn {
        ids: Ids::new(Some("late"), None, "").unwrap(),
        points: Some(180),
        money: None,
        at: Some(at("2027-12-31T15:00:00Z")),
        reason: None,
    });
    bank.run(&late, at("2028-01-05T00:00:00Z")).unwrap();
    assert_eq!(
        held(&bank, "2028-01-05T00:00:00Z"),
        is("gold", "2028-12-31T16:00:00Z")
    );
    assert_eq!(
        text(bank.tier("2028-01-05T00:00:00Z").since).unwrap(),
        "2026-03-01T00:00:00Z"
    );
}

#[test]
fn days_of_keeping_and_grace_follow_the_last_day_on_which_it_was_earned() {
    let mut bank = Bank::with(&programme(
        DAYS,
        r#", "tier_policy": {"keep": "10d", "grace": "5d"}"#,
    ));
    bank.earn("a", 120, "2026-01-01T00:00:00Z");
    // Earned on 1 to 30 January; kept to 9 February, in grace to 14 February: lost on the 15th, 14 February 16:00 UTC.
    let lost = "2026-02-14T16:00:00Z";
    let moments = [
        ("2026-01-01T00:00:00Z", "silver", lost),
        ("2026-02-14T15:59:59.999Z", "silver", lost),
    ];
    holds(&bank, &moments, lost);
    let grace = |when: &str| text(bank.tier(when).grace_since);
    assert_eq!(grace("2026-02-09T15:59:59.999Z"), None);
    assert_eq!(
        grace("2026-02-09T16:00:00Z").unwrap(),
        "2026-02-09T16:00:00Z"
    );
    let begun = bank.tier("2026-02-09T16:00:00Z");
    assert_eq!(text(begun.changes_at).as_deref(), Some(lost));
    let before = bank.tier("2026-02-09T15:00:00Z");
    assert_eq!(text(before.changes_at).unwrap(), "2026-02-09T16:00:00Z");
    // In grace all of it is missing. While it is earned, 100 from 2 January on would keep it: a leaves on the 31st.
    assert_eq!(
        keep(&bank, "2026-02-10T00:00:00Z"),
        Some((100, None, "2026-02-14T16:00:00Z".to_owned()))
    );
    assert_eq!(
        keep(&bank, "2026-01-10T00:00:00Z"),
        Some((100, None, "2026-02-14T16:00:00Z".to_owned()))
    );
    // Earned again on the last day of grace: held without a break.
    bank.earn("b", 100, "2026-02-14T15:00:00Z");
    let standing = bank.tier("2026-02-20T00:00:00Z");
    assert_eq!(text(standing.since).unwrap(), "2026-01-01T00:00:00Z");
    // 14 February to 15 March, and 15 days: lost on 31 March.
    assert_eq!(text(standing.until).unwrap(), "2026-03-30T16:00:00Z");
}

#[test]
fn a_tier_that_is_kept_to_the_end_of_the_year_is_kept_longer_by_what_counts_in_the_next() {
    let policy = r#", "tier_policy": {"keep": "end_of_year"}"#;
    let mut bank = Bank::with(&programme(DAYS, policy));
    bank.earn("a", 120, "2026-03-01T00:00:00Z");
    // Earned to 30 March. To earn it again in May keeps it to the same end; on 1 January it would be kept for another year: what is of
    // 3 December, which begins on the 2nd at 16:00 UTC, or later, is still within the 30 days then.
    let new_year = "2026-12-31T16:00:00Z";
    assert_eq!(held(&bank, "2026-05-01T00:00:00Z"), is("silver", new_year));
    assert_eq!(
        keep(&bank, "2026-05-01T00:00:00Z"),
        Some((
            100,
            Some("2026-12-02T16:00:00Z".to_owned()),
            new_year.to_owned()
        ))
    );
    // Once that day has begun, from now.
    let (_, from, _) = keep(&bank, "2026-12-02T16:00:00Z").unwrap();
    assert_eq!(from, None);
}

/// Points wait 30 days, and count for 30. 100 of them are silver.
fn waiting(policy: &str) -> Bank {
    Bank::with(&format!(
        r#"{{"points": {{"per": {{"amount": 100, "currency": "USD"}}, "points": 1, "activates_after": "30d"}},
            "tiers": [{{"id": "silver", "name": "Silver", "at_least": 100, "by": "points", "window": "30d"}}],
            "tier_policy": {policy}}}"#
    ))
}

#[test]
fn what_activates_on_the_day_of_the_loss_or_later_says_nothing_of_what_keeps_the_tier_until_then() {
    let mut bank = waiting(r#"{"keep": "10d"}"#);
    // Active from 8 January on, earned to 6 February, kept to the 16th. 17 February 00:00 in Shanghai is the 16th, 16:00 UTC.
    bank.earn("a", 120, "2025-12-09T00:00:00Z");
    // Active from 7 February, 12:00 in Shanghai, on.
    bank.earn("half", 50, "2026-01-08T04:00:00Z");
    // Active from 17 February, 12:00 in Shanghai, on: the tier comes back then.
    bank.earn("b", 120, "2026-01-18T04:00:00Z");
    let lost = "2026-02-16T16:00:00Z";
    assert_eq!(held(&bank, "2026-01-20T00:00:00Z"), is("silver", lost));
    assert_eq!(bank.tier(lost).tier, None);
    // 50 more that count on 7 February or later, when a has left; what counts from 9 January on counts on the 7th.
    assert_eq!(
        keep(&bank, "2026-01-20T00:00:00Z"),
        Some((50, None, lost.to_owned()))
    );
}

#[test]
fn what_activates_after_the_first_moment_of_the_year_comes_too_late_to_keep_the_tier() {
    let mut bank = waiting(r#"{"keep": "end_of_year"}"#);
    // Earned from 1 to 30 March, kept to the end of the year.
    bank.earn("a", 120, "2026-01-30T00:00:00Z");
    // Active from 12 December on.
    bank.earn("some", 40, "2026-11-12T00:00:00Z");
    // Active from 1 January, 12:00 in Shanghai, on.
    bank.earn("b", 120, "2026-12-02T04:00:00Z");
    // 60 more that count at the first moment of that day: those of 3 December on.
    let lost = "2026-12-31T16:00:00Z";
    let from = Some("2026-12-02T16:00:00Z".to_owned());
    assert_eq!(
        keep(&bank, "2026-12-02T05:00:00Z"),
        Some((60, from, lost.to_owned()))
    );
}

#[test]
fn a_tier_for_everybody_has_no_beginning_where_nothing_ever_counted() {
    for policy in ["", r#", "tier_policy": {"keep": "10d"}"#] {
        let everybody = programme(DAYS, policy).replace("\"at_least\": 100,", "\"at_least\": 0,");
        let bank = Bank::with(&everybody);
        let standing = bank.tier("2026-01-01T00:00:00Z");
        assert_eq!(standing.tier.unwrap().as_str(), "silver");
        assert_eq!((standing.since, standing.until), (None, None));
        let now = at("2026-01-01T00:00:00Z");
        let past = history::history(&bank.account, bank.program.as_ref(), now, &bank.zone);
        assert_eq!(past, []);
    }
}

/// The history, the latest first: tier, since when, until when.
fn past(bank: &Bank, now: &str) -> Vec<(String, String, Option<String>)> {
    let past = history::history(&bank.account, bank.program.as_ref(), at(now), &bank.zone);
    let row = |past: history::Past| {
        let tier = past.tier.map_or("none".to_owned(), |tier| tier.to_string());
        (tier, past.since.to_string(), text(past.until))
    };
    past.into_iter().map(row).collect()
}

#[test]
fn between_a_tier_lost_at_midnight_and_one_reached_that_day_is_what_was_held_in_the_morning() {
    let row = |tier: &str, since: &str, until: Option<&str>| {
        (tier.to_owned(), since.to_owned(), until.map(str::to_owned))
    };
    let came = "2025-12-31T16:00:00Z";
    // 1 January and 29 days more; with a policy ten days longer.
    let plain = ("", "2026-01-30T16:00:00Z", "2026-01-31T04:00:00Z");
    let keep = r#", "tier_policy": {"keep": "10d"}"#;
    let kept = (keep, "2026-02-09T16:00:00Z", "2026-02-10T04:00:00Z");
    for (policy, midnight, noon) in [plain, kept] {
        // What counts longer, what the morning has by it, what the noon brings, and which tier that is: a lower one, or the same again.
        for (longer, morning, more, again) in [
            (0, "none", 120, "silver"),
            (0, "none", 300, "gold"),
            (110, "silver", 300, "gold"),
        ] {
            let mut bank = Bank::with(&programme(DAYS, policy));
            bank.earn("a", 320 - longer, came);
            if longer > 0 {
                bank.earn("longer", longer, "2026-01-10T00:00:00Z");
            }
            // Held at the time,
            let then = bank.tier(midnight).tier;
            assert_eq!(
                then.map_or("none".to_owned(), |tier| tier.to_string()),
                morning
            );
            bank.earn("b", more, noon);
            // and told afterwards.
            let told = [row(again, noon, None), row(morning, midnight, Some(noon))];
            for now in [noon, "2026-02-20T00:00:00Z"] {
                let past = past(&bank, now);
                assert_eq!(past[..2], told, "{policy} {longer} {more}");
                assert_eq!(
                    (&*past[2].0, past[2].2.as_deref()),
                    ("gold", Some(midnight))
                );
                assert_eq!(text(bank.tier(now).since).unwrap(), noon);
            }
        }
    }
}

#[test]
fn what_the_first_moment_of_a_day_brings_leaves_no_gap() {
    let grace = r#", "tier_policy": {"grace": "2d"}"#;
    for (policy, midnight) in [
        ("", "2026-01-30T16:00:00Z"),
        (grace, "2026-02-01T16:00:00Z"),
    ] {
        let mut bank = Bank::with(&programme(DAYS, policy));
        let (came, now) = ("2026-01-01T02:00:00Z", "2026-02-20T00:00:00Z");
        bank.earn("a", 320, came);
        bank.earn("b", 300, midnight);
        let told = ("gold".to_owned(), came.to_owned(), None);
        assert_eq!(past(&bank, now), [told]);
        assert_eq!(text(bank.tier(now).since).unwrap(), came);
    }
}

#[test]
fn one_step_at_a_time() {
    let policy = |downgrade: &str| {
        format!(r#", "tier_policy": {{"keep": "10d", "downgrade": "{downgrade}"}}"#)
    };
    let mut bank = Bank::with(&programme(DAYS, &policy("one_step")));
    bank.earn("a", 1_200, "2026-01-01T00:00:00Z");
    // Black is earned to 30 January and kept to 9 February; gold from the 10th, as if earned on the 9th: kept to the 19th;
    // silver from the 20th to 1 March.
    let (gold, silver, nothing) = (
        "2026-02-09T16:00:00Z",
        "2026-02-19T16:00:00Z",
        "2026-03-01T16:00:00Z",
    );
    let moments = [
        ("2026-02-09T15:00:00Z", "black", gold),
        (gold, "gold", silver),
        (silver, "silver", nothing),
    ];
    holds(&bank, &moments, nothing);
    assert_eq!(
        keep(&bank, "2026-02-12T00:00:00Z"),
        Some((300, None, "2026-02-19T16:00:00Z".to_owned()))
    );
    let now = at("2026-04-01T00:00:00Z");
    let past = history::history(&bank.account, bank.program.as_ref(), now, &bank.zone);
    let past: Vec<_> = past
        .iter()
        .map(|past| {
            (
                past.tier.as_ref().map_or("none", Slug::as_str),
                past.since.to_string(),
                text(past.until),
            )
        })
        .collect();
    let day = |text: &str| format!("{text}T16:00:00Z");
    assert_eq!(
        past,
        [
            ("none", day("2026-03-01"), None),
            ("silver", day("2026-02-19"), Some(day("2026-03-01"))),
            ("gold", day("2026-02-09"), Some(day("2026-02-19"))),
            (
                "black",
                "2026-01-01T00:00:00Z".to_owned(),
                Some(day("2026-02-09"))
            ),
        ]
    );
    // Directly: from black to nothing.
    bank.program = Some(serde_json::from_str(&programme(DAYS, &policy("direct"))).unwrap());
    holds(&bank, &moments[..1], gold);
    // To what is still earned: 150 on 20 January are silver to 18 February, and kept to the 28th.
    bank.earn("b", 150, "2026-01-20T00:00:00Z");
    assert_eq!(
        held(&bank, "2026-02-09T16:00:00Z"),
        is("silver", "2026-02-28T16:00:00Z")
    );
}

#[test]
fn a_policy_that_cannot_be_is_refused_at_its_place() {
    let wrong = |window: &str, policy: &str| {
        let program: Program = serde_json::from_str(&programme(window, policy)).unwrap();
        program
            .check()
            .into_iter()
            .map(|wrong| wrong.pointer)
            .collect::<Vec<_>>()
    };
    let none: [&str; 0] = [];
    assert_eq!(
        wrong(DAYS, r#", "tier_policy": {"keep": "36h"}"#),
        ["/tier_policy/keep"]
    );
    assert_eq!(
        wrong(DAYS, r#", "tier_policy": {"grace": "9999d"}"#),
        ["/tier_policy/grace"]
    );
    assert_eq!(
        wrong(DAYS, r#", "tier_policy": {"downgrade": "one_step"}"#),
        ["/tier_policy/downgrade"]
    );
    assert_eq!(
        wrong(
            r#", "window": "1096d""#,
            r#", "tier_policy": {"keep": "400d", "grace": "30d"}"#
        ),
        ["/tier_policy/keep"]
    );
    assert_eq!(
        wrong(
            YEAR,
            r#", "tier_policy": {"keep": "end_of_next_year", "grace": "30d"}"#
        ),
        none
    );
    assert!(serde_json::from_str::<Program>(&programme(r#", "window": "a year""#, "")).is_err());
}
