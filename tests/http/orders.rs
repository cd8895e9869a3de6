//! An order's life, from a shop system's `track` to the customer's totals and points.

use futures::future::join_all;
use rapport_tests::{Host, Shop};
use serde_json::{Value, json};

/// A point per yuan, and three tiers by money.
async fn open(shop: &Shop) {
    let program = json!({
        "points": {"per": {"amount": 100, "currency": "CNY"}, "points": 1, "expires_after": {"months": 12}},
        "tiers": [
            {"id": "silver", "name": "Silver", "at_least": 10_000, "by": "spend", "window": "365d"},
            {"id": "gold", "name": "Gold", "at_least": 50_000, "by": "spend", "window": "365d"},
        ],
        "rules": [{"id": "launch", "name": "Launch", "points": 10, "caps": {"per_campaign": 25}}],
    });
    shop.put("/v1/loyalty/program", program).await.ok();
    shop.put("/v1/customers/c1", json!({"traits": {}}))
        .await
        .ok();
    let gift = json!({"points": 500, "key": "gift"});
    shop.post("/v1/loyalty/accounts/c1/earn", gift).await.ok();
}

fn call(event: &str, properties: Value) -> Value {
    json!({"userId": "c1", "event": event, "properties": properties, "timestamp": "2026-11-20T10:00:00+08:00"})
}

/// active, held, spent; orders and minor units spent.
async fn stand(shop: &Shop) -> ([i64; 3], u64, i64) {
    let balance = shop.get("/v1/loyalty/accounts/c1").await.ok()["balance"].clone();
    let points = ["active", "held", "spent"].map(|name| balance[name].as_i64().unwrap());
    let totals = shop.get("/v1/customers/c1").await.ok()["totals"].clone();
    let spent = totals["spend"]["amount"].as_i64().unwrap_or(0);
    (points, totals["orders"].as_u64().unwrap(), spent)
}

#[tokio::test]
async fn an_order_s_life_moves_totals_and_points() {
    let host = Host::start();
    let shop = host.shop();
    open(&shop).await;
    let paid = json!({"order_id": "o1", "total": "120.50", "currency": "CNY"});
    let refund =
        |id: &str, amount: &str| json!({"order_id": "o1", "refund_id": id, "refund": amount});
    let placed = json!({"order_id": "o1", "points_used": 200});
    // A point a yuan, 10 of the launch; a fifth of 130 and of 200 is back: 24.10 of 120.50.
    for (event, properties, status, expected) in [
        ("Order Placed", placed, "applied", ([300, 200, 0], 0, 0)),
        (
            "Order Paid",
            paid.clone(),
            "applied",
            ([430, 0, 200], 1, 12_050),
        ),
        (
            "Order Completed",
            paid,
            "duplicate",
            ([430, 0, 200], 1, 12_050),
        ),
        (
            "Order Refunded",
            refund("r1", "24.10"),
            "applied",
            ([444, 0, 160], 1, 9_640),
        ),
        (
            "Order Refunded",
            refund("r1", "24.10"),
            "duplicate",
            ([444, 0, 160], 1, 9_640),
        ),
        (
            "Order Cancelled",
            json!({"order_id": "o1"}),
            "applied",
            ([500, 0, 0], 0, 0),
        ),
    ] {
        let answer = shop.post("/v1/track", call(event, properties)).await.ok();
        assert_eq!(answer["status"], status, "{event}");
        assert_eq!(stand(&shop).await, expected, "{event}");
    }
    let audit = shop.get("/v1/loyalty/accounts/c1/audit").await.ok();
    assert_eq!(
        (&audit["complete"], &audit["differs"]),
        (&json!(true), &Value::Null),
        "{audit}"
    );
    // Silver came with the order, and went with the refund below 100 yuan.
    let events = shop.get("/v1/customers/c1").await.ok()["totals"]["events"].clone();
    assert_eq!(events["tier_changed"]["count"], 2);
    assert_eq!(events["order_completed"]["count"], 1);
}

