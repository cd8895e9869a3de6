//! A factor on points, exact: `1.5` is 15,000 ten-thousandths.

use rapport_types::{Decimal, decimal};
use serde::{Deserialize, Serialize};
use serde_json::Number;

/// Ten-thousandths in 1.
const ONE: u32 = 10_000;
/// The highest.
const MOST: u32 = 100 * ONE;

/// A factor on points: 0 to 100, with up to four digits after the point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Number", into = "Number")]
pub struct Multiplier(u32);

impl TryFrom<Number> for Multiplier {
    type Error = String;
    fn try_from(number: Number) -> Result<Self, String> {
        let scaled = decimal::from_number(&number)
            .and_then(|number| number.checked_mul(Decimal::from(ONE)))
            .filter(|scaled| scaled.fract().is_zero())
            .and_then(|scaled| u32::try_from(scaled).ok())
            .filter(|scaled| *scaled <= MOST);
        scaled.map(Self).ok_or_else(|| {
            format!("a multiplier is 0 to 100 with up to four digits after the point, such as 1.5; not {number}")
        })
    }
}

impl From<Multiplier> for Number {
    fn from(multiplier: Multiplier) -> Number {
        decimal::to_number(Decimal::new(multiplier.0.into(), 4)).unwrap_or_else(|| 1.into())
    }
}

/// How several multipliers on the same money go together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stacking {
    /// One after the other: 2 and 1.5 are 3.
    #[default]
    Multiply,
    /// What each adds: 2 and 1.5 are 2.5.
    Add,
    /// Only the highest counts: 2 and 1.5 are 2.
    Highest,
}

/// What multipliers come to together, in units of 10^-12.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Factor(i128);

impl Factor {
    /// How many units 1 has.
    pub(crate) const UNITS: i128 = 1_000_000_000_000;
    /// Together multipliers come to at most this.
    const MOST: i128 = 1_000_i128.saturating_mul(Self::UNITS);

    /// Those of `multipliers` together; 1 where there are none. Digits beyond the twelfth after the point are dropped.
    pub(crate) fn of(multipliers: impl Iterator<Item = Multiplier>, stacking: Stacking) -> Self {
        let mut product = Self::UNITS;
        let mut sum = Self::UNITS;
        let mut highest: Option<i128> = None;
        for Multiplier(ten_thousandths) in multipliers {
            // The product is bounded, so that none of these leaves 127 bits.
            let value = Self::times(Self::UNITS, ten_thousandths);
            product = Self::times(product, ten_thousandths).min(Self::MOST);
            sum = sum.saturating_add(value.saturating_sub(Self::UNITS));
            highest = highest.max(Some(value));
        }
        Self(match stacking {
            Stacking::Multiply => product,
            Stacking::Add => sum.clamp(0, Self::MOST),
            Stacking::Highest => highest.unwrap_or(Self::UNITS),
        })
    }

    /// `units` times a multiplier, rounded down to a unit.
    fn times(units: i128, ten_thousandths: u32) -> i128 {
        let product = units.saturating_mul(ten_thousandths.into());
        product.checked_div(ONE.into()).unwrap_or(units)
    }

    /// In units of 10^-12.
    pub(crate) fn units(self) -> i128 {
        self.0
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    fn multipliers(json: &str) -> Vec<Multiplier> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn it_is_exact_and_within_bounds() {
        for good in ["0", "1", "1.5", "2.0", "0.0001", "100"] {
            let read: Multiplier = serde_json::from_str(good).unwrap();
            let again = serde_json::to_string(&read).unwrap();
            assert_eq!(serde_json::from_str::<Multiplier>(&again).unwrap(), read);
        }
        for bad in ["-1", "100.01", "1.00001", "1e300", "\"2\""] {
            assert!(serde_json::from_str::<Multiplier>(bad).is_err(), "{bad}");
        }
        assert_eq!(serde_json::to_string(&Multiplier(15_000)).unwrap(), "1.5");
    }

    #[test]
    fn together_they_multiply_add_or_leave_the_highest() {
        let two = multipliers("[2, 1.5]");
        let of = |stacking| Factor::of(two.iter().copied(), stacking).units();
        assert_eq!(of(Stacking::Multiply), 3 * Factor::UNITS);
        assert_eq!(of(Stacking::Add), Factor::UNITS / 2 * 5);
        assert_eq!(of(Stacking::Highest), 2 * Factor::UNITS);
        assert_eq!(
            Factor::of([].into_iter(), Stacking::Add).units(),
            Factor::UNITS
        );
        // 100 to the fifth is 10^10: no shop means that.
        let many = multipliers("[100, 100, 100, 100, 100]");
        let most = Factor::of(many.into_iter(), Stacking::Multiply);
        assert_eq!(most.units(), 1_000 * Factor::UNITS);
        let less = multipliers("[0.2, 0.5]");
        assert_eq!(Factor::of(less.into_iter(), Stacking::Add).units(), 0);
    }
}
