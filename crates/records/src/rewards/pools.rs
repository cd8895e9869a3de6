//! Imported codes are kept, each once in the shop.
//!
//! The latest codes of every pool are one document. Before there are too many, they are written to pages of their pool and to the set of all
//! codes, and then the document is committed without them: whatever crashes in between, they stand here still, and are written again.
//! An import looks the codes that it does not find here up in that set, after it has read the document: what left before is there, and what
//! leaves meanwhile changes the document, so the commit fails and is decided anew.

use std::convert::Infallible;
use std::sync::Arc;

use futures_util::future::try_join_all;
use rapport_loyalty::reward::pool::{extend, place_of};
use rapport_loyalty::reward::{Imported, Importing, Known, Pools};
use rapport_store::set::{Edit, Member};
use rapport_store::{
    Change, Committed, Current, Key, NoEffect, Nothing, Once, Request, Set, SetError, Store,
    StoreError, Table, UpdateError, Versioned, boxed,
};
use rapport_types::{Slug, Timestamp};
use serde_json::Value;

use super::only_store;

/// How many codes are looked up at once.
const AT_ONCE: usize = 32;

/// Every pool of the shop, with its latest codes.
struct AllPools;

impl Table for AllPools {
    type Value = Pools;
    type Effect = NoEffect;
    const NAME: &'static str = "pools";
    const SCHEMA: u32 = 1;
}

/// Pages of 500 codes that have left it.
struct PoolPages;

impl Table for PoolPages {
    type Value = Vec<String>;
    type Effect = NoEffect;
    const NAME: &'static str = "pool";
    const SCHEMA: u32 = 1;
}

/// The codes that have left, each with its reward.
fn all_codes(store: &Store) -> Set {
    store.set("pool-codes")
}

/// The pools, kept in the instance.
#[boxed]
pub async fn pools(store: &Store) -> Result<Arc<Option<Versioned<Pools>>>, StoreError> {
    store
        .read_compiled(&Key::<AllPools>::single(), |found| found)
        .await
}

/// How many codes the pool of `reward` was given.
#[boxed]
pub async fn total(store: &Store, reward: &Slug) -> Result<u64, StoreError> {
    let found = pools(store).await?;
    let found = found.as_ref().as_ref();
    Ok(found.map_or(0, |found| found.value.total(reward)))
}

/// Code number `n` of the pool of `reward`.
pub(super) async fn code(store: &Store, reward: &Slug, n: u64) -> Result<String, StoreError> {
    let found = pools(store).await?;
    let pool = found.as_ref().as_ref();
    let pool = pool.and_then(|found| found.value.pools.get(reward));
    if let Some(code) = pool.and_then(|pool| pool.recent(n)) {
        return Ok(code.to_owned());
    }
    // It left before that was read.
    let (page, place) = place_of(n);
    let key = Key::<PoolPages>::numbered(reward.as_str(), page);
    let codes = store.read(&key).await?.map(|found| found.value);
    let place = usize::try_from(place).unwrap_or(usize::MAX);
    let code = codes.and_then(|codes| codes.into_iter().nth(place));
    code.ok_or_else(|| StoreError::Corrupt {
        key: key.as_str().to_owned(),
        why: format!("code {n} of a pool is not there"),
    })
}

/// An import.
pub struct Import<'a> {
    /// To the pool of this reward.
    pub reward: &'a Slug,
    /// The codes, as the client wrote them.
    pub codes: &'a [String],
    /// When.
    pub now: Timestamp,
    /// The client's idempotency key.
    pub once: Option<&'a Once>,
    /// Answer in full, commit nothing.
    pub dry_run: bool,
}

/// Why an import was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportRejection {
    /// [`MAX_POOLS`](rapport_loyalty::reward::pool::MAX_POOLS) rewards have had pools.
    TooManyPools,
}

/// What an import waits for.
enum Pause {
    Rejected(ImportRejection),
    Ask(Vec<String>),
    Spill(u64, Box<Pools>),
}

