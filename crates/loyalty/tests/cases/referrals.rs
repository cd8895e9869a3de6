//! What a referral moves in the two accounts, and how far it is.

use rapport_loyalty::referral::code::ReferralCode;
use rapport_loyalty::referral::life::{Next, Payout, Referral, Stage};
use rapport_loyalty::referral::pay::{Given, Paying, Side};
use rapport_loyalty::*;
use rapport_types::CustomerId;

use crate::PLAIN;
use crate::support::{Bank, at};

const BOTH: &str = r#"{"referrer": {"points": 100}, "referred": {"points": 30}, "on": {"order": 1}, "holding": "14d"}"#;
const NOW: &str = "2026-01-10T04:00:00Z";

/// `a` brought the customer of that name; it qualified at `when`.
fn due(terms: &str, customer: &str, when: &str) -> Referral {
    let id = |text: &str| CustomerId::parse(text).unwrap();
    let terms = serde_json::from_str(terms).unwrap();
    let mut referral = Referral::claim(
        id(customer),
        id("a"),
        id("z"),
        ReferralCode::new(7),
        terms,
        at(when),
    );
    assert!(referral.confirm(false, at(when)));
    referral.count(1, at(when));
    assert_eq!(referral.stage, Stage::Due);
    referral
}

/// What was given, or `None` where the terms allow no more.
fn pay(bank: &mut Bank, referral: &Referral, side: Side, now: &str) -> Option<(i64, bool)> {
    let paying = Paying { referral, side };
    let mut prior = Prior::default();
    loop {
        let program = bank.program.as_ref();
        match paying
            .give(&bank.account, program, &prior, at(now), &bank.zone)
            .unwrap()
        {
            Given::Capped => return None,
            Given::Decided(Decision::Read(want)) => bank.read(want, &mut prior),
            Given::Decided(Decision::Done(outcome)) => {
                bank.account = outcome.account;
                return Some((outcome.answer.points, outcome.replayed));
            }
        }
    }
}

#[test]
fn each_of_the_two_is_paid_once_with_what_is_promised_to_them() {
    let referral = due(BOTH, "b", NOW);
    for (side, points, account, reason) in [
        (Side::Referrer, 100, "a", "referral: brought b"),
        (Side::Referred, 30, "b", "referral: brought by a"),
    ] {
        let paying = Paying {
            referral: &referral,
            side,
        };
        assert_eq!(
            (paying.points(), paying.account().as_str()),
            (Some(points), account)
        );
        let mut bank = Bank::with(PLAIN);
        assert_eq!(pay(&mut bank, &referral, side, NOW), Some((points, false)));
        assert_eq!(pay(&mut bank, &referral, side, NOW), Some((points, true)));
        let journal = bank.journal();
        assert_eq!(journal.len(), 1);
        assert_eq!(
            (journal[0].reason.as_deref(), &journal[0].id),
            (Some(reason), &paying.transaction())
        );
        // What is taken back is what was given, and once.
        let back = bank.run(&paying.take_back(), at(NOW)).unwrap();
        assert_eq!(
            (back.answer.points, back.answer.balance.active),
            (points, 0)
        );
        assert!(bank.run(&paying.take_back(), at(NOW)).unwrap().replayed);
        bank.check_laws(at(NOW));
    }
    let two = [Side::Referrer, Side::Referred].map(|side| {
        Paying {
            referral: &referral,
            side,
        }
        .transaction()
    });
    assert_ne!(two[0], two[1]);
}

#[test]
fn what_was_spent_of_it_stays_with_who_spent_it() {
    let referral = due(BOTH, "b", NOW);
    let mut bank = Bank::with(PLAIN);
    pay(&mut bank, &referral, Side::Referrer, NOW);
    bank.spend("s", 70, NOW).unwrap();
    let paying = Paying {
        referral: &referral,
        side: Side::Referrer,
    };
    let back = bank.run(&paying.take_back(), at(NOW)).unwrap();
    assert_eq!((back.answer.points, bank.account.ledger.debt), (30, 0));
}

