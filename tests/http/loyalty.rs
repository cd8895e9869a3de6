//! `/v1/loyalty/…`

use futures::future::join_all;
use rapport_tests::Host;
use serde_json::json;

#[tokio::test]
async fn a_tracked_order_earns_once_and_a_reversal_takes_it_back() {
    let host = Host::start();
    let shop = host.shop();
    shop.with_program().await;
    shop.customer("c1")
        .with_order(250, "2026-11-20T12:00:00+08:00")
        .create()
        .await;
    let tier = shop.get("/v1/loyalty/accounts/c1/tier").await.ok();
    assert_eq!(tier["tier"], "silver", "{tier}");
    assert_eq!(tier["next"], json!({"tier": "gold", "missing": 250}));

    // The same order, reported by the shop's till.
    let order = json!({"order_id": "c1-0", "money": {"amount": 25_000, "currency": "CNY"}});
    let again = shop.post("/v1/loyalty/accounts/c1/earn", order).await;
    assert_eq!(
        again.header("idempotency-replayed"),
        Some("true"),
        "{}",
        again.body
    );
    let transaction = again.ok()["transaction"].clone();

    let spent = shop
        .post(
            "/v1/loyalty/accounts/c1/spend",
            json!({"points": 40, "key": "s"}),
        )
        .await
        .ok();
    assert_eq!(spent["balance"]["active"], 210);
    let part = shop
        .post(
            "/v1/loyalty/accounts/c1/reverse",
            json!({"transaction": spent["transaction"], "points": 15}),
        )
        .await
        .ok();
    assert_eq!(part["balance"]["active"], 225, "{part}");
    let back = shop
        .post(
            "/v1/loyalty/accounts/c1/reverse",
            json!({"transaction": transaction}),
        )
        .await
        .ok();
    assert_eq!(
        (&back["balance"]["active"], &back["tier"]),
        (&json!(0), &json!("bronze")),
        "{back}"
    );

    let journal = shop.list("/v1/loyalty/accounts/c1/journal", 3).await;
    assert_eq!(journal.len(), 4, "{journal:?}");
}

#[tokio::test]
async fn an_order_from_before_there_was_a_programme_earns_nothing_whatever_comes_later() {
    let host = Host::start();
    let shop = host.shop();
    shop.customer("c1")
        .with_order(250, "2026-11-19T12:00:00+08:00")
        .create()
        .await;
    shop.with_program().await;
    shop.post("/v1/track", json!({"userId": "c1", "event": "viewed"}))
        .await
        .ok();
    let order = json!({
        "userId": "c1", "event": "Order Completed",
        "properties": {"order_id": "second", "total": 30, "currency": "CNY"},
    });
    shop.post("/v1/track", order).await.ok();
    assert_eq!(
        shop.get("/v1/loyalty/accounts/c1").await.ok()["balance"]["active"],
        30
    );
}

