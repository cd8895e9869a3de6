//! An audit finds the first thing that does not add up.

use rapport_loyalty::audit::{Difference, Sum};
use rapport_loyalty::*;

use crate::MONTHS;
use crate::support::Bank;

/// Earn 100, earn 30, spend 110 (100 and 10), hold 15 and capture 5 of it, then everything left expires.
fn bank() -> Bank {
    let mut bank = Bank::with(MONTHS);
    let now = "2026-01-10T00:00:00Z";
    bank.earn("a", 100, now);
    bank.earn("b", 30, now);
    bank.spend("s", 110, now).unwrap();
    let hold = bank.authorize("h", 15, "1h", now).unwrap().transaction;
    bank.capture(&hold, Some(5), now).unwrap();
    bank.earn("c", 1, "2026-03-01T00:00:00Z");
    bank
}

fn found(bank: &Bank, entries: &[Entry]) -> Option<Difference> {
    let mut audit = Audit::after(None);
    for entry in entries {
        audit.check(entry);
    }
    audit.close(&bank.account);
    audit.differs
}

#[test]
fn what_adds_up_is_summed_by_kind() {
    let bank = bank();
    let audit = bank.audit();
    assert_eq!(
        (audit.differs.clone(), audit.next, audit.main.sum),
        (None, 8, 1)
    );
    let kinds: Vec<_> = audit.kinds.iter().map(|(k, s)| (*k, s.clone())).collect();
    let sum = |entries, points| Sum { entries, points };
    // 131 - 110 - 15 - 5 = 1: the 10 that the capture gave back expire with the 5 that were left.
    assert_eq!(
        kinds,
        [
            (Kind::Earn, sum(3, 131)),
            (Kind::Spend, sum(1, -110)),
            (Kind::Expire, sum(1, -15)),
            (Kind::Authorize, sum(1, 0)),
            (Kind::Capture, sum(1, -5)),
            (Kind::Void, sum(1, 0)),
        ]
    );
}

#[test]
fn the_first_entry_that_differs_is_named() {
    let bank = bank();
    let journal = bank.journal();
    let doctored = |change: &dyn Fn(&mut Vec<Entry>)| {
        let mut journal = journal.clone();
        change(&mut journal);
        found(&bank, &journal)
    };
    let number = |difference: Option<Difference>| difference.unwrap().number;
    assert_eq!(doctored(&|_| {}), None);
    assert_eq!(number(doctored(&|j| j[2].points = -100)), Some(2));
    assert_eq!(number(doctored(&|j| j[1].after = 131)), Some(1));
    assert_eq!(number(doctored(&|j| drop(j.remove(3)))), Some(3));
    assert_eq!(number(doctored(&|j| j[2].parts[0].points = 99)), Some(2));
    // The sums are right, but no lot had so much.
    let overdrawn = doctored(&|j| {
        j[2].parts[0].points = 99;
        j[2].parts[1].points = 11;
        j[2].parts[0].lot = 1;
    });
    assert_eq!(number(overdrawn), Some(2));
    // All right by themselves, and not what the account says.
    let more = doctored(&|j| {
        j[7].points = 2;
        j[7].after = 2;
        j[7].parts[0].points = 2;
    });
    let more = more.unwrap();
    assert_eq!(
        (more.number, more.why.as_str()),
        (None, "the journal comes to 2, the totals to 1")
    );
}

#[test]
fn an_account_that_says_something_else_than_its_journal_is_found_out() {
    let journal = bank().journal();
    let doctored = |change: &dyn Fn(&mut Ledger)| {
        let mut bank = bank();
        change(&mut bank.account.ledger);
        found(&bank, &journal).map(|difference| (difference.number, difference.why))
    };
    let says = |why: &str| Some((None, why.to_owned()));
    assert_eq!(
        doctored(&|l| l.totals.spent -= 1),
        says("the journal comes to 1, the totals to 2")
    );
    assert_eq!(
        doctored(&|l| l.lots[0].remaining = 2),
        says("the journal comes to 1, lots and holds to 2")
    );
    assert_eq!(
        doctored(&|l| {
            l.lots[0].remaining = 2;
            l.debt = 1;
        }),
        says("0 points are owed by the journal, 1 by the account")
    );
    assert_eq!(
        doctored(&|l| l.lots[0].id = 3),
        says("lot 3 has 0 by the journal, 1 by the account")
    );
    assert_eq!(
        doctored(&|l| {
            l.totals.earned += 1;
            l.totals.expired += 1;
        }),
        says("131 points are earned by the journal, 132 by the account")
    );
}

#[test]
fn an_audit_goes_on_from_any_entry() {
    let bank = bank();
    let journal = bank.journal();
    for start in 1..journal.len() {
        let mut audit = Audit::after(Some(&journal[start - 1]));
        for entry in &journal[start..] {
            audit.check(entry);
        }
        audit.close(&bank.account);
        assert_eq!((audit.differs, audit.main.sum), (None, 1), "from {start}");
    }
}
