//! Exact decimals out of JSON numbers.
//!
//! A JSON number is read by `serde_json` as an integer or a binary float, and written back by the float's
//! shortest text. That text is what the client wrote for every number of up to 15 significant digits,
//! so turning the text into a decimal is exact there. A longer one that would be rounded is refused where bodies are read.

pub use rust_decimal::Decimal;
use serde_json::Number;

use crate::json;

/// The decimal that `number`'s text names, or `None` beyond 28 digits.
pub fn from_number(number: &Number) -> Option<Decimal> {
    if let Some(whole) = number.as_i64() {
        return Some(Decimal::from(whole));
    }
    let text = number.to_string();
    Decimal::from_str_exact(&text)
        .or_else(|_| Decimal::from_scientific(&text))
        .ok()
}

/// Whether a JSON number can be just `decimal`.
pub fn is_number(decimal: Decimal) -> bool {
    to_number(decimal).as_ref().and_then(from_number) == Some(decimal)
}

/// The JSON number nearest to `decimal`: an integer where it is one.
pub fn to_number(decimal: Decimal) -> Option<Number> {
    let plain = decimal.normalize().to_string();
    json::from_slice(plain.as_bytes()).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_price_keeps_its_cents() {
        let number: Number = serde_json::from_str("29.33").unwrap();
        assert_eq!(from_number(&number).unwrap(), Decimal::new(2933, 2));
        let tiny: Number = serde_json::from_str("1e-7").unwrap();
        assert_eq!(from_number(&tiny).unwrap(), Decimal::new(1, 7));
    }

    #[test]
    fn a_number_is_not_every_decimal() {
        for (text, is) in [
            ("29.33", true),
            ("12345678901234567", true),
            ("12345678901234567.8", false),
            ("0.1000000000000000055", false),
        ] {
            let decimal = Decimal::from_str_exact(text).unwrap();
            assert_eq!(is_number(decimal), is, "{text}");
        }
    }

    #[test]
    fn a_whole_decimal_is_written_as_an_integer() {
        assert_eq!(to_number(Decimal::new(2900, 2)).unwrap().to_string(), "29");
    }
}
