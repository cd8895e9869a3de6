//! Adding and removing: one write for each leaf that changes.

use futures_util::future::try_join_all;
use rapport_types::sort;
use serde_json::Value;

use super::leaf::{Merged, merge};
use super::shard::{Body, Gate, Shard};
use super::split::Planned;
use super::spot::Spot;
use super::{AT_ONCE, MEMBER_BYTES, Member, PAYLOAD_BYTES, Set, SetError};
use crate::error::StoreError;
use crate::retry::Retry;
use crate::{Later, boxed};

/// About how many bytes of changes one commit of one leaf takes, so that a commit that is lost to another is soon made
/// again. What a leaf splits into must hold them.
const PORTION_BYTES: usize = 192_000;

/// A change of a set. It says how things shall be, so that making it twice is making it once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// This member shall be in the set, with this payload.
    Add(Member),
    /// This member shall not be in the set.
    Remove(String),
    /// What the member's own document says; see [`Report`].
    Report(Report),
}

/// What a document says at one of its revisions: that it is a member, or that it is none. It changes nothing where the set has heard
/// of that revision, or of a later one, so reports may come twice, late, and in any order: an effect that carries state.
///
/// One who left leaves a trace for ten minutes, and longer where nobody changes the leaf, so that a late report of before does not
/// bring them back: reports come from requests, which give up after a minute. Members that are reported should not be added
/// and removed otherwise; a set with traces cannot be closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The member.
    pub name: String,
    /// The document's revision.
    pub rev: u64,
    /// What is kept beside the member; `None` says that it is none. `null` is not kept.
    pub payload: Option<Value>,
}

impl Edit {
    /// The member it is about.
    pub fn name(&self) -> &str {
        match self {
            Self::Add(member) => &member.name,
            Self::Remove(name) | Self::Report(Report { name, .. }) => name,
        }
    }

    fn payload(&self) -> Option<&Value> {
        match self {
            Self::Add(Member { payload, .. }) | Self::Report(Report { payload, .. }) => {
                payload.as_ref()
            }
            Self::Remove(_) => None,
        }
    }

    fn check(&self) -> Result<(), SetError> {
        let bytes = self.name().len();
        if bytes == 0 || bytes > MEMBER_BYTES {
            return Err(SetError::Member(bytes));
        }
        if let Some(payload) = self.payload() {
            let bytes = payload.to_string().len();
            if bytes > PAYLOAD_BYTES {
                return Err(SetError::Payload(bytes));
            }
        }
        Ok(())
    }

    fn bytes(&self) -> usize {
        let payload = self
            .payload()
            .map_or(0, |payload| payload.to_string().len());
        self.name().len().saturating_add(payload)
    }
}

/// How many members a change touched. All zero: everything was as it should be, and nothing was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Edited {
    /// Members that were not there.
    pub added: u64,
    /// Members that were there with another payload.
    pub replaced: u64,
    /// Members that are there no more.
    pub removed: u64,
}

impl Edited {
    /// Whether anything changed.
    pub fn any(&self) -> bool {
        *self != Self::default()
    }

    /// Counts one that was a member or none, and is one now or none.
    pub(super) fn count(&mut self, was: bool, is: bool) {
        let count = match (was, is) {
            (false, true) => &mut self.added,
            (true, true) => &mut self.replaced,
            (true, false) => &mut self.removed,
            (false, false) => return,
        };
        *count = count.saturating_add(1);
    }

    fn and(self, other: Self) -> Self {
        Self {
            added: self.added.saturating_add(other.added),
            replaced: self.replaced.saturating_add(other.replaced),
            removed: self.removed.saturating_add(other.removed),
        }
    }
}

/// An edit, and the hash that says where it belongs.
#[derive(Debug)]
pub(super) struct Placed {
    pub hash: u64,
    pub edit: Edit,
}

/// Edits to be made at and below one shard, in order.
struct Work {
    spot: Spot,
    edits: Vec<Placed>,
}

impl Set {
    /// Puts `member` into the set, with this payload or none. False where it was there just so, and nothing was written.
    pub async fn add(&self, member: &str, payload: Option<Value>) -> Result<bool, SetError> {
        let name = member.to_owned();
        let edit = Edit::Add(Member { name, payload });
        Ok(self.change([edit]).await?.any())
    }

    /// Takes `member` out. False where it was not there, and nothing was written. A closed set has no members.
    pub async fn remove(&self, member: &str) -> Result<bool, SetError> {
        let edit = Edit::Remove(member.to_owned());
        Ok(self.change([edit]).await?.any())
    }

