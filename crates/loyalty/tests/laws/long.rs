//! Long histories: documents stay small, and what left them is found.

use rapport_loyalty::*;
use rapport_types::{Span, Timestamp};

use crate::PROGRAMS;
use crate::steps::{Step, command};
use crate::support::{Bank, at, usd};

#[test]
fn twenty_thousand_transactions_and_the_first_id_again() {
    let mut bank = Bank::with(PROGRAMS[2]);
    bank.stored_every = 97;
    let start = at("2026-01-01T00:00:00Z");
    let mut now = start;
    let mut first = None;
    let mut spends = Vec::new();
    for n in 0..20_000_i64 {
        now = start.plus(Span::parse(&format!("{}m", n * 20)).unwrap());
        let command = if n % 10 == 9 {
            Command::Spend(Spend {
                ids: Ids::new(None, Some(&format!("s{n}")), "").unwrap(),
                points: 50,
                reason: Some("coupon".into()),
            })
        } else {
            Command::Earn(Earn {
                ids: Ids::new(Some(&format!("order-{n}")), Some(&format!("key-{n}")), "").unwrap(),
                points: None,
                money: Some(usd(1_000)),
                at: None,
                reason: None,
            })
        };
        match bank.run(&command, now) {
            Ok(outcome) => {
                if n % 10 == 9 {
                    spends.push(outcome.transaction.clone());
                }
                first.get_or_insert((command, outcome));
            }
            Err(Rejection::Insufficient { .. }) => assert!(n < 200, "spend {n}"),
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!(bank.largest < 300_000, "{} bytes", bank.largest);
    assert!(bank.account.pages() > 300);
    assert_eq!(bank.audit().differs, None);
    bank.check_laws(now);
    let (command, outcome) = first.unwrap();
    let again = bank.run(&command, now).unwrap();
    assert!(again.replayed && again.answer == outcome.answer);
    // By its other name, too, and with another request under it.
    let reused = Command::Spend(Spend {
        ids: Ids::new(None, Some("key-0"), "").unwrap(),
        points: 1,
        reason: None,
    });
    assert!(matches!(
        bank.run(&reused, now),
        Err(Rejection::KeyReused { .. })
    ));

    // A spend of long ago is reversed in parts; the second time its reversal has left the document as well.
    let old = spends[3].clone();
    let part = bank.reverse(&old, Some(20), &now.to_string()).unwrap();
    assert_eq!(part.answer.points, 20);
    for n in 0..400 {
        bank.earn(&format!("later-{n}"), 1, &now.to_string());
    }
    let beyond = bank.reverse(&old, Some(31), &now.to_string());
    assert_eq!(beyond.unwrap_err(), Rejection::BeyondOriginal { left: 30 });
    let rest = bank.reverse(&old, None, &now.to_string()).unwrap();
    assert_eq!(rest.answer.points, 30);
    for n in 400..800 {
        bank.earn(&format!("later-{n}"), 1, &now.to_string());
    }
    let again = bank.reverse(&old, None, &now.to_string()).unwrap();
    assert!(again.replayed && again.transaction == rest.transaction);
    bank.check_laws(now);
}

#[test]
fn orders_in_one_commit_find_what_is_about_to_leave() {
    let mut bank = Bank::with(PROGRAMS[0]);
    let now = at("2026-06-01T00:00:00Z");
    for n in 0..79 {
        bank.order(&n.to_string(), 100, &now.to_string()).unwrap();
    }
    // The first new order fills the document up to the page that leaves; order 5 stands on that page.
    let order = |id: &str| Order {
        id: id.into(),
        money: usd(100),
        at: now,
    };
    let orders = ["new", "5", "new too", "5", "new"].map(order);
    let program = bank.program.as_ref();
    let decision = earn_orders(
        &bank.account,
        program,
        &orders,
        &Prior::default(),
        now,
        &bank.zone,
    );
    let Ok(Decision::Done(outcome)) = decision else {
        panic!("{decision:?}")
    };
    assert_eq!(outcome.account.balance(now).active, 81);
    assert_eq!(outcome.spill.len(), 1);
    assert_eq!(outcome.spill[0].entries.last().unwrap().n, 63);
    // All refused: the reason. Some: the rest earns.
    let refund = Order {
        money: usd(-1),
        ..order("refund")
    };
    let both = [refund.clone(), order("good")];
    let all = earn_orders(
        &bank.account,
        program,
        &both[..1],
        &Prior::default(),
        now,
        &bank.zone,
    );
    assert_eq!(all, Err(Rejection::NegativeMoney));
    let some = earn_orders(
        &bank.account,
        program,
        &both,
        &Prior::default(),
        now,
        &bank.zone,
    );
    assert!(matches!(some, Ok(Decision::Done(outcome)) if outcome.answer.points == 1));
}

#[test]
fn hundreds_of_lots_are_spent_returned_and_spent_again_within_the_size() {
    // Every lot has dates of its own, so a spend of everything names 500 lots; again and again, with long reasons.
    let mut bank = Bank::with(PROGRAMS[0]);
    bank.program.as_mut().unwrap().points.expires_after = Some(Validity::Days(2_000));
    bank.stored_every = 13;
    let now = at("2026-06-01T00:00:00Z");
    for n in 0..500_i64 {
        let command = Command::Earn(Earn {
            ids: Ids::new(Some(&format!("{n:0>128}")), Some(&format!("{n:0>128}")), "").unwrap(),
            points: Some(1_000_000_000_000),
            money: None,
            at: Some(Timestamp::from_millis(now.millis() - n * 86_400_000)),
            reason: Some("\u{1}".repeat(512)),
        });
        bank.run(&command, now).unwrap();
    }
    let lots = bank.account.ledger.lots.clone();
    assert_eq!(lots.len(), 500);
    bank.stored_every = 1;
    for n in 0..30 {
        let spend = bank
            .spend(&format!("s{n}"), 500_000_000_000_000, &now.to_string())
            .unwrap();
        assert!(bank.account.ledger.lots.is_empty());
        bank.reverse(
            &spend.transaction,
            Some(200_000_000_000_001),
            &now.to_string(),
        )
        .unwrap();
        bank.reverse(&spend.transaction, None, &now.to_string())
            .unwrap();
        assert_eq!(bank.account.ledger.lots, lots);
    }
    bank.check_laws(now);
    // After two thousand days all is over, on five hundred different days.
    let end = "2033-01-01T00:00:00Z";
    bank.earn("last", 1, end);
    bank.check_laws(at(end));
    bank.earn("later", 1, end);
    assert!(bank.largest < 300_000, "{} bytes", bank.largest);
    assert_eq!(bank.balance(end)[0], 2);
}

#[test]
fn more_than_512_lots_fold_and_nothing_is_lost() {
    let mut bank = Bank::with(PROGRAMS[0]);
    bank.stored_every = 13;
    let now = at("2026-06-01T00:00:00Z");
    for n in 0..600_i64 {
        bank.earn(
            &format!("never-{n}"),
            1,
            &Timestamp::from_millis(now.millis() + n).to_string(),
        );
        assert!(bank.account.ledger.lots.len() <= 512);
    }
    let now = now.plus(Span::parse("1d").unwrap());
    bank.check_laws(now);
    // 513 lots became one at the 513th earn; 87 came after.
    assert_eq!(bank.account.ledger.lots.len(), 88);
    let folds = bank.journal().into_iter().filter(|e| e.kind == Kind::Fold);
    assert_eq!(folds.map(|e| e.folds.len()).sum::<usize>(), 512);
    assert_eq!(bank.audit().differs, None);
    // An order whose lot went into another is still taken back.
    let one = TransactionId::of_key("never-7");
    assert_eq!(
        bank.reverse(&one, None, &now.to_string())
            .unwrap()
            .answer
            .points,
        1
    );
    bank.spend("all", 599, &now.to_string()).unwrap();
    bank.check_laws(now);
}

#[test]
fn lots_of_different_dates_fold_to_the_later_expiry() {
    let mut bank = Bank::with(PROGRAMS[0]);
    bank.program.as_mut().unwrap().points.expires_after = Some(Validity::Days(2_000));
    bank.stored_every = 13;
    let now = at("2026-06-01T00:00:00Z");
    for n in 0..560_i64 {
        let earn = Step::Earn {
            id: 0,
            points: 1,
            back: n * 24,
        };
        let Some(Command::Earn(mut earn)) = command(&earn, &[], now, 0) else {
            panic!()
        };
        earn.ids = Ids::new(None, Some(&n.to_string()), "").unwrap();
        bank.run(&Command::Earn(earn), now).unwrap();
        assert!(bank.account.ledger.lots.len() <= 512);
    }
    bank.check_laws(now);
    // No point ends before its own date: on each day at most those are over that would have been unfolded.
    for day in 1_400..2_010_i64 {
        let moment = Timestamp::from_millis(now.millis() + day * 86_400_000);
        let alone = (0..560).filter(|n| day > 2_000 - n).count() as i64;
        assert!(
            bank.account.balance(moment).expired <= alone.max(0),
            "day {day}"
        );
    }
}
