//! Numbers that would not stay as they were sent.
//!
//! JSON has decimals of any length. What is read is a whole number of 64 bits, or else the nearest binary float, which is written again as
//! the shortest decimal that leads to it: the very decimal that was sent where that has up to 15 digits. Programs write floats with up to
//! 17, not all of them the shortest: so a decimal of up to 17 digits, with a fraction or a power of ten, means the float next to it, wherever it
//! comes from, and may come back written otherwise. Any other number, such as an id of 20 digits, would come back as another, and nobody would
//! know. It is refused.

use std::iter::from_fn;

use rapport_types::{Violation, json};
use serde_json::Number;

use crate::place::{Place, Token, Walk};

/// A decimal of so many digits comes back as it was, wherever its point is.
const SHORT: usize = 15;
/// So many digits tell a float from all others; with a fraction or a power of ten nobody but a program that has a float writes them.
const OF_A_FLOAT: usize = 17;

/// The numbers in `body`, which is JSON, that would not stay as they are, from first to last.
pub(crate) fn inexact(body: &[u8]) -> impl Iterator<Item = Violation> + '_ {
    let mut inexact = Inexact::of(body);
    from_fn(move || Some(inexact.find()?.violation()))
}

/// Looks through a body for numbers that would not stay as they are.
pub struct Inexact<'a>(Walk<'a>);

/// A number that would not stay as it is. Who does not keep it need not say where it is: that takes as long as the keys around it are.
pub struct Found<'a> {
    walk: &'a Walk<'a>,
    left: String,
}

impl<'a> Inexact<'a> {
    /// Those in `body`, which is JSON.
    pub fn of(body: &'a [u8]) -> Self {
        Self(Walk::new(body))
    }

    /// The next one.
    pub fn find(&mut self) -> Option<Found<'_>> {
        loop {
            let (token, text) = self.0.step()?;
            if token == Token::Value
                && let Some(left) = left(text)
            {
                let walk = &self.0;
                return Some(Found { walk, left });
            }
        }
    }
}

impl Found<'_> {
    /// Which element it is in of the list that is so deep in the body; `None` where there is no list. The body itself is at 0.
    pub fn element(&self, depth: usize) -> Option<usize> {
        self.walk.element(depth)
    }

    /// Whether it is in the field `name` of the object that is so deep in the body.
    pub fn is_in(&self, depth: usize, name: &str) -> bool {
        self.walk.is_in(depth, name)
    }

    /// What to say of it.
    pub fn violation(&self) -> Violation {
        let detail = format!(
            "{} is what would be left of this number; send one with so many digits as text",
            self.left
        );
        let Place { pointer, .. } = self.walk.place(Token::Value);
        Violation::new(pointer, "not_exact", detail)
    }
}

/// What would be left of the number that `text` is; `None` where it stays as it is, or is none.
fn left(text: &[u8]) -> Option<String> {
    let first = text.first()?;
    let power = || text.iter().any(|byte| byte.eq_ignore_ascii_case(&b'e'));
    if !(*first == b'-' || first.is_ascii_digit()) || (text.len() <= SHORT && !power()) {
        return None;
    }
    let number = json::from_slice::<Number>(text).ok()?;
    let (sent, left) = (Decimal::of(text), number.to_string());
    let of_a_float = || {
        let normal = number.as_f64().is_some_and(f64::is_normal);
        normal && sent.digits.len() <= OF_A_FLOAT && (text.contains(&b'.') || power())
    };
    let stays = sent == Decimal::of(left.as_bytes()) || of_a_float();
    (!stays).then_some(left)
}

/// A decimal without its sign, as it is however it is written.
#[derive(PartialEq, Eq)]
struct Decimal {
    /// Without zeros around them.
    digits: Vec<u8>,
    /// The power of ten that stands behind the last of them; 0 of nothing.
    power: i64,
}

