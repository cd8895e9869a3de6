//! A referral, from the claim to the points, or back.
//!
//! ```text
//! claimed ──► waiting ──► due ──► paid ──► revoking ──► revoked
//!    │            (sign-up: at once)          (the order was taken back within the holding time)
//!    └──► withdrawn (a circle)
//! ```
//!
//! A claim is first written down, then looked at for a circle, then confirmed: of those who would close one together, whoever wrote
//! last sees all the others.

use rapport_types::{CustomerId, Timestamp};
use serde::{Deserialize, Serialize};

use super::code::ReferralCode;
use super::terms::{On, Terms};

/// That a customer was brought by another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Referral {
    /// Who was brought.
    pub customer: CustomerId,
    /// Who brought them.
    pub by: CustomerId,
    /// Somebody above them both: who brought `by`, or who brought those, as far up as it was known and sure at the claim; else `by`.
    /// Who looks for a circle goes up by these.
    pub above: CustomerId,
    /// The code that was claimed.
    pub code: ReferralCode,
    /// The terms at the claim.
    pub terms: Terms,
    /// When it was claimed.
    pub claimed_at: Timestamp,
    /// How far it is.
    pub stage: Stage,
    /// When everything was there that it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qualified_at: Option<Timestamp>,
    /// What became of the referrer's points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referrer: Option<Payout>,
    /// What became of the referred customer's points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referred: Option<Payout>,
    /// When the points were taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
}

/// How far a referral is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Written down, and not looked at for a circle yet. Not acknowledged.
    Claimed,
    /// It would have closed a circle, and is none.
    Withdrawn,
    /// It waits for an order.
    Waiting,
    /// To be paid.
    Due,
    /// Paid.
    Paid,
    /// The order was taken back in time; so are the points.
    Revoking,
    /// The points are taken back.
    Revoked,
}

/// What became of one customer's points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payout {
    /// So many were given.
    Given(i64),
    /// The referrer had as many referrals paid as the terms allow.
    Capped,
    /// No account could hold more.
    Refused,
}

/// What is to be done with a referral.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// See whether it closes a circle, and confirm it or withdraw it.
    Confirm,
    /// See how many orders there are.
    Count,
    /// Give the points.
    Pay,
    /// Take them back.
    TakeBack,
    /// Nothing, by now for good.
    Nothing,
}

impl Referral {
    /// One that was just claimed.
    pub fn claim(
        customer: CustomerId,
        by: CustomerId,
        above: CustomerId,
        code: ReferralCode,
        terms: Terms,
        now: Timestamp,
    ) -> Self {
        Self {
            customer,
            by,
            above,
            code,
            terms,
            claimed_at: now,
            stage: Stage::Claimed,
            qualified_at: None,
            referrer: None,
            referred: None,
            revoked_at: None,
        }
    }

    /// Whether somebody was brought by somebody: also where the points were taken back.
    pub fn stands(&self) -> bool {
        self.stage != Stage::Withdrawn
    }

    /// Whether that will never be withdrawn.
    pub fn is_sure(&self) -> bool {
        !matches!(self.stage, Stage::Claimed | Stage::Withdrawn)
    }

    /// What is to be done at `now`.
    pub fn next(&self, now: Timestamp) -> Next {
        match self.stage {
            Stage::Claimed => Next::Confirm,
            Stage::Waiting => Next::Count,
            Stage::Paid if self.is_held(now) => Next::Count,
            Stage::Due => Next::Pay,
            Stage::Revoking => Next::TakeBack,
            Stage::Paid | Stage::Withdrawn | Stage::Revoked => Next::Nothing,
        }
    }

    /// Whether an order more or less may matter to it.
    pub fn asks_for_orders(&self, now: Timestamp) -> bool {
        matches!(self.next(now), Next::Confirm | Next::Count)
    }

    /// The first moment at which the points stay, whatever becomes of the order.
    pub fn held_until(&self) -> Option<Timestamp> {
        let (since, holding) = self.qualified_at.zip(self.terms.holding)?;
        Some(since.plus(holding))
    }

    /// Whether taking the order back takes the points back.
    fn is_held(&self, now: Timestamp) -> bool {
        matches!(self.terms.on, On::Order(_)) && self.held_until().is_some_and(|until| now < until)
    }

