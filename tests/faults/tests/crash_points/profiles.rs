//! Customers, events, orders, batches.

use super::loyalty::program;
use super::{Call, Scenario, Value, check, json};

const CUSTOMER: &str = "/v1/customers/c1";
const LIST: &str = "/v1/customers";
const ACCOUNT: &str = "/v1/loyalty/accounts/c1";
const JOURNAL: &str = "/v1/loyalty/accounts/c1/journal";

fn put(traits: Value) -> Call {
    Call::put(CUSTOMER, json!({ "traits": traits }))
}

fn existing() -> Vec<Call> {
    vec![
        program(),
        put(json!({"city": "上海", "age": 3})).once("before"),
    ]
}

fn order(customer: &str, id: &str) -> Value {
    json!({
        "type": "track", "userId": customer, "event": "Order Completed", "timestamp": "2026-11-20T10:00:00Z",
        "properties": {"order_id": id, "total": 12.34, "currency": "USD"}
    })
}

#[tokio::test(start_paused = true)]
async fn a_customer_is_put() {
    let request = put(json!({"city": "杭州"})).once("k");
    check(Scenario::new(vec![], request, &[CUSTOMER, LIST]), &[LIST]).await;
}

#[tokio::test(start_paused = true)]
async fn a_customer_is_put_again() {
    let request = put(json!({"city": "杭州"})).once("k");
    check(Scenario::new(existing(), request, &[CUSTOMER, LIST]), &[]).await;
}

#[tokio::test(start_paused = true)]
async fn a_customer_is_put_as_they_were() {
    let request = put(json!({"city": "上海", "age": 3})).once("k");
    check(Scenario::new(existing(), request, &[CUSTOMER, LIST]), &[]).await;
}

#[tokio::test(start_paused = true)]
async fn a_customer_is_patched() {
    let patch = json!({"traits": {"age": null, "vip": true}, "tags": ["a"]});
    let request = Call::patch(CUSTOMER, patch).once("k");
    check(Scenario::new(existing(), request, &[CUSTOMER, LIST]), &[]).await;
}

/// Once it was carried out the condition holds no more; the repetition is answered all the same.
#[tokio::test(start_paused = true)]
async fn a_customer_is_patched_on_a_condition() {
    let patch = Call::patch(CUSTOMER, json!({"tags": ["a"]}));
    let request = patch.once("k").if_match(1);
    check(Scenario::new(existing(), request, &[CUSTOMER]), &[]).await;
}

#[tokio::test(start_paused = true)]
async fn a_customer_is_identified() {
    for before in [vec![], existing()] {
        let body = json!({"userId": "c1", "traits": {"vip": true}});
        let request = Call::post("/v1/identify", body).once("k");
        check(Scenario::new(before, request, &[CUSTOMER, LIST]), &[LIST]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_is_tracked() {
    for before in [vec![], existing()] {
        let body = json!({"userId": "c1", "event": "Visit", "messageId": "m1"});
        let request = Call::post("/v1/track", body).once("k");
        check(Scenario::new(before, request, &[CUSTOMER, LIST]), &[LIST]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_is_tracked() {
    let looks = [CUSTOMER, LIST, ACCOUNT, JOURNAL];
    for before in [vec![program()], existing()] {
        let mut body = order("c1", "o1");
        if let Some(body) = body.as_object_mut() {
            body.remove("type");
        }
        let request = Call::post("/v1/track", body).once("k");
        check(Scenario::new(before, request, &looks), &[]).await;
    }
}

/// What an order caused is carried out by the next one, too, though no tick came.
#[tokio::test(start_paused = true)]
async fn a_second_order_is_tracked_while_the_first_waits() {
    let mut before = existing();
    before.push(Call::post("/v1/batch", json!({"batch": [order("c1", "o1")]})).once("first"));
    let request = Call::post(
        "/v1/batch",
        json!({"batch": [order("c1", "o2"), order("c1", "o1")]}),
    );
    let looks = [CUSTOMER, LIST, ACCOUNT, JOURNAL];
    check(Scenario::new(before, request.once("k"), &looks), &[]).await;
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_taken() {
    let items = json!([
        order("c1", "o1"), order("c2", "o2"), {"type": "identify", "userId": "c3", "traits": {"a": 1}},
        {"type": "track", "userId": "c1", "event": "Visit"}, order("c2", "o3"), {"type": "alias", "userId": "c1"},
    ]);
    let request = Call::post("/v1/batch", json!({"batch": items})).once("k");
    let (c2, c3) = ("/v1/customers/c2", "/v1/customers/c3");
    let journal = "/v1/loyalty/accounts/c2/journal";
    let looks = [CUSTOMER, c2, c3, JOURNAL, journal];
    // Each customer is a commit of their own. Without `c1` in the store before, the numbers in the list depend on the crash.
    check(
        Scenario::new(existing(), request, &looks),
        &[CUSTOMER, c2, c3, JOURNAL, journal],
    )
    .await;
}

/// More orders than one commit of an account takes.
#[tokio::test(start_paused = true)]
async fn many_orders_of_one_customer_are_taken() {
    let items: Vec<Value> = (0..40).map(|n| order("c1", &format!("o{n}"))).collect();
    let request = Call::post("/v1/batch", json!({"batch": items})).once("k");
    check(
        Scenario::new(existing(), request, &[CUSTOMER, ACCOUNT, JOURNAL]),
        &[],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_becomes_of_an_order_is_tracked() {
    let looks = [CUSTOMER, LIST, ACCOUNT, JOURNAL];
    let mut before = existing();
    let points = json!({"points": 50, "key": "points"});
    before.push(Call::post("/v1/loyalty/accounts/c1/earn", points));
    before.push(Call::post("/v1/batch", json!({"batch": [order("c1", "o1")]})).once("first"));
    for (event, properties) in [
        ("Order Placed", json!({"order_id": "o2", "points_used": 20})),
        (
            "Order Refunded",
            json!({"order_id": "o1", "refund_id": "r1", "refund": 6.17}),
        ),
        ("Order Cancelled", json!({"order_id": "o1"})),
    ] {
        let body = json!({"userId": "c1", "event": event, "properties": properties, "timestamp": "2026-11-20T11:00:00Z"});
        let request = Call::post("/v1/track", body).once("k");
        check(Scenario::new(before.clone(), request, &looks), &[]).await;
    }
}
