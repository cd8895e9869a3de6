//! Sets: that they say what a map in memory would, and what that costs.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation
)]

use std::collections::BTreeMap;

use crate::sets::{COLLIDING, TINY, names, walk};
use crate::stepping::{alone, steady};
use proptest::prelude::*;
use rapport_store::driver::Driver;
use rapport_store::set::{Cursor, Edit, Edited, Member, Shape};
use rapport_store::{Memory, Set, SetError, Store};
use serde_json::{Value, json};

fn member(name: &str) -> Member {
    Member {
        name: name.to_owned(),
        payload: None,
    }
}

fn numbered(prefix: &str, range: std::ops::Range<u32>) -> Vec<String> {
    range.map(|n| format!("{prefix}{n}")).collect()
}

/// What a set should say: members by hash and name.
#[derive(Default)]
struct Model(BTreeMap<(u64, String), Option<Value>>);

impl Model {
    fn change(&mut self, edits: &[Edit], hash: fn(&str) -> u64) -> Edited {
        let mut edited = Edited::default();
        let mut last = BTreeMap::new();
        for edit in edits {
            last.insert(edit.name(), edit);
        }
        for (name, edit) in last {
            let place = (hash(name), name.to_owned());
            match edit {
                Edit::Add(member) => match self.0.insert(place, member.payload.clone()) {
                    None => edited.added += 1,
                    Some(old) if old != member.payload => edited.replaced += 1,
                    Some(_) => {}
                },
                Edit::Remove(_) => {
                    edited.removed += u64::from(self.0.remove(&place).is_some());
                }
                Edit::Report(_) => panic!("reports have tests of their own"),
            }
        }
        edited
    }

    fn members(&self) -> Vec<Member> {
        let members = self.0.iter().map(|((_, name), payload)| Member {
            name: name.clone(),
            payload: payload.clone(),
        });
        members.collect()
    }
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let name = (0_u32..60).prop_map(|n| "m".repeat(n as usize % 9 + 1) + &n.to_string());
    let payload = prop_oneof![
        Just(None),
        Just(Some(Value::Null)),
        (0..3).prop_map(|n| Some(json!({ "n": n })))
    ];
    let edit = (name, payload, 0..3).prop_map(|(name, payload, kind)| match kind {
        0 => Edit::Remove(name),
        _ => Edit::Add(Member { name, payload }),
    });
    prop::collection::vec(edit, 0..20)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_set_says_what_a_map_would(
        batches in prop::collection::vec(edits(), 0..12),
        limit in 1_usize..40,
        shape in prop_oneof![Just(TINY), Just(COLLIDING), Just(Shape::default())],
    ) {
        let store = steady(&Memory::new());
        let set = store.set("any").shaped(shape);
        let mut model = Model::default();
        alone(async {
            for batch in batches {
                let expected = model.change(&batch, shape.hash);
                prop_assert_eq!(set.change(batch.clone()).await.unwrap(), expected);
                prop_assert_eq!(set.change(batch).await.unwrap(), Edited::default());
            }
            let members = model.members();
            prop_assert_eq!(&walk(&set, limit).await, &members);
            prop_assert_eq!(set.count().await.unwrap(), members.len() as u64);
            prop_assert_eq!(set.is_empty().await.unwrap(), members.is_empty());
            for n in 0..60_usize {
                let name = "m".repeat(n % 9 + 1) + &n.to_string();
                let there = members.iter().find(|member| member.name == name);
                prop_assert_eq!(set.get(&name).await.unwrap(), there.cloned());
            }
            prop_assert_eq!(set.clear().await.unwrap(), members.len() as u64);
            prop_assert!(set.is_empty().await.unwrap());
            Ok(())
        })?;
    }
}

#[test]
fn pages_of_a_set_without_collisions_are_full_but_for_shards_that_end() {
    alone(async {
        let set = steady(&Memory::new()).set("audience");
        set.add_all(numbered("customer", 0..5_000)).await.unwrap();
        let mut after = None;
        let mut seen = 0;
        for _ in 0..25 {
            let page = set.page(after, 200).await.unwrap();
            assert_eq!(page.members.len(), 200);
            seen += page.members.len();
            after = page.next;
        }
        assert_eq!((seen, after.is_none()), (5_000, true));
    });
}

