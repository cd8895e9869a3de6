//! People put a customer on the list of a segment, and take them off.

use std::convert::Infallible;

use rapport_store::{Change, Committed, Once, Request, Store, UpdateError, boxed};
use rapport_types::CustomerId;

use super::known::{Known, Stop, unless_older};
use super::{CustomerRecord, key};
use crate::effects::CustomerCarrier;
use crate::freshness::{self, Listed};

/// How a list is changed.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The client's idempotency key, if it sent one.
    pub once: Option<&'a Once>,
    /// Answer in full, commit nothing.
    pub dry_run: bool,
}

/// Puts the customer `id` on the list of a manual segment or a snapshot, or takes them off; whether that changed anything.
/// `None` where there is no such customer.
#[boxed]
pub async fn list<'a>(
    store: &'a Store,
    id: &'a CustomerId,
    listed: Listed<'a>,
    asked: Asked<'a>,
    carrier: &'a CustomerCarrier<'a>,
) -> Result<Committed<Option<bool>>, UpdateError<Infallible>> {
    let request = || Request {
        now: carrier.now,
        once: asked.once,
        dry_run: asked.dry_run,
        carrier,
    };
    let (now, zone) = (carrier.now, carrier.zone);
    let mut known = Known::read(store, id, zone).await?;
    loop {
        let decided = store
            .update::<_, Option<bool>, Stop<Infallible>>(&key(id), request(), |current| {
                let Some(last) = current.value else {
                    return Ok(Change::Keep(None));
                };
                known.check(Some(&last))?;
                let moment = known.at(now, zone, current.next_rev);
                let (value, effects) =
                    freshness::next(Some(&last), last.customer.clone(), Some(listed), moment);
                let held = |record: &CustomerRecord| {
                    let held = record.memberships.get(listed.segment);
                    held.is_some_and(|held| held.version == listed.version)
                };
                // Nor is anybody on the list of a segment that is gone.
                Ok(if held(&value) == held(&last) {
                    Change::Keep(Some(false))
                } else {
                    Change::Commit {
                        value,
                        effects,
                        answer: Some(true),
                    }
                })
            })
            .await;
        match unless_older(decided) {
            Some(decided) => {
                if decided.is_ok() && !asked.dry_run {
                    known.end(store, id, now, zone).await;
                }
                return decided;
            }
            None => known.renew(store, id, zone).await?,
        }
    }
}
