//! What people change about an account that is no movement of points, such as the tier that they give.

use rapport_loyalty::{Account, Prior, Program, news};
use rapport_rules::Document;
use rapport_store::{Change, Committed, Once, Request, Store, UpdateError};
use rapport_types::{CustomerId, Timestamp, Zone};
use serde::{Serialize, de::DeserializeOwned};

use super::stays::sight;
use super::{AccountCarrier, Effect, key, program};
use crate::watch::Watch;

/// How it is asked for.
#[derive(Clone, Copy)]
pub struct ByHand<'a> {
    /// When.
    pub now: Timestamp,
    /// The shop's zone.
    pub zone: &'a Zone,
    /// The client's idempotency key, if it sent one.
    pub once: Option<&'a Once>,
    /// Answer in full, commit nothing.
    pub dry_run: bool,
}

/// Changes the account of `customer`. `change` gets the account (the default one where there is none), its revision and the next one, and
/// answers the account as it shall be, which may be the same, and what to answer. Where that flips a membership, the customer is looked
/// at again.
pub async fn by_hand<A, R>(
    store: &Store,
    customer: &CustomerId,
    asked: ByHand<'_>,
    change: impl Fn(&Account, u64, u64) -> Result<(Account, A), R> + Send + Sync,
) -> Result<Committed<A>, UpdateError<R>>
where
    A: Serialize + DeserializeOwned + Send,
    R: Send,
{
    let ByHand {
        now,
        zone,
        once,
        dry_run,
    } = asked;
    let watch = match dry_run {
        true => None,
        false => Watch::begin(store, customer, Document::Account, now, zone).await?,
    };
    let program = program(store).await?;
    let terms = program.as_ref().as_ref().map(|found| &found.value);
    let mut prior = Prior::default();
    if terms.is_some_and(Program::asks_for_segments) {
        prior.sight(sight(store, customer, terms, now, zone).await?);
    }
    let carrier = AccountCarrier::new(now, zone);
    let request = Request {
        now,
        once,
        dry_run,
        carrier: &carrier,
    };
    let mut flips = false;
    let committed = store
        .update(&key(customer), request, |current| {
            // A document that was created to say nothing yet is none to clients.
            let rev = match current.value {
                Some(_) => current.rev,
                None => 0,
            };
            let account = current.value.unwrap_or_default();
            let seen = prior.seen(&account);
            let (mut value, answer) = change(&seen, rev, current.next_rev)?;
            if value == seen {
                return Ok(Change::Keep(answer));
            }
            value.changed_at = Some(now).max(account.changed_at);
            news::tier_changed(&account, &mut value, terms, true, now, zone);
            let announce = (value.news.count != account.news.count).then(|| Effect::Announce {
                of: customer.clone(),
            });
            let timer = value.set_timer(terms, now, zone);
            let timer = timer.map(|at| Effect::Timer {
                of: customer.clone(),
                at,
            });
            let watch = watch.as_ref();
            flips = watch.is_some_and(|watch| watch.flips_by(&value, current.next_rev));
            let reconsider = flips.then(|| Effect::Reconsider {
                of: customer.clone(),
            });
            Ok(Change::Commit {
                value,
                effects: timer
                    .into_iter()
                    .chain(reconsider)
                    .chain(announce)
                    .collect(),
                answer,
            })
        })
        .await?;
    if let Some(watch) = watch.filter(|_| !flips) {
        watch.end(store).await;
    }
    Ok(committed)
}
