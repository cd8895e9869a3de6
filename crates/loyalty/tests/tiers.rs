//! Tiers over time, dated and with their arithmetic. The shop is in Shanghai: its midnight is 16:00 UTC of the day before.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::panic
)]

mod support;
use rapport_loyalty::tier::{history, manual};
use rapport_loyalty::*;
use rapport_types::{Slug, Timestamp};
use support::{Bank, at};

/// Tiers at 100, 300 and 1,000 points.
fn programme(window: &str, policy: &str) -> String {
    let tier = |id: &str, at_least: i64| {
        format!(
            r#"{{"id": "{id}", "name": "{id}", "at_least": {at_least}, "by": "points"{window}}}"#
        )
    };
    format!(
        r#"{{"points": {{"per": {{"amount": 100, "currency": "USD"}}, "points": 1}},
            "tiers": [{}, {}, {}]{policy}}}"#,
        tier("silver", 100),
        tier("gold", 300),
        tier("black", 1_000)
    )
}

const YEAR: &str = r#", "window": "calendar_year""#;
const DAYS: &str = r#", "window": "30d""#;

fn text(moment: Option<Timestamp>) -> Option<String> {
    moment.map(|moment| moment.to_string())
}

/// The tier, and until when.
fn held(bank: &Bank, when: &str) -> (Option<String>, Option<String>) {
    let standing = bank.tier(when);
    (
        standing.tier.map(|tier| tier.to_string()),
        text(standing.until),
    )
}

fn is(tier: &str, until: &str) -> (Option<String>, Option<String>) {
    (Some(tier.to_owned()), Some(until.to_owned()))
}

/// What is missing, from when on it counts, and by when.
fn keep(bank: &Bank, when: &str) -> Option<(i64, Option<String>, String)> {
    let keep = bank.tier(when).keep?;
    Some((keep.missing?, text(keep.from), text(keep.by)?))
}

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
    assert_eq!(
        held(&bank, "2026-01-01T00:00:00Z"),
        is("silver", "2026-02-14T16:00:00Z")
    );
    assert_eq!(
        held(&bank, "2026-02-14T15:59:59.999Z"),
        is("silver", "2026-02-14T16:00:00Z")
    );
    assert_eq!(bank.tier("2026-02-14T16:00:00Z").tier, None);
    let grace = |when: &str| text(bank.tier(when).grace_since);
    assert_eq!(grace("2026-02-09T15:59:59.999Z"), None);
    assert_eq!(
        grace("2026-02-09T16:00:00Z").unwrap(),
        "2026-02-09T16:00:00Z"
    );
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
fn one_step_at_a_time() {
    let policy = |downgrade: &str| {
        format!(r#", "tier_policy": {{"keep": "10d", "downgrade": "{downgrade}"}}"#)
    };
    let mut bank = Bank::with(&programme(DAYS, &policy("one_step")));
    bank.earn("a", 1_200, "2026-01-01T00:00:00Z");
    // Black is earned to 30 January and kept to 9 February; gold from the 10th, as if earned on the 9th: kept to the 19th;
    // silver from the 20th to 1 March.
    assert_eq!(
        held(&bank, "2026-02-09T15:00:00Z"),
        is("black", "2026-02-09T16:00:00Z")
    );
    assert_eq!(
        held(&bank, "2026-02-09T16:00:00Z"),
        is("gold", "2026-02-19T16:00:00Z")
    );
    assert_eq!(
        held(&bank, "2026-02-19T16:00:00Z"),
        is("silver", "2026-03-01T16:00:00Z")
    );
    assert_eq!(bank.tier("2026-03-01T16:00:00Z").tier, None);
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
    assert_eq!(
        held(&bank, "2026-02-09T15:00:00Z"),
        is("black", "2026-02-09T16:00:00Z")
    );
    assert_eq!(bank.tier("2026-02-09T16:00:00Z").tier, None);
    // To what is still earned: 150 on 20 January are silver to 18 February, and kept to the 28th.
    bank.earn("b", 150, "2026-01-20T00:00:00Z");
    assert_eq!(
        held(&bank, "2026-02-09T16:00:00Z"),
        is("silver", "2026-02-28T16:00:00Z")
    );
}

#[test]
fn tiers_by_orders_count_each_order_once() {
    let mut bank = Bank::with(
        r#"{"points": {"per": {"amount": 100, "currency": "USD"}, "points": 1},
            "tiers": [{"id": "two", "name": "Two", "at_least": 2, "by": "orders", "window": "30d"},
                      {"id": "four", "name": "Four", "at_least": 4, "by": "orders", "window": "30d"}]}"#,
    );
    bank.order("a", 1_000, "2026-01-01T00:00:00Z").unwrap();
    bank.earn("gift", 50, "2026-01-01T00:00:00Z");
    let b = bank.order("b", 0, "2026-01-01T01:00:00Z").unwrap();
    assert_eq!(b.answer.tier.unwrap().as_str(), "two");
    let c = bank.order("c", 2_000, "2026-01-05T01:00:00Z").unwrap();
    let next = bank.tier("2026-01-05T01:00:00Z").next.unwrap();
    assert_eq!((next.missing, next.currency), (Some(1), None));
    // A part that is taken back leaves the order; the rest takes it.
    bank.reverse(&c.transaction, Some(5), "2026-01-06T00:00:00Z")
        .unwrap();
    assert_eq!(
        bank.tier("2026-01-06T00:00:00Z").next.unwrap().missing,
        Some(1)
    );
    bank.reverse(&c.transaction, None, "2026-01-06T00:00:00Z")
        .unwrap();
    assert_eq!(
        bank.tier("2026-01-06T00:00:00Z").next.unwrap().missing,
        Some(2)
    );
    assert_eq!(bank.account.ledger.totals.orders, Some(2));
    // An account of before: a row with money is one order.
    let old = r#"{"ledger": {"lots": [], "totals": {"earned": 9, "spent": 0, "expired": 0, "taken": 0, "qualifying": 9, "spend": 900},
        "days": [[20454, 5, 500], [20455, 4, 400], [20456, 7, 0]], "marks": []}}"#;
    bank.account = serde_json::from_str(old).unwrap();
    bank.program
        .as_mut()
        .unwrap()
        .tiers
        .iter_mut()
        .for_each(|tier| tier.window = None);
    assert_eq!(
        bank.tier("2026-01-06T00:00:00Z").tier.unwrap().as_str(),
        "two"
    );
    bank.order("d", 100, "2026-01-06T00:00:00Z").unwrap();
    assert_eq!(bank.account.ledger.totals.orders, Some(3));
}

