//! The rule language of segments, survey targeting and earning.
//!
//! A rule is JSON. [`Rule::parse`] checks all of it, so that evaluation can only answer, never fail.
//! [`evaluate`] says whether a [`Subject`] matches at a moment, and until when that answer holds;
//! [`since`] says since when it has held. Nothing here reads a clock or a store.
//!
//! # Layout
//!
//! - [`rule`]: [`Rule`], the parsed form, which is the form that is evaluated.
//! - [`parse`]: JSON into that form, or every [`Violation`](rapport_types::Violation) with its place;
//!   `parse/field.rs`, `parse/behaviour.rs` and `parse/operand.rs` hold the parts.
//! - [`operator`]: the names of the operators, their pairs, and what is suggested for a wrong one.
//! - [`subject`]: [`Subject`], what a rule is evaluated about.
//! - [`evaluate`](mod@evaluate): a rule about a subject at a moment, and the next change.
//! - [`verdict`]: an answer with its end, and how `all`, `any` and `not` combine them.
//! - [`field`]: field tests; [`found`]: the values they look at.
//! - [`drift`]: fields that change with time alone (`rfm.recency_days`, `lifecycle`).
//! - [`moment`]: date operators.
//! - [`behaviour`]: counts and sums of events in a window; [`tally`] adds them up.
//! - [`text`]: comparison after NFKC and case folding.
//! - [`place`]: distances on the globe.
//! - [`lifecycle`]: the stages of a customer's life, and their bounds.
//! - [`membership`]: since when a subject has matched.

mod behaviour;
mod drift;
mod evaluate;
mod field;
mod found;
mod lifecycle;
mod membership;
mod moment;
mod operator;
mod parse;
mod place;
mod rule;
mod subject;
mod tally;
mod text;
mod verdict;

pub use evaluate::{Outcome, evaluate};
pub use lifecycle::{LifecycleBounds, Stage};
pub use membership::{Membership, since};
pub use parse::event_name;
pub use rule::Rule;
pub use subject::{DayTotal, EventRef, Orders, Subject, Visit};
