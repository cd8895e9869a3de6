//! How often reviews are.

use std::fmt;

use rapport_types::{Day, Span, Timestamp, Zone};
use serde::{Deserialize, Serialize};

/// How often reviews are: by the shop's calendar, or a duration such as `90d`. Written as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Cadence {
    /// Only when somebody asks.
    Off,
    /// At the same time each day: as long after midnight.
    Daily,
    /// On the same day each week.
    Weekly,
    /// On the same day each month, or the last one of a shorter month.
    #[default]
    Monthly,
    /// On the same day of every third month.
    Quarterly,
    /// After so long.
    Every(Span),
}

/// The text is no cadence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a cadence is off, daily, weekly, monthly, quarterly, or a duration of 1 to 3,650 days such as 90d; not {0:?}"
)]
pub struct CadenceError(String);

const NAMED: [(Cadence, &str); 5] = [
    (Cadence::Off, "off"),
    (Cadence::Daily, "daily"),
    (Cadence::Weekly, "weekly"),
    (Cadence::Monthly, "monthly"),
    (Cadence::Quarterly, "quarterly"),
];
const DAY: i64 = 86_400_000;

/// What is added to the first moment, once and again.
enum Step {
    Days(i32),
    Months(i32),
    Millis(i64),
}

impl Cadence {
    /// Reads `text`.
    pub fn parse(text: &str) -> Result<Self, CadenceError> {
        if let Some((named, _)) = NAMED.iter().find(|(_, name)| *name == text) {
            return Ok(*named);
        }
        let span = Span::parse(text).ok();
        let span = span.filter(|span| (DAY..=3_650 * DAY).contains(&span.millis()));
        span.map(Self::Every)
            .ok_or_else(|| CadenceError(text.to_owned()))
    }

    fn step(self) -> Option<Step> {
        Some(match self {
            Self::Off => return None,
            Self::Daily => Step::Days(1),
            Self::Weekly => Step::Days(7),
            Self::Monthly => Step::Months(1),
            Self::Quarterly => Step::Months(3),
            Self::Every(span) => Step::Millis(span.millis()),
        })
    }

    /// About how long it is.
    pub fn span(self) -> Span {
        let days = |days| Span::days(days).unwrap_or(Span::MAX);
        match self {
            Self::Daily => days(1),
            Self::Weekly => days(7),
            Self::Off | Self::Monthly => days(30),
            Self::Quarterly => days(91),
            Self::Every(span) => span,
        }
    }

    /// The first moment after `last` that is a whole number of steps from `anchor`; `None` where there is none. Counted from the
    /// anchor each time, so that neither a late review nor a short month moves those that follow.
    pub fn next(self, anchor: Timestamp, last: Timestamp, zone: &Zone) -> Option<Timestamp> {
        let step = self.step()?;
        let longest = match step {
            Step::Days(days) => i64::from(days).checked_mul(DAY)?.checked_add(DAY)?,
            Step::Months(months) => i64::from(months).checked_mul(31)?.checked_mul(DAY)?,
            Step::Millis(millis) => millis,
        };
        let gone = last.millis_since(anchor).max(0);
        // So many steps are over for sure, and no more than some beyond.
        let mut times = gone.checked_div(longest)?.max(1);
        loop {
            let at = step.times(times, anchor, zone)?;
            if at > last {
                return Some(at);
            }
            times = times.checked_add(1)?;
        }
    }
}

impl Step {
    /// `anchor`, so many times later; `None` beyond the calendar.
    fn times(&self, times: i64, anchor: Timestamp, zone: &Zone) -> Option<Timestamp> {
        let times32 = i32::try_from(times).ok()?;
        let of_day = |day: Option<Day>| {
            let into = anchor.millis_since(zone.start_of(zone.day_of(anchor)));
            let millis = zone.start_of(day?).millis().checked_add(into)?;
            Some(Timestamp::from_millis(millis))
        };
        let day = zone.day_of(anchor);
        let at = match self {
            Self::Days(days) => of_day(day.plus_days(days.checked_mul(times32)?)),
            Self::Months(months) => of_day(day.plus_months(months.checked_mul(times32)?)),
            Self::Millis(millis) => {
                let millis = anchor.millis().checked_add(millis.checked_mul(times)?)?;
                Some(Timestamp::from_millis(millis))
            }
        };
        at.filter(|at| *at < Timestamp::MAX)
    }
}

