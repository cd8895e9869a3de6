//! The customer as it is kept, and how it is read.

use std::collections::BTreeSet;

use rapport_types::{CustomerId, Day, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::days::Days;
use crate::recent::{Event, Recent};
use crate::seen::Seen;
use crate::totals::Totals;

/// One customer: a document of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// The shop's own id, or `anon:<anonymousId>`.
    pub id: CustomerId,
    /// What is known of them: a JSON object. Never holds `null` but inside lists.
    pub traits: Map<String, Value>,
    /// What people or rules call them.
    #[serde(default)]
    pub tags: BTreeSet<String>,
    /// When this record was begun.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Sums since the first event.
    #[serde(default)]
    pub totals: Totals,
    /// Sums per day.
    #[serde(default)]
    pub days: Days,
    /// The latest events.
    #[serde(default)]
    pub recent: Recent,
    /// What was counted already.
    #[serde(default)]
    pub seen: Seen,
}

impl Customer {
    /// A customer of whom nothing is known yet.
    pub fn new(id: CustomerId, now: Timestamp) -> Self {
        Self {
            id,
            traits: Map::new(),
            tags: BTreeSet::new(),
            created_at: now,
            updated_at: now,
            totals: Totals::default(),
            days: Days::default(),
            recent: Recent::default(),
            seen: Seen::default(),
        }
    }

    /// Kept events of that name (as [`event::name`](rapport_types::event::name) spells it), newest first.
    /// Complete from [`Recent::kept_since`] on.
    pub fn events_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Event> {
        self.recent
            .newest_first()
            .filter(move |event| event.name == name)
    }

    /// Days with events of that name, newest first, and how many. Complete from
    /// [`Days::complete_from`] on.
    pub fn day_counts(&self, name: &str) -> impl Iterator<Item = (Day, u64)> {
        self.days.counts(name)
    }
}
