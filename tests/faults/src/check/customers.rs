//! Profiles: traits, events and orders.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{precedes, traits};
use crate::act::{Act, Customer, Item, path};
use crate::call::Call;
use crate::history::{Entry, History, Outcome};
use crate::process::Process;

/// What a customer's profile says of their orders.
#[derive(Debug, Default)]
pub struct Profile {
    /// Every order that was ever sent, with its total in cents.
    pub orders: BTreeMap<String, i64>,
    /// Those that were acknowledged.
    pub acknowledged: BTreeSet<String>,
    /// How many are counted.
    pub counted: usize,
}

/// Checks one customer.
pub async fn check(history: &History, reader: &Process, customer: Customer) -> Profile {
    let (mut profile, events) = sent(history, customer);
    let answered = reader.make(&Call::get(&path(customer))).await;
    let found = answered.body;
    let exists = answered.status == 200;
    assert!(exists || answered.status == 404, "{found}");
    assert!(
        exists
            || !history
                .entries
                .iter()
                .any(|entry| is_done_to(entry, customer)),
        "an acknowledged customer is not there"
    );

    let counts = found["totals"]["events"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    for (event, acknowledged) in &events {
        let count = counts
            .get(event)
            .map_or(0, |totals| totals["count"].as_u64().unwrap_or(0));
        assert!(
            count == 1 || count == 0 && !acknowledged,
            "{event} is counted {count} times"
        );
    }
    let known = |name: &String| events.contains_key(name) || name == "order_completed";
    assert!(counts.keys().all(known), "{found}");

    let orders = found["totals"]["orders"].as_u64().unwrap_or(0);
    profile.counted = usize::try_from(orders).unwrap_or(usize::MAX);
    let (least, most) = (profile.acknowledged.len(), profile.orders.len());
    assert!(
        (least..=most).contains(&profile.counted),
        "{orders} of {least} to {most}"
    );
    let completed = counts
        .get("order_completed")
        .map_or(0, |totals| totals["count"].as_u64().unwrap_or(0));
    assert_eq!(completed, orders);
    if profile.counted == least {
        let paid: i64 = profile
            .acknowledged
            .iter()
            .map(|order| profile.orders[order])
            .sum();
        assert_eq!(
            found["totals"]["spend"]["amount"].as_i64().unwrap_or(0),
            paid,
            "{found}"
        );
    }
    nobody(history, customer);
    revisions(history, customer);
    traits::check(history, customer, &found);
    profile
}

/// What was sent of a customer: orders, and events with whether they were acknowledged.
fn sent(history: &History, customer: Customer) -> (Profile, BTreeMap<String, bool>) {
    let mut profile = Profile::default();
    let mut events = BTreeMap::new();
    for entry in &history.entries {
        let items = entry.act.items().into_iter();
        for (_, item) in items.filter(|(of, _)| *of == customer) {
            match item {
                Item::Event(name) => {
                    events.insert(name, entry.done().is_some());
                }
                Item::Order(id, cents) => {
                    if entry.done().is_some() {
                        profile.acknowledged.insert(id.clone());
                    }
                    let before = profile.orders.insert(id.clone(), cents);
                    assert!(
                        before.is_none_or(|before| before == cents),
                        "{id} is two orders"
                    );
                }
            }
        }
        let lines = entry
            .done()
            .and_then(|done| done.body["results"].as_array());
        for line in lines.into_iter().flatten() {
            let right = line["status"] == "applied" || line["status"] == "duplicate";
            assert!(right, "{entry:?}");
        }
    }
    (profile, events)
}

fn is_done_to(entry: &Entry, customer: Customer) -> bool {
    let of = match entry.act {
        Act::Put(of, _) | Act::Patch(of, _) => of == customer,
        _ => entry.act.items().iter().any(|(of, _)| *of == customer),
    };
    of && entry.done().is_some()
}

/// A patch is refused only while there is nobody.
fn nobody(history: &History, customer: Customer) {
    for entry in &history.entries {
        let mine = matches!(entry.act, Act::Patch(of, _) if of == customer);
        if !(mine && matches!(entry.outcome, Outcome::Refused(_))) {
            continue;
        }
        let mut before = history
            .entries
            .iter()
            .filter(|other| other.ended < entry.last_sent);
        let somebody = before.find(|other| is_done_to(other, customer));
        assert!(
            somebody.is_none(),
            "{entry:?} was refused after {somebody:?}"
        );
    }
}

/// The revision that a request made, where it was answered with one.
pub fn rev_of(entry: &Entry, customer: Customer) -> Option<u64> {
    let mine = match entry.act {
        Act::Put(of, _) | Act::Patch(of, _) | Act::Track(of, _) => of == customer,
        _ => false,
    };
    let body = &entry.done()?.body;
    // A duplicate changed nothing.
    (mine && body["status"] != "duplicate")
        .then(|| body["rev"].as_u64())
        .flatten()
}

/// Each change made a revision of its own, in the order of time.
fn revisions(history: &History, customer: Customer) {
    let made: Vec<(&Entry, u64)> = history
        .entries
        .iter()
        .filter_map(|entry| Some((entry, rev_of(entry, customer)?)))
        .collect();
    for (at, (one, first)) in made.iter().enumerate() {
        for (other, second) in made.iter().skip(at + 1) {
            assert_ne!(first, second, "{one:?} {other:?}");
            assert!(!precedes(one, other) || first < second, "{one:?} {other:?}");
            assert!(!precedes(other, one) || second < first, "{one:?} {other:?}");
        }
    }
}

/// Each customer that something was acknowledged of is listed, and each is listed once.
pub async fn check_list(history: &History, reader: &Process) {
    let list = reader.all("/v1/customers").await;
    for customer in 0..history.customers {
        let id = format!("c{customer}");
        let times = list
            .iter()
            .filter(|found| found["id"] == id.as_str())
            .count();
        let acknowledged = history
            .entries
            .iter()
            .any(|entry| is_done_to(entry, customer));
        assert!(
            times == 1 || times == 0 && !acknowledged,
            "{id} is listed {times} times"
        );
    }
    assert!(list.len() <= history.customers, "{}", Value::Array(list));
}
