//! After a tick, audiences are what evaluating everybody afresh says: over days, while definitions change, and whenever a crash comes.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss
)]

mod common;

use std::collections::BTreeMap;

use common::{DAY, HOUR, LATE, Shop, at, order, put, tags, track};
use futures::future::join_all;
use rapport_customer::Command;
use rapport_store::faulty::{Faulty, Plan, for_each_crash_point};
use rapport_store::{Driver, Memory, Store};
use rapport_types::hash;
use serde_json::{Value, json};

/// A choice that a seed makes.
fn chance(seed: &str, bound: u64) -> u64 {
    hash::u64_of(seed) % bound
}

/// Rules of every kind that time flips.
fn rules() -> Vec<(&'static str, Value)> {
    let lately = json!({"event": "order_completed", "within": "9d"});
    vec![
        ("lately", lately.clone()),
        ("not_lately", json!({"not": lately})),
        (
            "often",
            json!({"event": "order_completed", "within": "20d", "count": {"at_least": 2}}),
        ),
        (
            "spent",
            json!({"event": "order_completed", "within": "15d", "sum": "properties.total", "at_least": 12}),
        ),
        (
            "quiet",
            json!({"field": "rfm.recency_days", "is": "between", "value": [10, 12]}),
        ),
        (
            "birthday",
            json!({"field": "traits.birthday", "is": "anniversary", "value": "7d"}),
        ),
        (
            "trial",
            json!({"field": "traits.until", "is": "within_next", "value": "3d"}),
        ),
        (
            "new",
            json!({"field": "created_at", "is": "within_last", "value": "5d"}),
        ),
        ("vip", json!({"tag": "vip"})),
        (
            "mixed",
            json!({"any": [{"all": [lately, {"tag": "vip"}]}, {"field": "created_at", "is": "older_than", "value": "20d"}]}),
        ),
        (
            "viewed_and_bought",
            json!({"sequence": [{"event": "cart_viewed"}, {"event": "order_completed"}], "in": "2d", "within": "12d"}),
        ),
        (
            "last_was_large",
            json!({"event": "order_completed", "last": "properties.total", "is": "gte", "value": 5, "within": "14d"}),
        ),
        (
            "came_lately",
            json!({"event": "order_completed", "first": "at", "is": "within_last", "value": "25d"}),
        ),
        (
            "average",
            json!({"event": "order_completed", "within": "18d", "avg": "properties.total", "at_least": 4}),
        ),
        (
            "largest",
            json!({"event": "order_completed", "within": "13d", "max": "properties.total", "at_most": 8}),
        ),
        (
            "two_carts",
            json!({"event": "cart_viewed", "within": "16d", "distinct": "properties.cart", "at_most": 1}),
        ),
        (
            "a_plan_ends",
            json!({"each": "traits.plans", "where": {"field": "until", "is": "within_next", "value": "4d"}}),
        ),
        (
            "warm",
            json!({"field": "scores.heat", "is": "gte", "value": 30}),
        ),
        (
            "band",
            json!({"field": "scores.heat.band", "is": "ne", "value": "hot"}),
        ),
        ("fresh", json!({"tag": "fresh"})),
        (
            "named",
            json!({"all": [{"not": {"segment": "quiet"}}, {"segment": "trial"}, {"not": {"tag": "fresh"}}]}),
        ),
    ]
}

/// All of these, with the score and the tag that some of them name.
async fn define(shop: &Shop) {
    let heat = json!({"name": "Heat", "clauses": [
        {"when": {"event": "order_completed", "within": "11d"}, "points": 30},
        {"when": {"event": "cart_viewed", "within": "4d"}, "points": 15},
        {"when": {"field": "traits.until", "is": "older_than", "value": "2d"}, "points": -10},
    ], "bands": [{"id": "warm", "at_least": 20}, {"id": "hot", "at_least": 40}]});
    shop.score("heat", heat, at(0)).await;
    let fresh = json!({"event": "cart_viewed", "within": "6d"});
    shop.automatic("fresh", fresh, at(0)).await;
    for (id, rule) in rules() {
        shop.define(id, rule, at(0)).await;
    }
    shop.filled(at(0)).await;
}

