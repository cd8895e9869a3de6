//! The pages that old journal entries leave to, and those by which they are found again.

use rapport_loyalty::{Entry, IdPage, Spill};
use rapport_store::{
    Change, Key, NoEffect, Nothing, Request, Store, StoreError, Table, UpdateError, boxed,
};
use rapport_types::{CustomerId, Timestamp};

/// Pages of 64 journal entries that have left their account.
pub struct JournalPages;

impl Table for JournalPages {
    type Value = Vec<Entry>;
    type Effect = NoEffect;
    const NAME: &'static str = "journal";
    const SCHEMA: u32 = 1;
}

/// Which entry a transaction has, for entries that have left their account.
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

/// Writes entries that are about to leave the document: pages first, then the ids that lead to them.
#[boxed]
pub(super) async fn write_spill(
    store: &Store,
    customer: &CustomerId,
    now: Timestamp,
    spill: Vec<Spill>,
) -> Result<(), StoreError> {
    for part in spill {
        let ids = part.ids();
        let page = Key::<JournalPages>::numbered(customer.as_str(), part.page);
        store.write_once(&page, part.entries).await?;
        for (name, rows) in ids {
            let key = Key::<IdPages>::within(customer.as_str(), &name);
            let added = store
                .update::<_, (), std::convert::Infallible>(
                    &key,
                    Request::plain(now, &Nothing),
                    |current| {
                        let mut page = current.value.unwrap_or_default();
                        Ok(if page.add(&rows) {
                            Change::Commit {
                                value: page,
                                effects: Vec::new(),
                                answer: (),
                            }
                        } else {
                            Change::Keep(())
                        })
                    },
                )
                .await;
            match added {
                Ok(_) | Err(UpdateError::KeyReused | UpdateError::AnswerGone) => {}
                Err(UpdateError::Store(error)) => return Err(error),
                Err(UpdateError::Rejected(never)) => match never {},
            }
        }
    }
    Ok(())
}
