//! Where older entries go, and how they are found again.
//!
//! Page `p` holds the entries `64p` to `64p + 63`. It is written once they are all committed in the document and
//! before the commit that drops them there, so whoever writes it, however often, writes the same bytes.
//!
//! Which entry a transaction has is kept in id pages, by a hash of the id. They come in generations, so that
//! neither a lookup nor a spill grows with the account: generation `g` has `2^g` id pages for `8 * 2^g`
//! journal pages. So an id page holds about 512 entries (about 15 KB); a lookup reads one id page per generation,
//! all at once (1 up to 704 transactions, 3 up to 3,776, 6 up to 32,000), and a spill writes at most as many as
//! its generation has.

use std::collections::BTreeMap;

use rapport_types::{Slug, hash};
use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::decide::Stop;
use crate::earning::Allotted;
use crate::entry::{Entry, TransactionId};
use crate::id_rows::Rows;
use crate::sabotage;
use crate::tier::stays::Sight;

/// Entries per page.
pub const PAGE: u64 = 64;
/// Journal pages of the first generation.
const FIRST_GENERATION: u64 = 8;

/// Entries that leave the document with a commit, to be written before it: the page, then its ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spill {
    /// The page's number.
    pub page: u64,
    /// Its 64 entries.
    pub entries: Vec<Entry>,
}

impl Spill {
    /// What to add to which id page: name of the id page, and its new rows of id hash and entry number.
    pub fn ids(&self) -> BTreeMap<String, Vec<(u64, u64)>> {
        let mut pages: BTreeMap<String, Vec<(u64, u64)>> = BTreeMap::new();
        let generation = generation_of(self.page);
        for entry in &self.entries {
            for key in keys(entry) {
                pages
                    .entry(name(generation, key))
                    .or_default()
                    .push((key, entry.n));
            }
        }
        pages
    }
}

/// An id page: which entry each id leads to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IdPage(Rows);

impl IdPage {
    /// The number of the entry that `key` leads to.
    pub fn get(&self, key: u64) -> Option<u64> {
        self.0.get(key)
    }

    /// Adds rows; says whether anything changed. Of two rows for one key the later entry stays: that is the last
    /// reversal of a transaction, which knows about those before it.
    pub fn add(&mut self, rows: &[(u64, u64)]) -> bool {
        rows.iter()
            .fold(false, |changed, (key, n)| self.0.raise(*key, *n) | changed)
    }
}

/// Something to read before a command can be decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Want {
    /// The entry that `key` leads to: read the id pages of these names, ask each for `key`, and give the
    /// largest answer to [`Prior::number`].
    Number {
        /// The hash to ask for.
        key: u64,
        /// The id pages to ask. One that was never written knows nothing.
        id_pages: Vec<String>,
    },
    /// A page of the journal, for [`Prior::page`].
    Page(u64),
    /// When the customer was in the segments that tiers ask for: look at the customer, for [`Prior::sight`].
    Segments,
    /// What is left of campaigns' caps: claim so many points of each rule under the transaction's name, and give what there was
    /// to [`Prior::allot`].
    Budget {
        /// The transaction that earns.
        transaction: TransactionId,
        /// Rules, with so many points of each.
        rules: Vec<(Slug, i64)>,
    },
}

/// What the pages said. True of the very revision of the account that asked: to be thrown away when the
/// account is loaded again.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prior {
    numbers: BTreeMap<u64, Option<u64>>,
    pages: BTreeMap<u64, Vec<Entry>>,
    budgets: BTreeMap<TransactionId, Allotted>,
    pub(crate) seen: Option<Sight>,
}

impl Prior {
    /// Answers [`Want::Number`].
    pub fn number(&mut self, key: u64, n: Option<u64>) {
        self.numbers.insert(key, n);
    }

    /// Answers [`Want::Budget`], for one rule: of `asked` points there were `some`.
    pub fn allot(&mut self, transaction: &TransactionId, rule: Slug, asked: i64, some: i64) {
        let allotted = self.budgets.entry(transaction.clone()).or_default();
        allotted.note(rule, asked, some);
    }

    /// What was allotted to `transaction`.
    pub(crate) fn allotted(&self, transaction: &TransactionId) -> Allotted {
        self.budgets.get(transaction).cloned().unwrap_or_default()
    }

    /// Answers [`Want::Page`].
    pub fn page(&mut self, page: u64, entries: Vec<Entry>) {
        self.pages.insert(page, entries);
    }

