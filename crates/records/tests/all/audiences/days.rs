//! Sixty days, busy and quiet.

use std::collections::BTreeMap;

use serde_json::json;

use super::rules::{cart, deed, define};
use crate::common::{DAY, HOUR, Shop, at, order, put};

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
