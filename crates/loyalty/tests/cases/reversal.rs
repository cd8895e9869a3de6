//! What a reversal of an earn takes back.

use rapport_loyalty::*;

use crate::support::{Bank, at};
use crate::{DELAYED, MONTHS, PLAIN, SPENDERS};

#[test]
fn a_reversed_earn_takes_its_own_points_then_others_and_never_more_than_there_are() {
    let mut bank = Bank::with(PLAIN);
    let first = bank.earn("a", 100, "2026-01-01T00:00:00Z").transaction;
    bank.earn("b", 30, "2026-01-02T00:00:00Z");
    bank.spend("s", 90, "2026-01-03T00:00:00Z").unwrap();
    // 10 are left of the first and 30 of the second: a part of 25 takes 10 and 15.
    let part = bank
        .reverse(&first, Some(25), "2026-01-04T00:00:00Z")
        .unwrap();
    assert_eq!((part.answer.points, part.answer.balance.active), (25, 15));
    let taken: Vec<_> = bank.journal()[3]
        .parts
        .iter()
        .map(|p| (p.lot, p.points))
        .collect();
    assert_eq!(taken, [(0, 10), (1, 15)]);
    // 75 are left to reverse and 15 to take.
    let rest = bank.reverse(&first, None, "2026-01-05T00:00:00Z").unwrap();
    assert_eq!((rest.answer.points, rest.answer.balance.active), (15, 0));
    assert!(
        bank.reverse(&first, None, "2026-01-06T00:00:00Z")
            .unwrap()
            .replayed
    );
    // For tiers all 100 are gone: 30 are left.
    assert_eq!(bank.account.ledger.totals.qualifying, 30);
}

#[test]
fn an_earn_reversed_after_its_expiry_takes_nothing() {
    let mut bank = Bank::with(MONTHS);
    let first = bank.earn("a", 100, "2026-01-01T00:00:00Z").transaction;
    bank.earn("b", 30, "2026-02-20T00:00:00Z");
    let outcome = bank.reverse(&first, None, "2026-03-01T00:00:00Z").unwrap();
    assert_eq!(
        (outcome.answer.points, outcome.answer.balance.active),
        (0, 30)
    );
}

#[test]
fn pending_points_are_taken_back_too() {
    let mut bank = Bank::with(DELAYED);
    let first = bank.earn("a", 100, "2026-01-01T00:00:00Z").transaction;
    bank.earn("b", 40, "2026-01-01T00:00:00Z");
    bank.reverse(&first, Some(70), "2026-01-02T00:00:00Z")
        .unwrap();
    assert_eq!(bank.balance("2026-01-02T00:00:00Z"), [0, 70, 0, 0, 70]);
    bank.reverse(&first, None, "2026-01-02T00:00:00Z").unwrap();
    assert_eq!(bank.balance("2026-01-02T00:00:00Z"), [0, 40, 0, 0, 40]);
}

#[test]
fn only_earns_and_spends_are_reversed() {
    let mut bank = Bank::with(PLAIN);
    let earn = bank.earn("a", 10, "2026-01-01T00:00:00Z").transaction;
    let reversal = bank
        .reverse(&earn, Some(5), "2026-01-02T00:00:00Z")
        .unwrap()
        .transaction;
    let twice = bank.reverse(&reversal, None, "2026-01-03T00:00:00Z");
    assert_eq!(twice.unwrap_err(), Rejection::NotReversible);
    let unknown = TransactionId::of_order("none");
    let nothing = bank.reverse(&unknown, None, "2026-01-03T00:00:00Z");
    assert_eq!(
        nothing.unwrap_err(),
        Rejection::UnknownTransaction {
            transaction: unknown
        }
    );
}

#[test]
fn money_of_a_reversed_part_is_its_share() {
    let mut bank = Bank::with(SPENDERS);
    // 10.50 dollars, 10 points. A part of 3: floor(1050 * 3 / 10) = 315. The rest: 1050 - 315 = 735.
    let order = bank
        .order("a", 1050, "2026-01-01T00:00:00Z")
        .unwrap()
        .transaction;
    bank.reverse(&order, Some(3), "2026-01-02T00:00:00Z")
        .unwrap();
    assert_eq!(bank.account.ledger.totals.spend, 735);
    bank.reverse(&order, None, "2026-01-02T00:00:00Z").unwrap();
    assert_eq!(bank.account.ledger.totals.spend, 0);
    assert!(bank.account.ledger.days.is_empty());
}

