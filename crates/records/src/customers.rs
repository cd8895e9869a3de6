//! Customer documents.

use std::collections::BTreeMap;

use rapport_customer::{Command, Customer, Decision, Effect, Item, ItemOutcome, Rejection};
use rapport_store::{Change, Committed, Key, Once, Request, Store, Table, UpdateError, Versioned};
use rapport_types::{CustomerId, Slug, Timestamp, Zone, event};
use serde::{Deserialize, Serialize};

use crate::accounts;
use crate::models;
use crate::orders::OrderCarrier;
use crate::segments::{self, Held};

/// Customers, each listed in [`LOG`] when created.
pub struct Customers;

/// The log of all customers, in the order of their creation.
pub const LOG: &str = "customers";

impl Table for Customers {
    type Value = CustomerRecord;
    type Effect = Effect;
    const NAME: &'static str = "customer";
    const SCHEMA: u32 = 1;
    const LOG: Option<&'static str> = Some(LOG);
}

/// What is stored of a customer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CustomerRecord {
    /// The customer.
    pub customer: Customer,
    /// The segments they were in at their last commit.
    #[serde(default)]
    pub memberships: BTreeMap<Slug, Held>,
    /// The moment of that commit.
    pub evaluated_at: Timestamp,
}

/// What came of a command.
#[derive(Debug, Clone, Copy)]
pub struct Applied<'a> {
    /// The customer as it is now.
    pub customer: &'a Customer,
    /// The revision it has now.
    pub rev: u64,
    /// Whether the command created it.
    pub created: bool,
    /// One for each item of [`Command::Apply`], in order.
    pub outcomes: &'a [ItemOutcome],
}

/// How a command comes.
pub struct Circumstances<'a> {
    /// When.
    pub now: Timestamp,
    /// The shop's zone.
    pub zone: &'a Zone,
    /// The client's idempotency key, if it sent one.
    pub once: Option<&'a Once>,
    /// Answer in full, commit nothing.
    pub dry_run: bool,
}

/// The customer `id`, if there is one.
pub async fn read(
    store: &Store,
    id: &CustomerId,
) -> Result<Option<Versioned<CustomerRecord>>, rapport_store::StoreError> {
    store.read(&key(id)).await
}

/// The key of the customer `id`.
pub fn key(id: &CustomerId) -> Key<Customers> {
    Key::of(id.as_str())
}

/// Applies `command` to the customer `id`, commits, and lets its orders earn points.
///
/// `check` sees the present revision (0: no customer) before anything is decided, for `If-Match`. `answer` makes of what came
/// out what shall be answered, and kept with an idempotency key.
pub async fn apply<A, R>(
    store: &Store,
    id: &CustomerId,
    command: Command,
    circumstances: Circumstances<'_>,
    check: impl Fn(u64) -> Result<(), R> + Send + Sync,
    answer: impl Fn(Applied<'_>) -> A + Send + Sync,
) -> Result<Committed<A>, UpdateError<R>>
where
    A: Serialize + serde::de::DeserializeOwned + Send,
    R: From<Rejection> + Send,
{
    let Circumstances {
        now,
        zone,
        once,
        dry_run,
    } = circumstances;
    let definitions = segments::compiled(store).await?;
    let known = models::for_rules(store, &definitions).await?;
    // An order earns by the programme there is when it is counted; one that is set later does not look back.
    let earns = may_order(&command) && accounts::program(store).await?.is_some();
    let carrier = OrderCarrier { now, zone };
    let request = Request {
        now,
        once,
        dry_run,
        carrier: &carrier,
    };
    store
        .update(&key(id), request, |current| {
            check(if current.value.is_some() {
                current.rev
            } else {
                0
            })?;
            let created = current.value.is_none();
            let last = current.value;
            let customer = last.as_ref().map(|record| record.customer.clone());
            let Decision {
                customer,
                changed,
                effects,
                outcomes,
            } = rapport_customer::decide(id, customer, command.clone(), now, zone)?;
            let rev = if changed {
                current.next_rev
            } else {
                current.rev
            };
            let created = created && changed;
            let answer = answer(Applied {
                customer: &customer,
                rev,
                created,
                outcomes: &outcomes,
            });
            if !changed {
                return Ok(Change::Keep(answer));
            }
            let mut next = CustomerRecord {
                customer,
                memberships: BTreeMap::new(),
                evaluated_at: now,
            };
            next.memberships =
                segments::carried_on(&definitions, last.as_ref(), &next, &known, now, zone);
            Ok(Change::Commit {
                value: next,
                effects: if earns { effects } else { Vec::new() },
                answer,
            })
        })
        .await
}

/// Whether the command may count an order.
fn may_order(command: &Command) -> bool {
    let Command::Apply(items) = command else {
        return false;
    };
    items.iter().any(|item| match item {
        Item::Track { event: name, .. } => event::name(name) == event::ORDER_COMPLETED,
        Item::Identify { .. } => false,
    })
}
