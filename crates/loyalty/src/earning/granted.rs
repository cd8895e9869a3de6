//! How many points each rule with caps has given to a customer, by day.
//!
//! Counted by the day of what earned, not by the day on which it was reported: orders may come late and in any order, and a cap
//! holds all the same. Days that no longer fit are remembered as the last of them; on those, and before, a cap leaves nothing.
//! Points that are taken back later are not given again.

use std::collections::BTreeMap;

use rapport_types::Day;
use serde::{Deserialize, Serialize};

use super::rule::Caps;

/// The most days kept, over all rules.
const MOST_DAYS: usize = 2_048;

/// What rules with caps have given, by their ids; `""` is the whole programme.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Granted(BTreeMap<String, Sums>);

/// A row `[total, last day that is not kept, [[day, points], ...]]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Sums(i64, Option<i32>, Vec<(i32, i64)>);

/// A cap that left less than a rule would give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cap {
    Day,
    Week,
    Month,
    Year,
    Customer,
    /// It cannot be told any more what was given then.
    TooOld,
}

impl Granted {
    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many points `caps` leave to the rule of that id on `day`, and by which of them; `None`: as many as it likes.
    pub(crate) fn left(&self, id: &str, caps: &Caps, day: Day) -> Option<(i64, Cap)> {
        let none = Sums::default();
        let Sums(total, gone, days) = self.0.get(id).unwrap_or(&none);
        let sum = |from: i32, to: i32| {
            let within = days.iter().filter(|(day, _)| (from..=to).contains(day));
            within.fold(0_i64, |sum, (_, points)| sum.saturating_add(*points))
        };
        let periods = [
            (caps.per_day, Cap::Day, (day.number(), day.number())),
            (caps.per_week, Cap::Week, week(day)),
            (caps.per_month, Cap::Month, month(day)),
            (caps.per_year, Cap::Year, year(day)),
        ];
        let by_period = periods
            .into_iter()
            .filter_map(|(cap, name, (first, last))| {
                let known = gone.is_none_or(|gone| gone < first);
                cap.map(|cap| match known {
                    true => (cap.saturating_sub(sum(first, last)), name),
                    false => (0, Cap::TooOld),
                })
            });
        let ever = caps
            .per_customer
            .map(|cap| (cap.saturating_sub(*total), Cap::Customer));
        by_period
            .chain(ever)
            .min()
            // A cap may have been lowered since.
            .map(|(left, cap)| (left.max(0), cap))
    }

    /// Counts `points` that the rule of that id gave on `day`.
    pub(crate) fn add(&mut self, id: &str, caps: &Caps, day: Day, points: i64) {
        if points <= 0 {
            return;
        }
        let Sums(total, _, days) = self.0.entry(id.to_owned()).or_default();
        *total = total.saturating_add(points);
        let periods = [caps.per_day, caps.per_week, caps.per_month, caps.per_year];
        if periods.iter().all(Option::is_none) {
            return;
        }
        let day = day.number();
        let place = days.partition_point(|(other, _)| *other < day);
        match days.get_mut(place) {
            Some((other, sum)) if *other == day => *sum = sum.saturating_add(points),
            _ => days.insert(place, (day, points)),
        }
        self.make_room();
    }

    /// Lets go of what rules that are no more have given.
    pub(crate) fn keep(&mut self, is_rule: impl Fn(&str) -> bool) {
        // No rule's id begins with a colon: what does is counted beside the rules, such as referrals.
        self.0
            .retain(|id, _| id.is_empty() || id.starts_with(':') || is_rule(id));
    }

    fn make_room(&mut self) {
        let count: usize = self.0.values().map(|sums| sums.2.len()).sum();
        if count <= MOST_DAYS {
            return;
        }
        let first = |sums: &Sums| sums.2.first().map_or(i32::MAX, |(day, _)| *day);
        if let Some(Sums(_, gone, days)) = self.0.values_mut().min_by_key(|sums| first(sums))
            && !days.is_empty()
        {
            let (day, _) = days.remove(0);
            *gone = (*gone).max(Some(day));
        }
    }

    /// At least as many bytes as it takes in JSON.
    pub(crate) fn weight(&self) -> usize {
        self.0.iter().fold(0, |weight, (id, sums)| {
            let days = sums.2.len().saturating_mul(28);
            [id.len(), 50, days]
                .into_iter()
                .fold(weight, usize::saturating_add)
        })
    }
}

