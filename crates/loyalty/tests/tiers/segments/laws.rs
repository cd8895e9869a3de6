//! Walking day by day finds the same, where some tiers go by a segment.

use proptest::prelude::*;
use rapport_loyalty::tier::history;
use rapport_types::Timestamp;

use super::programme;
use crate::book::Book;
use crate::support::{Bank, at};

const POLICIES: [&str; 6] = [
    "",
    r#", "tier_policy": {"keep": "7d"}"#,
    r#", "tier_policy": {"keep": "7d", "grace": "5d"}"#,
    r#", "tier_policy": {"keep": "7d", "downgrade": "one_step"}"#,
    r#", "tier_policy": {"keep": "end_of_year", "grace": "3d", "downgrade": "one_step"}"#,
    r#", "tier_policy": {"grace": "20d", "downgrade": "one_step"}"#,
];
const DAY: i64 = 86_400_000;

/// The tier held at the end of each of 500 days from `first` on, by the words; on the day `morning`, before what comes at its noon.
fn by_the_book(
    bank: &Bank,
    which: usize,
    first: i32,
    morning: Option<i32>,
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
            .filter(|row| row.day != day || morning != Some(day))
            .map(|row| row.points)
            .sum()
    };
    let earned = |level: usize, day: i32| match program.tiers[level].at_least {
        Some(least) => value(day) >= least,
        None => inside(level, day),
    };
    let book = Book {
        tiers: program.tiers.len(),
        one_step: which >= 3,
        lost: &lost,
        earned: &earned,
    };
    book.held(first..=first + 499)
}

/// That standing and history are what walking day by day finds; `vip` and `star` are days outside the segment and days in it, by turns:
/// from noon to noon.
fn walk(
    which: usize,
    earns: &[(i64, i64)],
    vip: &[i64],
    star: &[i64],
) -> Result<(), TestCaseError> {
    let mut bank = Bank::with(&programme(POLICIES[which]));
    let start = at("2026-09-01T04:00:00Z");
    let moment = |day: i64| Timestamp::from_millis(start.millis() + day * DAY);
    let stays = |turns: &[i64]| -> Vec<(i64, Option<i64>)> {
        let mut days: Vec<i64> = Vec::new();
        for turn in turns {
            days.push(days.last().unwrap_or(&0) + turn);
        }
        days.chunks(2)
            .map(|pair| (pair[0], pair.get(1).copied()))
            .collect()
    };
    let (vip, star) = (stays(vip), stays(star));
    for (segment, stays) in [("high_value", &vip), ("friends", &star)] {
        for (from, until) in stays {
            let from = moment(*from).to_string();
            let until = until.map(|until| moment(until).to_string());
            bank.stay(segment, &from, until.as_deref());
        }
    }
    for (n, (day, points)) in earns.iter().enumerate() {
        bank.earn_late(&n.to_string(), *points, moment(*day), moment(450));
    }
    let first = bank.zone.day_of(start).number();
    let inside = |level: usize, day: i32| {
        let stays = if level == 1 { &vip } else { &star };
        let day = i64::from(day - first);
        stays
            .iter()
            .any(|(from, until)| *from <= day && until.is_none_or(|until| day <= until))
    };
    let told = by_the_book(&bank, which, first, None, &inside);
    let tiers: Vec<_> = bank
        .program
        .as_ref()
        .unwrap()
        .tiers
        .iter()
        .map(|tier| tier.id.clone())
        .collect();
    let id = |level: Option<usize>| level.map(|level| tiers[level].clone());
    // Without a policy a segment is left at noon, and by then the tier of the day is another.
    let eve =
        |day: i64| Timestamp::from_millis(moment(day).millis() - if which == 0 { 1 } else { 0 });
    let turns = |day: i64| {
        vip.iter()
            .chain(&star)
            .any(|(from, until)| *from == day || *until == Some(day))
    };
    let past = history::history(
        &bank.account,
        bank.program.as_ref(),
        moment(450),
        &bank.zone,
    );
    let last = earns.iter().map(|(day, _)| *day).max().unwrap_or(0);
    for day in (1..440).filter(|day| which > 0 || !turns(*day)) {
        let here = told[day as usize];
        let then = past.iter().find(|past| {
            past.since <= moment(day).plus(rapport_types::Span::parse("11h").unwrap())
        });
        prop_assert_eq!(
            then.and_then(|past| past.tier.clone()),
            id(here),
            "history of day {}",
            day
        );
        if day <= last {
            continue;
        }
        let standing = bank.tier(&eve(day).to_string());
        prop_assert_eq!(&standing.tier, &id(here), "day {}", day);
        // With no more to come in, it is lost on the day on which the book has a lower one.
        let rises = vip.iter().chain(&star).any(|(from, _)| *from > day);
        let lost = (day..450).find(|later| told[*later as usize] < here);
        if which > 0
            && here.is_some()
            && !rises
            && let Some(until) = standing.until
        {
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
            // What is lost at midnight and earned again at noon was another tier in the morning, which the book's evenings do not show.
            let in_the_morning = |level: usize, day: i32| {
                let stays = if level == 1 { &vip } else { &star };
                let comes =
                    i64::from(day - first) == since && stays.iter().any(|(from, _)| *from == since);
                inside(level, day) && !comes
            };
            let morning = || {
                let day = first + since as i32;
                by_the_book(&bank, which, first, Some(day), &in_the_morning)[since as usize]
            };
            let before = since < 1 || told[(since - 1) as usize] != here || morning() != here;
            prop_assert!(
                (held && before) || which == 0,
                "day {}: since {}",
                day,
                since
            );
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn standing_and_history_are_what_walking_day_by_day_finds(
        which in 0..POLICIES.len(),
        earns in prop::collection::vec((0..150_i64, 1..400_i64), 0..8),
        vip in prop::collection::vec(1..40_i64, 0..7),
        star in prop::collection::vec(1..60_i64, 0..4),
    ) {
        walk(which, &earns, &vip, &star)?;
    }
}

/// In the segment on the second and third day, which keeps the tier to the midnight after 20 more; and again from the next noon.
#[test]
fn what_is_lost_at_midnight_and_earned_again_at_noon_was_another_tier_in_the_morning() {
    walk(5, &[], &[], &[1, 1, 21]).unwrap();
}

/// In the segment to the 70th day: star to the 77th, gold to the 84th; the points of the 85th at noon bring gold again.
#[test]
fn what_points_bring_back_on_the_day_on_which_it_was_lost_is_held_since_that_noon() {
    walk(3, &[(85, 300)], &[], &[36, 34]).unwrap();
}
