//! Money: minor units with a currency, never a float.

use std::fmt;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

/// A currency by its ISO 4217 code: three upper-case letters. `XXX` stands for "none was named".
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

/// The text is no currency code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a currency is a code of three upper-case letters such as CNY, not {0:?}")]
pub struct CurrencyError(String);

impl Currency {
    /// ISO 4217's code for "no currency": what an order without one is kept under.
    pub const NONE: Self = Self(*b"XXX");

    /// Reads a code. Lower case is accepted, because order feeds mix both.
    pub fn parse(text: &str) -> Result<Self, CurrencyError> {
        let bytes: [u8; 3] = text
            .as_bytes()
            .try_into()
            .map_err(|_| CurrencyError(text.to_owned()))?;
        if !bytes.iter().all(u8::is_ascii_alphabetic) {
            return Err(CurrencyError(text.to_owned()));
        }
        Ok(Self(bytes.map(|b| b.to_ascii_uppercase())))
    }

    /// How many decimal digits the minor unit has (ISO 4217, column "minor unit").
    pub fn exponent(self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG"
            | b"RWF" | b"UGX" | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            b"CLF" | b"UYW" => 4,
            _ => 2,
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.0).unwrap_or("XXX"))
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<String> for Currency {
    type Error = CurrencyError;
    fn try_from(text: String) -> Result<Self, CurrencyError> {
        Self::parse(&text)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> String {
        currency.to_string()
    }
}

/// An amount of money: `{"amount": 2933, "currency": "USD"}` is 29.33 dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// Minor units (cents, fen); negative only where money goes back.
    pub amount: i64,
    /// What they are units of.
    pub currency: Currency,
}

impl Money {
    /// `amount` minor units of `currency`.
    pub fn new(amount: i64, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// Major units such as `29.33`, as order feeds write them. Digits beyond the minor unit are rounded
    /// half away from zero; `None` where the amount does not fit 63 bits.
    pub fn from_major(major: Decimal, currency: Currency) -> Option<Self> {
        let scale = Decimal::from(10_i64.checked_pow(currency.exponent())?);
        let minor = major
            .checked_mul(scale)?
            .round_dp_with_strategy(0, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
        Some(Self::new(minor.to_i64()?, currency))
    }

    /// The amount in minor units of `currency`: where either names none it is taken for the other's. `None` where both name one, and
    /// not the same.
    pub fn within(self, currency: Currency) -> Option<i64> {
        if self.currency == currency {
            return Some(self.amount);
        }
        let free = self.currency == Currency::NONE || currency == Currency::NONE;
        let same = Self::from_major(self.to_major(), currency).filter(|_| free)?;
        Some(same.amount)
    }

    /// The same in major units: 2933 US cents are `29.33`.
    pub fn to_major(self) -> Decimal {
        Decimal::new(self.amount, self.currency.exponent())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn major_units_become_minor_ones_by_the_currency() {
        let usd = Currency::parse("usd").unwrap();
        let jpy = Currency::parse("JPY").unwrap();
        assert_eq!(
            Money::from_major(Decimal::new(2933, 2), usd),
            Some(Money::new(2933, usd))
        );
        assert_eq!(
            Money::from_major(Decimal::new(1500, 0), jpy),
            Some(Money::new(1500, jpy))
        );
        assert_eq!(Money::from_major(Decimal::MAX, usd), None);
        assert_eq!(Money::new(2933, usd).to_major(), Decimal::new(2933, 2));
    }

    #[test]
    fn money_without_a_currency_is_in_that_of_the_other() {
        let jpy = Currency::parse("JPY").unwrap();
        let usd = Currency::parse("USD").unwrap();
        // 15.00 of nothing said are 15 yen, which have no minor unit.
        assert_eq!(Money::new(1500, Currency::NONE).within(jpy), Some(15));
        assert_eq!(Money::new(15, jpy).within(Currency::NONE), Some(1500));
        assert_eq!(Money::new(15, jpy).within(jpy), Some(15));
        assert_eq!(Money::new(15, jpy).within(usd), None);
    }

    #[test]
    fn a_currency_is_three_letters() {
        assert!(Currency::parse("US").is_err());
        assert!(Currency::parse("U$D").is_err());
    }
}