/// A cart was looked at.
fn cart(number: u64) -> Command {
    track("Cart Viewed", json!({ "cart": number }))
}

/// What customer `n` does on a day, if anything.
fn deed(n: u64, day: i64) -> Option<Command> {
    let seed = format!("{n} on {day}");
    match chance(&seed, 24) {
        0 | 1 => Some(order(chance(&seed, 9) as i64 + 1)),
        2 => {
            let date = format!(
                "1990-{:02}-{:02}",
                chance(&seed, 2) + 11,
                chance(&seed, 28) + 1
            );
            let until = at((day + 9) * DAY).to_string();
            Some(put(json!({"birthday": date, "until": until})))
        }
        3 => Some(tags(&["vip"])),
        4 => Some(tags(&[])),
        5 | 6 => Some(cart(chance(&seed, 2))),
        7 => {
            let until = |ahead: i64| json!({"until": at((day + ahead) * DAY).to_string()});
            Some(put(json!({"plans": [until(5), until(11)]})))
        }
        _ => None,
    }
}

#[tokio::test]
async fn over_sixty_days_audiences_are_what_evaluating_everybody_says() {
    let shop = Shop::new();
    define(&shop).await;
    for n in 0..12 {
        shop.apply(&format!("c{n}"), put(json!({})), at(n * HOUR))
            .await;
    }
    let mut flips = 0;
    for step in 1..=240 {
        let now = at(12 * HOUR + step * 6 * HOUR);
        for n in 0..12 {
            if let Some(deed) = deed(n, step / 4).filter(|_| step % 4 == n as i64 % 4) {
                shop.apply(&format!("c{n}"), deed, now).await;
            }
        }
        flips += shop.tick(now).await;
        shop.check(now).await;
    }
    assert!(flips > 100, "{flips} timers");
}

/// Of all kinds of rules but two. One that asks how likely a customer still is one drifts all the time, and its next change is at most an
/// hour early. Points and feedback stand in documents with timers of their own: `facts/flips.rs` sees to them.
#[tokio::test]
async fn sixty_quiet_days_evaluate_no_customer_who_does_not_flip() {
    let shop = Shop::new();
    define(&shop).await;
    for n in 0..40 {
        let id = format!("c{n}");
        let until = at((n % 50) * DAY).to_string();
        shop.apply(
            &id,
            put(json!({"birthday": format!("1990-12-{:02}", n % 28 + 1), "until": until,
                "plans": [{"until": at((n % 7) * DAY).to_string()}, {"until": at((n % 40 + 9) * DAY).to_string()}]})),
            at(n * HOUR),
        )
        .await;
        if n % 4 > 0 {
            shop.apply(&id, cart(n as u64), at(n * HOUR)).await;
        }
        if n % 3 > 0 {
            shop.apply(&id, order(20), at(n * HOUR)).await;
        }
    }
    let count = |records: &[rapport_records::customers::CustomerRecord]| {
        let revs = records.iter().map(|one| {
            let held = one
                .memberships
                .iter()
                .map(|(id, held)| (id.to_string(), held.since));
            (
                one.customer.id.to_string(),
                held.collect::<BTreeMap<_, _>>(),
            )
        });
        revs.collect::<BTreeMap<_, _>>()
    };
    shop.tick(at(40 * HOUR)).await;
    let (mut evaluated, mut flipped) = (0, 0);
    let mut before = count(&shop.records().await);
    // Often enough that no two flips of one customer fall into one step.
    for step in 1..=(60 * 24) {
        let now = at(40 * HOUR + step * HOUR);
        let fired = shop.tick(now).await;
        evaluated += fired;
        if fired > 0 {
            let after = count(&shop.records().await);
            let changed = after
                .iter()
                .filter(|(id, held)| before.get(*id) != Some(held));
            flipped += changed.count();
            before = after;
        }
        if step % 240 == 0 {
            shop.check(now).await;
        }
    }
    assert!(flipped > 150, "{flipped} customers flipped");
    assert_eq!(evaluated, flipped, "each look found a flip");
}

