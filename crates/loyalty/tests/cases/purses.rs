//! Other kinds of points beside the main one: their holds, debts and days, and when they fall due.

use rapport_loyalty::*;
use rapport_types::{Slug, Timestamp};

use crate::support::{Bank, at};

/// Nothing is told, so that a timer is of what falls due alone.
const QUIET: &str = r#"{"points": {"per": {"amount": 100, "currency": "USD"}, "points": 1, "expires_after": {"days": 90}}, "events": [],
    "kinds": [{"id": "coins", "name": "Coins", "expires_after": {"days": 60}}, {"id": "gems", "name": "Gems"}]}"#;
const NOW: &str = "2026-01-10T00:00:00Z";
const DAY: i64 = 86_400_000;

fn ids(key: &str) -> Ids {
    Ids::new(None, Some(key), "").unwrap()
}

fn kind(id: &str) -> Option<Slug> {
    Slug::parse(id).ok()
}

fn earn(bank: &mut Bank, key: &str, points: i64, of: &str, at: Timestamp) -> Outcome {
    let command = Command::Earn(Earn {
        ids: ids(key),
        points: Some(points),
        money: None,
        at: Some(at),
        reason: None,
    });
    let now = at.max(crate::support::at(NOW));
    bank.run(&command.of_kind(kind(of)), now).unwrap()
}

fn authorize(
    bank: &mut Bank,
    key: &str,
    points: i64,
    of: Option<&str>,
    lasts: &str,
) -> TransactionId {
    let command = Command::Authorize(Authorize {
        ids: ids(key),
        points,
        expires_in: rapport_types::Span::parse(lasts).ok(),
        reason: None,
    });
    bank.run(&command.of_kind(of.and_then(kind)), at(NOW))
        .unwrap()
        .transaction
}

#[test]
fn a_timer_is_set_for_what_is_first_due_of_any_kind() {
    let mut bank = Bank::with(QUIET);
    assert_eq!(bank.account.timer, None);
    // Gems never end.
    earn(&mut bank, "g", 5, "gems", at(NOW));
    assert_eq!(bank.account.timer, None);
    // 90 days after 10 January: to the end of 10 April in Shanghai.
    bank.earn("p", 5, NOW);
    assert_eq!(bank.account.timer, Some(at("2026-04-10T16:00:00Z")));
    // 60 days: 11 March.
    earn(&mut bank, "c", 5, "coins", at(NOW));
    assert_eq!(bank.account.timer, Some(at("2026-03-11T16:00:00Z")));
    authorize(&mut bank, "h", 1, Some("gems"), "3h");
    assert_eq!(bank.account.timer, Some(at("2026-01-10T03:00:00Z")));
    authorize(&mut bank, "i", 1, None, "2h");
    assert_eq!(bank.account.timer, Some(at("2026-01-10T02:00:00Z")));
    let ends: Vec<Timestamp> = bank.account.ledger.ends().collect();
    assert_eq!(ends.len(), 4, "{ends:?}");
}

#[test]
fn a_hold_is_of_the_kind_that_it_holds() {
    let mut bank = Bank::with(QUIET);
    earn(&mut bank, "c", 10, "coins", at(NOW));
    earn(&mut bank, "g", 10, "gems", at(NOW));
    let coins = authorize(&mut bank, "hc", 4, Some("coins"), "1h");
    let gems = authorize(&mut bank, "hg", 5, Some("gems"), "1h");
    bank.capture(&gems, None, NOW).unwrap();
    bank.void(&coins, NOW).unwrap();
    let of = |id| {
        let b = bank
            .account
            .ledger
            .of_kind(kind(id).as_ref())
            .balance(at(NOW));
        (b.active, b.held, b.spent)
    };
    assert_eq!((of("coins"), of("gems")), ((10, 0, 0), (5, 0, 5)));
    bank.check_laws(at(NOW));
}

#[test]
fn what_is_owed_of_a_kind_is_its_own() {
    let mut bank = Bank::with(QUIET);
    let earned = earn(&mut bank, "c", 10, "coins", at(NOW)).transaction;
    let spend = Command::Spend(Spend {
        ids: ids("s"),
        points: 10,
        reason: None,
    });
    bank.run(&spend.of_kind(kind("coins")), at(NOW)).unwrap();
    bank.reverse_by(Some(Policy::AllowNegative), &earned, None, NOW)
        .unwrap();
    let coins = bank
        .account
        .ledger
        .of_kind(kind("coins").as_ref())
        .into_owned();
    assert_eq!((coins.debt, coins.balance(at(NOW)).active), (10, -10));
    assert_eq!(bank.balance(NOW)[0], 0);
    // The next ten coins make up for it; points do not.
    bank.earn("p", 50, NOW);
    earn(&mut bank, "d", 12, "coins", at(NOW));
    let coins = bank
        .account
        .ledger
        .of_kind(kind("coins").as_ref())
        .into_owned();
    assert_eq!(
        (
            coins.debt,
            coins.balance(at(NOW)).active,
            bank.balance(NOW)[0]
        ),
        (0, 2, 50)
    );
    bank.check_laws(at(NOW));
}

#[test]
fn the_days_of_other_kinds_are_bounded_and_nothing_that_was_earned_is_forgotten() {
    let mut bank = Bank::with(QUIET);
    bank.stored_every = 500;
    for n in 0..900 {
        for of in ["coins", "gems"] {
            let when = Timestamp::from_millis(at(NOW).millis() + n * DAY);
            earn(&mut bank, &format!("{of} {n}"), 1, of, when);
        }
    }
    let days: Vec<usize> = bank
        .account
        .ledger
        .others
        .iter()
        .map(|purse| purse.days.len())
        .collect();
    assert_eq!(days.iter().sum::<usize>(), 1_500, "{days:?}");
    let counted = |of: usize| {
        bank.account.ledger.others[of]
            .days
            .iter()
            .map(|day| day.points)
            .sum::<i64>()
    };
    assert_eq!((counted(0), counted(1)), (900, 900));
}

