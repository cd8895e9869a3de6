//! Redeeming, in the account: held, fulfilled or refused, and taken back.

use rapport_loyalty::reward::{
    Cancel, Every, Found, Fulfil, Issue, PerPeriod, Redeem, Refuse, Reward, Step, Terms, found,
};
use rapport_loyalty::*;
use rapport_types::Slug;

use crate::support::{Bank, at};
use crate::{DELAYED, MONTHS, PLAIN};

fn coffee() -> Reward {
    Reward {
        name: "Coffee".into(),
        description: None,
        points: 60,
        stock: None,
        per_customer: None,
        per_period: Some(PerPeriod {
            times: 9,
            every: Every::Month,
        }),
        from: None,
        until: None,
        tiers: Vec::new(),
        audience: None,
        voucher: Terms::default(),
    }
}

fn id() -> Slug {
    Slug::parse("coffee").unwrap()
}

fn issue(serial: u64) -> Issue {
    Issue {
        reward: id(),
        name: "Coffee".into(),
        code: "7ZZZ".into(),
        serial,
        uses: 1,
        until: None,
        imported: false,
    }
}

fn step(bank: &mut Bank, step: Step, when: &str) -> Result<Outcome, Rejection> {
    bank.run(&Command::Reward(Box::new(step)), at(when))
}

fn redeem(bank: &mut Bank, key: &str, reward: Reward, when: &str) -> Result<Outcome, Rejection> {
    let redeem = Redeem {
        ids: Ids::new(None, Some(key), "").unwrap(),
        reward: id(),
        terms: Some(reward),
        in_audience: true,
        left: None,
        codes_left: None,
    };
    step(bank, Step::Redeem(redeem), when)
}

fn fulfil(bank: &mut Bank, of: &TransactionId, serial: u64, when: &str) -> Outcome {
    step(bank, Step::Fulfil(Fulfil::new(of, issue(serial))), when).unwrap()
}

fn became(bank: &Bank, of: &TransactionId) -> Found {
    found(&bank.account, &Prior::default(), of)
        .unwrap()
        .unwrap()
}

fn had(bank: &Bank, when: &str) -> (u32, u32) {
    let limit = Some(PerPeriod {
        times: 1,
        every: Every::Month,
    });
    bank.account.ledger.had(&id(), limit, at(when), &bank.zone)
}

#[test]
fn what_is_redeemed_is_held_until_it_is_fulfilled_however_long_that_takes() {
    let mut bank = Bank::with(MONTHS);
    // Expires with 1 February in Shanghai, 16:00 UTC.
    bank.earn("a", 100, "2026-01-01T00:00:00Z");
    let held = redeem(&mut bank, "k", coffee(), "2026-02-01T15:59:00Z").unwrap();
    assert_eq!((held.answer.points, held.answer.expires_at), (60, None));
    let of = held.transaction;
    assert_eq!(became(&bank, &of), Found::Open);
    // 40 expire; the 60 held do not, and no time ends the hold.
    let then = "2026-02-09T00:00:00Z";
    let balance = bank.account.balance(at(then));
    assert_eq!((balance.active, balance.held, balance.expired), (0, 60, 40));
    let done = fulfil(&mut bank, &of, 7, then);
    assert_eq!((done.answer.points, done.answer.balance.spent), (60, 60));
    assert!(matches!(became(&bank, &of), Found::Issued(found) if found.issue.serial == 7));
    // Another process, with another number: the first one stays.
    let again = fulfil(&mut bank, &of, 8, then);
    assert!(again.replayed);
    assert!(matches!(became(&bank, &of), Found::Issued(found) if found.issue.serial == 7));
    let refused = step(&mut bank, Step::Refuse(Refuse::new(&of)), then);
    let captured = Rejection::HoldClosed { captured: Some(60) };
    assert_eq!(refused.unwrap_err(), captured);
    let kinds: Vec<Kind> = bank.moves().into_iter().map(|(kind, ..)| kind).collect();
    assert_eq!(
        kinds,
        [Kind::Earn, Kind::Authorize, Kind::Expire, Kind::Capture]
    );
    bank.check_laws(at(then));
    assert_eq!(bank.audit().differs, None);
}

#[test]
fn a_timer_looks_after_a_minute() {
    let mut bank = Bank::with(PLAIN);
    bank.earn("a", 100, "2026-01-01T00:00:00Z");
    let held = redeem(&mut bank, "k", coffee(), "2026-01-02T10:00:00Z").unwrap();
    assert_eq!(held.timer, Some(at("2026-01-02T10:01:00Z")));
}

