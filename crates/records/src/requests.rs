//! Idempotency keys of requests that commit many documents, such as those of the customers who are put on a list.
//!
//! Each of those documents keeps the key with what was answered about it. But a request that comes with the same key and with other
//! customers would find the key in none of them. So what a key came with is written down first, in one of 64 documents that say
//! nothing else, for the day for which all keys are kept. A crash after that leaves a key without what was asked: the same request, made
//! again, finds its own key and does what is left.

use rapport_store::{Change, Key, NoEffect, Nothing, Once, Request, Store, Table, UpdateError};
use rapport_types::Timestamp;
use serde::{Deserialize, Serialize};

/// In so many documents: each keeps 1,000 keys of a day.
const SHARDS: u64 = 64;

/// Keys that came; the envelopes keep them.
struct Requests;

/// Nothing but its keys.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Keys {}

impl Table for Requests {
    type Value = Keys;
    type Effect = NoEffect;
    const NAME: &'static str = "requests";
    const SCHEMA: u32 = 1;
}

/// Writes down what the key of a request came with, which has to be the same each time: else [`UpdateError::KeyReused`]. Costs a write the
/// first time, 3 where its document is new. A dry run writes nothing. Answers whether it came before.
pub async fn claim<R: Send>(
    store: &Store,
    once: &Once,
    now: Timestamp,
    dry_run: bool,
) -> Result<bool, UpdateError<R>> {
    let shard = once.key.checked_rem(SHARDS).unwrap_or_default();
    let key = Key::<Requests>::of(&shard.to_string());
    let request = Request {
        once: Some(once),
        dry_run,
        ..Request::plain(now, &Nothing)
    };
    let claimed = store.update::<_, (), R>(&key, request, |current| {
        Ok(match current.value {
            // The key is written down all the same.
            Some(_) => Change::Keep(()),
            None => Change::Commit {
                value: Keys {},
                effects: Vec::new(),
                answer: (),
            },
        })
    });
    match claimed.await {
        // That the first time was answered is all there is to know.
        Ok(claimed) => Ok(claimed.replayed),
        Err(UpdateError::AnswerGone) => Ok(true),
        Err(error) => Err(error),
    }
}
