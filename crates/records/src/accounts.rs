//! Points accounts, the programme, and the pages that old journal entries leave to.
//!
//! # Layout of accounts
//!
//! - `decide`: every movement of points is decided on and committed.
//! - `by_hand`: what people change that is no movement.
//! - `expire`: what is over is written down.
//! - `carry`: what a commit causes elsewhere.
//! - `ledger`: accounts read without their journal; `telling`: read for what they have to tell.
//! - `pages`: where old journal entries are.
//! - `stays`: what a customer's document says of the segments that tiers ask for; `timeline`: of the past, now, and with time alone.

mod by_hand;
mod carry;
mod decide;
mod expire;
mod ledger;
mod pages;
pub(crate) mod stays;
mod telling;
pub(crate) mod timeline;

use std::sync::Arc;

use bytes::Bytes;
use rapport_loyalty::{Account, Journal, Program, Unreadable};
use rapport_store::{Key, NoEffect, Store, StoreError, Table, Versioned, boxed};
use rapport_types::CustomerId;
use serde::de::Error;

pub use by_hand::{ByHand, by_hand};
pub use carry::{AccountCarrier, Effect};
pub use decide::{Settled, decide, decide_also};
pub(crate) use decide::{Way, Why, decide_so};
pub use expire::expire;
use expire::settle;
pub use ledger::ledger;
pub(crate) use ledger::{Ledgers, changed_ledger, changed_ledgers};
pub use pages::{IdPages, JournalPages, Volumes, journal_page};
pub use stays::{TierSegments, see, sight};
pub(crate) use telling::news;

/// The list of all accounts. One that was created before there was a list comes into it with its next commit.
pub(crate) const LOG: &str = "accounts";

/// Accounts, one per customer.
pub struct Accounts;

impl Table for Accounts {
    type Value = Account;
    type Effect = Effect;
    const NAME: &'static str = "account";
    /// 1 looked for old ids in pages of ids alone: it would forget those that the index has.
    const SCHEMA: u32 = 2;
    const LOG: Option<&'static str> = Some(LOG);
    const HAS_REST: bool = true;

    fn rest(account: &Account) -> serde_json::Result<Option<Bytes>> {
        account.journal.to_bytes().map(Some)
    }

    fn put_rest(account: &mut Account, rest: &Bytes) -> serde_json::Result<()> {
        account.journal = Journal::read(rest).ok_or_else(|| Error::custom("no journal"))?;
        Ok(())
    }
}

/// The programme, the only one of the shop.
pub struct Programs;

impl Table for Programs {
    type Value = Program;
    type Effect = NoEffect;
    const NAME: &'static str = "program";
    const SCHEMA: u32 = 1;
}

/// The programme, kept in the instance.
#[boxed]
pub async fn program(store: &Store) -> Result<Arc<Option<Versioned<Program>>>, StoreError> {
    store
        .read_compiled(&Key::<Programs>::single(), |found| found)
        .await
}

/// The key of a customer's account.
pub fn key(customer: &CustomerId) -> Key<Accounts> {
    Key::of(customer.as_str())
}

/// An account of which an entry cannot be read: whatever waits for it goes on waiting.
pub(crate) fn damaged(customer: &CustomerId, entry: Unreadable) -> StoreError {
    StoreError::Corrupt {
        key: key(customer).as_str().to_owned(),
        why: entry.to_string(),
    }
}
