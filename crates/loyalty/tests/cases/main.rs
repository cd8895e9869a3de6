//! Dated cases, each with its arithmetic. The shop is in Shanghai: its midnight is 16:00 UTC.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::panic
)]

#[path = "../support/mod.rs"]
mod support;

mod audit;
mod audits;
mod care;
mod check_ins;
mod claims;
mod clocks;
mod eligible;
mod expiry;
mod folds;
mod holds;
mod item_rates;
mod kinds;
mod left;
mod liability;
mod limits;
mod missions;
mod news;
mod order_life;
mod orders;
mod programmes;
mod purses;
mod quotes;
mod redemptions;
mod referrals;
mod reversal;
mod rewards;
mod spending;
mod stored;
mod takebacks;
mod tiers;
mod transfers;

const PLAIN: &str = r#"{"points": {"per": {"amount": 100, "currency": "USD"}, "points": 1}}"#;
const MONTHS: &str = r#"{"points": {"per": {"amount": 100, "currency": "USD"}, "points": 1,
    "expires_after": {"months": 1}}}"#;
const DELAYED: &str = r#"{"points": {"per": {"amount": 100, "currency": "USD"}, "points": 1,
    "expires_after": {"days": 10}, "activates_after": "7d"},
    "tiers": [{"id": "silver", "name": "Silver", "at_least": 100, "by": "points", "window": "30d"},
              {"id": "gold", "name": "Gold", "at_least": 300, "by": "points", "window": "30d"}]}"#;
const SPENDERS: &str = r#"{"points": {"per": {"amount": 100, "currency": "USD"}, "points": 1},
    "tiers": [{"id": "silver", "name": "Silver", "at_least": 10000, "by": "spend"},
              {"id": "gold", "name": "Gold", "at_least": 50000, "by": "spend"}]}"#;

fn text(moment: Option<rapport_types::Timestamp>) -> Option<String> {
    moment.map(|moment| moment.to_string())
}
