//! A customer held in memory, and short ways to ask about it.
#![allow(dead_code)]

use std::ops::ControlFlow;

use rapport_rules::{DayTotal, EventRef, Orders, Outcome, Rule, Subject, Visit, evaluate};
use rapport_types::{Decimal, Timestamp, Zone};
use serde_json::{Map, Value, json};

pub const DAY: i64 = 86_400_000;

#[derive(Debug, Clone, Default)]
pub struct Shopper {
    pub traits: Map<String, Value>,
    pub tags: Vec<String>,
    pub created_at: Option<Timestamp>,
    pub orders: Orders,
    /// Name, moment, properties; newest first.
    pub events: Vec<(String, Timestamp, Map<String, Value>)>,
    pub kept_since: Option<Timestamp>,
    pub days: Vec<(String, DayTotal)>,
    pub totals: Vec<(String, u64)>,
}

impl Subject for Shopper {
    fn traits(&self) -> &Map<String, Value> {
        &self.traits
    }
    fn tags(&self, visit: &mut dyn FnMut(&str) -> Visit) {
        let _ = self.tags.iter().try_for_each(|tag| visit(tag));
    }
    fn created_at(&self) -> Option<Timestamp> {
        self.created_at
    }
    fn orders(&self) -> Orders {
        self.orders
    }
    fn events(&self, name: &str, visit: &mut dyn FnMut(EventRef<'_>) -> Visit) {
        for (_, at, properties) in self.events.iter().filter(|(other, ..)| other == name) {
            let at = *at;
            if visit(EventRef { at, properties }) == ControlFlow::Break(()) {
                return;
            }
        }
    }
    fn kept_since(&self) -> Option<Timestamp> {
        self.kept_since
    }
    fn days(&self, name: &str, visit: &mut dyn FnMut(DayTotal) -> Visit) {
        let mut days = self.days.iter().filter(|(other, _)| other == name);
        let _ = days.try_for_each(|(_, day)| visit(*day));
    }
    fn total(&self, name: &str) -> u64 {
        match self.totals.iter().find(|(other, _)| other == name) {
            Some((_, total)) => *total,
            None => self
                .events
                .iter()
                .filter(|(other, ..)| other == name)
                .count() as u64,
        }
    }
}

impl Shopper {
    /// A customer with those traits.
    pub fn with(traits: Value) -> Self {
        Self {
            traits: traits.as_object().unwrap().clone(),
            ..Self::default()
        }
    }

    pub fn tagged(mut self, tags: &[&str]) -> Self {
        self.tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        self
    }

    /// Adds an event; in any order.
    pub fn did(mut self, name: &str, at: Timestamp, properties: Value) -> Self {
        let properties = properties.as_object().unwrap().clone();
        self.events.push((name.to_owned(), at, properties));
        self.events.sort_by_key(|(_, at, _)| std::cmp::Reverse(*at));
        self
    }

    /// Adds an order.
    pub fn bought(self, at: Timestamp, total: f64) -> Self {
        let mut shopper = self.did("order_completed", at, json!({ "total": total }));
        let mut moments: Vec<_> = shopper
            .events
            .iter()
            .filter(|(n, ..)| n == "order_completed")
            .map(|(_, at, _)| *at)
            .collect();
        moments.sort();
        shopper.orders = Orders {
            count: moments.len() as u64,
            spend: shopper.orders.spend + Decimal::try_from(total).unwrap(),
            first_at: moments.first().copied(),
            previous_at: moments.iter().rev().nth(1).copied(),
            last_at: moments.last().copied(),
        };
        shopper
    }
}

pub fn rule(json: Value) -> Rule {
    Rule::parse(&json).unwrap_or_else(|wrong| panic!("{json}: {wrong:?}"))
}

/// A moment as RFC 3339, or a day as the noon of that day in UTC.
pub fn at(text: &str) -> Timestamp {
    match text.len() {
        10 => Timestamp::parse(&format!("{text}T12:00:00Z")).unwrap(),
        _ => Timestamp::parse(text).unwrap(),
    }
}

pub fn shanghai() -> Zone {
    Zone::named("Asia/Shanghai").unwrap()
}

pub fn ask(shopper: &Shopper, json: Value, now: &str) -> Outcome {
    evaluate(&rule(json), shopper, at(now), &shanghai())
}

/// Whether `traits.x` holding `value` passes.
pub fn passes(value: Value, is: &str, operand: Value) -> bool {
    let shopper = match value {
        Value::Null => Shopper::default(),
        value => Shopper::with(json!({ "x": value })),
    };
    let test = match operand {
        Value::Null => json!({"field": "traits.x", "is": is}),
        operand => json!({"field": "traits.x", "is": is, "value": operand}),
    };
    ask(&shopper, test, "2026-11-21").matches
}
