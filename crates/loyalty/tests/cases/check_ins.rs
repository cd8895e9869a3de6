//! Check-ins: days in a row, by the shop's calendar.

use rapport_loyalty::check_in::{CheckIns, Streak, check_in, would_give};
use rapport_loyalty::earning::{Occasion, Trigger};
use rapport_loyalty::*;
use rapport_types::{Day, Timestamp};

use crate::support::{Bank, at};

/// 5 points for each check-in.
const DAILY: &str = r#"{"points": {"per": {"amount": 100, "currency": "USD"}, "points": 1},
    "rules": [{"id": "daily", "name": "Daily", "when": "check_in", "points": 5}]}"#;

fn day(bank: &Bank, when: &str) -> Day {
    bank.zone.day_of(at(when))
}

fn occasion(_: &Streak) -> Occasion {
    Occasion::of(Trigger::CheckIn)
}

/// Noon in Shanghai on the so-manyeth of June 2026; beyond 30 of the months after.
fn noon(n: i64) -> Timestamp {
    let first = at("2026-06-01T04:00:00Z").millis();
    Timestamp::from_millis(first + (n - 1) * 86_400_000)
}

fn ask(bank: &mut Bank, key: Option<&str>, now: Timestamp) -> Result<Outcome, Rejection> {
    let mut prior = Prior::default();
    loop {
        let program = bank.program.as_ref();
        match check_in(
            &bank.account,
            program,
            occasion,
            key,
            &prior,
            now,
            &bank.zone,
        )? {
            Decision::Read(want) => bank.read(want, &mut prior),
            Decision::Done(outcome) => {
                assert!(outcome.spill.is_empty());
                if outcome.changed() {
                    bank.account = outcome.account.clone();
                }
                return Ok(*outcome);
            }
        }
    }
}

/// Streak, longest, total, and whether the day has one.
fn row(bank: &Bank, now: Timestamp) -> (u32, u32, u32, bool) {
    let s = CheckIns::on(&bank.account, bank.zone.day_of(now));
    (s.streak, s.longest, s.total, s.today)
}

#[test]
fn a_streak_lasts_while_no_day_is_missed() {
    let mut bank = Bank::with(DAILY);
    assert_eq!(row(&bank, noon(1)), (0, 0, 0, false));
    for n in [1, 2, 3] {
        assert_eq!(ask(&mut bank, None, noon(n)).unwrap().answer.points, 5);
    }
    assert_eq!(row(&bank, noon(3)), (3, 3, 3, true));
    // On the next day the streak still stands, and can go on; on the one after it is over.
    assert_eq!(row(&bank, noon(4)), (3, 3, 3, false));
    assert_eq!(row(&bank, noon(5)), (0, 3, 3, false));
    ask(&mut bank, None, noon(6)).unwrap();
    assert_eq!(row(&bank, noon(6)), (1, 3, 4, true));
    ask(&mut bank, None, noon(7)).unwrap();
    assert_eq!(row(&bank, noon(7)), (2, 3, 5, true));
    assert_eq!(bank.balance(&noon(7).to_string())[0], 25);
    bank.check_laws(noon(7));
}

#[test]
fn the_days_of_two_months_are_remembered_one_by_one() {
    let mut bank = Bank::with(DAILY);
    assert_eq!(CheckIns::recent(&bank.account), []);
    for n in [1, 2, 4] {
        ask(&mut bank, None, noon(n)).unwrap();
    }
    let days = |of: &[i64]| {
        of.iter()
            .map(|n| bank.zone.day_of(noon(*n)))
            .collect::<Vec<_>>()
    };
    assert_eq!(CheckIns::recent(&bank.account), days(&[4, 2, 1]));
    // The last and the 61 before it: 62 - 61 = 1.
    let (sixty_second, newest) = (days(&[62, 4, 2, 1]), days(&[63, 62, 4, 2]));
    ask(&mut bank, None, noon(62)).unwrap();
    assert_eq!(CheckIns::recent(&bank.account), sixty_second);
    ask(&mut bank, None, noon(63)).unwrap();
    assert_eq!(CheckIns::recent(&bank.account), newest);
    // After a long time only the last one is left, and the count of all.
    let last = bank.zone.day_of(noon(500));
    ask(&mut bank, None, noon(500)).unwrap();
    assert_eq!(CheckIns::recent(&bank.account), [last]);
    assert_eq!(row(&bank, noon(500)), (1, 2, 6, true));
}

