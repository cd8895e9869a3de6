//! A moment, to the millisecond.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{MomentWriter, quick};
use crate::span::Span;

/// A moment: milliseconds since 1970-01-01T00:00:00Z. Written as RFC 3339 in UTC.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(i64);

/// The text is no moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a moment is written as in RFC 3339, such as 2026-11-21T08:30:00+08:00, in the years 0001 to 9999; not {0:?}"
)]
pub struct TimestampError(String);

/// 0001-01-01T00:00:00Z and 9999-12-30T22:00:00Z: what jiff can show in every zone.
const RANGE: std::ops::RangeInclusive<i64> = -62_135_596_800_000..=253_402_207_200_000;

impl Timestamp {
    /// The first moment of 1970 in UTC.
    pub const EPOCH: Self = Self(0);
    /// The first moment of the year 0001, in UTC. None is earlier.
    pub const MIN: Self = Self(*RANGE.start());
    /// Later than every moment that is read from outside.
    pub const MAX: Self = Self(*RANGE.end());

    /// The moment `millis` milliseconds after 1970 began in UTC, kept within the years 0001 to 9999.
    #[inline]
    pub fn from_millis(millis: i64) -> Self {
        Self(millis.clamp(*RANGE.start(), *RANGE.end()))
    }

    /// Milliseconds since 1970 began in UTC.
    #[inline]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Reads an RFC 3339 moment; its offset is required.
    pub fn parse(text: &str) -> Result<Self, TimestampError> {
        match quick::moment(text) {
            Some(moment) => Ok(moment),
            None => Self::parse_any(text),
        }
    }

    /// The same in any shape.
    pub(super) fn parse_any(text: &str) -> Result<Self, TimestampError> {
        let error = || TimestampError(text.to_owned());
        let whole = completed(text).ok_or_else(error)?;
        let moment = chrono::DateTime::parse_from_rfc3339(&whole).map_err(|_| error())?;
        // Of a leap second these are over a thousand: it is the last second of its minute once more.
        let millis = i64::from(moment.timestamp_subsec_millis().rem_euclid(1_000));
        let millis = moment
            .timestamp()
            .saturating_mul(1_000)
            .saturating_add(millis);
        RANGE
            .contains(&millis)
            .then_some(Self(millis))
            .ok_or_else(error)
    }

    /// This moment and `span` more, at most [`Timestamp::MAX`].
    #[must_use]
    #[inline]
    pub fn plus(self, span: Span) -> Self {
        Self::from_millis(self.0.saturating_add(span.millis()))
    }

    /// `span` before this moment.
    #[must_use]
    pub fn minus(self, span: Span) -> Self {
        Self::from_millis(self.0.saturating_sub(span.millis()))
    }

    /// Milliseconds from `earlier` to this moment; negative where `earlier` is later.
    pub fn millis_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// For the zone's arithmetic.
    pub(crate) fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }
}

/// `text` with the seconds and the minutes of its offset, which many programs leave out where they are none; RFC 3339 wants them.
fn completed(text: &str) -> Option<String> {
    let (moment, offset) = text.split_at_checked(16)?;
    let at = offset.find(['Z', 'z', '+', '-'])?;
    let (seconds, offset) = offset.split_at_checked(at)?;
    let seconds = if seconds.is_empty() { ":00" } else { seconds };
    let (hours, minutes) = offset.split_at_checked(3).unwrap_or((offset, ""));
    let minutes = match minutes.strip_prefix(':').unwrap_or(minutes) {
        "" if hours.len() == 3 => ":00".to_owned(),
        "" => String::new(),
        minutes => format!(":{minutes}"),
    };
    Some(format!("{moment}{seconds}{hours}{minutes}"))
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut writer = MomentWriter::default();
        f.write_str(std::str::from_utf8(writer.text(*self)).unwrap_or(""))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut writer = MomentWriter::default();
        to.serialize_str(std::str::from_utf8(writer.text(*self)).unwrap_or(""))
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(Read)
    }
}

struct Read;

impl Visitor<'_> for Read {
    type Value = Timestamp;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Timestamp, E> {
        Timestamp::parse(text).map_err(E::custom)
    }
}

/// `#[serde(with = "rapport_types::time::millis")]`: a moment as a number, for long lists in documents.
pub mod millis {
    use super::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes milliseconds since 1970.
    pub fn serialize<S: Serializer>(moment: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_i64(moment.millis())
    }

    /// Reads milliseconds since 1970.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        i64::deserialize(from).map(Timestamp::from_millis)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_moment_is_written_as_the_calendar_has_it() {
        let step = 3_542_364_617_i64;
        let mut millis = *RANGE.start();
        while millis <= *RANGE.end() {
            for millis in [
                millis,
                millis
                    .checked_div(1_000)
                    .unwrap()
                    .checked_mul(1_000)
                    .unwrap(),
            ] {
                let moment = Timestamp::from_millis(millis);
                assert_eq!(moment.to_string(), moment.to_jiff().to_string());
            }
            millis = millis.checked_add(step).unwrap();
        }
        assert_eq!(
            Timestamp::MAX.to_string(),
            Timestamp::MAX.to_jiff().to_string()
        );
    }

    #[test]
    fn a_moment_is_read_with_its_offset_and_written_in_utc() {
        let moment = Timestamp::parse("2026-11-21T08:30:00.250+08:00").unwrap();
        assert_eq!(moment.to_string(), "2026-11-21T00:30:00.25Z");
    }

    #[test]
    fn moments_are_read_as_the_calendar_library_reads_them() {
        let mut read = 0;
        for date in [
            "0001-01-02",
            "1582-10-10",
            "1900-02-29",
            "2000-02-29",
            "2026-11-21",
            "2026-13-01",
            "9999-12-30",
            "9999-12-31",
        ] {
            for between in ["T", "t", " ", "_"] {
                for time in [
                    "00:00",
                    "08:30:00",
                    "23:59:60",
                    "24:00:00",
                    "08:30:00.2",
                    "08:30:00.",
                    "8:30",
                ] {
                    for offset in [
                        "Z", "z", "", "+08:00", "+0800", "+08", "-03:30", "-00:00", "+08:60",
                        "+8:00", "Z[UTC]",
                    ] {
                        let text = format!("{date}{between}{time}{offset}");
                        let jiff = text.parse::<jiff::Timestamp>().ok();
                        let jiff = jiff.filter(|moment| {
                            RANGE.contains(&moment.as_millisecond()) && !text.contains('[')
                        });
                        let ours = Timestamp::parse_any(&text).ok();
                        assert_eq!(
                            ours.map(Timestamp::millis),
                            jiff.map(|moment| moment.as_millisecond()),
                            "{text}"
                        );
                        read += i32::from(ours.is_some());
                    }
                }
            }
        }
        assert!(read > 400, "{read}");
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for bad in [
            "",
            "2026-11-21",
            "2026-11-21T08:30:00",
            "yesterday",
            "+012026-01-01T00:00:00Z",
            "1e9",
        ] {
            assert!(Timestamp::parse(bad).is_err(), "{bad}");
        }
    }
}
