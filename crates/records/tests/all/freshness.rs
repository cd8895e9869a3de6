//! A commit tells who came and who went, and sets one timer; what changes nothing costs nothing.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use crate::common;
use crate::common::{DAY, HOUR, Shop, at, order, put, tags};
use rapport_records::customers::{self, CustomerRecord};
use rapport_records::effects::{CustomerCarrier, Moved};
use rapport_records::freshness::Transition;
use rapport_records::segments;
use rapport_store::{Driver, Memory};
use serde_json::json;

fn active() -> serde_json::Value {
    json!({"event": "order_completed", "within": "30d"})
}

#[tokio::test]
async fn a_commit_that_moves_nobody_and_nothing_nearer_is_one_write() {
    let shop = Shop::new();
    shop.define("vip", json!({"tag": "vip"}), at(0)).await;
    shop.define("active", active(), at(0)).await;
    shop.apply("a", put(json!({})), at(0)).await;
    let writes = |command, hours| {
        let shop = shop.clone();
        async move {
            shop.writes(shop.apply("a", command, at(hours * HOUR)))
                .await
        }
    };
    assert_eq!(writes(put(json!({"city": "上海"})), 1).await, 1);
    // The first order: customer, parking (a new lane is a new document), audience (a new set), timer.
    assert!(writes(order(5), 2).await > 4);
    // The next ones move the change away: the timer stays where it is.
    for hours in 3..9 {
        assert_eq!(writes(order(5), hours).await, 1);
    }
    assert_eq!(shop.record("a").await.timer, Some(at(2 * HOUR + 30 * DAY)));
    // Customer, parking, audience.
    shop.apply("b", put(json!({})), at(9 * HOUR)).await;
    shop.apply("b", tags(&["vip"]), at(9 * HOUR)).await;
    assert_eq!(writes(tags(&["vip"]), 10).await, 3);
    assert_eq!(writes(tags(&[]), 11).await, 3);
    assert_eq!(writes(tags(&[]), 12).await, 0);
}

#[tokio::test]
async fn who_comes_and_goes_is_recorded_with_since_when() {
    let shop = Shop::new();
    shop.define(
        "vip",
        json!({"field": "traits.vip", "is": "eq", "value": true}),
        at(0),
    )
    .await;
    shop.filled(at(0)).await;
    let vip = |n: i64, vip: bool| put(json!({"n": n, "vip": vip}));
    // Who did not exist before is in it with their first commit.
    shop.apply("a", vip(1, true), at(HOUR)).await;
    shop.apply("a", vip(2, true), at(2 * HOUR)).await;
    assert_eq!(
        shop.audience("vip").await,
        [("a".to_owned(), at(HOUR))].into()
    );
    shop.apply("a", vip(3, false), at(4 * HOUR)).await;
    assert!(shop.audience("vip").await.is_empty());
    shop.apply("a", vip(3, true), at(5 * HOUR)).await;
    assert_eq!(
        shop.audience("vip").await,
        [("a".to_owned(), at(5 * HOUR))].into()
    );
    let transitions = shop.record("a").await.transitions;
    let said: Vec<_> = transitions.iter().map(|one| (one.event, one.at)).collect();
    assert_eq!(
        said,
        [
            (Moved::Entered, at(HOUR)),
            (Moved::Left, at(4 * HOUR)),
            (Moved::Entered, at(5 * HOUR)),
        ]
    );
    // Revisions grow with them.
    assert!(transitions.is_sorted_by_key(|one| one.rev));
}

/// A tick, or a commit, that comes late says when time put them out.
#[tokio::test]
async fn who_leaves_with_time_left_when_it_was_so_however_late_it_is_found() {
    for by_tick in [true, false] {
        let shop = Shop::new();
        shop.define("active", active(), at(0)).await;
        shop.filled(at(0)).await;
        shop.apply("a", order(5), at(HOUR)).await;
        match by_tick {
            true => drop(shop.tick(at(45 * DAY)).await),
            false => shop.apply("a", tags(&["vip"]), at(45 * DAY)).await,
        }
        let said = |one: &Transition| (one.event, one.at);
        let transitions = shop.record("a").await.transitions;
        let told: Vec<_> = transitions.iter().map(said).collect();
        let left = at(30 * DAY + HOUR);
        assert_eq!(told, [(Moved::Entered, at(HOUR)), (Moved::Left, left)]);
    }
    // Who would have left with time, but leaves by what they do.
    let shop = Shop::new();
    let rule = json!({"all": [active(), {"not": {"tag": "out"}}]});
    shop.define("active", rule, at(0)).await;
    shop.filled(at(0)).await;
    shop.apply("a", order(5), at(HOUR)).await;
    shop.apply("a", tags(&["out"]), at(2 * DAY)).await;
    let transitions = shop.record("a").await.transitions;
    assert_eq!(transitions[1].at, at(2 * DAY));
}

