//! Walking day by day finds the same.

use proptest::prelude::*;
use rapport_loyalty::tier::history;
use rapport_types::{Slug, Timestamp};

use crate::book::Book;
use crate::support::{Bank, at};
use crate::{DAYS, YEAR, programme};

const POLICIES: [&str; 6] = [
    "",
    r#", "tier_policy": {"keep": "7d"}"#,
    r#", "tier_policy": {"keep": "5d", "grace": "3d"}"#,
    r#", "tier_policy": {"keep": "6d", "grace": "2d", "downgrade": "one_step"}"#,
    r#", "tier_policy": {"keep": "end_of_year", "downgrade": "one_step"}"#,
    r#", "tier_policy": {"keep": "end_of_next_year", "grace": "4d"}"#,
];

const DAY: i64 = 86_400_000;

/// Which tier is held at the end of each day, by the words.
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
    let book = Book {
        tiers: program.tiers.len(),
        one_step: policy["downgrade"] == "one_step",
        lost: &lost,
        earned: &|level, day| Some(value(day)) >= program.tiers[level].at_least,
    };
    book.held(from..=to)
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
            bank.earn_late(&n.to_string(), *points, moment(*day), moment(300));
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
                    other.earn_late("more", points, when, moment(2_000));
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
