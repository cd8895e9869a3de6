//! Where feedback stands in the store.

use rapport_feedback::{Record, Sums};
use rapport_store::fold::Folded;
use rapport_store::{Key, NoEffect, Table};
use rapport_types::hash;

/// Feedback records, each listed in [`LOG`].
pub struct Records;

/// The log of all records, in the order of their arrival.
pub const LOG: &str = "feedback-log";

impl Table for Records {
    type Value = Record;
    type Effect = NoEffect;
    const NAME: &'static str = "feedback";
    const SCHEMA: u32 = 1;
    const LOG: Option<&'static str> = Some(LOG);
}

/// What is summed up of the first records of [`LOG`].
pub struct Totals;

impl Table for Totals {
    type Value = Folded<Sums>;
    type Effect = NoEffect;
    const NAME: &'static str = "feedback-totals";
    const SCHEMA: u32 = 1;
}

/// The record that clients know by `id`.
pub fn key(id: &str) -> Key<Records> {
    Key::of(id)
}

/// The id of a record that came with an idempotency key: the same key, the same record, for ever.
pub fn id_of_key(key: &str) -> String {
    format!("fb_{}", hash::hex128(key))
}
