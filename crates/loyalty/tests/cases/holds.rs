//! Points set aside for a checkout, by the minute.

use rapport_loyalty::*;

use crate::support::{Bank, at};
use crate::{MONTHS, PLAIN};

fn held(bank: &Bank, when: &str) -> (i64, i64) {
    let balance = bank.account.balance(at(when));
    (balance.active, balance.held)
}

#[test]
fn held_points_are_neither_active_nor_spent() {
    let mut bank = Bank::with(PLAIN);
    bank.earn("a", 100, "2026-01-01T00:00:00Z");
    let hold = bank
        .authorize("h", 60, "15m", "2026-01-02T10:00:00Z")
        .unwrap();
    // 100 - 60 = 40 can be spent; all 100 are still the customer's.
    assert_eq!(hold.answer.points, 60);
    assert_eq!(
        hold.answer.expires_at,
        Some(at("2026-01-02T10:15:00Z")),
        "15 minutes"
    );
    assert_eq!(held(&bank, "2026-01-02T10:01:00Z"), (40, 60));
    let more = bank.spend("s", 41, "2026-01-02T10:01:00Z");
    assert_eq!(more.unwrap_err(), Rejection::Insufficient { balance: 40 });
    let more = bank.authorize("h2", 41, "15m", "2026-01-02T10:01:00Z");
    assert_eq!(more.unwrap_err(), Rejection::Insufficient { balance: 40 });
    let moves = [(Kind::Earn, 100, 0), (Kind::Authorize, 0, 60)];
    assert_eq!(bank.moves(), moves);
    assert_eq!(bank.journal()[1].after, 100);
    bank.check_laws(at("2026-01-02T10:01:00Z"));
}

#[test]
fn a_capture_spends_what_was_held_once() {
    let mut bank = Bank::with(PLAIN);
    bank.earn("a", 100, "2026-01-01T00:00:00Z");
    let hold = bank
        .authorize("h", 60, "15m", "2026-01-02T10:00:00Z")
        .unwrap()
        .transaction;
    let first = bank.capture(&hold, None, "2026-01-02T10:05:00Z").unwrap();
    assert_eq!((first.answer.points, first.answer.balance.spent), (60, 60));
    assert_eq!(held(&bank, "2026-01-02T10:05:00Z"), (40, 0));
    // Again, and long after the hold would have ended.
    for points in [None, Some(60)] {
        let again = bank.capture(&hold, points, "2026-01-03T00:00:00Z").unwrap();
        assert!(again.replayed);
        assert_eq!(
            (again.transaction, again.answer),
            (first.transaction.clone(), first.answer.clone())
        );
    }
    let captured = Rejection::HoldClosed { captured: Some(60) };
    let other = bank.capture(&hold, Some(30), "2026-01-03T00:00:00Z");
    assert_eq!(other.unwrap_err(), captured);
    let void = bank.void(&hold, "2026-01-03T00:00:00Z");
    assert_eq!(void.unwrap_err(), captured);
    bank.check_laws(at("2026-01-03T00:00:00Z"));
}

#[test]
fn a_capture_of_a_part_takes_what_expires_first_and_gives_back_the_rest() {
    let mut bank = Bank::with(MONTHS);
    bank.earn("a", 10, "2026-01-01T00:00:00Z");
    bank.earn("b", 10, "2026-01-02T00:00:00Z");
    bank.earn("c", 10, "2026-01-03T00:00:00Z");
    let hold = bank
        .authorize("h", 25, "1h", "2026-01-04T00:00:00Z")
        .unwrap()
        .transaction;
    assert_eq!(bank.lots(), [(2, 5)]);
    let beyond = bank.capture(&hold, Some(26), "2026-01-04T00:30:00Z");
    assert_eq!(beyond.unwrap_err(), Rejection::BeyondHold { held: 25 });
    let capture = bank
        .capture(&hold, Some(12), "2026-01-04T00:30:00Z")
        .unwrap();
    // Held: 10 of lot 0, 10 of lot 1, 5 of lot 2. Captured 12: 10 of lot 0 and 2 of lot 1. Back: 8 to lot 1, 5 to lot 2.
    assert_eq!(bank.lots(), [(1, 8), (2, 10)]);
    assert_eq!(
        bank.moves()[3..],
        [
            (Kind::Authorize, 0, 25),
            (Kind::Capture, -12, -12),
            (Kind::Void, 0, -13)
        ]
    );
    bank.check_laws(at("2026-01-04T00:30:00Z"));
    // A refund of 5 returns 2 to lot 1 and 3 to lot 0; what the capture gave back is not refunded again.
    bank.reverse(&capture.transaction, Some(5), "2026-01-05T00:00:00Z")
        .unwrap();
    assert_eq!(bank.lots(), [(0, 3), (1, 10), (2, 10)]);
    let beyond = bank.reverse(&capture.transaction, Some(8), "2026-01-05T00:00:00Z");
    assert_eq!(beyond.unwrap_err(), Rejection::BeyondOriginal { left: 7 });
    bank.reverse(&capture.transaction, None, "2026-01-05T00:00:00Z")
        .unwrap();
    assert_eq!(bank.lots(), [(0, 10), (1, 10), (2, 10)]);
    bank.check_laws(at("2026-01-05T00:00:00Z"));
}

