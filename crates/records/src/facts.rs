//! A customer as rules see one.

use rapport_customer::Customer;
use rapport_rules::{DayTotal, EventRef, LifecycleBounds, Models, Orders, Subject, Visit};
use rapport_types::event::ORDER_COMPLETED;
use rapport_types::{Decimal, Money, Timestamp};
use serde_json::{Map, Value};

use crate::models::Known;

/// The facts of a customer, and what is known of the population that they are one of.
pub struct Facts<'a>(pub &'a Customer, pub &'a Known);

impl Subject for Facts<'_> {
    fn traits(&self) -> &Map<String, Value> {
        &self.0.traits
    }

    fn tags(&self, visit: &mut dyn FnMut(&str) -> Visit) {
        let _ = self.0.tags.iter().try_for_each(|tag| visit(tag));
    }

    fn created_at(&self) -> Option<Timestamp> {
        Some(self.0.created_at)
    }

    fn orders(&self) -> Orders {
        let totals = &self.0.totals;
        Orders {
            count: totals.orders,
            spend: totals.spend.map(Money::to_major).unwrap_or_default(),
            first_at: totals.first_order_at,
            previous_at: totals.previous_order_at,
            last_at: totals.last_order_at,
        }
    }

    fn order_days(&self) -> u64 {
        self.0.order_days()
    }

    fn models(&self) -> Models<'_> {
        self.1.in_rules()
    }

    fn lifecycle_bounds(&self) -> LifecycleBounds {
        self.1.lifecycle
    }

    fn events(&self, name: &str, visit: &mut dyn FnMut(EventRef<'_>) -> Visit) {
        let _ = self.0.events_named(name).try_for_each(|event| {
            visit(EventRef {
                at: event.at,
                properties: &event.properties,
            })
        });
    }

    fn kept_since(&self) -> Option<Timestamp> {
        self.0.recent.kept_since()
    }

    fn days(&self, name: &str, visit: &mut dyn FnMut(DayTotal) -> Visit) {
        let exponent = self
            .0
            .totals
            .spend
            .map_or(2, |spend| spend.currency.exponent());
        let _ = self.0.day_counts(name).try_for_each(|(day, count)| {
            let spend = (name == ORDER_COMPLETED)
                .then(|| self.0.days.spend_by_day().find(|(at, _)| *at == day))
                .flatten()
                .map_or(Decimal::ZERO, |(_, minor)| Decimal::new(minor, exponent));
            visit(DayTotal { day, count, spend })
        });
    }

    fn total(&self, name: &str) -> u64 {
        self.0
            .totals
            .events
            .get(name)
            .map_or(0, |totals| totals.count)
    }
}
