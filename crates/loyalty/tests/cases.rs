//! Dated cases, each with its arithmetic. The shop is in Shanghai: its midnight is 16:00 UTC.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::panic
)]

mod support;
use rapport_loyalty::*;
use support::{Bank, at, usd};

const PLAIN: &str = r#"{"points": {"per": {"amount": 100, "currency": "USD"}, "points": 1}}"#;
const MONTHS: &str = r#"{"points": {"per": {"amount": 100, "currency": "USD"}, "points": 1,
    "expires_after": {"months": 1}}}"#;
const DELAYED: &str = r#"{"points": {"per": {"amount": 100, "currency": "USD"}, "points": 1,
    "expires_after": {"days": 10}, "activates_after": "7d"},
    "tiers": [{"id": "silver", "name": "Silver", "at_least": 100, "by": "points", "window": "30d"},
              {"id": "gold", "name": "Gold", "at_least": 300, "by": "points", "window": "30d"}]}"#;
const SPENDERS: &str = r#"{"points": {"per": {"amount": 100, "currency": "USD"}, "points": 1},
    "tiers": [{"id": "silver", "name": "Silver", "at_least": 10000, "by": "spend"},
              {"id": "gold", "name": "Gold", "at_least": 50000, "by": "spend"}]}"#;

fn text(moment: Option<rapport_types::Timestamp>) -> Option<String> {
    moment.map(|moment| moment.to_string())
}

#[test]
fn an_order_earns_whole_points_once() {
    let mut bank = Bank::with(PLAIN);
    // 29.33 dollars at a point per whole dollar: floor(2933 / 100) = 29.
    let first = bank.order("A-1", 2933, "2026-01-10T02:00:00Z").unwrap();
    assert_eq!((first.answer.points, first.answer.balance.active), (29, 29));
    bank.order("A-2", 99, "2026-01-10T03:00:00Z").unwrap();
    let again = bank.order("A-1", 2933, "2026-03-01T00:00:00Z").unwrap();
    assert!(again.replayed);
    assert_eq!(
        (again.transaction, again.answer),
        (first.transaction, first.answer)
    );
    assert_eq!(bank.balance("2026-03-01T00:00:00Z"), [29, 0, 0, 0, 0]);
    // The second order earned floor(0.99) = 0 points, and is in the journal all the same.
    assert_eq!(bank.journal().len(), 2);
}

#[test]
fn the_same_order_with_another_amount_is_another_request() {
    let mut bank = Bank::with(PLAIN);
    let first = bank.order("A-1", 2933, "2026-01-10T02:00:00Z").unwrap();
    let other = bank.order("A-1", 3000, "2026-01-10T02:00:00Z");
    assert_eq!(
        other.unwrap_err(),
        Rejection::KeyReused {
            transaction: first.transaction
        }
    );
}

#[test]
fn an_order_tracked_elsewhere_earns_once_whatever_it_says_the_second_time() {
    let mut bank = Bank::with(PLAIN);
    let now = at("2026-01-10T02:00:00Z");
    bank.order("A-1", 2933, "2026-01-10T02:00:00Z").unwrap();
    let order = Order {
        id: "A-1".into(),
        money: usd(9900),
        at: now,
    };
    let program = bank.program.as_ref();
    let decision = earn_order(
        &bank.account,
        program,
        &order,
        &Prior::default(),
        now,
        &bank.zone,
    );
    let Ok(Decision::Done(outcome)) = decision else {
        panic!("{decision:?}")
    };
    assert!(outcome.replayed && outcome.answer.points == 29);

    let fresh = Order {
        id: "A-2\n".repeat(200),
        money: usd(9900),
        at: now,
    };
    let decision = earn_order(
        &bank.account,
        program,
        &fresh,
        &Prior::default(),
        now,
        &bank.zone,
    );
    let Ok(Decision::Done(outcome)) = decision else {
        panic!("{decision:?}")
    };
    assert!(outcome.changed() && outcome.answer.points == 99);
    let nowhere = earn_order(
        &bank.account,
        None,
        &fresh,
        &Prior::default(),
        now,
        &bank.zone,
    );
    assert_eq!(nowhere, Err(Rejection::NoProgram));
}

