//! A day of the calendar, without a zone.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A day of the calendar, such as `2026-11-21`. Which moments it covers depends on a [`Zone`](super::Zone).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(Date);

impl Day {
    /// Reads `YYYY-MM-DD`.
    pub fn parse(text: &str) -> Option<Self> {
        let shaped = text.len() == 10
            && text.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !shaped {
            return None;
        }
        text.parse().ok().map(Self)
    }

    /// The day `year`-`month`-`day`, if there is one.
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        Date::new(year, month, day).ok().map(Self)
    }

    /// Year, month (1–12) and day of the month (1–31).
    pub fn parts(self) -> (i16, i8, i8) {
        (self.0.year(), self.0.month(), self.0.day())
    }

    /// Days since 1970-01-01: what day totals are kept under.
    pub fn number(self) -> i32 {
        self.0
            .since(Date::constant(1970, 1, 1))
            .map(|span| span.get_days())
            .unwrap_or(0)
    }

    /// The day `number` days after 1970-01-01.
    pub fn from_number(number: i32) -> Option<Self> {
        Date::constant(1970, 1, 1)
            .checked_add(jiff::Span::new().try_days(number).ok()?)
            .ok()
            .map(Self)
    }

    /// The day `days` later (earlier where negative); `None` beyond the years -9999 to 9999.
    pub fn plus_days(self, days: i32) -> Option<Self> {
        let span = jiff::Span::new().try_days(days).ok()?;
        self.0.checked_add(span).ok().map(Self)
    }

    /// The same day of the month `months` later, or that month's last day where it is shorter:
    /// 31 January and one month is the last of February.
    pub fn plus_months(self, months: i32) -> Option<Self> {
        let span = jiff::Span::new().try_months(months).ok()?;
        self.0.checked_add(span).ok().map(Self)
    }

    pub(super) fn to_jiff(self) -> Date {
        self.0
    }

    pub(super) fn from_jiff(date: Date) -> Self {
        Self(date)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl TryFrom<String> for Day {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("a day is written YYYY-MM-DD, not {text:?}"))
    }
}

impl From<Day> for String {
    fn from(day: Day) -> String {
        day.to_string()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn months_clamp_to_the_last_day() {
        let day = Day::parse("2027-01-31").unwrap();
        assert_eq!(day.plus_months(1).unwrap().to_string(), "2027-02-28");
        let leap = Day::parse("2028-01-31").unwrap();
        assert_eq!(leap.plus_months(1).unwrap().to_string(), "2028-02-29");
    }

    #[test]
    fn numbers_go_there_and_back() {
        let day = Day::parse("1997-01-01").unwrap();
        assert_eq!(day.number(), 9862);
        assert_eq!(Day::from_number(9862), Some(day));
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for bad in [
            "2026-02-30",
            "26-01-01",
            "2026-1-1",
            "20260101",
            "2026-01-01T00:00:00Z",
        ] {
            assert!(Day::parse(bad).is_none(), "{bad}");
        }
    }
}
