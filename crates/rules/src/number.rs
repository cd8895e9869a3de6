//! Decimals out of JSON numbers, without allocating.

use std::fmt::{self, Write};

use rapport_types::{Decimal, decimal};
use serde_json::Number;

/// The decimal that `number`'s text names, or `None` beyond 28 digits: as [`decimal::from_number`], which
/// writes the text on the heap.
pub(crate) fn of(number: &Number) -> Option<Decimal> {
    if let Some(whole) = number.as_i64() {
        return Some(Decimal::from(whole));
    }
    let mut text = Short::default();
    let written = write!(text, "{number}").ok().and_then(|()| text.read());
    // What is longer, or has an exponent, is rare.
    written.or_else(|| decimal::from_number(number))
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
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

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
        ] {
            let number: Number = serde_json::from_str(text).unwrap();
            assert_eq!(of(&number), decimal::from_number(&number), "{text}");
        }
    }
}
