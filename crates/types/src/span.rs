//! Durations such as `30d`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A duration `<n>(s|m|h|d|w)`: a day is 24 hours, a week 7 days. Kept in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span(i64);

/// The text is no duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a duration is a whole number and one of s, m, h, d, w, such as 30d, at most 36500d; not {0:?}"
)]
pub struct SpanError(String);

const UNITS: [(char, i64); 5] = [
    ('w', 604_800_000),
    ('d', 86_400_000),
    ('h', 3_600_000),
    ('m', 60_000),
    ('s', 1_000),
];

impl Span {
    /// A hundred years of 365 days.
    pub const MAX: Self = Self(3_153_600_000_000);

    /// Reads `text`.
    pub fn parse(text: &str) -> Result<Self, SpanError> {
        let error = || SpanError(text.to_owned());
        let unit = text.chars().next_back().ok_or_else(error)?;
        let digits = text.strip_suffix(unit).ok_or_else(error)?;
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(error());
        }
        let (_, millis) = UNITS.iter().find(|(u, _)| *u == unit).ok_or_else(error)?;
        let number: i64 = digits.parse().map_err(|_| error())?;
        let total = number.checked_mul(*millis).ok_or_else(error)?;
        if total > Self::MAX.0 {
            return Err(error());
        }
        Ok(Self(total))
    }

    /// Whole days of 24 hours; `None` beyond [`Span::MAX`].
    pub fn days(days: u32) -> Option<Self> {
        let millis = i64::from(days).checked_mul(86_400_000)?;
        (millis <= Self::MAX.0).then_some(Self(millis))
    }

    /// The length in milliseconds, never negative.
    pub fn millis(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = UNITS
            .iter()
            .find(|(_, millis)| self.0.checked_rem(*millis) == Some(0));
        let (unit, millis) = exact.copied().unwrap_or(('s', 1_000));
        write!(f, "{}{unit}", self.0.checked_div(millis).unwrap_or(0))
    }
}

impl TryFrom<String> for Span {
    type Error = SpanError;
    fn try_from(text: String) -> Result<Self, SpanError> {
        Self::parse(&text)
    }
}

impl From<Span> for String {
    fn from(span: Span) -> String {
        span.to_string()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_24_hours() {
        assert_eq!(Span::parse("1d").unwrap().millis(), 86_400_000);
        assert_eq!(Span::parse("24h").unwrap(), Span::parse("1d").unwrap());
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for bad in [
            "",
            "d",
            "3",
            "3x",
            "-3d",
            "+3d",
            "3.5d",
            "3 d",
            "99999999w",
            "日",
        ] {
            assert!(Span::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn it_is_written_in_the_largest_unit_that_is_exact() {
        assert_eq!(Span::parse("14d").unwrap().to_string(), "2w");
        assert_eq!(Span::parse("36h").unwrap().to_string(), "36h");
    }
}