    /// The entry of that number, in the document or in the pages read.
    pub(crate) fn entry<'a>(
        &'a self,
        account: &'a Account,
        n: u64,
    ) -> Result<Option<&'a Entry>, Stop> {
        if n >= account.journal.first() {
            return Ok(account.journal.get(n)?);
        }
        let page = n.checked_div(PAGE).unwrap_or(0);
        let entries = self.pages.get(&page).ok_or(Want::Page(page))?;
        Ok(entries.iter().find(|entry| entry.n == n))
    }

    /// The first entry of transaction `id`.
    pub(crate) fn transaction<'a>(
        &'a self,
        account: &'a Account,
        id: &TransactionId,
    ) -> Result<Option<&'a Entry>, Stop> {
        let kept = account.journal.find(id, |entry| entry.heads(id))?;
        if kept.is_some() {
            return Ok(kept);
        }
        let found = self.paged(account, id_key(id))?;
        // Two ids may share a hash; the entry says which one it is.
        Ok(found.filter(|entry| entry.heads(id)))
    }

    /// The first entry of transaction `id` that a request would make, where it was made before. What no client can repeat has not left
    /// the document since the request came.
    pub(crate) fn repeated<'a>(
        &'a self,
        account: &'a Account,
        id: &TransactionId,
    ) -> Result<Option<&'a Entry>, Stop> {
        match id.is_fresh() {
            true => Ok(account.journal.find(id, |entry| entry.heads(id))?),
            false => self.transaction(account, id),
        }
    }

    /// The last reversal of transaction `id`.
    pub(crate) fn last_reversal<'a>(
        &'a self,
        account: &'a Account,
        id: &TransactionId,
    ) -> Result<Option<&'a Entry>, Stop> {
        let undoes = |entry: &Entry| {
            entry.answer.is_some() && entry.undo.as_ref().is_some_and(|undo| undo.of == *id)
        };
        let kept = account.journal.find(id, undoes)?;
        if kept.is_some() {
            return Ok(kept);
        }
        let paged = self.paged(account, reversal_key(id))?;
        Ok(paged.filter(|entry| undoes(entry)))
    }

    fn paged<'a>(&'a self, account: &'a Account, key: u64) -> Result<Option<&'a Entry>, Stop> {
        if account.pages() == 0 || sabotage::NO_ID_PAGES {
            return Ok(None);
        }
        match self.numbers.get(&key) {
            None => Err(Stop::Read(Want::Number {
                key,
                id_pages: id_pages(account.pages(), key),
            })),
            Some(None) => Ok(None),
            Some(Some(n)) => self.entry(account, *n),
        }
    }
}

fn id_key(id: &TransactionId) -> u64 {
    hash::u64_of_parts(&["transaction", id.as_str()])
}

fn reversal_key(id: &TransactionId) -> u64 {
    hash::u64_of_parts(&["reversal of", id.as_str()])
}

/// What leads to `entry`: its id, its other name, and what it takes back.
fn keys(entry: &Entry) -> Vec<u64> {
    if entry.answer.is_none() {
        return Vec::new();
    }
    let own = Some(id_key(&entry.id));
    let alias = entry.alias.as_ref().map(id_key);
    let undo = entry.undo.as_ref().map(|undo| reversal_key(&undo.of));
    [own, alias, undo].into_iter().flatten().collect()
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

/// The id pages that may know `key`, in an account of which `pages` pages have left.
fn id_pages(pages: u64, key: u64) -> Vec<String> {
    let newest = generation_of(pages.saturating_sub(1));
    (0..=newest)
        .map(|generation| name(generation, key))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generations_double() {
        // 8 pages, then 16, then 32: generation 1 begins at page 8, generation 2 at page 24.
        let of = |page| generation_of(page);
        assert_eq!(
            [of(0), of(7), of(8), of(23), of(24), of(55), of(56)],
            [0, 0, 1, 1, 2, 2, 3]
        );
        assert_eq!(id_pages(8, 5), ["0-0"]);
        assert_eq!(id_pages(9, 5), ["0-0", "1-1"]);
        assert_eq!(id_pages(25, 6), ["0-0", "1-0", "2-2"]);
    }

    #[test]
    fn an_id_page_takes_the_same_rows_twice() {
        let mut page = IdPage::default();
        assert!(page.add(&[(9, 1), (3, 2)]));
        assert!(!page.add(&[(3, 2), (9, 1)]));
        assert_eq!(
            (page.get(9), page.get(3), page.get(4)),
            (Some(1), Some(2), None)
        );
        // A later reversal takes the place of the earlier; the earlier does not come back.
        assert!(page.add(&[(9, 70)]));
        assert!(!page.add(&[(9, 1)]));
        assert_eq!(page.get(9), Some(70));
    }
}