#[tokio::test]
async fn what_is_spent_stays_spent_when_the_host_is_killed() {
    let mut host = Host::start();
    host.shop()
        .post(
            "/v1/loyalty/accounts/c1/earn",
            json!({"points": 100, "key": "e"}),
        )
        .await
        .ok();
    for n in 0..3 {
        let body = json!({"points": 10, "key": format!("s{n}")});
        host.shop()
            .post("/v1/loyalty/accounts/c1/spend", body.clone())
            .await
            .ok();
        host.restart();
        let again = host
            .shop()
            .post("/v1/loyalty/accounts/c1/spend", body)
            .await;
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
    }
    let account = host.shop().get("/v1/loyalty/accounts/c1").await.ok();
    assert_eq!(account["balance"]["active"], 70, "{account}");
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_and_changes_nothing() {
    let host = Host::start();
    let shop = host.shop();
    shop.post(
        "/v1/loyalty/accounts/c1/earn",
        json!({"points": 100, "key": "e"}),
    )
    .await
    .ok();
    let dry = shop
        .post(
            "/v1/loyalty/accounts/c1/spend?dry_run=true",
            json!({"points": 60}),
        )
        .await
        .ok();
    assert_eq!(dry["balance"]["active"], 40);
    let dry = shop
        .post(
            "/v1/loyalty/accounts/c1/spend?dry_run=true",
            json!({"points": 101}),
        )
        .await;
    assert_eq!(dry.problem(), (409, "insufficient_points"));
    assert_eq!(
        shop.get("/v1/loyalty/accounts/c1").await.ok()["balance"]["active"],
        100
    );
}

/// Of twenty at once who each want all of the hundred points, one gets them.
#[tokio::test(flavor = "multi_thread")]
async fn twenty_parallel_spends_or_holds_of_all_points_are_one() {
    let host = Host::start();
    let shop = host.shop();
    for what in ["spend", "authorize"] {
        let account = format!("/v1/loyalty/accounts/{what}");
        let earn = json!({"points": 100, "key": "e"});
        shop.post(&format!("{account}/earn"), earn).await.ok();
        let tries = (0..20).map(|n| {
            let (shop, path) = (shop.clone(), format!("{account}/{what}"));
            async move {
                let body = json!({"points": 100, "key": format!("try {n}")});
                shop.post(&path, body).await
            }
        });
        let (won, lost): (Vec<_>, Vec<_>) = join_all(tries)
            .await
            .into_iter()
            .partition(|answered| answered.status.is_success());
        assert_eq!(won.len(), 1, "{what}");
        for refused in lost {
            assert_eq!(refused.problem(), (409, "insufficient_points"));
        }
        let balance = shop.get(&account).await.ok()["balance"].clone();
        assert_eq!(balance["active"], 0, "{balance}");
        let gone = if what == "spend" { "spent" } else { "held" };
        assert_eq!(balance[gone], 100, "{balance}");
    }
}

#[tokio::test]
async fn a_hold_is_released_by_the_tick_though_nobody_asks() {
    let host = Host::start();
    let shop = host.shop();
    let earn = json!({"points": 100, "key": "e"});
    shop.post("/v1/loyalty/accounts/c1/earn", earn).await.ok();
    let body = json!({"points": 60, "key": "h"});
    let hold = shop.post("/v1/loyalty/accounts/c1/authorize", body).await;
    let hold = hold.ok();
    let rev = shop.get("/v1/loyalty/accounts/c1").await.ok()["rev"].clone();
    let later = shop.at("2026-11-21T13:00:00+08:00");
    later.post("/v1/tick", json!({})).await.ok();
    let account = later.get("/v1/loyalty/accounts/c1").await.ok();
    assert_eq!(
        (&account["balance"]["active"], &account["balance"]["held"]),
        (&json!(100), &json!(0))
    );
    assert!(account["rev"].as_u64() > rev.as_u64(), "written down");
    let of = json!({"transaction": hold["transaction"]});
    let late = later.post("/v1/loyalty/accounts/c1/capture", of).await;
    assert_eq!(late.problem(), (409, "hold_expired"));
}

/// Two who send to each other at once do not wait for each other, and no point is made or lost.
#[tokio::test(flavor = "multi_thread")]
async fn two_customers_send_points_to_each_other_at_once() {
    let host = Host::start();
    let shop = host.shop();
    for customer in ["anna", "bo"] {
        let earn = json!({"points": 100, "key": "e"});
        let path = format!("/v1/loyalty/accounts/{customer}/earn");
        shop.post(&path, earn).await.ok();
    }
    let sends = (0..20).map(|n| {
        let (from, to) = [("anna", "bo"), ("bo", "anna")][n % 2];
        let (shop, path) = (
            shop.clone(),
            format!("/v1/loyalty/accounts/{from}/transfer"),
        );
        async move {
            let body = json!({"to": to, "points": 9, "key": format!("t{n}")});
            let first = shop.post(&path, body.clone()).await;
            let again = shop.post(&path, body).await;
            assert_eq!(first.body, again.body);
            first.ok()
        }
    });
    join_all(sends).await;
    for customer in ["anna", "bo"] {
        let path = format!("/v1/loyalty/accounts/{customer}");
        let balance = shop.get(&path).await.ok()["balance"].clone();
        // Ten went, ten came.
        assert_eq!(
            (&balance["active"], &balance["held"]),
            (&json!(100), &json!(0))
        );
        let audit = shop.get(&format!("{path}/audit")).await.ok();
        assert_eq!(
            (&audit["ok"], &audit["sum"]),
            (&json!(true), &json!(100)),
            "{audit}"
        );
        // Earn, and ten times each: set aside, sent, received.
        assert_eq!(audit["checked"]["entries"], 31);
    }
}

#[tokio::test]
async fn requests_cost_as_many_writes_as_the_design_says() {
    let host = Host::start();
    let shop = host.shop();
    shop.with_program().await;
    shop.customer("c1").with_orders(2).create().await;
    shop.get("/v1/loyalty/accounts/c1").await.ok();
    let earn = shop
        .post(
            "/v1/loyalty/accounts/c1/earn",
            json!({"points": 5, "key": "e"}),
        )
        .await;
    assert_eq!(earn.durable_writes(), 1);
    let spend = shop
        .post(
            "/v1/loyalty/accounts/c1/spend",
            json!({"points": 5, "key": "s"}),
        )
        .await;
    assert_eq!(spend.durable_writes(), 1);
    let account = "/v1/loyalty/accounts/c1";
    let body = json!({"points": 5, "expires_in": "1h", "key": "h"});
    let hold = shop.post(&format!("{account}/authorize"), body).await;
    // The account, parking (in a fresh document: 3), and a timer where there was none yet (9).
    assert_eq!(hold.durable_writes(), 13);
    let of = hold.ok()["transaction"].clone();
    let body = json!({"points": 5, "expires_in": "2h", "key": "later"});
    let hold = shop.post(&format!("{account}/authorize"), body).await;
    // Nothing is due before, so the timer that is set will do.
    assert_eq!(hold.durable_writes(), 1);
    let capture = json!({"transaction": of, "key": "c"});
    let capture = shop.post(&format!("{account}/capture"), capture).await;
    assert_eq!(capture.durable_writes(), 1);
    let event = shop
        .post("/v1/track", json!({"userId": "c1", "event": "viewed"}))
        .await;
    assert_eq!(event.durable_writes(), 1);
    let update = shop
        .patch("/v1/customers/c1", json!({"traits": {"city": "上海"}}))
        .await;
    assert_eq!(update.durable_writes(), 1);
    let order = json!({"userId": "c1", "event": "order_completed", "properties": {"order_id": "x", "total": 9, "currency": "CNY"}});
    // The customer, the account that the order earns in, and parking.
    assert_eq!(shop.post("/v1/track", order).await.durable_writes(), 3);
    for path in [
        "/v1/loyalty/accounts/c1/tier",
        "/v1/loyalty/accounts/c1",
        "/v1/segments/memberships/c1",
        "/v1/customers/c1",
    ] {
        let read = shop.get(path).await;
        assert_eq!(read.durable_writes(), 0, "{path}");
    }
}