#[test]
fn a_given_tier_holds_until_its_end_and_never_lowers() {
    let mut bank = Bank::with(&programme(DAYS, ""));
    let slug = |id: &str| Slug::parse(id).unwrap();
    let give = |bank: &mut Bank, tier: &str, until: Option<&str>, now: &str| {
        let program = bank.program.as_ref().unwrap();
        let given = manual::give(
            &bank.account,
            program,
            &slug(tier),
            until.map(at),
            Some("guest"),
            at(now),
        )?;
        bank.account = given;
        Ok::<_, manual::Refused>(())
    };
    let now = "2026-01-01T00:00:00Z";
    assert!(give(&mut bank, "tin", None, now).is_err());
    assert_eq!(
        give(&mut bank, "gold", Some(now), now),
        Err(manual::Refused::Over)
    );
    give(&mut bank, "gold", Some("2026-03-01T00:00:00Z"), now).unwrap();
    let standing = bank.tier("2026-01-10T00:00:00Z");
    assert!(standing.manual && standing.tier == Some(slug("gold")));
    assert_eq!(
        (
            text(standing.since).unwrap().as_str(),
            text(standing.until).unwrap().as_str()
        ),
        (now, "2026-03-01T00:00:00Z")
    );
    assert_eq!(text(standing.changes_at).unwrap(), "2026-03-01T00:00:00Z");
    assert_eq!(standing.next.unwrap().missing, Some(1_000));
    // 350 on 10 February: gold by themselves until 11 March, 12 March being the first day without.
    bank.earn("a", 350, "2026-02-10T00:00:00Z");
    let both = bank.tier("2026-02-10T00:00:00Z");
    assert!(!both.manual);
    assert_eq!(
        (
            text(both.since).unwrap().as_str(),
            text(both.until).unwrap().as_str()
        ),
        (now, "2026-03-11T16:00:00Z")
    );
    // A higher one that is earned holds, and a lower one that is given changes nothing.
    bank.earn("b", 700, "2026-02-11T00:00:00Z");
    assert_eq!(
        held(&bank, "2026-02-11T00:00:00Z"),
        is("black", "2026-03-11T16:00:00Z")
    );
    give(&mut bank, "silver", None, "2026-02-12T00:00:00Z").unwrap();
    assert_eq!(
        held(&bank, "2026-02-12T00:00:00Z"),
        is("black", "2026-03-11T16:00:00Z")
    );
    assert_eq!(
        held(&bank, "2026-05-01T00:00:00Z"),
        (Some("silver".into()), None)
    );
    bank.account = manual::take(&bank.account, at("2026-05-02T00:00:00Z"));
    assert_eq!(bank.tier("2026-05-02T00:00:00Z").tier, None);
    let past = history::history(
        &bank.account,
        bank.program.as_ref(),
        at("2026-05-03T00:00:00Z"),
        &bank.zone,
    );
    let given: Vec<_> = past
        .iter()
        .filter(|past| past.manual)
        .map(|past| {
            (
                past.tier.as_ref().unwrap().as_str(),
                text(past.until).unwrap(),
            )
        })
        .collect();
    assert_eq!(
        given,
        [
            ("silver", "2026-05-02T00:00:00Z".into()),
            ("gold", "2026-02-12T00:00:00Z".into())
        ]
    );
    // Through the store.
    let stored = serde_json::to_string(&bank.account).unwrap();
    let read: Account = serde_json::from_str(&stored).unwrap();
    assert_eq!(
        (read.given_before, read.ledger),
        (bank.account.given_before, bank.account.ledger)
    );
}

