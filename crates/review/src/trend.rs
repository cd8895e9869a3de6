//! How a figure differs from that of the review before.

use rapport_types::{Decimal, decimal};
use serde::Serialize;
use serde_json::Number;

use crate::ratio;

/// How a figure differs from that of the review before.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// What it was.
    pub was: Number,
    /// What it is more now; negative where it is less.
    pub difference: Number,
    /// The same as a percentage of what it was, to one decimal; `null` where it was 0 or can be negative.
    pub percent: Option<f64>,
}

impl Change {
    /// Of a whole number.
    pub fn whole(was: i64, now: i64) -> Self {
        let difference = now.saturating_sub(was);
        Self {
            was: was.into(),
            difference: difference.into(),
            percent: percent(was as f64, difference as f64),
        }
    }

    /// Of a count.
    pub fn count(was: u64, now: u64) -> Self {
        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        Self::whole(whole(was), whole(now))
    }

    /// Of a number with so many digits.
    pub fn real(was: f64, now: f64, digits: i32) -> Self {
        Self {
            was: number(was, digits),
            difference: number(now - was, digits),
            percent: percent(was, now - was),
        }
    }

    /// Of a score that may be negative: a percentage of it would mean nothing.
    pub fn score(was: f64, now: f64) -> Self {
        Self {
            percent: None,
            ..Self::real(was, now, 1)
        }
    }

    /// What it has fallen by, as a share of what it was; 0 where it has not.
    pub fn fall(&self) -> f64 {
        (-self.percent.unwrap_or(0.0) / 100.0).max(0.0)
    }
}

fn percent(was: f64, difference: f64) -> Option<f64> {
    (was > 0.0).then(|| ratio::rounded(difference * 100.0 / was, 1))
}

/// The number as JSON: whole where it is.
pub(crate) fn number(value: f64, digits: i32) -> Number {
    let text = format!("{:.*}", usize::try_from(digits).unwrap_or(0), value);
    let exact = Decimal::from_str_exact(&text).ok();
    exact
        .and_then(decimal::to_number)
        .unwrap_or_else(|| 0.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(change: Change) -> (String, String, Option<f64>) {
        (
            change.was.to_string(),
            change.difference.to_string(),
            change.percent,
        )
    }

    #[test]
    fn a_change_is_a_difference_and_a_percentage_of_what_was() {
        let told =
            |was: &str, difference: &str, percent| (was.to_owned(), difference.to_owned(), percent);
        assert_eq!(of(Change::count(80, 60)), told("80", "-20", Some(-25.0)));
        assert_eq!(of(Change::count(0, 5)), told("0", "5", None));
        assert_eq!(of(Change::whole(3, 4)), told("3", "1", Some(33.3)));
        assert_eq!(
            of(Change::real(0.25, 0.5, 4)),
            told("0.25", "0.25", Some(100.0))
        );
        assert_eq!(of(Change::score(-20.0, 10.0)), told("-20", "30", None));
        assert!((Change::count(80, 60).fall() - 0.25).abs() < 1e-9);
        assert!(Change::count(60, 80).fall() == 0.0);
    }
}