#[test]
fn a_voided_hold_restores_its_lots_once() {
    let mut bank = Bank::with(MONTHS);
    bank.earn("a", 10, "2026-01-01T00:00:00Z");
    bank.earn("b", 10, "2026-01-02T00:00:00Z");
    let before = bank.account.ledger.lots.clone();
    let hold = bank
        .authorize("h", 15, "7d", "2026-01-04T00:00:00Z")
        .unwrap()
        .transaction;
    let void = bank.void(&hold, "2026-01-05T00:00:00Z").unwrap();
    assert_eq!((void.answer.points, void.answer.balance.active), (15, 20));
    assert_eq!(bank.account.ledger.lots, before);
    let again = bank.void(&hold, "2026-01-06T00:00:00Z").unwrap();
    assert!(again.replayed && again.transaction == void.transaction);
    let late = bank.capture(&hold, None, "2026-01-06T00:00:00Z");
    assert_eq!(late.unwrap_err(), Rejection::HoldClosed { captured: None });
}

#[test]
fn a_hold_nobody_closes_ends_by_itself_at_its_moment() {
    let mut bank = Bank::with(PLAIN);
    bank.earn("a", 100, "2026-01-01T00:00:00Z");
    let hold = bank
        .authorize("h", 100, "15m", "2026-01-02T10:00:00Z")
        .unwrap();
    // Held until the last millisecond before 10:15, free at 10:15.
    let changes = bank
        .account
        .ledger
        .balance_changes_at(at("2026-01-02T10:00:00Z"));
    assert_eq!(changes, Some(at("2026-01-02T10:15:00Z")));
    assert_eq!(hold.timer, changes, "a timer is set for it");
    assert_eq!(held(&bank, "2026-01-02T10:14:59.999Z"), (0, 100));
    assert_eq!(held(&bank, "2026-01-02T10:15:00Z"), (100, 0));
    let late = bank.capture(&hold.transaction, None, "2026-01-02T10:15:00Z");
    assert_eq!(
        late.unwrap_err(),
        Rejection::HoldOver {
            at: at("2026-01-02T10:15:00Z")
        }
    );
    // What is to be given back has gone back: nothing to do, and no entry is written for it.
    let void = bank
        .void(&hold.transaction, "2026-01-02T10:16:00Z")
        .unwrap();
    assert!(void.replayed && void.answer.balance.active == 100);
    bank.spend("s", 1, "2026-01-02T11:00:00Z").unwrap();
    let release = bank.journal()[2].clone();
    assert_eq!((release.kind, release.held), (Kind::Release, -100));
    assert_eq!(release.at, at("2026-01-02T10:15:00Z"));
    assert_eq!(release.recorded, at("2026-01-02T11:00:00Z"));
    bank.check_laws(at("2026-01-02T11:00:00Z"));
}

#[test]
fn a_hold_that_times_out_while_a_spend_is_made_is_over_for_it() {
    let mut bank = Bank::with(PLAIN);
    bank.earn("a", 100, "2026-01-01T00:00:00Z");
    bank.authorize("h", 100, "15m", "2026-01-02T10:00:00Z")
        .unwrap();
    let early = bank.spend("s", 100, "2026-01-02T10:14:59.999Z");
    assert_eq!(early.unwrap_err(), Rejection::Insufficient { balance: 0 });
    // At the instant itself time comes first: released, then spent.
    bank.spend("s", 100, "2026-01-02T10:15:00Z").unwrap();
    let kinds: Vec<_> = bank.moves().into_iter().map(|m| m.0).collect();
    assert_eq!(
        kinds,
        [Kind::Earn, Kind::Authorize, Kind::Release, Kind::Spend]
    );
}

#[test]
fn a_hold_keeps_its_points_while_their_lot_ends() {
    let mut bank = Bank::with(MONTHS);
    // Earned 1 January 08:00 in Shanghai: to the end of 1 February, 16:00 UTC.
    bank.earn("a", 10, "2026-01-01T00:00:00Z");
    bank.earn("b", 10, "2026-01-01T00:00:00Z");
    let hold = |bank: &mut Bank, key| {
        let hold = bank.authorize(key, 10, "2h", "2026-02-01T15:00:00Z");
        hold.unwrap().transaction
    };
    let captured = hold(&mut bank, "captured");
    let voided = hold(&mut bank, "voided");
    // The lots have ended; both holds go on to 17:00. The one is spent after its lot's end, the other expires with its void.
    assert_eq!(held(&bank, "2026-02-01T16:30:00Z"), (0, 20));
    bank.capture(&captured, None, "2026-02-01T16:30:00Z")
        .unwrap();
    bank.void(&voided, "2026-02-01T16:30:00Z").unwrap();
    assert_eq!(bank.balance("2026-02-01T16:30:00Z"), [0, 0, 10, 10, 0]);
    assert_eq!(
        bank.moves()[4..],
        [
            (Kind::Capture, -10, -10),
            (Kind::Void, 0, -10),
            (Kind::Expire, -10, 0)
        ]
    );
    bank.check_laws(at("2026-02-01T16:30:00Z"));
}