#[test]
fn a_spent_earn_and_then_its_spend_are_reversed_and_nothing_is_kept() {
    let mut bank = Bank::with(PLAIN);
    let earn = bank.earn("a", 100, "2026-01-01T00:00:00Z").transaction;
    bank.earn("b", 30, "2026-01-01T00:00:00Z");
    let spend = bank.spend("s", 100, "2026-01-02T00:00:00Z").unwrap();
    // Of the 100 only b's 30 are there: 70 had been spent, and are claimed.
    let back = bank.reverse(&earn, None, "2026-01-03T00:00:00Z").unwrap();
    assert_eq!((back.answer.points, back.answer.balance.active), (30, 0));
    // New points are the customer's own.
    bank.earn("c", 500, "2026-01-04T00:00:00Z");
    let own = bank.spend("own", 50, "2026-01-04T00:00:00Z").unwrap();
    let own = bank.reverse(&own.transaction, None, "2026-01-05T00:00:00Z");
    assert_eq!(own.unwrap().answer.balance.active, 500);
    // Of the 100 that come back, 70 belong to the reversed earn: 500 + 100 - 70 = 530, c and b.
    let spend = bank.reverse(&spend.transaction, None, "2026-01-06T00:00:00Z");
    let answer = spend.unwrap().answer;
    assert_eq!((answer.points, answer.balance.active), (100, 530));
    let moves = bank.moves();
    assert_eq!(moves[moves.len() - 1], (Kind::Recover, -70, 0));
    bank.check_laws(at("2026-01-06T00:00:00Z"));
}

#[test]
fn what_was_held_when_its_earn_was_reversed_is_claimed_when_it_comes_back() {
    let mut bank = Bank::with(PLAIN);
    let earn = bank.earn("a", 100, "2026-01-01T00:00:00Z").transaction;
    let authorize = |bank: &mut Bank, key| bank.authorize(key, 30, "1h", "2026-01-02T00:00:00Z");
    let over = authorize(&mut bank, "over").unwrap().transaction;
    let voided = authorize(&mut bank, "voided").unwrap().transaction;
    let captured = authorize(&mut bank, "captured").unwrap().transaction;
    // 10 are free and taken; 90 are held.
    let now = "2026-01-02T00:30:00Z";
    assert_eq!(bank.reverse(&earn, None, now).unwrap().answer.points, 10);
    bank.void(&voided, now).unwrap();
    assert_eq!(bank.balance(now), [0, 0, 0, 0, 0]);
    let capture = bank.capture(&captured, Some(20), now).unwrap().transaction;
    // Of the capture 10 came back, and are gone. The first hold ends by itself, seen before it is written.
    let later = "2026-01-02T02:00:00Z";
    assert_eq!(bank.balance(later), [0, 0, 20, 0, 0]);
    bank.check_laws(at(later));
    // The 20 captured are refunded: they had been held before the reversal.
    bank.reverse(&capture, None, later).unwrap();
    assert_eq!(bank.balance(later), [0, 0, 0, 0, 0]);
    assert!(bank.account.ledger.claims.is_empty());
    assert_eq!(bank.void(&over, later).unwrap().answer.points, 0);
    bank.check_laws(at(later));
}

#[test]
fn a_claim_lapses_with_the_points_it_is_for() {
    let mut bank = Bank::with(MONTHS);
    // a ends with 1 February, b with 20 February.
    let earn = bank.earn("a", 100, "2026-01-01T00:00:00Z").transaction;
    bank.earn("b", 50, "2026-01-20T00:00:00Z");
    let spend = bank.spend("s", 150, "2026-01-21T00:00:00Z").unwrap();
    bank.reverse(&earn, None, "2026-01-22T00:00:00Z").unwrap();
    // 10 February: a's 100 come back and expire, b's 50 come back and stay.
    bank.reverse(&spend.transaction, None, "2026-02-10T00:00:00Z")
        .unwrap();
    assert_eq!(bank.balance("2026-02-10T00:00:00Z"), [50, 0, 0, 100, 50]);
    bank.check_laws(at("2026-02-10T00:00:00Z"));
}

