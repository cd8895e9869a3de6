//! The movements of a referral in the two accounts.
//!
//! Each is an earn with an id made of the other customer: once for ever. The caps of a referrer are counted in the same commit, with
//! what earning rules have given, as so many points of the rule `COUNTED`, which no rule can be called.

use rapport_types::{CustomerId, Timestamp, Zone};

use super::life::{Payout, Referral};
use super::terms::ReferralCaps;
use crate::account::Account;
use crate::claim::Policy;
use crate::command::{Command, Earn, Ids, Rejection, Reverse};
use crate::decide::{Decision, decide};
use crate::earning::Caps;
use crate::entry::TransactionId;
use crate::pages::Prior;
use crate::program::Program;

/// Where the referrals that were paid to a referrer are counted.
pub(crate) const COUNTED: &str = ":referrals";

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Who brought the other.
    Referrer,
    /// Who was brought.
    Referred,
}

/// What is to be done in an account for a referral.
#[derive(Debug, Clone, Copy)]
pub struct Paying<'a> {
    /// The referral.
    pub referral: &'a Referral,
    /// Whose account it is.
    pub side: Side,
}

impl Paying<'_> {
    /// Whose account it is.
    pub fn account(&self) -> &CustomerId {
        match self.side {
            Side::Referrer => &self.referral.by,
            Side::Referred => &self.referral.customer,
        }
    }

    /// How many points are promised.
    pub fn points(&self) -> Option<i64> {
        let terms = &self.referral.terms;
        let share = match self.side {
            Side::Referrer => terms.referrer,
            Side::Referred => terms.referred,
        };
        share.map(|share| share.points)
    }

    /// What became of them.
    pub fn payout(&self) -> Option<Payout> {
        match self.side {
            Side::Referrer => self.referral.referrer,
            Side::Referred => self.referral.referred,
        }
    }

    /// What tells the movement from every other of the account.
    fn id(&self) -> String {
        match self.side {
            Side::Referrer => format!("referral:{}", self.referral.customer),
            Side::Referred => format!("referred:{}", self.referral.by),
        }
    }

    /// The transaction that gives the points.
    pub fn transaction(&self) -> TransactionId {
        TransactionId::of_event(&self.id())
    }

    fn caps(&self) -> Option<ReferralCaps> {
        self.referral
            .terms
            .caps
            .filter(|_| self.side == Side::Referrer)
    }

    /// Gives the points, once. The answer says whether it was to be [`Payout::Capped`]: then nothing is committed.
    ///
    /// Takes part in the same dance as [`decide`](crate::decide()).
    pub fn give(
        &self,
        account: &Account,
        program: Option<&Program>,
        prior: &Prior,
        now: Timestamp,
        zone: &Zone,
    ) -> Result<Given, Rejection> {
        let at = self.referral.qualified_at.unwrap_or(now).min(now);
        let earn = Command::Earn(Earn {
            ids: Ids::of_event(&self.id()),
            points: self.points(),
            money: None,
            at: Some(at),
            reason: Some(self.reason()),
        });
        let mut decision = decide(account, program, &earn, prior, now, zone)?;
        let (Decision::Done(outcome), Some(caps)) = (&mut decision, self.caps()) else {
            return Ok(Given::Decided(decision));
        };
        if !outcome.changed() {
            return Ok(Given::Decided(decision));
        }
        let caps = counted(caps);
        let day = zone.day_of(at);
        let left = account.granted.left(COUNTED, &caps, day);
        if left.is_some_and(|(left, _)| left < 1) {
            return Ok(Given::Capped);
        }
        outcome.account.granted.add(COUNTED, &caps, day, 1);
        Ok(Given::Decided(decision))
    }

    /// Takes the points back that were given, as far as they have not been spent.
    pub fn take_back(&self) -> Command {
        Command::Reverse(Reverse {
            ids: Ids::of_event(&format!("{}:back", self.id())),
            of: self.transaction(),
            points: None,
            policy: Some(Policy::WithinBalance),
            reason: Some(self.reason()),
        })
    }

    fn reason(&self) -> String {
        match self.side {
            Side::Referrer => format!("referral: brought {}", self.referral.customer),
            Side::Referred => format!("referral: brought by {}", self.referral.by),
        }
    }
}

/// What came of giving points.
#[derive(Debug, Clone, PartialEq)]
pub enum Given {
    /// As any decision.
    Decided(Decision),
    /// The referrer had as many as the terms allow.
    Capped,
}

/// The caps as if each referral were a point. Months are only known where days are counted.
fn counted(caps: ReferralCaps) -> Caps {
    Caps {
        per_month: caps.per_month.map(i64::from),
        per_customer: caps.per_referrer.map(i64::from),
        ..Caps::default()
    }
}
