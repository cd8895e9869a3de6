//! What is asked of an account when a reward is redeemed.
//!
//! [`Redeem`] holds the points, [`Fulfil`] captures them once a number of the stock is claimed, and writes down which and under which
//! code; [`Refuse`] gives them back where none is left. [`Cancel`] takes a fulfilled one back. The ids of all but the first are derived from the
//! first's, so each is done once, whoever does it. Nobody else captures or voids such a hold, or reverses such a capture.

use rapport_types::time::millis;
use rapport_types::{Slug, Timestamp, hash};
use serde::{Deserialize, Serialize};

use super::Reward;
use super::eligible::{Asker, Denied};
use crate::account::Account;
use crate::adjust::thawed;
use crate::command::{Authorize, Capture, Ids, Rejection, Reverse, Void};
use crate::decide::{Acted, Context, Stop};
use crate::entry::{Answer, TransactionId};
use crate::hold;
use crate::pages::{Prior, Want};
use crate::reverse;
use crate::tier;

/// How long a request that redeems may take, and be made again, before a tick takes it up: a minute, in milliseconds.
const PATIENCE: i64 = 60_000;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Hold the points of a reward.
    Redeem(Redeem),
    /// Spend them.
    Fulfil(Fulfil),
    /// Give them back.
    Refuse(Refuse),
    /// Take a redemption back.
    Cancel(Cancel),
}

/// Hold the points of a reward.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redeem {
    /// The request's names.
    pub ids: Ids,
    /// The reward's id.
    pub reward: Slug,
    /// What it is; `None`: there is no such reward any more.
    pub terms: Option<Reward>,
    /// Whether the customer passes its rule.
    pub in_audience: bool,
    /// How many are left; `None`: any number.
    pub left: Option<u64>,
    /// How many codes are left in its pool; `None`: it has none.
    pub codes_left: Option<u64>,
}

/// Spend what a redemption holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fulfil {
    ids: Ids,
    of: TransactionId,
    issue: Issue,
    reason: String,
}

/// Give back what a redemption holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refuse {
    ids: Ids,
    of: TransactionId,
}

/// Take a redemption back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancel {
    ids: Ids,
    of: TransactionId,
}

/// What was redeemed, as the account has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// The reward.
    pub reward: Slug,
    /// What it was called.
    pub name: String,
    /// The voucher's code.
    pub code: String,
    /// The number that was claimed of the stock.
    pub serial: u64,
    /// How often the voucher can be used.
    pub uses: u32,
    /// The first moment at which it no longer can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Whether the code is from a pool.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub imported: bool,
}

impl Issue {
    /// At least as many bytes as it takes in JSON.
    pub(crate) fn weight(&self) -> usize {
        let name = self.name.len().saturating_mul(6);
        // Of an imported code every character may take two.
        let code = self.code.len().saturating_mul(2);
        name.saturating_add(code).saturating_add(280)
    }
}

/// That a hold is of a redemption.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// The reward.
    pub reward: Slug,
    /// When a tick goes on with it, if nobody has.
    #[serde(with = "millis")]
    pub look_at: Timestamp,
}

impl Pending {
    fn redeemed_at(&self) -> Timestamp {
        Timestamp::from_millis(self.look_at.millis().saturating_sub(PATIENCE))
    }
}

/// What became of a redemption.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// Its points are held.
    Open,
    /// It was fulfilled.
    Issued(Box<Issued>),
    /// It was refused, or never made.
    Refused,
}

/// A redemption that was fulfilled.
#[derive(Debug, Clone, PartialEq)]
pub struct Issued {
    /// By which transaction.
    pub transaction: TransactionId,
    /// With what.
    pub issue: Issue,
    /// When.
    pub at: Timestamp,
    /// How it was answered.
    pub answer: Answer,
}

fn derived(kind: char, of: &TransactionId) -> Ids {
    Ids {
        transaction: TransactionId::following(kind, of),
        alias: None,
        order: None,
    }
}

impl Fulfil {
    /// Fulfils the redemption `of`; `reason` is for people.
    pub fn new(of: &TransactionId, issue: Issue) -> Self {
        Self {
            ids: derived('v', of),
            of: of.clone(),
            reason: issue.name.clone(),
            issue,
        }
    }

    /// The transaction that it makes.
    pub fn transaction(&self) -> &TransactionId {
        &self.ids.transaction
    }
}

impl Refuse {
    /// Refuses the redemption `of`.
    pub fn new(of: &TransactionId) -> Self {
        Self {
            ids: derived('w', of),
            of: of.clone(),
        }
    }
}

impl Cancel {
    /// Takes back what transaction `of` fulfilled.
    pub fn new(of: &TransactionId) -> Self {
        Self {
            ids: derived('u', of),
            of: of.clone(),
        }
    }
}

impl Step {
    pub(crate) fn ids(&self) -> &Ids {
        match self {
            Self::Redeem(redeem) => &redeem.ids,
            Self::Fulfil(fulfil) => &fulfil.ids,
            Self::Refuse(refuse) => &refuse.ids,
            Self::Cancel(cancel) => &cancel.ids,
        }
    }

    pub(crate) fn reason(&self) -> Option<&String> {
        match self {
            Self::Redeem(redeem) => redeem.terms.as_ref().map(|terms| &terms.name),
            Self::Fulfil(fulfil) => Some(&fulfil.reason),
            Self::Refuse(_) | Self::Cancel(_) => None,
        }
    }

