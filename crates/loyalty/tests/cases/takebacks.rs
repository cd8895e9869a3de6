//! Of which lots a reversed earn is taken, and what it writes.

use rapport_loyalty::*;
use rapport_types::Slug;

use crate::support::{Bank, at, usd};
use crate::{DELAYED, MONTHS};

/// A point per dollar, and a growth value per 3 dollars.
const GROWING: &str = r#"{"points": {"per": {"amount": 100, "currency": "USD"}, "points": 1},
    "kinds": [{"id": "growth", "name": "成长值", "spendable": false}],
    "rules": [{"id": "grow", "name": "Growth", "kind": "growth", "per": {"amount": 300, "currency": "USD"}, "points": 1}]}"#;

fn adjust(bank: &mut Bank, key: &str, points: i64, until: &str, when: &str) {
    let command = Command::Adjust(Adjust {
        ids: Ids::new(None, Some(key), "").unwrap(),
        points,
        reason: "r".into(),
        author: "a".into(),
        expires_at: Some(at(until)),
    });
    bank.run(&command, at(when)).unwrap();
}

#[test]
fn points_that_end_on_the_same_day_go_before_those_that_end_sooner() {
    let now = "2026-01-20T06:00:00Z";
    let mut bank = Bank::with(MONTHS);
    // Ends with 20 February, and is spent.
    let earn = bank.earn("a", 100, "2026-01-20T04:00:00Z").transaction;
    bank.spend("s", 100, "2026-01-20T04:30:00Z").unwrap();
    adjust(
        &mut bank,
        "sooner",
        30,
        "2026-01-25T00:00:00Z",
        "2026-01-20T04:40:00Z",
    );
    let same = bank.earn("same", 30, "2026-01-20T05:00:00Z");
    assert_eq!(same.answer.balance.active, 60);
    let lot = |n: usize| bank.journal()[n].parts[0].lot;
    let (sooner, same) = (lot(2), lot(3));
    bank.reverse(&earn, Some(30), now).unwrap();
    // The 30 that end as they would have: a shop takes back what it gave, not what was about to end.
    assert_eq!(bank.lots(), [(sooner, 30)]);
    let taken = bank.journal()[4].parts.clone();
    assert_eq!(
        taken
            .iter()
            .map(|part| (part.lot, part.points))
            .collect::<Vec<_>>(),
        [(same, 30)]
    );
    // Then what else there is.
    bank.reverse(&earn, Some(50), now).unwrap();
    assert_eq!(bank.lots(), []);
    bank.check_laws(at(now));
}

#[test]
fn a_pending_lot_that_went_into_another_of_the_same_dates_is_still_taken_back() {
    let now = "2026-01-01T00:00:00Z";
    let mut bank = Bank::with(DELAYED);
    bank.stored_every = 50;
    for n in 0..600 {
        bank.earn(&n.to_string(), 1, now);
    }
    assert!(bank.lots().len() < 100);
    assert_eq!(bank.balance(now)[..2], [0, 600]);
    let back = bank
        .reverse(&TransactionId::of_key("7"), None, now)
        .unwrap();
    assert_eq!((back.answer.points, bank.balance(now)[1]), (1, 599));
    bank.check_laws(at(now));
}

#[test]
fn held_points_count_among_the_lots_that_an_account_may_have() {
    let mut bank = Bank::with(MONTHS);
    bank.program.as_mut().unwrap().points.expires_after = Some(Validity::Days(2_000));
    bank.stored_every = 50;
    let now = at("2026-06-01T00:00:00Z");
    let earn = |bank: &mut Bank, n: i64| {
        let command = Command::Earn(Earn {
            ids: Ids::new(None, Some(&n.to_string()), "").unwrap(),
            points: Some(1),
            money: None,
            at: Some(rapport_types::Timestamp::from_millis(
                now.millis() - n * 86_400_000,
            )),
            reason: None,
        });
        bank.run(&command, now).unwrap();
    };
    (0..400).for_each(|n| earn(&mut bank, n));
    bank.authorize("h", 400, "1h", &now.to_string()).unwrap();
    assert_eq!(
        (bank.lots().len(), bank.account.ledger.holds[0].parts.len()),
        (0, 400)
    );
    // When the hold ends, 400 lots come back: until then there is room for 112 others.
    (400..600).for_each(|n| earn(&mut bank, n));
    assert!(bank.lots().len() <= 112, "{}", bank.lots().len());
    assert_eq!(bank.balance(&now.to_string())[0], 200);
    let later = now.plus(rapport_types::Span::parse("2h").unwrap());
    bank.check_laws(later);
    assert_eq!(bank.balance(&later.to_string())[0], 600);
}

#[test]
fn of_another_kind_is_written_only_what_goes_back() {
    let mut bank = Bank::with(GROWING);
    let now = "2026-01-01T00:00:00Z";
    // 3 points and 1 growth.
    let order = bank.order("a", 300, now).unwrap().transaction;
    let kind = Slug::parse("growth").ok();
    let growth = |bank: &Bank| {
        bank.account
            .ledger
            .of_kind(kind.as_ref())
            .balance(at(now))
            .active
    };
    assert_eq!(growth(&bank), 1);
    // A third of the points; of one growth 1 * 1 / 3 = 0, of which nothing is written.
    bank.reverse(&order, Some(1), now).unwrap();
    assert_eq!((growth(&bank), bank.journal().len()), (1, 3));
    bank.reverse(&order, None, now).unwrap();
    assert_eq!((growth(&bank), bank.journal().len()), (0, 5));
    bank.check_laws(at(now));
}

#[test]
fn an_order_counts_its_money_once_whatever_kinds_it_earns() {
    let mut bank = Bank::with(GROWING);
    bank.order("a", 900, "2026-01-01T00:00:00Z").unwrap();
    let ledger = &bank.account.ledger;
    assert_eq!((ledger.totals.spend, ledger.totals.orders), (900, Some(1)));
    let growth = &ledger.others[0];
    assert_eq!(
        (
            growth.totals.earned,
            growth.totals.spend,
            growth.totals.orders
        ),
        (3, 0, None)
    );
    let money: Vec<_> = bank.journal().iter().map(|entry| entry.money).collect();
    assert_eq!(money, [Some(usd(900)), None]);
}

#[test]
fn money_that_comes_with_said_points_is_checked() {
    let earn = |points: i64, money| {
        Command::Earn(Earn {
            ids: Ids::new(None, Some("k"), "").unwrap(),
            points: Some(points),
            money: Some(money),
            at: None,
            reason: None,
        })
    };
    let now = at("2026-01-01T00:00:00Z");
    let yuan = rapport_types::Money::new(100, rapport_types::Currency::parse("CNY").unwrap());
    let run = |bank: &mut Bank, money| {
        bank.run(&earn(5, money), now)
            .map(|outcome| outcome.answer.points)
    };
    let mut bank = Bank::with(GROWING);
    assert!(matches!(
        run(&mut bank, yuan),
        Err(Rejection::OtherCurrency { .. })
    ));
    assert_eq!(run(&mut bank, usd(-1)), Err(Rejection::NegativeMoney));
    assert_eq!(run(&mut bank, usd(100)), Ok(5));
    // Without a programme any currency will do, and nothing below nothing.
    let mut bank = Bank::with(GROWING);
    bank.program = None;
    assert_eq!(run(&mut bank, usd(-1)), Err(Rejection::NegativeMoney));
    assert_eq!(run(&mut bank, usd(0)), Ok(5));
}
