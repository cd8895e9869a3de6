//! Several kinds of points, each with its arithmetic.

use rapport_loyalty::*;
use rapport_types::Slug;

use crate::PLAIN;
use crate::support::{Bank, at, usd};

/// A point per dollar, a growth value per 50 cents, which activates a day later and lasts to the end of a month; tiers count growth.
const GROWING: &str = r#"{"points": {"per": {"amount": 100, "currency": "USD"}, "points": 1},
    "kinds": [{"id": "growth", "name": "成长值", "spendable": false, "activates_after": "1d", "expires_after": {"months": 1}},
              {"id": "coins", "name": "Coins"}],
    "rules": [{"id": "grow", "name": "Growth", "kind": "growth", "per": {"amount": 50, "currency": "USD"}, "points": 1},
              {"id": "double", "name": "Twice the growth", "kind": "growth", "multiplier": 2, "minimum": {"amount": 10000, "currency": "USD"}}],
    "tiers": [{"id": "silver", "name": "Silver", "at_least": 100, "by": "points", "kind": "growth", "window": "30d"}]}"#;
const NOON: &str = "2026-06-01T04:00:00Z";

fn kind(id: &str) -> Option<Slug> {
    Slug::parse(id).ok()
}

fn of(bank: &Bank, id: &str, when: &str) -> [i64; 3] {
    let ledger = bank.account.ledger.of_kind(kind(id).as_ref());
    let b = ledger.balance(at(when));
    [b.active, b.pending, b.expired]
}

fn ids(key: &str) -> Ids {
    Ids::new(None, Some(key), "").unwrap()
}

fn spend(key: &str, points: i64, of: &str) -> Command {
    Command::Spend(Spend {
        ids: ids(key),
        points,
        reason: None,
    })
    .of_kind(kind(of))
}

fn earn(key: &str, points: i64, of: &str) -> Command {
    Command::Earn(Earn {
        ids: ids(key),
        points: Some(points),
        money: None,
        at: None,
        reason: None,
    })
    .of_kind(kind(of))
}

/// Reports an order with what rules ask.
fn order(bank: &mut Bank, id: &str, money: i64, when: &str) -> Outcome {
    bank.order(id, money, when).unwrap()
}

#[test]
fn an_order_earns_each_kind_by_its_own_rules_and_gives_all_back() {
    let mut bank = Bank::with(GROWING);
    // 120.50: 120 points; 241 growth, twice as it is over 100: 482.
    let earned = order(&mut bank, "A-1", 12_050, NOON);
    assert_eq!(earned.answer.points, 120);
    let also: Vec<_> = earned
        .also
        .iter()
        .map(|a| (a.kind.clone(), a.points))
        .collect();
    assert_eq!(also, [(kind("growth"), 482)]);
    assert_eq!(bank.balance(NOON)[..2], [120, 0]);
    assert_eq!(of(&bank, "growth", NOON), [0, 482, 0]);
    // Tiers count it as it activates, a day later.
    assert_eq!(bank.tier(NOON).tier, None);
    assert_eq!(bank.tier("2026-06-02T04:00:00Z").tier, kind("silver"));
    // Active on 2 June 12:00 in Shanghai, so to the end of 2 July: 16:00 UTC.
    assert_eq!(of(&bank, "growth", "2026-07-02T15:59:59.999Z"), [482, 0, 0]);
    assert_eq!(of(&bank, "growth", "2026-07-02T16:00:00Z"), [0, 0, 482]);
    // The same order again.
    let again = order(&mut bank, "A-1", 12_050, NOON);
    assert!(again.replayed);
    assert_eq!((&again.also, &again.answer), (&earned.also, &earned.answer));
    // A quarter of it goes back, 30 of 120, and the same share of the growth: 482 × 30 / 120 = 120.5, so 120.
    let part = bank.reverse(&earned.transaction, Some(30), NOON).unwrap();
    assert_eq!(part.answer.points, 30);
    assert_eq!(part.also.first().map(|also| also.points), Some(120));
    assert_eq!(of(&bank, "growth", NOON), [0, 362, 0]);
    bank.check_laws(at(NOON));
    let rest = bank.reverse(&earned.transaction, None, NOON).unwrap();
    assert_eq!(rest.also.first().map(|also| also.points), Some(362));
    assert_eq!(of(&bank, "growth", NOON), [0, 0, 0]);
    assert_eq!(bank.tier("2026-06-02T04:00:00Z").tier, None);
    bank.check_laws(at(NOON));
    assert_eq!(bank.audit().differs, None);
}

