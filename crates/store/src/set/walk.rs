//! Through a set's leaves in the order of hashes, reading ahead.

use std::collections::VecDeque;

use futures_util::future::try_join_all;

use super::Set;
use super::shard::{Body, Entry, Shard};
use super::spot::Spot;
use crate::boxed;
use crate::error::StoreError;

/// A walk that is somewhere in a set.
pub(super) struct Walk<'a> {
    set: &'a Set,
    /// Leaves and inner shards yet to come, in order, some of them read.
    ahead: VecDeque<(Spot, Option<Shard>)>,
    /// Hashes up to this one are left out.
    after: Option<u64>,
    /// How many shards were read.
    pub reads: usize,
}

impl<'a> Walk<'a> {
    /// From the first hash over `after`.
    pub fn after(set: &'a Set, after: Option<u64>) -> Self {
        Self {
            set,
            ahead: VecDeque::from([(set.root_spot(), None)]),
            after,
            reads: 0,
        }
    }

    /// Whether every leaf was seen.
    pub fn is_over(&self) -> bool {
        self.ahead.is_empty()
    }

    /// The members of the next leaf. Where it must be read, the next shards, `at_once` together, are read with it.
    #[boxed]
    pub async fn leaf(&mut self, at_once: usize) -> Result<Option<(Spot, Vec<Entry>)>, StoreError> {
        loop {
            if let Some((_, None)) = self.ahead.front() {
                self.read(at_once).await?;
            }
            let Some((spot, shard)) = self.ahead.pop_front() else {
                return Ok(None);
            };
            match shard.unwrap_or_default().body {
                Body::Leaf(mut entries) => {
                    entries.retain(|entry| entry.left().is_none());
                    return Ok(Some((spot, entries)));
                }
                Body::Inner(name) => {
                    for child in spot.children(&self.set.root, &name).rev() {
                        if self.after.is_none_or(|after| child.last() > after) {
                            self.ahead.push_front((child, None));
                        }
                    }
                }
            }
        }
    }

    async fn read(&mut self, at_once: usize) -> Result<(), StoreError> {
        let set = self.set;
        let next = self.ahead.iter_mut().take(at_once.max(1));
        let unread = next.filter(|(_, shard)| shard.is_none());
        let read = try_join_all(unread.map(|(spot, shard)| async move {
            *shard = Some(set.read(spot).await?);
            Ok::<_, StoreError>(())
        }));
        self.reads = self.reads.saturating_add(read.await?.len());
        Ok(())
    }
}
