//! A step of a job.

use std::sync::Arc;

use futures_util::future::join_all;
use rapport_customer::{Rejection, Tagging};
use rapport_store::log::Order;
use rapport_store::set::Cursor;
use rapport_store::{Store, StoreError, UpdateError};
use rapport_types::{CustomerId, Tag, Timestamp, Zone};

use super::state::{Audience, Job, State, What, is_late};
use crate::audiences::{self, Gather};
use crate::compiled::Compiled;
use crate::customers::{self, Asked, Customers, LOG};
use crate::effects::CustomerCarrier;
use crate::fill::{self, Stepped, is_of_the_document};

/// Members of an audience, and the most customers whose documents are renamed in, that one step takes.
const COMMITS: usize = 256;
/// Customers committed side by side.
const AT_A_TIME: usize = 32;
/// The most customers of whom one step of a lap reads the documents.
const LOOKED_AT: u64 = 4_000;
/// Customers read at once.
const PAGE: usize = 128;

pub(super) async fn step(
    store: &Store,
    definitions: &Arc<Compiled>,
    job: &mut Job,
    now: Timestamp,
    zone: &Zone,
    stepped: &mut Stepped,
) -> Result<(), StoreError> {
    let before = job.clone();
    match job.what.clone() {
        What::Apply(of) => audience(store, job, (&of, true), now, zone).await,
        What::Remove(of) => audience(store, job, (&of, false), now, zone).await,
        What::Rename { .. } => lap(store, definitions, job, now, zone).await,
    }?;
    if *job == before {
        // It waits.
        return Ok(());
    }
    stepped.committed = stepped.committed.saturating_add(1);
    if job.state.is_over() {
        job.finished_at = Some(now);
    }
    Ok(())
}

/// The next members of an audience get a tag, or lose it.
async fn audience(
    store: &Store,
    job: &mut Job,
    (of, puts): (&Audience, bool),
    now: Timestamp,
    zone: &Zone,
) -> Result<(), StoreError> {
    let (definitions, fills) = fill::read(store).await?;
    // By what the tag is called by now.
    let tag = definitions.renamed(of.tag.as_str()).unwrap_or(&of.tag);
    if let (true, Some(why)) = (puts, cannot_put(&definitions, of, tag)) {
        job.state = stopped(why);
        return Ok(());
    }
    let dynamic = definitions.segments.iter().map(|one| &one.definition);
    let mut all = dynamic.chain(&definitions.lists);
    let Some(segment) = all.find(|segment| segment.id == of.segment) else {
        job.state = stopped("The segment was deleted.");
        return Ok(());
    };
    let shown = fills.shown(segment);
    if shown.version != of.version || segment.version != of.version {
        job.state = stopped(
            "The segment's definition has changed since. Ask again once its audience is filled; who has the tag keeps it.",
        );
        return Ok(());
    }
    if !shown.complete {
        // Another loyalty programme has made it wrong: it is gone through first.
        return Ok(());
    }
    let set = audiences::set(store, &of.segment, of.version);
    let after = match &job.state {
        State::Audience { after } => Cursor::parse(after),
        _ => {
            job.total = audiences::count(&set).await?.members;
            None
        }
    };
    let page = audiences::page(&set, after, COMMITS).await?;
    job.looked_at = job
        .looked_at
        .saturating_add(u64::try_from(page.members.len()).unwrap_or(u64::MAX));
    let then = page.members.into_iter();
    let then = then.filter(|member| member.since <= job.asked_at);
    let members: Vec<CustomerId> = then
        .filter_map(|member| CustomerId::parse(&member.customer).ok())
        .collect();
    let mut tagging = Tagging::default();
    match puts {
        true => tagging.put.push(tag.clone()),
        false => tagging.take.push(tag.clone()),
    }
    let carrier = CustomerCarrier::new(now, zone);
    for some in members.chunks(AT_A_TIME) {
        let tries = some.iter().map(|id| one(store, id, &tagging, &carrier));
        for done in join_all(tries).await {
            match done? {
                Done::Changed => job.changed = job.changed.saturating_add(1),
                Done::Refused => job.refused = job.refused.saturating_add(1),
                Done::Same => {}
            }
        }
    }
    job.state = match page.next {
        Some(next) => State::Audience {
            after: next.to_string(),
        },
        None => State::Done,
    };
    Ok(())
}

