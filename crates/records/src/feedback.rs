//! Feedback records, and the summary of each customer's.
//!
//! A record that names a customer tells that customer's summary of itself, as an effect of its commit. Rules ask the summary.

use async_trait::async_trait;
use bytes::Bytes;
use rapport_feedback::{Record, Summary};
use rapport_rules::Document;
use rapport_store::{
    Carrier, Change, Key, Request, Sender, Store, StoreError, Table, UpdateError, Versioned, boxed,
};
use rapport_types::{CustomerId, Timestamp, Zone, json};
use serde::{Deserialize, Serialize};

use crate::customers;
use crate::watch::Watch;

/// Feedback records, each listed in [`LOG`].
pub struct Records;

/// The log of all records, in the order of their arrival.
pub const LOG: &str = "feedback-log";

impl Table for Records {
    type Value = Record;
    type Effect = Effect;
    const NAME: &'static str = "feedback";
    const SCHEMA: u32 = 1;
    const LOG: Option<&'static str> = Some(LOG);
}

/// What a commit of a record causes elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The summary of a customer is to be told of the record, as it is by this commit.
    Summary {
        /// Whose.
        of: CustomerId,
    },
}

/// What the commit of `record` causes elsewhere: to be recorded with each of its commits.
pub fn effects(record: &Record) -> Vec<Effect> {
    match &record.customer {
        // A dismissed question says nothing about anybody.
        Some(of) if record.is_answer() => vec![Effect::Summary { of: of.clone() }],
        _ => Vec::new(),
    }
}

/// Carries out what commits of records cause.
pub struct RecordCarrier<'a> {
    /// When it is carried out.
    pub now: Timestamp,
    /// The shop's zone.
    pub zone: &'a Zone,
}

#[async_trait]
impl Carrier<Records> for RecordCarrier<'_> {
    async fn carry(
        &self,
        store: &Store,
        sender: Sender<'_, Records>,
        effects: &[Effect],
    ) -> Result<(), StoreError> {
        let Some(record) = sender.value else {
            return Ok(());
        };
        for Effect::Summary { of } in effects {
            tell(store, of, record, sender.rev, self.now, self.zone).await?;
        }
        Ok(())
    }
}

/// The summaries, one per customer of whom there is feedback.
pub struct Summaries;

impl Table for Summaries {
    type Value = Summary;
    type Effect = SummaryEffect;
    const NAME: &'static str = "feedback-summary";
    const SCHEMA: u32 = 1;
    const HAS_REST: bool = true;

    fn rest(summary: &Summary) -> serde_json::Result<Option<Bytes>> {
        serde_json::to_vec(&summary.rows).map(|rows| Some(rows.into()))
    }

    fn put_rest(summary: &mut Summary, rest: &Bytes) -> serde_json::Result<()> {
        summary.rows = json::from_slice(rest)?;
        Ok(())
    }
}

/// What a commit of a summary causes elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SummaryEffect {
    /// A membership of the customer flips with it, or will sooner than a timer is set for.
    Reconsider {
        /// Whose summary it is.
        of: CustomerId,
    },
}

/// Carries out what commits of summaries cause.
pub struct SummaryCarrier<'a> {
    /// When it is carried out.
    pub now: Timestamp,
    /// The shop's zone.
    pub zone: &'a Zone,
}

#[async_trait]
impl Carrier<Summaries> for SummaryCarrier<'_> {
    async fn carry(
        &self,
        store: &Store,
        _sender: Sender<'_, Summaries>,
        effects: &[SummaryEffect],
    ) -> Result<(), StoreError> {
        for SummaryEffect::Reconsider { of } in effects {
            customers::look_again(store, of, self.now, self.zone).await?;
        }
        Ok(())
    }
}

/// The same documents as [`Summaries`], without the rows: all that readers need. Read only.
struct Overviews;

impl Table for Overviews {
    type Value = Summary;
    type Effect = SummaryEffect;
    const NAME: &'static str = Summaries::NAME;
    const SCHEMA: u32 = Summaries::SCHEMA;
}

/// The record that clients know by `id`.
pub fn key(id: &str) -> Key<Records> {
    Key::of(id)
}

/// The summary of a customer's feedback; revision 0 and nothing in it where there is none. Its rows are left out.
#[boxed]
pub async fn summary(
    store: &Store,
    customer: &CustomerId,
) -> Result<Versioned<Summary>, StoreError> {
    let found = store.read(&Key::<Overviews>::of(customer.as_str())).await?;
    Ok(or_none(found))
}

/// The same of several customers at once, in their order.
#[boxed]
pub async fn summaries(
    store: &Store,
    customers: &[&CustomerId],
) -> Result<Vec<Versioned<Summary>>, StoreError> {
    let keys: Vec<_> = customers
        .iter()
        .map(|customer| Key::<Overviews>::of(customer.as_str()))
        .collect();
    let found = store.read_all(&keys).await?;
    Ok(found.into_iter().map(or_none).collect())
}

fn or_none(found: Option<Versioned<Summary>>) -> Versioned<Summary> {
    found.unwrap_or_else(|| Versioned {
        rev: 0,
        value: Summary::default(),
    })
}

/// Tells the summary of a customer of a record, as it is by its revision `rev`.
async fn tell(
    store: &Store,
    customer: &CustomerId,
    record: &Record,
    rev: u64,
    now: Timestamp,
    zone: &Zone,
) -> Result<(), StoreError> {
    let key = Key::<Summaries>::of(customer.as_str());
    let carrier = SummaryCarrier { now, zone };
    let watch = Watch::begin(store, customer, Document::Feedback, now, zone).await?;
    let mut look_again = false;
    let request = Request::plain(now, &carrier);
    let told = store
        .update::<_, (), std::convert::Infallible>(&key, request, |current| {
            look_again = false;
            let mut summary = current.value.unwrap_or_default();
            if !summary.tell(record, rev, now) {
                return Ok(Change::Keep(()));
            }
            let flips = watch.as_ref().is_some_and(|watch| {
                watch.flips(|beside| {
                    if let Some(found) = &mut beside.feedback {
                        found.rev = current.next_rev;
                        found.value = summary.clone();
                    }
                })
            });
            look_again = !flips;
            let reconsider = flips.then(|| SummaryEffect::Reconsider {
                of: customer.clone(),
            });
            Ok(Change::Commit {
                value: summary,
                effects: reconsider.into_iter().collect(),
                answer: (),
            })
        })
        .await;
    if let Some(watch) = watch.filter(|_| look_again && told.is_ok()) {
        watch.end(store).await;
    }
    match told {
        Err(UpdateError::Store(error)) => Err(error),
        Err(UpdateError::Rejected(never)) => match never {},
        Ok(_) | Err(UpdateError::KeyReused | UpdateError::AnswerGone) => Ok(()),
    }
}
