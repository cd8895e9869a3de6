//! Points and money by shop day: what tiers are measured on.

use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::command::{Rejection, add};

/// How many days before the newest are kept: the longest window, the longest activation delay, and some.
pub const KEPT_DAYS: i32 = 1_500;

/// What counted on one day; a row `[day, points, spend]` in the document, and the number of orders behind it where that is not
/// 1 with money and 0 without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayTotal {
    /// The day's number (days since 1970-01-01, in the shop's zone).
    pub day: i32,
    /// Points that activated on it, less what was taken back of them since.
    pub points: i64,
    /// Money spent on it in minor units, less what was taken back since.
    pub spend: i64,
    /// Orders on it, less those that were taken back whole. Rows that were written before orders were counted have one a day.
    pub orders: i64,
}

impl DayTotal {
    fn usual_orders(&self) -> i64 {
        i64::from(self.spend != 0)
    }

    fn is_empty(&self) -> bool {
        self.points == 0 && self.spend == 0 && self.orders == 0
    }
}

impl Serialize for DayTotal {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let usual = self.orders == self.usual_orders();
        let mut row = to.serialize_seq(Some(if usual { 3 } else { 4 }))?;
        row.serialize_element(&self.day)?;
        row.serialize_element(&self.points)?;
        row.serialize_element(&self.spend)?;
        if !usual {
            row.serialize_element(&self.orders)?;
        }
        row.end()
    }
}

impl<'de> Deserialize<'de> for DayTotal {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Row;
        impl<'de> Visitor<'de> for Row {
            type Value = DayTotal;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a row [day, points, spend]")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut row: A) -> Result<DayTotal, A::Error> {
                let short = || serde::de::Error::invalid_length(0, &Self);
                let mut total = DayTotal {
                    day: row.next_element()?.ok_or_else(short)?,
                    points: row.next_element()?.ok_or_else(short)?,
                    spend: row.next_element()?.ok_or_else(short)?,
                    orders: 0,
                };
                total.orders = row.next_element()?.unwrap_or_else(|| total.usual_orders());
                Ok(total)
            }
        }
        from.deserialize_seq(Row)
    }
}

/// The days on which something counted, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Days(Vec<DayTotal>);

