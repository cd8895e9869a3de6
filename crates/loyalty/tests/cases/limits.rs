//! The last value that is taken, and the first that is not.

use rapport_loyalty::*;
use rapport_types::Timestamp;

use crate::support::{Bank, at};
use crate::{DELAYED, MONTHS, PLAIN};

const NOW: &str = "2026-01-10T00:00:00Z";

fn ids() -> Ids {
    Ids::new(None, Some("k"), "").unwrap()
}

#[test]
fn an_author_has_two_hundred_bytes() {
    for (bytes, taken) in [(200, true), (201, false)] {
        let mut bank = Bank::with(PLAIN);
        let freeze = Command::Freeze(Freeze {
            ids: ids(),
            reason: "r".into(),
            author: "a".repeat(bytes),
        });
        assert_eq!(bank.run(&freeze, at(NOW)).is_ok(), taken, "{bytes}");
    }
}

#[test]
fn the_reason_of_an_imported_lot_has_two_hundred_bytes() {
    for (bytes, taken) in [(200, true), (201, false)] {
        let mut bank = Bank::with(PLAIN);
        let opening = Opening {
            points: 1,
            active_from: None,
            expires_at: None,
            reason: Some("r".repeat(bytes)),
        };
        let import = Command::Import(Import {
            ids: ids(),
            lots: vec![opening],
        });
        assert_eq!(bank.run(&import, at(NOW)).is_ok(), taken, "{bytes}");
    }
}

#[test]
fn an_imported_lot_that_activates_now_counts_for_no_tier_and_one_of_a_millisecond_later_does() {
    let first = at(NOW).millis();
    for (later, counts) in [(0, 0), (1, 100)] {
        let mut bank = Bank::with(DELAYED);
        let active_from = Some(Timestamp::from_millis(first + later));
        let opening = Opening {
            points: 100,
            active_from,
            expires_at: None,
            reason: None,
        };
        let import = Command::Import(Import {
            ids: ids(),
            lots: vec![opening],
        });
        bank.run(&import, at(NOW)).unwrap();
        assert_eq!(bank.account.ledger.totals.qualifying, counts, "{later}");
    }
}

#[test]
fn a_balance_changes_next_after_the_moment_it_is_asked_for() {
    let mut bank = Bank::with(MONTHS);
    bank.earn("a", 10, NOW);
    let ledger = &bank.account.ledger;
    // Active since 10 January. To the end of 10 February in Shanghai; it expires soon from 30 days before, 11 January 16:00 UTC.
    let (soon, end) = (at("2026-01-11T16:00:00Z"), at("2026-02-10T16:00:00Z"));
    assert_eq!(ledger.balance_changes_at(at(NOW)), Some(soon));
    assert_eq!(ledger.balance_changes_at(soon), Some(end));
    assert_eq!(ledger.balance_changes_at(end), None);
}

#[test]
fn a_ledger_is_read_as_of_a_moment_without_being_changed() {
    let mut bank = Bank::with(MONTHS);
    bank.earn("a", 10, NOW);
    bank.earn("b", 5, "2026-01-20T00:00:00Z");
    let ledger = bank.account.ledger.clone();
    let later = ledger.at(at("2026-02-10T16:00:00Z"));
    assert_eq!((later.lots.len(), later.lots[0].remaining), (1, 5));
    assert_eq!((ledger.lots.len(), &ledger), (2, &bank.account.ledger));
    assert_eq!(ledger.at(at("2026-01-20T00:00:00Z")), ledger);
}

#[test]
fn a_timer_is_set_anew_only_for_something_earlier() {
    let mut bank = Bank::with(MONTHS);
    let (zone, program) = (bank.zone.clone(), bank.program.clone());
    bank.earn("a", 10, NOW);
    let set = bank.account.timer.unwrap();
    let mut again = |at| bank.account.set_timer(program.as_ref(), at, &zone);
    // For the same moment one is set already.
    assert_eq!(again(at(NOW)), None);
    bank.account.timer = Some(Timestamp::from_millis(set.millis() + 1));
    let mut again = |at| bank.account.set_timer(program.as_ref(), at, &zone);
    assert_eq!(again(at(NOW)), Some(set));
    assert_eq!(again(at(NOW)), None);
    bank.account.timer = Some(Timestamp::from_millis(set.millis() - 1));
    assert_eq!(
        bank.account.set_timer(program.as_ref(), at(NOW), &zone),
        None
    );
}
