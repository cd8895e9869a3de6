//! A new definition's audience is filled: a job that a tick does a bounded step of.
//!
//! A segment that is new, or whose rule has changed, has members whose documents have not told its audience. A walker goes through the log
//! of customers, round and round, and lets each whose memberships differ from what their document has told
//! tell what is new ([`customers::reconsider`]); the others cost a read. One walk serves every segment that waits: a segment that comes
//! while it is under way is filled when the walker is where it was then.
//!
//! **Commits of customers keep audiences right meanwhile**, as they go by the new definition. But a request that was under way when
//! the definition was saved goes by the old one, and may commit after the walker has passed. A request gives up after a minute; so
//! only what the walker looks at later than that counts ([`GRACE_MILLIS`] after a tick first saw the definition). A walk that began
//! earlier makes members visible soon, and its first minute is repeated.
//!
//! Where the walker is, and what is filled, stands in one document. A crash, or two ticks at once, repeat a step at worst: looking at
//! a customer twice finds nothing to tell.
//!
//! Another loyalty programme means other tiers, and other members of segments that ask for points: these are walked through again, and
//! until then their audiences are not complete. So it is where a segment by which a tier is given is new, has another rule, or is gone: those
//! that ask for the tier name it by way of the programme, which no version of theirs tells.
//!
//! The audience of the definition's last version answers until the new one is filled: as it stood then, as nobody tells it of changes
//! any more. Then it is emptied.

mod snapshot;
mod state;

use std::sync::Arc;

use futures_util::future::try_join;
use rapport_store::log::Order;
use rapport_store::{
    Change, Key, NoEffect, Nothing, Request, Store, StoreError, Table, UpdateError, Versioned,
    boxed,
};
use rapport_types::{Timestamp, Zone};

use crate::accounts;
use crate::audiences::{self, Gather};
use crate::beside::Beside;
use crate::customers::{self, CustomerRecord, Customers, LOG};
use crate::effects::CustomerCarrier;
use crate::freshness::{self, Moment};
use crate::segments::{self, Compiled};

pub use state::{Fill, Fills, Progress, Shown, Stage};

/// After how long no request is under way any more that knows the definition of before: a minute, and some for clocks.
pub const GRACE_MILLIS: i64 = 65_000;
/// The most customers that one step looks at.
const LOOKED_AT: u64 = 4_000;
/// Customers read at once.
const PAGE: usize = 128;
/// A step ends once so many customers were committed.
const COMMITS: usize = 256;
/// Customers committed side by side.
const AT_A_TIME: usize = 32;
/// Members of an old audience that are removed at once.
const CLEARED: usize = 2_000;

/// The only document about fills.
struct Fillings;

impl Table for Fillings {
    type Value = Fills;
    type Effect = NoEffect;
    const NAME: &'static str = "fills";
    const SCHEMA: u32 = 1;
}

/// What a step did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stepped {
    /// How many customers were looked at.
    pub looked_at: u64,
    /// How many of them were committed.
    pub committed: usize,
    /// Whether anything was done: if so, there may be more to do at once.
    pub more: bool,
}

/// The definitions, and what is known of fills; a loyalty programme, or a segment that gives a tier, that is too new for any tick to have seen is
/// taken note of.
#[boxed]
pub async fn read(store: &Store) -> Result<(Arc<Compiled>, Fills), StoreError> {
    let key = Key::<Fillings>::single();
    let (definitions, found) = try_join(segments::compiled(store), store.read(&key)).await?;
    let mut fills = found.map(|found| found.value).unwrap_or_default();
    take_note_of_program(&mut fills, &definitions, store).await?;
    Ok((definitions, fills))
}

/// Where rules ask for points.
async fn take_note_of_program(
    fills: &mut Fills,
    definitions: &Compiled,
    store: &Store,
) -> Result<(), StoreError> {
    if definitions.needs.account {
        let program = accounts::program(store).await?;
        let program = program.as_ref().as_ref();
        let rev = program.map_or(0, |program| program.rev);
        let wall = store.driver().wall_millis();
        fills.take_note_of_program(definitions, rev, wall);
        let tiers = program.into_iter();
        let tiers = tiers.flat_map(|program| program.value.tier_segments());
        fills.take_note_of_tiers(definitions, tiers, wall);
    }
    Ok(())
}

/// Does a step of what there is to fill and to clear.
#[boxed]
pub async fn step(store: &Store, now: Timestamp, zone: &Zone) -> Result<Stepped, StoreError> {
    let definitions = segments::compiled(store).await?;
    let found = store.read(&Key::<Fillings>::single()).await?;
    let (rev, before) = found.map_or((0, Fills::default()), |found| (found.rev, found.value));
    let wall = store.driver().wall_millis();
    let mut fills = before.clone();
    take_note_of_program(&mut fills, &definitions, store).await?;
    fills.take_note(&definitions, now, wall);
    fills.begin_laps(wall);
    let mut stepped = Stepped::default();
    if fills.walks() {
        stepped = walk(store, &definitions, &mut fills, now, zone).await?;
    }
    snapshot::step(store, &mut fills, now, zone, &mut stepped).await?;
    fills.finish(now);
    clear(store, &mut fills).await?;
    if fills == before {
        return Ok(stepped);
    }
    stepped.more = true;
    save(store, fills, rev, now).await?;
    Ok(stepped)
}

