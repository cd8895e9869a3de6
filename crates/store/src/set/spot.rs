//! Which shard a hash belongs to.

/// The levels that 64 bits allow, four bits each. A leaf below the last is not split, however large.
pub(super) const LEVELS: u32 = 16;

/// Where a shard stands in its set: it holds the hashes from `first` to `last`.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    /// The shard's key.
    pub key: String,
    /// The lowest hash that belongs here.
    pub first: u64,
    /// How many shards stand above.
    pub depth: u32,
}

impl Spot {
    /// The root's, where every hash belongs.
    pub fn root(key: String) -> Self {
        Self {
            key,
            first: 0,
            depth: 0,
        }
    }

    pub fn is_root(&self) -> bool {
        self.depth == 0
    }

    /// The highest hash that belongs here.
    pub fn last(&self) -> u64 {
        let bits = self.depth.saturating_mul(4);
        self.first | u64::MAX.checked_shr(bits).unwrap_or(0)
    }

    /// Which of the 16 children `hash` belongs to.
    pub fn digit(&self, hash: u64) -> u64 {
        hash.checked_shr(self.shift()).unwrap_or(0) & 15
    }

    /// The child for `hash`, where this shard says that its children are called `name`. `root` is the set's root.
    pub fn child_of(&self, root: &str, name: &str, hash: u64) -> Self {
        let digit = self.digit(hash);
        Self {
            key: format!("{root}:{name}{digit:x}"),
            first: self.first | digit.checked_shl(self.shift()).unwrap_or(0),
            depth: self.depth.saturating_add(1),
        }
    }

    /// All 16 children, in order.
    pub fn children(&self, root: &str, name: &str) -> impl DoubleEndedIterator<Item = Self> {
        (0..16_u64).map(move |digit| {
            let hash = digit.checked_shl(self.shift()).unwrap_or(0);
            self.child_of(root, name, hash)
        })
    }

    /// How far right this level's digit stands from the end of a hash.
    fn shift(&self) -> u32 {
        60_u32.saturating_sub(self.depth.saturating_mul(4))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn children_share_out_their_parents_hashes() {
        let mut spot = Spot::root("r".to_owned());
        for depth in 0..LEVELS {
            assert_eq!(spot.depth, depth);
            let children: Vec<Spot> = spot.children("r", "n").collect();
            let mut next = Some(spot.first);
            for child in &children {
                assert_eq!(Some(child.first), next);
                next = child.last().checked_add(1);
            }
            assert_eq!(children.last().unwrap().last(), spot.last());
            spot = children.into_iter().nth(9).unwrap();
            assert_eq!(spot.key, "r:n9");
        }
        assert_eq!((spot.first, spot.last()), (spot.first, spot.first));
    }

    #[test]
    fn a_hash_leads_to_the_child_that_holds_it() {
        let hash = 0xfed0_1234_5678_9abc;
        let mut spot = Spot::root("r".to_owned());
        for _ in 0..LEVELS {
            spot = spot.child_of("r", "n", hash);
            assert!((spot.first..=spot.last()).contains(&hash));
        }
        assert_eq!(spot.first, hash);
    }
}
