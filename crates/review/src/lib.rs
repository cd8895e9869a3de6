//! Reviews: how segments do, counted in one pass over all customers.
//!
//! Pure: no store, no clock. A [`Tally`] is given each customer once, as a [`Seen`]; whoever walks may write it down between any two
//! and go on later. When all were seen, [`Review::conclude`] makes of it a review: what was counted, and a list of what to look at.
//! [`Report`] is a review as people read it: figures, and how they differ from those of the review before.
//!
//! A tally has to fit into one document (300 KB) whatever the shop, so what is large in it is written compactly, and its sketches of the
//! population grow coarser instead of longer.
//!
//! # Layout
//!
//! - [`tally`]: [`Tally`], what a pass has counted so far, and [`Seen`], a customer as it counts one.
//! - [`counts`]: [`Counts`], sums over the members of one segment.
//! - [`pairs`]: [`Pairs`], how many customers any two segments share.
//! - [`moves`]: [`Moves`], from which stage of their life to which customers went.
//! - [`sketch`]: [`Sketch`], a distribution in little room, and the RFM thresholds that it gives.
//! - [`review`]: [`Review`], as it is kept. [`report`]: [`Report`], as it is read. [`trend`]: [`Change`].
//! - [`findings`]: [`Finding`], what to look at; `wording` says it.
//! - [`settings`]: [`Settings`], the shop's bounds. [`cadence`]: [`Cadence`], how often.
//! - `digits`: whole numbers as short text. [`ratio`]: shares and means, rounded once.

pub mod cadence;
pub mod counts;
mod digits;
pub mod findings;
pub mod moves;
pub mod pairs;
pub mod ratio;
pub mod report;
pub mod review;
pub mod settings;
pub mod sketch;
pub mod tally;
pub mod trend;
mod wording;

pub use cadence::Cadence;
pub use counts::{Counts, Sums};
pub use findings::{Finding, Severity};
pub use moves::Moves;
pub use pairs::Pairs;
pub use report::Report;
pub use review::{Kind, Review, Reviewed, Subject};
pub use settings::Settings;
pub use sketch::Sketch;
pub use tally::{Held, Opinion, Seen, Spent, Tally};
pub use trend::Change;
