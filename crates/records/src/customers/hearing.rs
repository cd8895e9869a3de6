//! A customer hears what their points account has to tell: as events of theirs.
//!
//! The account keeps its latest news, numbered, and the customer the number up to which they have heard. So it does not matter how often
//! they are told to listen, nor by whom: by the account's own outbox, or by whoever carries out what made it earn.

use std::convert::Infallible;

use rapport_customer::{Command, Item};
use rapport_loyalty::news::{Item as Told, What};
use rapport_store::{Change, Request, Store, StoreError, UpdateError, boxed};
use rapport_types::CustomerId;
use serde_json::{Map, Value, json};

use super::key;
use super::known::{Known, Stop, unless_older};
use crate::accounts;
use crate::beside::Beside;
use crate::earning::{self, Done};
use crate::effects::CustomerCarrier;
use crate::freshness;

/// So often an account may have something new to tell because of what it told. It never is: see [`news`](rapport_loyalty::news).
const ROUNDS: usize = 32;

/// Lets the customer `id` hear what they have not heard yet; somebody of whom nobody has said anything hears nothing.
#[boxed]
pub(crate) async fn hear<'a>(
    store: &'a Store,
    id: &'a CustomerId,
    carrier: &'a CustomerCarrier<'a>,
) -> Result<(), StoreError> {
    let mut heard = 0;
    for _ in 0..ROUNDS {
        let news = accounts::news(store, id).await?;
        if news.count <= heard {
            return Ok(());
        }
        heard = news.count;
        let told: Vec<Told> = news.since(0).cloned().collect();
        listen(store, id, carrier, &told, heard).await?;
    }
    Ok(())
}

/// Commits what of `told` is new to the customer, who has heard `count` then.
async fn listen(
    store: &Store,
    id: &CustomerId,
    carrier: &CustomerCarrier<'_>,
    told: &[Told],
    count: u64,
) -> Result<(), StoreError> {
    let (now, zone) = (carrier.now, carrier.zone);
    let mut known = Known::read(store, id, zone).await?;
    let terms = earning::terms(store).await?;
    loop {
        let request = Request::plain(now, carrier);
        let decided = store
            .update::<_, (), Stop<Infallible>>(&key(id), request, |current| {
                let Some(last) = current.value.filter(|last| last.heard < count) else {
                    return Ok(Change::Keep(()));
                };
                known.check(Some(&last))?;
                if carrier.has_moved() {
                    return Err(Stop::Older);
                }
                let new = told.iter().filter(|item| item.n >= last.heard);
                let command = Command::Apply(new.map(event).collect());
                let customer = Some(last.customer.clone());
                let decided = rapport_customer::decide(id, customer, command.clone(), now, zone);
                // A customer full of names of events takes no other; nothing else can be refused.
                let Ok(decision) = decided else {
                    return Ok(Change::Keep(()));
                };
                let moment = known.at(now, zone, current.next_rev);
                let (mut value, mut effects) =
                    freshness::next(Some(&last), decision.customer, None, moment);
                value.heard = count;
                if let Some(terms) = terms.as_ref() {
                    let done = Done {
                        command: &command,
                        outcomes: &decision.outcomes,
                        effects: decision.effects,
                        created: false,
                    };
                    effects.extend(terms.effects(moment, &value, done));
                }
                Ok(Change::Commit {
                    value,
                    effects,
                    answer: (),
                })
            })
            .await;
        match unless_older(decided) {
            None => known.renew(store, id, zone).await?,
            Some(Err(UpdateError::Store(error))) => return Err(error),
            Some(Err(UpdateError::Rejected(never))) => match never {},
            // No idempotency key comes with it.
            Some(Err(UpdateError::KeyReused | UpdateError::AnswerGone)) => return Ok(()),
            Some(Ok(_)) => break,
        }
    }
    // As after any commit: another document may have moved meanwhile.
    let definitions = &known.definitions;
    if definitions.needs.any() {
        let beside = Beside::load(store, id, definitions.needs, zone).await?;
        if known.has_moved(&beside) {
            super::reconsider(store, id, definitions, carrier).await?;
        }
    }
    Ok(())
}

/// The event that tells of `item`. It has no message id: by what the customer has heard it is known whether it was counted.
fn event(item: &Told) -> Item {
    let properties = match &item.what {
        What::PointsEarned { points, order_id } => json!({"points": points, "order_id": order_id}),
        What::PointsExpiring { points, expires_at } => {
            json!({"points": points, "expires_at": expires_at})
        }
        What::TierChanged { from, to, reason } => {
            json!({"from": from, "to": to, "reason": reason})
        }
    };
    let mut properties: Map<String, Value> = match properties {
        Value::Object(properties) => properties,
        _ => Map::new(),
    };
    properties.retain(|_, value| !value.is_null());
    Item::Track {
        event: item.what.topic().name().to_owned(),
        properties,
        timestamp: Some(item.at),
        message_id: None,
    }
}
