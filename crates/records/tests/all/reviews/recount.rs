//! A made-up shop, and what a review of it must find, counted from the list of what happened alone.

use std::collections::{BTreeMap, BTreeSet};

use rapport_lifetime::{Customer, Thresholds};
use rapport_types::Timestamp;
use serde_json::{Value, json};

use crate::common::{DAY, Shop, at, order, put, tags};

/// xorshift64*, by Marsaglia and Vigna.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % end
    }
}

/// Something that happens.
#[derive(Clone, Copy)]
enum What {
    Comes,
    Orders(i64),
    Tagged(bool),
}

/// What happens to whom, in the order of time.
pub struct Made {
    events: Vec<(i64, usize, What)>,
    customers: usize,
}

/// What is known of a customer at a moment.
#[derive(Default)]
struct Known {
    created: Option<i64>,
    orders: Vec<(i64, i64)>,
    /// Since when.
    tagged: Option<i64>,
}

const SEGMENTS: [&str; 4] = ["everybody", "recent", "twice", "vip"];

impl Made {
    /// Eighty days of a shop.
    pub fn new(dice: &mut Dice, customers: usize) -> Self {
        let mut events = Vec::new();
        let span = 80 * DAY as u64;
        for who in 0..customers {
            let comes = dice.below(span) as i64;
            events.push((comes, who, What::Comes));
            for _ in 0..dice.below(6) {
                let when = comes + 1 + dice.below(span) as i64;
                events.push((when, who, What::Orders(1 + dice.below(90) as i64)));
            }
            let mut tagged = false;
            for _ in 0..dice.below(3) {
                tagged = !tagged;
                let when = comes + 1 + dice.below(span) as i64;
                events.push((when, who, What::Tagged(tagged)));
            }
        }
        events.sort_by_key(|(when, who, _)| (*when, *who));
        Self { events, customers }
    }

    pub async fn define(&self, shop: &Shop) {
        let rules = [
            json!({"not": {"tag": "nobody"}}),
            json!({"event": "order_completed", "within": "20d"}),
            json!({"field": "rfm.frequency", "is": "gte", "value": 2}),
            json!({"tag": "vip"}),
        ];
        for (id, rule) in SEGMENTS.into_iter().zip(rules) {
            shop.define(id, rule, at(-DAY)).await;
        }
    }

    /// Lets happen what happens from one moment to the other.
    pub async fn happen(&self, shop: &Shop, from: Timestamp, to: Timestamp) {
        for (when, who, what) in &self.events {
            let now = at(*when);
            if now <= from || now > to {
                continue;
            }
            let command = match what {
                What::Comes => put(json!({})),
                What::Orders(yuan) => order(*yuan),
                What::Tagged(true) => tags(&["vip"]),
                What::Tagged(false) => tags(&[]),
            };
            shop.apply(&format!("c{who}"), command, now).await;
        }
    }

    fn known(&self, now: Timestamp) -> Vec<Known> {
        let mut known: Vec<Known> = (0..self.customers).map(|_| Known::default()).collect();
        for (when, who, what) in &self.events {
            // Nothing happens at the very beginning.
            if at(*when) > now || *when <= 0 {
                continue;
            }
            let one = &mut known[*who];
            one.created.get_or_insert(*when);
            match what {
                What::Comes => {}
                What::Orders(yuan) => one.orders.push((*when, yuan * 100)),
                What::Tagged(true) => one.tagged = one.tagged.or(Some(*when)),
                What::Tagged(false) => one.tagged = None,
            }
        }
        known.retain(|one| one.created.is_some());
        known
    }

