//! Which lots a spend takes, and where they return to.

use rapport_loyalty::*;

use crate::support::{Bank, at};
use crate::{MONTHS, PLAIN};

#[test]
fn a_spend_takes_what_expires_first_and_the_older_of_equals() {
    let mut bank = Bank::with(MONTHS);
    bank.earn("later", 10, "2026-01-20T00:00:00Z");
    let command = Command::Earn(Earn {
        ids: Ids::new(None, Some("sooner"), "").unwrap(),
        points: Some(10),
        money: None,
        at: Some(at("2026-01-05T00:00:00Z")),
        reason: None,
    });
    bank.run(&command, at("2026-01-21T00:00:00Z")).unwrap();
    bank.earn("same day", 10, "2026-01-20T01:00:00Z");
    bank.spend("s", 15, "2026-01-22T00:00:00Z").unwrap();
    // Lot 1 expires 5 February: 10. Lots 0 and 2 expire 20 February: 5 from the older, lot 0.
    let taken: Vec<_> = bank.journal()[3]
        .parts
        .iter()
        .map(|p| (p.lot, p.points))
        .collect();
    assert_eq!(taken, [(1, 10), (0, 5)]);
}

#[test]
fn nothing_is_overspent() {
    let mut bank = Bank::with(PLAIN);
    bank.earn("a", 100, "2026-01-01T00:00:00Z");
    for n in 0..10 {
        bank.spend(&format!("s{n}"), 10, "2026-01-02T00:00:00Z")
            .unwrap();
    }
    let more = bank.spend("s10", 10, "2026-01-02T00:00:00Z");
    assert_eq!(more.unwrap_err(), Rejection::Insufficient { balance: 0 });
    let again = bank.spend("s3", 10, "2026-01-02T00:00:00Z").unwrap();
    // The fourth spend left 60, and still says so.
    assert!(again.replayed && again.answer.balance.active == 60);
    let none = bank.spend("zero", 0, "2026-01-02T00:00:00Z");
    assert_eq!(none.unwrap_err(), Rejection::TooFewPoints { least: 1 });
}

#[test]
fn a_spend_over_three_lots_is_returned_in_parts_from_the_last() {
    let mut bank = Bank::with(MONTHS);
    bank.earn("a", 10, "2026-01-01T00:00:00Z");
    bank.earn("b", 10, "2026-01-02T00:00:00Z");
    bank.earn("c", 10, "2026-01-03T00:00:00Z");
    let whole = bank.account.ledger.lots.clone();
    let spend = bank
        .spend("s", 25, "2026-01-04T00:00:00Z")
        .unwrap()
        .transaction;
    let left = |bank: &Bank| {
        let lots = &bank.account.ledger.lots;
        lots.iter()
            .map(|lot| (lot.id, lot.remaining))
            .collect::<Vec<_>>()
    };
    assert_eq!(left(&bank), [(2, 5)]);
    // Taken: 10 of lot 0, 10 of lot 1, 5 of lot 2. Seven back: 5 to lot 2, 2 to lot 1.
    bank.reverse(&spend, Some(7), "2026-01-05T00:00:00Z")
        .unwrap();
    assert_eq!(left(&bank), [(1, 2), (2, 10)]);
    let beyond = bank.reverse(&spend, Some(19), "2026-01-05T00:00:00Z");
    assert_eq!(beyond.unwrap_err(), Rejection::BeyondOriginal { left: 18 });
    let rest = bank.reverse(&spend, None, "2026-01-05T00:00:00Z").unwrap();
    assert_eq!(rest.answer.points, 18);
    assert_eq!(bank.account.ledger.lots, whole);
    let again = bank.reverse(&spend, None, "2026-01-06T00:00:00Z").unwrap();
    assert!(again.replayed);
    assert_eq!(
        (again.transaction, again.answer),
        (rest.transaction, rest.answer)
    );
    assert_eq!(bank.balance("2026-01-06T00:00:00Z"), [30, 0, 0, 0, 30]);
}

#[test]
fn points_returned_after_their_time_are_over_at_once() {
    let mut bank = Bank::with(MONTHS);
    bank.earn("a", 10, "2026-01-01T00:00:00Z");
    let spend = bank
        .spend("s", 10, "2026-01-02T00:00:00Z")
        .unwrap()
        .transaction;
    // The lot ended with 1 February: 10 come back and expire, both in the journal.
    let outcome = bank.reverse(&spend, None, "2026-03-01T00:00:00Z").unwrap();
    assert_eq!(
        (outcome.answer.points, outcome.answer.balance.active),
        (10, 0)
    );
    assert_eq!(bank.balance("2026-03-01T00:00:00Z"), [0, 0, 0, 10, 0]);
    assert_eq!(
        bank.journal().iter().map(|e| e.points).collect::<Vec<_>>(),
        [10, -10, 10, -10]
    );
}
