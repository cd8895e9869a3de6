//! What people do to an account.

use rapport_loyalty::*;

use crate::support::{Bank, at};
use crate::{DELAYED, MONTHS, PLAIN};

fn adjust(key: &str, points: i64, expires_at: Option<&str>) -> Command {
    Command::Adjust(Adjust {
        ids: Ids::new(None, Some(key), "").unwrap(),
        points,
        reason: "sorry for the delay".into(),
        author: "anna".into(),
        expires_at: expires_at.map(at),
    })
}

fn freeze(key: &str) -> Command {
    Command::Freeze(Freeze {
        ids: Ids::new(None, Some(key), "").unwrap(),
        reason: "stolen phone".into(),
        author: "anna".into(),
    })
}

fn unfreeze(key: &str) -> Command {
    Command::Unfreeze(Unfreeze {
        ids: Ids::new(None, Some(key), "").unwrap(),
        reason: "it was found".into(),
        author: "bo".into(),
    })
}

fn opening(points: i64, from: Option<&str>, until: Option<&str>) -> Opening {
    Opening {
        points,
        active_from: from.map(at),
        expires_at: until.map(at),
        reason: Some("old system".into()),
    }
}

fn import(key: &str, lots: Vec<Opening>) -> Command {
    Command::Import(Import {
        ids: Ids::new(None, Some(key), "").unwrap(),
        lots,
    })
}

#[test]
fn an_adjustment_gives_and_takes_and_counts_for_no_tier() {
    let mut bank = Bank::with(MONTHS);
    let now = "2026-01-10T00:00:00Z";
    let given = bank.run(&adjust("a", 50, None), at(now)).unwrap();
    // By the programme a month: to the end of 10 February in Shanghai.
    assert_eq!((given.answer.points, given.answer.balance.active), (50, 50));
    assert_eq!(bank.balance("2026-02-10T15:59:59.999Z")[0], 50);
    assert_eq!(bank.balance("2026-02-10T16:00:00Z")[0], 0);
    let sooner = Some("2026-01-15T00:00:00Z");
    bank.run(&adjust("b", 30, sooner), at(now)).unwrap();
    // 40 are taken as a spend would: 30 of what ends first, then 10.
    let taken = bank.run(&adjust("c", -40, None), at(now)).unwrap();
    assert_eq!((taken.answer.points, bank.lots()), (-40, vec![(0, 40)]));
    let more = bank.run(&adjust("d", -41, None), at(now));
    assert_eq!(more.unwrap_err(), Rejection::Insufficient { balance: 40 });
    let totals = &bank.account.ledger.totals;
    assert_eq!(
        (totals.adjusted, totals.qualifying, totals.earned),
        (40, 0, 0)
    );
    let entry = bank.journal()[2].clone();
    assert_eq!((entry.kind, entry.points), (Kind::Adjust, -40));
    assert_eq!(entry.author.as_deref(), Some("anna"));
    assert_eq!(entry.reason.as_deref(), Some("sorry for the delay"));
    assert!(bank.run(&adjust("c", -40, None), at(now)).unwrap().replayed);
    assert_eq!(
        bank.reverse(&taken.transaction, None, now).unwrap_err(),
        Rejection::NotReversible
    );
    bank.check_laws(at(now));
}

#[test]
fn an_adjustment_that_makes_no_sense_is_refused() {
    let mut bank = Bank::with(PLAIN);
    let now = "2026-01-10T00:00:00Z";
    let mut refused = |command: &Command| bank.run(command, at(now)).unwrap_err();
    assert_eq!(refused(&adjust("a", 0, None)), Rejection::NothingToAdjust);
    assert_eq!(
        refused(&adjust("a", -1, Some("2027-01-01T00:00:00Z"))),
        Rejection::NoDateToTake
    );
    assert_eq!(
        refused(&adjust("a", 1, Some(now))),
        Rejection::OverAlready { lot: None }
    );
    assert_eq!(
        refused(&adjust("a", 1_000_000_000_001, None)),
        Rejection::Overflow
    );
    let Command::Adjust(good) = adjust("a", 1, None) else {
        panic!()
    };
    let nobody = Adjust {
        author: " ".into(),
        ..good.clone()
    };
    assert_eq!(
        refused(&Command::Adjust(nobody)),
        Rejection::Unsigned { field: "author" }
    );
    let long = Adjust {
        author: "a".repeat(201),
        ..good
    };
    assert_eq!(
        refused(&Command::Adjust(long)),
        Rejection::LongNote { lot: None }
    );
}

#[test]
fn an_adjustment_makes_up_for_a_balance_below_zero_first() {
    let mut bank = Bank::with(PLAIN);
    let now = "2026-01-10T00:00:00Z";
    let earn = bank.earn("a", 100, now).transaction;
    bank.spend("s", 100, now).unwrap();
    bank.reverse_by(Some(Policy::AllowNegative), &earn, None, now)
        .unwrap();
    let given = bank.run(&adjust("sorry", 30, None), at(now)).unwrap();
    assert_eq!(given.answer.balance.active, -70);
    bank.check_laws(at(now));
}

