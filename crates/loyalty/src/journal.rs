//! The newest entries, kept in the document.
//!
//! Entries never change, and most movements look at none of them but the newest. So those that were read stay the bytes they are, a
//! line each, until somebody asks for one: to earn or spend, an account takes them over unread. Whether
//! an id is among them is told by whether its text is.

use std::collections::VecDeque;
use std::sync::OnceLock;

use bytes::Bytes;
use memchr::memmem;

use crate::entry::{Entry, TransactionId};
use crate::pages::{PAGE, Spill};
use rapport_types::json;

/// How many of the newest entries stay in the document, at least. Every commit writes them all again, so they are few: with 128 to 191 of
/// them, which were 50 KB, a movement took a third longer than with ten.
pub const KEPT: usize = 16;
/// Those and a page.
const FULL: usize = 80;

/// An entry stands in the document and cannot be read. Nothing may be decided over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("entry {n} of the journal cannot be read")]
pub struct Unreadable {
    /// Its number.
    pub n: u64,
}

/// The newest entries of an account, and how many there have ever been.
#[derive(Debug, Clone, Default)]
pub struct Journal {
    /// The number of the oldest entry here.
    first: u64,
    /// Entries as they stand in the document, oldest first, each with the newline before it.
    text: Bytes,
    /// The same, one by one.
    lines: VecDeque<Line>,
    /// Entries that do not yet stand there.
    fresh: VecDeque<Entry>,
}

/// One line of the text.
#[derive(Debug, Clone)]
struct Line {
    /// The entry as JSON.
    json: Bytes,
    /// Once somebody has asked for it.
    entry: OnceLock<Option<Box<Entry>>>,
}

impl Journal {
    /// Reads what [`Journal::to_bytes`] wrote; `None` where it is no journal.
    pub fn read(bytes: &Bytes) -> Option<Self> {
        if bytes.starts_with(b"{") {
            return Self::read_whole(bytes);
        }
        let end = memchr::memchr(b'\n', bytes).unwrap_or(bytes.len());
        let first = std::str::from_utf8(bytes.get(..end)?).ok()?.parse().ok()?;
        let text = bytes.slice(end..);
        let starts = memchr::memchr_iter(b'\n', &text);
        let ends = memchr::memchr_iter(b'\n', &text)
            .skip(1)
            .chain([text.len()]);
        let lines = starts.zip(ends).map(|(start, end)| Line {
            json: text.slice(start.saturating_add(1).min(end)..end),
            entry: OnceLock::new(),
        });
        Some(Self {
            first,
            lines: lines.collect(),
            text: text.clone(),
            fresh: VecDeque::new(),
        })
    }

    /// Reads a journal as it was written before it had lines.
    fn read_whole(bytes: &[u8]) -> Option<Self> {
        #[derive(serde::Deserialize)]
        struct Whole {
            next: u64,
            kept: VecDeque<Entry>,
        }
        let Whole { next, kept } = json::from_slice(bytes).ok()?;
        Some(Self {
            first: kept.front().map_or(next, |entry| entry.n),
            fresh: kept,
            ..Self::default()
        })
    }

    /// The number of the oldest entry, and then a line of JSON for each.
    pub fn to_bytes(&self) -> Result<Bytes, serde_json::Error> {
        let mut bytes = Vec::with_capacity(self.text.len().saturating_add(1_024));
        bytes.extend_from_slice(self.first.to_string().as_bytes());
        bytes.extend_from_slice(&self.text);
        for entry in &self.fresh {
            bytes.push(b'\n');
            serde_json::to_writer(&mut bytes, entry)?;
        }
        Ok(bytes.into())
    }

    /// How many entries there have ever been; the number of the next.
    pub fn len(&self) -> u64 {
        let here = u64::try_from(self.count()).unwrap_or(u64::MAX);
        self.first.saturating_add(here)
    }

    /// Whether nothing was ever written.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many entries the document has.
    fn count(&self) -> usize {
        self.lines.len().saturating_add(self.fresh.len())
    }

    /// The number of the oldest entry kept in the document. All before it are in pages.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// The entries kept in the document, oldest first.
    pub fn kept(&self) -> Result<Vec<&Entry>, Unreadable> {
        (self.first..self.len())
            .filter_map(|n| self.get(n).transpose())
            .collect()
    }

    /// The newest entry.
    pub(crate) fn last(&self) -> Result<Option<&Entry>, Unreadable> {
        self.len().checked_sub(1).map_or(Ok(None), |n| self.get(n))
    }

    /// The entry of that number, where it is still in the document.
    pub fn get(&self, n: u64) -> Result<Option<&Entry>, Unreadable> {
        let place = n.checked_sub(self.first);
        let Some(place) = place.and_then(|place| usize::try_from(place).ok()) else {
            return Ok(None);
        };
        let Some(line) = self.lines.get(place) else {
            let place = place.saturating_sub(self.lines.len());
            return Ok(self.fresh.get(place));
        };
        let entry = line.entry.get_or_init(|| line.parse(n));
        entry.as_deref().map(Some).ok_or(Unreadable { n })
    }

