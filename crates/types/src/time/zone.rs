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
    /// Milliseconds ahead of UTC, where that is the same all year: a day is then a division, and most answers ask for several.
    fixed: Option<i64>,
}

const DAY_MILLIS: i64 = 86_400_000;

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
            fixed: Some(0),
        }
    }

    /// The zone of that IANA name.
    pub fn named(name: &str) -> Result<Self, ZoneError> {
        let rule = RULES.lines().find_map(|line| {
            let mut words = line.split(' ');
            let rule = words.next()?;
            words.any(|zone| zone == name).then_some(rule)
        });
        // A rule with commas says when summer begins and ends.
        let changes = rule.is_some_and(|rule| rule.contains(','));
        rule.and_then(|rule| TimeZone::posix(rule).ok())
            .map(|zone| {
                let ahead = i64::from(zone.to_offset(jiff::Timestamp::UNIX_EPOCH).seconds());
                Self {
                    name: name.to_owned(),
                    zone,
                    fixed: (!changes).then(|| ahead.saturating_mul(1_000)),
                }
            })
            .ok_or_else(|| ZoneError(name.to_owned()))
    }

    /// The IANA name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The day on which `moment` falls here.
    pub fn day_of(&self, moment: Timestamp) -> Day {
        let by_offset = self.fixed.and_then(|ahead| {
            let day = moment.millis().checked_add(ahead)?.div_euclid(DAY_MILLIS);
            Day::from_number(i32::try_from(day).ok()?)
        });
        if let Some(day) = by_offset {
            return day;
        }
        Day::from_jiff(self.zone.to_datetime(moment.to_jiff()).date())
    }

    /// The first moment of `day` here.
    pub fn start_of(&self, day: Day) -> Timestamp {
        if let Some(ahead) = self.fixed {
            let millis = i64::from(day.number()).saturating_mul(DAY_MILLIS);
            return Timestamp::from_millis(millis.saturating_sub(ahead));
        }
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
    fn a_zone_without_summer_time_counts_days_as_its_rule_does() {
        for name in ["Asia/Shanghai", "UTC", "Asia/Kolkata", "Pacific/Marquesas"] {
            let zone = Zone::named(name).unwrap();
            assert!(zone.fixed.is_some(), "{name}");
            let slow = Zone {
                fixed: None,
                ..zone.clone()
            };
            for hours in (-900_000_i64..900_000).step_by(997) {
                let moment = Timestamp::from_millis(hours.checked_mul(3_600_001).unwrap());
                let day = zone.day_of(moment);
                assert_eq!(day, slow.day_of(moment), "{name} {moment}");
                assert_eq!(zone.start_of(day), slow.start_of(day), "{name} {moment}");
                assert_eq!(zone.end_of(day), slow.end_of(day), "{name} {moment}");
            }
        }
        assert!(Zone::named("Europe/Berlin").unwrap().fixed.is_none());
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