#[test]
fn a_key_that_came_with_an_order_cannot_make_another_request() {
    let mut bank = Bank::with(PLAIN);
    let now = at("2026-01-10T02:00:00Z");
    let earn = |order: Option<&str>, key| {
        Command::Earn(Earn {
            ids: Ids::new(order, Some(key), "").unwrap(),
            points: Some(5),
            money: None,
            at: None,
            reason: None,
        })
    };
    bank.run(&earn(Some("A-1"), "k"), now).unwrap();
    assert!(bank.run(&earn(Some("A-1"), "k2"), now).unwrap().replayed);
    for other in [earn(Some("A-2"), "k"), earn(None, "k")] {
        assert!(matches!(
            bank.run(&other, now),
            Err(Rejection::KeyReused { .. })
        ));
    }
}

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
fn a_late_order_may_be_over_when_it_arrives() {
    let mut bank = Bank::with(MONTHS);
    let command = Command::Earn(Earn {
        ids: Ids::new(Some("old"), None, "").unwrap(),
        points: None,
        money: Some(usd(1000)),
        at: Some(at("1997-01-01T00:00:00Z")),
        reason: None,
    });
    let outcome = bank.run(&command, at("2026-01-01T00:00:00Z")).unwrap();
    // Earned 10, and gone with the end of 1 February 1997: two entries, balance 0.
    assert_eq!(
        (outcome.answer.points, outcome.answer.balance.active),
        (10, 0)
    );
    let journal = bank.journal();
    assert_eq!(
        journal.iter().map(|e| e.points).collect::<Vec<_>>(),
        [10, -10]
    );
    assert_eq!(journal[1].at.to_string(), "1997-02-01T16:00:00Z");
}

#[test]
fn an_order_from_the_future_is_refused() {
    let mut bank = Bank::with(PLAIN);
    let mut earn = |at: &str| {
        let command = Command::Earn(Earn {
            ids: Ids::new(None, None, at).unwrap(),
            points: Some(1),
            money: None,
            at: Some(support::at(at)),
            reason: None,
        });
        bank.run(&command, support::at("2026-01-01T00:00:00Z"))
    };
    // A clock may be a day ahead; then the order happened now.
    let skewed = earn("2026-01-02T00:00:00Z").unwrap();
    assert_eq!(
        skewed.account.journal.get(0).unwrap().unwrap().at,
        at("2026-01-01T00:00:00Z")
    );
    assert_eq!(
        earn("2026-01-02T00:00:00.001Z").unwrap_err(),
        Rejection::FutureDated
    );
}

#[test]
fn a_spend_takes_what_expires_first_and_the_older_of_equals() {
    let mut bank = Bank::with(MONTHS);
    bank.earn("later", 10, "2026-01-20T00:00:00Z");
    let command = Command::Earn(Earn {
        ids: Ids::new(None, Some("sooner"), "").unwrap(),
        points: Some(10),
        money: None,
        at: Some(at("2026-01-05T00:00:00Z")),
        reason: None,
    });
    bank.run(&command, at("2026-01-21T00:00:00Z")).unwrap();
    bank.earn("same day", 10, "2026-01-20T01:00:00Z");
    bank.spend("s", 15, "2026-01-22T00:00:00Z").unwrap();
    // Lot 1 expires 5 February: 10. Lots 0 and 2 expire 20 February: 5 from the older, lot 0.
    let taken: Vec<_> = bank.journal()[3]
        .parts
        .iter()
        .map(|p| (p.lot, p.points))
        .collect();
    assert_eq!(taken, [(1, 10), (0, 5)]);
}

#[test]
fn nothing_is_overspent() {
    let mut bank = Bank::with(PLAIN);
    bank.earn("a", 100, "2026-01-01T00:00:00Z");
    for n in 0..10 {
        bank.spend(&format!("s{n}"), 10, "2026-01-02T00:00:00Z")
            .unwrap();
    }
    let more = bank.spend("s10", 10, "2026-01-02T00:00:00Z");
    assert_eq!(more.unwrap_err(), Rejection::Insufficient { balance: 0 });
    let again = bank.spend("s3", 10, "2026-01-02T00:00:00Z").unwrap();
    // The fourth spend left 60, and still says so.
    assert!(again.replayed && again.answer.balance.active == 60);
    let none = bank.spend("zero", 0, "2026-01-02T00:00:00Z");
    assert_eq!(none.unwrap_err(), Rejection::TooFewPoints { least: 1 });
}