#[test]
fn a_frozen_account_takes_in_and_lets_nothing_out() {
    let mut bank = Bank::with(MONTHS);
    let now = "2026-01-10T00:00:00Z";
    let first = bank.earn("a", 100, now).transaction;
    let spend = bank.spend("s", 10, now).unwrap().transaction;
    let promised = bank.authorize("p", 20, "1h", now).unwrap().transaction;
    let other = bank.authorize("o", 20, "1h", now).unwrap().transaction;
    bank.run(&freeze("f"), at(now)).unwrap();
    let frozen = Rejection::Frozen { since: at(now) };
    assert_eq!(bank.spend("t", 1, now).unwrap_err(), frozen);
    assert_eq!(bank.authorize("h", 1, "1h", now).unwrap_err(), frozen);
    // What was promised before is kept; points come in, are taken back, are adjusted, and expire.
    bank.capture(&promised, None, now).unwrap();
    bank.void(&other, now).unwrap();
    bank.earn("b", 5, now);
    bank.reverse(&spend, None, now).unwrap();
    bank.reverse(&first, Some(30), now).unwrap();
    bank.run(&adjust("c", -15, None), at(now)).unwrap();
    // 100 - 20 captured + 5 - 30 - 15 = 40.
    assert_eq!(bank.balance(now), [40, 0, 20, 0, 0]);
    let again = bank.run(&freeze("f2"), at("2026-01-11T00:00:00Z")).unwrap();
    assert!(again.replayed, "it is frozen already");
    let later = "2026-03-01T00:00:00Z";
    assert_eq!(bank.balance(later)[3], 40);
    bank.run(&unfreeze("u"), at(later)).unwrap();
    bank.earn("d", 5, later);
    bank.spend("t", 5, later).unwrap();
    let told: Vec<_> = bank
        .journal()
        .into_iter()
        .filter(|e| e.author.is_some())
        .map(|e| (e.kind, e.author.unwrap()))
        .collect();
    assert_eq!(told[0], (Kind::Freeze, "anna".to_owned()));
    assert_eq!(told[2], (Kind::Unfreeze, "bo".to_owned()));
    bank.check_laws(at(later));
}

#[test]
fn imported_lots_keep_their_dates_and_come_once() {
    let mut bank = Bank::with(DELAYED);
    let now = "2026-01-10T00:00:00Z";
    let lots = vec![
        opening(
            100,
            Some("2025-06-01T00:00:00Z"),
            Some("2026-02-01T00:00:00Z"),
        ),
        opening(40, None, None),
        opening(
            150,
            Some("2026-01-20T00:00:00Z"),
            Some("2026-06-01T00:00:00Z"),
        ),
    ];
    let first = bank.run(&import("k", lots.clone()), at(now)).unwrap();
    assert_eq!(first.answer.points, 290);
    assert_eq!(bank.balance(now), [140, 150, 0, 0, 100]);
    assert_eq!(bank.lots(), [(0, 100), (2, 150), (1, 40)]);
    assert!(
        bank.run(&import("k", lots.clone()), at(now))
            .unwrap()
            .replayed
    );
    let other = bank.run(&import("k", lots[..1].to_vec()), at(now));
    assert!(matches!(other, Err(Rejection::KeyReused { .. })));
    // Tiers: what was active counted where it came from; 150 count when they activate: silver takes 100.
    assert_eq!(bank.tier(now).tier, None);
    assert_eq!(bank.tier("2026-01-19T23:59:59.999Z").tier, None);
    assert_eq!(
        bank.tier("2026-01-20T00:00:00Z").tier.unwrap().as_str(),
        "silver"
    );
    bank.spend("s", 120, now).unwrap();
    assert_eq!(bank.lots(), [(2, 150), (1, 20)]);
    bank.check_laws(at(now));
}

#[test]
fn an_import_names_the_lot_that_is_wrong() {
    let mut bank = Bank::with(PLAIN);
    let now = "2026-01-10T00:00:00Z";
    let mut refused = |lot: Opening| {
        let lots = vec![opening(1, None, None), lot];
        bank.run(&import("k", lots), at(now)).unwrap_err()
    };
    assert_eq!(
        refused(opening(0, None, None)),
        Rejection::BadLot { lot: 1 }
    );
    let over = Rejection::OverAlready { lot: Some(1) };
    assert_eq!(refused(opening(1, None, Some(now))), over);
    let backwards = opening(
        1,
        Some("2026-03-01T00:00:00Z"),
        Some("2026-03-01T00:00:00Z"),
    );
    assert_eq!(refused(backwards), over);
    let long = Opening {
        reason: Some("r".repeat(201)),
        ..opening(1, None, None)
    };
    assert_eq!(refused(long), Rejection::LongNote { lot: Some(1) });
    assert_eq!(bank.journal(), []);
    let none = bank.run(&import("k", vec![]), at(now));
    assert_eq!(none.unwrap_err(), Rejection::BadImport);
    let many = vec![opening(1, None, None); 101];
    assert_eq!(
        bank.run(&import("k", many), at(now)).unwrap_err(),
        Rejection::BadImport
    );
    let most = vec![opening(1, None, None); 100];
    bank.run(&import("k", most), at(now)).unwrap();
    bank.check_laws(at(now));
}
