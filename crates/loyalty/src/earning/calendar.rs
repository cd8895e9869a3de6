//! When a rule holds: its period, and its days of the week, in the shop's zone.

use rapport_types::{Day, Timestamp, Zone};
use serde::{Deserialize, Serialize};

/// From when until when; either end may be open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// The first moment; of a day, its beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Edge>,
    /// The end: that moment is no longer in it, a day is to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Edge>,
}

/// A moment, or a whole day of the shop: `2026-11-11T20:00:00+08:00` or `2026-11-11`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Edge {
    /// A day.
    Day(Day),
    /// A moment.
    Moment(Timestamp),
}

impl TryFrom<String> for Edge {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        if let Some(day) = Day::parse(&text) {
            return Ok(Self::Day(day));
        }
        let moment = Timestamp::parse(&text).map(Self::Moment);
        moment.map_err(|_| {
            format!(
                "a day such as 2026-11-11, or a moment such as 2026-11-11T20:00:00+08:00; not {text:?}"
            )
        })
    }
}

impl From<Edge> for String {
    fn from(edge: Edge) -> String {
        match edge {
            Edge::Day(day) => day.to_string(),
            Edge::Moment(moment) => moment.to_string(),
        }
    }
}

impl Period {
    /// Whether `moment` is in it.
    pub fn holds(&self, moment: Timestamp, zone: &Zone) -> bool {
        self.begins(zone).is_none_or(|begin| begin <= moment)
            && self.ends(zone).is_none_or(|end| moment < end)
    }

    /// The first moment in it.
    pub fn begins(&self, zone: &Zone) -> Option<Timestamp> {
        self.from.map(|edge| match edge {
            Edge::Day(day) => zone.start_of(day),
            Edge::Moment(moment) => moment,
        })
    }

    /// The first moment after it.
    pub fn ends(&self, zone: &Zone) -> Option<Timestamp> {
        self.until.map(|edge| match edge {
            Edge::Day(day) => zone.end_of(day),
            Edge::Moment(moment) => moment,
        })
    }

    /// Whether it can hold at all, whatever the zone: days are compared with days, moments with moments.
    pub(crate) fn is_empty(&self) -> bool {
        match (self.from, self.until) {
            (Some(Edge::Day(from)), Some(Edge::Day(until))) => until < from,
            (Some(Edge::Moment(from)), Some(Edge::Moment(until))) => until <= from,
            (Some(from), Some(until)) => {
                // A zone is at most 14 hours ahead and 12 behind: only what is wrong everywhere is wrong here.
                let utc = Zone::utc();
                let whole = |edge| Self {
                    from: None,
                    until: Some(edge),
                };
                let (from, until) = (whole(from).ends(&utc), whole(until).ends(&utc));
                from.zip(until)
                    .is_some_and(|(from, until)| until.millis_since(from) < -2 * 86_400_000)
            }
            _ => false,
        }
    }
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weekday {
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
}

impl Weekday {
    /// The day of the week of `day`.
    pub fn of(day: Day) -> Self {
        // 1 January 1970 was a Thursday.
        match day.number().rem_euclid(7) {
            0 => Self::Thursday,
            1 => Self::Friday,
            2 => Self::Saturday,
            3 => Self::Sunday,
            4 => Self::Monday,
            5 => Self::Tuesday,
            _ => Self::Wednesday,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn period(json: &str) -> Period {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_day_is_whole_and_a_moment_is_the_first_that_is_left_out() {
        let shanghai = Zone::named("Asia/Shanghai").unwrap();
        let holds =
            |period: &Period, at: &str| period.holds(Timestamp::parse(at).unwrap(), &shanghai);
        let singles = period(r#"{"from": "2026-11-11", "until": "2026-11-11"}"#);
        assert!(!holds(&singles, "2026-11-11T00:00:00+09:00"));
        assert!(holds(&singles, "2026-11-11T00:00:00+08:00"));
        assert!(holds(&singles, "2026-11-11T23:59:59.999+08:00"));
        assert!(!holds(&singles, "2026-11-12T00:00:00+08:00"));
        let evening = period(r#"{"until": "2026-11-11T20:00:00+08:00"}"#);
        assert!(holds(&evening, "2026-11-11T19:59:59.999+08:00"));
        assert!(!holds(&evening, "2026-11-11T20:00:00+08:00"));
    }

    #[test]
    fn weekdays_are_the_calendars() {
        // 29 February 2028 is a Tuesday, 22 November 2026 a Sunday, 31 December 1969 a Wednesday.
        for (day, weekday) in [
            ("2028-02-29", Weekday::Tuesday),
            ("2026-11-22", Weekday::Sunday),
            ("1969-12-31", Weekday::Wednesday),
            ("2026-11-23", Weekday::Monday),
        ] {
            assert_eq!(Weekday::of(Day::parse(day).unwrap()), weekday, "{day}");
        }
    }

    #[test]
    fn a_period_that_never_holds_is_known() {
        assert!(period(r#"{"from": "2026-11-12", "until": "2026-11-11"}"#).is_empty());
        assert!(!period(r#"{"from": "2026-11-11", "until": "2026-11-11"}"#).is_empty());
        assert!(period(r#"{"from": "2026-11-12", "until": "2026-11-01T00:00:00Z"}"#).is_empty());
    }

    #[test]
    fn a_period_is_empty_from_the_moment_on_at_which_no_zone_lets_it_hold() {
        let empty = |from: &str, until: &str| {
            period(&format!(r#"{{"from": "{from}", "until": "{until}"}}"#)).is_empty()
        };
        // A moment that ends a period is not in it.
        assert!(empty("2026-11-11T10:00:00Z", "2026-11-11T10:00:00Z"));
        assert!(!empty("2026-11-11T10:00:00Z", "2026-11-11T10:00:00.001Z"));
        // The 12th ends with its last moment, 13 November 00:00 in UTC; two days before that are 11 November 00:00.
        assert!(!empty("2026-11-12", "2026-11-11T00:00:00Z"));
        assert!(empty("2026-11-12", "2026-11-10T23:59:59.999Z"));
        // The 11th ends at 12 November 00:00, two days before 14 November 00:00.
        assert!(!empty("2026-11-14T00:00:00Z", "2026-11-11"));
        assert!(empty("2026-11-14T00:00:00.001Z", "2026-11-11"));
        for open in [
            "{}",
            r#"{"from": "2026-11-11"}"#,
            r#"{"until": "2026-11-11"}"#,
        ] {
            assert!(!period(open).is_empty(), "{open}");
        }
    }

    #[test]
    fn an_edge_is_written_as_it_was_read() {
        let text = r#"{"from":"2026-11-11","until":"2026-11-12T12:00:00Z"}"#;
        assert_eq!(serde_json::to_string(&period(text)).unwrap(), text);
        let bad = serde_json::from_str::<Edge>("\"11.11.\"").unwrap_err();
        assert!(bad.to_string().contains("11.11."), "{bad}");
    }

    #[test]
    fn every_day_of_the_week_is_known() {
        // 23 November 2026 is a Monday.
        let monday = Day::parse("2026-11-23").unwrap();
        let week: Vec<_> = (0..7)
            .map(|n| Weekday::of(monday.plus_days(n).unwrap()))
            .collect();
        let expected = [
            Weekday::Monday,
            Weekday::Tuesday,
            Weekday::Wednesday,
            Weekday::Thursday,
            Weekday::Friday,
            Weekday::Saturday,
            Weekday::Sunday,
        ];
        assert_eq!(week, expected);
    }
}