    /// The newest entry that names `id` somewhere and passes `is`.
    pub(crate) fn find(
        &self,
        id: &TransactionId,
        is: impl Fn(&Entry) -> bool,
    ) -> Result<Option<&Entry>, Unreadable> {
        if let Some(entry) = self.fresh.iter().rev().find(|entry| is(entry)) {
            return Ok(Some(entry));
        }
        let finder = memmem::FinderRev::new(id.as_str());
        // Mostly one look through the whole text says that it is nowhere.
        if finder.rfind(&self.text).is_none() {
            return Ok(None);
        }
        let named = |line: &Line| finder.rfind(&line.json).is_some();
        for (place, _) in self
            .lines
            .iter()
            .enumerate()
            .rev()
            .filter(|(_, line)| named(line))
        {
            let n = self
                .first
                .saturating_add(u64::try_from(place).unwrap_or(u64::MAX));
            if let Some(entry) = self.get(n)?.filter(|entry| is(entry)) {
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }

    /// An entry that is not yet committed.
    pub(crate) fn get_mut(&mut self, n: u64) -> Option<&mut Entry> {
        let place = usize::try_from(n.checked_sub(self.first)?).ok()?;
        self.fresh.get_mut(place.checked_sub(self.lines.len())?)
    }

    /// Numbers `entry` and appends it.
    pub(crate) fn push(&mut self, mut entry: Entry) -> u64 {
        let n = self.len();
        entry.n = n;
        self.fresh.push_back(entry);
        n
    }

    /// At least as many bytes as it takes in the document.
    pub(crate) fn weight(&self) -> usize {
        let fresh = self.fresh.iter().map(Entry::weight);
        fresh.fold(self.text.len(), usize::saturating_add)
    }

    /// Whether a page can go and the newest [`KEPT`] still stay.
    pub(crate) fn is_full(&self) -> bool {
        self.count() >= FULL
    }

    /// Lets the oldest page go, if it is whole and all of it stood in the journal when that had
    /// `committed` entries.
    ///
    /// An entry that is being written for the first time stays: its commit may yet fail, and the page it had
    /// been written to would then hold something that never happened.
    pub(crate) fn let_go(&mut self, committed: u64) -> Result<Option<Spill>, Unreadable> {
        let first = self.first;
        let end = first.saturating_add(PAGE);
        let Some(page) = first.checked_div(PAGE).filter(|_| end <= committed) else {
            return Ok(None);
        };
        let entries = (first..end).map(|n| self.get(n).map(|entry| entry.cloned()));
        let entries = entries.filter_map(Result::transpose);
        let entries: Vec<Entry> = entries.collect::<Result<_, _>>()?;
        for _ in first..end {
            match self.lines.pop_front() {
                Some(line) => {
                    let gone = line.json.len().saturating_add(1);
                    self.text = self.text.slice(gone.min(self.text.len())..);
                }
                None => drop(self.fresh.pop_front()),
            }
        }
        self.first = end;
        Ok(Some(Spill { page, entries }))
    }
}

impl Line {
    fn parse(&self, n: u64) -> Option<Box<Entry>> {
        let entry: Entry = json::from_slice(&self.json).ok()?;
        (entry.n == n).then(|| Box::new(entry))
    }
}

/// The same entries, whether or not they were written out yet.
impl PartialEq for Journal {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.to_bytes().ok() == other.to_bytes().ok()
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation
)]
mod tests {
    use super::*;
    use crate::entry::Kind;
    use rapport_types::Timestamp;

    fn journal(entries: u64) -> Journal {
        let mut journal = Journal::default();
        for n in 0..entries {
            let id = TransactionId::of_key(&n.to_string());
            let at = Timestamp::from_millis(0);
            journal.push(Entry::new(id, Kind::Earn, at, 1));
        }
        journal
    }

    fn stored(journal: &Journal) -> Journal {
        Journal::read(&journal.to_bytes().unwrap()).unwrap()
    }

    #[test]
    fn what_was_read_is_what_was_written_and_goes_on_from_there() {
        assert_eq!(stored(&Journal::default()), Journal::default());
        let mut read = stored(&journal(3));
        assert_eq!(read, journal(3));
        read.push(read.get(2).unwrap().unwrap().clone());
        assert_eq!((read.first(), read.len()), (0, 4));
        let read = stored(&read);
        let numbers: Vec<_> = read.kept().unwrap().iter().map(|entry| entry.n).collect();
        assert_eq!(numbers, [0, 1, 2, 3]);
    }

    #[test]
    fn a_journal_without_lines_is_read() {
        let written = journal(3);
        let entries = serde_json::to_string(&written.kept().unwrap()).unwrap();
        let whole = format!("{{\"next\":3,\"kept\":{entries}}}");
        assert_eq!(Journal::read(&Bytes::from(whole)), Some(written));
        // One whose first page has left, and one that has nothing any more.
        let mut later = journal(80);
        later.let_go(80).unwrap();
        let entries = serde_json::to_string(&later.kept().unwrap()).unwrap();
        for (kept, first) in [(entries.as_str(), 64), ("[]", 80)] {
            let whole = format!("{{\"next\":80,\"kept\":{kept}}}");
            let read = Journal::read(&Bytes::from(whole)).unwrap();
            assert_eq!((read.first(), read.len()), (first, 80));
        }
    }

