//! Sets of text: audiences, indexes, timer slots. A million members and more, none of them in one document's way.
//!
//! # Layout of a set
//!
//! A set is a trie over a 64-bit hash of the member, four bits a level. Its root is the document `set:<hash of name>`. A
//! shard is a *leaf*, with its members in the order of (hash, member), or an *inner* shard, which says in 32 digits what
//! its 16 children are called: `<root>:<those digits><0 to f>`. A leaf that would take more than 32 KB becomes an inner
//! shard. Hashes are not stored: a search computes a dozen.
//!
//! # Costs
//!
//! Reads and writes of the backend. "Depth" is the inner shards above a leaf: 0 up to about 1,300 members of 20 bytes, 1
//! up to 20,000, 2 up to 330,000, 3 up to 5 million.
//!
//! | | reads | writes |
//! |---|---|---|
//! | `add`, `remove` | depth + 1 | 1; nothing to change: 0; the first `add`: 3; a split: 16 more |
//! | `change`, `add_all`, `remove_all` | each shard on the way once | 1 for each leaf that changes |
//! | `contains`, `get` | depth + 1 | 0 |
//! | `page` of 50 or 200 | depth + 1, and 1 for each further leaf: 1 at 1,000 members, 3 to 4 at 100,000, 4 to 5 at a million | 0 |
//! | `count` | every shard: 1 at 1,000 members, 273 at 100,000, 4,369 at a million | 0 |
//! | `count_estimate` | 1 + 16 × depth: 1, 33 and 49 | 0 |
//! | `is_empty` | depth + 1, more where leaves were emptied | 0 |
//! | `close_if_empty` | every shard twice | 1 where the root is a leaf, else 2 and 1 for each leaf; a set that never was: 3 |
//! | `clear` | every shard, and as `remove_all` | about 1 for each leaf |
//!
//! A root that nobody changed since its creation takes one read more (the register's). Nothing is cached. A set filled at
//! once with a million members takes 4,644 writes; in batches, each batch writes each leaf that it touches.
//!
//! Those who change one leaf at the same time take turns, as with any document; a leaf of 1,000 members is read and written
//! whole. Who gets no turn for 2 seconds is answered `Contended`. Should several find at once that a leaf must be split,
//! each writes 16 children, and one's are named.
//!
//! # Why it is safe
//!
//! - **Every change of a leaf is one swap of the whole leaf**, and a split is a swap like any other. An `add` that raced
//!   with it holds the leaf's bytes of before, so its own swap fails; it looks again and finds the inner shard. Where the
//!   `add` was first, the split's swap fails, and is planned anew with the new member in it.
//! - **Children are written before anybody can find them**, under a name of 128 random bits that no one else has, so
//!   they need no register. A split that is lost, or ends in a crash, leaves documents that nobody names.
//! - **An inner shard stays one, and its children keep their names**: there is no merging. So whoever was led to a shard
//!   was led to the right one for good, and goes on from there.
//! - **A walk goes by hash**, which a split does not change. Each member's place is read once, at some moment; a member
//!   that is there all the time is seen exactly once.
//! - **Doing it twice is doing it once**: adding what is there, or removing what is not, writes nothing. Where what is said of a
//!   member may come late, it is a [`Report`] with the revision that said it, and the latest revision counts.
//!
//! How a set is closed, and why no member slips in, is told in [`close`](Set::close_if_empty).
//!
//! # Files
//!
//! - `shard`: what is stored. `spot`: which shard a hash belongs to. `leaf`: searching and merging. `split`: what becomes of
//!   a leaf that is too large.
//! - `change`: adding and removing. `walk`: in order, through the whole. `page`, `count`, `close`: what they say.

mod change;
mod close;
mod count;
mod leaf;
mod page;
mod shard;
mod split;
mod spot;
mod walk;

use rapport_types::hash;
use serde_json::Value;

use crate::error::StoreError;
use crate::read::Held;
use crate::table::{Key, Table};
use crate::{Store, boxed, typed};

pub use change::{Edit, Edited, Report};
pub use count::Estimate;
pub use page::{Cursor, Page};
use shard::{Shard, Shards};
use spot::Spot;

/// The most bytes of a member.
pub const MEMBER_BYTES: usize = 200;
/// The most bytes of a payload, as JSON.
pub const PAYLOAD_BYTES: usize = 1_024;
/// The most bytes that a leaf's members take. What stands around them keeps the document under 32 KB.
const LEAF_BYTES: usize = 32_000;
/// How many shards are read, or written, at once.
const AT_ONCE: usize = 16;

