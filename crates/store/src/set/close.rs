//! Closing a set for ever, once it is empty.
//!
//! Where the root is a leaf, closing is one swap. Else no single swap sees all leaves, so:
//!
//! 1. The root is swapped to `fenced: a`, where a, its new `rev`, names this attempt.
//! 2. Every leaf is swapped to `fenced: a`, if it is empty. One that is not ends the attempt.
//! 3. The root is swapped from `fenced: a` to `closed`.
//!
//! Who adds to a fenced leaf, whatever attempt has been there, first asks the root: `closed` refuses; an attempt under way
//! is called off, by a swap of the root to open; then the leaf is swapped, which takes the fence away.
//!
//! **No member is in a closed set.** Say attempt a closed it, and an `add` to leaf L was acknowledged. If it was committed
//! before L was fenced by a, L was not empty then, or emptied again. If later, its swap was of bytes read after that
//! fence came (or the swap had failed), and L was fenced in them. So it asked the root after a had begun: it was refused,
//! or it called a off before it committed. An attempt called off never closes, as step 3 finds another root, and
//! `rev`, which names attempts, does not come twice. An attempt of before that is late may fence L once more: that takes no
//! fence away, and does not add.
//!
//! **A crash may come anywhere.** A fence keeps nobody out by itself, so a set left half fenced can be used as before.
//! Who closes later goes on with the same attempt: what is fenced by it is done.

use futures_util::future::try_join_all;

use super::shard::{Body, Gate, Shard};
use super::spot::Spot;
use super::{AT_ONCE, Set, SetError};
use crate::boxed;
use crate::retry::Retry;

/// What came of fencing a shard.
enum Fenced {
    /// It is empty and fenced, or these below it must be.
    Empty(Vec<Spot>),
    /// It has members.
    Full,
}

impl Set {
    /// Closes the set for ever, if it has no members. Once this has answered true, every `add` fails with
    /// [`SetError::Closed`], and the set stays empty. False: it has members, or somebody adds one just now; it can be used
    /// as before.
    #[boxed]
    pub async fn close_if_empty(&self) -> Result<bool, SetError> {
        let Some(attempt) = self.begin_closing().await? else {
            return self.is_closed().await;
        };
        if !self.fence_leaves(attempt).await? {
            return Ok(false);
        }
        let root = self.root_spot();
        let mut retry = Retry::new(&self.store, &root.key);
        loop {
            let (held, shard) = self.hold(&root).await?;
            match shard.gate {
                Gate::Closed => return Ok(true),
                Gate::Fenced(now) if now == attempt => {}
                Gate::Fenced(_) | Gate::Open => return Ok(false),
            }
            let gate = Gate::Closed;
            if self.commit(held, Shard { gate, ..shard }).await? {
                return Ok(true);
            }
            retry.pause().await?;
        }
    }

    /// Whether the set was closed.
    #[boxed]
    pub async fn is_closed(&self) -> Result<bool, SetError> {
        Ok(self.read(&self.root_spot()).await?.gate == Gate::Closed)
    }

    /// The attempt that is under way now; `None` where there is nothing more to do, as the set is closed or has members.
    async fn begin_closing(&self) -> Result<Option<u64>, SetError> {
        let root = self.root_spot();
        let mut retry = Retry::new(&self.store, &root.key);
        loop {
            let (held, shard) = self.hold(&root).await?;
            let gate = match (&shard.body, shard.gate) {
                (_, Gate::Closed) => return Ok(None),
                (Body::Leaf(entries), _) if !entries.is_empty() => return Ok(None),
                (Body::Leaf(_), _) => Gate::Closed,
                // Looking first keeps a set that is in use from being fenced in vain.
                (Body::Inner(_), _) if !self.is_empty().await? => return Ok(None),
                (Body::Inner(_), Gate::Fenced(attempt)) => return Ok(Some(attempt)),
                (Body::Inner(_), Gate::Open) => {
                    let rev = held.as_ref().map_or(0, |held| held.envelope.rev);
                    Gate::Fenced(rev.saturating_add(1))
                }
            };
            if self.commit(held, Shard { gate, ..shard }).await? {
                return Ok(match gate {
                    Gate::Fenced(attempt) => Some(attempt),
                    Gate::Open | Gate::Closed => None,
                });
            }
            retry.pause().await?;
        }
    }

    /// Fences every leaf; false when one has members.
    async fn fence_leaves(&self, attempt: u64) -> Result<bool, SetError> {
        let root = self.root_spot();
        let mut spots = match self.read(&root).await?.body {
            Body::Inner(name) => root.children(&self.root, &name).collect(),
            Body::Leaf(_) => Vec::new(),
        };
        while !spots.is_empty() {
            let now = spots.split_off(spots.len().saturating_sub(AT_ONCE));
            for fenced in try_join_all(now.iter().map(|spot| self.fence(spot, attempt))).await? {
                match fenced {
                    Fenced::Empty(below) => spots.extend(below),
                    Fenced::Full => return Ok(false),
                }
            }
        }
        Ok(true)
    }

    async fn fence(&self, spot: &Spot, attempt: u64) -> Result<Fenced, SetError> {
        let mut retry = Retry::new(&self.store, &spot.key);
        let gate = Gate::Fenced(attempt);
        loop {
            let (held, shard) = self.hold(spot).await?;
            match &shard.body {
                Body::Inner(name) => {
                    return Ok(Fenced::Empty(spot.children(&self.root, name).collect()));
                }
                Body::Leaf(entries) if !entries.is_empty() => return Ok(Fenced::Full),
                Body::Leaf(_) if shard.gate == gate => return Ok(Fenced::Empty(Vec::new())),
                Body::Leaf(_) => {}
            }
            if self.commit(held, Shard { gate, ..shard }).await? {
                return Ok(Fenced::Empty(Vec::new()));
            }
            retry.pause().await?;
        }
    }

    /// Sees to it that no attempt at closing that has fenced a leaf will succeed, so that the leaf may take a member.
    #[boxed]
    pub(super) async fn pass_fence(&self) -> Result<(), SetError> {
        let root = self.root_spot();
        let mut retry = Retry::new(&self.store, &root.key);
        loop {
            let (held, shard) = self.hold(&root).await?;
            let gate = match shard.gate {
                Gate::Closed => return Err(SetError::Closed),
                Gate::Open => return Ok(()),
                Gate::Fenced(_) => Gate::Open,
            };
            if self.commit(held, Shard { gate, ..shard }).await? {
                return Ok(());
            }
            retry.pause().await?;
        }
    }
}