/// Adds codes to a pool: those that are in none.
#[boxed]
pub async fn import<'a>(
    store: &'a Store,
    import: &'a Import<'a>,
) -> Result<Committed<Imported>, UpdateError<ImportRejection>> {
    let key = Key::<AllPools>::single();
    let mut known = Known::new();
    let mut known_at = None;
    let mut spilled_at = None;
    loop {
        let request = Request {
            now: import.now,
            once: import.once,
            dry_run: import.dry_run,
            carrier: &Nothing,
        };
        let decide = |current: Current<AllPools>| {
            let before = current.value.unwrap_or_default();
            // A code that was nobody's may have come and left since.
            if known_at != Some(before.moved) {
                known.clear();
                known_at = Some(before.moved);
            }
            let (next, imported) = match before.import(import.reward, import.codes, &known) {
                Importing::Ask(codes) => return Err(Pause::Ask(codes)),
                Importing::TooMany => return Err(Pause::Rejected(ImportRejection::TooManyPools)),
                Importing::Done(done) => *done,
            };
            if next == before {
                return Ok(Change::Keep(imported));
            }
            if next.spills(&before) && spilled_at != Some(current.rev) && !import.dry_run {
                return Err(Pause::Spill(current.rev, Box::new(before)));
            }
            Ok(Change::Commit {
                value: next,
                effects: Vec::new(),
                answer: imported,
            })
        };
        match store.update(&key, request, decide).await {
            Ok(committed) => return Ok(committed),
            Err(UpdateError::Rejected(Pause::Rejected(rejection))) => {
                return Err(UpdateError::Rejected(rejection));
            }
            Err(UpdateError::Rejected(Pause::Ask(codes))) => {
                look_up(store, codes, &mut known).await?;
            }
            Err(UpdateError::Rejected(Pause::Spill(rev, pools))) => {
                spill(store, &pools, import.now).await?;
                spilled_at = Some(rev);
            }
            Err(UpdateError::KeyReused) => return Err(UpdateError::KeyReused),
            Err(UpdateError::AnswerGone) => return Err(UpdateError::AnswerGone),
            Err(UpdateError::Store(error)) => return Err(UpdateError::Store(error)),
        }
    }
}

/// Asks the set of all codes whose these are.
async fn look_up(store: &Store, codes: Vec<String>, known: &mut Known) -> Result<(), StoreError> {
    let set = all_codes(store);
    for some in codes.chunks(AT_ONCE) {
        let found = try_join_all(some.iter().map(|code| set.get(code)));
        let found = found.await.map_err(failed)?;
        for (code, member) in some.iter().zip(found) {
            let payload = member.and_then(|member| member.payload);
            let of = payload.as_ref().and_then(Value::as_str).map(Slug::parse);
            known.insert(code.clone(), of.and_then(Result::ok));
        }
    }
    Ok(())
}

/// Writes all codes that stand in the document to where they leave.
async fn spill(store: &Store, pools: &Pools, now: Timestamp) -> Result<(), StoreError> {
    let mut edits = Vec::new();
    for (reward, pool) in &pools.pools {
        for (page, first, codes) in pool.pages() {
            let key = Key::<PoolPages>::numbered(reward.as_str(), page);
            let extended =
                store.update::<_, (), Infallible>(&key, Request::plain(now, &Nothing), |current| {
                    let mut value = current.value.unwrap_or_default();
                    Ok(match extend(&mut value, first, codes) {
                        false => Change::Keep(()),
                        true => Change::Commit {
                            value,
                            effects: Vec::new(),
                            answer: (),
                        },
                    })
                });
            if let Err(error) = extended.await {
                return Err(only_store(error, key.as_str()));
            }
        }
        edits.extend(pool.recent.iter().map(|code| {
            Edit::Add(Member {
                name: code.clone(),
                payload: Some(Value::from(reward.as_str())),
            })
        }));
    }
    all_codes(store).change(edits).await.map_err(failed)?;
    Ok(())
}

/// Codes are shorter than members may be, and nobody closes the set.
fn failed(error: SetError) -> StoreError {
    match error {
        SetError::Store(error) => error,
        other => StoreError::Corrupt {
            key: "pool-codes".to_owned(),
            why: other.to_string(),
        },
    }
}
