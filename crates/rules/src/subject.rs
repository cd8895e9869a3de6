//! What a rule is evaluated about.

use std::ops::ControlFlow;

use rapport_types::{Day, Decimal, Properties, Timestamp};
use serde_json::{Map, Value};

use crate::fact::{Fact, Known};
use crate::{LifecycleBounds, Models};

/// What a visitor answers: go on, or stop because it has seen enough.
pub type Visit = ControlFlow<()>;

/// What a rule is evaluated about: a customer as stored.
///
/// Lists are walked by visitors, so that evaluation allocates nothing. A visitor that breaks is not called again.
pub trait Subject {
    /// What the shop says about the customer.
    fn traits(&self) -> &Map<String, Value>;

    /// The customer's tags, in any order.
    fn tags(&self, visit: &mut dyn FnMut(&str) -> Visit);

    /// When the customer was first seen.
    fn created_at(&self) -> Option<Timestamp>;

    /// Orders, ever.
    fn orders(&self) -> Orders;

    /// The kept events of that name, **newest first** by [`EventRef::at`]. Names are in snake_case, such as
    /// `order_completed`, as [`crate::Rule::parse`] writes them.
    fn events(&self, name: &str, visit: &mut dyn FnMut(EventRef<'_>) -> Visit);

    /// Events before this moment are no longer kept singly; `None` where all are kept.
    fn kept_since(&self) -> Option<Timestamp>;

    /// How many events of that name there are by day in the shop's zone, kept ones included, in any order.
    fn days(&self, name: &str, visit: &mut dyn FnMut(DayTotal) -> Visit);

    /// How many events of that name there have ever been, kept ones included.
    fn total(&self, name: &str) -> u64;

    /// What another document says about the customer, as of `now`; absent where nothing is known.
    fn fact(&self, fact: Fact, now: Timestamp) -> Known<'_> {
        let _ = (fact, now);
        Known::ABSENT
    }

    /// How many points of that kind can be spent as of `now`; absent where there is no such kind.
    fn balance(&self, kind: &str, now: Timestamp) -> Known<'_> {
        let _ = (kind, now);
        Known::ABSENT
    }

    /// Whether somebody put the customer into that manual segment or snapshot.
    fn put_in(&self, segment: &str) -> bool {
        let _ = segment;
        false
    }

    /// On how many distinct days in the shop's zone there was an order, ever.
    fn order_days(&self) -> u64 {
        self.orders().count
    }

    /// What all orders came to when they were paid, in the units of [`Orders::spend`]: that of the events, of which nothing is taken off
    /// when money goes back.
    fn ordered(&self) -> Decimal {
        self.orders().spend
    }

    /// What is known of the whole population. Without a model the fields that ask for it are absent.
    fn models(&self) -> Models<'_> {
        Models::default()
    }

    /// Where one stage of the customer's life ends and the next begins.
    fn lifecycle_bounds(&self) -> LifecycleBounds {
        LifecycleBounds::default()
    }
}

/// What is known of all orders of a customer together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Orders {
    /// How many.
    pub count: u64,
    /// Their total in major units of the shop's money, such as `29.33`, less what went back.
    pub spend: Decimal,
    /// When the first was placed.
    pub first_at: Option<Timestamp>,
    /// When the one before the last was placed.
    pub previous_at: Option<Timestamp>,
    /// When the last was placed.
    pub last_at: Option<Timestamp>,
}

/// One event as kept.
#[derive(Debug, Clone, Copy)]
pub struct EventRef<'a> {
    /// When it happened.
    pub at: Timestamp,
    /// What was said about it.
    pub properties: &'a Properties,
}

/// How often something happened on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayTotal {
    /// The day in the shop's zone.
    pub day: Day,
    /// How many events.
    pub count: u64,
    /// Of `order_completed`: what the day's orders came to, in the same units as [`Orders::spend`].
    pub spend: Decimal,
}
