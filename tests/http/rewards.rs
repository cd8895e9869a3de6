//! `/v1/loyalty/rewards…`, `…/redeem`, `/v1/loyalty/vouchers/…`

use std::collections::BTreeSet;

use futures::future::join_all;
use rapport_tests::host::Options;
use rapport_tests::redis::Redis;
use rapport_tests::{Host, Shop};
use serde_json::{Value, json};

async fn with_points(shop: &Shop, customers: usize) {
    for n in 0..customers {
        let path = format!("/v1/loyalty/accounts/c{n}/earn");
        shop.post(&path, json!({"points": 100, "key": "e"}))
            .await
            .ok();
    }
}

/// Fifty customers at once want one of seven: seven have one, and paid for it.
async fn seven_of_fifty(shop: &Shop) {
    with_points(shop, 50).await;
    let mug = json!({"name": "Mug", "points": 60, "stock": 7});
    shop.put("/v1/loyalty/rewards/mug", mug).await.ok();
    let wishes = (0..50).map(|n| {
        let shop = shop.clone();
        async move {
            let path = format!("/v1/loyalty/accounts/c{n}/redeem");
            let body = json!({"reward": "mug", "key": "k"});
            (n, shop.post_patiently(&path, &body).await)
        }
    });
    let answers = join_all(wishes).await;
    let mut codes = BTreeSet::new();
    for (n, answered) in answers {
        let account = format!("/v1/loyalty/accounts/c{n}");
        let balance = shop.get(&account).await.ok()["balance"].clone();
        let vouchers = shop.list(&format!("{account}/vouchers"), 10).await;
        if answered.status.is_success() {
            let code = answered.body["voucher"]["code"].clone();
            assert_eq!(
                (&balance["active"], &balance["spent"]),
                (&json!(40), &json!(60))
            );
            assert_eq!(vouchers.len(), 1);
            assert_eq!(vouchers[0]["code"], code);
            assert!(codes.insert(code.to_string()));
        } else {
            assert_eq!(answered.problem(), (409, "out_of_stock"));
            assert_eq!(
                (&balance["active"], &balance["held"]),
                (&json!(100), &json!(0))
            );
            assert_eq!(vouchers.len(), 0);
        }
    }
    assert_eq!(codes.len(), 7);
    let mug = shop.get("/v1/loyalty/rewards/mug").await.ok();
    assert_eq!((&mug["redeemed"], &mug["left"]), (&json!(7), &json!(0)));
}