#[tokio::test]
async fn what_is_wrong_with_an_order_s_event_is_named() {
    let host = Host::start();
    let shop = host.shop();
    open(&shop).await;
    let paid = json!({"order_id": "o1", "total": 10, "currency": "CNY"});
    shop.post("/v1/track", call("Order Paid", paid)).await.ok();
    for (event, properties, pointer, code) in [
        (
            "Order Refunded",
            json!({"refund": 1}),
            "/properties/order_id",
            "required",
        ),
        (
            "Order Refunded",
            json!({"order_id": "o1", "refund": 1, "currency": "USD"}),
            "/properties/currency",
            "other_currency",
        ),
        (
            "Order Cancelled",
            json!({}),
            "/properties/order_id",
            "required",
        ),
        (
            "Order Placed",
            json!({"order_id": "o2", "points_used": "many"}),
            "/properties/points_used",
            "wrong_type",
        ),
        ("Tier Changed", json!({}), "/event", "reserved"),
    ] {
        let refused = shop.post("/v1/track", call(event, properties)).await;
        assert_eq!(refused.status, 422, "{event}");
        let error = &refused.body["errors"][0];
        assert_eq!(
            (&error["pointer"], &error["code"]),
            (&json!(pointer), &json!(code)),
            "{event}"
        );
    }
}

#[tokio::test]
async fn the_events_of_an_order_at_once_and_repeated_end_in_the_same() {
    let host = Host::start();
    let shop = host.shop();
    open(&shop).await;
    let events = [
        call(
            "Order Placed",
            json!({"order_id": "o1", "points_used": 200}),
        ),
        call(
            "Order Paid",
            json!({"order_id": "o1", "total": 100, "currency": "CNY"}),
        ),
        call(
            "Order Completed",
            json!({"order_id": "o1", "total": 100, "currency": "CNY"}),
        ),
        call(
            "Order Refunded",
            json!({"order_id": "o1", "refund_id": "r1", "refund": 25}),
        ),
        call(
            "Order Refunded",
            json!({"order_id": "o1", "refund_id": "r2", "refund": 25}),
        ),
    ];
    let calls = (0..20).map(|n| {
        let (shop, event) = (shop.clone(), events[n % events.len()].clone());
        async move { shop.post("/v1/track", event).await.ok() }
    });
    join_all(calls).await;
    // 500 - 200 + 110, and half of both back.
    assert_eq!(
        stand(&shop).await,
        ([500 - 200 + 110 + 100 - 55, 0, 100], 1, 5_000)
    );
}

#[tokio::test]
async fn a_campaign_gives_no_more_than_it_has_to_customers_at_once() {
    let host = Host::start();
    let shop = host.shop();
    open(&shop).await;
    let earns = (0..20).map(|n| {
        let shop = shop.clone();
        async move {
            let body =
                json!({"order_id": format!("o{n}"), "money": {"amount": 100, "currency": "CNY"}});
            let path = format!("/v1/loyalty/accounts/customer{}/earn", n % 10);
            shop.post(&path, body).await.ok()["points"]
                .as_i64()
                .unwrap()
        }
    });
    let given: i64 = join_all(earns).await.into_iter().sum();
    assert_eq!(given, 20 + 25);
    let campaigns = shop.get("/v1/loyalty/program/campaigns").await.ok();
    let expected =
        json!({"items": [{"rule": "launch", "per_campaign": 25, "given": 25, "left": 0}]});
    assert_eq!(campaigns, expected);
    let dry = json!({"money": {"amount": 100, "currency": "CNY"}});
    let dry = shop
        .post("/v1/loyalty/accounts/c1/earn?dry_run=true", dry)
        .await
        .ok();
    assert_eq!(
        dry["breakdown"][1],
        json!({"source": "rule", "id": "launch", "points": 0, "why": "cap_per_campaign"})
    );
}