    /// Puts `members` into the set, without payloads.
    pub async fn add_all(
        &self,
        members: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Edited, SetError> {
        let edits = members.into_iter().map(|name| {
            Edit::Add(Member {
                name: name.into(),
                payload: None,
            })
        });
        self.change(edits.collect::<Vec<_>>()).await
    }

    /// Takes `members` out.
    pub async fn remove_all(
        &self,
        members: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Edited, SetError> {
        let edits = members.into_iter().map(|name| Edit::Remove(name.into()));
        self.change(edits.collect::<Vec<_>>()).await
    }

    /// Makes `edits`: one write for each leaf they change. Of two about one member, the later counts.
    ///
    /// Leaf by leaf, not all at once: others see some made before the rest, and after an error some may be made.
    pub fn change(
        &self,
        edits: impl IntoIterator<Item = Edit>,
    ) -> Later<'_, Result<Edited, SetError>> {
        self.change_all(edits.into_iter().collect())
    }

    #[boxed]
    async fn change_all(&self, edits: Vec<Edit>) -> Result<Edited, SetError> {
        let edits = self.placed(edits)?;
        let mut work = vec![Work {
            spot: self.root_spot(),
            edits,
        }];
        work.retain(|work| !work.edits.is_empty());
        let mut total = Edited::default();
        while !work.is_empty() {
            // The last come first, so that little lies waiting.
            let now = work.split_off(work.len().saturating_sub(AT_ONCE));
            for (edited, more) in
                try_join_all(now.into_iter().map(|work| self.settle(work))).await?
            {
                total = total.and(edited);
                work.extend(more);
            }
        }
        Ok(total)
    }

    /// The edits in the order of (hash, member), one for each member.
    fn placed(&self, edits: Vec<Edit>) -> Result<Vec<Placed>, SetError> {
        let mut placed = Vec::new();
        for edit in edits {
            edit.check()?;
            let hash = (self.shape.hash)(edit.name());
            placed.push(Placed { hash, edit });
        }
        // Stable, so that of those about one member the latest is the last; reversed, it is the one that stays.
        sort::by(&mut placed, |a, b| {
            (a.hash, a.edit.name()).cmp(&(b.hash, b.edit.name()))
        });
        placed.reverse();
        placed.dedup_by(|a, b| a.edit.name() == b.edit.name());
        placed.reverse();
        Ok(placed)
    }

    /// Makes one shard's edits where it is a leaf; answers what is left to do below it, or in it.
    async fn settle(&self, work: Work) -> Result<(Edited, Vec<Work>), SetError> {
        let Work { spot, edits } = work;
        let adds = edits
            .iter()
            .any(|placed| matches!(placed.edit, Edit::Add(_) | Edit::Report(_)));
        let every = portions(&edits);
        let now = self.store.driver.wall_millis();
        let mut retry = Retry::new(&self.store, &spot.key);
        loop {
            let (held, shard) = self.hold(&spot).await?;
            if shard.gate == Gate::Closed && adds {
                return Err(SetError::Closed);
            }
            let entries = match shard.body {
                Body::Inner(name) => {
                    return Ok((Edited::default(), self.share_out(&spot, &name, edits)));
                }
                Body::Leaf(entries) => entries,
            };
            let portion = edits.iter().step_by(every);
            let Some(Merged { entries, edited }) = merge(entries, portion, self.shape.hash, now)
            else {
                return Ok((Edited::default(), rest(spot, edits, every)));
            };
            if let Gate::Fenced(_) = shard.gate {
                self.pass_fence().await?;
            }
            let Planned { shard, below } = self.plan(&spot, entries)?;
            if held.is_none() && !below.is_empty() {
                // An inner root is never committed again, and would stay unborn: each reader would ask the register.
                self.commit(None, Shard::default()).await?;
                continue;
            }
            self.write_below(below).await?;
            if self.commit(held, shard).await? {
                return Ok((edited, rest(spot, edits, every)));
            }
            retry.pause().await?;
        }
    }

    /// Each child's share of `edits`.
    fn share_out(&self, spot: &Spot, name: &str, edits: Vec<Placed>) -> Vec<Work> {
        let mut shares: Vec<Work> = Vec::new();
        for placed in edits {
            match shares.last_mut() {
                Some(share) if placed.hash <= share.spot.last() => share.edits.push(placed),
                _ => shares.push(Work {
                    spot: spot.child_of(&self.root, name, placed.hash),
                    edits: vec![placed],
                }),
            }
        }
        shares
    }

    /// Writes the shards of a split, which nobody can find yet.
    async fn write_below(&self, below: Vec<(String, Vec<u8>)>) -> Result<(), StoreError> {
        let mut below = below.into_iter().peekable();
        while below.peek().is_some() {
            let now = below.by_ref().take(AT_ONCE);
            try_join_all(
                now.map(|(key, bytes)| async move { self.store.driver.set(&key, bytes).await }),
            )
            .await?;
        }
        Ok(())
    }
}

/// In how many portions one leaf shall take the edits. A portion is every so-manieth, so that it spreads over all the
/// children that a split makes.
fn portions(edits: &[Placed]) -> usize {
    let bytes = edits.iter().fold(0_usize, |sum, placed| {
        sum.saturating_add(placed.edit.bytes())
    });
    bytes.div_ceil(PORTION_BYTES).max(1)
}

/// What the first portion leaves.
fn rest(spot: Spot, edits: Vec<Placed>, every: usize) -> Vec<Work> {
    if every == 1 {
        return Vec::new();
    }
    let edits = edits
        .into_iter()
        .enumerate()
        .filter(|(index, _)| index.checked_rem(every) != Some(0))
        .map(|(_, placed)| placed)
        .collect();
    vec![Work { spot, edits }]
}
