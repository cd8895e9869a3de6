//! Timers: documents to look at when their time has come.
//!
//! # Layout of timers
//!
//! - A *slot* is a quarter of an hour: a [`Set`](crate::set) of the documents due in it, `timer:<slot>`. A month's end at
//!   which a million lots expire is one slot.
//! - `timers:<day>` says which slots of that day have something, `timers` says which days have. So a tick reads as much
//!   as there is to do, and one document where there is nothing.
//!
//! # Why none is lost
//!
//! Setting one writes the slot first, then the day, then the list of days; each is looked at and left alone where it says so already.
//! It is an effect, so a crash in between is made good by doing it again. A tick that is done with a slot closes it for ever
//! before it leaves the day, and closes a day before it leaves the list: who comes late finds it closed, and takes the
//! next slot. Late means that the moment has passed, so nothing waits longer for it than until the next tick.
//!
//! A timer may be set twice, or for what has become void: whoever is called looks at its own document and does what is due.

mod fire;
mod index;

use rapport_types::Timestamp;

use crate::error::StoreError;
use crate::set::{Member, Set, SetError};
use crate::{Store, boxed};

/// Milliseconds of a slot: a quarter of an hour.
const SLOT_MILLIS: i64 = 900_000;
/// Slots of a day.
const SLOTS: i64 = 96;

/// A document to look at when its time has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timer {
    /// The document's key.
    pub key: String,
    /// Whose it is, in the client's words: a key is made of a hash.
    pub of: String,
    /// When.
    pub at: Timestamp,
}

/// A quarter of an hour, counted from 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Slot(i64);

impl Slot {
    fn of(at: Timestamp) -> Self {
        Self(at.millis().div_euclid(SLOT_MILLIS))
    }

    fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    fn day(self) -> i64 {
        self.0.div_euclid(SLOTS)
    }

    /// Which of its day.
    fn place(self) -> i64 {
        self.0.rem_euclid(SLOTS)
    }

    fn start(self) -> Timestamp {
        Timestamp::from_millis(self.0.saturating_mul(SLOT_MILLIS))
    }

    /// Whether it has passed at `now`.
    fn is_over(self, now: Timestamp) -> bool {
        self.next().start() <= now
    }

    fn members(self, store: &Store) -> Set {
        store.set(&format!("timer:{}", self.0))
    }
}

impl Store {
    /// Sees to it that a tick at or after `timer.at` looks at the document. One write where the slot is in use already;
    /// none where the timer is set.
    #[boxed]
    pub async fn set_timer(&self, timer: &Timer, now: Timestamp) -> Result<(), StoreError> {
        let mut slot = Slot::of(timer.at);
        loop {
            let members = slot.members(self);
            match members
                .add(&name(timer), Some(timer.of.clone().into()))
                .await
            {
                Ok(_) if self.index(slot).await? => return Ok(()),
                Ok(_) | Err(SetError::Closed) => {}
                Err(SetError::Store(error)) => return Err(error),
                // Keys and customers' ids are shorter than a set allows.
                Err(error @ (SetError::Member(_) | SetError::Payload(_))) => {
                    return Err(StoreError::Corrupt {
                        key: timer.key.clone(),
                        why: error.to_string(),
                    });
                }
            }
            // Its time has passed, and a tick is done with it.
            slot = slot.next().max(Slot::of(now));
        }
    }
}

/// What a timer is called in its slot. With the moment in it: when it fires and the document sets its next one in the same slot, that is
/// another, and is not taken out with the first.
fn name(timer: &Timer) -> String {
    format!("{}@{}", timer.key, timer.at.millis())
}

/// A timer as it stands in a slot.
fn read(member: Member) -> Option<Timer> {
    let (key, at) = member.name.rsplit_once('@')?;
    Some(Timer {
        key: key.to_owned(),
        of: member.payload?.as_str()?.to_owned(),
        at: Timestamp::from_millis(at.parse().ok()?),
    })
}
