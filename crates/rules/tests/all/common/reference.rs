//! A second evaluator: plain, slow, and written from the documentation alone, directly on the JSON of a rule.
//!
//! It knows no next change and nothing of what is no longer kept; it answers one question about one moment.

mod behaviour;
mod facts;
mod operators;

use std::collections::BTreeMap;
use std::str::FromStr;

use caseless::Caseless;
use icu_normalizer::ComposingNormalizerBorrowed;
use rapport_types::{Decimal, Timestamp, Zone};
use serde_json::{Map, Value};

use super::Shopper;

const DAY: i64 = 86_400_000;

/// What a rule is asked about.
pub struct World<'a> {
    pub shopper: &'a Shopper,
    pub zone: &'a Zone,
    /// Dynamic segments and scores, as JSON.
    pub segments: &'a BTreeMap<String, Value>,
    pub scores: &'a BTreeMap<String, Value>,
    pub now: Timestamp,
}

/// What the fields of a rule begin at.
#[derive(Clone, Copy)]
enum About<'a> {
    Customer,
    Event(Timestamp, &'a Map<String, Value>),
    Element(&'a Value),
}

/// One value: as JSON has it, or a moment.
#[derive(Clone)]
enum Seen {
    Json(Value),
    Moment(Timestamp),
}

impl World<'_> {
    pub fn holds(&self, rule: &Value) -> bool {
        self.part(rule, About::Customer)
    }

    fn part(&self, rule: &Value, about: About<'_>) -> bool {
        if let Some(parts) = rule.get("all") {
            return parts
                .as_array()
                .unwrap()
                .iter()
                .all(|part| self.part(part, about));
        }
        if let Some(parts) = rule.get("any") {
            return parts
                .as_array()
                .unwrap()
                .iter()
                .any(|part| self.part(part, about));
        }
        if let Some(part) = rule.get("not") {
            return !self.part(part, about);
        }
        if let Some(tag) = rule.get("tag") {
            return self
                .shopper
                .tags
                .iter()
                .any(|had| fold(had) == fold(tag.as_str().unwrap()));
        }
        if let Some(id) = rule.get("segment") {
            return match self.segments.get(id.as_str().unwrap()) {
                Some(rule) => self.holds(rule),
                None => self.shopper.put_in.iter().any(|put| put == id),
            };
        }
        if let Some(list) = rule.get("each") {
            return match self.find(list.as_str().unwrap(), about) {
                Some(Seen::Json(Value::Array(elements))) => elements.iter().any(|element| {
                    !element.is_null() && self.part(&rule["where"], About::Element(element))
                }),
                _ => false,
            };
        }
        if rule.get("event").is_some() {
            return self.behaviour(rule);
        }
        if let Some(steps) = rule.get("sequence") {
            return self.sequence(rule, steps.as_array().unwrap(), &mut Vec::new());
        }
        let seen = self.find(rule["field"].as_str().unwrap(), about);
        self.test(rule, seen)
    }
}

fn number(value: &Value) -> Option<Decimal> {
    let text = value.as_number()?.to_string();
    Decimal::from_str(&text)
        .or_else(|_| Decimal::from_scientific(&text))
        .ok()
}

fn fold(text: &str) -> String {
    const NFKC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfkc();
    let folded: String = NFKC.normalize(text).chars().default_case_fold().collect();
    NFKC.normalize(&folded).into_owned()
}