#[test]
fn a_part_of_a_hold_may_be_one_point_and_not_none() {
    let mut bank = Bank::with(QUIET);
    bank.earn("p", 10, NOW);
    let hold = authorize(&mut bank, "h", 5, None, "1h");
    for points in [0, -1] {
        let refused = bank.capture(&hold, Some(points), NOW);
        assert_eq!(refused.unwrap_err(), Rejection::TooFewPoints { least: 1 });
    }
    assert_eq!(bank.capture(&hold, Some(1), NOW).unwrap().answer.points, 1);
    // Two lots are held, and the first alone is captured: its entry names that one and no other.
    let mut bank = Bank::with(QUIET);
    bank.earn("p", 5, NOW);
    earn_points(&mut bank, "q", 5, "2026-01-11T00:00:00Z");
    let hold = bank
        .authorize("h", 10, "1h", "2026-01-11T00:00:00Z")
        .unwrap()
        .transaction;
    bank.capture(&hold, Some(5), "2026-01-11T00:00:00Z")
        .unwrap();
    let journal = bank.journal();
    let lots = |n: usize| {
        journal[n]
            .parts
            .iter()
            .map(|part| (part.lot, part.points))
            .collect::<Vec<_>>()
    };
    assert_eq!((lots(3), lots(4)), (vec![(0, 5)], vec![(1, 5)]));
}

fn earn_points(bank: &mut Bank, key: &str, points: i64, when: &str) {
    bank.earn(key, points, when);
}

#[test]
fn a_lot_that_ends_as_its_hold_does_is_whole_again_before_it_expires() {
    let mut bank = Bank::with(QUIET);
    earn(&mut bank, "c", 100, "coins", at(NOW));
    let coins = at("2026-03-11T16:00:00Z");
    let hours = (coins.millis() - at(NOW).millis()) / 3_600_000;
    assert!(hours > 168);
    // A hold lasts seven days at most, so it is made in the last of them.
    let late = Timestamp::from_millis(coins.millis() - 3_600_000);
    let command = Command::Authorize(Authorize {
        ids: ids("h"),
        points: 30,
        expires_in: rapport_types::Span::parse("1h").ok(),
        reason: None,
    });
    bank.run(&command.of_kind(kind("coins")), late).unwrap();
    bank.earn("later", 1, "2026-03-12T00:00:00Z");
    // 30 are released, then all 100 end at once.
    let moves: Vec<_> = bank.moves().into_iter().skip(2).collect();
    assert_eq!(
        moves,
        [
            (Kind::Release, 0, -30),
            (Kind::Expire, -100, 0),
            (Kind::Earn, 1, 0)
        ]
    );
}

#[test]
fn what_time_did_is_written_once_and_the_timer_that_fired_is_gone() {
    let mut bank = Bank::with(QUIET);
    bank.earn("p", 5, NOW);
    let end = at("2026-04-10T16:00:00Z");
    let look = |bank: &Bank, now: Timestamp| match expire(
        &bank.account,
        bank.program.as_ref(),
        &Prior::default(),
        now,
        &bank.zone,
    ) {
        Ok(Decision::Done(outcome)) => *outcome,
        other => panic!("{other:?}"),
    };
    // Too early: nothing is written, and the timer stays.
    let early = look(&bank, Timestamp::from_millis(end.millis() - 1));
    assert!(early.replayed && early.timer.is_none());
    assert_eq!(early.account, bank.account);
    let due = look(&bank, end);
    assert!(!due.replayed);
    assert_eq!((due.account.timer, due.timer), (None, None));
    assert_eq!(due.account.balance(end).expired, 5);
    bank.account = due.account;
    assert!(look(&bank, end).replayed);
    bank.check_laws(end);
}

#[test]
fn a_transfer_is_settled_by_its_own_id_alone() {
    let mut bank = Bank::with(QUIET);
    bank.earn("p", 10, NOW);
    let hold = authorize(&mut bank, "h", 3, None, "1h");
    let sent = |of: &TransactionId| {
        Command::Sent(Sent {
            ids: ids("sent"),
            of: of.clone(),
        })
    };
    // A hold that goes to nobody cannot have been received.
    let refused = bank.run(&sent(&hold), at(NOW));
    assert!(matches!(refused, Err(Rejection::UnknownTransaction { .. })));
    assert_eq!(bank.account.balance(at(NOW)).held, 3);
}

#[test]
fn a_purse_from_which_all_was_taken_again_is_as_if_it_had_never_been() {
    let mut bank = Bank::with(QUIET);
    let adjust = |bank: &mut Bank, key: &str, points: i64| {
        let command = Command::Adjust(Adjust {
            ids: ids(key),
            points,
            expires_at: None,
            reason: "a mistake".to_owned(),
            author: "mei".to_owned(),
        });
        let gems = command.of_kind(kind("gems"));
        bank.run(&gems, at(NOW)).unwrap().answer.points
    };
    assert_eq!(adjust(&mut bank, "give", 57), 57);
    assert_eq!(adjust(&mut bank, "take", -57), -57);
    assert_eq!(bank.account.ledger.others, []);
    bank.check_laws(at(NOW));
    assert_eq!(bank.audit().differs, None);
    // The balance after each entry counts on from there.
    adjust(&mut bank, "give again", 5);
    assert_eq!(bank.journal().last().map(|entry| entry.after), Some(5));
    bank.check_laws(at(NOW));
}
