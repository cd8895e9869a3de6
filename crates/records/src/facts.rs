//! A customer as rules see one.
//!
//! Where it says which tier they hold, it looks at the segments that the programme's tiers ask for first: `tier`.

mod tier;

use std::sync::Mutex;

use rapport_customer::Customer;
use rapport_rules::{
    DayTotal, EventRef, Fact, Known, LifecycleBounds, Models, Orders, Subject, Visit,
};
use rapport_types::event::ORDER_COMPLETED;
use rapport_types::{Decimal, Money, Tag, Timestamp};
use serde_json::{Map, Value};

use crate::beside::Beside;
use crate::compiled::Compiled;
use crate::customers::CustomerRecord;
use crate::segments::Memberships;
use tier::Tiers;

/// The facts of a customer, of the lists that they stand on, of what other documents say about them, and of the population that they are
/// one of.
pub struct Facts<'a> {
    customer: &'a Customer,
    definitions: &'a Compiled,
    held: &'a Memberships,
    beside: &'a Beside,
    /// Other names of the tags that people put on.
    names: Vec<&'a Tag>,
    basis: Basis<'a>,
    /// Which tiers they hold when, where the programme gives some by segments; nothing before that is asked. Nobody waits for the lock: facts
    /// are one request's, and no rule by which it is found out asks for it.
    tiers: Mutex<Option<Box<Tiers>>>,
}

/// What is known of the time before.
#[derive(Clone, Copy)]
enum Basis<'a> {
    /// What the customer's document says.
    Told(&'a CustomerRecord),
    /// There is no such document.
    Absent,
    /// A commit at `now` makes them what they are; before it they were that, or not there.
    Commit {
        before: Option<&'a Facts<'a>>,
        now: Timestamp,
    },
}

impl<'a> Facts<'a> {
    /// Those of the customer of `record`; `beside` has what other documents say. What was not loaded is absent.
    pub(crate) fn of(
        record: &'a CustomerRecord,
        definitions: &'a Compiled,
        beside: &'a Beside,
    ) -> Self {
        let (customer, held) = (&record.customer, &record.memberships);
        let basis = match record.absent {
            true => Basis::Absent,
            false => Basis::Told(record),
        };
        Self::new(customer, definitions, held, beside, basis)
    }

    /// Those of `customer` after a commit at `now`; `held` says on which lists of `definitions` they stand then, and `before` is what they
    /// were.
    pub(crate) fn after(
        before: Option<&'a Facts<'a>>,
        customer: &'a Customer,
        definitions: &'a Compiled,
        held: &'a Memberships,
        beside: &'a Beside,
        now: Timestamp,
    ) -> Self {
        let basis = Basis::Commit { before, now };
        Self::new(customer, definitions, held, beside, basis)
    }

    fn new(
        customer: &'a Customer,
        definitions: &'a Compiled,
        held: &'a Memberships,
        beside: &'a Beside,
        basis: Basis<'a>,
    ) -> Self {
        let tags = customer.tags.iter();
        let names = tags.filter_map(|tag| definitions.names_of(tag));
        Self {
            customer,
            definitions,
            held,
            beside,
            names: names.flat_map(|names| names.iter()).collect(),
            basis,
            tiers: Mutex::new(None),
        }
    }
}

impl Subject for Facts<'_> {
    fn traits(&self) -> &Map<String, Value> {
        &self.customer.traits
    }

    fn tags(&self, visit: &mut dyn FnMut(&str) -> Visit) {
        let tags = self.customer.tags.iter().map(String::as_str);
        let names = self.names.iter().map(|tag| tag.as_str());
        let _ = tags.chain(names).try_for_each(visit);
    }

    fn created_at(&self) -> Option<Timestamp> {
        Some(self.customer.created_at)
    }

    fn orders(&self) -> Orders {
        let totals = &self.customer.totals;
        Orders {
            count: totals.orders,
            spend: totals.spend.map(Money::to_major).unwrap_or_default(),
            first_at: totals.first_order_at,
            previous_at: totals.previous_order_at,
            last_at: totals.last_order_at,
        }
    }

    fn ordered(&self) -> Decimal {
        let paid = self.customer.totals.paid();
        paid.map(Money::to_major).unwrap_or_default()
    }

    fn order_days(&self) -> u64 {
        self.customer.order_days()
    }

    fn put_in(&self, segment: &str) -> bool {
        self.definitions.is_listed(segment, self.held)
    }

    fn fact(&self, fact: Fact, now: Timestamp) -> Known<'_> {
        let tier = (fact == Fact::LoyaltyTier).then(|| self.tier(now));
        let tier = tier.flatten();
        tier.unwrap_or_else(|| self.beside.fact(fact, now))
    }

    fn balance(&self, kind: &str, now: Timestamp) -> Known<'_> {
        self.beside.balance(kind, now)
    }

    fn models(&self) -> Models<'_> {
        self.definitions.known.in_rules()
    }

    fn lifecycle_bounds(&self) -> LifecycleBounds {
        self.definitions.known.lifecycle
    }

    fn events(&self, name: &str, visit: &mut dyn FnMut(EventRef<'_>) -> Visit) {
        let _ = self.customer.events_named(name).try_for_each(|event| {
            visit(EventRef {
                at: event.at,
                properties: &event.properties,
            })
        });
    }

    fn kept_since(&self) -> Option<Timestamp> {
        self.customer.recent.kept_since()
    }

    fn days(&self, name: &str, visit: &mut dyn FnMut(DayTotal) -> Visit) {
        let exponent = self
            .customer
            .totals
            .spend
            .map_or(2, |spend| spend.currency.exponent());
        let _ = self.customer.day_counts(name).try_for_each(|(day, count)| {
            let spend = (name == ORDER_COMPLETED)
                .then(|| self.customer.days.spend_by_day().find(|(at, _)| *at == day))
                .flatten()
                .map_or(Decimal::ZERO, |(_, minor)| Decimal::new(minor, exponent));
            visit(DayTotal { day, count, spend })
        });
    }

    fn total(&self, name: &str) -> u64 {
        self.customer
            .totals
            .events
            .get(name)
            .map_or(0, |totals| totals.count)
    }
}
