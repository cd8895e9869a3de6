//! Revenue is what is left after refunds and cancellations.

use rapport_customer::{Command, Item};
use serde_json::Value;

use super::{json, review};
use crate::common::{DAY, HOUR, Shop, at, put, track};

fn paid(id: &str, total: u64) -> Command {
    let order = json!({"order_id": id, "total": total, "currency": "CNY"});
    track("Order Paid", order)
}

fn refunded(id: &str, refund: Value) -> Command {
    track("Order Refunded", json!({"order_id": id, "refund": refund}))
}

fn cancelled(id: &str) -> Command {
    track("Order Cancelled", json!({ "order_id": id }))
}

/// The orders and the revenue of all customers: ever, and in the period; then the average order.
async fn figures(shop: &Shop, day: i64) -> [Value; 5] {
    let report = json(&review(shop, at(day * DAY)).await);
    let (orders, revenue) = (
        &report["customers"]["orders"],
        &report["customers"]["revenue"][0],
    );
    [
        orders["lifetime"].clone(),
        orders["period"].clone(),
        revenue["lifetime"].clone(),
        revenue["period"].clone(),
        revenue["average_order"].clone(),
    ]
}

#[tokio::test]
async fn what_went_back_is_no_revenue_of_the_period_in_which_it_was_paid() {
    let shop = Shop::new();
    shop.apply("a", put(json!({})), at(0)).await;
    for (id, total) in [("o1", 100), ("o2", 30), ("o3", 50), ("o4", 20)] {
        shop.apply("a", paid(id, total), at(DAY)).await;
    }
    shop.apply("b", paid("o1", 7), at(DAY)).await;
    // In part, whole by two refunds, and cancelled; before the report of the payment, too.
    shop.apply("a", refunded("o1", json!(9.9)), at(2 * DAY))
        .await;
    shop.apply("a", refunded("o2", json!(10)), at(2 * DAY))
        .await;
    shop.apply("a", refunded("o2", json!(20)), at(3 * DAY))
        .await;
    shop.apply("a", cancelled("o3"), at(3 * DAY)).await;
    shop.apply("a", cancelled("o5"), at(3 * DAY)).await;
    shop.apply("a", paid("o5", 1_000), at(4 * DAY)).await;
    // 90.10, 20 and 7.
    assert_eq!(
        figures(&shop, 5).await,
        [3, 3, 11_710, 11_710, 3_903].map(Value::from)
    );
    // What goes back later is gone from all that was ever bought, and of no period after that.
    shop.apply("b", refunded("o1", json!(2)), at(6 * DAY)).await;
    shop.apply("b", paid("o2", 3), at(6 * DAY)).await;
    assert_eq!(
        figures(&shop, 7).await,
        [4, 1, 11_810, 300, 300].map(Value::from)
    );
}

#[tokio::test]
async fn so_it_is_where_orders_are_counted_by_days() {
    let shop = Shop::new();
    for (id, total) in [("o1", 100), ("o2", 30)] {
        shop.apply("a", paid(id, total), at(DAY)).await;
    }
    shop.apply("a", refunded("o1", json!(40)), at(2 * DAY))
        .await;
    shop.apply("a", cancelled("o2"), at(2 * DAY)).await;
    // So many that the orders are no longer kept singly.
    let visit = || Item::Track {
        event: "visit".to_owned(),
        properties: Default::default(),
        timestamp: None,
        message_id: None,
    };
    let visits = (0..260).map(|_| visit()).collect();
    shop.apply("a", Command::Apply(visits), at(2 * DAY + HOUR))
        .await;
    assert_eq!(
        figures(&shop, 3).await,
        [1, 1, 6_000, 6_000, 6_000].map(Value::from)
    );
}

/// The stage of life in which the only customer was when the period began is found out of orders; one that was cancelled is none.
#[tokio::test]
async fn a_cancelled_order_makes_nobody_a_regular_customer_of_the_past() {
    for singly in [true, false] {
        let shop = Shop::new();
        shop.apply("a", paid("o1", 10), at(-200 * DAY)).await;
        for id in ["o2", "o3"] {
            shop.apply("a", paid(id, 10), at(DAY)).await;
        }
        shop.apply("a", cancelled("o2"), at(2 * DAY)).await;
        let moved =
            async |day| json(&review(&shop, at(day * DAY)).await)["lifecycle"]["moves"].clone();
        // The first review: of the time before nothing was counted.
        moved(3).await;
        // Later orders of which one is none: two were before.
        for id in ["o4", "o5", "o6"] {
            shop.apply("a", paid(id, 10), at(4 * DAY)).await;
        }
        for id in ["o5", "o6"] {
            shop.apply("a", cancelled(id), at(4 * DAY)).await;
        }
        if !singly {
            let visit = || Item::Track {
                event: "visit".to_owned(),
                properties: Default::default(),
                timestamp: None,
                message_id: None,
            };
            let visits = (0..260).map(|_| visit()).collect();
            shop.apply("a", Command::Apply(visits), at(4 * DAY + HOUR))
                .await;
        }
        // Come back after half a year with o3, and since o4 a regular one.
        let expected = serde_json::json!({"won_back": {"repeat": 1}});
        assert_eq!(moved(5).await, expected, "kept singly: {singly}");
    }
}