/// Writes down how far it came, unless another tick has done so since.
async fn save(store: &Store, fills: Fills, rev: u64, now: Timestamp) -> Result<(), StoreError> {
    let request = Request::plain(now, &Nothing);
    let saved = store
        .update::<_, (), std::convert::Infallible>(&Key::<Fillings>::single(), request, |current| {
            Ok(if current.rev == rev {
                Change::Commit {
                    value: fills.clone(),
                    effects: Vec::new(),
                    answer: (),
                }
            } else {
                Change::Keep(())
            })
        })
        .await;
    match saved {
        Err(UpdateError::Store(error)) => Err(error),
        Err(UpdateError::Rejected(never)) => match never {},
        Ok(_) | Err(UpdateError::KeyReused | UpdateError::AnswerGone) => Ok(()),
    }
}

/// The walker looks at the next customers.
async fn walk(
    store: &Store,
    definitions: &Arc<Compiled>,
    fills: &mut Fills,
    now: Timestamp,
    zone: &Zone,
) -> Result<Stepped, StoreError> {
    let mut stepped = Stepped::default();
    fills.total = store.last_number(LOG).await?;
    while fills.walks() && stepped.looked_at < LOOKED_AT && stepped.committed < COMMITS {
        let after = fills.position;
        let page = store
            .page::<Customers>(LOG, Order::OldestFirst, Some(after), PAGE)
            .await?;
        let ids: Vec<_> = page
            .items
            .iter()
            .map(|(_, found)| &found.value.customer.id)
            .collect();
        let beside = Beside::load_all(store, &ids, definitions.needs, zone).await?;
        let differ: Vec<_> = page
            .items
            .into_iter()
            .map(|(_, found)| found)
            .zip(&beside)
            .filter(|(found, beside)| differs(definitions, found, beside, now, zone))
            .map(|(found, _)| found)
            .collect();
        stepped.committed = stepped.committed.saturating_add(differ.len());
        for some in differ.chunks(AT_A_TIME) {
            let gather = Gather::default();
            let carrier = CustomerCarrier::gathering(now, zone, &gather);
            let tries = some.iter().map(|found| {
                let id = &found.value.customer.id;
                customers::reconsider(store, id, definitions, &carrier)
            });
            for (done, found) in gather
                .together(store, tries.collect())
                .await
                .iter()
                .zip(some)
            {
                match done {
                    Ok(_) => {}
                    Err(error) if is_of_the_document(error) => {
                        // It would be so tomorrow, too, and the others wait.
                        let id = &found.value.customer.id;
                        eprintln!("the memberships of {id} cannot be committed: {error}");
                    }
                    Err(error) => return Err(error.clone()),
                }
            }
        }
        let looked_at = fills.walked(page.next);
        stepped.looked_at = stepped.looked_at.saturating_add(looked_at);
    }
    Ok(stepped)
}

/// Whether it is this document that cannot be committed, and not the store that fails.
pub(crate) fn is_of_the_document(error: &StoreError) -> bool {
    match error {
        StoreError::Frozen { .. }
        | StoreError::TooLarge { .. }
        | StoreError::TooManyKeys { .. }
        | StoreError::Newer { .. }
        | StoreError::Corrupt { .. } => true,
        StoreError::Driver(_) | StoreError::Contended { .. } | StoreError::Unsafe { .. } => false,
    }
}

/// Whether a commit of the customer would tell anything.
fn differs(
    definitions: &Compiled,
    found: &Versioned<CustomerRecord>,
    beside: &Beside,
    now: Timestamp,
    zone: &Zone,
) -> bool {
    let moment = Moment {
        definitions,
        beside,
        now,
        zone,
        rev: found.rev,
    };
    freshness::has_news(&found.value, moment)
}

/// Empties a part of an audience that answers no more.
async fn clear(store: &Store, fills: &mut Fills) -> Result<(), StoreError> {
    let free = fills
        .clearing
        .iter()
        .position(|old| !fills.is_copied(&old.segment, old.version));
    let Some((place, old)) = free.and_then(|place| Some((place, fills.clearing.get_mut(place)?)))
    else {
        return Ok(());
    };
    let set = audiences::set(store, &old.segment, old.version);
    let after = old
        .after
        .as_deref()
        .and_then(rapport_store::set::Cursor::parse);
    let page = set
        .page(after, CLEARED)
        .await
        .map_err(audiences::store_error)?;
    let names = page.members.into_iter().map(|member| member.name);
    set.remove_all(names)
        .await
        .map_err(audiences::store_error)?;
    match page.next {
        Some(next) => old.after = Some(next.to_string()),
        None => {
            fills.clearing.remove(place);
        }
    }
    Ok(())
}