#[test]
fn a_spend_over_three_lots_is_returned_in_parts_from_the_last() {
    let mut bank = Bank::with(MONTHS);
    bank.earn("a", 10, "2026-01-01T00:00:00Z");
    bank.earn("b", 10, "2026-01-02T00:00:00Z");
    bank.earn("c", 10, "2026-01-03T00:00:00Z");
    let whole = bank.account.ledger.lots.clone();
    let spend = bank
        .spend("s", 25, "2026-01-04T00:00:00Z")
        .unwrap()
        .transaction;
    let left = |bank: &Bank| {
        let lots = &bank.account.ledger.lots;
        lots.iter()
            .map(|lot| (lot.id, lot.remaining))
            .collect::<Vec<_>>()
    };
    assert_eq!(left(&bank), [(2, 5)]);
    // Taken: 10 of lot 0, 10 of lot 1, 5 of lot 2. Seven back: 5 to lot 2, 2 to lot 1.
    bank.reverse(&spend, Some(7), "2026-01-05T00:00:00Z")
        .unwrap();
    assert_eq!(left(&bank), [(1, 2), (2, 10)]);
    let beyond = bank.reverse(&spend, Some(19), "2026-01-05T00:00:00Z");
    assert_eq!(beyond.unwrap_err(), Rejection::BeyondOriginal { left: 18 });
    let rest = bank.reverse(&spend, None, "2026-01-05T00:00:00Z").unwrap();
    assert_eq!(rest.answer.points, 18);
    assert_eq!(bank.account.ledger.lots, whole);
    let again = bank.reverse(&spend, None, "2026-01-06T00:00:00Z").unwrap();
    assert!(again.replayed);
    assert_eq!(
        (again.transaction, again.answer),
        (rest.transaction, rest.answer)
    );
    assert_eq!(bank.balance("2026-01-06T00:00:00Z"), [30, 0, 0, 0, 30]);
}

#[test]
fn points_returned_after_their_time_are_over_at_once() {
    let mut bank = Bank::with(MONTHS);
    bank.earn("a", 10, "2026-01-01T00:00:00Z");
    let spend = bank
        .spend("s", 10, "2026-01-02T00:00:00Z")
        .unwrap()
        .transaction;
    // The lot ended with 1 February: 10 come back and expire, both in the journal.
    let outcome = bank.reverse(&spend, None, "2026-03-01T00:00:00Z").unwrap();
    assert_eq!(
        (outcome.answer.points, outcome.answer.balance.active),
        (10, 0)
    );
    assert_eq!(bank.balance("2026-03-01T00:00:00Z"), [0, 0, 0, 10, 0]);
    assert_eq!(
        bank.journal().iter().map(|e| e.points).collect::<Vec<_>>(),
        [10, -10, 10, -10]
    );
}

#[test]
fn a_reversed_earn_takes_its_own_points_then_others_and_never_more_than_there_are() {
    let mut bank = Bank::with(PLAIN);
    let first = bank.earn("a", 100, "2026-01-01T00:00:00Z").transaction;
    bank.earn("b", 30, "2026-01-02T00:00:00Z");
    bank.spend("s", 90, "2026-01-03T00:00:00Z").unwrap();
    // 10 are left of the first and 30 of the second: a part of 25 takes 10 and 15.
    let part = bank
        .reverse(&first, Some(25), "2026-01-04T00:00:00Z")
        .unwrap();
    assert_eq!((part.answer.points, part.answer.balance.active), (25, 15));
    let taken: Vec<_> = bank.journal()[3]
        .parts
        .iter()
        .map(|p| (p.lot, p.points))
        .collect();
    assert_eq!(taken, [(0, 10), (1, 15)]);
    // 75 are left to reverse and 15 to take.
    let rest = bank.reverse(&first, None, "2026-01-05T00:00:00Z").unwrap();
    assert_eq!((rest.answer.points, rest.answer.balance.active), (15, 0));
    assert!(
        bank.reverse(&first, None, "2026-01-06T00:00:00Z")
            .unwrap()
            .replayed
    );
    // For tiers all 100 are gone: 30 are left.
    assert_eq!(bank.account.ledger.totals.qualifying, 30);
}

#[test]
fn an_earn_reversed_after_its_expiry_takes_nothing() {
    let mut bank = Bank::with(MONTHS);
    let first = bank.earn("a", 100, "2026-01-01T00:00:00Z").transaction;
    bank.earn("b", 30, "2026-02-20T00:00:00Z");
    let outcome = bank.reverse(&first, None, "2026-03-01T00:00:00Z").unwrap();
    assert_eq!(
        (outcome.answer.points, outcome.answer.balance.active),
        (0, 30)
    );
}

#[test]
fn pending_points_are_taken_back_too() {
    let mut bank = Bank::with(DELAYED);
    let first = bank.earn("a", 100, "2026-01-01T00:00:00Z").transaction;
    bank.earn("b", 40, "2026-01-01T00:00:00Z");
    bank.reverse(&first, Some(70), "2026-01-02T00:00:00Z")
        .unwrap();
    assert_eq!(bank.balance("2026-01-02T00:00:00Z"), [0, 70, 0, 0, 70]);
    bank.reverse(&first, None, "2026-01-02T00:00:00Z").unwrap();
    assert_eq!(bank.balance("2026-01-02T00:00:00Z"), [0, 40, 0, 0, 40]);
}

