//! Where documents stand whose effects may not be carried out yet.
//!
//! A commit with effects puts them into the document's outbox, and carries them out right after. Should a crash come
//! between, somebody must find that document again, and no request lists keys. So the order is: load, **park**, commit,
//! carry out, unpark. To park is to put the document's key, under a fresh token, into one of 64 documents,
//! `parked:0` to `parked:63`; the outbox names that token. [`Store::tick`](crate::tick) goes through what is parked.
//!
//! Parking before loading would lose effects: a tick could look at the document and unpark it before the commit. After loading
//! it cannot: a tick commits the document before it unparks, and the late commit fails.
//!
//! What it costs is one write. Each request that is under way has a lane of its own: a document of the 64, picked at random when
//! the lane is new. What is done with is unparked by the lane's next parking, in the same write. So at most the last token
//! of a lane is left for the tick, which finds nothing to do there; and requests of one instance do not meet in one document.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::driver::DriverError;
use crate::error::StoreError;
use crate::table::{Key, NoEffect, Table};
use crate::{Store, boxed};

/// How many documents share what is parked.
pub(crate) const SHARDS: u8 = 64;
/// The most tokens in one of them: 32 KB.
const MOST: usize = 300;
/// How many of them are tried before the store is called overloaded.
const TRIES: u8 = 8;

/// The documents of what is parked.
pub(crate) struct Parked;

impl Table for Parked {
    type Value = BTreeMap<String, Entry>;
    type Effect = NoEffect;
    const NAME: &'static str = "parked";
    const SCHEMA: u32 = 1;
}

/// A document that is parked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Its key.
    pub key: String,
    /// When, by the platform's clock, in milliseconds.
    pub at: i64,
}

/// Names one parking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Token {
    /// In which document.
    pub shard: u8,
    /// Under which name.
    pub name: String,
}

pub(crate) fn key_of(shard: u8) -> Key<Parked> {
    Key::raw(format!("{}:{shard}", Parked::NAME))
}

/// A shard that one request at a time parks in, and what is done with there.
#[derive(Debug)]
struct Lane {
    shard: u8,
    done: Vec<String>,
}

/// The lanes that no request of this instance uses just now.
#[derive(Debug, Default)]
pub(crate) struct Lanes {
    free: Mutex<Vec<Lane>>,
}

impl Lanes {
    fn take(&self) -> Option<Lane> {
        self.with(Vec::pop)
    }

    fn with<R>(&self, act: impl FnOnce(&mut Vec<Lane>) -> R) -> R {
        act(&mut self.free.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A place taken by parking. Dropped, it stays parked; [`Berth::leave`] gives it up.
pub(crate) struct Berth {
    lanes: Arc<Lanes>,
    lane: Option<Lane>,
    token: Token,
}

impl Berth {
    pub fn token(&self) -> &Token {
        &self.token
    }

    /// The effects are carried out, or are sure never to be committed.
    pub fn leave(mut self) {
        if let Some(lane) = &mut self.lane {
            lane.done.push(self.token.name.clone());
        }
    }
}

impl Drop for Berth {
    fn drop(&mut self) {
        if let Some(lane) = self.lane.take() {
            self.lanes.with(|free| free.push(lane));
        }
    }
}

impl Store {
    /// Parks the document at `key`. One write.
    #[boxed]
    pub(crate) async fn park(&self, key: &str) -> Result<Berth, StoreError> {
        let mut lane = self.lanes.take().unwrap_or_else(|| self.new_lane());
        let entry = Entry {
            key: key.to_owned(),
            at: self.driver.wall_millis(),
        };
        for _ in 0..TRIES {
            let token = format!("{:016x}", self.random());
            let added = self
                .amend(&key_of(lane.shard), |parked| {
                    parked.retain(|name, _| !lane.done.contains(name));
                    let room = parked.len() < MOST && !parked.contains_key(&token);
                    if room {
                        parked.insert(token.clone(), entry.clone());
                    }
                    room
                })
                .await?;
            if added {
                lane.done.clear();
                return Ok(Berth {
                    lanes: Arc::clone(&self.lanes),
                    token: Token {
                        shard: lane.shard,
                        name: token,
                    },
                    lane: Some(lane),
                });
            }
            // So many effects wait to be carried out that this shard is full; what was done with here is the tick's.
            lane = self.new_lane();
        }
        let why = "too many effects wait to be carried out".to_owned();
        Err(DriverError::Overloaded(why).into())
    }

    fn new_lane(&self) -> Lane {
        let shard = self.random().checked_rem(u64::from(SHARDS));
        Lane {
            shard: shard.and_then(|n| u8::try_from(n).ok()).unwrap_or(0),
            done: Vec::new(),
        }
    }

    /// Whether what was committed under `token` may not be carried out yet. Asked after the document was loaded.
    #[boxed]
    pub(crate) async fn is_parked(&self, token: &Token) -> Result<bool, StoreError> {
        let done = self.lanes.with(|free| {
            let lanes = free.iter().filter(|lane| lane.shard == token.shard);
            lanes
                .flat_map(|lane| &lane.done)
                .any(|name| *name == token.name)
        });
        if done {
            return Ok(false);
        }
        let found = self.read(&key_of(token.shard)).await?;
        Ok(found.is_some_and(|parked| parked.value.contains_key(&token.name)))
    }

    /// Takes `tokens` out of their shard. One write, none where they are gone already.
    #[boxed]
    pub(crate) async fn unpark(&self, shard: u8, tokens: &[String]) -> Result<(), StoreError> {
        self.amend(&key_of(shard), |parked| {
            let before = parked.len();
            parked.retain(|name, _| !tokens.contains(name));
            parked.len() != before
        })
        .await
        .map(drop)
    }
}
