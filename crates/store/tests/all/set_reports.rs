//! Members that are reported: in whatever order reports come, and however often, the latest revision counts.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation
)]

use std::collections::BTreeMap;

use crate::sets::{COLLIDING, TINY, names, walk};
use crate::stepping::{alone, steady};
use futures::future::join_all;
use proptest::prelude::*;
use rapport_store::set::{Edit, Edited, Report};
use rapport_store::{Memory, Set, Store};
use serde_json::json;

fn report(name: &str, rev: u64, is_in: bool) -> Edit {
    Edit::Report(Report {
        name: name.to_owned(),
        rev,
        payload: is_in.then(|| json!({ "rev": rev })),
    })
}

async fn say(set: &Set, name: &str, rev: u64, is_in: bool) -> Edited {
    set.change([report(name, rev, is_in)]).await.unwrap()
}

#[tokio::test]
async fn a_late_report_brings_nobody_back() {
    let set = Store::new(Memory::new()).set("audience");
    assert_eq!(say(&set, "a", 5, true).await.added, 1);
    assert_eq!(say(&set, "a", 6, false).await.removed, 1);
    assert!(!say(&set, "a", 5, true).await.any(), "came late");
    assert!(!say(&set, "a", 6, true).await.any(), "came twice");
    assert!(!set.contains("a").await.unwrap());
    assert_eq!(
        (set.count().await.unwrap(), names(&set).await.len()),
        (0, 0)
    );
    assert_eq!(set.count_estimate().await.unwrap().members, 0);
    // Nor does a late one take away who came back.
    assert_eq!(say(&set, "a", 8, true).await.added, 1);
    assert!(!say(&set, "a", 7, false).await.any());
    assert_eq!(
        set.get("a").await.unwrap().unwrap().payload,
        Some(json!({"rev": 8}))
    );
    assert_eq!(say(&set, "a", 9, true).await.replaced, 1);
    assert_eq!(set.count().await.unwrap(), 1);
}

#[tokio::test]
async fn who_was_never_heard_of_leaves_a_trace_too() {
    let set = Store::new(Memory::new()).set("audience");
    assert!(!say(&set, "a", 6, false).await.any());
    assert!(!say(&set, "a", 5, true).await.any());
    assert_eq!(set.count().await.unwrap(), 0);
}

#[tokio::test]
async fn a_report_that_changes_nothing_writes_nothing() {
    let memory = Memory::new();
    let set = Store::new(memory.clone()).set("audience");
    say(&set, "a", 5, true).await;
    let before = memory.counts().writes;
    say(&set, "a", 5, true).await;
    say(&set, "a", 4, false).await;
    assert_eq!(memory.counts().writes, before);
}

#[tokio::test]
async fn a_trace_is_swept_away_when_no_request_can_be_as_old() {
    let memory = Memory::new();
    let set = Store::new(memory.clone()).set("audience");
    for name in ["a", "b"] {
        say(&set, name, 5, true).await;
        say(&set, name, 6, false).await;
    }
    let root = memory
        .keys()
        .into_iter()
        .find(|key| key.starts_with("set:"));
    let size = async |memory: &Memory| {
        use rapport_store::Driver;
        let found = memory.get(root.as_ref().unwrap()).await.unwrap();
        String::from_utf8(found.unwrap()).unwrap()
    };
    let soon = memory.clone().late_by(590_000);
    say(&Store::new(soon.clone()).set("audience"), "c", 1, true).await;
    assert!(size(&soon).await.contains(r#"["a",null,6,"#));
    let late = memory.clone().late_by(610_000);
    say(&Store::new(late.clone()).set("audience"), "d", 1, true).await;
    assert!(!size(&late).await.contains(r#""a""#));
    assert_eq!(set.count().await.unwrap(), 2);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// Each document says something at each revision; several processes carry that, each in an order of its own.
    #[test]
    fn the_latest_revision_counts_whoever_carries_what_when(
        said in prop::collection::vec((0_u8..12, any::<bool>()), 1..60),
        orders in prop::collection::vec(any::<u64>(), 1..5),
        colliding in any::<bool>(),
        batch in 1_usize..7,
    ) {
        let shape = if colliding { COLLIDING } else { TINY };
        let mut revs = BTreeMap::<String, u64>::new();
        let mut last = BTreeMap::<String, (u64, bool)>::new();
        let mut reports = Vec::new();
        for (member, is_in) in said {
            let name = "m".repeat(usize::from(member) % 5 + 1) + &member.to_string();
            let rev = revs.entry(name.clone()).or_default();
            *rev += 1;
            last.insert(name.clone(), (*rev, is_in));
            reports.push((name, *rev, is_in));
        }
        let memory = Memory::new();
        let carriers = orders.iter().map(|seed| {
            let mut mine = reports.clone();
            mine.sort_by_key(|(name, rev, _)| {
                rapport_types::hash::u64_of(&format!("{seed} {name} {rev}"))
            });
            let set = steady(&memory).set("any").shaped(shape);
            async move {
                for some in mine.chunks(batch) {
                    // Of two about one member, the later counts, so the newest comes last.
                    let mut some = some.to_vec();
                    some.sort_by_key(|(_, rev, _)| *rev);
                    let edits = some.iter().map(|(name, rev, is_in)| report(name, *rev, *is_in));
                    set.change(edits).await.unwrap();
                }
            }
        });
        alone(async {
            join_all(carriers).await;
            let set = steady(&memory).set("any").shaped(shape);
            let members = walk(&set, 3).await;
            let members: BTreeMap<_, _> = members
                .into_iter()
                .map(|member| (member.name, member.payload))
                .collect();
            let expected: BTreeMap<_, _> = last
                .into_iter()
                .filter(|(_, (_, is_in))| *is_in)
                .map(|(name, (rev, _))| (name, Some(json!({ "rev": rev }))))
                .collect();
            assert_eq!(members, expected);
        });
    }
}
