//! What was tracked earns points, and what becomes of orders moves them: effects of a customer's commit on their account.

use rapport_loyalty::earning::{Occasion, Trigger};
use rapport_loyalty::shop::{self, Standing};
use rapport_loyalty::{
    Account, Decision, Happened, Order, Prior, Program, Rejection, Tracked, earn_tracked,
};
use rapport_store::{Store, StoreError, UpdateError, boxed};
use rapport_types::{CustomerId, Slug, Timestamp, Zone};

use crate::accounts::{self, Way, Why};
use crate::beside::Beside;
use crate::compiled::compiled;
use crate::customers::CustomerRecord;
use crate::earning::{self, Terms, Who};
use crate::effects::Effect;
use crate::{referrals, sabotage};

/// The most of what was tracked that earns in one commit of an account. An entry leaves the document only when newer ones push it
/// out, and must have been committed before: so one commit may never write as many entries as stay.
const AT_ONCE: usize = 16;

/// What an account is to be told of.
pub(crate) enum Told {
    /// Something that may earn, on which occasion.
    Tracked(Tracked, Trigger, earning::Told),
    /// Where an order stands.
    Order(Standing),
}

/// What an effect tells the account; `None` of one that is about something else, or an order without money.
pub(crate) fn told(effect: &Effect) -> Option<Told> {
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
            Some(Told::Tracked(order, Trigger::Order, told.clone()))
        }
        Effect::OrderMoved(state) => {
            let state = state.clone();
            Some(Told::Order(Standing {
                order_id: state.order_id,
                paid: state.paid,
                total: state.total,
                points_used: state.points_used,
                refunded: state.refunded,
                over: state.over,
            }))
        }
        Effect::Happened {
            trigger,
            id,
            at,
            told,
        } => {
            let (id, at) = (id.clone(), *at);
            let happened = Tracked::Happened(Happened { id, at });
            Some(Told::Tracked(happened, trigger.clone(), told.clone()))
        }
        Effect::Member { .. }
        | Effect::Mission(_)
        | Effect::ReferralClaimed { .. }
        | Effect::Timer { .. } => None,
    }
}

/// What comes of it that the customer of `record` came into segments, in which they are since then. Reads nothing where there
/// are none.
#[boxed]
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

/// Tells the account of `customer` what they did, in order. What did earn before does not again.
#[boxed]
pub(crate) async fn tell(
    store: &Store,
    customer: &CustomerId,
    told: Vec<Told>,
    now: Timestamp,
    zone: &Zone,
) -> Result<(), StoreError> {
    let terms = earning::terms(store).await?;
    let terms = terms.as_ref().as_ref();
    let program = terms.map(|terms| &terms.program);
    let mut tracked = Vec::new();
    for told in told {
        let standing = match told {
            Told::Tracked(one, trigger, told) => {
                // Without a programme no such effect is recorded; here it can only be gone since.
                tracked.extend(terms.map(|terms| (one, told.occasion(&terms.program, trigger))));
                continue;
            }
            Told::Order(standing) => standing,
        };
        earn(
            store,
            customer,
            std::mem::take(&mut tracked),
            program,
            now,
            zone,
        )
        .await?;
        // In a commit of its own: it may write many entries.
        decide(store, customer, (now, zone), &[], &|account, prior| {
            shop::follow(account, program, &standing, prior, now, zone)
        })
        .await?;
    }
    earn(store, customer, tracked, program, now, zone).await
}

/// Lets what was tracked earn.
async fn earn(
    store: &Store,
    customer: &CustomerId,
    mut tracked: Vec<(Tracked, Occasion)>,
    program: Option<&Program>,
    now: Timestamp,
    zone: &Zone,
) -> Result<(), StoreError> {
    if sabotage::FRESH_ORDERS {
        for (tracked, _) in &mut tracked {
            if let Tracked::Order(order) = tracked {
                sabotage::rename(store, order);
            }
        }
    }
    let also = referrals::awaiting(store, program, customer, now).await?;
    for part in tracked.chunks(AT_ONCE) {
        decide(
            store,
            customer,
            (now, zone),
            also.as_slice(),
            &|account, prior| earn_tracked(account, program, part, prior, now, zone),
        )
        .await?;
    }
    Ok(())
}

/// An account decides. What is in `also` follows from that commit.
type Decide<'a> = dyn Fn(&Account, &Prior) -> Result<Decision, Rejection> + Send + Sync + 'a;

async fn decide(
    store: &Store,
    customer: &CustomerId,
    (now, zone): (Timestamp, &Zone),
    also: &[accounts::Effect],
    decide: &Decide<'_>,
) -> Result<(), StoreError> {
    let way = Way {
        now,
        zone,
        dry_run: false,
        why: Why::Orders,
        also,
    };
    let decided = accounts::decide_so(store, customer, way, |account, _, prior| {
        decide(account, prior)
    });
    match decided.await {
        Err(UpdateError::Rejected(Rejection::Unreadable(entry))) => {
            Err(accounts::damaged(customer, entry))
        }
        // All were refused or had earned before: carried out.
        Ok(_)
        | Err(UpdateError::Rejected(_) | UpdateError::KeyReused | UpdateError::AnswerGone) => {
            Ok(())
        }
        Err(UpdateError::Store(error)) => Err(error),
    }
}
