//! The vocabulary every layer shares: identifiers, money, moments, durations, decimals.
//!
//! Each is parsed once, at the edge, and private inside, so that a function which takes one needs
//! no check of its own.
//!
//! # Layout
//!
//! - [`id`]: [`CustomerId`], [`Slug`] and [`Tag`], the names clients give to things.
//! - [`money`]: [`Money`], minor units with a [`Currency`].
//! - [`properties`]: [`Properties`], what was said about an event.
//! - [`decimal`]: exact decimals out of JSON numbers.
//! - [`time`]: [`Timestamp`], [`Day`] and the shop's [`Zone`].
//! - [`span`]: [`Span`], durations such as `30d`.
//! - [`event`]: the one spelling of an event's name.
//! - [`json`]: reading JSON, an object where an object belongs.
//! - [`violation`]: [`Violation`], one thing wrong with an input, and where.
//! - [`sort`]: sorting what is short, by code that is compiled once.
//! - [`hash`]: short stable hashes of client text.

pub mod decimal;
pub mod event;
pub mod hash;
pub mod id;
pub mod json;
pub mod money;
pub mod properties;
pub mod sort;
pub mod span;
pub mod time;
pub mod violation;

pub use decimal::Decimal;
pub use id::{CustomerId, Slug, Tag};
pub use money::{Currency, Money};
pub use properties::Properties;
pub use span::Span;
pub use time::{Day, Timestamp, Zone};
pub use violation::Violation;