#[test]
fn only_earns_and_spends_are_reversed() {
    let mut bank = Bank::with(PLAIN);
    let earn = bank.earn("a", 10, "2026-01-01T00:00:00Z").transaction;
    let reversal = bank
        .reverse(&earn, Some(5), "2026-01-02T00:00:00Z")
        .unwrap()
        .transaction;
    let twice = bank.reverse(&reversal, None, "2026-01-03T00:00:00Z");
    assert_eq!(twice.unwrap_err(), Rejection::NotReversible);
    let unknown = TransactionId::of_order("none");
    let nothing = bank.reverse(&unknown, None, "2026-01-03T00:00:00Z");
    assert_eq!(
        nothing.unwrap_err(),
        Rejection::UnknownTransaction {
            transaction: unknown
        }
    );
}

#[test]
fn a_tier_by_points_begins_with_activation_and_ends_with_its_window() {
    let mut bank = Bank::with(DELAYED);
    // 120 points earned 1 January 08:00 Shanghai; they activate 8 January 08:00 = 00:00 UTC.
    bank.earn("a", 120, "2026-01-01T00:00:00Z");
    let before = bank.tier("2026-01-07T23:59:59.999Z");
    assert_eq!(before.tier, None);
    assert_eq!(before.next.as_ref().unwrap().missing, 100);
    assert_eq!(text(before.changes_at).unwrap(), "2026-01-08T00:00:00Z");
    // 30 days from 8 January: the last is 6 February; lost at midnight, 7 February 00:00 = 6 February 16:00 UTC.
    let there = bank.tier("2026-01-08T00:00:00Z");
    assert_eq!(there.tier.as_ref().unwrap().as_str(), "silver");
    assert_eq!(text(there.since).unwrap(), "2026-01-08T00:00:00Z");
    assert_eq!(text(there.until).unwrap(), "2026-02-06T16:00:00Z");
    assert_eq!(there.next.as_ref().unwrap().missing, 180);
    // Points of today would go with these: 9 January to 6 February 100 more keep it.
    let keep = there.keep.as_ref().unwrap();
    assert_eq!(
        (keep.missing, text(keep.from)),
        (100, Some("2026-01-08T16:00:00Z".into()))
    );
    assert_eq!(there.changes_at, keep.from);
    let last = bank.tier("2026-02-06T15:59:59.999Z");
    assert_eq!(
        (last.tier, last.since, last.until),
        (there.tier, there.since, there.until)
    );
    let keep = last.keep.unwrap();
    assert_eq!(
        (
            keep.missing,
            keep.from,
            text(Some(keep.by)).unwrap().as_str()
        ),
        (100, None, "2026-02-06T16:00:00Z")
    );
    let lost = bank.tier("2026-02-06T16:00:00Z");
    assert_eq!((lost.tier, lost.since, lost.until), (None, None, None));
}

#[test]
fn a_tier_holds_without_a_break_while_newer_points_carry_it() {
    let mut bank = Bank::with(DELAYED);
    bank.earn("a", 120, "2026-01-01T00:00:00Z");
    bank.earn("b", 100, "2026-01-20T00:00:00Z");
    // b activates 27 January. From 27 January to 6 February 220 points, then 100, to 25 February.
    for when in ["2026-01-27T00:00:00Z", "2026-02-20T00:00:00Z"] {
        let tier = bank.tier(when);
        assert_eq!(text(tier.since).unwrap(), "2026-01-08T00:00:00Z");
        assert_eq!(text(tier.until).unwrap(), "2026-02-25T16:00:00Z");
    }
    // Before b activates, a alone says until when; known points to come are no new data.
    assert_eq!(
        text(bank.tier("2026-01-25T00:00:00Z").until).unwrap(),
        "2026-02-25T16:00:00Z"
    );
}

#[test]
fn a_reversal_counts_on_the_day_of_the_earn() {
    let mut bank = Bank::with(DELAYED);
    bank.earn("a", 120, "2026-01-01T00:00:00Z");
    let b = bank.earn("b", 200, "2026-01-02T00:00:00Z").transaction;
    // 320 from 9 January: gold. 30 back leave 290: silver, as if they had never been.
    assert_eq!(
        bank.tier("2026-01-10T00:00:00Z").tier.unwrap().as_str(),
        "gold"
    );
    bank.reverse(&b, Some(30), "2026-01-20T00:00:00Z").unwrap();
    let tier = bank.tier("2026-01-20T00:00:00Z");
    assert_eq!(tier.tier.unwrap().as_str(), "silver");
    assert_eq!(text(tier.since).unwrap(), "2026-01-08T00:00:00Z");
    assert_eq!(tier.next.unwrap().missing, 10);
}