#[test]
fn what_is_refused_goes_back_and_counts_for_no_limit() {
    let mut bank = Bank::with(PLAIN);
    bank.earn("a", 100, "2026-01-01T00:00:00Z");
    let lots = bank.lots();
    let when = "2026-01-02T10:00:00Z";
    let of = redeem(&mut bank, "k", coffee(), when).unwrap().transaction;
    assert_eq!(had(&bank, when), (1, 1));
    for _ in 0..2 {
        step(&mut bank, Step::Refuse(Refuse::new(&of)), when).unwrap();
        assert_eq!((bank.lots(), had(&bank, when)), (lots.clone(), (0, 0)));
    }
    assert_eq!(became(&bank, &of), Found::Refused);
    let late = step(&mut bank, Step::Fulfil(Fulfil::new(&of, issue(1))), when);
    let voided = Rejection::HoldClosed { captured: None };
    assert_eq!(late.unwrap_err(), voided);
    // The same key is the same, refused redemption.
    assert!(redeem(&mut bank, "k", coffee(), when).unwrap().replayed);
    bank.check_laws(at(when));
}

#[test]
fn what_is_cancelled_goes_back_to_its_lots_once_and_to_its_own_month() {
    let mut bank = Bank::with(MONTHS);
    // Expire with 1 February and with 10 February in Shanghai.
    bank.earn("a", 40, "2026-01-01T00:00:00Z");
    bank.earn("b", 40, "2026-01-10T00:00:00Z");
    let lots = bank.lots();
    let of = redeem(&mut bank, "k", coffee(), "2026-01-31T10:00:00Z").unwrap();
    fulfil(&mut bank, &of.transaction, 1, "2026-01-31T10:00:00Z");
    // 40 of the first and 20 of the second.
    assert_eq!(bank.lots(), [(1, 20)]);
    let Found::Issued(issued) = became(&bank, &of.transaction) else {
        panic!("it was fulfilled");
    };
    let transaction = issued.transaction;
    let plain = bank.reverse(&transaction, None, "2026-01-31T11:00:00Z");
    assert_eq!(plain.unwrap_err(), Rejection::OfVoucher);
    let cancel = || Step::Cancel(Cancel::new(&transaction));
    let back = step(&mut bank, cancel(), "2026-01-31T12:00:00Z").unwrap();
    assert_eq!(back.answer.points, 60);
    assert_eq!(bank.lots(), lots);
    assert_eq!(had(&bank, "2026-01-31T12:00:00Z"), (0, 0));
    assert!(
        step(&mut bank, cancel(), "2026-02-05T00:00:00Z")
            .unwrap()
            .replayed
    );
    bank.check_laws(at("2026-02-05T00:00:00Z"));
    assert_eq!(bank.audit().differs, None);
}

#[test]
fn a_checkout_neither_captures_nor_voids_what_a_redemption_holds() {
    let mut bank = Bank::with(PLAIN);
    bank.earn("a", 100, "2026-01-01T00:00:00Z");
    let when = "2026-01-02T10:00:00Z";
    let of = redeem(&mut bank, "k", coffee(), when).unwrap().transaction;
    let captured = bank.capture(&of, None, when);
    assert_eq!(captured.unwrap_err(), Rejection::OfRedemption);
    assert_eq!(bank.void(&of, when).unwrap_err(), Rejection::OfRedemption);
    let checkout = bank.authorize("h", 10, "15m", when).unwrap().transaction;
    let fulfilled = step(
        &mut bank,
        Step::Fulfil(Fulfil::new(&checkout, issue(1))),
        when,
    );
    // A checkout's hold is none of a redemption's: nobody asks for that, and nothing breaks where somebody does.
    assert_eq!(fulfilled.unwrap_err(), Rejection::NoHold);
}

#[test]
fn tiers_and_limits_are_those_of_the_moment() {
    let mut bank = Bank::with(DELAYED);
    // Active after 7 days, from 8 January on; 100 points make silver.
    bank.earn("a", 100, "2026-01-01T00:00:00Z");
    let silver = Reward {
        tiers: vec![Slug::parse("silver").unwrap()],
        points: 10,
        per_period: Some(PerPeriod {
            times: 1,
            every: Every::Day,
        }),
        ..coffee()
    };
    let early = redeem(&mut bank, "k", silver.clone(), "2026-01-07T00:00:00Z");
    assert!(
        matches!(early.unwrap_err(), Rejection::NotEligible(denied) if denied.code() == "tier")
    );
    // 15:59 and 16:00 UTC are two days in Shanghai.
    let first = redeem(&mut bank, "k1", silver.clone(), "2026-01-09T15:59:00Z");
    first.unwrap();
    let same = redeem(&mut bank, "k2", silver.clone(), "2026-01-09T15:59:59Z");
    assert!(
        matches!(same.unwrap_err(), Rejection::NotEligible(denied) if denied.code() == "per_period")
    );
    redeem(&mut bank, "k3", silver, "2026-01-09T16:00:00Z").unwrap();
    bank.check_laws(at("2026-01-09T16:00:00Z"));
}
