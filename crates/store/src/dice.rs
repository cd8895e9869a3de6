//! Choices that a seed determines: splitmix64 (Steele, Lea and Flood, 2014), of which the n-th number needs no lock.

use std::sync::atomic::{AtomicU64, Ordering};

/// How far the state moves with each number.
const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// A source of choices.
pub(crate) struct Dice {
    state: AtomicU64,
}

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self {
            state: AtomicU64::new(seed),
        }
    }

    /// A number below `bound`; 0 where that is 0. The bounds here are so small that their unevenness does not matter.
    #[cfg(not(target_family = "wasm"))]
    pub fn below(&self, bound: u64) -> u64 {
        self.next().checked_rem(bound).unwrap_or(0)
    }

    /// The next number.
    pub fn next(&self) -> u64 {
        let mut z = self
            .state
            .fetch_add(GAMMA, Ordering::Relaxed)
            .wrapping_add(GAMMA);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first numbers of the reference implementation from the seed 1234567.
    #[test]
    fn numbers_are_those_of_the_reference() {
        let dice = Dice::new(1_234_567);
        assert_eq!(dice.next(), 6_457_827_717_110_365_317);
        assert_eq!(dice.next(), 3_203_168_211_198_807_973);
        assert_eq!(dice.next(), 9_817_491_932_198_370_423);
    }
}
