//! Audiences: who is in a segment, as sets of customers' ids.
//!
//! One set for each segment and version of its definition, `audience:<segment>:<version>`: a changed rule fills a fresh one, and the old
//! one answers until then (see [`crate::fill`]). The truth stands in the customers' documents; a set is told of it by the effects of
//! their commits, which may be carried out late, twice, and out of order: a tick and the next request may both carry out the effects of
//! one commit while a third one commits again. So what a set is told is a report, with the customer's revision, of which the latest
//! counts; one who left leaves a trace for as long as something older may come. Beside the customer's id stands since when they
//! are in the segment, in milliseconds.

mod gather;
mod overlap;

use std::collections::BTreeMap;

use futures_util::future::try_join_all;
use rapport_store::set::{Cursor, Edit, Estimate, Member};
use rapport_store::{Set, SetError, Store, StoreError, boxed};
use rapport_types::{Slug, Timestamp};
use serde_json::Value;

pub use gather::Gather;
pub use overlap::{Overlap, overlap};

/// What the set of a segment's members is called.
pub(crate) fn name(segment: &Slug, version: u64) -> String {
    format!("audience:{segment}:{version}")
}

/// The set of a segment's members, by that version of its definition.
pub fn set(store: &Store, segment: &Slug, version: u64) -> Set {
    store.set(&name(segment, version))
}

/// What stands beside a member who is in the segment since then.
pub(crate) fn payload(since: Timestamp) -> Value {
    since.millis().into()
}

/// Tells each set what there is to tell it, several at once.
#[boxed]
pub(crate) async fn tell(
    store: &Store,
    told: BTreeMap<String, Vec<Edit>>,
) -> Result<(), StoreError> {
    let tellings = told.into_iter().map(|(name, edits)| async move {
        let told = store.set(&name).change(edits).await;
        told.map(drop).map_err(store_error)
    });
    try_join_all(tellings).await.map(drop)
}

/// One who is in a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InAudience {
    /// The customer's id, as the shop wrote it.
    pub customer: String,
    /// Since when.
    pub since: Timestamp,
}

/// A part of an audience.
#[derive(Debug)]
pub struct Page {
    /// Its members, in an order that is the same for every segment and every version: that of the hashes of their ids.
    pub members: Vec<InAudience>,
    /// Where the next part begins; `None` at the end.
    pub next: Option<Cursor>,
}

/// About `limit` members after `after`.
#[boxed]
pub async fn page(set: &Set, after: Option<Cursor>, limit: usize) -> Result<Page, StoreError> {
    let page = set.page(after, limit).await.map_err(store_error)?;
    Ok(Page {
        members: page.members.into_iter().map(InAudience::from).collect(),
        next: page.next,
    })
}

/// How many members there are: the very number of up to about ten thousand.
#[boxed]
pub async fn count(set: &Set) -> Result<Estimate, StoreError> {
    set.count_estimate().await.map_err(store_error)
}

impl From<Member> for InAudience {
    fn from(member: Member) -> Self {
        let millis = member.payload.as_ref().and_then(Value::as_i64);
        Self {
            customer: member.name,
            since: Timestamp::from_millis(millis.unwrap_or_default()),
        }
    }
}

/// Ids are shorter than a set allows, and audiences are never closed: what is left is the store's own.
pub(crate) fn store_error(error: SetError) -> StoreError {
    match error {
        SetError::Store(error) => error,
        other => StoreError::Corrupt {
            key: "audience".to_owned(),
            why: other.to_string(),
        },
    }
}
