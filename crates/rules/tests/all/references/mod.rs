//! Other segments, scores, and what other documents say.

mod documents;
mod scores;
mod segments;

use crate::common::{Shopper, at, rule, shanghai};
use rapport_rules::{Library, Linked, Outcome, Score, evaluate};
use serde_json::{Value, json};

fn library(segments: &[(&str, Value)], scores: &[(&str, Value)]) -> Library {
    let mut library = Library::default();
    for (id, json) in segments {
        library
            .segments
            .insert((*id).to_owned(), rule(json.clone()));
    }
    for (id, json) in scores {
        library
            .scores
            .insert((*id).to_owned(), Score::parse(json).unwrap());
    }
    library
}

fn ask(linked: &Linked, segment: &str, shopper: &Shopper, now: &str) -> Outcome {
    evaluate(&linked.segments[segment], shopper, at(now), &shanghai())
}

fn bought() -> Shopper {
    Shopper::default().bought(at("2026-11-01"), 10.0)
}

fn active() -> Value {
    json!({"event": "order_completed", "within": "30d"})
}