#[test]
fn what_time_does_to_holds_and_lots_is_written_in_its_order() {
    let mut bank = Bank::with(MONTHS);
    // Ends of lots in UTC: a 1 February 16:00, b 2 February 16:00. The hold takes 5 of a and ends 1 February 20:00.
    bank.earn("a", 10, "2026-01-01T00:00:00Z");
    bank.earn("b", 10, "2026-01-02T00:00:00Z");
    bank.authorize("h", 5, "12h", "2026-02-01T08:00:00Z")
        .unwrap();
    let later = "2026-03-01T00:00:00Z";
    assert_eq!(bank.balance(later), [0, 0, 0, 20, 0]);
    let view = settled(&bank.account, at(later));
    let journal = view.journal.kept().unwrap();
    let told: Vec<_> = journal[3..]
        .iter()
        .map(|e| (e.kind, e.points, e.held, e.at.to_string()))
        .collect();
    // The 5 of a that were not held end with a; the 5 held go back at 20:00, to a lot that ended at 16:00, and expire.
    let first = "2026-02-01T16:00:00Z".to_owned();
    let last = "2026-02-02T16:00:00Z".to_owned();
    assert_eq!(
        told,
        [
            (Kind::Expire, -5, 0, first.clone()),
            (Kind::Release, 0, -5, "2026-02-01T20:00:00Z".to_owned()),
            (Kind::Expire, -5, 0, first),
            (Kind::Expire, -10, 0, last),
        ]
    );
    bank.check_laws(at(later));
}

#[test]
fn a_hold_that_ends_with_its_lot_is_given_back_and_expires() {
    let mut bank = Bank::with(MONTHS);
    bank.earn("a", 10, "2026-01-01T00:00:00Z");
    // 1 February 16:00 UTC is the end of both.
    bank.authorize("h", 10, "1h", "2026-02-01T15:00:00Z")
        .unwrap();
    let end = "2026-02-01T16:00:00Z";
    assert_eq!(bank.balance(end), [0, 0, 0, 10, 0]);
    bank.check_laws(at(end));
}

#[test]
fn a_hold_lasts_a_second_to_seven_days_and_there_are_64() {
    let mut bank = Bank::with(PLAIN);
    let now = "2026-01-02T10:00:00Z";
    bank.earn("a", 100, now);
    for bad in ["0s", "8d"] {
        let refused = bank.authorize(bad, 1, bad, now);
        assert_eq!(refused.unwrap_err(), Rejection::BadHoldTime);
    }
    let none = bank.authorize("none", 0, "1h", now);
    assert_eq!(none.unwrap_err(), Rejection::TooFewPoints { least: 1 });
    for n in 0..64 {
        bank.authorize(&format!("h{n}"), 1, "7d", now).unwrap();
    }
    let more = bank.authorize("h64", 1, "7d", now);
    assert_eq!(more.unwrap_err(), Rejection::TooManyHolds);
    bank.authorize("h65", 1, "7d", "2026-01-09T10:00:00Z")
        .unwrap();
    bank.check_laws(at("2026-01-09T10:00:00Z"));
}

#[test]
fn only_holds_are_captured_and_voided() {
    let mut bank = Bank::with(PLAIN);
    let now = "2026-01-02T10:00:00Z";
    let earn = bank.earn("a", 100, now).transaction;
    assert_eq!(
        bank.capture(&earn, None, now).unwrap_err(),
        Rejection::NoHold
    );
    assert_eq!(bank.void(&earn, now).unwrap_err(), Rejection::NoHold);
    let unknown = TransactionId::of_key("none");
    assert_eq!(
        bank.void(&unknown, now).unwrap_err(),
        Rejection::UnknownTransaction {
            transaction: unknown
        }
    );
    let hold = bank.authorize("h", 10, "1h", now).unwrap().transaction;
    assert_eq!(
        bank.reverse(&hold, None, now).unwrap_err(),
        Rejection::NotReversible
    );
}

#[test]
fn a_hold_closed_long_ago_is_still_known_when_its_entries_have_left_the_account() {
    let mut bank = Bank::with(PLAIN);
    let now = "2026-01-02T10:00:00Z";
    bank.earn("a", 100, now);
    let hold = bank.authorize("h", 10, "1h", now).unwrap().transaction;
    let over = bank.authorize("o", 10, "1h", now).unwrap().transaction;
    let capture = bank.capture(&hold, None, now).unwrap().transaction;
    for n in 0..400 {
        bank.earn(&n.to_string(), 1, "2026-01-03T00:00:00Z");
    }
    let later = "2026-01-04T00:00:00Z";
    let again = bank.capture(&hold, None, later).unwrap();
    assert!(again.replayed && again.transaction == capture);
    assert!(matches!(
        bank.capture(&over, None, later).unwrap_err(),
        Rejection::HoldOver { .. }
    ));
    bank.check_laws(at(later));
}