    /// It was looked at: it closes a circle, or not. Says whether that was asked.
    pub fn confirm(&mut self, circle: bool, now: Timestamp) -> bool {
        if self.stage != Stage::Claimed {
            return false;
        }
        self.stage = match (circle, self.terms.on) {
            (true, _) => Stage::Withdrawn,
            (false, On::Order(_)) => Stage::Waiting,
            (false, On::SignUp) => {
                self.qualified_at = Some(now);
                Stage::Due
            }
        };
        true
    }

    /// The referred customer has so many orders. Says whether that changed anything.
    pub fn count(&mut self, orders: i64, now: Timestamp) -> bool {
        let On::Order(number) = self.terms.on else {
            return false;
        };
        let enough = orders >= i64::from(number);
        match (self.stage, enough) {
            (Stage::Waiting, true) => {
                self.qualified_at = Some(now);
                self.stage = Stage::Due;
            }
            (Stage::Paid, false) if self.is_held(now) => self.stage = Stage::Revoking,
            _ => return false,
        }
        true
    }

    /// The points were given, or not. Says whether that was asked.
    pub fn paid(&mut self, referrer: Option<Payout>, referred: Option<Payout>) -> bool {
        if self.stage != Stage::Due {
            return false;
        }
        self.stage = Stage::Paid;
        self.referrer = referrer;
        self.referred = referred;
        true
    }

    /// The points were taken back. Says whether that was asked.
    pub fn revoked(&mut self, now: Timestamp) -> bool {
        if self.stage != Stage::Revoking {
            return false;
        }
        self.stage = Stage::Revoked;
        self.revoked_at = Some(now);
        true
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn claimed(terms: &str) -> Referral {
        let id = |text: &str| CustomerId::parse(text).unwrap();
        let terms = serde_json::from_str(terms).unwrap();
        let code = ReferralCode::new(7);
        let now = at("2026-11-21T04:00:00Z");
        Referral::claim(id("b"), id("a"), id("a"), code, terms, now)
    }

    const SECOND_ORDER: &str =
        r#"{"referrer": {"points": 100}, "on": {"order": 2}, "holding": "14d"}"#;

    #[test]
    fn a_sign_up_is_due_at_once_and_a_circle_never() {
        let now = at("2026-11-21T04:00:00Z");
        let sign_up = r#"{"referrer": {"points": 100}}"#;
        let mut referral = claimed(sign_up);
        assert_eq!(referral.next(now), Next::Confirm);
        assert!(!referral.is_sure() && referral.stands());
        assert!(referral.confirm(false, now));
        assert_eq!((referral.next(now), referral.is_sure()), (Next::Pay, true));
        // Who looked before, and comes late, withdraws nothing.
        assert!(!referral.confirm(true, now));
        assert!(referral.paid(Some(Payout::Given(100)), None));
        assert!(!referral.paid(Some(Payout::Capped), None));
        assert_eq!(referral.next(now), Next::Nothing);
        let mut circle = claimed(sign_up);
        assert!(circle.confirm(true, now) && !circle.stands());
        assert_eq!(circle.next(now), Next::Nothing);
        assert!(!circle.confirm(false, now));
    }

    #[test]
    fn the_order_that_is_taken_back_within_the_holding_time_takes_the_points_back() {
        let mut referral = claimed(SECOND_ORDER);
        let ordered = at("2026-11-30T04:00:00Z");
        assert!(referral.confirm(false, ordered));
        assert!(!referral.count(1, ordered));
        assert_eq!(referral.next(ordered), Next::Count);
        assert!(referral.count(2, ordered));
        assert!(referral.paid(Some(Payout::Given(100)), None));
        // 14 days of 24 hours from 30 November 04:00 end on 14 December 04:00.
        let end = at("2026-12-14T04:00:00Z");
        assert_eq!(referral.held_until(), Some(end));
        let last = at("2026-12-14T03:59:59Z");
        assert!(!referral.count(2, last), "it is all there");
        let mut late = referral.clone();
        assert!(!late.count(1, end));
        assert_eq!(late.next(end), Next::Nothing);
        assert!(referral.count(1, last));
        assert_eq!(referral.next(last), Next::TakeBack);
        assert!(referral.revoked(last) && !referral.revoked(last));
        // What comes later does not pay it again.
        assert!(!referral.count(2, last));
        assert!(referral.stands() && referral.is_sure());
    }
}
