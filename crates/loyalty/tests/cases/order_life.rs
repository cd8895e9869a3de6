//! An order's life in the account, told state by state: what is held, spent, given back and taken back.

use rapport_loyalty::shop::{Standing, follow};
use rapport_loyalty::*;

use crate::PLAIN;
use crate::support::{Bank, at, usd};

const NOW: &str = "2026-01-10T00:00:00Z";

/// 60 dollars, of which 20 points pay a part.
fn placed() -> Standing {
    Standing {
        order_id: "A".into(),
        paid: false,
        total: Some(usd(6_000)),
        points_used: 20,
        refunded: None,
        over: false,
    }
}

fn paid() -> Standing {
    Standing {
        paid: true,
        ..placed()
    }
}

fn back(cents: i64) -> Standing {
    Standing {
        refunded: Some(usd(cents)),
        ..paid()
    }
}

fn over(standing: Standing) -> Standing {
    Standing {
        over: true,
        ..standing
    }
}

/// Tells the account, twice: the second time nothing changes. Answers whether anything did.
fn tell(bank: &mut Bank, standing: &Standing, when: &str) -> bool {
    let mut once = || {
        let mut prior = Prior::default();
        loop {
            let program = bank.program.as_ref();
            match follow(
                &bank.account,
                program,
                standing,
                &prior,
                at(when),
                &bank.zone,
            ) {
                Ok(Decision::Read(want)) => bank.read(want, &mut prior),
                Ok(Decision::Done(outcome)) => {
                    let changed = outcome.changed();
                    if changed {
                        bank.account = outcome.account;
                    }
                    return changed;
                }
                Err(rejection) => {
                    assert_eq!(rejection, Rejection::NothingToEarn);
                    return false;
                }
            }
        }
    };
    let changed = once();
    assert!(!once(), "{standing:?}");
    bank.check_laws(at(when));
    changed
}

/// Active, held, spent.
fn row(bank: &Bank, when: &str) -> [i64; 3] {
    let b = bank.account.balance(at(when));
    [b.active, b.held, b.spent]
}

/// An account of 100 points.
fn bank() -> Bank {
    let mut bank = Bank::with(PLAIN);
    bank.earn("before", 100, NOW);
    bank
}

#[test]
fn points_are_held_when_it_is_placed_and_spent_when_it_is_paid() {
    let mut bank = bank();
    assert!(tell(&mut bank, &placed(), NOW));
    assert_eq!(row(&bank, NOW), [80, 20, 0]);
    // For seven days.
    assert_eq!(row(&bank, "2026-01-16T23:59:59.999Z"), [80, 20, 0]);
    assert_eq!(row(&bank, "2026-01-17T00:00:00Z"), [100, 0, 0]);
    assert!(tell(&mut bank, &paid(), NOW));
    assert_eq!(row(&bank, NOW), [80, 0, 20]);
    // An earlier state that comes late changes nothing.
    assert!(!tell(&mut bank, &placed(), NOW));
    assert_eq!(row(&bank, NOW), [80, 0, 20]);
}

#[test]
fn without_a_hold_they_are_spent_as_far_as_they_are_there() {
    let mut bank = bank();
    assert!(tell(&mut bank, &paid(), NOW));
    assert_eq!(row(&bank, NOW), [80, 0, 20]);
    let mut bank = self::bank();
    bank.spend("s", 95, NOW).unwrap();
    assert!(tell(&mut bank, &paid(), NOW));
    assert_eq!(row(&bank, NOW), [0, 0, 100]);
    // With one point there is one, and with none nothing is written.
    for (left, written) in [(1, true), (0, false)] {
        for standing in [placed(), paid()] {
            let mut bank = self::bank();
            bank.spend("s", 100 - left, NOW).unwrap();
            assert_eq!(tell(&mut bank, &standing, NOW), written, "{left}");
            assert_eq!(row(&bank, NOW)[0], 0);
        }
    }
    // An order without points moves none.
    let mut bank = self::bank();
    let plain = Standing {
        points_used: 0,
        ..paid()
    };
    assert!(!tell(&mut bank, &plain, NOW));
}

