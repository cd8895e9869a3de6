//! Voucher codes: 128 random bits, so that nobody guesses one, written so that people can read them out.
//!
//! 26 digits of Crockford's base 32 (which has no I, L, O and U; <https://www.crockford.com/base32.html>) and a check digit by Luhn's
//! method modulo 32, which finds every single wrong digit and nearly every swap of two neighbours: `SUMMER-7Q3K-…`. A code is read in
//! either case, with or without its hyphens, and with I and L for 1 and O for 0. A prefix is for people: what follows it is the code.

/// Crockford's digits.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Digits of a code, the check digit included.
const LENGTH: usize = 27;
/// Digits between hyphens.
const GROUP: usize = 4;
/// The most characters that are read: a prefix, the digits, and as many hyphens and blanks again.
const MOST: usize = 128;

/// A code that was read: its digits alone, the check digit right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    /// The code that says `secret`.
    pub fn new(secret: u128) -> Self {
        let mut values = Vec::with_capacity(LENGTH);
        for place in (0..26_u32).rev() {
            let bits = secret.checked_shr(place.saturating_mul(5)).unwrap_or(0) & 31;
            values.push(u8::try_from(bits).unwrap_or(0));
        }
        values.push(check(&values));
        Self(values.into_iter().map(digit).collect())
    }

    /// Reads what somebody typed; `None` where it is no code, or is mistyped.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MOST {
            return None;
        }
        let typed: Vec<char> = text
            .chars()
            .filter(|c| *c != '-' && !c.is_whitespace())
            .collect();
        let from = typed.len().checked_sub(LENGTH)?;
        let values = typed.get(from..)?.iter().map(|c| value(*c));
        let values: Vec<u8> = values.collect::<Option<_>>()?;
        let (last, others) = values.split_last()?;
        (check(others) == *last).then(|| Self(values.iter().copied().map(digit).collect()))
    }

    /// As people read it, with a prefix.
    pub fn text(&self, prefix: Option<&str>) -> String {
        let mut text = String::with_capacity(48);
        if let Some(prefix) = prefix {
            text.push_str(&prefix.to_ascii_uppercase());
        }
        for (place, digit) in self.0.chars().enumerate() {
            if place.checked_rem(GROUP) == Some(0) && !text.is_empty() {
                text.push('-');
            }
            text.push(digit);
        }
        text
    }

    /// Its digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

pub(crate) fn digit(value: u8) -> char {
    DIGITS
        .get(usize::from(value))
        .map_or('0', |byte| char::from(*byte))
}

pub(crate) fn value(c: char) -> Option<u8> {
    let c = match c.to_ascii_uppercase() {
        'I' | 'L' => '1',
        'O' => '0',
        c => c,
    };
    let place = DIGITS.iter().position(|byte| char::from(*byte) == c)?;
    u8::try_from(place).ok()
}

/// Luhn's check digit modulo 32: from the last digit on every other one is doubled, and the digits of the double are added.
fn check(values: &[u8]) -> u8 {
    let sum = values.iter().rev().enumerate().map(|(place, value)| {
        let doubled = match place.checked_rem(2) {
            Some(0) => value.saturating_mul(2),
            _ => *value,
        };
        u32::from((doubled >> 5).saturating_add(doubled & 31))
    });
    let sum: u32 = sum.fold(0, u32::saturating_add) & 31;
    u8::try_from(32_u32.saturating_sub(sum) & 31).unwrap_or(0)
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = Code::new(u128::MAX);
        // 128 bits are 25 digits of 5 bits and one of 3: 7, then 25 Zs. Doubled, 31 is 62: 1 and 30, 31 again. So all
        // 25 give 31 each and 7, whose place is not doubled, 7: 782, which is 14 modulo 32; the check digit is 18, J.
        assert_eq!(code.text(None), "7ZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZJ");
        let text = code.text(Some("Summer"));
        assert!(text.starts_with("SUMMER-7ZZZ-"), "{text}");
        for typed in [
            text.clone(),
            text.to_lowercase(),
            text.replace('-', ""),
            text.replace('-', " "),
        ] {
            assert_eq!(Code::parse(&typed).as_ref(), Some(&code), "{typed}");
        }
        let zero = Code::new(0).text(None);
        assert_eq!(Code::parse(&zero.replace('0', "o")), Some(Code::new(0)));
        let one = Code::new(1).text(None);
        assert_eq!(Code::parse(&one.replace('1', "l")), Some(Code::new(1)));
        assert_eq!(Code::parse(&one.replace('1', "i")), Some(Code::new(1)));
    }

    #[test]
    fn a_code_with_one_wrong_digit_is_none() {
        let text = Code::new(0x0123_4567_89ab_cdef_fedc_ba98_7654_3210).0;
        for place in 0..text.len() {
            for wrong in DIGITS {
                let mut bytes = text.clone().into_bytes();
                if bytes[place] == *wrong {
                    continue;
                }
                bytes[place] = *wrong;
                let typed = String::from_utf8(bytes).unwrap();
                assert_eq!(Code::parse(&typed), None, "{typed}");
            }
        }
        for no_code in [
            "",
            "7ZZZ",
            "7ZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZU0",
            &"7".repeat(200),
        ] {
            assert_eq!(Code::parse(no_code), None, "{no_code}");
        }
    }

    #[test]
    fn what_is_read_has_at_most_128_bytes() {
        let code = Code::new(7);
        let typed = |bytes: usize| format!("{:->bytes$}", code.as_str());
        assert_eq!(Code::parse(&typed(128)), Some(code.clone()));
        assert_eq!(Code::parse(&typed(129)), None);
    }

    #[test]
    fn the_secret_is_in_the_code_bit_by_bit() {
        // 5 bits a digit: 128 random bits are 25 digits of them and one of 3.
        let all: Vec<Code> = (0..128).map(|bit| Code::new(1 << bit)).collect();
        for (bit, code) in all.iter().enumerate() {
            let digits = code.as_str().as_bytes();
            let expected = DIGITS[1 << (bit % 5)];
            assert_eq!(digits[25 - bit / 5], expected, "{bit}");
            assert_eq!(digits[..26].iter().filter(|d| **d != b'0').count(), 1);
        }
    }

    #[test]
    fn two_neighbours_that_changed_places_are_noticed() {
        let text = Code::new(0x0123_4567_89ab_cdef_fedc_ba98_7654_3210).0;
        let bytes = text.into_bytes();
        let mut noticed = 0;
        for place in 0..26 {
            let mut swapped = bytes.clone();
            swapped.swap(place, place + 1);
            if swapped != bytes {
                let typed = String::from_utf8(swapped).unwrap();
                assert_eq!(Code::parse(&typed), None, "{typed}");
                noticed += 1;
            }
        }
        assert!(noticed > 20);
    }
}
