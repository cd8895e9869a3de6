//! Several processes at once, some of which crash.

use futures::future::join_all;
use rapport_store::faulty::{Faulty, Plan, for_each_crash_point};
use rapport_store::{Memory, Store};
use serde_json::json;

use super::rules::chance;
use crate::common::{DAY, HOUR, LATE, Shop, at, order, put, tags};

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
    let points = for_each_crash_point(Memory::repeatable, async |memory, process| {
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
