//! One order or event, as rules see it, and the lines of an order.
//!
//! In the rule language an event is spoken of in the `where` of a count of events. So a condition on one event is that count,
//! asked of somebody who did nothing else.

use rapport_loyalty::earning::Trigger;
use rapport_rules::{DayTotal, EventRef, Orders, Rule, Subject, Visit};
use rapport_types::{Currency, Decimal, Money, Properties, Timestamp, Violation, decimal};
use serde_json::{Map, Value, json};

/// The list of an order's lines, as Segment's events name it.
const PRODUCTS: &str = "products";
/// The event's name, where only one is spoken of.
const THIS: &str = "this";

/// Something that happened.
#[derive(Debug, Clone)]
pub struct Happening<'a> {
    /// What.
    pub trigger: Trigger,
    /// What was said about it.
    pub properties: &'a Map<String, Value>,
    /// When.
    pub at: Timestamp,
}

/// A line of an order.
pub(super) struct Item {
    /// What it comes to, in minor units.
    pub(super) money: i64,
    /// Properties with this line alone.
    pub(super) alone: Map<String, Value>,
}

impl Happening<'_> {
    /// The order's lines: `properties.products`, each with a `price` in major units and a `quantity`, 1 where it is not said. A
    /// line without a price comes to nothing.
    pub(super) fn items(&self, shops: Currency) -> Vec<Item> {
        let products = self.properties.get(PRODUCTS).and_then(Value::as_array);
        let named = self.properties.get("currency").and_then(Value::as_str);
        let currency = named.and_then(|code| Currency::parse(code).ok());
        let currency = currency.unwrap_or(shops);
        let items = products.into_iter().flatten().map(|product| {
            let number = |name: &str| product.get(name).and_then(number);
            let quantity = number("quantity").unwrap_or(Decimal::ONE);
            let whole = number("price").and_then(|price| price.checked_mul(quantity));
            let money = whole.and_then(|whole| Money::from_major(whole, currency));
            let alone = Value::Array(vec![product.clone()]);
            Item {
                money: money.map_or(0, |money| money.amount.max(0)),
                alone: Map::from_iter([(PRODUCTS.to_owned(), alone)]),
            }
        });
        items.collect()
    }
}

/// A number, or the same as text.
fn number(value: &Value) -> Option<Decimal> {
    match value {
        Value::Number(number) => decimal::from_number(number),
        Value::String(text) => Decimal::from_str_exact(text).ok(),
        _ => None,
    }
}

/// A rule about one event. Pointers begin at `json`.
pub(super) fn event_rule(json: &Value) -> Result<Rule, Vec<Violation>> {
    let rule = Rule::parse(&json!({"event": THIS, "where": json}));
    rule.map_err(|wrong| within(wrong, "/where"))
}

/// A rule about one line of an order. Pointers begin at `json`.
pub(super) fn item_rule(json: &Value) -> Result<Rule, Vec<Violation>> {
    let each = json!({"each": format!("properties.{PRODUCTS}"), "where": json});
    let rule = Rule::parse(&json!({"event": THIS, "where": each}));
    rule.map_err(|wrong| within(wrong, "/where/where"))
}

fn within(wrong: Vec<Violation>, place: &str) -> Vec<Violation> {
    let inside = |mut violation: Violation| {
        if let Some(rest) = violation.pointer.strip_prefix(place) {
            violation.pointer = rest.to_owned();
        }
        violation
    };
    wrong.into_iter().map(inside).collect()
}

/// Somebody who did one thing, whatever it is called.
pub(super) struct OneEvent {
    properties: Properties,
    at: Timestamp,
    none: Map<String, Value>,
}

impl OneEvent {
    pub(super) fn new(properties: &Map<String, Value>, at: Timestamp) -> Self {
        Self {
            properties: properties.into(),
            at,
            none: Map::new(),
        }
    }
}

impl Subject for OneEvent {
    fn traits(&self) -> &Map<String, Value> {
        &self.none
    }

    fn tags(&self, _: &mut dyn FnMut(&str) -> Visit) {}

    fn created_at(&self) -> Option<Timestamp> {
        None
    }

    fn orders(&self) -> Orders {
        Orders::default()
    }

    fn events(&self, _: &str, visit: &mut dyn FnMut(EventRef<'_>) -> Visit) {
        let event = EventRef {
            at: self.at,
            properties: &self.properties,
        };
        let _ = visit(event);
    }

    fn kept_since(&self) -> Option<Timestamp> {
        None
    }

    fn days(&self, _: &str, _: &mut dyn FnMut(DayTotal) -> Visit) {}

    fn total(&self, _: &str) -> u64 {
        1
    }
}
