//! What becomes of a leaf that is too large: an inner shard over 16 leaves, or over more inner shards.

use super::Set;
use super::shard::Shards;
use super::shard::{Body, Entry, Shard};
use super::spot::{LEVELS, Spot};
use crate::envelope::Envelope;
use crate::error::StoreError;
use crate::table::Table;
use crate::typed;

/// A shard yet to be committed, and what must be written before.
pub(super) struct Planned {
    pub shard: Shard,
    /// Keys nobody has, and the documents to write there.
    pub below: Vec<(String, Vec<u8>)>,
}

impl Set {
    /// The shard that shall hold `entries` at `spot`.
    pub(super) fn plan(&self, spot: &Spot, entries: Vec<Entry>) -> Result<Planned, StoreError> {
        let mut below = Vec::new();
        let shard = self.arrange(spot, entries, &mut below)?;
        Ok(Planned { shard, below })
    }

    /// As deep as it takes, and at most [`LEVELS`] deep.
    fn arrange(
        &self,
        spot: &Spot,
        entries: Vec<Entry>,
        below: &mut Vec<(String, Vec<u8>)>,
    ) -> Result<Shard, StoreError> {
        if spot.depth >= LEVELS || self.fits(&entries) {
            return Ok(Shard::new(Body::Leaf(entries)));
        }
        // A name nobody else has. Only true randomness will do: two splits under one name would write over each other.
        let name = format!("{:032x}", self.store.secret()?);
        let mut left = entries.into_iter().peekable();
        for child in spot.children(&self.root, &name) {
            let mut own = Vec::new();
            while let Some(entry) = left.next_if_map(|mut entry| {
                if entry.hash(self.shape.hash) <= child.last() {
                    Ok(entry)
                } else {
                    Err(entry)
                }
            }) {
                own.push(entry);
            }
            let shard = self.arrange(&child, own, below)?;
            let json = typed::json(&child.key, &shard)?;
            let mut envelope = Envelope::first(Shards::SCHEMA, Some(json));
            envelope.born = true;
            let bytes = envelope.encode(&child.key)?;
            below.push((child.key, bytes));
        }
        Ok(Shard::new(Body::Inner(name)))
    }

    fn fits(&self, entries: &[Entry]) -> bool {
        let bytes = entries.iter().fold(2_usize, |sum, entry| {
            sum.saturating_add(entry.bytes_at_most())
        });
        bytes <= self.shape.leaf_bytes
    }
}
