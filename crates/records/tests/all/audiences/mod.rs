//! After a tick, audiences are what evaluating everybody afresh says: over days, while definitions change, and whenever a crash comes.
//!
//! - [`rules`]: rules of every kind that time flips, and what customers do meanwhile
//! - [`days`]: sixty days, busy and quiet
//! - [`fills`]: a new or changed definition
//! - [`races`]: several processes at once, some of which crash
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss
)]

mod days;
mod fills;
mod races;
pub mod rules;
