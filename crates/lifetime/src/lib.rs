//! What a customer's past orders say of the future, and of their worth.
//!
//! Pure: no store, no clock. Two models that shops know:
//!
//! - **BG/NBD** (P. S. Fader, B. G. S. Hardie, K. L. Lee: "Counting Your Customers" the Easy Way: An Alternative to the
//!   Pareto/NBD Model. *Marketing Science* 24, 2005, 275–284): how likely a customer still is one, and how many orders to
//!   expect of them. It counts one purchase per customer and day, in weeks. Fitting it is not here: that takes the whole
//!   population and is done outside (`rapport fit`).
//! - **RFM**: recency, frequency and money, each scored 1 to 5 by the quintiles of the population, and the eight value groups
//!   that shops make of them.
//!
//! # Layout
//!
//! - [`params`]: [`Params`], the four numbers of BG/NBD, and [`History`], what it looks at.
//! - `bgnbd`: the formulas.
//! - `special`: the series behind them.
//! - [`course`]: how the two measures fall while a customer orders nothing, and when they pass a value.
//! - [`rfm`]: [`Thresholds`] and scores. `counted`: thresholds by how often each value occurs. [`group`]: [`Group`], the eight value groups.

mod bgnbd;
mod counted;
pub mod course;
pub mod group;
pub mod params;
pub mod rfm;
mod special;

pub use course::{Measure, Purchases};
pub use group::Group;
pub use params::{History, Params};
pub use rfm::{Customer, Scores, Thresholds};
