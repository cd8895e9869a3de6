//! How much audiences have in common.

use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use rapport_store::{Set, StoreError};
use rapport_types::hash;

use super::page;

/// Members read of each audience. Above that, what they have in common is estimated.
const MOST: usize = 5_000;
/// Members read at once.
const AT_ONCE: usize = 1_000;

/// What audiences have in common, by their places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlap {
    /// How many are in each.
    pub sizes: Vec<u64>,
    /// How many are in both of two.
    pub pairs: Vec<(usize, usize, u64)>,
    /// How many are in all.
    pub all: u64,
    /// Whether these are the very numbers: so for up to 5,000 members each.
    pub exact: bool,
    /// How many members were looked at.
    pub looked_at: u64,
}

/// The first members of an audience, and up to which hash these are all there are.
struct Part {
    members: BTreeSet<(u64, String)>,
    to: u64,
}

/// What `audiences` have in common. Members stand in the order of their hashes, the same in every audience: so all who are in any
/// of them up to some hash are a sample of all customers, the same for each audience, and as random as hashes are.
pub async fn overlap(audiences: &[Set]) -> Result<Overlap, StoreError> {
    let mut parts = try_join_all(audiences.iter().map(part)).await?;
    let to = parts.iter().map(|part| part.to).min().unwrap_or(u64::MAX);
    for part in &mut parts {
        part.members.retain(|(hash, _)| *hash <= to);
    }
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let scaled = |number: usize| {
        let share = u128::from(to).saturating_add(1);
        let number = u128::from(count(number)).saturating_mul(1 << 64);
        let half = share / 2;
        let scaled = number.saturating_add(half).checked_div(share).unwrap_or(0);
        u64::try_from(scaled).unwrap_or(u64::MAX)
    };
    let mut pairs = Vec::new();
    for (second, two) in parts.iter().enumerate() {
        for (first, one) in parts.iter().take(second).enumerate() {
            let both = one.members.intersection(&two.members).count();
            pairs.push((first, second, scaled(both)));
        }
    }
    let all = parts.split_first().map_or(0, |(first, rest)| {
        let in_all = first
            .members
            .iter()
            .filter(|member| rest.iter().all(|part| part.members.contains(*member)));
        in_all.count()
    });
    let looked_at = parts.iter().map(|part| part.members.len());
    Ok(Overlap {
        sizes: parts
            .iter()
            .map(|part| scaled(part.members.len()))
            .collect(),
        pairs,
        all: scaled(all),
        exact: to == u64::MAX,
        looked_at: count(looked_at.fold(0, usize::saturating_add)),
    })
}

async fn part(audience: &Set) -> Result<Part, StoreError> {
    let mut members = BTreeSet::new();
    let mut after = None;
    loop {
        let page = page(audience, after, AT_ONCE).await?;
        members.extend(page.members.into_iter().map(|member| {
            let hash = hash::u64_of(&member.customer);
            (hash, member.customer)
        }));
        let Some(next) = page.next else {
            return Ok(Part {
                members,
                to: u64::MAX,
            });
        };
        if members.len() >= MOST {
            // A cursor is written as the last hash that was seen.
            let to = u64::from_str_radix(&next.to_string(), 16).unwrap_or(0);
            return Ok(Part { members, to });
        }
        after = Some(next);
    }
}
