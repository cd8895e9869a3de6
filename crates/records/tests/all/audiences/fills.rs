//! A new or changed definition is filled: at the cost of its members, beside requests that know the definition of before, and after a crash.

use rapport_store::faulty::for_each_crash_point;
use rapport_store::{Driver as _, Memory, Store};
use rapport_types::hash;
use serde_json::{Value, json};

use crate::common::{self, DAY, HOUR, LATE, Shop, at, put};

#[tokio::test]
async fn a_new_definition_is_filled_at_the_cost_of_its_members() {
    let shop = Shop::new();
    for n in 0..300 {
        let city = if n % 10 == 0 { "上海" } else { "杭州" };
        shop.apply(&format!("c{n}"), put(json!({ "city": city })), at(0))
            .await;
    }
    let rule = json!({"field": "traits.city", "is": "eq", "value": "上海"});
    shop.define("shanghai", rule, at(HOUR)).await;
    assert_eq!(shop.shown("shanghai").await, (1, false));
    let mut committed = 0;
    let writes = shop
        .writes(async { committed = shop.fill(at(HOUR)).await })
        .await;
    assert_eq!(committed, 30);
    // Its members are there, but the answer does not say that they are all.
    assert_eq!(shop.shown("shanghai").await, (1, false));
    assert_eq!(shop.audience_of("shanghai", 1).await.len(), 30);
    // Each member's commit and parking, and twice for each lane that is new; the walker's own.
    assert!(writes < 30 * 2 + 30 * 2 + 20, "{writes} writes");
    // The audience is told of many at once: of those of three pages.
    let root = format!("set:{}", hash::hex128("audience:shanghai:1"));
    let root = shop.memory.get(&root).await.unwrap().unwrap();
    // The first line is the envelope.
    let root = root.split(|byte| *byte == b'\n').next().unwrap();
    let root: Value = serde_json::from_slice(root).unwrap();
    assert!(root["rev"].as_u64() <= Some(4), "{}", root["rev"]);
    assert_eq!(shop.later().fill(at(HOUR)).await, 0);
    assert_eq!(shop.shown("shanghai").await, (1, true));
    shop.check(at(HOUR)).await;

    // The rule changes: the audience of before answers until the new one is filled, and is emptied then.
    let rule = json!({"field": "traits.city", "is": "eq", "value": "杭州"});
    shop.define("shanghai", rule, at(2 * HOUR)).await;
    assert_eq!(shop.shown("shanghai").await, (1, false));
    shop.fill(at(2 * HOUR)).await;
    assert_eq!(shop.shown("shanghai").await, (1, false));
    assert_eq!(shop.audience_of("shanghai", 1).await.len(), 30);
    shop.later().fill(at(2 * HOUR)).await;
    assert_eq!(shop.shown("shanghai").await, (2, true));
    assert_eq!(shop.audience_of("shanghai", 1).await.len(), 0);
    shop.check(at(2 * HOUR)).await;

    shop.delete("shanghai", at(3 * HOUR)).await;
    shop.filled(at(3 * HOUR)).await;
    assert_eq!(shop.audience_of("shanghai", 2).await.len(), 0);
}

/// A request that read the definitions before they were changed commits after the walker has passed.
#[tokio::test]
async fn who_is_committed_by_the_definition_of_before_is_found_all_the_same() {
    let shop = Shop::new();
    for n in 0..10 {
        shop.apply(&format!("c{n}"), put(json!({})), at(0)).await;
    }
    let old = rapport_records::segments::compiled(&shop.store)
        .await
        .unwrap();
    shop.define("vip", json!({"tag": "vip"}), at(0)).await;
    shop.fill(at(0)).await;
    // As such a request does it: the tag comes, and no segment is known of.
    let moment = rapport_records::freshness::Moment {
        beside: &rapport_records::beside::Beside::default(),
        definitions: &old,
        now: at(0),
        zone: &common::zone(),
        rev: 2,
    };
    let zone = common::zone();
    let carrier = rapport_records::effects::CustomerCarrier::new(at(0), &zone);
    let key = rapport_records::customers::key(&common::customer("c3"));
    let late = shop.store.update::<_, (), ()>(
        &key,
        rapport_store::Request::plain(at(0), &carrier),
        |current| {
            let last = current.value.unwrap();
            let mut customer = last.customer.clone();
            customer.tags.insert("vip".to_owned());
            let (value, effects) =
                rapport_records::freshness::next(Some(&last), customer, None, moment);
            Ok(rapport_store::Change::Commit {
                value,
                effects,
                answer: (),
            })
        },
    );
    late.await.unwrap();
    assert!(shop.audience_of("vip", 1).await.is_empty());
    shop.fill(at(0)).await;
    assert!(!shop.shown("vip").await.1);
    shop.later().fill(at(0)).await;
    shop.check(at(0)).await;
    assert_eq!(shop.audience("vip").await.len(), 1);
}

#[tokio::test]
async fn segments_that_come_while_the_walker_is_under_way_are_filled_in_one_round() {
    let shop = Shop::new();
    // More than one step.
    for n in 0..4_300 {
        shop.apply(&format!("c{n}"), put(json!({"n": n % 7})), at(0))
            .await;
    }
    let rule = |n: u64| json!({"field": "traits.n", "is": "eq", "value": n});
    shop.define("a", rule(1), at(0)).await;
    let zone = common::zone();
    let step = |shop: Shop| async move {
        rapport_records::fill::step(&shop.store, at(0), &common::zone())
            .await
            .unwrap()
    };
    let first = step(shop.clone()).await;
    assert!(first.more && first.looked_at < 4_300, "{first:?}");
    shop.define("b", rule(2), at(0)).await;
    shop.filled(at(0)).await;
    drop(zone);
    shop.check(at(0)).await;
    assert_eq!(shop.audience("a").await.len(), 615);
}

#[tokio::test]
async fn a_fill_that_crashes_anywhere_is_finished_by_the_next() {
    let points = for_each_crash_point(Memory::repeatable, async |memory, process| {
        let shop = Shop::over(memory.clone());
        for n in 0..6 {
            let traits = json!({"n": n, "until": at(9 * DAY).to_string()});
            shop.apply(&format!("c{n}"), put(traits), at(0)).await;
        }
        shop.define(
            "odd",
            json!({"field": "traits.n", "is": "in", "value": [1, 3, 5]}),
            at(0),
        )
        .await;
        shop.define(
            "trial",
            json!({"field": "traits.until", "is": "within_next", "value": "3d"}),
            at(0),
        )
        .await;
        let crashing = Store::new(process);
        let _ = rapport_records::fill::step(&crashing, at(HOUR), &common::zone()).await;
        let later = Shop::over(memory.clone().late_by(LATE));
        later.tick(at(HOUR)).await;
        later.fill(at(HOUR)).await;
        let later = Shop::over(memory.late_by(2 * LATE));
        later.fill(at(HOUR)).await;
        later.check(at(HOUR)).await;
        later.tick(at(7 * DAY)).await;
        later.check(at(7 * DAY)).await;
    });
    let points = points.await;
    assert!(points > 30, "{points} points");
}
