//! Which entry an id has, as it was kept before there was an [`index`](crate::index): read, and never written any more.
//!
//! Id pages come in generations: generation `g` has `2^g` id pages for `8 * 2^g` journal pages, and the lowest bits of an id's hash say
//! which of them is its own. So an id page holds about 512 ids, and a lookup reads one of each generation.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::id_rows::Rows;

/// Journal pages of the first generation.
const FIRST_GENERATION: u64 = 8;

/// An id page: which entry each id leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IdPage(Rows);

impl IdPage {
    /// The number of the entry that `key` leads to; of several the last.
    pub fn get(&self, key: u64) -> Option<u64> {
        self.0.get(key)
    }
}

/// The id pages that know `key`, if it stands on one of `pages` of the journal.
pub(crate) fn names(pages: impl Iterator<Item = u64>, key: u64) -> Vec<String> {
    let generations: BTreeSet<u32> = pages.map(generation_of).collect();
    generations
        .into_iter()
        .map(|generation| name(generation, key))
        .collect()
}

/// Generation `g` begins at journal page `8 * (2^g - 1)`.
fn generation_of(page: u64) -> u32 {
    let from_one = page
        .checked_div(FIRST_GENERATION)
        .unwrap_or(0)
        .saturating_add(1);
    from_one.ilog2()
}

/// `<generation>-<id page>`: the id page is named by the lowest bits of the hash.
fn name(generation: u32, key: u64) -> String {
    let mask = 1_u64.checked_shl(generation).unwrap_or(0).wrapping_sub(1);
    format!("{generation}-{}", key & mask)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_which_entry_an_id_has() {
        let page: IdPage = serde_json::from_str("[[3,2],[9,70]]").unwrap();
        assert_eq!(
            [3, 9, 4].map(|key| page.get(key)),
            [Some(2), Some(70), None]
        );
    }

    #[test]
    fn generations_double() {
        // 8 pages, then 16, then 32: generation 1 begins at page 8, generation 2 at page 24.
        let of = |page| generation_of(page);
        assert_eq!(
            [of(0), of(7), of(8), of(23), of(24), of(55), of(56)],
            [0, 0, 1, 1, 2, 2, 3]
        );
        assert_eq!(names(0..8, 5), ["0-0"]);
        assert_eq!(names(0..9, 5), ["0-0", "1-1"]);
        assert_eq!(names(20..25, 6), ["1-0", "2-2"]);
    }
}