/// Why nobody can get the tag any more that a job was asked to put on, and that is called `tag` by now. To take it off is right whatever
/// became of it.
fn cannot_put(definitions: &Compiled, of: &Audience, tag: &Tag) -> Option<&'static str> {
    const GONE: &str = "The tag was deleted. Who got it before keeps it.";
    let Some(known) = definitions.in_catalogue(tag) else {
        return Some(GONE);
    };
    // Under another name it may have become one with another tag.
    let same_name = known.tag == of.tag;
    if same_name && of.serial.is_some_and(|serial| serial != known.serial) {
        return Some(GONE);
    }
    known.is_automatic().then_some(
        "A rule says who has the tag by now; it is not put on by hand. Who got it before keeps it.",
    )
}

fn stopped(why: &str) -> State {
    State::Stopped {
        why: why.to_owned(),
    }
}

/// What became of one.
enum Done {
    Changed,
    Same,
    Refused,
}

async fn one(
    store: &Store,
    id: &CustomerId,
    tagging: &Tagging,
    carrier: &CustomerCarrier<'_>,
) -> Result<Done, StoreError> {
    let asked = Asked {
        once: None,
        dry_run: false,
    };
    let done = customers::tag::<Rejection>(store, id, tagging, asked, &|_| Ok(()), carrier).await;
    match done {
        Ok(committed) if committed.answer.changed => Ok(Done::Changed),
        Ok(_) | Err(UpdateError::KeyReused | UpdateError::AnswerGone) => Ok(Done::Same),
        Err(UpdateError::Rejected(_)) => Ok(Done::Refused),
        Err(UpdateError::Store(error)) if is_of_the_document(&error) => {
            // It would be so tomorrow, too, and the others wait.
            eprintln!("the tags of {id} cannot be committed: {error}");
            Ok(Done::Refused)
        }
        Err(UpdateError::Store(error)) => Err(error),
    }
}

/// The next customers of the log whose documents have a name that a tag had before are committed.
async fn lap(
    store: &Store,
    definitions: &Arc<Compiled>,
    job: &mut Job,
    now: Timestamp,
    zone: &Zone,
) -> Result<(), StoreError> {
    let wall = store.driver().wall_millis();
    let set_out = |counts, noted| State::Lap {
        position: 0,
        counts,
        noted,
    };
    job.state = match job.state {
        State::Waiting { noted } if is_late(noted, wall) => {
            job.looked_at = 0;
            set_out(true, noted)
        }
        State::Waiting { .. } => return Ok(()),
        State::Lap { .. } => job.state.clone(),
        _ => set_out(false, wall),
    };
    let State::Lap {
        mut position,
        counts,
        noted,
    } = job.state
    else {
        return Ok(());
    };
    job.total = store.last_number(LOG).await?;
    let (mut looked_at, mut committed) = (0_u64, 0_usize);
    while looked_at < LOOKED_AT && committed < COMMITS {
        let page = store
            .page::<Customers>(LOG, Order::OldestFirst, Some(position), PAGE)
            .await?;
        let old = page.items.iter().map(|(_, found)| &found.value.customer);
        let old = old.filter(|customer| {
            let mut tags = customer.tags.iter();
            tags.any(|tag| definitions.renamed(tag).is_some())
        });
        let old: Vec<CustomerId> = old.map(|customer| customer.id.clone()).collect();
        committed = committed.saturating_add(old.len());
        for some in old.chunks(AT_A_TIME) {
            let gather = Gather::default();
            let carrier = CustomerCarrier::gathering(now, zone, &gather);
            let tries = some
                .iter()
                .map(|id| customers::reconsider(store, id, definitions, &carrier));
            let done = gather.together(store, tries.collect()).await;
            for (done, id) in done.iter().zip(some) {
                match done {
                    Ok(changed) => {
                        job.changed = job.changed.saturating_add(u64::from(*changed));
                    }
                    Err(error) if is_of_the_document(error) => {
                        job.refused = job.refused.saturating_add(1);
                        eprintln!("the tags of {id} cannot be committed: {error}");
                    }
                    Err(error) => return Err(error.clone()),
                }
            }
        }
        let end = page.next.unwrap_or(job.total);
        let walked = end.saturating_sub(position);
        looked_at = looked_at.saturating_add(walked);
        job.looked_at = job.looked_at.saturating_add(walked).min(job.total);
        match page.next {
            Some(next) => position = next,
            None => {
                job.state = match counts {
                    true => State::Done,
                    false => State::Waiting { noted },
                };
                return Ok(());
            }
        }
    }
    job.state = State::Lap {
        position,
        counts,
        noted,
    };
    Ok(())
}
