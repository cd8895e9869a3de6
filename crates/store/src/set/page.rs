//! Pages of members, in the order of hashes.

use std::fmt;

use super::walk::Walk;
use super::{AT_ONCE, Member, Set, SetError, leaf};
use crate::boxed;

/// The most shards that one page reads: emptied ones cost reads, too.
const MOST_READS: usize = 1_024;
/// How many members [`Set::clear`] removes at once.
const CLEARED_AT_ONCE: usize = 2_000;

/// How far a walk has come: the last hash that was seen. Opaque to those who get it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor(u64);

impl Cursor {
    /// The cursor that was written as `text`.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let hash = u64::from_str_radix(text, 16).ok().filter(|_| plain);
        hash.map(Self)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A part of a set.
#[derive(Debug)]
pub struct Page {
    /// Members, in the order of (hash, member).
    pub members: Vec<Member>,
    /// What the next page comes after; `None` at the end. A page may have few members, or none, and yet not be the last.
    pub next: Option<Cursor>,
}

impl Set {
    /// Up to `limit` members (at least 1) that come after `after`, or the first ones.
    ///
    /// A page never ends between two members of one hash; should there be such, it has more than `limit`. A member that
    /// is in the set all the time is on exactly one page of a walk, whatever others add and remove meanwhile.
    #[boxed]
    pub async fn page(&self, after: Option<Cursor>, limit: usize) -> Result<Page, SetError> {
        let limit = limit.max(1);
        let after = after.map(|cursor| cursor.0);
        let mut walk = Walk::after(self, after);
        let mut members = Vec::new();
        let mut at_once = 1;
        while let Some((spot, mut entries)) = walk.leaf(at_once).await? {
            let size = entries.len();
            let start = after.map_or(0, |after| {
                leaf::first_after(&mut entries, after, self.shape.hash)
            });
            let mut last = None;
            for mut entry in entries.into_iter().skip(start) {
                let hash = entry.hash(self.shape.hash);
                if let Some(last) = last
                    && members.len() >= limit
                    && last != hash
                {
                    let next = Some(Cursor(last));
                    return Ok(Page { members, next });
                }
                last = Some(hash);
                members.push(Member::from(entry));
            }
            if walk.is_over() {
                break;
            }
            if members.len() >= limit || walk.reads >= MOST_READS {
                let next = Some(Cursor(spot.last()));
                return Ok(Page { members, next });
            }
            let missing = limit.saturating_sub(members.len());
            at_once = missing.div_ceil(size.max(1)).min(AT_ONCE);
        }
        Ok(Page {
            members,
            next: None,
        })
    }

    /// Takes out every member that is there all the while, and answers how many. What others add meanwhile may stay.
    #[boxed]
    pub async fn clear(&self) -> Result<u64, SetError> {
        let mut removed = 0_u64;
        let mut after = None;
        loop {
            let page = self.page(after, CLEARED_AT_ONCE).await?;
            let names = page.members.into_iter().map(|member| member.name);
            let edited = self.remove_all(names).await?;
            removed = removed.saturating_add(edited.removed);
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(removed),
            }
        }
    }
}
