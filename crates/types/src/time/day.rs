//! A day of the calendar, without a zone.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A day of the calendar, such as `2026-11-21`. Which moments it covers depends on a [`Zone`](super::Zone).
///
/// Kept as its number, because days are counted and compared far more often than they are read or written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(i32);

/// -9999-01-01 and 9999-12-31.
const RANGE: std::ops::RangeInclusive<i32> = -4_371_587..=2_932_896;

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
        let mut parts = text.split('-');
        Self::new(
            parts.next()?.parse().ok()?,
            parts.next()?.parse().ok()?,
            parts.next()?.parse().ok()?,
        )
    }

    /// The day `year`-`month`-`day`, if there is one.
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        Date::new(year, month, day).ok().map(Self::from_jiff)
    }

    /// Year, month (1–12) and day of the month (1–31).
    pub fn parts(self) -> (i16, i8, i8) {
        let date = self.to_jiff();
        (date.year(), date.month(), date.day())
    }

    /// Days since 1970-01-01: what day totals are kept under.
    pub fn number(self) -> i32 {
        self.0
    }

    /// The day `number` days after 1970-01-01; `None` beyond the years -9999 to 9999.
    pub fn from_number(number: i32) -> Option<Self> {
        RANGE.contains(&number).then_some(Self(number))
    }

    /// The day `days` later (earlier where negative); `None` beyond the years -9999 to 9999.
    pub fn plus_days(self, days: i32) -> Option<Self> {
        Self::from_number(self.0.checked_add(days)?)
    }

    /// The same day of the month `months` later, or that month's last day where it is shorter:
    /// 31 January and one month is the last of February.
    pub fn plus_months(self, months: i32) -> Option<Self> {
        let (year, month, day) = self.parts();
        let month = i32::from(month).checked_sub(1)?.checked_add(months)?;
        let year = i32::from(year).checked_add(month.div_euclid(12))?;
        let month = month.rem_euclid(12).checked_add(1)?;
        let (year, month) = (i16::try_from(year).ok()?, i8::try_from(month).ok()?);
        let first = Date::new(year, month, 1).ok()?;
        Self::new(year, month, day.min(first.days_in_month()))
    }

    pub(super) fn to_jiff(self) -> Date {
        let (year, month, day) = civil(self.0);
        let year = i16::try_from(year).unwrap_or_default();
        let part = |part: i32| i8::try_from(part).unwrap_or(1);
        Date::new(year, part(month), part(day)).unwrap_or_default()
    }

    pub(super) fn from_jiff(date: Date) -> Self {
        let (year, month, day) = (date.year(), date.month(), date.day());
        Self(number(year.into(), month.into(), day.into()))
    }
}

// Days are counted from 1 March of year 0, so that a leap day is the last of its year; 400 years always have 146,097 days.
// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": `days_from_civil` and `civil_from_days`.

/// From the first of March of year 0 to the first day of 1970.
const EPOCH: i32 = 719_468;
/// Days of 400 years.
const ERA: i32 = 146_097;

// Every number here is below that of the days in 20,000 years.
#[allow(clippy::arithmetic_side_effects, clippy::integer_division)]
fn number(year: i32, month: i32, day: i32) -> i32 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH
}

#[allow(clippy::arithmetic_side_effects, clippy::integer_division)]
pub(super) fn civil(number: i32) -> (i32, i32, i32) {
    let days = number + EPOCH;
    let (era, of_era) = (days.div_euclid(ERA), days.rem_euclid(ERA));
    let years = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * years + years / 4 - years / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = years + era * 400 + i32::from(month <= 2);
    (year, month, day)
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.to_jiff(), f)
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.to_jiff(), f)
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
#[allow(clippy::unwrap_used, clippy::arithmetic_side_effects)]
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
    fn every_day_has_its_number_and_its_date() {
        let mut date = Date::MIN;
        for number in RANGE {
            let day = Day::from_number(number).unwrap();
            assert_eq!(day.to_jiff(), date);
            assert_eq!(Day::from_jiff(date), day);
            date = date.tomorrow().unwrap_or(date);
        }
        assert_eq!(date, Date::MAX);
        assert_eq!(Day::from_number(RANGE.end() + 1), None);
        let epoch = Day::new(1970, 1, 1).unwrap();
        assert_eq!(epoch.number(), 0);
        assert_eq!(epoch.plus_months(-1).unwrap().to_string(), "1969-12-01");
        assert_eq!(epoch.plus_months(25).unwrap().to_string(), "1972-02-01");
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
