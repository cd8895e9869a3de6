//! Points and money by shop day: what tiers are measured on.

use serde::{Deserialize, Serialize};

use crate::command::{Rejection, add};

/// How many days before the newest are kept: the longest window, the longest activation delay, and some.
pub const KEPT_DAYS: i32 = 1_500;

/// What counted on one day; a row `[day, points, spend]` in the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(i32, i64, i64)", into = "(i32, i64, i64)")]
pub struct DayTotal {
    /// The day's number (days since 1970-01-01, in the shop's zone).
    pub day: i32,
    /// Points that activated on it, less what was taken back of them since.
    pub points: i64,
    /// Money spent on it in minor units, less what was taken back since.
    pub spend: i64,
}

impl From<(i32, i64, i64)> for DayTotal {
    fn from((day, points, spend): (i32, i64, i64)) -> Self {
        Self { day, points, spend }
    }
}

impl From<DayTotal> for (i32, i64, i64) {
    fn from(total: DayTotal) -> Self {
        (total.day, total.points, total.spend)
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
        if points == 0 && spend == 0 {
            return Ok(());
        }
        let place = self.0.partition_point(|row| row.day < day);
        match self.0.get_mut(place) {
            Some(row) if row.day == day => {
                row.points = add(row.points, points)?;
                row.spend = add(row.spend, spend)?;
            }
            _ => self.0.insert(place, DayTotal { day, points, spend }),
        }
        self.0.retain(|row| row.points != 0 || row.spend != 0);
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
        days.iter().cloned().map(Into::into).collect()
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
}
