//! Where older entries go, and how they are found again.
//!
//! Page `p` holds the entries `64p` to `64p + 63`. It is written once they are all committed in the document and
//! before the commit that drops them there, so whoever writes it, however often, writes the same bytes.
//!
//! On which pages a transaction may stand is told by the [`index`](crate::index), which is written after the page and before that commit.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use rapport_types::{Slug, hash};

use crate::account::Account;
use crate::decide::Stop;
use crate::earning::Allotted;
use crate::entry::{Entry, TransactionId};
use crate::sabotage;
use crate::tier::stays::Sight;

/// Entries per page.
pub const PAGE: u64 = 64;

/// Entries that leave the document with a commit, to be written before it: the page, then its ids in the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spill {
    /// The page's number.
    pub page: u64,
    /// Its 64 entries.
    pub entries: Vec<Entry>,
}

impl Spill {
    /// The hashes of all ids on the page.
    pub fn keys(&self) -> Vec<u64> {
        let keys: BTreeSet<u64> = self.entries.iter().flat_map(keys).collect();
        keys.into_iter().collect()
    }
}

/// Something to read before a command can be decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Want {
    /// Where `key` may stand: read all volumes of the index for that many pages, [look it up](crate::index::look_up), and give the
    /// pages to [`Prior::places`].
    Places {
        /// The hash to ask for.
        key: u64,
        /// How many pages have left the account.
        pages: u64,
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
    /// How many entries there were when the request began, where that is known.
    began: Option<u64>,
    /// The pages on which a hash may stand, the latest first.
    places: BTreeMap<u64, Vec<u64>>,
    pages: BTreeMap<u64, Vec<Entry>>,
    budgets: BTreeMap<TransactionId, Allotted>,
    pub(crate) seen: Option<Sight>,
}

impl Prior {
    /// One for an account that is loaded again, which had `entries` entries when the request loaded it first.
    pub fn of_request_that_began_at(entries: u64) -> Self {
        Self {
            began: Some(entries),
            ..Self::default()
        }
    }

    /// Answers [`Want::Places`].
    pub fn places(&mut self, key: u64, mut pages: Vec<u64>) {
        pages.sort_unstable_by_key(|page| Reverse(*page));
        pages.dedup();
        self.places.insert(key, pages);
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
        self.paged(account, id_key(id), |entry| entry.heads(id))
    }

    /// The first entry of transaction `id` that a request would make, where it was made before. What no client can repeat was written
    /// since the request began, if at all, and mostly nothing has left the document that was.
    pub(crate) fn repeated<'a>(
        &'a self,
        account: &'a Account,
        id: &TransactionId,
    ) -> Result<Option<&'a Entry>, Stop> {
        let all_here = self.began.is_none_or(|n| account.journal.first() <= n);
        match id.is_fresh() && all_here {
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
        self.paged(account, reversal_key(id), undoes)
    }

    /// The newest entry that passes `is` on the pages that `key` leads to. Two ids may share a hash; the entry says which one it is.
    fn paged<'a>(
        &'a self,
        account: &'a Account,
        key: u64,
        is: impl Fn(&Entry) -> bool,
    ) -> Result<Option<&'a Entry>, Stop> {
        let pages = account.pages();
        if pages == 0 || sabotage::NO_ID_PAGES {
            return Ok(None);
        }
        let places = self.places.get(&key);
        for page in places.ok_or(Want::Places { key, pages })? {
            let entries = self.pages.get(page).ok_or(Want::Page(*page))?;
            if let Some(entry) = entries.iter().rev().find(|entry| is(entry)) {
                return Ok(Some(entry));
            }
        }
        Ok(None)
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