    /// What the reward is like, and what it is fulfilled with, may have changed when it is asked again.
    pub(crate) fn fingerprint(&self) -> u64 {
        match self {
            Self::Redeem(redeem) => hash::u64_of_parts(&["redeem", redeem.reward.as_str()]),
            Self::Fulfil(fulfil) => hash::u64_of_parts(&["fulfil", fulfil.of.as_str()]),
            Self::Refuse(refuse) => hash::u64_of_parts(&["refuse", refuse.of.as_str()]),
            Self::Cancel(cancel) => hash::u64_of_parts(&["cancel", cancel.of.as_str()]),
        }
    }
}

/// What became of the redemption `of`; or what has to be read to tell.
pub fn found(
    account: &Account,
    prior: &Prior,
    of: &TransactionId,
) -> Result<Result<Found, Want>, Rejection> {
    if account.hold(of).is_some() {
        return Ok(Ok(Found::Open));
    }
    match prior.transaction(account, &TransactionId::following('v', of)) {
        Ok(Some(entry)) => Ok(Ok(match (&entry.voucher, &entry.answer) {
            (Some(issue), Some(answer)) => Found::Issued(Box::new(Issued {
                transaction: entry.id.clone(),
                issue: issue.clone(),
                at: entry.at,
                answer: answer.clone(),
            })),
            _ => Found::Refused,
        })),
        Ok(None) => Ok(Ok(Found::Refused)),
        Err(Stop::Read(want)) => Ok(Err(want)),
        Err(Stop::Rejected(rejection)) => Err(rejection),
    }
}

pub(crate) fn step(
    account: &mut Account,
    step: &Step,
    context: Context<'_>,
) -> Result<Acted, Stop> {
    match step {
        Step::Redeem(asked) => redeem(account, asked, context),
        Step::Fulfil(asked) => fulfil(account, asked, context),
        Step::Refuse(asked) => refuse(account, asked, context),
        Step::Cancel(asked) => cancel(account, asked, context),
    }
}

fn redeem(account: &mut Account, asked: &Redeem, context: Context<'_>) -> Result<Acted, Stop> {
    let Context {
        program, now, zone, ..
    } = context;
    let unknown = || Rejection::UnknownReward {
        reward: asked.reward.clone(),
    };
    let terms = asked.terms.as_ref().ok_or_else(unknown)?;
    thawed(account)?;
    let standing = tier::standing(&account.ledger, program, now, zone);
    let asker = Asker {
        ledger: &account.ledger,
        tier: standing.tier.as_ref(),
        in_audience: asked.in_audience,
        left: asked.left,
        codes_left: asked.codes_left,
        now,
        zone,
    };
    let mut denied = terms.denied(&asked.reward, asker).into_iter();
    // Too few points are told as everywhere, by the hold.
    if let Some(denied) = denied.find(|denied| !matches!(denied, Denied::Points { .. })) {
        return Err(Rejection::NotEligible(denied).into());
    }
    let authorize = Authorize {
        ids: asked.ids.clone(),
        points: terms.points,
        expires_in: None,
        reason: None,
    };
    let acted = hold::authorize(account, &authorize, context)?;
    if let Some(hold) = account.ledger.holds.last_mut() {
        // It ends when it is fulfilled or refused, and not before.
        hold.until = Timestamp::MAX;
        hold.reward = Some(Pending {
            reward: asked.reward.clone(),
            look_at: Timestamp::from_millis(now.millis().saturating_add(PATIENCE)),
        });
    }
    let today = zone.day_of(now);
    let ledger = &mut account.ledger;
    ledger.count_one(&asked.reward, terms.per_period, today);
    Ok(acted)
}

/// A hold that a checkout made is closed by it.
fn redeemed(account: &Account, of: &TransactionId) -> Result<(), Rejection> {
    match account.hold(of) {
        Some(hold) if hold.reward.is_none() => Err(Rejection::NoHold),
        _ => Ok(()),
    }
}

fn fulfil(account: &mut Account, asked: &Fulfil, context: Context<'_>) -> Result<Acted, Stop> {
    redeemed(account, &asked.of)?;
    let capture = Capture {
        ids: asked.ids.clone(),
        of: asked.of.clone(),
        points: None,
        reason: None,
    };
    let acted = hold::capture_any(account, &capture, context)?;
    if let Acted::Wrote { first, .. } = &acted
        && let Some(entry) = account.journal.get_mut(*first)
    {
        entry.voucher = Some(asked.issue.clone());
    }
    Ok(acted)
}

fn refuse(account: &mut Account, asked: &Refuse, context: Context<'_>) -> Result<Acted, Stop> {
    redeemed(account, &asked.of)?;
    let pending = account.hold(&asked.of).and_then(|hold| hold.reward.clone());
    let void = Void {
        ids: asked.ids.clone(),
        of: asked.of.clone(),
        reason: None,
    };
    let acted = hold::void_any(account, &void, context)?;
    if let (Acted::Wrote { .. }, Some(pending)) = (&acted, pending) {
        let day = context.zone.day_of(pending.redeemed_at());
        account.ledger.count_back(&pending.reward, day);
    }
    Ok(acted)
}

fn cancel(account: &mut Account, asked: &Cancel, context: Context<'_>) -> Result<Acted, Stop> {
    let unknown = || Rejection::UnknownTransaction {
        transaction: asked.of.clone(),
    };
    let original = context.prior.transaction(account, &asked.of)?;
    let original = original.ok_or_else(unknown)?;
    let issue = original.voucher.clone().ok_or_else(unknown)?;
    let day = context.zone.day_of(original.at);
    let all = Reverse {
        ids: asked.ids.clone(),
        of: asked.of.clone(),
        points: None,
        policy: None,
        reason: None,
    };
    let acted = reverse::reverse_any(account, &all, context)?;
    if let Acted::Wrote { .. } = &acted {
        account.ledger.count_back(&issue.reward, day);
    }
    Ok(acted)
}
