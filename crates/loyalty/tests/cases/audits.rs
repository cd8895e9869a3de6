//! What an audit makes of a journal that lies, of several kinds of points, from the first entry and from later ones.

use rapport_loyalty::*;
use rapport_types::Slug;

use crate::support::Bank;

const COINS: &str = r#"{"points": {"per": {"amount": 100, "currency": "USD"}, "points": 1},
    "kinds": [{"id": "coins", "name": "Coins"}, {"id": "gems", "name": "Gems"}]}"#;
const NOON: &str = "2026-06-01T04:00:00Z";

fn earn(bank: &mut Bank, key: &str, points: i64, kind: Option<&str>) {
    let command = Command::Earn(Earn {
        ids: Ids::new(None, Some(key), "").unwrap(),
        points: Some(points),
        money: None,
        at: None,
        reason: None,
    });
    let kind = kind.and_then(|kind| Slug::parse(kind).ok());
    bank.run(&command.of_kind(kind), crate::support::at(NOON))
        .unwrap();
}

/// Gems once, then coins and points in turn; 4 points and 10 coins are on hold, and 15 of 20 held points were captured.
fn bank() -> Bank {
    let mut bank = Bank::with(COINS);
    earn(&mut bank, "a", 7, Some("gems"));
    earn(&mut bank, "b", 50, None);
    earn(&mut bank, "c", 30, Some("coins"));
    earn(&mut bank, "d", 5, None);
    let hold = bank.authorize("h", 20, "1h", NOON).unwrap().transaction;
    bank.capture(&hold, Some(15), NOON).unwrap();
    let coins = Command::Authorize(Authorize {
        ids: Ids::new(None, Some("i"), "").unwrap(),
        points: 10,
        expires_in: None,
        reason: None,
    });
    bank.run(
        &coins.of_kind(Slug::parse("coins").ok()),
        crate::support::at(NOON),
    )
    .unwrap();
    bank.authorize("j", 4, "1h", NOON).unwrap();
    earn(&mut bank, "e", 1, Some("coins"));
    bank
}

/// An audit from entry `start` to before `end`, and what the account then says of itself.
fn audit(bank: &Bank, journal: &[Entry], start: usize, end: usize) -> Audit {
    let before = start.checked_sub(1).map(|before| &journal[before]);
    let mut audit = Audit::after(before);
    for entry in &journal[start..end] {
        audit.check(entry);
    }
    audit.close(&bank.account);
    audit
}

#[test]
fn each_kind_adds_up_from_wherever_an_audit_begins() {
    let bank = bank();
    let journal = bank.journal();
    let coins = Slug::parse("coins").unwrap();
    for start in 0..journal.len() {
        let audit = audit(&bank, &journal, start, journal.len());
        assert_eq!(audit.differs, None, "from {start}");
        assert!(audit.is_complete(&bank.account));
        let sum = audit.others.get(&coins).map(|strand| strand.sum);
        assert_eq!(sum, Some(31), "from {start}");
    }
}

#[test]
fn an_audit_that_has_not_come_to_the_end_compares_nothing() {
    let bank = bank();
    let journal = bank.journal();
    for end in 0..journal.len() {
        let audit = audit(&bank, &journal, 0, end);
        assert!(!audit.is_complete(&bank.account), "to {end}");
        assert_eq!(audit.differs, None, "to {end}");
    }
    // What was found is not forgotten by what the account says.
    let mut lies = journal.clone();
    lies[1].after += 1;
    assert_eq!(
        audit(&bank, &lies, 0, lies.len()).differs.unwrap().number,
        Some(1)
    );
}

#[test]
fn a_balance_that_begins_with_something_is_found_out_from_the_beginning_alone() {
    let bank = bank();
    let journal = bank.journal();
    for kind in [None, Slug::parse("coins").ok(), Slug::parse("gems").ok()] {
        // The journal of the kind says 3 more all along, as if there had been something before.
        let mut lies = journal.clone();
        let of_kind = lies.iter_mut().filter(|entry| entry.points_kind == kind);
        of_kind.for_each(|entry| entry.after += 3);
        let first = lies
            .iter()
            .position(|entry| entry.points_kind == kind)
            .unwrap();
        let found = audit(&bank, &lies, 0, lies.len()).differs.unwrap();
        let points = lies[first].points;
        assert_eq!(found.number, Some(first as u64), "{kind:?}");
        assert_eq!(
            found.why,
            format!("0 and {points} is {points}, not {}", points + 3)
        );
        // From the next entry on the lie is trusted, and the account says something else.
        let later = audit(&bank, &lies, first + 1, lies.len()).differs;
        assert!(later.is_some(), "{kind:?}");
        // Of gems nothing moves after the first, so who begins later knows nothing of them.
        let later = audit(&bank, &lies, first + 2, lies.len()).differs;
        let gems = Slug::parse("gems").ok();
        assert_eq!(later.is_some(), kind != gems, "{kind:?}");
    }
}

