//! Logs: lists of documents in the order of their creation.
//!
//! No request lists keys, so a list is kept: a counter hands out numbers, and entry n, at `<log>:<n>`, names a
//! document. The number stands in the document, too, which makes the two steps safe: an entry counts only
//! if its document has that very number. A document whose entry was not written (a crash came between, so its creation
//! was not acknowledged) gets it with its next commit: under the same number within a minute, later under a new one,
//! because by then readers may have taken the missing entry for a hole (see [`crate::fold`]).

use futures_util::future::try_join_all;
use rapport_types::{hash, json};
use serde::{Deserialize, Serialize};

use crate::envelope::{Envelope, Versioned};
use crate::error::StoreError;
use crate::table::Table;
use crate::typed;
use crate::{Store, boxed};

/// The name of a log that belongs to one thing clients name, such as the responses of a survey.
pub fn name(kind: &str, owner: &str) -> String {
    format!("{kind}:{}", hash::hex128(owner))
}

/// The most entries that one page looks at: holes cost reads too.
const MAX_LOOKED_AT: u64 = 1_000;
/// A missing entry is written under its old number only while its document is younger than this.
const HEAL_MILLIS: i64 = 60_000;
/// What is missing stays missing once an entry after it is this old: totals are taken over it for good.
pub(crate) const HOLE_MILLIS: i64 = 120_000;

/// What stands at one number.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The document's key.
    pub key: String,
    /// When the entry was written, by the platform's clock, in milliseconds.
    pub at: i64,
}

/// Which way to go through a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// In the order of creation.
    OldestFirst,
    /// The latest created first.
    NewestFirst,
}

/// A part of a log.
#[derive(Debug)]
pub struct Page<V> {
    /// Documents with their numbers.
    pub items: Vec<(u64, Versioned<V>)>,
    /// The number after which the next page goes on; `None` at the end.
    pub next: Option<u64>,
}

