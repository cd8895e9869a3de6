//! What a field means, of a customer, an event or an element.

use rapport_types::{Decimal, Timestamp};
use serde_json::{Map, Value};

use super::{About, DAY, Seen, World, number};

impl World<'_> {
    pub(super) fn find(&self, name: &str, about: About<'_>) -> Option<Seen> {
        let shopper = self.shopper;
        let seen = match about {
            About::Element(element) if name.is_empty() => Seen::Json(element.clone()),
            About::Element(element) => Seen::Json(at_path(element.as_object()?, name)?),
            About::Event(at, _) if name == "at" => Seen::Moment(at),
            About::Event(_, properties) => {
                Seen::Json(at_path(properties, name.strip_prefix("properties.")?)?)
            }
            About::Customer => match name {
                "tags" => Seen::Json(shopper.tags.clone().into()),
                "created_at" => Seen::Moment(shopper.created_at?),
                "rfm.recency_days" => {
                    let millis = self.now.millis() - shopper.orders.last_at?.millis();
                    Seen::Json((millis.max(0) / DAY).into())
                }
                "rfm.frequency" => Seen::Json(shopper.orders.count.into()),
                "rfm.monetary" => {
                    Seen::Json(serde_json::from_str(&shopper.orders.spend.to_string()).unwrap())
                }
                "lifecycle" => Seen::Json(self.stage().into()),
                name => match name.split_once('.') {
                    Some(("traits", path)) => Seen::Json(at_path(&shopper.traits, path)?),
                    Some(("scores", path)) => self.score(path)?,
                    _ => {
                        let (_, value) = shopper.fact_named(name, self.now);
                        match value? {
                            Value::String(text) if name.ends_with("_at") => {
                                Seen::Moment(Timestamp::parse(&text).unwrap())
                            }
                            value => Seen::Json(value),
                        }
                    }
                },
            },
        };
        match seen {
            Seen::Json(Value::Null) => None,
            seen => Some(seen),
        }
    }

    fn stage(&self) -> &'static str {
        let orders = &self.shopper.orders;
        let Some(last) = orders.last_at else {
            return "lead";
        };
        let days = (self.now.millis() - last.millis()).div_euclid(DAY);
        if days >= 365 {
            return "lost";
        }
        if days >= 180 {
            return "dormant";
        }
        if days >= 90 {
            return "at_risk";
        }
        match orders.previous_at {
            Some(previous) if last.millis() - previous.millis() >= 180 * DAY => "won_back",
            _ if orders.count >= 5 => "loyal",
            _ if orders.count > 1 => "repeat",
            _ => "first_time",
        }
    }

    fn score(&self, path: &str) -> Option<Seen> {
        let (id, band) = match path.split_once('.') {
            Some((id, _)) => (id, true),
            None => (path, false),
        };
        let score = self.scores.get(id)?;
        let mut sum = Decimal::ZERO;
        for clause in score["clauses"].as_array().unwrap() {
            if self.holds(&clause["when"]) {
                sum += number(&clause["points"]).unwrap();
            }
        }
        if !band {
            return Some(Seen::Json(serde_json::from_str(&sum.to_string()).unwrap()));
        }
        let mut best: Option<(Decimal, Value)> = None;
        for band in score["bands"].as_array().unwrap() {
            let least = number(&band["at_least"]).unwrap();
            if sum >= least && best.as_ref().is_none_or(|(other, _)| least > *other) {
                best = Some((least, band["id"].clone()));
            }
        }
        best.map(|(_, id)| Seen::Json(id))
    }
}

fn at_path(members: &Map<String, Value>, path: &str) -> Option<Value> {
    match path.split_once('.') {
        None => members.get(path).cloned(),
        Some((first, rest)) => at_path(members.get(first)?.as_object()?, rest),
    }
}
