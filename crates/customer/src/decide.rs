//! The one function that changes a customer.

use rapport_types::{CustomerId, Money, Properties, Timestamp, Violation, Zone};
use serde_json::{Map, Value};

use crate::command::{Command, Decision, Effect, Item, ItemOutcome, Patch, Rejection};
use crate::customer::Customer;
use crate::follow::Following;
use crate::life::Step;
use crate::limits::{EVENT_NAMES, PROPERTIES_BYTES, REPEATABLE_ID_BYTES};
use crate::recent::Event;
use crate::{moment, name, order, tags, traits};

/// Applies `command` to the customer `id`, who may not exist yet, at `now`. `zone` says which day it is.
pub fn decide(
    id: &CustomerId,
    customer: Option<Customer>,
    command: Command,
    now: Timestamp,
    zone: &Zone,
) -> Result<Decision, Rejection> {
    let exists = customer.is_some();
    let mut next = match customer {
        None if matches!(command, Command::Patch(_) | Command::Tag(_)) => {
            return Err(Rejection::Unknown);
        }
        None => Customer::new(id.clone(), now),
        Some(customer) => customer,
    };
    let mut effects = Vec::new();
    let mut outcomes = Vec::new();
    let changed = match command {
        Command::Put { traits } => put(&mut next, traits)? || !exists,
        Command::Patch(patch) => apply_patch(&mut next, patch, now)?,
        Command::Tag(tagging) => tags::apply(&mut next, tagging, now)?,
        Command::Apply(items) => {
            for item in items {
                outcomes.push(match apply(&mut next, item, now, zone, &mut effects) {
                    Ok(true) => ItemOutcome::Applied,
                    Ok(false) => ItemOutcome::Duplicate,
                    Err(violation) => ItemOutcome::Refused(violation),
                });
            }
            outcomes.contains(&ItemOutcome::Applied)
        }
    };
    if changed {
        // Requests may commit in another order than they came in.
        next.updated_at = next.updated_at.max(now);
    }
    Ok(Decision {
        customer: next,
        changed,
        effects,
        outcomes,
    })
}

fn put(customer: &mut Customer, given: Map<String, Value>) -> Result<bool, Violation> {
    let mut merged = Map::new();
    traits::merge(&mut merged, given);
    replace_traits(customer, merged)
}

fn replace_traits(customer: &mut Customer, merged: Map<String, Value>) -> Result<bool, Violation> {
    traits::check(&merged, "/traits")?;
    let changed = customer.traits != merged;
    customer.traits = merged;
    Ok(changed)
}

fn apply_patch(customer: &mut Customer, patch: Patch, now: Timestamp) -> Result<bool, Violation> {
    let tags = match patch.tags {
        None => None,
        Some(given) => Some(tags::parse(&given.unwrap_or_default(), "/tags")?),
    };
    let mut changed = false;
    if let Some(given) = patch.traits {
        let merged = match given {
            None => Map::new(),
            Some(given) => {
                let mut merged = customer.traits.clone();
                traits::merge(&mut merged, given);
                merged
            }
        };
        changed |= replace_traits(customer, merged)?;
    }
    if let Some(tags) = tags {
        changed |= customer.set_tags(tags, now);
    }
    Ok(changed)
}

/// Applies one item, or answers `false` where it was counted before. A refused item leaves no trace.
fn apply(
    customer: &mut Customer,
    item: Item,
    now: Timestamp,
    zone: &Zone,
    effects: &mut Vec<Effect>,
) -> Result<bool, Violation> {
    match item {
        Item::Identify {
            traits: given,
            timestamp,
            message_id,
        } => {
            check_message(message_id.as_deref())?;
            if message_id
                .as_ref()
                .is_some_and(|id| customer.seen.has_message(id))
            {
                return Ok(false);
            }
            moment::settle(timestamp, now, "/timestamp")?;
            let mut merged = customer.traits.clone();
            traits::merge(&mut merged, given);
            replace_traits(customer, merged)?;
            if let Some(id) = message_id {
                customer.seen.add_message(&id);
            }
            Ok(true)
        }
        Item::Track {
            event,
            properties,
            timestamp,
            message_id,
        } => {
            check_message(message_id.as_deref())?;
            let report = Report {
                name: name::checked(&event)?,
                at: moment::settle(timestamp, now, "/timestamp")?,
                properties,
                message_id,
            };
            report.apply(customer, zone, effects)
        }
    }
}

fn check_message(id: Option<&str>) -> Result<(), Violation> {
    match id {
        Some(id) if id.is_empty() || id.len() > REPEATABLE_ID_BYTES => Err(Violation::new(
            "/messageId",
            "bad_length",
            format!(
                "a message id has 1 to {REPEATABLE_ID_BYTES} bytes; this one has {}",
                id.len()
            ),
        )),
        _ => Ok(()),
    }
}

struct Report {
    name: String,
    at: Timestamp,
    properties: Map<String, Value>,
    message_id: Option<String>,
}

impl Report {
    fn apply(
        self,
        customer: &mut Customer,
        zone: &Zone,
        effects: &mut Vec<Effect>,
    ) -> Result<bool, Violation> {
        let Self {
            name,
            at,
            mut properties,
            message_id,
        } = self;
        if message_id
            .as_ref()
            .is_some_and(|id| customer.seen.has_message(id))
        {
            return Ok(false);
        }
        check_properties(&properties)?;
        let message = message_id.as_deref();
        let step = Step::parse(&name, &properties)?;
        let following = match step {
            None => None,
            Some(step) => match Following::begin(customer, step, at, message)? {
                None => return Ok(false),
                following => following,
            },
        };
        let money = following.as_ref().and_then(Following::money);
        check_room(customer, &name, money)?;

        // Nothing below can be refused.
        let day = zone.day_of(at);
        if let Some(following) = following {
            order::write_numbers(&mut properties);
            following.count(customer, at, message, zone, effects);
        }
        customer.totals.add_event(&name, at);
        customer.days.add(&name, day);
        let spend = customer.totals.spend;
        if let Some(money) = money
            && spend.is_some_and(|spend| spend.currency == money.currency)
        {
            customer.days.spend(day, money.amount);
        }
        if let Some(id) = message_id {
            customer.seen.add_message(&id);
        }
        customer.recent.add(Event {
            name,
            at,
            properties: Properties::from(&properties),
        });
        Ok(true)
    }
}

fn check_properties(properties: &Map<String, Value>) -> Result<(), Violation> {
    traits::check_depth(properties, "/properties")?;
    let bytes = traits::json_bytes(properties);
    if bytes > PROPERTIES_BYTES {
        return Err(Violation::new(
            "/properties",
            "too_large",
            format!(
                "an event's properties have at most {PROPERTIES_BYTES} bytes; these have {bytes}"
            ),
        ));
    }
    Ok(())
}

fn check_room(customer: &Customer, name: &str, money: Option<Money>) -> Result<(), Violation> {
    let events = &customer.totals.events;
    if events.len() >= EVENT_NAMES && !events.contains_key(name) {
        return Err(Violation::new(
            "/event",
            "too_many",
            format!("a customer has at most {EVENT_NAMES} distinct event names"),
        ));
    }
    if money.is_some_and(|money| !customer.totals.has_room_for(money)) {
        return Err(Violation::new(
            "/properties/total",
            "out_of_range",
            "the customer's spend would be more than can be counted",
        ));
    }
    Ok(())
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