/// What `task` costs, as (reads, writes).
fn cost<T>(memory: &Memory, task: impl Future<Output = T>) -> (u64, u64) {
    let before = memory.counts();
    alone(task);
    let after = memory.counts();
    (after.reads - before.reads, after.writes - before.writes)
}

#[test]
fn an_add_is_one_write_and_a_second_none() {
    let memory = Memory::new();
    let set = steady(&memory).set("audience");
    assert_eq!(cost(&memory, set.remove("a")).1, 0);
    assert_eq!(cost(&memory, set.add("a", None)).1, 3);
    assert_eq!(cost(&memory, set.add("b", None)), (2, 1));
    assert_eq!(cost(&memory, set.add("c", None)), (1, 1));
    assert_eq!(cost(&memory, set.add("c", None)), (1, 0));
    assert_eq!(cost(&memory, set.add("c", Some(json!(1)))), (1, 1));
    assert_eq!(cost(&memory, set.add("c", Some(json!(1)))), (1, 0));
    assert_eq!(cost(&memory, set.remove("c")), (1, 1));
    assert_eq!(cost(&memory, set.remove("c")), (1, 0));
    assert_eq!(cost(&memory, set.add_all(numbered("m", 0..100))), (1, 1));
    assert_eq!(cost(&memory, set.contains("a")), (1, 0));
    assert_eq!(cost(&memory, set.count()), (1, 0));
}

#[test]
fn a_split_is_seventeen_writes_and_later_changes_one_for_each_leaf() {
    let memory = Memory::new();
    let set = steady(&memory).set("audience");
    alone(set.add_all(numbered("customer:", 0..1_500))).unwrap();
    alone(set.add_all(numbered("customer:", 1_500..2_000))).unwrap();
    let mut extra = 2_000..;
    let split = loop {
        let name = format!("customer:{}", extra.next().unwrap());
        let (_, writes) = cost(&memory, set.add(&name, None));
        if writes > 1 {
            break writes;
        }
    };
    assert_eq!(split, 17);
    assert_eq!(cost(&memory, set.add("one more", None)), (2, 1));
    assert_eq!(cost(&memory, set.add("one more", None)), (2, 0));
    // All sixteen leaves, each read once, each written once; then none.
    assert_eq!(cost(&memory, set.add_all(numbered("x", 0..400))), (17, 16));
    assert_eq!(cost(&memory, set.add_all(numbered("x", 0..400))), (17, 0));
    assert_eq!(cost(&memory, set.is_empty()), (2, 0));
    let count = alone(set.count()).unwrap();
    let estimate = alone(set.count_estimate()).unwrap();
    assert_eq!((estimate.members, estimate.exact), (count, true));
}

#[test]
fn no_shard_is_over_32_kilobytes() {
    let memory = Memory::new();
    let set = steady(&memory).set("audience");
    let payload = json!({ "p": "p".repeat(1_000) });
    let large = (0..500).map(|n| {
        Edit::Add(Member {
            name: format!("{n:0>200}"),
            payload: Some(payload.clone()),
        })
    });
    alone(set.change(large.collect::<Vec<_>>())).unwrap();
    // Each of these bytes is six in JSON.
    let escaped = (0..3_000).map(|n| format!("{n}{}", "\u{1}".repeat(190)));
    alone(set.add_all(escaped.collect::<Vec<_>>())).unwrap();
    assert_eq!(alone(set.count()).unwrap(), 3_500);
    for key in memory.keys() {
        let bytes = alone(memory.get(&key)).unwrap().unwrap().len();
        assert!(bytes <= 32 * 1_024, "{key} has {bytes} bytes");
    }
}

#[test]
fn keys_are_such_as_backends_take() {
    let memory = Memory::new();
    alone(
        steady(&memory)
            .set("分群/上海")
            .shaped(TINY)
            .add_all(numbered("m", 0..200)),
    )
    .unwrap();
    for key in memory.keys() {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b":._-".contains(&b);
        assert!(key.len() <= 200 && key.bytes().all(plain), "{key}");
    }
}

