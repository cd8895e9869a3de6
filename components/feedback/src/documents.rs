//! What of feedback stands in the store for this component alone. Records and summaries stand in `records::feedback`.

use rapport_feedback::Sums;
use rapport_store::fold::Folded;
use rapport_store::{NoEffect, Table};
use rapport_types::hash;

/// What is summed up of the first records of the log.
pub struct Totals;

impl Table for Totals {
    type Value = Folded<Sums>;
    type Effect = NoEffect;
    const NAME: &'static str = "feedback-totals";
    const SCHEMA: u32 = 1;
}

/// The id of a record that came with an idempotency key: the same key, the same record, for ever.
pub fn id_of_key(key: &str) -> String {
    format!("fb_{}", hash::hex128(key))
}
