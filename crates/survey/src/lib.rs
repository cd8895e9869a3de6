//! SurveyJS documents, answers checked against them, and results.
//!
//! A survey is a SurveyJS JSON document. [`Survey::parse`] reads it when it is published and refuses what the
//! server would understand differently from the browser; [`Survey::check`] holds a response against it, as
//! `survey-core` would; [`Tally`] adds responses up. Nothing here stores anything or reads a clock.
//!
//! # Layout
//!
//! - [`js`]: values, conversions and comparisons as in JavaScript and `survey-core`.
//! - [`expr`]: the expressions of `visibleIf` and its kind: reader, meaning, printer.
//! - [`survey`]: a published survey: questions, the panels and pages around them, their conditions.
//! - [`publish`]: from the JSON document to a [`Survey`], or everything that stands in the way.
//! - [`check`]: a response against a survey: what is shown, what is missing, what is dropped.
//! - [`mod@format`]: the shapes of dates, times and e-mail addresses.
//! - [`tally`]: counts, means and latest texts over many responses.
//! - [`results`]: a tally as the answer to who asks for results.

pub mod check;
pub mod expr;
pub mod format;
pub mod js;
pub mod publish;
pub mod results;
pub mod survey;
pub mod tally;

pub use check::{Checked, Dropped, Reason};
pub use results::Results;
pub use survey::Survey;
pub use tally::Tally;