    #[test]
    fn an_id_is_found_in_what_was_read_and_in_what_is_new() {
        let id = TransactionId::of_key("1");
        let is = |entry: &Entry| entry.id == id;
        let mut read = stored(&journal(3));
        assert_eq!(read.find(&id, is).unwrap().unwrap().n, 1);
        read.push(read.get(1).unwrap().unwrap().clone());
        assert_eq!(read.find(&id, is).unwrap().unwrap().n, 3);
        let other = TransactionId::of_key("7");
        assert_eq!(read.find(&other, |entry| entry.id == other), Ok(None));
    }

    #[test]
    fn an_entry_that_is_damaged_is_told_and_only_when_it_matters() {
        let bytes = journal(3).to_bytes().unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let id = TransactionId::of_key("1");
        let damaged = text.replacen("\"n\":1,", "\"n\":?,", 1);
        let read = Journal::read(&Bytes::from(damaged)).unwrap();
        assert_eq!(read.find(&id, |_| true), Err(Unreadable { n: 1 }));
        assert_eq!(read.kept(), Err(Unreadable { n: 1 }));
        assert_eq!(read.get(2).unwrap().unwrap().n, 2);
        assert!(Journal::read(&Bytes::from_static(b"{}")).is_none());
    }

    #[test]
    fn a_page_leaves_from_the_text_as_from_what_is_new() {
        let full = 80;
        for mut journal in [journal(full), stored(&journal(full))] {
            assert!(journal.is_full());
            assert_eq!(journal.let_go(63), Ok(None));
            let spill = journal.let_go(full).unwrap().unwrap();
            assert_eq!((spill.page, spill.entries.len()), (0, 64));
            assert_eq!((journal.first(), journal.len()), (64, full));
            assert_eq!(stored(&journal), journal);
            assert_eq!(journal.get(64).unwrap().unwrap().n, 64);
            assert_eq!(journal.get(63), Ok(None));
        }
    }

    #[test]
    fn the_newest_entry_that_passes_is_found() {
        let id = TransactionId::of_key("1");
        let mut twice = journal(3);
        for _ in 0..2 {
            twice.push(twice.get(1).unwrap().unwrap().clone());
        }
        // Entries 1, 3 and 4 name it.
        for journal in [stored(&twice), twice] {
            let newest = |most: u64| {
                let found = journal.find(&id, |entry| entry.id == id && entry.n < most);
                found.unwrap().map(|entry| entry.n)
            };
            assert_eq!([5, 4, 3, 1].map(newest), [Some(4), Some(3), Some(1), None]);
        }
    }

    #[test]
    fn how_much_it_holds_is_told_without_reading_it() {
        let (full, less) = (journal(80), journal(79));
        assert!(full.is_full() && !less.is_full());
        assert!(stored(&full).is_full() && !stored(&less).is_full());
        for journal in [full, less, journal(0)] {
            let bytes = journal.to_bytes().unwrap().len();
            let text = stored(&journal);
            assert!(journal.weight() + 20 >= bytes);
            // What stands there already weighs what it is, but for the number before it.
            assert!((bytes.saturating_sub(20)..bytes).contains(&text.weight()));
            assert_eq!(text.len(), journal.len());
            let last = |journal: &Journal| journal.last().unwrap().map(|entry| entry.n);
            assert_eq!(last(&text), last(&journal));
            assert_eq!(last(&text), journal.len().checked_sub(1));
            assert_eq!(text.is_empty(), last(&journal).is_none());
        }
    }

    #[test]
    fn only_what_is_new_may_still_be_changed() {
        let mut journal = stored(&journal(3));
        let n = journal.push(journal.get(2).unwrap().unwrap().clone());
        assert!(journal.get_mut(2).is_none() && journal.get_mut(4).is_none());
        journal.get_mut(n).unwrap().points = 9;
        assert_eq!(journal.get(n).unwrap().unwrap().points, 9);
        assert_ne!(journal, stored(&self::journal(3)));
        assert_ne!(journal, self::journal(4));
    }

    #[test]
    fn pages_leave_one_after_the_other_and_what_stays_is_what_was_written() {
        let mut journal = stored(&journal(150));
        for page in [0, 1] {
            let spill = journal.let_go(150).unwrap().unwrap();
            let numbers: Vec<u64> = spill.entries.iter().map(|entry| entry.n).collect();
            assert_eq!(spill.page, page);
            assert_eq!(numbers, (page * 64..page * 64 + 64).collect::<Vec<_>>());
            let text = String::from_utf8(journal.to_bytes().unwrap().to_vec()).unwrap();
            // The first number, and then a line for each.
            assert_eq!(text.lines().count(), 1 + 150 - 64 * (page as usize + 1));
            assert_eq!(stored(&journal), journal);
        }
        assert_eq!(journal.let_go(150), Ok(None));
    }
}
