//! What a reversal of an earn takes back.

use rapport_loyalty::*;

use crate::support::Bank;
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
