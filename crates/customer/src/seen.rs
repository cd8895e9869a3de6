//! Fingerprints of what was counted already, so that a retry counts nothing twice.
//!
//! A fingerprint is 48 bits of a hash, eight characters in the document: with 8,192 of them the chance that
//! a new id looks like an old one is 3 in 10^11. Beyond the limit the oldest leave.

use rapport_types::hash;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::limits::{SEEN_MESSAGES, SEEN_ORDERS};

const BITS: u64 = 0x0000_ffff_ffff_ffff;
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// What was seen of one customer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Message ids, the newest 1,024.
    #[serde(default)]
    messages: Fingerprints,
    /// Order ids, the newest 8,192.
    #[serde(default)]
    orders: Fingerprints,
}

impl Seen {
    /// Whether a message of this id was counted.
    pub fn has_message(&self, id: &str) -> bool {
        self.messages.contains(id)
    }

    /// Whether an order of this id was counted.
    pub fn has_order(&self, id: &str) -> bool {
        self.orders.contains(id)
    }

    /// Remembers a message.
    pub fn add_message(&mut self, id: &str) {
        self.messages.add(id, SEEN_MESSAGES);
    }

    /// Remembers an order.
    pub fn add_order(&mut self, id: &str) {
        self.orders.add(id, SEEN_ORDERS);
    }
}

/// Fingerprints, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Fingerprints(Vec<u64>);

/// 48 bits of a hash.
pub(crate) fn fingerprint(id: &str) -> u64 {
    hash::u64_of(id) & BITS
}

impl Fingerprints {
    fn contains(&self, id: &str) -> bool {
        self.0.contains(&fingerprint(id))
    }

    fn add(&mut self, id: &str, limit: usize) {
        self.0.push(fingerprint(id));
        let over = self.0.len().saturating_sub(limit);
        self.0.drain(..over);
    }
}

impl Serialize for Fingerprints {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut text = String::with_capacity(self.0.len().saturating_mul(8));
        for print in &self.0 {
            for digit in (0..8_u32).rev() {
                let six = print.checked_shr(digit.saturating_mul(6)).unwrap_or(0) & 63;
                let at = usize::try_from(six).unwrap_or(0);
                text.push(char::from(ALPHABET.get(at).copied().unwrap_or(b'A')));
            }
        }
        to.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Fingerprints {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let print = |chunk: &[u8]| {
            chunk
                .iter()
                .try_fold(0_u64, |print, byte| Some((print << 6) | six_bits(*byte)?))
        };
        let chunks = text.as_bytes().chunks_exact(8);
        if !chunks.remainder().is_empty() {
            return Err(de::Error::custom("fingerprints are 8 characters each"));
        }
        chunks
            .map(|chunk| {
                print(chunk).ok_or_else(|| de::Error::custom("a fingerprint is base64url"))
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

fn six_bits(byte: u8) -> Option<u64> {
    let place = match byte {
        b'A'..=b'Z' => byte.checked_sub(b'A')?,
        b'a'..=b'z' => byte.checked_sub(b'a')?.checked_add(26)?,
        b'0'..=b'9' => byte.checked_sub(b'0')?.checked_add(52)?,
        b'-' => 62,
        b'_' => 63,
        _ => return None,
    };
    Some(u64::from(place))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_survives_the_document() {
        let mut seen = Seen::default();
        for n in 0..2_000 {
            seen.add_message(&format!("m{n}"));
            seen.add_order(&format!("o{n}"));
        }
        let text = serde_json::to_string(&seen).unwrap();
        let again: Seen = serde_json::from_str(&text).unwrap();
        assert_eq!(again, seen);
        assert!((0..2_000).all(|n| again.has_order(&format!("o{n}"))));
        assert!(!again.has_order("o2000"));
        assert!(!again.has_message("m975") && again.has_message("m976"));
    }

    #[test]
    fn a_damaged_document_is_refused() {
        for bad in ["AAAA", "AAAAAAA*"] {
            let text = format!("{{\"orders\":\"{bad}\"}}");
            assert!(serde_json::from_str::<Seen>(&text).is_err());
        }
    }
}
