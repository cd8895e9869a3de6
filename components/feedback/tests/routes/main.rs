//! Routes of feedback, over a store in memory.
//!
//! One program, so that what they share is compiled and linked once.
//!
//! - `customers`: `/v1/feedback/customers/{customer}`, and what keeping it costs.
//! - `metrics`: `/v1/feedback/metrics`.
//! - `records`: `/v1/feedback`.

mod customers;
mod metrics;
mod records;