#[test]
fn kinds_do_not_pay_for_each_other() {
    let mut bank = Bank::with(GROWING);
    bank.earn("e", 100, NOON);
    bank.run(&earn("c", 30, "coins"), at(NOON)).unwrap();
    let beyond = bank.run(&spend("s", 31, "coins"), at(NOON));
    assert_eq!(beyond.unwrap_err(), Rejection::Insufficient { balance: 30 });
    let spent = bank.run(&spend("s", 20, "coins"), at(NOON)).unwrap();
    assert_eq!(
        (spent.kind, spent.answer.balance.active),
        (kind("coins"), 10)
    );
    assert_eq!(bank.balance(NOON)[0], 100);
    // Taken back, it goes where it came from, though nobody says which kind it was.
    bank.reverse(&spent.transaction, Some(5), NOON).unwrap();
    assert_eq!(
        (of(&bank, "coins", NOON)[0], bank.balance(NOON)[0]),
        (15, 100)
    );
    // The same key for another kind is another request.
    let reused = bank.run(&spend("s", 20, "points"), at(NOON));
    assert!(matches!(reused, Err(Rejection::KeyReused { .. })));
    // `points` is what is meant where nobody says so.
    let one = bank.run(&spend("p", 1, "points"), at(NOON)).unwrap();
    assert_eq!((one.kind.clone(), one.answer.balance.active), (None, 99));
    assert!(bank.spend("p", 1, NOON).unwrap().replayed);
    bank.check_laws(at(NOON));
    assert_eq!(bank.audit().differs, None);
}

#[test]
fn a_hold_of_another_kind_is_captured_and_voided_by_its_transaction_alone() {
    let mut bank = Bank::with(GROWING);
    bank.run(&earn("c", 30, "coins"), at(NOON)).unwrap();
    let hold = |key: &str| {
        let authorize = Authorize {
            ids: ids(key),
            points: 10,
            expires_in: None,
            reason: None,
        };
        Command::Authorize(authorize).of_kind(kind("coins"))
    };
    let first = bank.run(&hold("h1"), at(NOON)).unwrap();
    let second = bank.run(&hold("h2"), at(NOON)).unwrap();
    let third = bank.run(&hold("h3"), at(NOON)).unwrap();
    assert_eq!(third.answer.balance.held, 30);
    assert_eq!(third.answer.expires_at, Some(at("2026-06-01T04:15:00Z")));
    let taken = bank.capture(&first.transaction, Some(4), NOON).unwrap();
    assert_eq!(
        (taken.kind, taken.answer.balance.active),
        (kind("coins"), 6)
    );
    bank.void(&second.transaction, NOON).unwrap();
    bank.check_laws(at(NOON));
    // The third times out.
    assert_eq!(of(&bank, "coins", "2026-06-01T04:15:00Z")[0], 26);
    let over = bank.capture(&third.transaction, None, "2026-06-01T04:15:00Z");
    assert!(matches!(over, Err(Rejection::HoldOver { .. })));
    assert_eq!(bank.balance(NOON)[0], 0);
}

#[test]
fn what_only_counts_is_not_spent_and_what_is_not_there_is_named() {
    let mut bank = Bank::with(GROWING);
    bank.run(&earn("g", 50, "growth"), at(NOON)).unwrap();
    let growth = kind("growth").unwrap();
    assert_eq!(
        bank.run(&spend("s", 1, "growth"), at(NOON)).unwrap_err(),
        Rejection::NotSpendable { kind: growth }
    );
    let unknown = bank.run(&spend("s", 1, "stars"), at(NOON)).unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "there is no kind of points called stars; there are points, growth, coins"
    );
    let by_money = Command::Earn(Earn {
        ids: ids("m"),
        points: None,
        money: Some(usd(100)),
        at: None,
        reason: None,
    });
    let by_money = bank.run(&by_money.of_kind(kind("growth")), at(NOON));
    assert_eq!(by_money.unwrap_err(), Rejection::PointsOfKind);
    // People may put right what only counts.
    let adjust = Command::Adjust(Adjust {
        ids: ids("a"),
        points: -20,
        reason: "twice".into(),
        author: "anna".into(),
        expires_at: None,
    });
    let later = "2026-06-03T04:00:00Z";
    bank.run(&adjust.of_kind(kind("growth")), at(later))
        .unwrap();
    assert_eq!(of(&bank, "growth", later), [30, 0, 0]);
    let mut bank = Bank::with(PLAIN);
    assert!(bank.run(&earn("g", 50, "growth"), at(NOON)).is_err());
}