#[test]
fn a_tier_that_the_programme_multiplies_by_may_be_given() {
    let mut json: serde_json::Value = serde_json::from_str(&programme(DAYS, "")).unwrap();
    json["tiers"][1]["benefits"] =
        serde_json::json!({"multiplier": 2, "discount_percent": 10, "gifts": ["cake"]});
    let mut bank = Bank::with(&json.to_string());
    let gold = Slug::parse("gold").unwrap();
    let program = bank.program.clone().unwrap();
    bank.account = manual::give(
        &bank.account,
        &program,
        &gold,
        None,
        None,
        at("2026-01-01T00:00:00Z"),
    )
    .unwrap();
    assert_eq!(
        bank.order("a", 1_000, "2026-01-02T00:00:00Z")
            .unwrap()
            .answer
            .points,
        20
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

mod laws {
    use super::*;
    use proptest::prelude::*;

    const POLICIES: [&str; 6] = [
        "",
        r#", "tier_policy": {"keep": "7d"}"#,
        r#", "tier_policy": {"keep": "5d", "grace": "3d"}"#,
        r#", "tier_policy": {"keep": "6d", "grace": "2d", "downgrade": "one_step"}"#,
        r#", "tier_policy": {"keep": "end_of_year", "downgrade": "one_step"}"#,
        r#", "tier_policy": {"keep": "end_of_next_year", "grace": "4d"}"#,
    ];

    const DAY: i64 = 86_400_000;

    /// Which tier is held at the end of each day, by the words: earned, or not yet lost, day by day.
    fn by_the_book(bank: &Bank, from: i32, to: i32) -> Vec<Option<usize>> {
        let program = bank.program.as_ref().unwrap();
        let json = serde_json::to_value(program).unwrap();
        let policy = &json["tier_policy"];
        let days_of = |name: &str| {
            let span = policy[name]
                .as_str()
                .and_then(|text| rapport_types::Span::parse(text).ok());
            span.map_or(0, |span| (span.millis() / DAY) as i32)
        };
        let year = |day: i32| rapport_types::Day::from_number(day).unwrap().parts().0;
        let lost = |last: i32| {
            let end = |year: i16| rapport_types::Day::new(year, 12, 31).unwrap().number();
            let kept = match policy["keep"].as_str() {
                Some("end_of_year") => end(year(last)),
                Some("end_of_next_year") => end(year(last) + 1),
                _ => last + days_of("keep"),
            };
            kept + days_of("grace") + 1
        };
        let value = |day: i32| -> i64 {
            let first = match json["tiers"][0]["window"].as_str() {
                Some("calendar_year") => rapport_types::Day::new(year(day), 1, 1).unwrap().number(),
                _ => day - 29,
            };
            let rows = bank.account.ledger.days.iter();
            rows.filter(|row| (first..=day).contains(&row.day))
                .map(|row| row.points)
                .sum()
        };
        // The day on which each tier that is held would be lost.
        let mut until: Vec<Option<i32>> = vec![None; program.tiers.len()];
        let mut told = Vec::new();
        for day in from..=to {
            for level in (0..until.len()).rev() {
                if Some(value(day)) >= program.tiers[level].at_least {
                    until[level] = Some(lost(day));
                }
                // It has just gone: the next lower one is held as if it had been earned to the day before.
                if until[level] == Some(day) && policy["downgrade"] == "one_step" && level > 0 {
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
        #![proptest_config(ProptestConfig { cases: 36, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn standing_and_history_are_what_walking_day_by_day_finds(
            which in 0..POLICIES.len(),
            year in any::<bool>(),
            earns in prop::collection::vec((0..200_i64, 1..500_i64), 1..12),
        ) {
            let mut bank = Bank::with(&programme(if year { YEAR } else { DAYS }, POLICIES[which]));
            let start = at("2026-09-01T04:00:00Z");
            let moment = |day: i64| Timestamp::from_millis(start.millis() + day * DAY);
            for (n, (day, points)) in earns.iter().enumerate() {
                let command = Command::Earn(Earn {
                    ids: Ids::new(None, Some(&n.to_string()), "").unwrap(),
                    points: Some(*points),
                    money: None,
                    at: Some(moment(*day)),
                    reason: None,
                });
                bank.run(&command, moment(300)).unwrap();
            }
            let first = bank.zone.day_of(start).number();
            let told = by_the_book(&bank, first, first + 1_300);
            let tiers: Vec<_> = bank.program.as_ref().unwrap().tiers.iter().map(|tier| tier.id.clone()).collect();
            // Where they earned in the time to come, `until` is another matter: no new data.
            let last = *earns.iter().map(|(day, _)| day).max().unwrap();
            for day in (last..400).step_by(3) {
                let standing = bank.tier(&moment(day).to_string());
                let here = told[day as usize];
                prop_assert_eq!(&standing.tier, &here.map(|level| tiers[level].clone()), "day {}", day);
                let lost = (day..1_300).find(|day| told[*day as usize] < here);
                let lost = lost.map(|day| bank.zone.start_of(rapport_types::Day::from_number(first + day as i32).unwrap()));
                if here.is_some() {
                    prop_assert_eq!(standing.until, lost, "day {}", day);
                }
                if let Some(keep) = &standing.keep {
                    // Just so many keep it longer, one less does not.
                    let missing = keep.missing.unwrap();
                    prop_assert!(missing > 0);
                    let when = keep.from.unwrap_or(moment(day)).max(moment(day));
                    let level = |tier: Option<Slug>| tier.and_then(|tier| tiers.iter().position(|known| *known == tier));
                    for (points, keeps) in [(missing, true), (missing - 1, false)] {
                        let mut other = Bank::with(&programme(DAYS, ""));
                        (other.account, other.program) = (bank.account.clone(), bank.program.clone());
                        let more = Command::Earn(Earn {
                            ids: Ids::new(None, Some("more"), "").unwrap(),
                            points: Some(points),
                            money: None,
                            at: Some(when),
                            reason: None,
                        });
                        other.run(&more, moment(2_000)).unwrap();
                        // Who rises to a higher tier by it may be kept by that one.
                        let rises = level(other.tier(&when.to_string()).tier) > here;
                        let kept = level(other.tier(&keep.by.unwrap().to_string()).tier) >= here;
                        prop_assert!(kept == keeps || (rises && kept), "day {} {:?} {}", day, keep, points);
                    }
                }
            }
            let now = moment(400);
            let past = history::history(&bank.account, bank.program.as_ref(), now, &bank.zone);
            for day in 0..400_i64 {
                let end = moment(day).plus(rapport_types::Span::parse("11h").unwrap());
                let then = past.iter().find(|past| past.since <= end);
                let tier = then.and_then(|past| past.tier.clone());
                prop_assert_eq!(&tier, &told[day as usize].map(|level| tiers[level].clone()), "day {}", day);
            }
        }
    }
}
