//! Reviews: a pass over all customers that counts how segments do, a bounded step at a time.
//!
//! Each call of [`step`] looks at some customers more, in the order of their log, and writes down in one document how far it came and what
//! it has counted ([`State`]). A crash, or two who step at once, repeat a step at worst: what was counted is committed together with where
//! it was counted to, so nobody counts twice. Customers who come after a review has begun are left to the next one.
//!
//! What a review ends with is written in three places, in this order, so that a crash between any two is made up for by the next
//! step: the review itself, under an id that follows from its number; the RFM thresholds that it says it has set; its entry in
//! the list of reviews; and then the state, which goes on from there.

mod conclude;
mod observe;
mod pass;
mod state;

use std::convert::Infallible;

use rapport_review::{Report, Review};
use rapport_store::log::{Order, Page};
use rapport_store::{
    Change, Committed, Key, NoEffect, Store, StoreError, Table, UpdateError, Versioned, boxed,
};
use rapport_types::{Timestamp, Zone};

pub use crate::steps::{Asked, Start};
use crate::{accounts, customers, feedback, segments, steps};

use pass::Extent;
pub use pass::Pass;
pub use state::{Progress, State, Summary, Weights};

/// The list of reviews.
const LOG: &str = "reviews";

/// The only document about what is under way.
pub struct States;

impl Table for States {
    type Value = State;
    type Effect = NoEffect;
    const NAME: &'static str = "review_state";
    const SCHEMA: u32 = 1;
}

/// Reviews as they are listed.
pub struct Summaries;

impl Table for Summaries {
    type Value = Summary;
    type Effect = NoEffect;
    const NAME: &'static str = "review_summary";
    const SCHEMA: u32 = 1;
    const LOG: Option<&'static str> = Some(LOG);
}

/// Reviews, whole. Written once, and never changed.
pub struct Reviews;

impl Table for Reviews {
    type Value = Review;
    type Effect = NoEffect;
    const NAME: &'static str = "review";
    const SCHEMA: u32 = 1;
}

/// How many places in the list of customers one step looks at.
pub const MOST: u64 = 2_000;

/// What is under way, and its revision.
#[boxed]
pub async fn state(store: &Store) -> Result<Versioned<State>, StoreError> {
    steps::state::<States>(store).await
}

/// Goes on with the review that is under way, or begins one; `None` where there is nothing to do.
#[boxed]
pub async fn step<'a>(
    store: &'a Store,
    asked: Asked<'a>,
) -> Result<Option<Committed<Progress>>, UpdateError<Infallible>> {
    if let Some(answered) = steps::answered::<States, _>(store, asked).await? {
        return Ok(Some(answered));
    }
    let before = state(store).await?.value;
    let Some(mut pass) = next(store, &before, asked).await? else {
        return Ok(None);
    };
    let definitions = segments::compiled(store).await?;
    pass.walk(store, &definitions, asked.most, asked.zone)
        .await?;
    let over = pass.is_over();
    if over && !asked.dry_run {
        let wanted = before.wanted();
        let review = conclude::conclude(store, &pass, &wanted, &definitions, asked.now).await?;
        // Where somebody was here before, theirs is the review.
        pass.as_of = review.as_of;
    }
    let committed = store
        .update(&Key::<States>::single(), asked.request(), |current| {
            let now = current.value.unwrap_or_default();
            // Somebody else was faster: what they have counted stands.
            if !now.is_where(&before) {
                return Ok(Change::Keep(now.progress(asked.zone)));
            }
            let mut next = now;
            next.go_on(pass.clone(), asked.start);
            let answer = next.progress(asked.zone);
            Ok(Change::Commit {
                value: next,
                effects: Vec::new(),
                answer,
            })
        })
        .await?;
    Ok(Some(committed))
}

/// The pass to go on with.
async fn next(store: &Store, state: &State, asked: Asked<'_>) -> Result<Option<Pass>, StoreError> {
    if let Some(pass) = &state.running {
        return Ok(Some(pass.clone()));
    }
    let due = state.next_review_at(asked.zone);
    let begins = match asked.start {
        Start::ByHand => true,
        Start::WhenDue => due.is_some_and(|due| due <= asked.now),
    };
    if !begins {
        return Ok(None);
    }
    let extent = Extent {
        total: store.last_number(customers::LOG).await?,
        has_points: accounts::program(store).await?.is_some(),
        has_feedback: store.last_number(feedback::LOG).await? > 0,
    };
    let definitions = segments::compiled(store).await?;
    Ok(Some(Pass::new(state, &definitions, extent, asked.now)))
}

/// What a tick does about reviews: goes on with the one under way, or begins one that is due. Whether anything was done.
#[boxed]
pub async fn tick(store: &Store, now: Timestamp, zone: &Zone) -> Result<bool, StoreError> {
    let asked = Asked::by_tick(MOST, now, zone);
    steps::ticked(step(store, asked).await)
}

/// The review `id`, as people read it.
#[boxed]
pub async fn report(store: &Store, id: &str) -> Result<Option<Versioned<Report>>, StoreError> {
    let Some(found) = store.read(&Key::<Reviews>::of(id)).await? else {
        return Ok(None);
    };
    let previous = match &found.value.previous {
        Some(id) => store.read(&Key::<Reviews>::of(id)).await?,
        None => None,
    };
    let previous = previous.map(|previous| previous.value);
    Ok(Some(Versioned {
        rev: found.rev,
        value: Report::new(&found.value, previous.as_ref()),
    }))
}

/// Reviews, the latest first.
#[boxed]
pub async fn list(
    store: &Store,
    after: Option<u64>,
    limit: usize,
) -> Result<Page<Summary>, StoreError> {
    store
        .page::<Summaries>(LOG, Order::NewestFirst, after, limit)
        .await
}
