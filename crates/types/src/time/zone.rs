//! The shop's time zone: which day a moment falls on, and when a day begins and ends.

use jiff::tz::TimeZone;

use super::{Day, Timestamp};

/// A time zone by its IANA name.
///
/// The zone's rules of today hold for all time: a guest that carried the whole history of every zone would
/// be half a megabyte larger. Days before a country last changed its rules may start an hour off.
#[derive(Debug, Clone)]
pub struct Zone {
    name: String,
    zone: TimeZone,
}

/// The name is no time zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a time zone is an IANA name such as Asia/Shanghai or UTC, not {0:?}")]
pub struct ZoneError(String);

/// A line per POSIX TZ rule with the zones that follow it now: the footers of tzdata 2025b's compiled files.
const RULES: &str = include_str!("zones.txt");

impl Zone {
    /// Coordinated universal time.
    pub fn utc() -> Self {
        Self {
            name: "UTC".to_owned(),
            zone: TimeZone::UTC,
        }
    }

    /// The zone of that IANA name.
    pub fn named(name: &str) -> Result<Self, ZoneError> {
        let rule = RULES.lines().find_map(|line| {
            let mut words = line.split(' ');
            let rule = words.next()?;
            words.any(|zone| zone == name).then_some(rule)
        });
        rule.and_then(|rule| TimeZone::posix(rule).ok())
            .map(|zone| Self {
                name: name.to_owned(),
                zone,
            })
            .ok_or_else(|| ZoneError(name.to_owned()))
    }

    /// The IANA name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The day on which `moment` falls here.
    pub fn day_of(&self, moment: Timestamp) -> Day {
        Day::from_jiff(self.zone.to_datetime(moment.to_jiff()).date())
    }

    /// The first moment of `day` here.
    pub fn start_of(&self, day: Day) -> Timestamp {
        self.zone
            .to_timestamp(day.to_jiff().at(0, 0, 0, 0))
            .map(|moment| Timestamp::from_millis(moment.as_millisecond()))
            .unwrap_or(Timestamp::MAX)
    }

    /// The first moment after `day` here: what "until the end of that day" means, exclusively.
    pub fn end_of(&self, day: Day) -> Timestamp {
        day.plus_days(1)
            .map_or(Timestamp::MAX, |next| self.start_of(next))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_of_the_shop() {
        let shanghai = Zone::named("Asia/Shanghai").unwrap();
        let day = Day::parse("2026-11-21").unwrap();
        assert_eq!(shanghai.start_of(day).to_string(), "2026-11-20T16:00:00Z");
        let last = Timestamp::from_millis(shanghai.end_of(day).millis().checked_sub(1).unwrap());
        assert_eq!(shanghai.day_of(last), day);
        assert_eq!(
            shanghai.day_of(shanghai.end_of(day)).to_string(),
            "2026-11-22"
        );
    }

    #[test]
    fn summer_time_is_known() {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        let day = Day::parse("2026-07-01").unwrap();
        assert_eq!(berlin.start_of(day).to_string(), "2026-06-30T22:00:00Z");
    }

    #[test]
    fn every_listed_zone_can_be_used() {
        let names: Vec<_> = RULES
            .lines()
            .flat_map(|line| line.split(' ').skip(1))
            .collect();
        assert!(names.len() > 500);
        for name in names {
            assert!(Zone::named(name).is_ok(), "{name}");
        }
        assert!(Zone::named("Mars/Olympus").is_err());
        assert!(Zone::named("CST-8").is_err());
    }
}
