//! A record as it is answered.

use rapport_feedback::Record;
use serde::Serialize;

/// A record at a revision.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecordView<'a> {
    /// The record's own fields.
    #[serde(flatten)]
    pub record: &'a Record,
    /// Grows by one with each change.
    pub rev: u64,
}