#[test]
fn only_pending_points_are_taken_where_that_is_the_policy() {
    let mut bank = Bank::with(DELAYED);
    let policy = Some(Policy::PendingOnly);
    // Active 8 January 00:00 UTC.
    let early = bank.earn("a", 100, "2026-01-01T00:00:00Z").transaction;
    let late = bank.earn("b", 40, "2026-01-01T00:00:00Z").transaction;
    let taken = bank.reverse_by(policy, &early, Some(60), "2026-01-07T23:59:59Z");
    assert_eq!(taken.unwrap().answer.points, 60);
    let taken = bank.reverse_by(policy, &late, None, "2026-01-08T00:00:00Z");
    let answer = taken.unwrap().answer;
    // Nothing is taken and nothing claimed, but for tiers the 40 are gone: 140 - 60 - 40 = 40.
    assert_eq!((answer.points, answer.balance.active), (0, 80));
    assert_eq!(bank.account.ledger.totals.qualifying, 40);
    assert!(bank.account.ledger.claims.is_empty());
}

#[test]
fn a_balance_below_zero_is_filled_up_first() {
    let mut program: serde_json::Value = serde_json::from_str(DELAYED).unwrap();
    program["points"]["reversal"] = serde_json::json!("allow_negative");
    let mut bank = Bank::with(&program.to_string());
    // a and b activate after 7 days: a 8 January, b 12 January, c 22 January.
    let earn = bank.earn("a", 100, "2026-01-01T00:00:00Z").transaction;
    bank.earn("b", 50, "2026-01-05T00:00:00Z");
    bank.spend("s", 80, "2026-01-09T00:00:00Z").unwrap();
    let back = bank.reverse(&earn, None, "2026-01-10T00:00:00Z").unwrap();
    // 20 were there, 80 are owed; b is pending and stays.
    assert_eq!(back.answer.points, 100);
    assert_eq!(bank.balance("2026-01-10T00:00:00Z"), [-80, 50, 80, 0, 50]);
    let spend = bank.spend("t", 1, "2026-01-10T00:00:00Z");
    assert_eq!(spend.unwrap_err(), Rejection::Insufficient { balance: -80 });
    // At the instant b activates its 50 repay: 30 are left to pay, and nothing is left to expire.
    assert_eq!(bank.balance("2026-01-12T00:00:00Z"), [-30, 0, 80, 0, 0]);
    assert_eq!(bank.balance("2026-03-01T00:00:00Z"), [-30, 0, 80, 0, 0]);
    bank.earn("c", 100, "2026-01-15T00:00:00Z");
    // c of 100 activates 22 January: 30 repay, 70 are left.
    assert_eq!(bank.balance("2026-01-22T00:00:00Z"), [70, 0, 80, 0, 70]);
    bank.spend("u", 70, "2026-01-22T00:00:00Z").unwrap();
    let told: Vec<_> = bank
        .journal()
        .iter()
        .map(|e| (e.kind, e.points, e.owed, e.at.to_string()))
        .skip(3)
        .collect();
    let day = |day| format!("2026-01-{day}T00:00:00Z");
    assert_eq!(
        told,
        [
            (Kind::Reverse, -100, 80, day("10")),
            (Kind::Repay, 0, -50, day("12")),
            (Kind::Earn, 100, 0, day("15")),
            (Kind::Repay, 0, -30, day("22")),
            (Kind::Spend, -70, 0, day("22")),
        ]
    );
    bank.check_laws(at("2026-01-22T00:00:00Z"));
    // The request has the last word over the programme.
    let within = Some(Policy::WithinBalance);
    let c = TransactionId::of_key("c");
    let none = bank.reverse_by(within, &c, None, "2026-01-22T00:00:00Z");
    assert_eq!(none.unwrap().answer.points, 0);
}

#[test]
fn points_that_come_back_repay_what_is_owed_at_once() {
    let mut bank = Bank::with(PLAIN);
    let earn = bank.earn("a", 100, "2026-01-01T00:00:00Z").transaction;
    let spend = bank.spend("s", 100, "2026-01-02T00:00:00Z").unwrap();
    let negative = Some(Policy::AllowNegative);
    bank.reverse_by(negative, &earn, None, "2026-01-03T00:00:00Z")
        .unwrap();
    assert_eq!(bank.balance("2026-01-03T00:00:00Z"), [-100, 0, 100, 0, 0]);
    let back = bank
        .reverse(&spend.transaction, Some(60), "2026-01-04T00:00:00Z")
        .unwrap();
    assert_eq!(back.answer.balance.active, -40);
    bank.reverse(&spend.transaction, None, "2026-01-04T00:00:00Z")
        .unwrap();
    assert_eq!(bank.balance("2026-01-04T00:00:00Z"), [0, 0, 0, 0, 0]);
    bank.check_laws(at("2026-01-04T00:00:00Z"));
}
