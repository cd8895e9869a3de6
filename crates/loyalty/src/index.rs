//! In which pages of the journal an id may stand.
//!
//! Every request with a key of its own asks whether that key came before, and nearly always it did not. So the index answers just this, in
//! as few bytes as will do: a row of four for each id, which are 24 bits of its hash and the page. An id whose bits are there leads
//! to a page, and the entries on it say whether it is that id or another one: with 10,000 ids one answer in 1,700 is a page read in vain.
//!
//! A document of it is a *volume* for 256 pages, 16,384 entries, 64 KB where each has one id. A lookup reads all volumes and parses
//! none; a page that leaves is added to the last. So a volume lists no pages of which it was not told, and those are asked as
//! they were before there was an index ([`id_pages`]).

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::id_pages;

/// Pages in a volume: as many as the row's last byte tells apart.
const PAGES: u64 = 256;
/// The bytes of a row, a little-endian number: 24 bits of the hash, then 8 of the page.
const ROW: usize = 4;

/// One volume: the ids on 256 pages of an account's journal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// The pages of which it has all ids: each run from its first page up to, but not with, its last.
    #[serde(default)]
    pages: Vec<(u64, u64)>,
    /// A row for each id. Stored apart, as the bytes they are.
    #[serde(skip)]
    rows: Bytes,
}

/// Rows that end within one. Nothing may be decided by them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a row of the index is cut off")]
pub struct CutOff;

impl Volume {
    /// Puts back what [`rows`](Self::rows) gave.
    pub fn put_rows(&mut self, rows: Bytes) -> Result<(), CutOff> {
        if !rows.len().is_multiple_of(ROW) {
            return Err(CutOff);
        }
        self.rows = rows;
        Ok(())
    }

    /// What is stored apart.
    pub fn rows(&self) -> &Bytes {
        &self.rows
    }

    /// Adds a page with the hashes of all ids on it. False where it has that page already.
    pub fn add(&mut self, page: u64, keys: &[u64]) -> bool {
        if self.has(page) {
            return false;
        }
        match self.pages.last_mut().filter(|run| run.1 == page) {
            Some(run) => run.1 = page.saturating_add(1),
            None => self.pages.push((page, page.saturating_add(1))),
        }
        let mut rows = self.rows.to_vec();
        rows.extend(keys.iter().flat_map(|key| row(*key, page).to_le_bytes()));
        self.rows = rows.into();
        true
    }

    fn has(&self, page: u64) -> bool {
        self.pages
            .iter()
            .any(|(from, to)| (*from..*to).contains(&page))
    }

    /// The pages on which `key` may stand.
    fn find(&self, key: u64) -> impl Iterator<Item = u64> {
        let base = self
            .pages
            .first()
            .map_or(0, |run| first_of(volume_of(run.0)));
        let rows = self.rows.as_chunks::<ROW>().0.iter();
        rows.map(|row| u32::from_le_bytes(*row))
            .filter(move |row| row >> 8 == bits(key))
            .map(move |row| base.saturating_add(u64::from(row & 0xff)))
    }
}

/// The volume that `page` belongs to.
pub fn volume_of(page: u64) -> u64 {
    page.checked_div(PAGES).unwrap_or(0)
}

fn first_of(volume: u64) -> u64 {
    volume.saturating_mul(PAGES)
}

/// 24 bits of a hash.
fn bits(key: u64) -> u32 {
    u32::try_from(key >> 40).unwrap_or(0)
}

fn row(key: u64, page: u64) -> u32 {
    let page = page.checked_rem(PAGES).unwrap_or(0);
    (bits(key) << 8) | u32::try_from(page).unwrap_or(0)
}

/// Where an id may stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// On these pages of the journal.
    pub pages: Vec<u64>,
    /// And wherever these pages of ids say: those of pages that no volume knows.
    pub id_pages: Vec<String>,
}

/// Where `key` may stand in an account of which `pages` pages have left, by its volumes.
pub fn look_up<'a>(
    key: u64,
    pages: u64,
    volumes: impl Iterator<Item = &'a Volume> + Clone,
) -> Places {
    let unknown = (0..pages).filter(|page| !volumes.clone().any(|volume| volume.has(*page)));
    Places {
        id_pages: id_pages::names(unknown, key),
        pages: volumes.flat_map(|volume| volume.find(key)).collect(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Hashes that differ in the bits that are kept.
    fn key(n: u64) -> u64 {
        (n << 40) | 7
    }

    #[test]
    fn an_id_leads_to_every_page_it_stands_on_and_to_no_other() {
        let mut first = Volume::default();
        assert!(first.add(0, &[key(1), key(2)]) && first.add(1, &[key(3), key(1)]));
        assert!(!first.add(0, &[key(9)]), "it is there already");
        let mut second = Volume::default();
        assert!(second.add(256, &[key(1)]) && second.add(511, &[key(4)]));
        let volumes = [first, second];
        let found = |n| look_up(key(n), 2, volumes.iter()).pages;
        assert_eq!(found(1), [0, 1, 256]);
        assert_eq!((found(3), found(4)), (vec![1], vec![511]));
        assert!(found(9).is_empty());
    }

    #[test]
    fn a_volume_survives_the_document() {
        let mut volume = Volume::default();
        volume.add(300, &[key(0xff_ffff), key(0x0a_0a0a)]);
        let text = serde_json::to_string(&volume).unwrap();
        let mut again: Volume = serde_json::from_str(&text).unwrap();
        again.put_rows(volume.rows().clone()).unwrap();
        assert_eq!(again, volume);
        assert_eq!(again.put_rows(volume.rows().slice(1..)), Err(CutOff));
    }

    #[test]
    fn pages_that_no_volume_knows_are_asked_as_before() {
        let mut volume = Volume::default();
        // Pages 0 to 8 left before there was an index, and 11 while an older version was at work.
        for page in [9, 10, 12] {
            volume.add(page, &[]);
        }
        let asked = |pages| look_up(5, pages, [&volume].into_iter()).id_pages;
        assert_eq!(asked(11), ["0-0", "1-1"]);
        assert_eq!(asked(13), ["0-0", "1-1"]);
        assert_eq!(look_up(5, 0, [&volume].into_iter()).id_pages.len(), 0);
        assert_eq!(
            look_up(5, 25, std::iter::empty()).id_pages,
            ["0-0", "1-1", "2-1"]
        );
    }
}