impl Decimal {
    fn of(text: &[u8]) -> Self {
        let mut parts = text.splitn(2, |byte| byte.eq_ignore_ascii_case(&b'e'));
        let mantissa = parts.next().unwrap_or_default();
        let power = std::str::from_utf8(parts.next().unwrap_or(b"0")).unwrap_or_default();
        // Beyond all that a float can be; then it is nothing, or it was refused.
        let mut power = power.parse().unwrap_or(i64::MIN);
        let mut behind = mantissa.splitn(2, |byte| *byte == b'.').skip(1);
        let places = behind.next().map_or(0, <[u8]>::len);
        power = power.saturating_sub(i64::try_from(places).unwrap_or(i64::MAX));
        let digits = mantissa.iter().copied().filter(u8::is_ascii_digit);
        let mut digits: Vec<u8> = digits.skip_while(|digit| *digit == b'0').collect();
        while digits.last() == Some(&b'0') {
            digits.pop();
            power = power.saturating_add(1);
        }
        if digits.is_empty() {
            power = 0;
        }
        Self { digits, power }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_would_change_is_told_and_what_stays_is_not() {
        for stays in [
            "0",
            "-0",
            "-0.0",
            "7",
            "29.33",
            "1e2",
            "1.50E+3",
            "0e99",
            "1e-7",
            "5e-324",
            "0.1000000000000000000000000000",
            "123456789012345",
            "9223372036854775807",
            "18446744073709551615",
            "-9223372036854775808",
            "31.230416123456788",
            "0.30000000000000004",
            "1.7976931348623157e308",
            "100000000000000000000",
            "12300000000000000000000e-2",
            "9007199254740993",
            // As programs write floats that others write shorter.
            "0.10000000000000001",
            "31.230416123456789",
            "5.684341886080801E-14",
            // No float is written so, but whoever reads decimals as floats would take them for the same.
            "1.0000000000000001",
            "99999999999999.999",
            // No numbers.
            "true",
            "null",
            "\"12345678901234567890123\"",
            "\"1e2\"",
        ] {
            assert_eq!(left(stays.as_bytes()), None, "{stays}");
        }
        for (text, expected) in [
            ("18446744073709551616", "1.8446744073709552e+19"),
            ("-9223372036854775809", "-9.223372036854776e+18"),
            ("12345678901234567890.12", "1.2345678901234567e+19"),
            ("0.1000000000000000055", "0.1"),
            ("123456789012345.678", "123456789012345.67"),
            ("123456789012345678.0", "1.2345678901234568e+17"),
            ("1e-400", "0.0"),
            ("1.2345e-320", "1.2347e-320"),
        ] {
            assert_eq!(left(text.as_bytes()).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_another_program_writes_of_a_float_stays() {
        let (mut random, mut told) = (7_u64, 0);
        for _ in 0..100_000 {
            // Knuth's.
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let fraction = (random >> 11) as f64 / (1_u64 << 53) as f64;
            for float in [f64::from_bits(random), fraction * 360.0, fraction * 1e12] {
                let Some(number) = Number::from_f64(float) else {
                    continue;
                };
                let shortest = number.to_string();
                assert_eq!(left(shortest.as_bytes()), None, "{shortest}");
                for digits in [15, 16, 17] {
                    let text = format!("{float:.*e}", digits - 1);
                    // With fewer digits it may be another float.
                    if float.is_normal() && text.parse() == Ok(float) {
                        told += 1;
                        assert_eq!(left(text.as_bytes()), None, "{text}");
                    }
                }
            }
        }
        assert!(told > 290_000, "all of them with 17: {told}");
    }

    #[test]
    fn each_is_told_with_its_place_and_texts_and_names_are_none() {
        let body = br#" { "a/b" : [1, {"c": 0.12345678901234567890 , "12345678901234567890123": "12345678901234567890123"}],
            "d\u0065": 12345678901234567890123}"#;
        let found: Vec<(String, String)> = inexact(body)
            .map(|violation| (violation.pointer, violation.code))
            .collect();
        let at = |pointer: &str| (pointer.to_owned(), "not_exact".to_owned());
        assert_eq!(found, [at("/a~1b/1/c"), at("/de")]);
    }
}
