//! A customer's memberships and missions are looked at again, with no new data: time, other documents or definitions have moved.

use std::convert::Infallible;
use std::sync::Arc;

use rapport_store::{Change, Request, Store, StoreError, UpdateError, boxed};
use rapport_types::{CustomerId, Timestamp, Zone};

use super::known::{Known, Stop, unless_older};
use super::{key, read};
use crate::beside::Beside;
use crate::effects::CustomerCarrier;
use crate::segments::{self, Compiled};
use crate::{freshness, missions};

/// Looks at the memberships of the customer `id` afresh, and commits what differs from what their document has told; true where
/// something did. Their data stay as they are.
#[boxed]
pub async fn reconsider<'a>(
    store: &'a Store,
    id: &'a CustomerId,
    definitions: &'a Arc<Compiled>,
    carrier: &'a CustomerCarrier<'a>,
) -> Result<bool, StoreError> {
    let (now, zone) = (carrier.now, carrier.zone);
    let mut known = Known::by(Arc::clone(definitions), store, id, zone).await?;
    let missions = missions::ready(store).await?;
    let mut told = false;
    loop {
        let request = Request::plain(now, carrier);
        let decided = store
            .update::<_, bool, Stop<Infallible>>(&key(id), request, |current| {
                let Some(last) = current.value else {
                    return Ok(Change::Keep(false));
                };
                known.check(Some(&last))?;
                if carrier.has_moved() {
                    return Err(Stop::Older);
                }
                let moment = known.at(now, zone, current.next_rev);
                let mut customer = last.customer.clone();
                let renamed = known.definitions.rename_tags(&mut customer);
                let (mut value, mut effects) = freshness::next(Some(&last), customer, None, moment);
                effects.extend(known.missions_done(&missions, &mut value, now, zone));
                Ok(if effects.is_empty() && !renamed {
                    Change::Keep(false)
                } else {
                    Change::Commit {
                        value,
                        effects,
                        answer: true,
                    }
                })
            })
            .await;
        match unless_older(decided) {
            None => known.renew(store, id, zone).await?,
            Some(Ok(committed)) if committed.answer => {
                told = true;
                let needs = known.definitions.needs;
                if !needs.any() {
                    return Ok(true);
                }
                // As after any commit: another document may have moved meanwhile.
                let beside = Beside::load(store, id, needs, zone).await?;
                if !known.has_moved(&beside) {
                    return Ok(true);
                }
                known.beside = beside;
            }
            Some(Ok(_)) => return Ok(told),
            Some(Err(UpdateError::Store(error))) => return Err(error),
            Some(Err(UpdateError::Rejected(never))) => match never {},
            // No idempotency key comes with it.
            Some(Err(UpdateError::KeyReused | UpdateError::AnswerGone)) => return Ok(told),
        }
    }
}

/// The same by the definitions there are now: what a commit of another document causes that flips a membership. Missions that are
/// done and were not found done before are paid, too.
#[boxed]
pub async fn look_again(
    store: &Store,
    id: &CustomerId,
    now: Timestamp,
    zone: &Zone,
) -> Result<(), StoreError> {
    let definitions = segments::compiled(store).await?;
    let carrier = CustomerCarrier::new(now, zone);
    reconsider(store, id, &definitions, &carrier)
        .await
        .map(drop)
}

/// Does what a customer's timer is for: flips what time has flipped, and sets the next timer. One that was set for a change that
/// an earlier timer has dealt with is void, and costs a read.
#[boxed]
pub async fn fall_due(
    store: &Store,
    id: &CustomerId,
    now: Timestamp,
    zone: &Zone,
) -> Result<(), StoreError> {
    let found = read(store, id).await?;
    let timer = found.and_then(|found| found.value.timer);
    if timer.is_none_or(|timer| timer > now) {
        return Ok(());
    }
    look_again(store, id, now, zone).await
}
