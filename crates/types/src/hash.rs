//! Short stable hashes of client text, for keys, sets of what was seen, and shards.

use sha2::{Digest, Sha256};

/// The first 128 bits of SHA-256 as 32 lower-case hex digits: what stands in store keys for client text.
pub fn hex128(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let mut hex = String::with_capacity(32);
    for byte in digest.iter().take(16) {
        for nibble in [byte >> 4, byte & 0x0f] {
            hex.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
    }
    hex
}

/// The first 64 bits of SHA-256: compact enough to keep thousands in one document.
pub fn u64_of(text: &str) -> u64 {
    Sha256::digest(text.as_bytes())
        .iter()
        .take(8)
        .fold(0, |hash, byte| (hash << 8) | u64::from(*byte))
}

/// Like [`u64_of`], of several parts: `["a", "bc"]` and `["ab", "c"]` differ.
pub fn u64_of_parts(parts: &[&str]) -> u64 {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher
        .finalize()
        .iter()
        .take(8)
        .fold(0, |hash, byte| (hash << 8) | u64::from(*byte))
}

/// A quick hash of what an answer says, for `ETag`s: SHA-256 of the same took a tenth of the time of a long answer. Whoever wants two
/// states to collide may bring it about, so it is not for what clients must not confuse.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quick(u64);

impl Quick {
    /// The same with `number` behind what was there.
    #[must_use]
    pub fn and(self, number: u64) -> Self {
        // The finalizer of SplitMix64 (Steele, Lea, Flood 2014), which lets each bit change every other.
        let mut z = (self.0 ^ number).wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Self(z ^ (z >> 31))
    }

    /// The same with `text` behind what was there; where a text ends is part of it.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        let (words, rest) = text.as_bytes().as_chunks::<8>();
        let hash = words
            .iter()
            .fold(self, |hash, word| hash.and(u64::from_le_bytes(*word)));
        let rest = rest
            .iter()
            .fold(0_u64, |rest, byte| (rest << 8) | u64::from(*byte));
        hash.and(rest)
            .and(u64::try_from(text.len()).unwrap_or(u64::MAX))
    }

    /// The hash.
    pub fn finish(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_sha256() {
        // SHA-256 of "abc", FIPS 180-2 appendix B.1.
        assert_eq!(hex128("abc"), "ba7816bf8f01cfea414140de5dae2223");
        assert_eq!(u64_of("abc"), 0xba78_16bf_8f01_cfea);
    }

    #[test]
    fn a_quick_hash_tells_order_and_ends() {
        let of = |texts: &[&str]| {
            let all = texts
                .iter()
                .fold(Quick::default(), |hash, text| hash.text(text));
            all.finish()
        };
        let all = [
            of(&[]),
            of(&[""]),
            of(&["a", "bc"]),
            of(&["ab", "c"]),
            of(&["abcdefgh"]),
            of(&["abcdefgh", ""]),
            of(&["\0"]),
            of(&["\0\0"]),
        ];
        let mut known = all.to_vec();
        known.sort_unstable();
        known.dedup();
        assert_eq!(known.len(), all.len());
        let one = Quick::default().and(1).and(2).finish();
        assert_ne!(one, Quick::default().and(2).and(1).finish());
    }

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(u64_of_parts(&["a", "bc"]), u64_of_parts(&["ab", "c"]));
    }
}
