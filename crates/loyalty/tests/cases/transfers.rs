//! Points that go from one customer to another.

use rapport_loyalty::*;
use rapport_types::CustomerId;

use crate::support::{Bank, at};
use crate::{MONTHS, PLAIN};

fn customer(id: &str) -> CustomerId {
    CustomerId::parse(id).unwrap()
}

fn transfer(key: &str, points: i64) -> Command {
    Command::Transfer(Transfer {
        ids: Ids::new(None, Some(key), "").unwrap(),
        to: customer("bo"),
        points,
        reason: Some("happy birthday".into()),
    })
}

#[test]
fn points_arrive_once_with_the_dates_they_had() {
    let (mut anna, mut bo) = (Bank::with(MONTHS), Bank::with(MONTHS));
    // a and b end with 1 February, c with 2 February, in Shanghai.
    anna.earn("a", 10, "2026-01-01T00:00:00Z");
    anna.earn("b", 10, "2026-01-01T01:00:00Z");
    anna.earn("c", 10, "2026-01-02T00:00:00Z");
    let now = "2026-01-10T00:00:00Z";
    let held = anna.run(&transfer("t", 25), at(now)).unwrap();
    assert_eq!(
        (held.answer.balance.active, held.answer.balance.held),
        (5, 25)
    );
    // One is due already: the points expire within 30 days.
    let due = anna.account.timer.is_some_and(|timer| timer <= at(now));
    assert!(due, "a tick looks after it at once");
    let hold = anna.account.hold(&held.transaction).unwrap().clone();
    let received = Transfer::received(&customer("anna"), &hold);
    bo.run(&received, at(now)).unwrap();
    assert!(bo.run(&received, at(now)).unwrap().replayed);
    // 20 of one date, 5 of the other: two lots of one entry. For tiers nothing counts.
    assert_eq!(bo.lots(), [(0, 20), (0, 5)]);
    assert_eq!(bo.balance("2026-02-01T16:00:00Z"), [5, 0, 0, 20, 5]);
    assert_eq!(bo.account.ledger.totals.qualifying, 0);
    let sent = Transfer::sent(&held.transaction);
    let done = anna.run(&sent, at(now)).unwrap();
    assert_eq!((done.answer.points, done.answer.balance.held), (25, 0));
    assert!(anna.run(&sent, at(now)).unwrap().replayed);
    assert_eq!(anna.balance(now), [5, 0, 0, 0, 5]);
    assert_eq!(
        anna.moves()[3..],
        [(Kind::Transfer, 0, 25), (Kind::Send, -25, -25)]
    );
    let journal = anna.journal();
    assert_eq!(journal[3].party, Some(customer("bo")));
    assert_eq!(journal[4].undo.as_ref().unwrap().of, held.transaction);
    assert_eq!(bo.journal()[0].party, Some(customer("anna")));
    for bank in [&anna, &bo] {
        bank.check_laws(at(now));
        assert_eq!(bank.audit().differs, None);
    }
}

#[test]
fn what_is_on_its_way_neither_times_out_nor_can_be_captured() {
    let mut anna = Bank::with(MONTHS);
    anna.earn("a", 10, "2026-01-01T00:00:00Z");
    let now = "2026-01-10T00:00:00Z";
    let of = anna.run(&transfer("t", 10), at(now)).unwrap().transaction;
    // Long after the lot has ended, too: the receiver may have it already.
    let later = "2026-03-01T00:00:00Z";
    assert_eq!(anna.account.balance(at(later)).held, 10);
    assert_eq!(anna.account.ledger.balance_changes_at(at(now)), None);
    assert_eq!(anna.void(&of, later).unwrap_err(), Rejection::NoHold);
    assert_eq!(
        anna.capture(&of, None, later).unwrap_err(),
        Rejection::NoHold
    );
    anna.run(&Transfer::sent(&of), at(later)).unwrap();
    anna.check_laws(at(later));
    let unknown = TransactionId::of_key("none");
    let none = anna.run(&Transfer::sent(&unknown), at(later));
    assert!(matches!(none, Err(Rejection::UnknownTransaction { .. })));
}

#[test]
fn no_more_than_there_is_goes_and_nothing_from_a_frozen_account() {
    let mut anna = Bank::with(PLAIN);
    let now = "2026-01-10T00:00:00Z";
    anna.earn("a", 10, now);
    let refused = |bank: &mut Bank, points| bank.run(&transfer("t", points), at(now)).unwrap_err();
    assert_eq!(
        refused(&mut anna, 11),
        Rejection::Insufficient { balance: 10 }
    );
    assert_eq!(refused(&mut anna, 0), Rejection::TooFewPoints { least: 1 });
    let freeze = Command::Freeze(Freeze {
        ids: Ids::new(None, Some("f"), "").unwrap(),
        reason: "stolen".into(),
        author: "cy".into(),
    });
    anna.run(&freeze, at(now)).unwrap();
    assert_eq!(refused(&mut anna, 1), Rejection::Frozen { since: at(now) });
}
