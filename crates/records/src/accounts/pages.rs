//! The pages that old journal entries leave to, and the index by which they are found again.

use bytes::Bytes;
use rapport_loyalty::index::{Volume, look_up, volume_of};
use rapport_loyalty::pages::PAGE;
use rapport_loyalty::{Entry, IdPage, Spill};
use rapport_store::{
    Change, Key, NoEffect, Nothing, Request, Store, StoreError, Table, UpdateError, boxed,
};
use rapport_types::{CustomerId, Timestamp};
use serde::de::Error;

/// Pages of 64 journal entries that have left their account.
pub struct JournalPages;

impl Table for JournalPages {
    type Value = Vec<Entry>;
    type Effect = NoEffect;
    const NAME: &'static str = "journal";
    const SCHEMA: u32 = 1;
}

/// The index of pages that have left their account: on which of them an id may stand.
pub struct Volumes;

impl Table for Volumes {
    type Value = Volume;
    type Effect = NoEffect;
    const NAME: &'static str = "ids";
    const SCHEMA: u32 = 1;
    const HAS_REST: bool = true;

    fn rest(volume: &Volume) -> serde_json::Result<Option<Bytes>> {
        Ok(Some(volume.rows().clone()))
    }

    fn put_rest(volume: &mut Volume, rows: &Bytes) -> serde_json::Result<()> {
        volume.put_rows(rows.clone()).map_err(Error::custom)
    }
}

/// Which entry an id has, of pages that left before there was an index. Read only.
pub struct IdPages;

impl Table for IdPages {
    type Value = IdPage;
    type Effect = NoEffect;
    const NAME: &'static str = "transactions";
    const SCHEMA: u32 = 1;
}

/// Page `page` of a customer's journal; empty where it was never written.
#[boxed]
pub async fn journal_page(
    store: &Store,
    customer: &CustomerId,
    page: u64,
) -> Result<Vec<Entry>, StoreError> {
    let key = Key::<JournalPages>::numbered(customer.as_str(), page);
    Ok(store
        .read(&key)
        .await?
        .map(|found| found.value)
        .unwrap_or_default())
}

/// The pages on which the id with the hash `key` may stand, of an account that so many `pages` have left.
#[boxed]
pub(super) async fn places(
    store: &Store,
    customer: &CustomerId,
    key: u64,
    pages: u64,
) -> Result<Vec<u64>, StoreError> {
    let volumes: Vec<_> = (0..=volume_of(pages.saturating_sub(1)))
        .map(|volume| Key::<Volumes>::numbered(customer.as_str(), volume))
        .collect();
    let volumes = store.read_all(&volumes).await?;
    let volumes = volumes.iter().flatten().map(|found| &found.value);
    let mut found = look_up(key, pages, volumes);
    if !found.id_pages.is_empty() {
        let names = found.id_pages.iter();
        let names: Vec<_> = names
            .map(|name| Key::<IdPages>::within(customer.as_str(), name))
            .collect();
        let known = store.read_all(&names).await?.into_iter().flatten();
        let numbers = known.filter_map(|page| page.value.get(key));
        found
            .pages
            .extend(numbers.map(|n| n.checked_div(PAGE).unwrap_or(0)));
    }
    Ok(found.pages)
}

/// Writes entries that are about to leave the document: pages first, then the index that leads to them.
#[boxed]
pub(super) async fn write_spill(
    store: &Store,
    customer: &CustomerId,
    now: Timestamp,
    spill: Vec<Spill>,
) -> Result<(), StoreError> {
    for part in spill {
        let (page, ids) = (part.page, part.keys());
        let key = Key::<JournalPages>::numbered(customer.as_str(), page);
        store.write_once(&key, part.entries).await?;
        let key = Key::<Volumes>::numbered(customer.as_str(), volume_of(page));
        let request = Request::plain(now, &Nothing);
        let added = store.update::<_, (), std::convert::Infallible>(&key, request, |current| {
            let mut value = current.value.unwrap_or_default();
            Ok(match value.add(page, &ids) {
                true => Change::Commit {
                    value,
                    effects: Vec::new(),
                    answer: (),
                },
                false => Change::Keep(()),
            })
        });
        match added.await {
            Ok(_) | Err(UpdateError::KeyReused | UpdateError::AnswerGone) => {}
            Err(UpdateError::Store(error)) => return Err(error),
            Err(UpdateError::Rejected(never)) => match never {},
        }
    }
    Ok(())
}
