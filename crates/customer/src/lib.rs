//! Who a customer is and what they did: traits, tags, behaviour totals.
//!
//! Pure: no store, no clock. [`decide()`] takes a customer, a command, the moment and the shop's zone, and
//! answers with the customer as it is afterwards and what follows from it.
//!
//! # Layout
//!
//! - [`customer`]: [`Customer`], the document, and how it is read.
//! - [`command`]: what can be asked of a customer, and what comes of it.
//! - [`decide`](mod@decide): the one function that changes a customer.
//! - [`traits`]: JSON merge patch and the limits of traits.
//! - [`tags`]: the sorted set of tags.
//! - [`totals`]: counts per event name, orders and spend, for ever.
//! - [`days`]: counts per event name and shop day, for 400 days.
//! - [`recent`]: the latest events with their properties.
//! - [`seen`]: fingerprints of what was counted already.
//! - [`order`]: an order out of an event's properties.
//! - `life`: what an event says about an order's life; `follow`: how that changes the customer.
//! - [`orders`]: what became of the latest orders.
//! - [`name`]: how event names are spelt.
//! - [`moment`]: a client's moment, checked against ours.
//! - [`segment_spec`]: the public wire format of Segment's tracking calls.
//! - [`limits`]: how much of everything a customer may hold.
//!
//! # Size
//!
//! A customer that is full in every respect stays under 300 KB, the most that every backend takes; a test in
//! [`limits`] builds one. What falls out at the old end is remembered as a moment before which the record
//! is incomplete ([`Recent::kept_since`](recent::Recent::kept_since),
//! [`Days::complete_from`](days::Days::complete_from)), so that a rule which reaches further back can say so.

pub mod command;
pub mod customer;
pub mod days;
pub mod decide;
mod follow;
mod life;
pub mod limits;
pub mod moment;
pub mod name;
pub mod order;
pub mod orders;
pub mod recent;
pub mod seen;
pub mod segment_spec;
pub mod tags;
pub mod totals;
pub mod traits;

pub use command::{Command, Decision, Effect, Item, ItemOutcome, Patch, Rejection, Tagging};
pub use customer::Customer;
pub use decide::decide;
pub use orders::OrderState;
