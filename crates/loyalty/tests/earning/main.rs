//! Earning rules, dated and with their arithmetic. The shop is in Shanghai: its midnight is 16:00 UTC.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

mod caps;
mod laws;
mod occasions;
mod programmes;
mod rates;
#[path = "../support/mod.rs"]
mod support;

use rapport_loyalty::Outcome;
use rapport_loyalty::earning::{Grant, Source};

/// A point per dollar, and these rules.
fn programme(rules: &str) -> String {
    format!(
        r#"{{"points": {{"per": {{"amount": 100, "currency": "USD"}}, "points": 1}}, "rules": [{rules}],
            "tiers": [{{"id": "silver", "name": "Silver", "at_least": 100, "by": "points", "window": "30d"}},
                      {{"id": "gold", "name": "Gold", "at_least": 1000, "by": "points", "window": "30d",
                        "benefits": {{"multiplier": 1.5}}}}]}}"#
    )
}

/// What each source gave, in short.
fn rows(outcome: &Outcome) -> Vec<(String, i64)> {
    let name = |source: &Source| match source {
        Source::Base => "base".to_owned(),
        Source::Tier(id) => format!("tier {id}"),
        Source::Rule(id) => id.to_string(),
        Source::Caps => "caps".to_owned(),
        Source::Others => "others".to_owned(),
    };
    let sum: i64 = outcome.given.iter().map(|grant| grant.points).sum();
    assert_eq!(sum, outcome.answer.points, "{:?}", outcome.given);
    let row = |grant: &Grant| (name(&grant.source), grant.points);
    outcome.given.iter().map(row).collect()
}

fn is(expected: &[(&str, i64)]) -> Vec<(String, i64)> {
    let row = |(name, points): &(&str, i64)| ((*name).to_owned(), *points);
    expected.iter().map(row).collect()
}
