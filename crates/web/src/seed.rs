//! The secret halves of the keys that the service signs with.

use std::fmt;

/// The most keys of a service: the one that signs, and those that are about to, or did until lately.
const MOST: usize = 4;

/// The secret of an Ed25519 key pair (RFC 8032, 5.1.5): 32 random bytes. It shows nowhere, not even in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Seed([u8; 32]);

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(..)")
    }
}

impl Seed {
    /// Reads a list of one or more seeds of 64 hexadecimal digits each, with commas between them; says what is wrong with it
    /// without showing any of it.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, String> {
        let mut seeds = Vec::<Self>::new();
        for (at, text) in text.split(',').enumerate() {
            let seed = Self::parse(text.trim()).ok_or_else(|| {
                format!(
                    "key {} of it is not 64 hexadecimal digits, or all zeros; make one with: openssl rand -hex 32",
                    at.saturating_add(1)
                )
            })?;
            if seeds.contains(&seed) {
                return Err("it has the same key twice".to_owned());
            }
            seeds.push(seed);
        }
        match seeds.len() > MOST {
            true => Err(format!("it has more than {MOST} keys")),
            false => Ok(seeds),
        }
    }

    /// The bytes.
    pub fn bytes(&self) -> [u8; 32] {
        self.0
    }

    fn parse(text: &str) -> Option<Self> {
        let digits = text.chars().map(|digit| digit.to_digit(16));
        let digits: Vec<u32> = digits.collect::<Option<_>>()?;
        let (pairs, []) = digits.as_chunks::<2>() else {
            return None;
        };
        let bytes = pairs
            .iter()
            .map(|[high, low]| u8::try_from((high << 4) | low));
        let bytes: Vec<u8> = bytes.collect::<Result<_, _>>().ok()?;
        let bytes: [u8; 32] = bytes.try_into().ok()?;
        // Nobody's secret: what a buffer holds before anything was put into it.
        (bytes != [0; 32]).then_some(Self(bytes))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)]
mod tests {
    use super::*;

    const ONE: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";

    #[test]
    fn a_seed_is_64_digits_in_either_case() {
        let seeds = Seed::parse_all(ONE).unwrap();
        assert_eq!(&seeds[0].bytes()[..3], [0x9d, 0x61, 0xb1]);
        assert_eq!(seeds, Seed::parse_all(&ONE.to_uppercase()).unwrap());
        let two = format!("{ONE}, {}", ONE.replace('9', "8"));
        assert_eq!(Seed::parse_all(&two).unwrap().len(), 2);
    }

    #[test]
    fn what_is_none_is_refused_and_not_shown() {
        let zeros = "0".repeat(64);
        let short = &ONE[..62];
        let odd = &ONE[..63];
        let other = ONE.replace('9', "x");
        let twice = format!("{ONE},{ONE}");
        let one_more = format!("{ONE},");
        for wrong in [&zeros, short, odd, &other, &twice, &one_more, "", "secret"] {
            let why = Seed::parse_all(wrong).unwrap_err();
            assert!(wrong.is_empty() || !why.contains(wrong), "{why}");
        }
        let five: Vec<String> = (1..=5).map(|n| format!("{n}").repeat(64)).collect();
        assert!(Seed::parse_all(&five.join(",")).is_err());
        assert!(Seed::parse_all(&five[..4].join(",")).is_ok());
        assert_eq!(format!("{:?}", Seed::parse_all(ONE).unwrap()), "[Seed(..)]");
    }
}
