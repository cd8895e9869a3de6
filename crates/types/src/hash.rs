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
    fn parts_do_not_run_together() {
        assert_ne!(u64_of_parts(&["a", "bc"]), u64_of_parts(&["ab", "c"]));
    }
}
