//! Customer documents.
//!
//! # Layout of customers
//!
//! - `apply`: what is said of a customer is committed.
//! - `tagging`: tags are put on and taken off.
//! - `list`: people put a customer on a list.
//! - `again`: memberships are looked at again, with no new data.
//! - `hearing`: a customer hears what the points account has to tell.
//! - `known`: what all of these decide by.

use rapport_customer::Customer;
use rapport_store::{Key, Store, StoreError, Table, Versioned, boxed};
use rapport_types::{CustomerId, Timestamp};
use serde::{Deserialize, Serialize};

mod again;
mod apply;
mod hearing;
mod known;
mod list;
mod tagging;

use crate::beside::Revs;
use crate::effects::Effect;
use crate::freshness::Transition;
use crate::missions;
use crate::segments::Memberships;

pub use again::{fall_due, look_again, reconsider};
pub use apply::{Applied, Circumstances, apply};
pub(crate) use hearing::hear;
pub use list::{Asked, list};
pub use tagging::{Tagged, tag};

/// Customers, each listed in [`LOG`] when created.
pub struct Customers;

/// The log of all customers, in the order of their creation.
pub const LOG: &str = "customers";

impl Table for Customers {
    type Value = CustomerRecord;
    type Effect = Effect;
    const NAME: &'static str = "customer";
    /// 1 had comings and goings as objects, and left nothing out of memberships: it cannot read what is shorter.
    const SCHEMA: u32 = 2;
    const LOG: Option<&'static str> = Some(LOG);
}

/// What is stored of a customer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CustomerRecord {
    /// The customer.
    pub customer: Customer,
    /// The segments they were in at their last commit: what their audiences have been told.
    #[serde(default)]
    pub memberships: Memberships,
    /// The moment of that commit.
    pub evaluated_at: Timestamp,
    /// The revision of the definitions by which it was made. Nobody who knows only older ones commits after that.
    #[serde(default)]
    pub definitions: u64,
    /// The revisions of other documents by which it was made. Nobody who knows only older ones commits after that.
    #[serde(default, skip_serializing_if = "Revs::is_none")]
    pub seen: Revs,
    /// The timer that is set. Never later than the next moment at which a membership may change, unless it is past.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timer: Option<Timestamp>,
    /// The latest [`TRANSITIONS`](crate::freshness::TRANSITIONS) comings and goings, oldest first.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        with = "crate::comings"
    )]
    pub transitions: Vec<Transition>,
    /// For which period each mission was found done.
    #[serde(default, skip_serializing_if = "missions::Done::is_empty")]
    pub missions: missions::Done,
    /// How many news of the points account were told: see `hear`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub heard: u64,
    /// Whether nothing is known of them, and this only stands in for who came just now. No such record is stored.
    #[serde(skip)]
    pub(crate) absent: bool,
}

// serde's `skip_serializing_if` passes a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl CustomerRecord {
    /// A customer as of a moment, of whom nothing was told yet.
    pub fn new(customer: Customer, evaluated_at: Timestamp) -> Self {
        Self {
            customer,
            memberships: Memberships::default(),
            evaluated_at,
            definitions: 0,
            seen: Revs::default(),
            timer: None,
            transitions: Vec::new(),
            missions: missions::Done::new(),
            heard: 0,
            absent: false,
        }
    }

    /// A customer of whom nothing is known: rules take them for one who came just now, but in a segment, as in an audience, is only who is
    /// there, so no tier is theirs by one.
    pub fn absent(id: CustomerId, now: Timestamp) -> Self {
        Self {
            absent: true,
            ..Self::new(Customer::new(id, now), now)
        }
    }
}

/// The customer `id`, if there is one.
#[boxed]
pub async fn read(
    store: &Store,
    id: &CustomerId,
) -> Result<Option<Versioned<CustomerRecord>>, StoreError> {
    store.read(&key(id)).await
}

/// The key of the customer `id`.
pub fn key(id: &CustomerId) -> Key<Customers> {
    Key::of(id.as_str())
}
