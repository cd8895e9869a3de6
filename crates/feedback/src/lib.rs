//! Feedback records and the metrics over them.
//!
//! Pure: no store, no clock. [`decide()`] takes a record, a command and the moment, and answers with the record as
//! it is afterwards. [`Sums`] adds records up, one by one, so that metrics never need all of them at once.
//!
//! # Layout
//!
//! - [`kind`]: what a record answers: a text, a rating, an NPS question, ...
//! - [`value`]: whether a value is an answer of its kind.
//! - [`draft`]: what a client sends, and its limits.
//! - [`record`]: [`Record`], the document.
//! - [`state`]: the life of a record.
//! - [`decide`](mod@decide): the one function that changes a record.
//! - [`metrics`]: counts per score, and NPS, CSAT and CES over them.
//! - [`summary`]: [`Summary`], what one customer's feedback comes to: the facts that rules ask for.

pub mod decide;
pub mod draft;
pub mod kind;
pub mod metrics;
pub mod record;
pub mod state;
pub mod summary;
pub mod value;

pub use decide::{Command, Rejection, decide};
pub use draft::Draft;
pub use kind::Kind;
pub use metrics::{Metrics, Sums};
pub use record::Record;
pub use state::State;
pub use summary::Summary;
