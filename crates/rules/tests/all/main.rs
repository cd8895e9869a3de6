//! The rule language.
//!
//! One program, so that what they share is compiled and linked once.
//!
//! - `balances`: `loyalty.balances.<kind>`: what can be spent of a kind of points, as the account says.
//! - `behaviours`: Events in windows: counts, sums, their borders, and what is no longer kept.
//! - `explain`: Why a rule answers what it does, and what would make it answer otherwise.
//! - `gap`: How far the next change that is promised lies before the true one.
//! - `laws`: Laws that hold for every rule and every customer.
//! - `membership`: Since when a customer is in a segment, however seldom one looks.
//! - `models`: Fields that need what is known of the whole population.
//! - `offers`: Which offer a customer is shown.
//! - `operators`: One test per operator: Chinese text, numbers and decimals, days at their borders in several zones, lists, absence.
//! - `references`: Other segments, scores, and what other documents say.
//! - `refusals`: What is wrong with a rule is said with its place.
//! - `schema`: The published JSON Schema: it is what the code makes, and says what it can of what the parser says.
//! - `sequences`: Events that follow one another, and the other things that are asked of events.
//! - `sets`: Counts and sums that are answered together are answered as each alone is.
//! - `tags`: Tags that rules put on: seen by every test of tags, for as long as their rules hold.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    missing_docs
)]

mod balances;
mod behaviours;
mod common;
mod explain;
mod gap;
mod laws;
mod membership;
mod models;
mod offers;
mod operators;
mod references;
mod refusals;
mod schema;
mod sequences;
mod sets;
mod tags;
