//! `POST /v1/tick`

use rapport_tests::host::Options;
use rapport_tests::{Host, Shop};
use serde_json::{Value, json};

/// What a tick answers at a moment, called again until there is no more.
async fn tick(shop: &Shop, at: &str) -> Value {
    loop {
        let ticked = shop.at(at).post("/v1/tick", json!({})).await.ok();
        if ticked["more"] == false {
            return ticked;
        }
    }
}

#[tokio::test]
async fn what_expires_is_written_down_though_nobody_asks() {
    let host = Host::start();
    let shop = host.shop();
    let program = json!({
        "points": {
            "per": {"amount": 100, "currency": "CNY"},
            "points": 1,
            "expires_after": {"days": 30},
        },
        "tiers": [],
    });
    shop.put("/v1/loyalty/program", program).await.ok();
    let earn = json!({"order_id": "o", "money": {"amount": 4_200, "currency": "CNY"}});
    shop.post("/v1/loyalty/accounts/c/earn", earn).await.ok();

    // The last parking of an instance is left to the tick; here there is nothing more to it.
    assert_eq!(tick(&shop, "2026-11-21T12:00:00+08:00").await["failed"], 0);
    // The day turns and the points come within 30 days of their end, which the account tells the customer.
    assert_eq!(tick(&shop, "2026-11-23T12:00:00+08:00").await["done"], 1);
    // Again what is left is a parking, that of the commit by which the customer was told.
    assert_eq!(tick(&shop, "2026-11-23T12:00:00+08:00").await["failed"], 0);
    // Nothing else is due yet, and the answer says when something will be.
    let early = tick(&shop, "2026-12-20T12:00:00+08:00").await;
    assert_eq!(early["done"], 0, "{early}");
    let due = early["next_due"].as_str().unwrap_or_default();
    assert!(due.starts_with("2026-12-2"), "{early}");

    let at = "2026-12-22T00:00:00+08:00";
    let ticked = tick(&shop, at).await;
    assert_eq!((&ticked["done"], &ticked["failed"]), (&json!(1), &json!(0)));
    // Written down: who reads at an earlier moment sees the entry, too.
    let journal = shop.list("/v1/loyalty/accounts/c/journal", 10).await;
    assert_eq!(journal.len(), 2, "{journal:?}");
    assert_eq!(
        (&journal[0]["kind"], &journal[0]["points"]),
        (&json!("expire"), &json!(-42))
    );

    let again = tick(&shop, at).await;
    assert_eq!(
        (&again["done"], &again["next_due"]),
        (&json!(0), &Value::Null)
    );
    let journal = shop.list("/v1/loyalty/accounts/c/journal", 10).await;
    assert_eq!(journal.len(), 2, "{journal:?}");
}

/// The process ends with its n-th store operation, for every n that an order takes; nobody repeats the request.
#[tokio::test]
async fn wherever_a_crash_came_an_order_that_counts_has_earned_after_a_tick() {
    let mut host = Host::start();
    let shop = host.shop();
    shop.with_program().await;
    shop.customer("c1").with_orders(1).create().await;
    let (mut counted, mut answered) = (0, 0);
    for n in 1..200 {
        let crashing = Options::default().argument(&format!("--crash-after={n}"));
        host.restart_as(crashing);
        let properties = json!({"order_id": format!("o{n}"), "total": 100, "currency": "CNY"});
        let order = json!({"userId": "c1", "event": "order_completed", "properties": properties});
        let request = host
            .shop()
            .with_json(reqwest::Method::POST, "/v1/track", &order);
        answered += u32::from(Shop::try_send(request).await.is_ok());

        host.restart_as(Options::default());
        let shop = host.shop();
        tick(&shop, "2026-11-21T12:00:00+08:00").await;
        let orders = shop.get("/v1/customers/c1").await.ok()["totals"]["orders"].clone();
        let points = shop.get("/v1/loyalty/accounts/c1").await.ok()["balance"]["active"].clone();
        assert_eq!(points, json!(orders.as_u64().unwrap_or(0) * 100), "{n}");
        counted = orders.as_u64().unwrap_or(0);
        if answered == 2 {
            assert!(n > 8, "an order takes {n} operations");
            assert!(counted > 4, "{counted} orders counted");
            return;
        }
    }
    panic!("{answered} orders were answered, {counted} counted");
}

#[tokio::test]
async fn the_bundled_host_calls_it_by_itself() {
    let host = Options::default().tick("200ms").start();
    let shop = host.shop().at("2020-01-01T12:00:00+08:00");
    let program = json!({
        "points": {"per": {"amount": 100, "currency": "CNY"}, "points": 1, "expires_after": {"days": 1}},
        "tiers": [],
    });
    shop.put("/v1/loyalty/program", program).await.ok();
    shop.post(
        "/v1/loyalty/accounts/c/earn",
        json!({"points": 5, "key": "k"}),
    )
    .await
    .ok();
    // The host's tick comes without a clock of its own: it is now, and the points expired years ago.
    for _ in 0..100 {
        let journal = shop.list("/v1/loyalty/accounts/c/journal", 10).await;
        if journal.len() == 2 {
            assert_eq!(journal[0]["points"], -5);
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("ten seconds passed, and nothing was written down");
}

#[tokio::test]
async fn a_tick_needs_a_key_and_takes_no_body() {
    let host = Host::start();
    let shop = host.shop();
    let stranger = shop.with_key("").post("/v1/tick", json!({})).await;
    assert_eq!(
        (stranger.status.as_u16(), &stranger.body["code"]),
        (401, &json!("unauthorized"))
    );
    let wrong = shop.post("/v1/tick", json!({"at": "now"})).await;
    assert_eq!(
        (wrong.status.as_u16(), &wrong.body["code"]),
        (422, &json!("invalid_input"))
    );
    let read = shop.get("/v1/tick").await;
    assert_eq!(
        (read.status.as_u16(), read.header("allow")),
        (405, Some("POST"))
    );
}
