//! Moments, days, and the shop's time zone. Nothing here reads a clock: time is an argument.

mod day;
mod timestamp;
mod zone;

pub use day::Day;
pub use timestamp::{Timestamp, TimestampError, millis};
pub use zone::{Zone, ZoneError};