#[test]
fn what_a_programme_says_of_kinds_is_checked() {
    let program = |json: &str| -> Vec<_> {
        let program: Program = serde_json::from_str(json).unwrap();
        let wrong = program.check().into_iter();
        wrong.map(|v| (v.pointer, v.code)).collect()
    };
    let wrong = program(
        r#"{"points": {"per": {"amount": 100, "currency": "USD"}, "points": 1},
        "kinds": [{"id": "points", "name": "积分", "spendable": false}, {"id": "a", "name": ""}, {"id": "a", "name": "A"},
                  {"id": "b", "name": "B", "expires_after": {"days": 0}, "activates_after": "400d"},
                  {"id": "c", "name": "C"}, {"id": "d", "name": "D"}],
        "rules": [{"id": "r", "name": "R", "kind": "stars", "points": 1}],
        "tiers": [{"id": "x", "name": "X", "at_least": 1, "by": "points", "kind": "stars"},
                  {"id": "y", "name": "Y", "at_least": 2, "by": "points"}]}"#,
    );
    let expected = [
        ("/kinds", "too_many"),
        ("/kinds/0/spendable", "misplaced"),
        ("/kinds/1/name", "out_of_range"),
        ("/kinds/2/id", "duplicate"),
        ("/kinds/3/expires_after", "out_of_range"),
        ("/kinds/3/activates_after", "out_of_range"),
        ("/tiers/0/kind", "unknown_kind"),
        ("/tiers/1/kind", "mixed_tiers"),
        ("/rules/0/kind", "unknown_kind"),
    ];
    let expected: Vec<_> = expected.map(|(p, c)| (p.to_owned(), c.to_owned())).into();
    assert_eq!(wrong, expected);
    let by_money = program(
        r#"{"points": {"per": {"amount": 100, "currency": "USD"}, "points": 1},
        "kinds": [{"id": "points", "name": "积分"}, {"id": "a", "name": "A"}],
        "tiers": [{"id": "x", "name": "X", "at_least": 1, "by": "spend", "kind": "a"}]}"#,
    );
    assert_eq!(
        by_money,
        [("/tiers/0/kind".to_owned(), "misplaced".to_owned())]
    );
}

#[test]
fn each_kind_expires_for_itself_and_the_journal_says_which() {
    let mut bank = Bank::with(GROWING);
    bank.earn("e", 10, NOON);
    bank.run(&earn("g", 7, "growth"), at(NOON)).unwrap();
    bank.run(&earn("c", 3, "coins"), at(NOON)).unwrap();
    bank.earn("later", 1, "2026-08-01T00:00:00Z");
    let over: Vec<_> = bank
        .journal()
        .into_iter()
        .filter(|entry| entry.kind == Kind::Expire)
        .map(|entry| (entry.points_kind, entry.points, entry.after))
        .collect();
    assert_eq!(over, [(kind("growth"), -7, 0)]);
    assert_eq!(bank.balance("2026-08-01T00:00:00Z")[0], 11);
    let audit = bank.audit();
    assert_eq!(audit.differs, None);
    let coins = audit.others.get(&kind("coins").unwrap()).unwrap();
    assert_eq!((audit.main.sum, coins.sum), (11, 3));
}

#[test]
fn an_audit_knows_the_points_of_one_kind_from_those_of_another() {
    let mut bank = Bank::with(GROWING);
    bank.earn("e", 10, NOON);
    bank.run(&earn("c", 3, "coins"), at(NOON)).unwrap();
    bank.run(&spend("s", 2, "coins"), at(NOON)).unwrap();
    let journal = bank.journal();
    for start in 0..journal.len() {
        let before = start.checked_sub(1).and_then(|n| journal.get(n));
        let mut audit = Audit::after(before);
        for entry in &journal[start..] {
            audit.check(entry);
        }
        audit.close(&bank.account);
        assert_eq!(audit.differs, None, "from {start}");
    }
    let mut doctored = journal.clone();
    doctored[2].points_kind = None;
    let mut audit = Audit::after(None);
    for entry in &doctored {
        audit.check(entry);
    }
    assert_eq!(audit.differs.unwrap().number, Some(2));
    bank.account.ledger.others[0].totals.spent = 3;
    let why = bank.audit().differs.unwrap().why;
    assert_eq!(why, "of coins: the journal comes to 1, the totals to 0");
}

#[test]
fn a_kind_of_which_an_order_earns_none_is_not_written() {
    let mut bank = Bank::with(GROWING);
    // 49 cents: no point, and no growth, which takes 50.
    let none = order(&mut bank, "a", 49, NOON);
    assert_eq!((none.answer.points, none.also), (0, vec![]));
    assert_eq!(bank.journal().len(), 1);
    // 50 cents: no point, but one of growth.
    let one = order(&mut bank, "b", 50, NOON);
    assert_eq!((one.answer.points, one.also[0].points), (0, 1));
    assert_eq!(bank.journal().len(), 3);
}