#[test]
fn a_day_has_one_however_often_it_is_asked_for_and_under_whatever_key() {
    let mut bank = Bank::with(DAILY);
    let first = ask(&mut bank, Some("k"), noon(1)).unwrap();
    assert!(!first.replayed);
    let id = check_in::transaction(day(&bank, "2026-06-01T04:00:00Z"));
    assert_eq!(first.transaction, id);
    let later = Timestamp::from_millis(noon(1).millis() + 3_600_000);
    for key in [None, Some("k"), Some("another")] {
        let again = ask(&mut bank, key, later).unwrap();
        assert!(again.replayed, "{key:?}");
        assert_eq!(again.answer, first.answer);
    }
    assert_eq!(row(&bank, later), (1, 1, 1, true));
    // The key of the day before, sent again, is answered with that day's, and checks in no more.
    let old = ask(&mut bank, Some("k"), noon(2)).unwrap();
    assert!(old.replayed && old.transaction == id);
    assert_eq!(row(&bank, noon(2)), (1, 1, 1, false));
    // A key that came with something else is found out.
    bank.earn("bought", 10, "2026-06-02T03:00:00Z");
    let reused = ask(&mut bank, Some("bought"), noon(2));
    assert!(matches!(reused, Err(Rejection::KeyReused { .. })));
    assert_eq!(row(&bank, noon(2)), (1, 1, 1, false));
}

#[test]
fn a_clock_that_goes_back_counts_on_the_last_day() {
    let mut bank = Bank::with(DAILY);
    let first = ask(&mut bank, None, noon(3)).unwrap();
    assert_eq!(row(&bank, noon(2)), (1, 1, 1, true));
    assert_eq!(
        CheckIns::day(&bank.account, bank.zone.day_of(noon(2))),
        bank.zone.day_of(noon(3))
    );
    assert_eq!(
        CheckIns::day(&bank.account, bank.zone.day_of(noon(3))),
        bank.zone.day_of(noon(3))
    );
    assert_eq!(
        CheckIns::day(&bank.account, bank.zone.day_of(noon(4))),
        bank.zone.day_of(noon(4))
    );
    let back = ask(&mut bank, None, noon(2)).unwrap();
    assert!(back.replayed && back.transaction == first.transaction);
}

#[test]
fn a_week_is_counted_from_one_to_seven_and_again() {
    let streak = |streak| Streak {
        today: true,
        streak,
        longest: streak,
        total: streak,
    };
    let sevens: Vec<u32> = (0..16).map(|n| streak(n).of_seven()).collect();
    assert_eq!(sevens, [0, 1, 2, 3, 4, 5, 6, 7, 1, 2, 3, 4, 5, 6, 7, 1]);
    let asked = Streak {
        total: 20,
        ..streak(9)
    }
    .properties();
    let number = |name: &str| asked.get(name).and_then(serde_json::Value::as_u64);
    assert_eq!(
        ["streak", "streak_of_7", "total"].map(number),
        [Some(9), Some(2), Some(20)]
    );
    assert_eq!(asked.len(), 3);
}

#[test]
fn what_a_streak_will_be_is_told_ahead() {
    let now = Streak {
        today: false,
        streak: 3,
        longest: 5,
        total: 9,
    };
    // One more, and then two more days.
    let ahead = now.after(2);
    assert_eq!(
        (ahead.today, ahead.streak, ahead.longest, ahead.total),
        (true, 6, 6, 12)
    );
    let one = now.after(0);
    assert_eq!((one.streak, one.longest, one.total), (4, 5, 10));
    let bank = Bank::with(DAILY);
    let program = bank.program.as_ref().unwrap();
    let gives = |trigger| {
        would_give(
            &bank.account,
            program,
            &Occasion::of(trigger),
            noon(1),
            &bank.zone,
        )
    };
    assert_eq!((gives(Trigger::CheckIn), gives(Trigger::SignUp)), (5, 0));
}

#[test]
fn without_a_programme_a_check_in_gives_nothing_and_counts() {
    let mut bank = Bank::with(DAILY);
    bank.program = None;
    assert_eq!(ask(&mut bank, None, noon(1)).unwrap().answer.points, 0);
    assert_eq!(row(&bank, noon(1)), (1, 1, 1, true));
}
