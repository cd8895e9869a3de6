//! What the shop owes in points: a pass over all accounts that counts, a bounded step at a time.
//!
//! Each call of [`step`] reads some accounts more, in the order in which they came to be, and writes down in one document how far it came and
//! what it has counted. A crash, or two who step at once, repeat a step at worst: what was counted is committed together with where it was
//! counted to, so no account counts twice. Accounts that come to be after it has begun are left to the next one; one that moves meanwhile is
//! counted as it is when its turn comes, as of the moment at which the pass began.

use std::convert::Infallible;

use rapport_loyalty::liability::{Counting, Liability, Tally, report};
use rapport_store::log::Order;
use rapport_store::{
    Change, Committed, Key, NoEffect, Store, StoreError, Table, UpdateError, Versioned, boxed,
};
use rapport_types::{Timestamp, Zone};
use serde::{Deserialize, Serialize};

use crate::accounts::{self, LOG, Ledgers};
use crate::steps;
pub use crate::steps::{Asked, Start};

/// How many places in the list of accounts one step reads.
pub const MOST: u64 = 2_000;
/// Accounts read at once.
const PAGE: u64 = 128;

/// The only document about it.
pub struct States;

impl Table for States {
    type Value = State;
    type Effect = NoEffect;
    const NAME: &'static str = "liability";
    const SCHEMA: u32 = 1;
}

/// The pass that is under way, and what the last one came to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// How many there have been.
    #[serde(default)]
    pub count: u64,
    /// The pass that is under way.
    #[serde(default)]
    pub running: Option<Pass>,
    /// What the last one came to.
    #[serde(default)]
    pub last: Option<Report>,
}

/// A pass that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pass {
    /// The moment as of which accounts are counted: when it began.
    pub as_of: Timestamp,
    /// The number in the list of the account that was read last.
    pub position: u64,
    /// The last number that there was when it began.
    pub total: u64,
    /// What was counted.
    pub tally: Tally,
}

/// What a pass came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// As of when.
    pub as_of: Timestamp,
    /// When the last account had been counted.
    pub finished_at: Option<Timestamp>,
    /// Whether all accounts were counted.
    pub complete: bool,
    /// How many places in the list of accounts were read,
    pub seen: u64,
    /// of how many.
    pub of: u64,
    /// The figures; where it is not complete, of those that were counted so far.
    #[serde(flatten)]
    pub figures: Liability,
}

/// How far a pass is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// As of when.
    pub as_of: Timestamp,
    /// Whether it is done: then it can be read.
    pub complete: bool,
    /// How many places in the list of accounts were read,
    pub seen: u64,
    /// of how many.
    pub of: u64,
}

impl State {
    fn is_where(&self, other: &Self) -> bool {
        let place = |state: &Self| state.running.as_ref().map(|pass| pass.position);
        self.count == other.count && place(self) == place(other)
    }

    fn progress(&self) -> Option<Progress> {
        let running = self.running.as_ref().map(Pass::progress);
        let last = self.last.as_ref().map(|last| Progress {
            as_of: last.as_of,
            complete: true,
            seen: last.seen,
            of: last.of,
        });
        running.or(last)
    }
}

impl Pass {
    /// Whether every account has been counted.
    fn is_over(&self) -> bool {
        self.position >= self.total
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        Progress {
            as_of: self.as_of,
            complete: self.is_over(),
            seen: self.position,
            of: self.total,
        }
    }

    /// Counts the next accounts.
    async fn walk(&mut self, store: &Store, most: u64, zone: &Zone) -> Result<(), StoreError> {
        let end = self.total.min(self.position.saturating_add(most));
        while self.position < end {
            let limit = end.saturating_sub(self.position).min(PAGE);
            let limit = usize::try_from(limit).unwrap_or(1);
            let after = Some(self.position);
            let page = store
                .page::<Ledgers>(LOG, Order::OldestFirst, after, limit)
                .await?;
            let counting = Counting {
                as_of: self.as_of,
                zone,
            };
            let total = self.total;
            for (_, found) in page.items.iter().filter(|(number, _)| *number <= total) {
                self.tally.count(found.value.ledger(), counting);
            }
            self.position = page.next.unwrap_or(self.total).min(self.total);
        }
        Ok(())
    }

    /// What it has come to by now.
    async fn report(
        &self,
        store: &Store,
        finished_at: Option<Timestamp>,
        zone: &Zone,
    ) -> Result<Report, StoreError> {
        let program = accounts::program(store).await?;
        let program = program.as_ref().as_ref().map(|found| &found.value);
        let counting = Counting {
            as_of: self.as_of,
            zone,
        };
        Ok(Report {
            as_of: self.as_of,
            finished_at,
            complete: self.is_over(),
            seen: self.position,
            of: self.total,
            figures: report(&self.tally, program, counting),
        })
    }
}

/// What is known, and its revision; 0 before the first.
#[boxed]
pub async fn state(store: &Store) -> Result<Versioned<State>, StoreError> {
    steps::state::<States>(store).await
}

/// The last report that is complete; where there is none, what the first one has come to by now. `None` before the first.
#[boxed]
pub async fn latest(
    store: &Store,
    state: &State,
    zone: &Zone,
) -> Result<Option<Report>, StoreError> {
    match (&state.last, &state.running) {
        (Some(last), _) => Ok(Some(last.clone())),
        (None, Some(pass)) => pass.report(store, None, zone).await.map(Some),
        (None, None) => Ok(None),
    }
}

/// Goes on with the pass that is under way, or begins one; `None` where there is nothing to do.
#[boxed]
pub async fn step<'a>(
    store: &'a Store,
    asked: Asked<'a>,
) -> Result<Option<Committed<Progress>>, UpdateError<Infallible>> {
    if let Some(answered) = steps::answered::<States, _>(store, asked).await? {
        return Ok(Some(answered));
    }
    let before = state(store).await?.value;
    let begins = before.running.is_none();
    let mut pass = match before.running.clone() {
        Some(pass) => pass,
        // By itself it never is due.
        None if asked.start == Start::WhenDue => return Ok(None),
        None => Pass {
            as_of: asked.now,
            position: 0,
            total: store.last_number(LOG).await?,
            tally: Tally::default(),
        },
    };
    pass.walk(store, asked.most, asked.zone).await?;
    let report = match pass.is_over() {
        true => Some(pass.report(store, Some(asked.now), asked.zone).await?),
        false => None,
    };
    let committed = store
        .update(&Key::<States>::single(), asked.request(), |current| {
            let now = current.value.unwrap_or_default();
            // Somebody else was faster: what they have counted stands.
            if !now.is_where(&before) {
                let answer = now.progress().unwrap_or_else(|| pass.progress());
                return Ok(Change::Keep(answer));
            }
            let mut next = now;
            next.count = next.count.saturating_add(u64::from(begins));
            match &report {
                Some(report) => {
                    next.running = None;
                    next.last = Some(report.clone());
                }
                None => next.running = Some(pass.clone()),
            }
            Ok(Change::Commit {
                value: next,
                effects: Vec::new(),
                answer: pass.progress(),
            })
        })
        .await?;
    Ok(Some(committed))
}

/// What a tick does about it: goes on with the pass that is under way. Whether anything was done.
#[boxed]
pub async fn tick(store: &Store, now: Timestamp, zone: &Zone) -> Result<bool, StoreError> {
    let asked = Asked::by_tick(MOST, now, zone);
    steps::ticked(step(store, asked).await)
}
