//! How long points last.

use rapport_types::{Day, Timestamp, Zone};
use serde::{Deserialize, Serialize};

/// How long points last, counted from their activation. Every kind ends with the end of a day in the shop's zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Validity {
    /// Months of the calendar; 31 January and one month is the last of February: `{"months": 12}`.
    Months(u16),
    /// Days of the calendar: `{"days": 30}`.
    Days(u16),
    /// A day, the same for all: `{"date": "2027-12-31"}`. Points that activate after it are over at once.
    Date(Day),
    /// The last day of a month, quarter or year: `{"end_of": {"period": "year", "after_months": 12}}`.
    EndOf(EndOf),
    /// `"never"`: the same as leaving it out.
    Never,
}

/// The last day of the period in which points activate, or in which they are so many months old.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndOf {
    /// Of what.
    pub period: Period,
    /// First so many months are added, as by [`Validity::Months`]: 12 and `year` is the end of next year.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub after_months: u16,
}

/// A part of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// A month.
    Month,
    /// January to March, and so on.
    Quarter,
    /// January to December.
    Year,
}

// serde's `skip_serializing_if` passes a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero(months: &u16) -> bool {
    *months == 0
}

impl Period {
    /// The last day of the period that `day` is in.
    fn last_day(self, day: Day) -> Option<Day> {
        let (year, month, _) = day.parts();
        let last = match self {
            Self::Month => month,
            // 3 for months 1 to 3, 6 for 4 to 6.
            Self::Quarter => month.checked_add(2)?.checked_div(3)?.checked_mul(3)?,
            Self::Year => 12,
        };
        Day::new(year, last, 1)?.plus_months(1)?.plus_days(-1)
    }
}

impl Validity {
    /// Whether there is no day on which points of such validity could be spent.
    pub fn is_nothing(self) -> bool {
        matches!(self, Self::Months(0) | Self::Days(0))
    }

    /// The first moment at which points active from `active_from` can no longer be spent.
    pub fn expires_at(self, active_from: Timestamp, zone: &Zone) -> Option<Timestamp> {
        let first = zone.day_of(active_from);
        let last = match self {
            Self::Months(months) => first.plus_months(i32::from(months)),
            Self::Days(days) => first.plus_days(i32::from(days)),
            Self::Date(day) => Some(day),
            Self::EndOf(EndOf {
                period,
                after_months,
            }) => first
                .plus_months(i32::from(after_months))
                .and_then(|day| period.last_day(day)),
            Self::Never => return None,
        };
        Some(last.map_or(Timestamp::MAX, |day| zone.end_of(day)))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_as_documented_and_written_as_it_was_read() {
        for text in [
            r#"{"months":12}"#,
            r#"{"days":30}"#,
            r#"{"date":"2027-12-31"}"#,
            r#"{"end_of":{"period":"month"}}"#,
            r#"{"end_of":{"period":"year","after_months":12}}"#,
            r#""never""#,
        ] {
            let validity: Validity = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&validity).unwrap(), text);
        }
        for wrong in [
            r#"{"date":"2027-02-29"}"#,
            r#"{"end_of":{"period":"week"}}"#,
            r#"{"end_of":{"period":"year","after":1}}"#,
            r#"{"weeks":1}"#,
        ] {
            assert!(serde_json::from_str::<Validity>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_period_ends_with_its_last_day() {
        let last = |period: Period, day| period.last_day(Day::parse(day).unwrap()).unwrap();
        let day = |text: &str| Day::parse(text).unwrap();
        assert_eq!(last(Period::Month, "2028-02-01"), day("2028-02-29"));
        assert_eq!(last(Period::Month, "2026-12-31"), day("2026-12-31"));
        for (month, end) in [
            (1, "03-31"),
            (3, "03-31"),
            (4, "06-30"),
            (9, "09-30"),
            (10, "12-31"),
        ] {
            let within = Day::new(2026, month, 1).unwrap();
            let end = day(&format!("2026-{end}"));
            assert_eq!(Period::Quarter.last_day(within), Some(end));
            assert_eq!(Period::Year.last_day(within), Some(day("2026-12-31")));
        }
    }
}
