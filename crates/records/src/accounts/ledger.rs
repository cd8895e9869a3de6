//! Accounts read without their journal: balance and tier, for whoever asks and for rules.

use rapport_loyalty::Ledger;
use rapport_store::{Key, Store, StoreError, Table, Versioned, boxed};
use rapport_types::{CustomerId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Accounts, Effect};

/// The same documents as [`Accounts`], without the journal: most of the bytes, and most reads do without. Read only.
pub(crate) struct Ledgers;

impl Table for Ledgers {
    type Value = WithoutJournal;
    type Effect = Effect;
    const NAME: &'static str = Accounts::NAME;
    const SCHEMA: u32 = Accounts::SCHEMA;
}

/// What it says.
#[derive(Serialize, Deserialize)]
pub(crate) struct WithoutJournal {
    ledger: Ledger,
    #[serde(default)]
    changed_at: Option<Timestamp>,
}

impl WithoutJournal {
    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }
}

/// An account as rules ask for it.
pub(crate) struct ChangedLedger {
    pub(crate) rev: u64,
    pub(crate) changed_at: Option<Timestamp>,
    pub(crate) ledger: Ledger,
}

impl ChangedLedger {
    fn or_none(found: Option<Versioned<WithoutJournal>>) -> Self {
        let (rev, changed_at, ledger) = found.map_or_else(Default::default, |found| {
            (found.rev, found.value.changed_at, found.value.ledger)
        });
        Self {
            rev,
            changed_at,
            ledger,
        }
    }
}

/// A customer's account as rules ask for it; revision 0 and nothing in it where there is none.
#[boxed]
pub(crate) async fn changed_ledger(
    store: &Store,
    customer: &CustomerId,
) -> Result<ChangedLedger, StoreError> {
    let found = store.read(&Key::<Ledgers>::of(customer.as_str())).await?;
    Ok(ChangedLedger::or_none(found))
}

/// The same of several customers at once, in their order.
#[boxed]
pub(crate) async fn changed_ledgers(
    store: &Store,
    customers: &[&CustomerId],
) -> Result<Vec<ChangedLedger>, StoreError> {
    let keys: Vec<_> = customers
        .iter()
        .map(|customer| Key::<Ledgers>::of(customer.as_str()))
        .collect();
    let found = store.read_all(&keys).await?;
    Ok(found.into_iter().map(ChangedLedger::or_none).collect())
}

/// A customer's account as far as balance and tier need it; revision 0 and nothing in it where there is none.
#[boxed]
pub async fn ledger(store: &Store, customer: &CustomerId) -> Result<Versioned<Ledger>, StoreError> {
    let found = store.read(&Key::<Ledgers>::of(customer.as_str())).await?;
    Ok(found.map_or_else(
        || Versioned {
            rev: 0,
            value: Ledger::default(),
        },
        |found| Versioned {
            rev: found.rev,
            value: found.value.ledger,
        },
    ))
}