#[tokio::test]
async fn what_falls_due_of_a_frozen_document_waits_for_nobody() {
    let shop = Shop::new();
    shop.define("active", active(), at(0)).await;
    shop.filled(at(0)).await;
    for id in ["a", "b"] {
        shop.apply(id, order(5), at(0)).await;
    }
    let key = format!("customer:{}", rapport_types::hash::hex128("a"));
    let stored = shop.memory.get(&key).await.unwrap().unwrap();
    let stored = String::from_utf8(stored.to_vec()).unwrap();
    let frozen = stored.replacen("\"born\":", "\"frozen\":true,\"born\":", 1);
    assert_ne!(frozen, stored);
    shop.memory.set(&key, frozen.into_bytes()).await.unwrap();
    // Both are done with: the other one flips, and the next tick has nothing to do.
    assert_eq!(shop.tick(at(31 * DAY)).await, 2);
    assert_eq!(shop.tick(at(32 * DAY)).await, 0);
    assert_eq!(shop.record("b").await.transitions.len(), 2);
}

#[tokio::test]
async fn the_latest_comings_and_goings_are_kept() {
    let shop = Shop::new();
    shop.define("vip", json!({"tag": "vip"}), at(0)).await;
    shop.apply("a", put(json!({})), at(0)).await;
    for hour in 1..=60 {
        let now: &[&str] = if hour % 2 == 1 { &["vip"] } else { &[] };
        shop.apply("a", tags(now), at(hour * HOUR)).await;
    }
    let kept = shop.record("a").await.transitions;
    assert_eq!(kept.len(), 32);
    assert_eq!((kept[31].event, kept[31].at), (Moved::Left, at(60 * HOUR)));
}

#[tokio::test]
async fn a_timer_flips_what_time_flips_and_only_that() {
    let shop = Shop::new();
    shop.define("active", active(), at(0)).await;
    shop.define("asleep", json!({"not": active()}), at(0)).await;
    shop.filled(at(0)).await;
    shop.apply("a", order(5), at(0)).await;
    shop.apply("b", order(5), at(10 * DAY)).await;
    shop.check(at(10 * DAY)).await;
    assert_eq!(shop.tick(at(30 * DAY - 1)).await, 0);
    assert_eq!(shop.tick(at(30 * DAY)).await, 1);
    shop.check(at(30 * DAY)).await;
    assert_eq!(
        shop.audience("asleep").await,
        [("a".to_owned(), at(30 * DAY))].into()
    );
    // Twice is once.
    assert_eq!(shop.tick(at(30 * DAY)).await, 0);
    assert_eq!(shop.tick(at(39 * DAY)).await, 0);
    // Late is as good: since when is exact.
    assert_eq!(shop.tick(at(45 * DAY)).await, 1);
    assert_eq!(shop.audience("asleep").await["b"], at(40 * DAY));
    shop.check(at(45 * DAY)).await;
}

#[tokio::test]
async fn a_timer_that_was_dealt_with_costs_a_read() {
    let shop = Shop::new();
    shop.define("active", active(), at(0)).await;
    shop.filled(at(0)).await;
    shop.apply("a", order(5), at(0)).await;
    // Moves the change from day 30 to day 40; the timer stays.
    shop.apply("a", order(5), at(10 * DAY)).await;
    assert_eq!(shop.tick(at(30 * DAY)).await, 1);
    let record = shop.record("a").await;
    assert_eq!(record.timer, Some(at(40 * DAY)));
    assert!(record.memberships.len() == 1 && record.transitions.len() == 1);
    assert_eq!(shop.tick(at(40 * DAY)).await, 1);
    assert!(shop.audience("active").await.is_empty());
    assert_eq!(shop.tick(at(400 * DAY)).await, 0);
}

#[tokio::test]
async fn who_knows_only_older_definitions_undoes_nothing_that_newer_ones_have_told() {
    let shop = Shop::new();
    shop.define("vip", json!({"tag": "vip"}), at(0)).await;
    shop.apply("a", put(json!({})), at(0)).await;
    shop.apply("a", tags(&["vip", "gold"]), at(0)).await;
    let old = segments::compiled(&shop.store).await.unwrap();
    shop.define("vip", json!({"tag": "gold"}), at(HOUR)).await;
    shop.filled(at(HOUR)).await;
    let told = shop.record("a").await;
    let version = |record: &CustomerRecord| {
        record
            .memberships
            .iter()
            .next()
            .map(|(_, held)| held.version)
    };
    assert_eq!(version(&told), Some(2));
    let zone = common::zone();
    let carrier = CustomerCarrier::new(at(2 * HOUR), &zone);
    let id = common::customer("a");
    let reconsidered = customers::reconsider(&shop.store, &id, &old, &carrier);
    assert!(!reconsidered.await.unwrap());
    assert_eq!(version(&shop.record("a").await), Some(2));
    shop.check(at(2 * HOUR)).await;
}

#[tokio::test]
async fn customers_can_be_committed_though_the_store_has_lost_the_definitions() {
    let shop = Shop::new();
    shop.define("vip", json!({"tag": "vip"}), at(0)).await;
    shop.define("gold", json!({"tag": "gold"}), at(0)).await;
    shop.apply("a", put(json!({})), at(0)).await;
    shop.apply("a", tags(&["vip"]), at(0)).await;
    let rest = Memory::new();
    for key in shop.memory.keys() {
        if !key.ends_with("segments") {
            let value = shop.memory.get(&key).await.unwrap().unwrap();
            rest.set(&key, value).await.unwrap();
        }
    }
    let shop = Shop::over(rest);
    shop.apply("a", tags(&["gold"]), at(HOUR)).await;
    assert!(shop.record("a").await.memberships.is_empty());
}
