//! When points begin and end.

use rapport_loyalty::*;

use crate::support::{Bank, at};
use crate::{DELAYED, MONTHS};

#[test]
fn months_end_with_the_last_day_where_the_month_is_shorter() {
    let mut bank = Bank::with(MONTHS);
    // 31 January 2027, 10:00 in Shanghai, and a month: 28 February, to its end: 1 March 00:00 = 28 Feb 16:00 UTC.
    bank.earn("a", 10, "2027-01-31T02:00:00Z");
    assert_eq!(bank.balance("2027-02-28T15:59:59.999Z"), [10, 0, 0, 0, 10]);
    assert_eq!(bank.balance("2027-02-28T16:00:00Z"), [0, 0, 0, 10, 0]);
}

#[test]
fn a_leap_day_is_a_last_day_too() {
    let mut bank = Bank::with(MONTHS);
    // 31 January 2028 and a month: 29 February 2028, to its end.
    bank.earn("a", 10, "2028-01-31T02:00:00Z");
    assert_eq!(bank.balance("2028-02-29T15:59:59.999Z")[0], 10);
    assert_eq!(bank.balance("2028-02-29T16:00:00Z")[0], 0);
}

#[test]
fn the_day_is_that_of_the_shop() {
    let mut bank = Bank::with(MONTHS);
    // 10 January 23:59 and 11 January 00:00 in Shanghai: a day apart at the end.
    bank.earn("a", 1, "2026-01-10T15:59:59Z");
    bank.earn("b", 2, "2026-01-10T16:00:00Z");
    assert_eq!(bank.balance("2026-02-10T16:00:00Z"), [2, 0, 0, 1, 2]);
    assert_eq!(bank.balance("2026-02-11T16:00:00Z"), [0, 0, 0, 3, 0]);
}

#[test]
fn points_wait_for_their_activation_and_last_from_there() {
    let mut bank = Bank::with(DELAYED);
    // 1 January 08:00 Shanghai, active 8 January 08:00, valid 10 days: to the end of 18 January.
    bank.earn("a", 50, "2026-01-01T00:00:00Z");
    assert_eq!(bank.balance("2026-01-07T23:59:59.999Z"), [0, 50, 0, 0, 50]);
    let early = bank.spend("s", 1, "2026-01-07T23:59:59.999Z");
    assert_eq!(early.unwrap_err(), Rejection::Insufficient { balance: 0 });
    assert_eq!(bank.balance("2026-01-08T00:00:00Z"), [50, 0, 0, 0, 50]);
    bank.spend("s", 20, "2026-01-08T00:00:00Z").unwrap();
    assert_eq!(bank.balance("2026-01-18T15:59:59Z"), [30, 0, 20, 0, 30]);
    assert_eq!(bank.balance("2026-01-18T16:00:00Z"), [0, 0, 20, 30, 0]);
}

#[test]
fn a_settled_view_shows_what_a_commit_would_write() {
    let mut bank = Bank::with(MONTHS);
    bank.earn("a", 10, "2026-01-01T00:00:00Z");
    let view = settled(&bank.account, at("2026-03-01T00:00:00Z"));
    assert_eq!(view.journal.len(), 2);
    assert_eq!(view.journal.get(1).unwrap().unwrap().kind, Kind::Expire);
    assert_eq!(bank.account.journal.len(), 1);
}