/// Why a set did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    /// The set was closed, for ever. It has no members.
    #[error("the set is closed")]
    Closed,
    /// A member is empty or over [`MEMBER_BYTES`]. Nothing was written.
    #[error("a member has 1 to {MEMBER_BYTES} bytes, not {0}")]
    Member(usize),
    /// A payload is over [`PAYLOAD_BYTES`]. Nothing was written.
    #[error("a payload has at most {PAYLOAD_BYTES} bytes, not {0}")]
    Payload(usize),
    /// The store failed. Of several changes, some may be made; making them again is safe.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<crate::DriverError> for SetError {
    fn from(error: crate::DriverError) -> Self {
        Self::Store(error.into())
    }
}

/// A member of a set, and what is kept beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The member itself: what makes it the same as another.
    pub name: String,
    /// Small JSON, for whoever reads the set.
    pub payload: Option<Value>,
}

/// A set, by its name. Cheap to clone; holds nothing of what the set says.
#[derive(Clone)]
pub struct Set {
    store: Store,
    root: String,
    shape: Shape,
}

/// How a set lies in the store. One set must have one shape for ever; tests use others to see rare things often.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// What orders the members.
    pub hash: fn(&str) -> u64,
    /// The most bytes of a leaf's members.
    pub leaf_bytes: usize,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            hash: hash::u64_of,
            leaf_bytes: LEAF_BYTES,
        }
    }
}

impl Store {
    /// The set called `name`. It comes to be with its first member.
    pub fn set(&self, name: &str) -> Set {
        Set {
            store: self.clone(),
            root: Key::<Shards>::of(name).as_str().to_owned(),
            shape: Shape::default(),
        }
    }
}

impl Set {
    #[doc(hidden)]
    #[must_use]
    pub fn shaped(mut self, shape: Shape) -> Self {
        self.shape = shape;
        self
    }

    /// Whether `member` is in the set.
    #[boxed]
    pub async fn contains(&self, member: &str) -> Result<bool, SetError> {
        Ok(self.get(member).await?.is_some())
    }

    /// `member` with its payload, if it is in the set.
    #[boxed]
    pub async fn get(&self, member: &str) -> Result<Option<Member>, SetError> {
        let hash = (self.shape.hash)(member);
        let mut spot = self.root_spot();
        loop {
            match self.read(&spot).await?.body {
                shard::Body::Inner(name) => spot = spot.child_of(&self.root, &name, hash),
                shard::Body::Leaf(mut entries) => {
                    let found = leaf::seek(&mut entries, 0, (hash, member), self.shape.hash);
                    let entry = found.ok().and_then(|at| entries.into_iter().nth(at));
                    let entry = entry.filter(|entry| entry.left().is_none());
                    return Ok(entry.map(Member::from));
                }
            }
        }
    }

    fn root_spot(&self) -> Spot {
        Spot::root(self.root.clone())
    }

    /// The shard at `spot`. A set that never was is an empty leaf.
    async fn read(&self, spot: &Spot) -> Result<Shard, StoreError> {
        check(spot)?;
        let key = Key::<Shards>::raw(spot.key.clone());
        match self.store.read(&key).await? {
            Some(found) => Ok(found.value),
            None if spot.is_root() => Ok(Shard::default()),
            None => Err(missing(spot)),
        }
    }

    /// The same, held so that [`Set::commit`] can replace it. `None` beside the shard of a set that never was.
    async fn hold(&self, spot: &Spot) -> Result<(Option<Held>, Shard), StoreError> {
        check(spot)?;
        match self.store.hold(&spot.key, Shards::SCHEMA).await? {
            Some(held) if held.envelope.frozen => Err(StoreError::Frozen {
                key: spot.key.clone(),
            }),
            Some(held) => {
                let shard = typed::value::<Shards>(&spot.key, &held.envelope)?;
                Ok((Some(held), shard.unwrap_or_default()))
            }
            None if spot.is_root() => Ok((None, Shard::default())),
            None => Err(missing(spot)),
        }
    }

    /// Puts `shard` where `held` was, or creates the root. False when somebody else was faster.
    async fn commit(&self, held: Option<Held>, shard: Shard) -> Result<bool, StoreError> {
        let key = held.as_ref().map_or(&self.root, |held| &held.key).clone();
        let json = typed::json(&key, &shard)?;
        let store = &self.store;
        store.replace(&key, Shards::SCHEMA, held, json).await
    }
}

fn missing(spot: &Spot) -> StoreError {
    StoreError::Corrupt {
        key: spot.key.clone(),
        why: "a shard that another one names is not there".to_owned(),
    }
}

/// A hash has no more digits than levels. Whatever stands below was not written by this code, and may lead in a circle.
fn check(spot: &Spot) -> Result<(), StoreError> {
    if spot.depth <= spot::LEVELS {
        return Ok(());
    }
    Err(StoreError::Corrupt {
        key: spot.key.clone(),
        why: "a shard below the last level".to_owned(),
    })
}
