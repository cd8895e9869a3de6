//! Tagging an audience, and renaming a tag in every document: jobs that a tick does a bounded step of, one job after the other.
//!
//! **An audience** is gone through in its own order. Whoever was in it when the job was asked for, and still is when their turn comes, gets
//! the tag, or loses it; who comes later is left out. The audience belongs to one version of the segment's definition: should that
//! change before the job is through, the job stops and says so, and may be asked for again, as tagging twice is tagging once. So it does where
//! the tag that it puts on is deleted, or gets a rule: from then on nobody is to have it by hand.
//!
//! **A new name** of a tag stands among the definitions ([`crate::tags`]), where this job finds it. It goes through the log of customers
//! and commits each whose document has the old one. Requests that were under way may still write the old one, as they do not know better,
//! so only a lap that set out a minute later counts, as with [`crate::fill`]; to rules and readers the two names are one all the while.
//!
//! What there is to do and how far it came stands in one document. A crash, or two ticks at once, repeat a step at worst.

mod state;
mod walk;

use rapport_store::{
    Change, Committed, Key, NoEffect, Nothing, Once, Request, Store, StoreError, Table,
    UpdateError, boxed,
};
use rapport_types::{Timestamp, Zone};

use crate::fill::Stepped;
use crate::segments;

pub use state::{Audience, Job, Jobs, State, View, What};

/// The only document about jobs.
struct Jobbing;

impl Table for Jobbing {
    type Value = Jobs;
    type Effect = NoEffect;
    const NAME: &'static str = "tag-jobs";
    const SCHEMA: u32 = 1;
}

/// The jobs there are, and those that were done lately; a name that is too new for any tick to have seen is among them.
#[boxed]
pub async fn read(store: &Store) -> Result<Jobs, StoreError> {
    Ok(read_at(store).await?.0)
}

/// The same, with the revisions of what they were read from: the definitions, and the jobs.
#[boxed]
pub async fn read_at(store: &Store) -> Result<(Jobs, [u64; 2]), StoreError> {
    let definitions = segments::compiled(store).await?;
    let found = store.read(&Key::<Jobbing>::single()).await?;
    let (mut jobs, rev) = found.map_or_else(Default::default, |found| (found.value, found.rev));
    jobs.take_note(&definitions);
    Ok((jobs, [definitions.rev, rev]))
}

/// Why a job is refused: so many are waiting, which is the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany(pub usize);

/// Asks for a job. `what` says which, or why not; a request that comes again gets its answer without being asked that.
pub async fn ask<R: Send>(
    store: &Store,
    what: &(dyn Fn() -> Result<What, R> + Send + Sync),
    too_many: &(dyn Fn(TooMany) -> R + Send + Sync),
    now: Timestamp,
    once: Option<&Once>,
) -> Result<Committed<Job>, UpdateError<R>> {
    let request = Request {
        once,
        ..Request::plain(now, &Nothing)
    };
    store
        .update(&Key::<Jobbing>::single(), request, |current| {
            let mut jobs = current.value.unwrap_or_default();
            let job = jobs.ask(what()?, now).map_err(too_many)?;
            Ok(Change::Commit {
                value: jobs,
                effects: Vec::new(),
                answer: job,
            })
        })
        .await
}

/// Does a step of the first job that is not done.
#[boxed]
pub async fn step(store: &Store, now: Timestamp, zone: &Zone) -> Result<Stepped, StoreError> {
    let definitions = segments::compiled(store).await?;
    let found = store.read(&Key::<Jobbing>::single()).await?;
    let (rev, before) = found.map_or((0, Jobs::default()), |found| (found.rev, found.value));
    let mut jobs = before.clone();
    jobs.take_note(&definitions);
    let mut stepped = Stepped::default();
    if let Some(job) = jobs.next(store.driver().wall_millis()) {
        walk::step(store, &definitions, job, now, zone, &mut stepped).await?;
    }
    if jobs == before {
        return Ok(stepped);
    }
    stepped.more = true;
    save(store, jobs, rev, now).await?;
    Ok(stepped)
}

/// Writes down how far it came, unless somebody else has written since: then the step is done again.
async fn save(store: &Store, jobs: Jobs, rev: u64, now: Timestamp) -> Result<(), StoreError> {
    let request = Request::plain(now, &Nothing);
    let saved = store
        .update::<_, (), std::convert::Infallible>(&Key::<Jobbing>::single(), request, |current| {
            Ok(match current.rev == rev {
                true => Change::Commit {
                    value: jobs.clone(),
                    effects: Vec::new(),
                    answer: (),
                },
                false => Change::Keep(()),
            })
        })
        .await;
    match saved {
        Err(UpdateError::Store(error)) => Err(error),
        Err(UpdateError::Rejected(never)) => match never {},
        Ok(_) | Err(UpdateError::KeyReused | UpdateError::AnswerGone) => Ok(()),
    }
}
