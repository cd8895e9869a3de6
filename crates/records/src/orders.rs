//! What was tracked earns points: an effect of a customer's commit on their account.

use rapport_loyalty::earning::Trigger;
use rapport_loyalty::{Happened, Order, Rejection, Tracked, earn_tracked};
use rapport_store::{Store, StoreError, UpdateError};
use rapport_types::{CustomerId, Slug, Timestamp, Zone};

use crate::accounts::{self, Way, Why};
use crate::beside::Beside;
use crate::compiled::compiled;
use crate::customers::CustomerRecord;
use crate::earning::{self, Terms, Told, Who};
use crate::effects::Effect;
use crate::{referrals, sabotage};

/// The most of what was tracked that earns in one commit of an account. An entry leaves the document only when newer ones push it
/// out, and must have been committed before: so one commit may never write as many entries as stay.
const AT_ONCE: usize = 16;

/// What an effect lets earn, on which occasion; `None` of one that is about something else, or an order without money.
pub(crate) fn tracked(effect: &Effect) -> Option<(Tracked, Trigger, Told)> {
    match effect {
        Effect::OrderCompleted {
            order_id,
            money,
            at,
            told,
        } => {
            let order = Tracked::Order(Order {
                id: order_id.clone(),
                money: (*money)?,
                at: *at,
            });
            Some((order, Trigger::Order, told.clone()))
        }
        Effect::Happened {
            trigger,
            id,
            at,
            told,
        } => {
            let (id, at) = (id.clone(), *at);
            let happened = Tracked::Happened(Happened { id, at });
            Some((happened, trigger.clone(), told.clone()))
        }
        Effect::Member { .. } | Effect::Mission(_) | Effect::Timer { .. } => None,
    }
}

/// What comes of it that the customer of `record` came into segments, in which they are since then. Reads nothing where there
/// are none.
pub(crate) async fn entered(
    store: &Store,
    record: &CustomerRecord,
    segments: &[(&Slug, Timestamp)],
    zone: &Zone,
) -> Result<Vec<Effect>, StoreError> {
    if segments.is_empty() {
        return Ok(Vec::new());
    }
    let terms = earning::terms(store).await?;
    let knows = |terms: &Terms, segment: &Slug| {
        let trigger = Trigger::SegmentEntered(segment.clone());
        terms.knows(&trigger)
    };
    let about = |terms: &&Terms| segments.iter().any(|(segment, _)| knows(terms, segment));
    let Some(terms) = terms.as_ref().as_ref().filter(about) else {
        return Ok(Vec::new());
    };
    let definitions = compiled(store).await?;
    let beside = Beside::load(store, &record.customer.id, definitions.needs, zone).await?;
    let who = Who {
        definitions: &definitions,
        record,
        beside: &beside,
    };
    let effect = |(segment, since): &(&Slug, Timestamp)| terms.entered(who, segment, *since, zone);
    Ok(segments.iter().filter_map(effect).collect())
}

/// Lets what `customer` did earn; what did before does not again.
pub(crate) async fn earn(
    store: &Store,
    customer: &CustomerId,
    tracked: Vec<(Tracked, Trigger, Told)>,
    now: Timestamp,
    zone: &Zone,
) -> Result<(), StoreError> {
    let terms = earning::terms(store).await?;
    // Without a programme no effect is recorded; here it can only be gone since.
    let Some(terms) = terms.as_ref() else {
        return Ok(());
    };
    let mut tracked: Vec<_> = tracked
        .into_iter()
        .map(|(tracked, trigger, told)| (tracked, told.occasion(&terms.program, trigger)))
        .collect();
    if sabotage::FRESH_ORDERS {
        for (tracked, _) in &mut tracked {
            if let Tracked::Order(order) = tracked {
                sabotage::rename(store, order);
            }
        }
    }
    let referral = referrals::awaiting(store, Some(&terms.program), customer, now).await?;
    for part in tracked.chunks(AT_ONCE) {
        let way = Way {
            now,
            zone,
            dry_run: false,
            why: Why::Orders,
            also: referral.as_slice(),
        };
        let decided = accounts::decide_so(store, customer, way, |account, _, prior| {
            earn_tracked(account, Some(&terms.program), part, prior, now, zone)
        })
        .await;
        match decided {
            Err(UpdateError::Rejected(Rejection::Unreadable(entry))) => {
                return Err(accounts::damaged(customer, entry));
            }
            // All were refused or had earned before: carried out.
            Ok(_)
            | Err(UpdateError::Rejected(_) | UpdateError::KeyReused | UpdateError::AnswerGone) => {}
            Err(UpdateError::Store(error)) => return Err(error),
        }
    }
    Ok(())
}
