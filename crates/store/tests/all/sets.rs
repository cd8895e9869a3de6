//! Sets whose shards are so small, and whose hashes are so poor, that rare things happen often.
#![allow(dead_code, clippy::unwrap_used)]

use rapport_store::set::{Cursor, Member, Shape};
use rapport_store::{Set, Store};
use rapport_types::hash;

/// Few members make many levels.
pub const TINY: Shape = Shape {
    hash: hash::u64_of,
    leaf_bytes: 40,
};

/// Four hashes for all members, two of them next to each other at the very end.
pub const COLLIDING: Shape = Shape {
    hash: |name| match name.len() % 4 {
        0 => 0,
        1 => u64::MAX,
        2 => u64::MAX - 1,
        _ => 0x7fff_0000_0000_0000,
    },
    leaf_bytes: 40,
};

/// The set `name` of small shards.
pub fn tiny(store: &Store, name: &str) -> Set {
    store.set(name).shaped(TINY)
}

/// All members, page by page.
pub async fn walk(set: &Set, limit: usize) -> Vec<Member> {
    let mut members = Vec::new();
    let mut after = None;
    loop {
        let page = set.page(after, limit).await.unwrap();
        members.extend(page.members);
        match page.next {
            // Through text, as clients send it.
            Some(next) => after = Some(Cursor::parse(&next.to_string()).unwrap()),
            None => return members,
        }
    }
}

/// All members' names, in the order of pages.
pub async fn names(set: &Set) -> Vec<String> {
    let members = walk(set, 7).await;
    members.into_iter().map(|member| member.name).collect()
}