#[test]
fn a_hold_that_ran_out_is_made_up_for_and_one_that_was_closed_by_hand_is_not() {
    let later = "2026-01-20T00:00:00Z";
    let mut bank = bank();
    tell(&mut bank, &placed(), NOW);
    assert!(tell(&mut bank, &paid(), later));
    assert_eq!(row(&bank, later), [80, 0, 20]);
    let mut bank = self::bank();
    tell(&mut bank, &placed(), NOW);
    let hold = bank.account.ledger.holds[0].id.clone();
    bank.void(&hold, NOW).unwrap();
    assert!(!tell(&mut bank, &paid(), NOW));
    assert_eq!(row(&bank, NOW), [100, 0, 0]);
}

#[test]
fn what_is_paid_with_fewer_points_than_were_held_gives_the_rest_back() {
    let mut bank = bank();
    tell(&mut bank, &placed(), NOW);
    let fewer = Standing {
        points_used: 15,
        ..paid()
    };
    assert!(tell(&mut bank, &fewer, NOW));
    assert_eq!(row(&bank, NOW), [85, 0, 15]);
}

#[test]
fn a_part_that_goes_back_takes_its_share_of_both_rounded_down() {
    let mut bank = bank();
    tell(&mut bank, &paid(), NOW);
    bank.order("A", 6_000, NOW).unwrap();
    assert_eq!(row(&bank, NOW), [140, 0, 20]);
    // A third: 20 / 3 = 6 of those that paid come back, 60 / 3 = 20 of those it earned go.
    assert!(tell(&mut bank, &back(2_000), NOW));
    assert_eq!(row(&bank, NOW), [126, 0, 14]);
    assert_eq!(bank.account.ledger.totals.spend, 4_000);
    // A cent more: 20 * 2001 / 6000 = 6, 60 * 2001 / 6000 = 20; only the money follows.
    assert!(tell(&mut bank, &back(2_001), NOW));
    assert_eq!(row(&bank, NOW), [126, 0, 14]);
    assert_eq!(bank.account.ledger.totals.spend, 3_999);
    // What was told before comes late.
    assert!(!tell(&mut bank, &back(2_000), NOW));
    // All of it, and no more than that.
    assert!(tell(&mut bank, &back(6_000), NOW));
    assert_eq!(row(&bank, NOW), [100, 0, 0]);
    assert!(!tell(&mut bank, &back(7_000), NOW));
    assert_eq!(bank.account.ledger.orders(), 0);
}

#[test]
fn money_of_another_currency_is_no_part_of_it() {
    let mut bank = bank();
    tell(&mut bank, &paid(), NOW);
    bank.order("A", 6_000, NOW).unwrap();
    let yuan = rapport_types::Money::new(3_000, rapport_types::Currency::parse("CNY").unwrap());
    let foreign = Standing {
        refunded: Some(yuan),
        ..paid()
    };
    assert!(!tell(&mut bank, &foreign, NOW));
    assert_eq!(row(&bank, NOW), [140, 0, 20]);
    // Where nobody says what was paid, it is what the order earned by.
    let unsaid = Standing {
        total: None,
        ..back(3_000)
    };
    assert!(tell(&mut bank, &unsaid, NOW));
    assert_eq!(row(&bank, NOW), [120, 0, 10]);
}