    /// Holds a report against what was made.
    pub fn check(&self, report: &Value, from: Timestamp, to: Timestamp, before: Option<&Value>) {
        let known = self.known(to);
        let (from, now) = (from.millis() - at(0).millis(), to.millis() - at(0).millis());
        assert_eq!(report["customers"]["size"], known.len(), "{report}");
        let mut pairs: BTreeMap<(usize, usize), u64> = BTreeMap::new();
        for (place, id) in SEGMENTS.into_iter().enumerate() {
            let segment = &report["segments"][place];
            assert_eq!(segment["segment"], id);
            let members: Vec<_> = known
                .iter()
                .filter_map(|one| Some((one, one.since(id, now)?)))
                .collect();
            let orders: Vec<_> = members.iter().flat_map(|(one, _)| &one.orders).collect();
            let period: Vec<_> = orders.iter().filter(|(when, _)| *when > from).collect();
            let cents: i64 = period.iter().map(|(_, cents)| cents).sum();
            assert_eq!(segment["size"], members.len(), "{id} {segment}");
            assert_eq!(segment["orders"]["lifetime"], orders.len(), "{id}");
            assert_eq!(segment["orders"]["period"], period.len(), "{id}");
            let revenue = &segment["revenue"][0];
            if revenue["period"] != cents {
                assert!(revenue.is_null() && cents == 0, "{id} {segment}");
            }
            let entered = members.iter().filter(|(_, since)| *since > from).count();
            match before {
                None => assert!(segment["entered"].is_null() && segment["trend"].is_null()),
                Some(before) => {
                    let was = before["segments"][place]["size"].as_u64().unwrap();
                    assert_eq!(segment["entered"], entered, "{id} {segment}");
                    let left = was + entered as u64 - members.len() as u64;
                    assert_eq!(segment["left"], left, "{id} {segment}");
                    assert_eq!(segment["trend"]["size"]["was"], was, "{id}");
                }
            }
        }
        let mut moves: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
        for one in &known {
            let there = one.created.is_some_and(|created| created <= from);
            let was = if there { one.stage(from) } else { "new" };
            *moves
                .entry(was)
                .or_default()
                .entry(one.stage(now))
                .or_default() += 1;
            let inside: Vec<usize> = (0..SEGMENTS.len())
                .filter(|place| one.since(SEGMENTS[*place], now).is_some())
                .collect();
            for (at, a) in inside.iter().enumerate() {
                for b in &inside[at + 1..] {
                    *pairs.entry((*a, *b)).or_default() += 1;
                }
            }
        }
        assert_eq!(report["lifecycle"]["moves"], json!(moves));
        let told: BTreeSet<String> = report["overlaps"]
            .as_array()
            .unwrap()
            .iter()
            .map(|pair| format!("{} {}", pair["segments"], pair["in_both"]))
            .collect();
        let counted: BTreeSet<String> = pairs
            .into_iter()
            .map(|((a, b), both)| format!("{} {both}", json!([SEGMENTS[a], SEGMENTS[b]])))
            .collect();
        assert_eq!(told, counted);
        let buyers: Vec<Customer> = known
            .iter()
            .filter(|one| !one.orders.is_empty())
            .map(|one| Customer {
                recency_days: ((now - one.orders.last().unwrap().0) / DAY) as u64,
                frequency: one.orders.len() as u64,
                monetary: rapport_types::Decimal::new(
                    one.orders.iter().map(|(_, cents)| cents).sum(),
                    2,
                ),
            })
            .collect();
        let thresholds = Thresholds::of(&buyers);
        let told = &report["rfm"];
        match thresholds {
            None => assert!(told.is_null()),
            Some(thresholds) => {
                assert_eq!(told["recency_days"], json!(thresholds.recency_days));
                assert_eq!(told["frequency"], json!(thresholds.frequency));
                assert_eq!(told["customers"], buyers.len());
            }
        }
    }
}

impl Known {
    /// Since when they are in a segment.
    fn since(&self, segment: &str, now: i64) -> Option<i64> {
        match segment {
            "everybody" => self.created,
            "vip" => self.tagged,
            "twice" => self.orders.get(1).map(|(when, _)| *when),
            _ => {
                // From the first of the orders that follow one another within 20 days, if the last is not longer ago.
                let mut since = None;
                let mut until = i64::MIN;
                for (when, _) in &self.orders {
                    if since.is_none() || *when > until {
                        since = Some(*when);
                    }
                    until = when + 20 * DAY;
                }
                since.filter(|_| now < until)
            }
        }
    }

    /// The stage of their life, by the bounds that hold where none are set.
    fn stage(&self, now: i64) -> &'static str {
        let orders: Vec<i64> = self
            .orders
            .iter()
            .map(|(when, _)| *when)
            .filter(|when| *when <= now)
            .collect();
        let Some(last) = orders.last() else {
            return "lead";
        };
        match (now - last) / DAY {
            365.. => "lost",
            180.. => "dormant",
            90.. => "at_risk",
            _ if orders.len() >= 2 && last - orders[orders.len() - 2] >= 180 * DAY => "won_back",
            _ if orders.len() >= 5 => "loyal",
            _ if orders.len() > 1 => "repeat",
            _ => "first_time",
        }
    }
}
