//! The customer as it is kept, and how it is read.

use std::collections::BTreeSet;

use rapport_types::event::ORDER_COMPLETED;
use rapport_types::{CustomerId, Day, Timestamp, Zone};
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

    /// On how many distinct days in the shop there was an order.
    ///
    /// Exact for customers whose orders arrive within the 400 days that are kept by day. An order that arrives later than that
    /// counts as a day of its own, unless it is on the day of the first, the last or the last order but one. Where the document
    /// is older than this count, so does each order that is no longer kept by day.
    pub fn order_days(&self) -> u64 {
        self.totals.order_days.unwrap_or_else(|| {
            let (days, orders) = self
                .day_counts(ORDER_COMPLETED)
                .fold((0_u64, 0_u64), |(days, orders), (_, count)| {
                    (days.saturating_add(1), orders.saturating_add(count))
                });
            days.saturating_add(self.totals.orders.saturating_sub(orders))
        })
    }

    /// Counts the day of an order that is about to be added.
    pub(crate) fn count_order_day(&mut self, at: Timestamp, zone: &Zone) {
        let day = zone.day_of(at);
        let known = self.days.has(ORDER_COMPLETED, day).unwrap_or_else(|| {
            let totals = &self.totals;
            [
                totals.first_order_at,
                totals.previous_order_at,
                totals.last_order_at,
            ]
            .into_iter()
            .flatten()
            .any(|other| zone.day_of(other) == day)
        });
        let days = self.order_days();
        self.totals.order_days = Some(days.saturating_add(u64::from(!known)));
    }
}
