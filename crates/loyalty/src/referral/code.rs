//! The codes that customers hand on: eight of Crockford's digits, `7Q3K-9ZBM`, which are 40 random bits.
//!
//! They are short, because people read them out, and give nothing by themselves: whoever guesses one has been referred by somebody
//! they do not know. Of a million codes one guess in a million hits any. They are read as vouchers' codes are: in either case,
//! with or without the hyphen, with I and L for 1 and O for 0.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::reward::code::{digit, value};

/// Digits of a code.
const LENGTH: usize = 8;
/// Where the hyphen stands.
const HALF: usize = 4;
/// The most bytes that are read.
const MOST: usize = 64;

/// A code as it was read: its digits alone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReferralCode(String);

/// The text is no code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a referral code has {LENGTH} letters and digits, such as 7Q3K-9ZBM")]
pub struct NoCode;

impl ReferralCode {
    /// The code of the lowest 40 bits of `secret`.
    pub fn new(secret: u128) -> Self {
        let digits = (0..LENGTH).rev().map(|place| {
            let shift = u32::try_from(place).unwrap_or(0).saturating_mul(5);
            let bits = secret.checked_shr(shift).unwrap_or(0) & 31;
            digit(u8::try_from(bits).unwrap_or(0))
        });
        Self(digits.collect())
    }

    /// Reads what somebody typed.
    pub fn parse(text: &str) -> Result<Self, NoCode> {
        if text.len() > MOST {
            return Err(NoCode);
        }
        let typed = text.chars().filter(|c| *c != '-' && !c.is_whitespace());
        let digits: Option<String> = typed.map(|c| value(c).map(digit)).collect();
        digits
            .filter(|digits| digits.len() == LENGTH)
            .map(Self)
            .ok_or(NoCode)
    }

    /// Its digits alone.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ReferralCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last) = self.0.split_at_checked(HALF).unwrap_or((&self.0, ""));
        write!(f, "{first}-{last}")
    }
}

impl TryFrom<String> for ReferralCode {
    type Error = NoCode;
    fn try_from(text: String) -> Result<Self, NoCode> {
        Self::parse(&text)
    }
}

impl From<ReferralCode> for String {
    fn from(code: ReferralCode) -> Self {
        code.to_string()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        // 0x0123456789 in groups of five bits: 0, 4, 17, 20, 10, 25, 28, 9.
        let code = ReferralCode::new(0x01_2345_6789);
        assert_eq!(code.to_string(), "04HM-ASW9");
        for typed in ["04HM-ASW9", "04hmasw9", "o4hm asw9", " O4HM-ASW9"] {
            assert_eq!(ReferralCode::parse(typed).as_ref(), Ok(&code), "{typed}");
        }
        // Bits beyond 40 do not count.
        assert_eq!(ReferralCode::new((1 << 100) | 0x01_2345_6789), code);
        let all = ReferralCode::new(u128::MAX);
        assert_eq!(all.to_string(), "ZZZZ-ZZZZ");
    }

    #[test]
    fn what_is_no_code_is_none() {
        for none in [
            "",
            "7Q3K-9ZB",
            "7Q3K-9ZBMM",
            "7Q3K-9ZBU",
            "7Q3K_9ZBM",
            &"-".repeat(80),
        ] {
            assert_eq!(ReferralCode::parse(none), Err(NoCode), "{none}");
        }
    }
}
