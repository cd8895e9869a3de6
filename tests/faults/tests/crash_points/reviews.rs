//! Reviews.

use super::{Call, Scenario, check, json, repeated};

const REVIEWS: &str = "/v1/reviews";
const FIRST: &str = "/v1/reviews/r1";
const LATEST: &str = "/v1/reviews/latest";
const SETTINGS: &str = "/v1/reviews/settings";
const RFM: &str = "/v1/segments/models/rfm";

fn settings(cadence: &str) -> Call {
    Call::put(SETTINGS, json!({ "cadence": cadence }))
}

/// 50 customers who have ordered: enough for thresholds of their own.
fn shop() -> Vec<Call> {
    let rule = json!({"field": "rfm.f", "is": "gte", "value": 4});
    let best = Call::put("/v1/segments/best", json!({"name": "Best", "rule": rule}));
    let orders = (0..50).map(|n| {
        json!({
            "type": "track", "userId": format!("c{n}"), "event": "Order Completed",
            "timestamp": format!("2026-10-{:02}T10:00:00Z", 1 + n % 28),
            "properties": {"order_id": format!("o{n}"), "total": n, "currency": "USD"},
        })
    });
    let orders: Vec<_> = orders.collect();
    vec![
        best,
        Call::post("/v1/batch", json!({"batch": orders})).once("before"),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_review_is_made() {
    let request = Call::post(REVIEWS, json!({})).once("k");
    let looks = [REVIEWS, FIRST, LATEST, RFM];
    // Only repeated: nobody has to, as the next call, or the next tick, goes on where this one was; until then a review may stand
    // in the list of which the state does not know yet.
    repeated(&Scenario::new(shop(), request, &looks)).await;
}

#[tokio::test(start_paused = true)]
async fn reviews_are_set() {
    check(
        Scenario::new(vec![], settings("off").once("k"), &[SETTINGS]),
        &[],
    )
    .await;
    let request = settings("quarterly").once("k").if_match(1);
    check(
        Scenario::new(vec![settings("off")], request, &[SETTINGS]),
        &[],
    )
    .await;
}
