//! The newest entries, kept in the document.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::entry::Entry;
use crate::pages::{PAGE, Spill};

/// How many of the newest entries stay in the document.
pub const KEPT: usize = 128;
/// Those and a page.
const FULL: usize = 192;

/// The newest entries of an account, and how many there have ever been.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journal {
    next: u64,
    kept: VecDeque<Entry>,
}

impl Journal {
    /// How many entries there have ever been; the number of the next.
    pub fn len(&self) -> u64 {
        self.next
    }

    /// Whether nothing was ever written.
    pub fn is_empty(&self) -> bool {
        self.next == 0
    }

    /// The number of the oldest entry kept in the document. All before it are in pages.
    pub fn first(&self) -> u64 {
        self.kept.front().map_or(self.next, |entry| entry.n)
    }

    /// The entries kept in the document, oldest first.
    pub fn kept(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.kept.iter()
    }

    /// The entry of that number, where it is still in the document.
    pub fn get(&self, n: u64) -> Option<&Entry> {
        let place = n.checked_sub(self.first())?;
        self.kept.get(usize::try_from(place).ok()?)
    }

    pub(crate) fn get_mut(&mut self, n: u64) -> Option<&mut Entry> {
        let place = n.checked_sub(self.first())?;
        self.kept.get_mut(usize::try_from(place).ok()?)
    }

    /// Numbers `entry` and appends it.
    pub(crate) fn push(&mut self, mut entry: Entry) -> u64 {
        let n = self.next;
        entry.n = n;
        self.kept.push_back(entry);
        self.next = n.saturating_add(1);
        n
    }

    pub(crate) fn weight(&self) -> usize {
        self.kept
            .iter()
            .fold(0, |sum, entry| sum.saturating_add(entry.weight()))
    }

    /// Whether a page can go and the newest 128 still stay.
    pub(crate) fn is_full(&self) -> bool {
        self.kept.len() >= FULL
    }

    /// Lets the oldest page go, if it is whole and all of it stood in the journal when that had
    /// `committed` entries.
    ///
    /// An entry that is being written for the first time stays: its commit may yet fail, and the page it had
    /// been written to would then hold something that never happened.
    pub(crate) fn let_go(&mut self, committed: u64) -> Option<Spill> {
        let first = self.first();
        let end = first.checked_add(PAGE)?;
        if end > committed {
            return None;
        }
        let entries = self.kept.drain(..usize::try_from(PAGE).ok()?).collect();
        Some(Spill {
            page: first.checked_div(PAGE)?,
            entries,
        })
    }
}
