//! What an order earns, and what is refused.

use rapport_loyalty::*;

use crate::support::{Bank, at, usd};
use crate::{MONTHS, PLAIN};

#[test]
fn an_order_earns_whole_points_once() {
    let mut bank = Bank::with(PLAIN);
    // 29.33 dollars at a point per whole dollar: floor(2933 / 100) = 29.
    let first = bank.order("A-1", 2933, "2026-01-10T02:00:00Z").unwrap();
    assert_eq!((first.answer.points, first.answer.balance.active), (29, 29));
    bank.order("A-2", 99, "2026-01-10T03:00:00Z").unwrap();
    let again = bank.order("A-1", 2933, "2026-03-01T00:00:00Z").unwrap();
    assert!(again.replayed);
    assert_eq!(
        (again.transaction, again.answer),
        (first.transaction, first.answer)
    );
    assert_eq!(bank.balance("2026-03-01T00:00:00Z"), [29, 0, 0, 0, 0]);
    // The second order earned floor(0.99) = 0 points, and is in the journal all the same.
    assert_eq!(bank.journal().len(), 2);
}

#[test]
fn the_same_order_with_another_amount_is_another_request() {
    let mut bank = Bank::with(PLAIN);
    let first = bank.order("A-1", 2933, "2026-01-10T02:00:00Z").unwrap();
    let other = bank.order("A-1", 3000, "2026-01-10T02:00:00Z");
    assert_eq!(
        other.unwrap_err(),
        Rejection::KeyReused {
            transaction: first.transaction
        }
    );
}

#[test]
fn an_order_tracked_elsewhere_earns_once_whatever_it_says_the_second_time() {
    let mut bank = Bank::with(PLAIN);
    let now = at("2026-01-10T02:00:00Z");
    bank.order("A-1", 2933, "2026-01-10T02:00:00Z").unwrap();
    let order = Order {
        id: "A-1".into(),
        money: usd(9900),
        at: now,
    };
    let program = bank.program.as_ref();
    let decision = earn_order(
        &bank.account,
        program,
        &order,
        &Prior::default(),
        now,
        &bank.zone,
    );
    let Ok(Decision::Done(outcome)) = decision else {
        panic!("{decision:?}")
    };
    assert!(outcome.replayed && outcome.answer.points == 29);

    let fresh = Order {
        id: "A-2\n".repeat(200),
        money: usd(9900),
        at: now,
    };
    let decision = earn_order(
        &bank.account,
        program,
        &fresh,
        &Prior::default(),
        now,
        &bank.zone,
    );
    let Ok(Decision::Done(outcome)) = decision else {
        panic!("{decision:?}")
    };
    assert!(outcome.changed() && outcome.answer.points == 99);
    let nowhere = earn_order(
        &bank.account,
        None,
        &fresh,
        &Prior::default(),
        now,
        &bank.zone,
    );
    assert_eq!(nowhere, Err(Rejection::NoProgram));
}

#[test]
fn a_key_that_came_with_an_order_cannot_make_another_request() {
    let mut bank = Bank::with(PLAIN);
    let now = at("2026-01-10T02:00:00Z");
    let earn = |order: Option<&str>, key| {
        Command::Earn(Earn {
            ids: Ids::new(order, Some(key), "").unwrap(),
            points: Some(5),
            money: None,
            at: None,
            reason: None,
        })
    };
    bank.run(&earn(Some("A-1"), "k"), now).unwrap();
    assert!(bank.run(&earn(Some("A-1"), "k2"), now).unwrap().replayed);
    for other in [earn(Some("A-2"), "k"), earn(None, "k")] {
        assert!(matches!(
            bank.run(&other, now),
            Err(Rejection::KeyReused { .. })
        ));
    }
}

#[test]
fn a_late_order_may_be_over_when_it_arrives() {
    let mut bank = Bank::with(MONTHS);
    let command = Command::Earn(Earn {
        ids: Ids::new(Some("old"), None, "").unwrap(),
        points: None,
        money: Some(usd(1000)),
        at: Some(at("1997-01-01T00:00:00Z")),
        reason: None,
    });
    let outcome = bank.run(&command, at("2026-01-01T00:00:00Z")).unwrap();
    // Earned 10, and gone with the end of 1 February 1997: two entries, balance 0.
    assert_eq!(
        (outcome.answer.points, outcome.answer.balance.active),
        (10, 0)
    );
    let journal = bank.journal();
    assert_eq!(
        journal.iter().map(|e| e.points).collect::<Vec<_>>(),
        [10, -10]
    );
    assert_eq!(journal[1].at.to_string(), "1997-02-01T16:00:00Z");
}

#[test]
fn an_order_from_the_future_is_refused() {
    let mut bank = Bank::with(PLAIN);
    let mut earn = |at: &str| {
        let command = Command::Earn(Earn {
            ids: Ids::new(None, None, at).unwrap(),
            points: Some(1),
            money: None,
            at: Some(crate::support::at(at)),
            reason: None,
        });
        bank.run(&command, crate::support::at("2026-01-01T00:00:00Z"))
    };
    // A clock may be a day ahead; then the order happened now.
    let skewed = earn("2026-01-02T00:00:00Z").unwrap();
    assert_eq!(
        skewed.account.journal.get(0).unwrap().unwrap().at,
        at("2026-01-01T00:00:00Z")
    );
    assert_eq!(
        earn("2026-01-02T00:00:00.001Z").unwrap_err(),
        Rejection::FutureDated
    );
}

#[test]
fn bad_amounts_are_refused() {
    let mut bank = Bank::with(PLAIN);
    let mut earn = |points, money| {
        let command = Command::Earn(Earn {
            ids: Ids::new(None, None, "r").unwrap(),
            points,
            money,
            at: None,
            reason: None,
        });
        bank.run(&command, at("2026-01-01T00:00:00Z")).unwrap_err()
    };
    assert_eq!(earn(None, None), Rejection::NothingToEarn);
    assert_eq!(earn(Some(-1), None), Rejection::TooFewPoints { least: 0 });
    assert_eq!(earn(None, Some(usd(-1))), Rejection::NegativeMoney);
    let mut big = |key: &str, points| {
        let command = Command::Earn(Earn {
            ids: Ids::new(None, Some(key), "").unwrap(),
            points: Some(points),
            money: None,
            at: None,
            reason: None,
        });
        bank.run(&command, at("2026-01-01T00:00:00Z"))
    };
    // A trillion is the most of one earn, so that no slip of a client fills an account for ever.
    assert_eq!(big("a", i64::MAX).unwrap_err(), Rejection::Overflow);
    assert_eq!(
        big("b", 1_000_000_000_001).unwrap_err(),
        Rejection::Overflow
    );
    big("c", 1_000_000_000_000).unwrap();
    assert_eq!(bank.balance("2026-01-01T00:00:00Z")[0], 1_000_000_000_000);
}