#[test]
fn members_of_one_hash_are_still_many() {
    let shape = Shape {
        hash: |_| 0x0123_4567_89ab_cdef,
        ..Shape::default()
    };
    alone(async {
        let set = steady(&Memory::new()).set("collisions").shaped(shape);
        let mut all = numbered(&"x".repeat(150), 0..1_000);
        // Over 32 KB that no level can part.
        assert_eq!(set.add_all(all.clone()).await.unwrap().added, 1_000);
        assert!(!set.add(&all[500], None).await.unwrap());
        assert!(set.remove(&all[500]).await.unwrap());
        all.remove(500);
        all.sort();
        assert_eq!(names(&set).await, all);
        assert_eq!(set.count().await.unwrap(), 999);
    });
}

#[test]
fn what_cannot_be_kept_is_refused_before_anything_is_written() {
    let memory = Memory::new();
    let set = steady(&memory).set("audience");
    let add = |name: &str| Edit::Add(member(name));
    let long = "é".repeat(101);
    let refused = alone(set.change([add("fine"), add(&long)]));
    assert_eq!(refused, Err(SetError::Member(202)));
    let refused = alone(set.change([add("fine"), add("")]));
    assert_eq!(refused, Err(SetError::Member(0)));
    let refused = alone(set.add("fine", Some(json!("x".repeat(1_023)))));
    assert_eq!(refused, Err(SetError::Payload(1_025)));
    assert_eq!(memory.counts().writes, 0);
    assert_eq!(alone(set.contains(&long)), Ok(false));
    assert_eq!(
        alone(set.add(&"é".repeat(100), Some(json!("x".repeat(1_022))))),
        Ok(true)
    );
}

#[test]
fn of_two_changes_of_one_member_the_later_counts() {
    alone(async {
        let set = steady(&Memory::new()).set("audience");
        let add = |n: u32| {
            Edit::Add(Member {
                name: "a".to_owned(),
                payload: Some(json!(n)),
            })
        };
        let edits = [add(1), Edit::Remove("a".to_owned()), add(2)];
        assert_eq!(set.change(edits).await.unwrap().added, 1);
        assert_eq!(set.get("a").await.unwrap().unwrap().payload, Some(json!(2)));
        let edits = [add(3), Edit::Remove("a".to_owned())];
        assert_eq!(set.change(edits).await.unwrap().removed, 1);
        assert!(set.is_empty().await.unwrap());
    });
}

#[test]
fn a_set_that_was_emptied_is_walked_in_bounded_pages() {
    alone(async {
        let memory = Memory::new();
        let set = steady(&memory).set("audience").shaped(TINY);
        let all = numbered("customer:", 0..6_000);
        set.add_all(all.clone()).await.unwrap();
        set.remove_all(all).await.unwrap();
        let mut after = None;
        let mut pages = 0;
        loop {
            let before = memory.counts().reads;
            let page = set.page(after, 50).await.unwrap();
            let reads = memory.counts().reads - before;
            assert!(reads <= 1_100, "{reads} reads");
            pages += 1;
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert!(pages > 5, "{pages} pages");
        set.add("one", None).await.unwrap();
        assert_eq!(names(&set).await, ["one"]);
    });
}

#[test]
fn a_cursor_is_its_text_and_nothing_else_is_one() {
    alone(async {
        let set = steady(&Memory::new()).set("audience");
        set.add_all(["a", "b", "c"]).await.unwrap();
        let cursor = set.page(None, 2).await.unwrap().next.unwrap();
        assert_eq!(Cursor::parse(&cursor.to_string()), Some(cursor));
    });
    for text in [
        "",
        "1",
        "+000000000000000",
        "00000000000000000",
        "000000000000000g",
    ] {
        assert_eq!(Cursor::parse(text), None, "{text}");
    }
}

#[test]
fn sets_of_two_names_are_two() {
    alone(async {
        let store: Store = steady(&Memory::new());
        let (a, b): (Set, Set) = (store.set("a"), store.set("b"));
        a.add("x", None).await.unwrap();
        assert!(!b.contains("x").await.unwrap());
        assert!(store.set("a").contains("x").await.unwrap());
    });
}