#[test]
fn a_jump_between_two_entries_is_found_wherever_an_audit_begins_before_it() {
    let bank = bank();
    let journal = bank.journal();
    for jump in 1..journal.len() {
        let mut lies = journal.clone();
        let kind = lies[jump].points_kind.clone();
        lies[jump].after += 1;
        for start in 0..=jump {
            let known = start == 0
                || lies[start - 1..jump]
                    .iter()
                    .any(|entry| entry.points_kind == kind);
            let found = audit(&bank, &lies, start, lies.len()).differs;
            // Without an earlier entry of the kind the jump itself is trusted, and the next one, or the end, differs.
            let number = found
                .unwrap_or_else(|| panic!("{jump} from {start}"))
                .number;
            assert_eq!(number == Some(jump as u64), known, "{jump} from {start}");
        }
    }
}

#[test]
fn what_is_held_and_owed_must_be_so_in_the_account() {
    let bank = bank();
    let journal = bank.journal();
    let changed = |change: &dyn Fn(&mut Ledger)| {
        let mut bank = self::bank();
        change(&mut bank.account.ledger);
        let why = |audit: Audit| audit.differs.map(|differs| differs.why);
        let whole = why(audit(&bank, &journal, 0, journal.len()));
        (whole, why(audit(&bank, &journal, 1, journal.len())))
    };
    assert_eq!(changed(&|_| {}), (None, None));
    // 4 are held: from the middle, too, lots and holds must come to the balance.
    let (whole, rest) = changed(&|ledger| ledger.holds[0].points += 1);
    let says = Some("the journal comes to 40, lots and holds to 41".to_owned());
    assert_eq!((whole, rest), (says.clone(), says));
    let (whole, rest) = changed(&|ledger| {
        ledger.holds[0].points += 1;
        ledger.lots[0].remaining -= 1;
    });
    let says = "4 points are held by the journal, 5 by the account";
    assert_eq!((whole.as_deref(), rest), (Some(says), None));
    let (whole, _) = changed(&|ledger| ledger.others[0].lots[0].remaining += 1);
    assert_eq!(
        whole.as_deref(),
        Some("of coins: the journal comes to 31, lots and holds to 32")
    );
    // A kind that only the account knows.
    let (whole, rest) = changed(&|ledger| {
        let mut gems = ledger.others[1].clone();
        gems.kind = Slug::parse("shells").unwrap();
        ledger.others.push(gems);
    });
    assert_eq!(
        whole.as_deref(),
        Some("of shells: the journal comes to 0, the totals to 7")
    );
    assert_eq!(rest, None);
    assert_eq!(bank.audit().differs, None);
}

#[test]
fn numbers_beyond_63_bits_are_said_to_be_too_large() {
    let bank = bank();
    let mut lies = bank.journal();
    lies[1].after = i64::MAX;
    lies[3].points = i64::MAX;
    let mut audit = Audit::after(Some(&lies[1]));
    audit.check(&lies[2]);
    audit.check(&lies[3]);
    assert_eq!(audit.differs.unwrap().why, "the numbers are too large");
}

#[test]
fn an_earn_of_nothing_of_a_kind_leaves_its_entry_and_no_purse() {
    let mut bank = Bank::with(COINS);
    earn(&mut bank, "none", 0, Some("coins"));
    assert!(bank.account.ledger.others.is_empty());
    let entry = &bank.journal()[0];
    assert_eq!((entry.kind, entry.points), (Kind::Earn, 0));
    assert_eq!(bank.audit().differs, None);
    bank.check_laws(crate::support::at(NOON));
    earn(&mut bank, "some", 3, Some("coins"));
    assert_eq!(
        (bank.audit().differs, bank.account.ledger.others.len()),
        (None, 1)
    );
    bank.check_laws(crate::support::at(NOON));
}
