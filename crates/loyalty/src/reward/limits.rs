//! How many a customer had of each reward: kept in their account, a row for each.

use rapport_types::{Day, Slug, Timestamp, Zone};
use serde::{Deserialize, Serialize};

use super::PerPeriod;
use crate::account::Ledger;

/// The most rows of an account. Beyond, the one that was redeemed longest ago is forgotten; a catalogue has fewer rewards.
pub const MAX_ROWS: usize = 256;

/// A period of the shop's calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Every {
    /// A day.
    Day,
    /// Monday to Sunday.
    Week,
    /// A month.
    Month,
    /// January to December.
    Year,
}

impl Every {
    /// The first day of the period that `day` is in.
    pub fn first_day(self, day: Day) -> Day {
        let (year, month, _) = day.parts();
        let first = match self {
            Self::Day => Some(day),
            // Day 0, 1 January 1970, was a Thursday: three days after a Monday.
            Self::Week => {
                let past_monday = day.number().saturating_add(3).rem_euclid(7);
                day.plus_days(past_monday.saturating_neg())
            }
            Self::Month => Day::new(year, month, 1),
            Self::Year => Day::new(year, 1, 1),
        };
        first.unwrap_or(day)
    }

    /// The first moment after the period that `now` is in.
    pub fn ends_at(self, now: Timestamp, zone: &Zone) -> Option<Timestamp> {
        let first = self.first_day(zone.day_of(now));
        let next = match self {
            Self::Day => first.plus_days(1),
            Self::Week => first.plus_days(7),
            Self::Month => first.plus_months(1),
            Self::Year => first.plus_months(12),
        };
        next.map(|day| zone.start_of(day))
    }

    /// As people say it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }
}

/// How many of a reward. What was given back is not counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Had {
    /// The reward.
    pub reward: Slug,
    /// In all.
    pub times: u32,
    /// The number of the first day of the latest period in which one was redeemed.
    #[serde(default)]
    pub since: i32,
    /// In that period.
    #[serde(default)]
    pub recently: u32,
}

impl Ledger {
    /// How many of `reward` the customer had: in all, and in the period of `now`.
    pub fn had(
        &self,
        reward: &Slug,
        limit: Option<PerPeriod>,
        now: Timestamp,
        zone: &Zone,
    ) -> (u32, u32) {
        let Some(row) = self.had.iter().find(|row| row.reward == *reward) else {
            return (0, 0);
        };
        let first = limit.map(|limit| limit.every.first_day(zone.day_of(now)).number());
        let recently = if first == Some(row.since) {
            row.recently
        } else {
            0
        };
        (row.times, recently)
    }

    /// Counts one more.
    pub(crate) fn count_one(&mut self, reward: &Slug, limit: Option<PerPeriod>, today: Day) {
        let place = self.had.iter().position(|row| row.reward == *reward);
        let mut row = match place {
            Some(place) => self.had.remove(place),
            None => Had {
                reward: reward.clone(),
                times: 0,
                since: 0,
                recently: 0,
            },
        };
        row.times = row.times.saturating_add(1);
        // Without a limit by period a day is as good as any.
        let every = limit.map_or(Every::Day, |limit| limit.every);
        let first = every.first_day(today).number();
        if row.since != first {
            row.since = first;
            row.recently = 0;
        }
        row.recently = row.recently.saturating_add(1);
        // The latest stand last.
        self.had.push(row);
        if self.had.len() > MAX_ROWS {
            self.had.remove(0);
        }
    }

    /// One that was redeemed on `day` counts no more.
    pub(crate) fn count_back(&mut self, reward: &Slug, day: Day) {
        let row = self.had.iter_mut().find(|row| row.reward == *reward);
        let Some(row) = row else { return };
        row.times = row.times.saturating_sub(1);
        if day.number() >= row.since {
            row.recently = row.recently.saturating_sub(1);
        }
        if row.times == 0 {
            self.had.retain(|row| row.reward != *reward);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_period_begins_with_its_first_day() {
        let first = |every: Every, day| every.first_day(Day::parse(day).unwrap());
        let day = |text| Day::parse(text).unwrap();
        // 22 November 2026 is a Sunday, the 23rd a Monday.
        assert_eq!(first(Every::Week, "2026-11-22"), day("2026-11-16"));
        assert_eq!(first(Every::Week, "2026-11-23"), day("2026-11-23"));
        assert_eq!(first(Every::Week, "1969-12-31"), day("1969-12-29"));
        assert_eq!(first(Every::Month, "2028-02-29"), day("2028-02-01"));
        assert_eq!(first(Every::Year, "2028-02-29"), day("2028-01-01"));
        assert_eq!(first(Every::Day, "2028-02-29"), day("2028-02-29"));
    }

    #[test]
    fn what_is_given_back_counts_no_more_and_only_in_its_own_period() {
        let mut ledger = Ledger::default();
        let reward = Slug::parse("coffee").unwrap();
        let limit = Some(PerPeriod {
            times: 2,
            every: Every::Month,
        });
        let (may, june) = (
            Day::parse("2026-05-31").unwrap(),
            Day::parse("2026-06-01").unwrap(),
        );
        let zone = Zone::utc();
        let in_june = zone.start_of(june);
        for day in [may, may, june] {
            ledger.count_one(&reward, limit, day);
        }
        assert_eq!(ledger.had(&reward, limit, in_june, &zone), (3, 1));
        ledger.count_back(&reward, may);
        assert_eq!(ledger.had(&reward, limit, in_june, &zone), (2, 1));
        ledger.count_back(&reward, june);
        assert_eq!(ledger.had(&reward, limit, in_june, &zone), (1, 0));
        ledger.count_back(&reward, may);
        assert!(ledger.had.is_empty());
    }
}