impl Days {
    /// Oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &DayTotal> {
        self.0.iter()
    }

    /// How many days are kept.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing counted on any kept day.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds to `day` (takes from it, where negative), and lets go of what no window can reach any more.
    ///
    /// Counted from the newest day that has something, not from the clock: an account whose orders were
    /// imported years later keeps its days.
    pub(crate) fn add(&mut self, day: i32, points: i64, spend: i64) -> Result<(), Rejection> {
        self.change(day, points, spend, 0)
    }

    /// Adds to the orders of `day`, likewise.
    pub(crate) fn add_orders(&mut self, day: i32, orders: i64) -> Result<(), Rejection> {
        self.change(day, 0, 0, orders)
    }

    /// Lets the oldest day go into the next.
    pub(crate) fn fold_oldest(&mut self) {
        if self.0.len() < 2 {
            return;
        }
        let oldest = self.0.remove(0);
        if let Some(next) = self.0.first_mut() {
            next.points = next.points.saturating_add(oldest.points);
            next.spend = next.spend.saturating_add(oldest.spend);
            next.orders = next.orders.saturating_add(oldest.orders);
        }
    }

    /// How many orders there are on all kept days.
    pub(crate) fn orders(&self) -> i64 {
        let orders = self.0.iter().map(|row| row.orders);
        orders.fold(0, i64::saturating_add)
    }

    fn change(&mut self, day: i32, points: i64, spend: i64, orders: i64) -> Result<(), Rejection> {
        if points == 0 && spend == 0 && orders == 0 {
            return Ok(());
        }
        let place = self.0.partition_point(|row| row.day < day);
        match self.0.get_mut(place) {
            Some(row) if row.day == day => {
                row.points = add(row.points, points)?;
                row.spend = add(row.spend, spend)?;
                row.orders = add(row.orders, orders)?;
            }
            _ => self.0.insert(
                place,
                DayTotal {
                    day,
                    points,
                    spend,
                    orders,
                },
            ),
        }
        self.0.retain(|row| !row.is_empty());
        if let Some(newest) = self.0.last().map(|row| row.day) {
            let oldest = newest.saturating_sub(KEPT_DAYS);
            self.0.retain(|row| row.day > oldest);
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn rows(days: &Days) -> Vec<(i32, i64, i64)> {
        days.iter()
            .map(|row| (row.day, row.points, row.spend))
            .collect()
    }

    #[test]
    fn days_stand_in_order_and_empty_ones_go() {
        let mut days = Days::default();
        days.add(20, 5, 500).unwrap();
        days.add(10, 1, 100).unwrap();
        days.add(20, 2, 0).unwrap();
        assert_eq!(rows(&days), [(10, 1, 100), (20, 7, 500)]);
        days.add(10, -1, -100).unwrap();
        assert_eq!(rows(&days), [(20, 7, 500)]);
    }

    #[test]
    fn what_no_window_reaches_is_let_go() {
        let mut days = Days::default();
        days.add(0, 1, 0).unwrap();
        days.add(KEPT_DAYS - 1, 1, 0).unwrap();
        assert_eq!(days.len(), 2);
        days.add(KEPT_DAYS, 1, 0).unwrap();
        assert_eq!(rows(&days), [(KEPT_DAYS - 1, 1, 0), (KEPT_DAYS, 1, 0)]);
        // A late reversal of something older changes nothing here.
        days.add(0, -1, 0).unwrap();
        assert_eq!(days.len(), 2);
    }

    #[test]
    fn a_day_does_not_overflow() {
        let mut days = Days::default();
        days.add(1, i64::MAX, 0).unwrap();
        assert_eq!(days.add(1, 1, 0), Err(Rejection::Overflow));
    }

    #[test]
    fn a_row_names_its_orders_only_where_they_are_not_what_one_expects() {
        let written = "[[1,5,0],[2,5,500],[3,5,500,2],[4,0,0,1]]";
        let days: Days = serde_json::from_str(written).unwrap();
        let orders: Vec<_> = days.iter().map(|row| row.orders).collect();
        assert_eq!(orders, [0, 1, 2, 1]);
        assert_eq!(serde_json::to_string(&days).unwrap(), written);
        assert!(serde_json::from_str::<Days>("[[1,5]]").is_err());
    }

    #[test]
    fn the_oldest_day_goes_into_the_next_and_the_last_one_stays() {
        let mut days: Days = serde_json::from_str("[[1,5,500],[2,7,300,3],[9,1,0]]").unwrap();
        assert_eq!((days.orders(), days.is_empty()), (4, false));
        days.fold_oldest();
        // 5 + 7 points, 500 + 300 of money, 1 + 3 orders.
        assert_eq!(
            serde_json::to_string(&days).unwrap(),
            "[[2,12,800,4],[9,1,0]]"
        );
        days.fold_oldest();
        days.fold_oldest();
        assert_eq!(serde_json::to_string(&days).unwrap(), "[[9,13,800,4]]");
        assert!(Days::default().is_empty());
    }

    #[test]
    fn a_day_that_has_but_one_of_points_money_and_orders_stays() {
        let mut days = Days::default();
        days.add(1, 5, 0).unwrap();
        days.add(2, 0, 500).unwrap();
        days.add_orders(3, 1).unwrap();
        days.add_orders(2, 1).unwrap();
        let all: Vec<_> = days
            .iter()
            .map(|row| (row.day, row.points, row.spend, row.orders))
            .collect();
        assert_eq!(all, [(1, 5, 0, 0), (2, 0, 500, 1), (3, 0, 0, 1)]);
    }
}
