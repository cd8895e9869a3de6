//! Decimals out of JSON numbers, without allocating.

use std::fmt::{self, Write};

use rapport_types::{Decimal, decimal};
use rust_decimal::prelude::ToPrimitive;
use serde_json::Number;

/// The decimal that `number`'s text names, or `None` beyond 28 digits: as [`decimal::from_number`], which
/// writes the text on the heap.
pub(crate) fn of(number: &Number) -> Option<Decimal> {
    if let Some(whole) = number.as_i64() {
        return Some(Decimal::from(whole));
    }
    if let Some((digits, places)) = number.as_f64().and_then(short) {
        return Some(Decimal::new(digits, places));
    }
    let mut text = Short::default();
    let written = write!(text, "{number}").ok().and_then(|()| text.read());
    // What is longer, or has an exponent, is rare.
    written.or_else(|| decimal::from_number(number))
}

/// `number` in ten-thousandths, where it is a whole number of them of at most fifteen digits.
pub(crate) fn units(number: &Number) -> Option<i64> {
    if let Some(whole) = number.as_i64() {
        return whole.checked_mul(10_000);
    }
    let float = number.as_f64()?;
    let units = float * 10_000.0;
    if units.abs() >= 1e15 {
        return None;
    }
    // The nearest, without the call that rounding is; away from it by a half it is none of them.
    let units = (units + 0.5_f64.copysign(units)).to_i64()?;
    // As in `short`: it is the decimal that the shortest text of the float names.
    (units as f64 / 10_000.0 == float).then_some(units)
}

/// The digits and places of the decimal with the fewest places that is read as `float`, where it has at most four places and fifteen digits.
///
/// No two decimals of at most fifteen digits are read as the same float, so it is the one that the shortest text of the
/// float names.
fn short(float: f64) -> Option<(i64, u32)> {
    let mut power = 1.0;
    for places in 0..=4 {
        let scaled = (float * power).round();
        if scaled.abs() >= 1e15 {
            return None;
        }
        // Both are exact, so the quotient is the float that the decimal is read as.
        if scaled / power == float {
            return scaled.to_i64().map(|digits| (digits, places));
        }
        power *= 10.0;
    }
    None
}

/// Text of up to 32 bytes.
#[derive(Default)]
struct Short {
    bytes: [u8; 32],
    len: usize,
}

impl Short {
    fn read(&self) -> Option<Decimal> {
        let text = std::str::from_utf8(self.bytes.get(..self.len)?).ok()?;
        Decimal::from_str_exact(text).ok()
    }
}

impl Write for Short {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let end = self.len.checked_add(part.len()).ok_or(fmt::Error)?;
        let space = self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?;
        space.copy_from_slice(part.as_bytes());
        self.len = end;
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_the_shared_reader_says_of_every_price() {
        for cents in (0..3_000_000_u32).step_by(7) {
            for float in [
                f64::from(cents) / 100.0,
                f64::from(cents) * 0.01,
                -f64::from(cents) / 10_000.0,
            ] {
                let number = Number::from_f64(float).unwrap();
                assert_eq!(of(&number), decimal::from_number(&number), "{float}");
            }
        }
    }

    #[test]
    fn it_is_what_the_shared_reader_says() {
        for text in [
            "0",
            "-7",
            "29.33",
            "0.1",
            "-0.005",
            "1e-7",
            "1e20",
            "123456789.123456",
            "1e300",
            "18446744073709551615",
            "1.7976931348623157e-300",
            "-0.0",
            "0.3",
            "1.0005",
            "1.00005",
            "999999999999999.5",
            "99999999999999.5",
            "0.30000000000000004",
            "4503599627370495.5",
        ] {
            let number: Number = serde_json::from_str(text).unwrap();
            assert_eq!(of(&number), decimal::from_number(&number), "{text}");
        }
    }
}