/// Fifty tills at once use one voucher, each with a key of its own: one may.
async fn one_of_fifty_uses(shop: &Shop) {
    with_points(shop, 1).await;
    let tea = json!({"name": "Tea", "points": 10, "voucher": {"valid_for": {"days": 30}}});
    shop.put("/v1/loyalty/rewards/tea", tea).await.ok();
    let body = json!({"reward": "tea", "key": "tea"});
    let redeemed = shop.post("/v1/loyalty/accounts/c0/redeem", body).await.ok();
    let code = redeemed["voucher"]["code"]
        .as_str()
        .unwrap_or("")
        .to_owned();
    let uses = (0..50).map(|n| {
        let (shop, code) = (shop.clone(), code.clone());
        async move {
            let path = format!("/v1/loyalty/vouchers/{code}/use");
            let body = json!({"key": format!("till {n}"), "order_id": format!("A-{n}")});
            shop.post_patiently(&path, &body).await
        }
    });
    let answers = join_all(uses).await;
    let used = answers
        .iter()
        .filter(|answered| answered.status.is_success());
    assert_eq!(used.count(), 1);
    for refused in answers
        .iter()
        .filter(|answered| !answered.status.is_success())
    {
        assert_eq!(refused.problem(), (409, "voucher_unusable"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_who_redeem_at_once_a_reward_with_stock_seven_seven_have_a_voucher() {
    let shared = Options::default().argument("--instance-concurrency=16");
    for host in [Host::start(), shared.start()] {
        seven_of_fifty(&host.shop()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_who_use_one_voucher_at_once_one_does() {
    let shared = Options::default().argument("--instance-concurrency=16");
    for host in [Host::start(), shared.start()] {
        one_of_fifty_uses(&host.shop()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rewards_and_vouchers_are_as_exact_over_redis() {
    let Some(redis) = Redis::start() else { return };
    let host = redis.options().start();
    seven_of_fifty(&host.shop()).await;
    one_of_fifty_uses(&host.shop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_repetitions_of_one_redemption_and_of_its_cancellation_are_one_each() {
    let host = Host::start();
    let shop = host.shop();
    with_points(&shop, 1).await;
    let mug = json!({"name": "Mug", "points": 60, "stock": 2});
    shop.put("/v1/loyalty/rewards/mug", mug).await.ok();
    let same = |path: String, body: Value| {
        let shop = shop.clone();
        async move { shop.post_patiently(&path, &body).await.ok() }
    };
    let body = json!({"reward": "mug", "key": "k"});
    let path = "/v1/loyalty/accounts/c0/redeem";
    let all = join_all((0..20).map(|_| same(path.to_owned(), body.clone()))).await;
    for one in &all {
        assert_eq!(one, &all[0]);
    }
    let mug = shop.get("/v1/loyalty/rewards/mug").await.ok();
    assert_eq!((&mug["redeemed"], &mug["left"]), (&json!(1), &json!(1)));
    let code = all[0]["voucher"]["code"].as_str().unwrap_or("").to_owned();
    let path = format!("/v1/loyalty/vouchers/{code}/cancel");
    join_all((0..20).map(|_| same(path.clone(), json!({"key": "refund"})))).await;
    let balance = shop.get("/v1/loyalty/accounts/c0").await.ok()["balance"].clone();
    assert_eq!(
        (&balance["active"], &balance["spent"]),
        (&json!(100), &json!(0))
    );
    let mug = shop.get("/v1/loyalty/rewards/mug").await.ok();
    assert_eq!((&mug["redeemed"], &mug["left"]), (&json!(0), &json!(2)));
    let audit = shop.get("/v1/loyalty/accounts/c0/audit").await.ok();
    assert_eq!(audit["ok"], true, "{audit}");
}

#[tokio::test]
async fn a_redemption_outlives_a_host_that_is_killed_and_costs_what_the_list_of_costs_says() {
    let mut host = Host::start();
    let shop = host.shop();
    with_points(&shop, 2).await;
    let mug = json!({"name": "Mug", "points": 20, "stock": 7});
    shop.put("/v1/loyalty/rewards/mug", mug).await.ok();
    let path = "/v1/loyalty/accounts/c0/redeem";
    // The first of its kind creates the stock, the timer's slot, and what is parked.
    shop.post(path, json!({"reward": "mug", "key": "a"}))
        .await
        .ok();
    shop.post(path, json!({"reward": "mug", "key": "b"}))
        .await
        .ok();
    let body = json!({"reward": "mug", "key": "c"});
    let redeemed = shop.post(path, body.clone()).await;
    // Hold, claim, capture 2, voucher 3, its place in the list 2, and the claim settled: the account's timer is set.
    assert_eq!(redeemed.durable_writes(), 10);
    let redeemed = redeemed.ok();
    let code = redeemed["voucher"]["code"]
        .as_str()
        .unwrap_or("")
        .to_owned();
    let used = shop
        .post(
            &format!("/v1/loyalty/vouchers/{code}/use"),
            json!({"key": "t"}),
        )
        .await;
    assert_eq!(used.durable_writes(), 1);
    used.ok();
    host.restart();
    let shop = host.shop();
    assert_eq!(shop.post(path, body).await.ok(), redeemed);
    let path = format!("/v1/loyalty/vouchers/{code}");
    let voucher = shop.get(&path).await;
    assert_eq!(voucher.durable_writes(), 0);
    assert_eq!(voucher.ok()["state"], "used");
}