impl fmt::Display for Cadence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = NAMED.iter().find(|(named, _)| named == self);
        match (self, named) {
            (Self::Every(span), _) => fmt::Display::fmt(span, f),
            (_, Some((_, name))) => f.write_str(name),
            (_, None) => Ok(()),
        }
    }
}

impl TryFrom<String> for Cadence {
    type Error = CadenceError;
    fn try_from(text: String) -> Result<Self, CadenceError> {
        Self::parse(&text)
    }
}

impl From<Cadence> for String {
    fn from(cadence: Cadence) -> String {
        cadence.to_string()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn the_next_review_is_by_the_calendar_and_counted_from_the_first() {
        let zone = Zone::named("Asia/Shanghai").unwrap();
        for (cadence, anchor, last, next) in [
            (
                "daily",
                "2026-11-21T09:00:00+08:00",
                "2026-11-21T09:00:00+08:00",
                "2026-11-22T09:00:00+08:00",
            ),
            (
                "weekly",
                "2026-11-21T09:00:00+08:00",
                "2026-11-21T09:00:00+08:00",
                "2026-11-28T09:00:00+08:00",
            ),
            // A late one does not move those that follow.
            (
                "weekly",
                "2026-11-21T09:00:00+08:00",
                "2026-11-29T13:00:00+08:00",
                "2026-12-05T09:00:00+08:00",
            ),
            // Months clamp, and the month after is whole again.
            (
                "monthly",
                "2027-01-31T09:00:00+08:00",
                "2027-01-31T09:00:00+08:00",
                "2027-02-28T09:00:00+08:00",
            ),
            (
                "monthly",
                "2027-01-31T09:00:00+08:00",
                "2027-02-28T09:00:00+08:00",
                "2027-03-31T09:00:00+08:00",
            ),
            (
                "monthly",
                "2027-01-31T09:00:00+08:00",
                "2126-12-31T09:00:01+08:00",
                "2127-01-31T09:00:00+08:00",
            ),
            (
                "quarterly",
                "2026-11-30T00:00:00+08:00",
                "2026-12-01T00:00:00+08:00",
                "2027-02-28T00:00:00+08:00",
            ),
            (
                "90d",
                "2026-11-21T09:00:00+08:00",
                "2026-11-21T09:00:00+08:00",
                "2027-02-19T09:00:00+08:00",
            ),
            (
                "36h",
                "2026-11-21T09:00:00+08:00",
                "2026-11-24T09:00:00+08:00",
                "2026-11-25T21:00:00+08:00",
            ),
        ] {
            let cadence = Cadence::parse(cadence).unwrap();
            let found = cadence.next(at(anchor), at(last), &zone);
            assert_eq!(found, Some(at(next)), "{cadence} {anchor} {last}");
        }
        let now = at("2026-11-21T09:00:00+08:00");
        assert_eq!(Cadence::Off.next(now, now, &zone), None);
    }

    #[test]
    fn nine_hours_after_midnight_is_an_hour_off_only_on_the_day_when_clocks_change() {
        let zone = Zone::named("Europe/Berlin").unwrap();
        let anchor = at("2026-10-24T09:00:00+02:00");
        let next = Cadence::Daily.next(anchor, anchor, &zone);
        assert_eq!(next, Some(at("2026-10-25T08:00:00+01:00")));
        let after = Cadence::Daily.next(anchor, next.unwrap(), &zone);
        assert_eq!(after, Some(at("2026-10-26T09:00:00+01:00")));
    }

    #[test]
    fn what_is_no_cadence_is_refused() {
        for bad in ["", "Weekly", "hourly", "1h", "23h", "3651d", "2x"] {
            assert!(Cadence::parse(bad).is_err(), "{bad}");
        }
        for good in [
            "off",
            "daily",
            "weekly",
            "monthly",
            "quarterly",
            "90d",
            "36h",
            "2w",
        ] {
            assert_eq!(Cadence::parse(good).unwrap().to_string(), good);
        }
    }
}
