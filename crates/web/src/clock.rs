//! The moment of a request: read once, passed down.

use http::HeaderMap;
use rapport_types::Timestamp;

use crate::code::Code;
use crate::problem::Problem;
use crate::settings::Clock;

/// The header that sets the clock where the setting `clock` is `request`.
pub const HEADER: &str = "rapport-now";

/// The moment at which the request is taken to happen.
pub(crate) fn now(clock: Clock, headers: &HeaderMap) -> Result<Timestamp, Problem> {
    match headers.get(HEADER) {
        Some(value) if clock == Clock::Request => value
            .to_str()
            .ok()
            .and_then(|text| Timestamp::parse(text).ok())
            .ok_or_else(|| {
                Problem::new(
                    Code::InvalidParameter,
                    "Rapport-Now is a moment such as 2026-11-21T08:30:00+08:00.",
                )
            }),
        _ => Ok(system()),
    }
}

fn system() -> Timestamp {
    let millis = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_millis()).ok())
        .unwrap_or(0);
    Timestamp::from_millis(millis)
}