impl Store {
    /// Up to `limit` documents of `log` that come after number `after` (from the beginning where `None`).
    pub async fn page<T: Table>(
        &self,
        log: &str,
        order: Order,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Page<T::Value>, StoreError> {
        let page = self.page_of(log, T::SCHEMA, order, after, limit).await?;
        let items = page.items.into_iter().filter_map(|(number, stored)| {
            let document = stored.document::<T>().transpose()?;
            Some(document.map(|document| (number, document)))
        });
        Ok(Page {
            items: items.collect::<Result<_, _>>()?,
            next: page.next,
        })
    }

    #[boxed]
    async fn page_of(
        &self,
        log: &str,
        schema: u32,
        order: Order,
        after: Option<u64>,
        limit: usize,
    ) -> Result<PageOf, StoreError> {
        let end = self.last_number(log).await?;
        let mut at = match (order, after) {
            (Order::OldestFirst, after) => after.unwrap_or(0).saturating_add(1),
            (Order::NewestFirst, None) => end,
            (Order::NewestFirst, Some(after)) => end.min(after.saturating_sub(1)),
        };
        let mut items = Vec::new();
        let mut looked_at = 0_u64;
        while at >= 1 && at <= end && items.len() < limit && looked_at < MAX_LOOKED_AT {
            let wanted = u64::try_from(limit.saturating_sub(items.len())).unwrap_or(1);
            let numbers: Vec<u64> = match order {
                Order::OldestFirst => {
                    (at..=end.min(at.saturating_add(wanted).saturating_sub(1))).collect()
                }
                Order::NewestFirst => {
                    let low = at.saturating_sub(wanted).saturating_add(1).max(1);
                    (low..=at).rev().collect()
                }
            };
            let last = numbers.last().copied().unwrap_or(at);
            looked_at = looked_at.saturating_add(wanted);
            let found = self.entries_of(log, schema, &numbers).await?;
            let living = numbers
                .into_iter()
                .zip(found)
                .filter_map(|(number, found)| match found {
                    Found::Document(document) => Some((number, document)),
                    Found::Hole | Found::Gone => None,
                });
            items.extend(living);
            at = match order {
                Order::OldestFirst => last.saturating_add(1),
                Order::NewestFirst => last.saturating_sub(1),
            };
        }
        let more = at >= 1 && at <= end;
        let next = match order {
            Order::OldestFirst => at.saturating_sub(1),
            Order::NewestFirst => at.saturating_add(1),
        };
        Ok(PageOf {
            items,
            next: more.then_some(next),
        })
    }

    /// The highest number handed out in `log`; 0 before the first.
    #[boxed]
    pub async fn last_number(&self, log: &str) -> Result<u64, StoreError> {
        let counter = counter_of(log);
        let bytes = self.driver.get(&counter).await?;
        let number = self.number_in(&counter, bytes.as_deref())?;
        Ok(u64::try_from(number).unwrap_or(0))
    }

    /// A number nobody else has.
    #[boxed]
    pub(crate) async fn next_number(&self, log: &str) -> Result<u64, StoreError> {
        let number = self.driver.increment(&counter_of(log), 1).await?;
        Ok(u64::try_from(number).unwrap_or(0))
    }

    #[boxed]
    pub(crate) async fn write_entry(
        &self,
        log: &str,
        number: u64,
        key: &str,
    ) -> Result<(), StoreError> {
        let entry = Entry {
            key: key.to_owned(),
            at: self.driver.wall_millis(),
        };
        let bytes = serde_json::to_vec(&entry).map_err(|error| StoreError::Corrupt {
            key: entry_key(log, number),
            why: error.to_string(),
        })?;
        Ok(self.driver.set(&entry_key(log, number), bytes).await?)
    }

    /// Makes sure that the document's entry is there, and answers its number.
    #[boxed]
    pub(crate) async fn list_again(
        &self,
        log: &str,
        key: &str,
        envelope: &Envelope,
    ) -> Result<u64, StoreError> {
        if let Some(number) = envelope.number {
            let age = self.driver.wall_millis().saturating_sub(envelope.created);
            let young = (0..HEAL_MILLIS).contains(&age);
            // An old document that has said nothing until now was taken for a hole: a sum may have gone on over its number.
            let counts = young || envelope.value.is_some();
            if counts
                && self
                    .entry(log, number)
                    .await?
                    .is_some_and(|entry| entry.key == key)
            {
                return Ok(number);
            }
            if young {
                self.write_entry(log, number, key).await?;
                return Ok(number);
            }
        }
        let number = self.next_number(log).await?;
        self.write_entry(log, number, key).await?;
        Ok(number)
    }

    #[boxed]
    pub(crate) async fn entry(&self, log: &str, number: u64) -> Result<Option<Entry>, StoreError> {
        let key = entry_key(log, number);
        let bytes = self.driver.get(&key).await?;
        decode_entry(&key, bytes)
    }

    /// What stands at each of `numbers`: one trip for the entries, one for the documents that they name.
    pub(crate) async fn entries<T: Table>(
        &self,
        log: &str,
        numbers: &[u64],
    ) -> Result<Vec<Found<Versioned<T::Value>>>, StoreError> {
        let found = self.entries_of(log, T::SCHEMA, numbers).await?;
        let typed = found.into_iter().map(|found| {
            Ok(match found {
                Found::Document(stored) => match stored.document::<T>()? {
                    Some(document) => Found::Document(document),
                    None => Found::Gone,
                },
                Found::Gone => Found::Gone,
                Found::Hole => Found::Hole,
            })
        });
        typed.collect()
    }

    /// The same, whatever the documents say.
    #[boxed]
    async fn entries_of(
        &self,
        log: &str,
        schema: u32,
        numbers: &[u64],
    ) -> Result<Vec<Found<Stored>>, StoreError> {
        let named = self.named(log, numbers).await?;
        let found = numbers.iter().zip(named).map(|(number, named)| async move {
            match named {
                None => Ok(Found::Hole),
                Some((entry, bytes)) => self.found(schema, *number, entry, bytes).await,
            }
        });
        try_join_all(found).await
    }

    /// The entry at each of `numbers`, and the bytes under the key that it names.
    async fn named(&self, log: &str, numbers: &[u64]) -> Result<Vec<Option<Named>>, StoreError> {
        let keys: Vec<String> = numbers
            .iter()
            .map(|number| entry_key(log, *number))
            .collect();
        let mut entries = Vec::with_capacity(keys.len());
        for (key, bytes) in keys.iter().zip(self.driver.get_many(&keys).await?) {
            entries.push(decode_entry(key, bytes)?);
        }
        let names: Vec<String> = entries
            .iter()
            .flatten()
            .map(|entry| entry.key.clone())
            .collect();
        let mut documents = self.driver.get_many(&names).await?.into_iter();
        let named = entries
            .into_iter()
            .map(|entry| entry.map(|entry| (entry, documents.next().flatten())));
        Ok(named.collect())
    }

    /// What `entry` at `number` stands for, where `bytes` were found under the key that it names.
    async fn found(
        &self,
        schema: u32,
        number: u64,
        entry: Entry,
        bytes: Option<Vec<u8>>,
    ) -> Result<Found<Stored>, StoreError> {
        // A young entry may be ahead of its document: a document that is listed again gets its number just after.
        let age = self.driver.wall_millis().saturating_sub(entry.at);
        let missing = || {
            if (0..HOLE_MILLIS).contains(&age) {
                Found::Hole
            } else {
                Found::Gone
            }
        };
        let envelope = self.envelope_found(&entry.key, schema, bytes).await?;
        let Some(envelope) = envelope else {
            return Ok(missing());
        };
        // Listed again under another number, moved to another key, or deleted.
        if envelope.number != Some(number) || envelope.moved_to.is_some() {
            return Ok(missing());
        }
        if envelope.value.is_none() {
            return Ok(missing());
        }
        let key = entry.key;
        Ok(Found::Document(Stored { key, envelope }))
    }
}

/// An entry, and the bytes under the key that it names.
type Named = (Entry, Option<Vec<u8>>);

/// A document, unread.
pub(crate) struct Stored {
    key: String,
    envelope: Envelope,
}

impl Stored {
    fn document<T: Table>(&self) -> Result<Option<Versioned<T::Value>>, StoreError> {
        typed::versioned::<T>(&self.key, &self.envelope)
    }
}

/// A [`Page`] of documents unread.
struct PageOf {
    items: Vec<(u64, Stored)>,
    next: Option<u64>,
}

/// What stands at a number.
pub(crate) enum Found<D> {
    /// A document.
    Document(D),
    /// An entry without a document that counts.
    Gone,
    /// Nothing: never written, or not yet.
    Hole,
}

fn decode_entry(key: &str, bytes: Option<Vec<u8>>) -> Result<Option<Entry>, StoreError> {
    bytes
        .map(|bytes| json::from_slice(&bytes))
        .transpose()
        .map_err(|error| StoreError::Corrupt {
            key: key.to_owned(),
            why: error.to_string(),
        })
}

fn counter_of(log: &str) -> String {
    format!("count:{log}")
}

fn entry_key(log: &str, number: u64) -> String {
    format!("{log}:{number}")
}
