//! The life of a record.

use serde::{Deserialize, Serialize};

/// Where a record stands in its life. Every record begins as new.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nobody has looked at it.
    #[default]
    New,
    /// Somebody is on it.
    Open,
    /// It waits for the customer.
    Waiting,
    /// It was dealt with.
    Resolved,
    /// It is over.
    Closed,
    /// It is no feedback.
    Spam,
}

impl State {
    /// Whether somebody still has to see to it: new, open or waiting.
    pub fn is_open(self) -> bool {
        matches!(self, Self::New | Self::Open | Self::Waiting)
    }
}
