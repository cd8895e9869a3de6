//! `/v1/loyalty/…`: earning by rules, and tiers that are kept and given.

use futures::future::join_all;
use rapport_tests::{Host, Shop};
use serde_json::{Value, json};

/// A point per yuan, and these rules.
async fn with_rules(shop: &Shop, rules: Value) {
    let program = json!({
        "points": {"per": {"amount": 100, "currency": "CNY"}, "points": 1},
        "tiers": [
            {"id": "silver", "name": "Silver", "at_least": 100, "by": "points", "window": "calendar_year"},
            {"id": "gold", "name": "Gold", "at_least": 500, "by": "points", "window": "calendar_year",
             "benefits": {"multiplier": 2, "discount_percent": 10}},
        ],
        "tier_policy": {"keep": "end_of_next_year"},
        "rules": rules,
    });
    shop.put("/v1/loyalty/program", program).await.ok();
}

async fn active(shop: &Shop, customer: &str) -> Value {
    let path = format!("/v1/loyalty/accounts/{customer}");
    shop.get(&path).await.ok()["balance"]["active"].clone()
}

#[tokio::test]
async fn what_is_tracked_earns_by_the_rules() {
    let host = Host::start();
    let shop = host.shop();
    with_rules(
        &shop,
        json!([
            {"id": "welcome", "name": "Welcome", "when": "sign_up", "points": 50},
            {"id": "review", "name": "A review with a picture", "when": {"event": "Review Posted"}, "points": 20,
             "where": {"field": "properties.picture", "is": "eq", "value": true}, "caps": {"per_day": 30}},
            {"id": "shoes", "name": "Shoes twice", "multiplier": 2, "items": {"field": "category", "is": "eq", "value": "shoes"}},
            {"id": "vip", "name": "VIPs", "points": 5, "condition": {"tag": "vip"}},
        ]),
    )
    .await;
    shop.put("/v1/customers/c1", json!({"traits": {}}))
        .await
        .ok();
    assert_eq!(active(&shop, "c1").await, 50);
    shop.patch("/v1/customers/c1", json!({"tags": ["vip"]}))
        .await
        .ok();
    let review = |message: &str, picture: bool| json!({"userId": "c1", "event": "Review Posted", "messageId": message, "properties": {"picture": picture}});
    for (message, picture, points) in [
        ("1", true, 70),
        ("1", true, 70),
        ("2", false, 70),
        ("3", true, 80),
        ("4", true, 80),
    ] {
        shop.post("/v1/track", review(message, picture)).await.ok();
        assert_eq!(active(&shop, "c1").await, points, "{message}");
    }
    // 100 yuan, 40 of them shoes: 100 + 40 + 5.
    let products = json!([{"category": "shoes", "price": 40}, {"category": "hats", "price": 60}]);
    let order = json!({"userId": "c1", "event": "Order Completed",
        "properties": {"order_id": "o1", "total": 100, "currency": "CNY", "products": products}});
    shop.post("/v1/track", order).await.ok();
    assert_eq!(active(&shop, "c1").await, 225);
    // The till reports the same order, and asks what another would earn.
    let till = json!({"order_id": "o1", "money": {"amount": 10_000, "currency": "CNY"}});
    let again = shop.post("/v1/loyalty/accounts/c1/earn", till).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let breakdown = json!([
        {"source": "base", "points": 100},
        {"source": "rule", "id": "shoes", "points": 40},
        {"source": "rule", "id": "vip", "points": 5},
    ]);
    assert_eq!(again.ok()["breakdown"], breakdown);
    let dry = json!({"money": {"amount": 10_000, "currency": "CNY"}});
    let dry = shop
        .post("/v1/loyalty/accounts/c1/earn?dry_run=true", dry)
        .await
        .ok();
    assert_eq!(
        (&dry["points"], &dry["skipped"]),
        (&json!(105), &json!([{"id": "shoes", "why": "items"}]))
    );
    assert_eq!(active(&shop, "c1").await, 225);
}

#[tokio::test]
async fn twenty_at_once_never_get_more_than_the_cap() {
    let host = Host::start();
    let shop = host.shop();
    with_rules(
        &shop,
        json!([{"id": "like", "name": "Like", "when": {"event": "liked"}, "points": 20, "caps": {"per_day": 90}}]),
    )
    .await;
    let likes = (0..20).map(|n| {
        let body = json!({"event": "liked", "key": n.to_string()});
        shop.post("/v1/loyalty/accounts/c1/earn", body)
    });
    let given: Vec<i64> = join_all(likes)
        .await
        .into_iter()
        .map(|answered| answered.ok()["points"].as_i64().unwrap_or(-1))
        .collect();
    let sum: i64 = given.iter().sum();
    assert_eq!(
        (sum, active(&shop, "c1").await),
        (90, json!(90)),
        "{given:?}"
    );
    let mut sorted = given.clone();
    sorted.sort_unstable();
    assert_eq!(sorted[14..], [0, 10, 20, 20, 20, 20]);
}

#[tokio::test]
async fn a_tier_is_kept_given_and_told_with_what_it_brings() {
    let host = Host::start();
    let shop = host.shop();
    with_rules(&shop, json!([])).await;
    let order = |id: &str, amount: i64| json!({"order_id": id, "money": {"amount": amount, "currency": "CNY"}});
    shop.post("/v1/loyalty/accounts/c1/earn", order("1", 20_000))
        .await
        .ok();
    let tier = shop.get("/v1/loyalty/accounts/c1/tier").await.ok();
    let expected = json!({
        "customer": "c1", "tier": "silver", "since": "2026-11-21T04:00:00Z", "until": "2027-12-31T16:00:00Z",
        "next": {"tier": "gold", "missing": 300},
        "keep": {"missing": 100, "from": "2026-12-31T16:00:00Z", "by": "2027-12-31T16:00:00Z"},
    });
    assert_eq!(tier, expected);
    let given = json!({"tier": "gold", "until": "2026-12-24", "reason": "guest"});
    let given = shop.put("/v1/loyalty/accounts/c1/tier", given).await;
    // The account; parking and a timer, both the first of this store, as the tier ends. Nobody said that c1 is a customer, and so nobody hears.
    assert_eq!(given.durable_writes(), 9);
    assert_eq!(given.ok()["until"], "2026-12-24T16:00:00Z");
    // Gold doubles: 2 * 10.
    assert_eq!(
        shop.post("/v1/loyalty/accounts/c1/earn", order("2", 1_000))
            .await
            .ok()["points"],
        20
    );
    let tier = shop.get("/v1/loyalty/accounts/c1/tier").await.ok();
    assert_eq!(
        (&tier["manual"], &tier["benefits"]["discount_percent"]),
        (&json!(true), &json!(10))
    );
    let later = shop.at("2026-12-25T00:00:00+08:00");
    assert_eq!(
        later.get("/v1/loyalty/accounts/c1/tier").await.ok()["tier"],
        "silver"
    );
    let history = later.list("/v1/loyalty/accounts/c1/tier/history", 1).await;
    assert_eq!(history.len(), 2, "{history:?}");
    assert_eq!(history[0]["manual"], true);
}