#[test]
fn a_tier_by_spend_over_all_time_does_not_end() {
    let mut bank = Bank::with(SPENDERS);
    bank.order("a", 9_999, "2024-01-01T00:00:00Z").unwrap();
    assert_eq!(bank.tier("2024-01-01T00:00:00Z").next.unwrap().missing, 1);
    let b = bank.order("b", 1, "2024-06-01T03:04:05Z").unwrap();
    assert_eq!(
        (b.answer.points, b.answer.tier.unwrap().as_str()),
        (0, "silver")
    );
    let tier = bank.tier("2030-01-01T00:00:00Z");
    assert_eq!(text(tier.since).unwrap(), "2024-06-01T03:04:05Z");
    assert_eq!((tier.until, tier.changes_at), (None, None));
    let next = tier.next.unwrap();
    assert_eq!((next.tier.as_str(), next.missing), ("gold", 40_000));
    assert_eq!(next.currency.unwrap().to_string(), "USD");
    // The order of 0 points is taken back with its money.
    bank.reverse(&b.transaction, None, "2030-01-02T00:00:00Z")
        .unwrap();
    assert_eq!(bank.tier("2030-01-02T00:00:00Z").tier, None);
    assert!(
        bank.reverse(&b.transaction, None, "2030-01-03T00:00:00Z")
            .unwrap()
            .replayed
    );
    bank.order("c", 100_000, "2030-02-01T00:00:00Z").unwrap();
    let top = bank.tier("2030-02-01T00:00:00Z");
    assert_eq!((top.tier.unwrap().as_str(), top.next), ("gold", None));
}

#[test]
fn since_is_remembered_when_the_days_have_gone() {
    let mut bank = Bank::with(SPENDERS);
    bank.order("a", 20_000, "2016-01-01T01:00:00Z").unwrap();
    bank.order("b", 100, "2026-01-01T00:00:00Z").unwrap();
    // 2016 is further back than the 1,500 days kept.
    assert_eq!(bank.account.ledger.days.len(), 1);
    let tier = bank.tier("2026-01-02T00:00:00Z");
    assert_eq!(tier.tier.unwrap().as_str(), "silver");
    assert_eq!(text(tier.since).unwrap(), "2016-01-01T01:00:00Z");
}

#[test]
fn money_of_a_reversed_part_is_its_share() {
    let mut bank = Bank::with(SPENDERS);
    // 10.50 dollars, 10 points. A part of 3: floor(1050 * 3 / 10) = 315. The rest: 1050 - 315 = 735.
    let order = bank
        .order("a", 1050, "2026-01-01T00:00:00Z")
        .unwrap()
        .transaction;
    bank.reverse(&order, Some(3), "2026-01-02T00:00:00Z")
        .unwrap();
    assert_eq!(bank.account.ledger.totals.spend, 735);
    bank.reverse(&order, None, "2026-01-02T00:00:00Z").unwrap();
    assert_eq!(bank.account.ledger.totals.spend, 0);
    assert!(bank.account.ledger.days.is_empty());
}

#[test]
fn bad_amounts_are_refused() {
    let mut bank = Bank::with(PLAIN);
    let mut earn = |points, money| {
        let command = Command::Earn(Earn {
            ids: Ids::new(None, None, "r").unwrap(),
            points,
            money,
            at: None,
            reason: None,
        });
        bank.run(&command, at("2026-01-01T00:00:00Z")).unwrap_err()
    };
    assert_eq!(earn(None, None), Rejection::NothingToEarn);
    assert_eq!(earn(Some(-1), None), Rejection::TooFewPoints { least: 0 });
    assert_eq!(earn(None, Some(usd(-1))), Rejection::NegativeMoney);
    let mut big = |key: &str, points| {
        let command = Command::Earn(Earn {
            ids: Ids::new(None, Some(key), "").unwrap(),
            points: Some(points),
            money: None,
            at: None,
            reason: None,
        });
        bank.run(&command, at("2026-01-01T00:00:00Z"))
    };
    // A trillion is the most of one earn, so that no slip of a client fills an account for ever.
    assert_eq!(big("a", i64::MAX).unwrap_err(), Rejection::Overflow);
    assert_eq!(
        big("b", 1_000_000_000_001).unwrap_err(),
        Rejection::Overflow
    );
    big("c", 1_000_000_000_000).unwrap();
    assert_eq!(bank.balance("2026-01-01T00:00:00Z")[0], 1_000_000_000_000);
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
