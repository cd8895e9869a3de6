//! Durations such as `30d`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A duration `<n>(s|m|h|d|w)`: a day is 24 hours, a week 7 days.
///
/// Number and unit are kept as they were written, and written so again: whoever sent `14d` is not answered `2w`. Two are equal if they are
/// written alike; [`Span::millis`] says which is longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span {
    number: u32,
    unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
}

impl Unit {
    const ALL: [Self; 5] = [
        Self::Second,
        Self::Minute,
        Self::Hour,
        Self::Day,
        Self::Week,
    ];

    fn letter(self) -> char {
        match self {
            Self::Second => 's',
            Self::Minute => 'm',
            Self::Hour => 'h',
            Self::Day => 'd',
            Self::Week => 'w',
        }
    }

    fn millis(self) -> i64 {
        match self {
            Self::Second => 1_000,
            Self::Minute => 60_000,
            Self::Hour => 3_600_000,
            Self::Day => 86_400_000,
            Self::Week => 604_800_000,
        }
    }
}

/// The text is no duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a duration is a whole number and one of s, m, h, d, w, such as 30d, at most 36500d; not {0:?}"
)]
pub struct SpanError(String);

impl Span {
    /// A hundred years of 365 days.
    pub const MAX: Self = Self {
        number: 36_500,
        unit: Unit::Day,
    };

    /// Reads `text`.
    pub fn parse(text: &str) -> Result<Self, SpanError> {
        let error = || SpanError(text.to_owned());
        let letter = text.chars().next_back().ok_or_else(error)?;
        let digits = text.strip_suffix(letter).ok_or_else(error)?;
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(error());
        }
        let mut units = Unit::ALL.into_iter();
        let unit = units.find(|unit| unit.letter() == letter);
        let unit = unit.ok_or_else(error)?;
        let number = digits.parse().map_err(|_| error())?;
        Self::of(number, unit).ok_or_else(error)
    }

    /// Whole days of 24 hours; `None` beyond [`Span::MAX`].
    pub fn days(days: u32) -> Option<Self> {
        Self::of(days, Unit::Day)
    }

    fn of(number: u32, unit: Unit) -> Option<Self> {
        let span = Self { number, unit };
        (span.millis() <= Self::MAX.millis()).then_some(span)
    }

    /// The length in milliseconds, never negative.
    pub fn millis(self) -> i64 {
        i64::from(self.number).saturating_mul(self.unit.millis())
    }

    /// The longer of the two.
    #[must_use]
    pub fn longer(self, other: Self) -> Self {
        std::cmp::max_by_key(self, other, |span| span.millis())
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.number, self.unit.letter())
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
        let millis = |text| Span::parse(text).unwrap().millis();
        assert_eq!(millis("24h"), millis("1d"));
        assert_eq!(millis("1w"), millis("7d"));
        assert_eq!(millis("60m"), millis("3600s"));
        let span = |text| Span::parse(text).unwrap();
        assert_eq!(span("8d").longer(span("1w")), span("8d"));
        assert_eq!(span("23h").longer(span("1d")), span("1d"));
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
    fn it_is_written_as_it_came() {
        for text in ["14d", "2w", "36h", "0s", "90m", "36500d", "3153600000s"] {
            assert_eq!(Span::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Span::days(14).unwrap().to_string(), "14d");
        assert_ne!(Span::parse("14d").unwrap(), Span::parse("2w").unwrap());
    }

    #[test]
    fn a_hundred_years_are_the_most() {
        assert_eq!(Span::MAX.millis(), 3_153_600_000_000);
        for text in ["36501d", "5215w", "3153600001s", "4294967296s"] {
            assert!(Span::parse(text).is_err(), "{text}");
        }
        assert_eq!(Span::days(36_501), None);
    }
}
