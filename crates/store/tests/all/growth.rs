//! What sets cost as they grow.
#![allow(dead_code, clippy::unwrap_used, clippy::arithmetic_side_effects)]

use std::time::Instant;

use rapport_store::{Memory, Set, Store};

use super::stepping::{alone, steady};

/// A set of `number` members.
pub fn filled(store: &Store, number: u32) -> Set {
    let set = store.set("audience");
    let names = (0..number).map(|n| format!("customer:{n:08}"));
    let edited = alone(set.add_all(names.collect::<Vec<_>>())).unwrap();
    assert_eq!(edited.added, u64::from(number));
    set
}

/// What a task asked of the backend.
pub struct Cost {
    pub reads: u64,
    pub writes: u64,
}

/// What `task` costs.
pub fn cost<T>(memory: &Memory, task: impl Future<Output = T>) -> (T, Cost) {
    let before = memory.counts();
    let answer = alone(task);
    let after = memory.counts();
    let cost = Cost {
        reads: after.reads - before.reads,
        writes: after.writes - before.writes,
    };
    (answer, cost)
}

/// Fills a set, prints what it costs to use, and holds it to `most_reads` from the root to a leaf.
pub fn measure(number: u32, most_reads: u64) {
    let memory = Memory::new();
    let store = steady(&memory);
    let started = Instant::now();
    let (set, fill) = cost(&memory, async { filled(&store, number) });
    let seconds = started.elapsed().as_secs_f64();
    let shards = memory.keys().len() as u64;
    println!(
        "{number} members: {shards} shards, filled by {} writes in {seconds:.1} s",
        fill.writes
    );
    // Many a leaf is written when its parent splits, and again with what the parent's portion left.
    assert!(
        fill.writes <= 2 * shards + 8,
        "{} writes for {shards} shards",
        fill.writes
    );

    let (found, contains) = cost(&memory, set.contains("customer:00000123"));
    assert!(found.unwrap());
    assert!(contains.reads <= most_reads, "{} reads", contains.reads);
    let (again, idle) = cost(&memory, set.add("customer:00000123", None));
    assert_eq!((again, idle.writes), (Ok(false), 0));
    let (added, add) = cost(&memory, set.add("customer:new", None));
    assert_eq!(added, Ok(true));
    assert!(add.writes == 1 || add.writes == 17);
    let (_, remove) = cost(&memory, set.remove("customer:new"));
    assert_eq!(remove.writes, 1);

    for limit in [50, 200, 1_000] {
        let mut after = None;
        let (mut pages, mut reads, mut most) = (0, 0, 0);
        while pages < 50 {
            let (page, cost) = cost(&memory, set.page(after, limit));
            (pages, reads, most) = (pages + 1, reads + cost.reads, most.max(cost.reads));
            after = page.unwrap().next;
            if after.is_none() {
                break;
            }
        }
        println!(
            "  pages of {limit}: {:.1} reads, at most {most}",
            reads as f64 / f64::from(pages)
        );
        assert!(most <= 2 * most_reads + 16 + limit as u64 / 40);
    }

    let (estimate, cheap) = cost(&memory, set.count_estimate());
    let estimate = estimate.unwrap();
    println!("  estimate: {} by {} reads", estimate.members, cheap.reads);
    assert!(cheap.reads <= 16 * (most_reads - 1) + 1);
    // Ten standard deviations of the worst, or nothing.
    let off = (estimate.members as f64 / f64::from(number) - 1.0).abs();
    assert!(
        if estimate.exact {
            off == 0.0
        } else {
            off < 0.28
        },
        "off by {off}"
    );

    let (count, all) = cost(&memory, set.count());
    assert_eq!(count, Ok(u64::from(number)));
    println!("  count: {} reads", all.reads);
    assert!(all.reads <= shards);
}