#[test]
fn an_order_that_is_over_leaves_nothing_whatever_came_before() {
    // Held only.
    let mut bank = bank();
    tell(&mut bank, &placed(), NOW);
    assert!(tell(&mut bank, &over(placed()), NOW));
    assert_eq!(row(&bank, NOW), [100, 0, 0]);
    // Paid, and a part back already.
    let mut bank = self::bank();
    tell(&mut bank, &paid(), NOW);
    bank.order("A", 6_000, NOW).unwrap();
    tell(&mut bank, &back(2_000), NOW);
    assert!(tell(&mut bank, &over(paid()), NOW));
    assert_eq!(row(&bank, NOW), [100, 0, 0]);
    let reasons: Vec<_> = bank
        .journal()
        .into_iter()
        .filter_map(|entry| entry.reason)
        .collect();
    assert_eq!(
        reasons,
        [
            "points used for an order",
            "the order's points go back",
            "a part of the order went back",
            "the order's points go back",
            "the order was cancelled, or went back whole",
        ]
    );
    let journal = bank.journal();
    assert!(
        journal
            .iter()
            .skip(1)
            .all(|entry| entry.order.as_deref() == Some("A"))
    );
    // Nothing was ever used, nor earned.
    let mut bank = self::bank();
    assert!(!tell(&mut bank, &over(paid()), NOW));
    // An order that came to nothing counts no longer.
    bank.order("A", 0, NOW).unwrap();
    assert_eq!(bank.account.ledger.orders(), 1);
    assert!(tell(
        &mut bank,
        &over(Standing {
            total: Some(usd(0)),
            points_used: 0,
            ..paid()
        }),
        NOW
    ));
    assert_eq!(bank.account.ledger.orders(), 0);
}

#[test]
fn an_order_of_nothing_has_no_part_that_could_go_back() {
    let mut bank = bank();
    bank.order("A", 0, NOW).unwrap();
    let free = Standing {
        total: Some(usd(0)),
        points_used: 0,
        ..back(1)
    };
    assert!(!tell(&mut bank, &free, NOW));
    assert_eq!(bank.account.ledger.orders(), 1);
}

#[test]
fn an_id_that_cannot_be_shown_is_not_shown() {
    let bytes = |id: String, shown: bool| {
        let mut bank = bank();
        let standing = Standing {
            order_id: id,
            ..paid()
        };
        assert!(tell(&mut bank, &standing, NOW));
        assert_eq!(bank.journal()[1].order.is_some(), shown);
    };
    bytes("a".repeat(255), true);
    bytes("a".repeat(256), false);
    bytes("a\u{7}".into(), false);
    bytes(String::new(), false);
}

#[test]
fn orders_do_not_touch_each_other() {
    let mut bank = bank();
    tell(&mut bank, &placed(), NOW);
    let other = Standing {
        order_id: "B".into(),
        points_used: 30,
        ..placed()
    };
    tell(&mut bank, &other, NOW);
    assert_eq!(row(&bank, NOW), [50, 50, 0]);
    tell(
        &mut bank,
        &Standing {
            paid: true,
            ..other
        },
        NOW,
    );
    assert_eq!(row(&bank, NOW), [50, 20, 30]);
    assert!(tell(&mut bank, &over(placed()), NOW));
    assert_eq!(row(&bank, NOW), [70, 0, 30]);
}

#[test]
fn a_single_point_goes_back_and_of_a_free_order_none() {
    let mut bank = bank();
    tell(&mut bank, &paid(), NOW);
    // 20 * 299 / 6000 = 0; 20 * 300 / 6000 = 1.
    assert!(!tell(&mut bank, &back(299), NOW));
    assert!(tell(&mut bank, &back(300), NOW));
    assert_eq!(row(&bank, NOW), [81, 0, 19]);
    // What was paid with points alone has no money of which a part could go back; whole it does.
    let mut bank = self::bank();
    let free = Standing {
        total: Some(usd(0)),
        ..paid()
    };
    tell(&mut bank, &free, NOW);
    assert!(!tell(
        &mut bank,
        &Standing {
            refunded: Some(usd(1)),
            ..free.clone()
        },
        NOW
    ));
    assert_eq!(row(&bank, NOW), [80, 0, 20]);
    assert!(tell(&mut bank, &over(free), NOW));
    assert_eq!(row(&bank, NOW), [100, 0, 0]);
}

#[test]
fn an_order_that_is_cancelled_after_a_refund_is_told_apart_from_that_refund() {
    let mut bank = bank();
    tell(&mut bank, &paid(), NOW);
    bank.order("A", 6_000, NOW).unwrap();
    tell(&mut bank, &back(2_000), NOW);
    assert_eq!(row(&bank, NOW), [126, 0, 14]);
    // No more money went back, and yet all of it is over.
    assert!(tell(&mut bank, &over(back(2_000)), NOW));
    assert_eq!(row(&bank, NOW), [100, 0, 0]);
}