#[test]
fn a_referrer_is_paid_as_often_as_the_terms_allow_in_a_month_and_ever() {
    let terms = r#"{"referrer": {"points": 10}, "referred": {"points": 5}, "caps": {"per_month": 2, "per_referrer": 3}}"#;
    let mut bank = Bank::with(PLAIN);
    // The last moment of January in Shanghai is 15:59:59.999 UTC.
    let january = "2026-01-31T15:59:59.999Z";
    let february = "2026-01-31T16:00:00Z";
    let paid = |bank: &mut Bank, customer: &str, when: &str| {
        pay(bank, &due(terms, customer, when), Side::Referrer, when).is_some()
    };
    assert!(paid(&mut bank, "b", NOW) && paid(&mut bank, "c", january));
    // The second time it is no more referral than it was.
    assert!(paid(&mut bank, "c", january));
    assert!(!paid(&mut bank, "d", january));
    assert!(paid(&mut bank, "e", february));
    assert!(!paid(&mut bank, "f", "2026-03-10T00:00:00Z"));
    assert_eq!(bank.balance("2026-03-10T00:00:00Z")[0], 30);
    // Who was brought gets theirs all the same: caps are the referrer's.
    let mut other = Bank::with(PLAIN);
    let referral = due(terms, "d", january);
    assert_eq!(
        pay(&mut other, &referral, Side::Referred, january),
        Some((5, false))
    );
    // Counted on the day on which it qualified, whenever it is paid.
    let mut late = Bank::with(PLAIN);
    for customer in ["b", "c"] {
        pay(
            &mut late,
            &due(terms, customer, NOW),
            Side::Referrer,
            "2026-02-20T00:00:00Z",
        );
    }
    let third = due(terms, "d", january);
    assert_eq!(
        pay(&mut late, &third, Side::Referrer, "2026-02-20T00:00:00Z"),
        None
    );
    let fourth = due(terms, "e", "2026-02-19T00:00:00Z");
    assert!(pay(&mut late, &fourth, Side::Referrer, "2026-02-20T00:00:00Z").is_some());
}

#[test]
fn how_far_it_is_says_what_is_next_and_which_orders_matter() {
    let now = at(NOW);
    let mut referral = due(BOTH, "b", NOW);
    assert!(!referral.asks_for_orders(now));
    let paying = |referral: &Referral| {
        [Side::Referrer, Side::Referred].map(|side| Paying { referral, side }.payout())
    };
    assert_eq!(paying(&referral), [None, None]);
    assert!(referral.paid(Some(Payout::Capped), Some(Payout::Given(30))));
    assert_eq!(
        paying(&referral),
        [Some(Payout::Capped), Some(Payout::Given(30))]
    );
    // Within the holding time orders matter, to the very end of it.
    let (last, end) = (at("2026-01-24T03:59:59.999Z"), at("2026-01-24T04:00:00Z"));
    assert!(referral.asks_for_orders(now) && referral.asks_for_orders(last));
    assert!(!referral.asks_for_orders(end));
    assert!(referral.count(0, last));
    assert_eq!(
        (referral.next(last), referral.asks_for_orders(last)),
        (Next::TakeBack, false)
    );
    assert!(referral.revoked(last));
    assert_eq!(
        (referral.next(last), referral.revoked_at),
        (Next::Nothing, Some(last))
    );
    // A claim and who waits ask for them; a sign-up never.
    let id = |text: &str| CustomerId::parse(text).unwrap();
    let claim = |terms: &str| {
        let terms = serde_json::from_str(terms).unwrap();
        Referral::claim(id("b"), id("a"), id("a"), ReferralCode::new(7), terms, now)
    };
    let mut waiting = claim(BOTH);
    assert!(waiting.asks_for_orders(now));
    waiting.confirm(false, now);
    assert!(waiting.asks_for_orders(now) && waiting.is_sure());
    assert!(!waiting.count(0, now) && waiting.count(2, now));
    let mut sign_up = claim(r#"{"referrer": {"points": 1}, "holding": "14d"}"#);
    sign_up.confirm(false, now);
    assert!(!sign_up.count(5, now) && sign_up.paid(None, None));
    assert!(!sign_up.asks_for_orders(now) && !sign_up.count(0, now));
}

#[test]
fn a_code_is_stored_as_it_is_shown_and_kept_by_its_digits() {
    let code = ReferralCode::new(0x01_2345_6789);
    assert_eq!(code.as_str(), "04HMASW9");
    let stored = serde_json::to_value(&code).unwrap();
    assert_eq!(stored, "04HM-ASW9");
    assert_eq!(
        serde_json::from_value::<ReferralCode>(stored).unwrap(),
        code
    );
    // 64 bytes are read, with whatever blanks and hyphens; not one more.
    let typed = |blanks: usize| format!("{}04HM-ASW9", " ".repeat(blanks));
    assert_eq!(ReferralCode::parse(&typed(64 - 9)), Ok(code));
    assert!(ReferralCode::parse(&typed(65 - 9)).is_err());
}
