//! Points of a reversed earn that come back, at the very moments at which something ends.

use rapport_loyalty::*;

use crate::support::{Bank, at};
use crate::{MONTHS, PLAIN};

/// The midnight in Shanghai with which 10 and 20 February 2026 end.
const END_OF_10: &str = "2026-02-10T16:00:00Z";
const END_OF_20: &str = "2026-02-20T16:00:00Z";

#[test]
fn what_is_over_as_it_comes_back_meets_no_claim() {
    let mut bank = Bank::with(MONTHS);
    // b ends with 10 February, a with the 20th.
    bank.earn("b", 60, "2026-01-10T04:00:00Z");
    let earn = bank.earn("a", 100, "2026-01-20T04:00:00Z").transaction;
    // All 60 of b, 20 of a; then the other 80 of a.
    let spend = bank
        .spend("s", 80, "2026-01-21T04:00:00Z")
        .unwrap()
        .transaction;
    bank.spend("t", 80, "2026-01-21T04:00:00Z").unwrap();
    // Nothing is left of a: all 100 are claimed.
    let back = bank.reverse(&earn, None, "2026-01-22T04:00:00Z").unwrap();
    assert_eq!((back.answer.points, back.answer.balance.active), (0, 0));
    // As b ends, the first spend is refunded: its 20 of a meet the claim, its 60 of b expire.
    let refund = bank.reverse(&spend, None, END_OF_10).unwrap();
    assert_eq!(refund.answer.balance.active, 0);
    let moves = bank.moves();
    assert!(moves.contains(&(Kind::Recover, -20, 0)), "{moves:?}");
    assert!(moves.contains(&(Kind::Expire, -60, 0)), "{moves:?}");
    assert_eq!(bank.account.ledger.claims[0].points, 80);
    bank.check_laws(at(END_OF_10));
}

#[test]
fn a_single_point_is_claimed_too() {
    let mut bank = Bank::with(PLAIN);
    let now = "2026-01-10T00:00:00Z";
    let earn = bank.earn("a", 3, now).transaction;
    let spend = bank.spend("s", 1, now).unwrap().transaction;
    bank.reverse(&earn, None, now).unwrap();
    assert_eq!(
        bank.reverse(&spend, None, now)
            .unwrap()
            .answer
            .balance
            .active,
        0
    );
}

#[test]
fn a_repayment_names_the_lots_it_took_from_and_no_others() {
    let mut bank = Bank::with(PLAIN);
    let now = "2026-01-10T00:00:00Z";
    let earn = bank.earn("a", 10, now).transaction;
    bank.spend("s", 10, now).unwrap();
    bank.reverse_by(Some(Policy::AllowNegative), &earn, None, now)
        .unwrap();
    assert_eq!(bank.account.ledger.debt, 10);
    let lot = |points| Opening {
        points,
        active_from: None,
        expires_at: None,
        reason: None,
    };
    let ids = Ids::new(None, Some("i"), "").unwrap();
    let lots = vec![lot(10), lot(5)];
    bank.run(&Command::Import(Import { ids, lots }), at(now))
        .unwrap();
    let journal = bank.journal();
    let repaid: Vec<_> = journal
        .iter()
        .filter(|entry| entry.kind == Kind::Repay)
        .collect();
    assert_eq!(repaid.len(), 1);
    let parts: Vec<_> = repaid[0].parts.iter().map(|part| part.points).collect();
    assert_eq!((parts, bank.balance(now)[0]), (vec![10], 5));
    bank.check_laws(at(now));
}

#[test]
fn a_claim_is_over_at_the_moment_at_which_its_points_would_be() {
    let refunded = |when: &str| {
        let mut bank = Bank::with(MONTHS);
        bank.earn("b", 60, "2026-01-10T04:00:00Z");
        let earn = bank.earn("a", 100, "2026-01-20T04:00:00Z").transaction;
        // c ends with 28 February.
        bank.earn("c", 40, "2026-01-30T04:00:00Z");
        // 60 of b, 100 of a, 30 of c.
        let spend = bank
            .spend("s", 190, "2026-01-31T04:00:00Z")
            .unwrap()
            .transaction;
        // Of a nothing is left: 10 of c are taken, and 90 claimed until a would have ended.
        let back = bank.reverse(&earn, None, "2026-02-01T04:00:00Z").unwrap();
        assert_eq!((back.answer.points, back.answer.balance.active), (10, 0));
        let refund = bank.reverse(&spend, None, when).unwrap();
        bank.check_laws(at(when));
        refund.answer.balance.active
    };
    // A moment earlier a's 100 and c's 30 come back, and 90 are claimed: 40. At that moment a is over, and so is the claim on it: 30.
    assert_eq!(refunded("2026-02-20T15:59:59.999Z"), 40);
    assert_eq!(refunded(END_OF_20), 30);
}

#[test]
fn only_what_was_spent_before_the_reversal_is_claimed() {
    let mut bank = Bank::with(PLAIN);
    let now = "2026-01-10T00:00:00Z";
    let earn = bank.earn("a", 100, now).transaction;
    let before = bank.spend("before", 80, now).unwrap().transaction;
    assert_eq!(bank.reverse(&earn, None, now).unwrap().answer.points, 20);
    bank.earn("b", 50, now);
    let after = bank.spend("after", 50, now).unwrap().transaction;
    // What was bought with b's points is b's when it comes back, and nothing is written of a claim that is not met.
    let written = bank.journal().len();
    assert_eq!(
        bank.reverse(&after, None, now)
            .unwrap()
            .answer
            .balance
            .active,
        50
    );
    assert_eq!(bank.journal().len(), written + 1);
    // In parts: 30 and 50 of the 80 come back, and each time all of it is claimed.
    assert_eq!(
        bank.reverse(&before, Some(30), now)
            .unwrap()
            .answer
            .balance
            .active,
        50
    );
    assert_eq!(bank.account.ledger.claims[0].points, 50);
    assert_eq!(
        bank.reverse(&before, None, now)
            .unwrap()
            .answer
            .balance
            .active,
        50
    );
    assert!(bank.account.ledger.claims.is_empty());
    bank.check_laws(at(now));
}

#[test]
fn a_key_that_comes_with_another_policy_is_found_out() {
    let mut bank = Bank::with(PLAIN);
    let now = at("2026-01-10T00:00:00Z");
    let earn = bank.earn("a", 100, "2026-01-10T00:00:00Z").transaction;
    let mut reverse = |policy| {
        let command = Command::Reverse(Reverse {
            ids: Ids::new(None, Some("back"), "").unwrap(),
            of: earn.clone(),
            points: Some(10),
            policy,
            reason: None,
        });
        bank.run(&command, now)
    };
    let policies = [
        Policy::WithinBalance,
        Policy::PendingOnly,
        Policy::AllowNegative,
    ];
    assert!(!reverse(Some(policies[0])).unwrap().replayed);
    assert!(reverse(Some(policies[0])).unwrap().replayed);
    for other in [Some(policies[1]), Some(policies[2]), None] {
        assert!(
            matches!(reverse(other), Err(Rejection::KeyReused { .. })),
            "{other:?}"
        );
    }
}
