//! Moments, days, and the shop's time zone. Nothing here reads a clock: time is an argument.

mod day;
mod quick;
mod timestamp;
mod write;
mod zone;

pub use day::Day;
pub use timestamp::{Timestamp, TimestampError, millis};
pub use write::MomentWriter;
pub use zone::{Zone, ZoneError};
