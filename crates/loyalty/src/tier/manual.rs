//! Tiers that people gave: to guests of honour, to those who come from another programme.
//!
//! A given tier never lowers: who has earned a higher one holds that.

use rapport_types::time::millis;
use rapport_types::{Slug, Timestamp};
use serde::{Deserialize, Serialize};

use crate::account::{Account, Ledger};
use crate::command::MAX_REASON_BYTES;
use crate::program::Program;

/// How many given tiers of before are kept.
const MOST_PAST: usize = 20;

/// A tier that people gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manual {
    /// The tier.
    pub tier: Slug,
    /// Since when.
    #[serde(with = "millis")]
    pub at: Timestamp,
    /// The first moment at which it no longer holds; `None`: until it is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Why, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Why a tier is not given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No such tier.
    #[error("there is no tier {0}")]
    UnknownTier(Slug),
    /// It would end before it began.
    #[error("the tier would be over already")]
    Over,
    /// The reason is too long.
    #[error("a reason has at most {MAX_REASON_BYTES} bytes")]
    LongReason,
}

/// The tier that was given and holds at `moment`, with its place in the programme.
pub(crate) fn given<'a>(
    ledger: &'a Ledger,
    program: &Program,
    moment: Timestamp,
) -> Option<(usize, &'a Manual)> {
    let manual = ledger.manual.as_ref()?;
    let over = manual.until.is_some_and(|until| until <= moment);
    // A tier that the programme no longer has is none.
    let level = program
        .tiers
        .iter()
        .position(|tier| tier.id == manual.tier)?;
    (manual.at <= moment && !over).then_some((level, manual))
}

/// Gives `tier` at `now`, until `until`. The same again changes nothing but what is new of it: since when stays.
pub fn give(
    account: &Account,
    program: &Program,
    tier: &Slug,
    until: Option<Timestamp>,
    reason: Option<&str>,
    now: Timestamp,
) -> Result<Account, Refused> {
    if !program.tiers.iter().any(|known| known.id == *tier) {
        return Err(Refused::UnknownTier(tier.clone()));
    }
    if until.is_some_and(|until| until <= now) {
        return Err(Refused::Over);
    }
    if reason.is_some_and(|reason| reason.len() > MAX_REASON_BYTES) {
        return Err(Refused::LongReason);
    }
    let mut next = account.clone();
    let at = match &account.ledger.manual {
        Some(last) if last.tier == *tier && last.until.is_none_or(|until| until > now) => last.at,
        _ => {
            retire(&mut next, now);
            now
        }
    };
    next.ledger.manual = Some(Manual {
        tier: tier.clone(),
        at,
        until,
        reason: reason.map(str::to_owned),
    });
    Ok(next)
}

/// Takes the given tier at `now`; what is earned holds again.
pub fn take(account: &Account, now: Timestamp) -> Account {
    let mut next = account.clone();
    retire(&mut next, now);
    next
}

fn retire(account: &mut Account, now: Timestamp) {
    let Some(mut last) = account.ledger.manual.take() else {
        return;
    };
    last.until = Some(last.until.map_or(now, |until| until.min(now)));
    account.given_before.push(last);
    let surplus = account.given_before.len().saturating_sub(MOST_PAST);
    account.given_before.drain(..surplus);
}
