//! What has left the document is found in its pages.

use rapport_loyalty::*;

use crate::PLAIN;
use crate::support::{Bank, at};

const NOW: &str = "2026-01-10T00:00:00Z";

fn earn(ids: Ids) -> Command {
    Command::Earn(Earn {
        ids,
        points: Some(7),
        money: None,
        at: None,
        reason: None,
    })
}

/// So many points, each earned by itself: with 80 entries the first 64 leave.
fn earn_many(bank: &mut Bank) {
    for n in 0..100 {
        bank.earn(&format!("other {n}"), 1, NOW);
    }
    assert_eq!(bank.account.pages(), 1);
}

#[test]
fn a_key_that_comes_again_is_found_there() {
    let mut bank = Bank::with(PLAIN);
    let command = earn(Ids::new(None, Some("first"), "").unwrap());
    assert!(!bank.run(&command, at(NOW)).unwrap().replayed);
    earn_many(&mut bank);
    assert!(bank.run(&command, at(NOW)).unwrap().replayed);
    assert_eq!(bank.balance(NOW)[0], 107);
}

#[test]
fn so_is_a_request_without_one_that_does_not_know_what_became_of_its_first_try() {
    let mut bank = Bank::with(PLAIN);
    let command = earn(Ids::new(None, None, "this very request").unwrap());
    assert!(!bank.run_again(&command, at(NOW), 0).unwrap().replayed);
    earn_many(&mut bank);
    assert!(bank.run_again(&command, at(NOW), 0).unwrap().replayed);
    assert_eq!(bank.balance(NOW)[0], 107);
}
