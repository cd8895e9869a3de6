//! Counts per event name and shop day, for 400 days.
//!
//! In the document a list of days is `[first day, count, days until the next, its count, ...]`: a year of
//! daily visits takes about 2 KB.

use std::collections::BTreeMap;

use rapport_types::Day;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::limits::{DAY_TOTALS, DAYS};

/// What happened per day, relative to the newest event: 400 days of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Days {
    counts: BTreeMap<String, ByDay>,
    /// Minor units per day, in the currency of the customer's spend.
    #[serde(default)]
    spend: ByDay,
    /// Days before this one are incomplete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    complete_from: Option<i32>,
}

impl Days {
    /// Counts one event of that name, unless its day has been dropped already.
    pub fn add(&mut self, name: &str, day: Day) {
        if self.is_dropped(day) {
            return;
        }
        match self.counts.get_mut(name) {
            Some(list) => list.add(day.number(), 1),
            None => {
                let mut list = ByDay::default();
                list.add(day.number(), 1);
                self.counts.insert(name.to_owned(), list);
            }
        }
        self.trim();
    }

    /// Adds an order's money. The order itself was counted by [`Days::add`].
    pub fn spend(&mut self, day: Day, minor: i64) {
        if !self.is_dropped(day) {
            self.spend.add(day.number(), minor);
        }
    }

    fn is_dropped(&self, day: Day) -> bool {
        self.complete_from.is_some_and(|from| day.number() < from)
    }

    /// How many events of that name there are on that day; `None` where the day has been dropped already.
    pub fn on(&self, name: &str, day: Day) -> Option<u64> {
        if self.is_dropped(day) {
            return None;
        }
        let list = self.counts.get(name);
        let count = list.map_or(0, |list| list.on(day.number()));
        Some(u64::try_from(count).unwrap_or(0))
    }

    /// Days with events of that name, newest first, and how many.
    pub fn counts(&self, name: &str) -> impl Iterator<Item = (Day, u64)> {
        self.counts
            .get(name)
            .into_iter()
            .flat_map(ByDay::newest_first)
            .map(|(day, count)| (day, u64::try_from(count).unwrap_or(0)))
    }

    /// Days with orders, newest first, and their minor units in the currency of the customer's spend.
    pub fn spend_by_day(&self) -> impl Iterator<Item = (Day, i64)> {
        self.spend.newest_first()
    }

    /// The first day from which on every event was counted; `None` where none was ever left out.
    pub fn complete_from(&self) -> Option<Day> {
        self.complete_from.and_then(Day::from_number)
    }

    fn trim(&mut self) {
        let newest = self.counts.values().filter_map(ByDay::last).max();
        if let Some(newest) = newest {
            self.drop_before(newest.saturating_sub(DAYS.saturating_sub(1)));
        }
        while self.counts.values().map(ByDay::len).sum::<usize>() > DAY_TOTALS {
            let Some(oldest) = self.counts.values().filter_map(ByDay::first).min() else {
                break;
            };
            self.drop_before(oldest.saturating_add(1));
        }
    }

    fn drop_before(&mut self, first: i32) {
        let last_dropped = self
            .counts
            .values_mut()
            .filter_map(|list| list.drop_before(first))
            .max();
        if let Some(day) = last_dropped {
            self.spend.drop_before(first);
            self.counts.retain(|_, list| list.len() > 0);
            self.complete_from = self.complete_from.max(Some(day.saturating_add(1)));
        }
    }
}

/// A number per day, by the day's number since 1970, ascending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct ByDay(Vec<(i32, i64)>);

impl ByDay {
    fn add(&mut self, day: i32, amount: i64) {
        let place = self.0.partition_point(|(other, _)| *other < day);
        match self.0.get_mut(place) {
            Some((other, sum)) if *other == day => *sum = sum.saturating_add(amount),
            _ => self.0.insert(place, (day, amount)),
        }
    }

    fn on(&self, day: i32) -> i64 {
        let place = self.0.binary_search_by_key(&day, |(day, _)| *day).ok();
        place
            .and_then(|place| self.0.get(place))
            .map_or(0, |(_, amount)| *amount)
    }

    /// Drops the days before `first`, and says which of them was the last.
    fn drop_before(&mut self, first: i32) -> Option<i32> {
        let place = self.0.partition_point(|(day, _)| *day < first);
        self.0.drain(..place).next_back().map(|(day, _)| day)
    }

    fn newest_first(&self) -> impl Iterator<Item = (Day, i64)> {
        self.0
            .iter()
            .rev()
            .filter_map(|(day, amount)| Some((Day::from_number(*day)?, *amount)))
    }

    fn first(&self) -> Option<i32> {
        self.0.first().map(|(day, _)| *day)
    }

    fn last(&self) -> Option<i32> {
        self.0.last().map(|(day, _)| *day)
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

impl Serialize for ByDay {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut last = 0_i32;
        to.collect_seq(self.0.iter().flat_map(|(day, amount)| {
            let gap = day.saturating_sub(last);
            last = *day;
            [i64::from(gap), *amount]
        }))
    }
}

impl<'de> Deserialize<'de> for ByDay {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let flat = Vec::<i64>::deserialize(from)?;
        let mut day = 0_i32;
        let pairs = flat.chunks(2).map(|pair| match pair {
            [gap, amount] => {
                let gap = i32::try_from(*gap).map_err(de::Error::custom)?;
                day = day
                    .checked_add(gap)
                    .ok_or_else(|| de::Error::custom("a day too far"))?;
                Ok((day, *amount))
            }
            _ => Err(de::Error::custom("a day without its count")),
        });
        pairs.collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn day(number: i32) -> Day {
        Day::from_number(number).unwrap()
    }

    #[test]
    fn days_are_counted_in_any_order_and_survive_the_document() {
        let mut days = Days::default();
        for number in [20_500, 20_400, 20_500, -3 + 20_400] {
            days.add("order_completed", day(number));
        }
        days.spend(day(20_500), 2_933);
        let text = serde_json::to_string(&days).unwrap();
        assert_eq!(
            text,
            r#"{"counts":{"order_completed":[20397,1,3,1,100,2]},"spend":[20500,2933]}"#
        );
        let again: Days = serde_json::from_str(&text).unwrap();
        assert_eq!(again, days);
        let counts: Vec<_> = again.counts("order_completed").collect();
        assert_eq!(
            counts,
            [(day(20_500), 2), (day(20_400), 1), (day(20_397), 1)]
        );
    }

    #[test]
    fn four_hundred_days_are_kept_and_what_is_older_is_said() {
        let mut days = Days::default();
        days.add("a", day(10_000));
        days.spend(day(10_000), 5);
        days.add("b", day(10_399));
        assert_eq!(days.complete_from(), None);
        days.add("b", day(10_400));
        assert_eq!(days.complete_from(), Some(day(10_001)));
        assert_eq!(days.counts("a").count(), 0);
        assert_eq!(days.spend_by_day().count(), 0);
        // Older than what is kept: not counted, and said.
        days.add("a", day(10_000));
        days.spend(day(10_000), 5);
        assert_eq!(days.counts("a").count(), 0);
        assert_eq!(days.spend_by_day().count(), 0);
    }

    #[test]
    fn many_names_on_many_days_lose_the_oldest_days() {
        let mut days = Days::default();
        for number in 0..50 {
            for name in 0..100 {
                days.add(&name.to_string(), day(10_000 + number));
            }
        }
        assert_eq!(days.complete_from(), Some(day(10_010)));
        assert_eq!(days.counts("7").count(), 40);
    }
}
