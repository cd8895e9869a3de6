//! A walk through all customers that counts.

use rapport_review::{Held, Opinion, Tally};
use rapport_store::log::Order;
use rapport_store::{Store, StoreError};
use rapport_types::{CustomerId, Slug, Timestamp, Zone, sort};
use serde::{Deserialize, Serialize};

use super::observe::{self, Of, Watched};
use super::state::State;
use crate::beside::{Beside, Needs};
use crate::compiled::Compiled;
use crate::customers::{Customers, LOG};

/// Customers read at once.
const PAGE: u64 = 128;

/// A review that is under way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pass {
    /// Which review it is.
    pub number: u64,
    /// The id that follows from that.
    pub id: String,
    /// The moment as of which customers are looked at: when it began.
    pub as_of: Timestamp,
    /// When the period begins: the moment of the review before.
    pub since: Timestamp,
    /// The review before.
    pub previous: Option<String>,
    /// The number in the log of the customer who was looked at last.
    pub position: u64,
    /// The last number that there was when it began.
    pub total: u64,
    /// Whether there is a programme, so that there are points.
    pub has_points: bool,
    /// Whether there is feedback, so that there are opinions.
    pub has_feedback: bool,
    /// The segments, in the tally's order.
    pub segments: Vec<Counted>,
    /// What was counted.
    pub tally: Tally,
}

/// What there is to look at when a review begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    /// The last number in the list of customers.
    pub(super) total: u64,
    /// Whether there is a programme.
    pub(super) has_points: bool,
    /// Whether there is any feedback.
    pub(super) has_feedback: bool,
}

/// A segment whose members are counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// Its id.
    pub id: Slug,
    /// The version of its definition when the review began.
    pub version: u64,
    /// Whether it was changed or deleted since.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub changed: bool,
}

impl Pass {
    /// The review after those of `state`, with nobody counted yet.
    pub(super) fn new(
        state: &State,
        definitions: &Compiled,
        extent: Extent,
        now: Timestamp,
    ) -> Self {
        let Extent {
            total,
            has_points,
            has_feedback,
        } = extent;
        let number = state.count.saturating_add(1);
        let dynamic = definitions
            .segments
            .iter()
            .map(|segment| &segment.definition);
        let mut segments: Vec<Counted> = dynamic
            .chain(&definitions.lists)
            .map(|definition| Counted {
                id: definition.id.clone(),
                version: definition.version,
                changed: false,
            })
            .collect();
        sort::by(&mut segments, |one, two| one.id.cmp(&two.id));
        let before = state.last.as_ref();
        Self {
            number,
            id: format!("r{number}"),
            as_of: now,
            since: match before {
                // A clock that was put back does not make a period negative.
                Some(before) => before.as_of.min(now),
                None => now.minus(state.wanted().cadence.span()),
            },
            previous: before.map(|before| before.id.clone()),
            position: 0,
            total,
            has_points,
            has_feedback,
            tally: Tally::new(segments.len()),
            segments,
        }
    }

    /// Whether everybody has been looked at.
    pub fn is_over(&self) -> bool {
        self.position >= self.total
    }

    /// Looks at the next customers.
    pub(super) async fn walk(
        &mut self,
        store: &Store,
        definitions: &Compiled,
        most: u64,
        zone: &Zone,
    ) -> Result<(), StoreError> {
        let watched = Watched::of(&mut self.segments, definitions);
        let end = self.total.min(self.position.saturating_add(most));
        while self.position < end {
            let limit = end.saturating_sub(self.position).min(PAGE);
            let page = store
                .page::<Customers>(
                    LOG,
                    Order::OldestFirst,
                    Some(self.position),
                    usize::try_from(limit).unwrap_or(1),
                )
                .await?;
            let total = self.total;
            let found: Vec<_> = page
                .items
                .into_iter()
                .filter(|(number, _)| *number <= total)
                .map(|(_, found)| found.value)
                .collect();
            let ids: Vec<&CustomerId> = found.iter().map(|record| &record.customer.id).collect();
            let needs = definitions.needs.and(Needs {
                account: self.has_points,
                feedback: self.has_feedback,
                ..Needs::default()
            });
            let beside = Beside::load_all(store, &ids, needs, zone).await?;
            let moment = observe::Moment {
                as_of: self.as_of,
                since: self.since,
                zone,
                definitions,
            };
            for (record, beside) in found.iter().zip(&beside) {
                let of = Of {
                    record,
                    beside,
                    points: self.points(beside),
                    opinion: self.opinion(beside),
                };
                observe::count(&mut self.tally, &watched, of, moment);
            }
            self.position = page.next.unwrap_or(self.total).min(self.total);
        }
        Ok(())
    }

    /// What a customer said last.
    fn opinion(&self, beside: &Beside) -> Opinion {
        let summary = beside.feedback.as_ref().filter(|_| self.has_feedback);
        Opinion {
            nps: summary.and_then(|found| Some(found.value.last_nps?.score)),
            csat: summary.and_then(|found| Some(found.value.last_csat?.score)),
        }
    }

    /// What a customer holds.
    fn points(&self, beside: &Beside) -> Option<Held> {
        let account = beside.account.as_ref().filter(|_| self.has_points)?;
        let balance = account.ledger.balance(self.as_of);
        Some(Held {
            active: balance.active,
            pending: balance.pending,
        })
    }
}
