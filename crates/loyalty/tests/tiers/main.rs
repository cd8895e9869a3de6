//! Tiers over time, dated and with their arithmetic. The shop is in Shanghai: its midnight is 16:00 UTC of the day before.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::panic
)]

mod book;
mod flips;
mod given;
mod keeping;
mod laws;
mod orders;
mod segments;
#[path = "../support/mod.rs"]
mod support;

use rapport_types::Timestamp;
use support::Bank;

/// Tiers at 100, 300 and 1,000 points.
fn programme(window: &str, policy: &str) -> String {
    let tier = |id: &str, at_least: i64| {
        format!(
            r#"{{"id": "{id}", "name": "{id}", "at_least": {at_least}, "by": "points"{window}}}"#
        )
    };
    format!(
        r#"{{"points": {{"per": {{"amount": 100, "currency": "USD"}}, "points": 1}},
            "tiers": [{}, {}, {}]{policy}}}"#,
        tier("silver", 100),
        tier("gold", 300),
        tier("black", 1_000)
    )
}

const YEAR: &str = r#", "window": "calendar_year""#;
const DAYS: &str = r#", "window": "30d""#;

fn text(moment: Option<Timestamp>) -> Option<String> {
    moment.map(|moment| moment.to_string())
}

/// The tier, and until when.
fn held(bank: &Bank, when: &str) -> (Option<String>, Option<String>) {
    let standing = bank.tier(when);
    (
        standing.tier.map(|tier| tier.to_string()),
        text(standing.until),
    )
}

fn is(tier: &str, until: &str) -> (Option<String>, Option<String>) {
    (Some(tier.to_owned()), Some(until.to_owned()))
}

/// The tier and until when, at one moment after the other; and that there is none at the last.
fn holds(bank: &Bank, moments: &[(&str, &str, &str)], none: &str) {
    for (when, tier, until) in moments {
        assert_eq!(held(bank, when), is(tier, until), "{when}");
    }
    assert_eq!(bank.tier(none).tier, None, "{none}");
}

/// What is missing, from when on it counts, and by when.
fn keep(bank: &Bank, when: &str) -> Option<(i64, Option<String>, String)> {
    let keep = bank.tier(when).keep?;
    Some((keep.missing?, text(keep.from), text(keep.by)?))
}
