//! Accounts as earlier versions stored them.

use bytes::Bytes;
use rapport_loyalty::*;

use crate::PLAIN;
use crate::support::{Bank, at};

/// Written by the version before there were holds.
const LEDGER: &str = r#"{"ledger":{"lots":[[0,250,225,1763604000000,null]],
    "totals":{"earned":250,"spent":25,"expired":0,"taken":0,"qualifying":250,"spend":25050},
    "days":[[20412,250,25050]],"marks":[{"tier":"silver","day":20412,"at":1763604000000}]},"timer":null}"#;
const JOURNAL: &str = r#"0
{"n":0,"id":"o_b519e671f195f6fc088530ecacdf4dcb","kind":"earn","at":1763604000000,"recorded":1763604000000,"points":250,"after":250,"parts":[[0,250,250,1763604000000,null]],"answer":{"points":250,"balance":{"active":250,"pending":0,"spent":0,"expired":0,"expiring_soon":0},"tier":"silver"},"fingerprint":1,"order":"A-1","days":[20412,20412]}
{"n":1,"id":"k_8b9b96f68c81be78208d3d1161387a44","kind":"spend","at":1763604000000,"recorded":1763604000000,"points":-40,"after":210,"parts":[[0,40,250,1763604000000,null]],"answer":{"points":40,"balance":{"active":210,"pending":0,"spent":40,"expired":0,"expiring_soon":0},"tier":"silver"},"fingerprint":2}
{"n":2,"id":"r_12df382e8183098769930a65fe09c266","kind":"reverse","at":1763604000000,"recorded":1763604000000,"points":15,"after":225,"parts":[[0,15,250,1763604000000,null]],"answer":{"points":15,"balance":{"active":225,"pending":0,"spent":25,"expired":0,"expiring_soon":0},"tier":"silver"},"fingerprint":3,"undo":{"of":"k_8b9b96f68c81be78208d3d1161387a44","points":15,"money":0}}"#;

fn bank() -> Bank {
    let mut bank = Bank::with(PLAIN);
    bank.account = serde_json::from_str(LEDGER).unwrap();
    bank.account.journal = Journal::read(&Bytes::from_static(JOURNAL.as_bytes())).unwrap();
    bank
}

#[test]
fn an_account_from_before_there_were_holds_goes_on() {
    let mut bank = bank();
    let now = "2026-11-21T04:00:00Z";
    bank.check_laws(at(now));
    assert_eq!(bank.balance(now), [225, 0, 25, 0, 0]);
    let hold = bank.authorize("h", 200, "1h", now).unwrap().transaction;
    bank.capture(&hold, Some(150), now).unwrap();
    // Of the old spend of 40, 15 were taken back: 25 are left.
    let spend = TransactionId::parse("k_8b9b96f68c81be78208d3d1161387a44").unwrap();
    let back = bank.reverse(&spend, None, now).unwrap();
    assert_eq!(back.answer.points, 25);
    assert_eq!(bank.balance(now), [100, 0, 150, 0, 0]);
    bank.check_laws(at(now));
}

#[test]
fn an_account_that_uses_nothing_new_is_stored_as_before() {
    let bank = bank();
    let stored: serde_json::Value = serde_json::to_value(&bank.account.ledger).unwrap();
    let before: serde_json::Value = serde_json::from_str(LEDGER).unwrap();
    assert_eq!(stored, before["ledger"]);
    assert_eq!(bank.account.journal.to_bytes().unwrap(), JOURNAL.as_bytes());
}
