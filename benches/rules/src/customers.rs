//! Customers as a shop has them.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use rapport_rules::{DayTotal, EventRef, Orders, Subject, Visit};
use rapport_types::{Decimal, Properties, Timestamp};
use serde_json::{Map, Value, json};

use crate::NOW;

const DAY: i64 = 86_400_000;

pub const CITIES: [&str; 8] = [
    "上海", "北京", "杭州", "深圳", "广州", "成都", "berlin", "paris",
];
pub const INTERESTS: [&str; 6] = ["茶", "wine", "running", "books", "coffee", "咖啡机"];
pub const TAGS: [&str; 6] = [
    "vip",
    "老客",
    "newsletter",
    "wholesale",
    "complained",
    "influencer",
];
pub const CATEGORIES: [&str; 5] = ["shoes", "tea", "books", "茶具", "outdoor"];

/// A customer in memory.
pub struct Shopper {
    traits: Map<String, Value>,
    tags: Vec<String>,
    created_at: Timestamp,
    orders: Orders,
    /// Newest first.
    events: BTreeMap<String, Vec<Event>>,
}

/// When, and what was said about it.
type Event = (Timestamp, Properties);

/// Numbers that look random and are the same in every run (SplitMix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % most
    }

    pub fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len() as u64) as usize]
    }
}

/// The customer of that number.
pub fn shopper(number: usize) -> Shopper {
    let mut dice = Dice(number as u64 * 7 + 1);
    let mut traits = json!({
        "name": format!("Customer {number}"),
        "email": format!("c{number}@{}", dice.one(&["example.com", "example.cn", "mail.test"])),
        "gender": dice.one(&["female", "male"]),
        "subscribed": dice.below(2) == 0,
        "last_login": moment(&mut dice, 120).to_string(),
        "interests": (0..dice.below(4)).map(|_| dice.one(&INTERESTS)).collect::<Vec<_>>(),
        "address": {"city": dice.one(&CITIES), "street": format!("南京东路 {number} 号"), "zip": "200001"},
        "language": dice.one(&["zh", "en", "de"]),
        "source": dice.one(&["wechat", "douyin", "web", "store"]),
        "points_goal": dice.below(5_000),
    });
    for (name, value) in [
        ("city", json!(dice.one(&CITIES))),
        ("age", json!(16 + dice.below(60))),
    ] {
        // Some do not say.
        if dice.below(10) > 0 {
            traits[name] = value;
        }
    }
    let mut events: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for (name, most) in [
        ("order_completed", 16),
        ("product_viewed", 40),
        ("cart_viewed", 10),
        ("support_contacted", 3),
    ] {
        let mut list: Vec<Event> = (0..dice.below(most))
            .map(|_| {
                let properties = json!({
                    "category": dice.one(&CATEGORIES),
                    "total": dice.below(800) as f64 / 2.0,
                    "quantity": 1 + dice.below(4),
                });
                (
                    moment(&mut dice, 360),
                    Properties::from(properties.as_object().expect("an object")),
                )
            })
            .collect();
        list.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        events.insert(name.to_owned(), list);
    }
    let placed = &events["order_completed"];
    let total = |(_, properties): &Event| {
        let total = properties.get("total").expect("a total").to_value();
        total.to_string().parse::<Decimal>().expect("a number")
    };
    let orders = Orders {
        count: placed.len() as u64,
        spend: placed.iter().map(total).sum(),
        first_at: placed.last().map(|(at, _)| *at),
        previous_at: placed.get(1).map(|(at, _)| *at),
        last_at: placed.first().map(|(at, _)| *at),
    };
    Shopper {
        traits: traits.as_object().cloned().unwrap_or_default(),
        tags: (0..dice.below(4))
            .map(|_| dice.one(&TAGS).to_owned())
            .collect(),
        created_at: moment(&mut dice, 700),
        orders,
        events,
    }
}

/// Some whole second in the last days.
fn moment(dice: &mut Dice, days: u64) -> Timestamp {
    Timestamp::from_millis(NOW - 1_000 - dice.below(days * DAY as u64) as i64 / 1_000 * 1_000)
}

impl Shopper {
    /// As others would hold it: moments as milliseconds, but for traits, which are text in UTC and so in order.
    pub fn as_json(&self) -> Value {
        let events: Map<String, Value> = self
            .events
            .iter()
            .map(|(name, list)| {
                let list = list.iter().map(|(at, properties)| {
                    let mut event = properties.to_map();
                    event.insert("at".to_owned(), at.millis().into());
                    event
                });
                (name.clone(), list.collect::<Vec<_>>().into())
            })
            .collect();
        let mut all = json!({
            "traits": self.traits, "tags": self.tags, "created_at": self.created_at.millis(), "events": events,
            "frequency": self.orders.count,
            "monetary": self.orders.spend.to_string().parse::<f64>().expect("a number"),
        });
        if let Some(last) = self.orders.last_at {
            all["last_order_at"] = last.millis().into();
        }
        all
    }
}

impl Subject for Shopper {
    fn traits(&self) -> &Map<String, Value> {
        &self.traits
    }
    fn tags(&self, visit: &mut dyn FnMut(&str) -> Visit) {
        let _ = self.tags.iter().try_for_each(|tag| visit(tag));
    }
    fn created_at(&self) -> Option<Timestamp> {
        Some(self.created_at)
    }
    fn orders(&self) -> Orders {
        self.orders
    }
    fn events(&self, name: &str, visit: &mut dyn FnMut(EventRef<'_>) -> Visit) {
        for (at, properties) in self.events.get(name).into_iter().flatten() {
            let at = *at;
            if visit(EventRef { at, properties }) == ControlFlow::Break(()) {
                return;
            }
        }
    }
    fn kept_since(&self) -> Option<Timestamp> {
        None
    }
    fn days(&self, _: &str, _: &mut dyn FnMut(DayTotal) -> Visit) {}
    fn total(&self, name: &str) -> u64 {
        self.events.get(name).map_or(0, |list| list.len() as u64)
    }
}
