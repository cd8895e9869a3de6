//! A record as it is answered.

use rapport_feedback::Record;
use serde::{Deserialize, Serialize};

/// A record at a revision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordView {
    /// The record's own fields.
    #[serde(flatten)]
    pub record: Record,
    /// Grows by one with each change.
    pub rev: u64,
}