/// The first and the last day of the week of `day`: Monday and Sunday.
fn week(day: Day) -> (i32, i32) {
    // 1 January 1970 was a Thursday, the fourth day of its week.
    let since_monday = day.number().saturating_add(3).rem_euclid(7);
    let monday = day.number().saturating_sub(since_monday);
    (monday, monday.saturating_add(6))
}

/// The first and the last day of the month of `day`.
fn month(day: Day) -> (i32, i32) {
    let (year, month, _) = day.parts();
    let first = Day::new(year, month, 1).unwrap_or(day);
    let next = first.plus_months(1).map_or(i32::MAX, Day::number);
    (first.number(), next.saturating_sub(1))
}

/// The first and the last day of the year of `day`.
fn year(day: Day) -> (i32, i32) {
    let (year, _, _) = day.parts();
    let first = Day::new(year, 1, 1).map_or(i32::MIN, Day::number);
    let last = Day::new(year, 12, 31).map_or(i32::MAX, Day::number);
    (first, last)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    fn caps(json: &str) -> Caps {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn days_and_months_are_counted_apart_whatever_the_order() {
        let caps = caps(r#"{"per_day": 10, "per_month": 25}"#);
        let mut granted = Granted::default();
        granted.add("a", &caps, day("2028-03-01"), 9);
        granted.add("a", &caps, day("2028-02-29"), 10);
        granted.add("a", &caps, day("2028-02-01"), 8);
        let left = |when: &str| granted.left("a", &caps, day(when)).unwrap();
        assert_eq!(left("2028-02-29"), (0, Cap::Day));
        // February has 18 of 25 by now, the 28th nothing of 10.
        assert_eq!(left("2028-02-28"), (7, Cap::Month));
        assert_eq!(left("2028-03-01"), (1, Cap::Day));
        assert_eq!(left("2028-03-31"), (10, Cap::Day));
        assert_eq!(granted.left("b", &caps, day("2028-02-29")).unwrap().0, 10);
    }

    #[test]
    fn a_week_begins_on_monday_and_a_year_on_its_first_day() {
        let caps = caps(r#"{"per_week": 10, "per_year": 15}"#);
        let mut granted = Granted::default();
        // 30 December 2024 was a Monday, so its week ends on 5 January 2025.
        granted.add("a", &caps, day("2024-12-30"), 4);
        granted.add("a", &caps, day("2025-01-05"), 5);
        let left = |when: &str| granted.left("a", &caps, day(when)).unwrap();
        assert_eq!(left("2025-01-01"), (1, Cap::Week));
        assert_eq!(left("2024-12-29"), (10, Cap::Week));
        assert_eq!(left("2025-01-06"), (10, Cap::Week));
        granted.add("a", &caps, day("2025-06-01"), 8);
        let left = |when: &str| granted.left("a", &caps, day(when)).unwrap();
        assert_eq!(left("2025-12-31"), (2, Cap::Year));
        assert_eq!(left("2026-01-01"), (10, Cap::Week));
    }

    #[test]
    fn what_was_let_go_leaves_nothing() {
        let caps = caps(r#"{"per_day": 10}"#);
        let mut granted = Granted::default();
        let first = day("2020-01-01");
        for n in 0..2_100 {
            granted.add("a", &caps, first.plus_days(n).unwrap(), 1);
        }
        let left = |n: i32| granted.left("a", &caps, first.plus_days(n).unwrap());
        assert_eq!(left(51), Some((0, Cap::TooOld)));
        assert_eq!(left(52), Some((9, Cap::Day)));
        assert_eq!(left(-400), Some((0, Cap::TooOld)));
        let json = serde_json::to_string(&granted).unwrap();
        assert!(json.len() <= granted.weight(), "{}", json.len());
        assert_eq!(serde_json::from_str::<Granted>(&json).unwrap(), granted);
    }

    #[test]
    fn a_day_has_one_row_and_a_rule_that_is_no_more_has_none() {
        let caps = caps(r#"{"per_day": 10}"#);
        let mut granted = Granted::default();
        for id in ["a", "b", "", ":referral"] {
            granted.add(id, &caps, day("1970-01-03"), 4);
            granted.add(id, &caps, day("1970-01-03"), 2);
        }
        granted.keep(|id| id == "a");
        // 6 in all, none let go, and 6 on day 2.
        let row = "[6,null,[[2,6]]]";
        let expected = format!(r#"{{"":{row},":referral":{row},"a":{row}}}"#);
        assert_eq!(serde_json::to_string(&granted).unwrap(), expected);
        assert!(!granted.is_empty() && Granted::default().is_empty());
    }
}
