//! A customer held in memory, and short ways to ask about it.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]

pub mod arbitrary;
pub mod malformed;
pub mod reference;

use std::ops::ControlFlow;
use std::sync::OnceLock;

use rapport_rules::{
    DayTotal, EventRef, Fact, FactValue, Known, Orders, Outcome, Rule, Subject, Visit, evaluate,
};
use rapport_types::{Decimal, Properties, Timestamp, Zone};
use serde_json::{Map, Value, json};

pub const DAY: i64 = 86_400_000;

#[derive(Debug, Clone, Default)]
pub struct Shopper {
    pub traits: Map<String, Value>,
    pub tags: Vec<String>,
    pub created_at: Option<Timestamp>,
    pub orders: Orders,
    /// Name, moment, properties; newest first.
    pub events: Vec<(String, Timestamp, Properties)>,
    pub kept_since: Option<Timestamp>,
    pub days: Vec<(String, DayTotal)>,
    pub totals: Vec<(String, u64)>,
    pub put_in: Vec<String>,
    /// Facts by their names in rules: from a moment on a value, oldest first.
    pub facts: Vec<(String, Timestamp, Value)>,
}

/// The facts, by their names in rules.
pub const FACTS: [(&str, Fact); 13] = [
    ("loyalty.tier", Fact::LoyaltyTier),
    ("loyalty.active", Fact::LoyaltyActive),
    ("loyalty.pending", Fact::LoyaltyPending),
    ("loyalty.expiring_soon", Fact::LoyaltyExpiringSoon),
    ("loyalty.spent", Fact::LoyaltySpent),
    ("loyalty.expired", Fact::LoyaltyExpired),
    ("loyalty.earned", Fact::LoyaltyEarned),
    ("feedback.count", Fact::FeedbackCount),
    ("feedback.last_nps", Fact::FeedbackLastNps),
    ("feedback.last_csat", Fact::FeedbackLastCsat),
    ("feedback.last_ces", Fact::FeedbackLastCes),
    ("feedback.open_cases", Fact::FeedbackOpenCases),
    ("feedback.last_at", Fact::FeedbackLastAt),
];

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
    fn fact(&self, fact: Fact, now: Timestamp) -> Known<'_> {
        let (name, _) = FACTS.iter().find(|(_, known)| *known == fact).unwrap();
        let mut held = self
            .facts
            .iter()
            .filter(|(known, from, _)| known == name && *from <= now);
        let value = held.next_back().and_then(|(_, _, value)| match value {
            Value::Null => None,
            Value::String(text) if fact == Fact::FeedbackLastAt => {
                Some(FactValue::Moment(Timestamp::parse(text).unwrap()))
            }
            Value::String(text) => Some(FactValue::Text(text)),
            number => Some(FactValue::Number(number.as_i64().unwrap().into())),
        });
        Known {
            value,
            until: self.fact_named(name, now).0,
        }
    }
    fn balance(&self, kind: &str, now: Timestamp) -> Known<'_> {
        let (until, value) = self.fact_named(&format!("loyalty.balances.{kind}"), now);
        let value = value.map(|number| FactValue::Number(number.as_i64().unwrap().into()));
        Known { value, until }
    }
    fn put_in(&self, segment: &str) -> bool {
        self.put_in.iter().any(|put| put == segment)
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
    /// When a fact changes next, and what it is.
    pub fn fact_named(&self, name: &str, now: Timestamp) -> (Option<Timestamp>, Option<Value>) {
        let of_name = || self.facts.iter().filter(|(known, ..)| known == name);
        let value = of_name().rev().find(|(_, from, _)| *from <= now);
        let next = of_name().find(|(_, from, _)| *from > now);
        let value = value
            .map(|(_, _, value)| value.clone())
            .filter(|value| !value.is_null());
        (next.map(|(_, from, _)| *from), value)
    }

    /// From a moment on a fact is that; `null` is absence.
    pub fn known(mut self, name: &str, from: Timestamp, value: Value) -> Self {
        self.facts.push((name.to_owned(), from, value));
        self.facts.sort_by_key(|(_, from, _)| *from);
        self
    }

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
        let properties = Properties::from(properties.as_object().unwrap());
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

/// A rule that both the parser and the schema accept.
pub fn rule(json: Value) -> Rule {
    assert!(schema_accepts(&json), "the schema refuses {json}");
    parsed(json)
}

/// A rule that the parser accepts.
pub fn parsed(json: Value) -> Rule {
    Rule::parse(&json).unwrap_or_else(|wrong| panic!("{json}: {wrong:?}"))
}

/// Whether the published schema accepts the rule.
pub fn schema_accepts(json: &Value) -> bool {
    static SCHEMA: OnceLock<jsonschema::Validator> = OnceLock::new();
    let schema =
        SCHEMA.get_or_init(|| jsonschema::draft202012::new(&rapport_rules::schema()).unwrap());
    schema.is_valid(json)
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