#[tokio::test]
async fn a_quiet_tick_costs_no_write() {
    let shop = Shop::new();
    define(&shop).await;
    for n in 0..20 {
        shop.apply(&format!("c{n}"), order(5), at(0)).await;
    }
    shop.filled(at(0)).await;
    shop.tick(at(HOUR)).await;
    let writes = shop.writes(async {
        shop.tick(at(2 * HOUR)).await;
        shop.fill(at(2 * HOUR)).await;
    });
    assert_eq!(writes.await, 0);
}

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

/// Customers flip in and out while several processes commit, tick, delay, refuse and crash; in the end audiences are right.
#[tokio::test]
async fn reports_of_one_customer_carried_out_of_order_end_right() {
    let mut stale = 0;
    for seed in 0..40 {
        let memory = Memory::new();
        let shop = Shop::over(memory.clone());
        shop.define("vip", json!({"tag": "vip"}), at(0)).await;
        for n in 0..3 {
            shop.apply(&format!("c{n}"), put(json!({})), at(0)).await;
        }
        shop.filled(at(0)).await;
        let processes = (0..5).map(|process| {
            let plan = Plan {
                crash_after: (process == 4).then_some(30 + seed * 3),
                ..Plan::rough(seed * 10 + process)
            };
            let store = Store::new(Faulty::over(memory.clone(), plan));
            let shop = Shop {
                memory: memory.clone(),
                store,
            };
            async move {
                let mut failed = 0;
                for step in 0..25_i64 {
                    let seed = format!("{seed} {process} {step}");
                    let id = format!("c{}", chance(&seed, 3));
                    let now: &[&str] = if chance(&format!("{seed} tag"), 2) == 0 {
                        &["vip"]
                    } else {
                        &[]
                    };
                    failed += u32::from(shop.try_apply(&id, tags(now), at(step)).await.is_err());
                }
                failed
            }
        });
        stale += join_all(processes).await.into_iter().sum::<u32>();
        let later = shop.later();
        later.tick(at(HOUR)).await;
        later.check(at(HOUR)).await;
    }
    assert!(stale > 100, "{stale} requests failed");
}

#[tokio::test]
async fn whenever_a_crash_comes_the_audience_is_right_after_a_tick() {
    let points = for_each_crash_point(Memory::new, async |memory, process| {
        let shop = Shop::over(memory.clone());
        shop.define("vip", json!({"tag": "vip"}), at(0)).await;
        shop.define(
            "lately",
            json!({"event": "order_completed", "within": "9d"}),
            at(0),
        )
        .await;
        shop.apply("a", put(json!({})), at(0)).await;
        shop.filled(at(0)).await;
        let crashing = Shop {
            memory: memory.clone(),
            store: Store::new(process),
        };
        let _ = crashing.try_apply("a", tags(&["vip"]), at(HOUR)).await;
        let _ = crashing.try_apply("a", order(5), at(2 * HOUR)).await;
        let _ = crashing.try_apply("a", tags(&[]), at(3 * HOUR)).await;
        let _ = crashing.try_apply("b", order(5), at(4 * HOUR)).await;
        let later = Shop::over(memory.late_by(LATE));
        later.tick(at(5 * HOUR)).await;
        later.check(at(5 * HOUR)).await;
        later.tick(at(20 * DAY)).await;
        later.check(at(20 * DAY)).await;
    });
    let points = points.await;
    assert!(points > 30, "{points} points");
}

#[tokio::test]
async fn a_fill_that_crashes_anywhere_is_finished_by_the_next() {
    let points = for_each_crash_point(Memory::new, async |memory, process| {
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
