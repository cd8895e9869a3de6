//! The customer as it is kept, and how it is read.

use std::collections::{BTreeMap, BTreeSet};

use rapport_types::event::ORDER_COMPLETED;
use rapport_types::{CustomerId, Day, Timestamp, Zone};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::days::Days;
use crate::orders::Orders;
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
    /// When each of them was put on, in milliseconds and in their order; 0 where that is not known, and too few where it was not kept
    /// yet. See [`tagged_at`](Self::tagged_at).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tagged: Vec<i64>,
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
    /// What became of the latest orders.
    #[serde(default, skip_serializing_if = "Orders::is_empty")]
    pub orders: Orders,
}

impl Customer {
    /// A customer of whom nothing is known yet.
    pub fn new(id: CustomerId, now: Timestamp) -> Self {
        Self {
            id,
            traits: Map::new(),
            tags: BTreeSet::new(),
            tagged: Vec::new(),
            created_at: now,
            updated_at: now,
            totals: Totals::default(),
            days: Days::default(),
            recent: Recent::default(),
            seen: Seen::default(),
            orders: Orders::default(),
        }
    }

    /// When people put that tag on, where it is on and that is known.
    pub fn tagged_at(&self, tag: &str) -> Option<Timestamp> {
        let since = *self.since_by_tag().get(tag)?;
        (since > 0).then(|| Timestamp::from_millis(since))
    }

    fn since_by_tag(&self) -> BTreeMap<&str, i64> {
        let kept = self.tagged.len() == self.tags.len();
        let since = self.tagged.iter().filter(|_| kept).copied();
        let since = since.chain(std::iter::repeat(0));
        self.tags.iter().map(String::as_str).zip(since).collect()
    }

    /// These tags from now on; true where that changes them.
    pub(crate) fn set_tags(&mut self, tags: BTreeSet<String>, now: Timestamp) -> bool {
        if tags == self.tags {
            return false;
        }
        let before = self.since_by_tag();
        let since = tags.iter().map(|tag| before.get(tag.as_str()).copied());
        let since: Vec<i64> = since.map(|since| since.unwrap_or(now.millis())).collect();
        self.tags = tags;
        self.tagged = since;
        true
    }

    /// Lets every tag be called what `name` says, where it says something; since when it is on stays. True where that changes any.
    pub fn rename_tags(&mut self, name: impl Fn(&str) -> Option<String>) -> bool {
        let mut since = BTreeMap::<String, i64>::new();
        for (tag, at) in self.since_by_tag() {
            let tag = name(tag).unwrap_or_else(|| tag.to_owned());
            // Of two that become one, the older says since when.
            since
                .entry(tag)
                .and_modify(|other| *other = at.min(*other))
                .or_insert(at);
        }
        let (tags, since): (BTreeSet<String>, Vec<i64>) = since.into_iter().unzip();
        let changed = tags != self.tags;
        if changed {
            self.tags = tags;
            self.tagged = since;
        }
        changed
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
        let known = self.ordered_on(day, zone).unwrap_or_else(|| {
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
