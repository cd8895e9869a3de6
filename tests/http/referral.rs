//! `/v1/loyalty/referrals`, `/v1/loyalty/accounts/{customer}/referral` and `…/referrals`.

use futures::future::join_all;
use rapport_tests::host::Options;
use rapport_tests::redis::Redis;
use rapport_tests::{Host, Shop};
use serde_json::{Value, json};

const CLAIM: &str = "/v1/loyalty/referrals";

async fn with_referral(shop: &Shop, referral: Value) {
    let program = json!({"points": {"per": {"amount": 100, "currency": "CNY"}, "points": 1}, "referral": referral});
    shop.put("/v1/loyalty/program", program).await.ok();
}

async fn code(shop: &Shop, customer: &str) -> String {
    let path = format!("/v1/loyalty/accounts/{customer}/referral");
    let made = shop.post(&path, json!({})).await.ok();
    made["code"].as_str().unwrap_or("").to_owned()
}

async fn active(shop: &Shop, customer: &str) -> Value {
    let path = format!("/v1/loyalty/accounts/{customer}");
    shop.get(&path).await.ok()["balance"]["active"].clone()
}

/// One claim twenty times at once, then twenty times in a row, with and without keys: both are paid once.
async fn paid_once(shop: &Shop, key: Option<&str>) {
    let (a, b) = match key {
        Some(_) => ("a-keyed", "b-keyed"),
        None => ("a", "b"),
    };
    let mut body = json!({"code": code(shop, a).await, "customer": b});
    if let Some(key) = key {
        body["key"] = json!(key);
    }
    let claims = (0..20).map(|_| shop.post_patiently(CLAIM, &body));
    let first = join_all(claims).await;
    for answered in &first {
        assert_eq!(answered.status, 200, "{}", answered.body);
        assert_eq!(answered.body["state"], "paid", "{}", answered.body);
        assert_eq!(answered.body["rewards"], first[0].body["rewards"]);
    }
    for _ in 0..20 {
        shop.post(CLAIM, body.clone()).await.ok();
    }
    assert_eq!(active(shop, a).await, 100);
    assert_eq!(active(shop, b).await, 50);
    for customer in [a, b] {
        let account = format!("/v1/loyalty/accounts/{customer}");
        let journal = shop.list(&format!("{account}/journal"), 50).await;
        assert_eq!(journal.len(), 1, "{journal:?}");
        let audit = shop.get(&format!("{account}/audit")).await.ok();
        assert_eq!(audit["ok"], true, "{audit}");
    }
    let path = format!("/v1/loyalty/accounts/{a}/referrals");
    assert_eq!(shop.list(&path, 7).await.len(), 1);
}

/// The order for which a referral is paid, twenty times at once.
async fn an_order_pays_once(shop: &Shop) {
    let terms =
        json!({"referrer": {"points": 100}, "referred": {"points": 50}, "on": {"order": 1}});
    with_referral(shop, terms).await;
    let body = json!({"code": code(shop, "c").await, "customer": "d"});
    assert_eq!(shop.post(CLAIM, body).await.ok()["state"], "waiting");
    let order = json!({"order_id": "o", "money": {"amount": 1000, "currency": "CNY"}});
    let path = "/v1/loyalty/accounts/d/earn";
    join_all((0..20).map(|_| shop.post_patiently(path, &order))).await;
    shop.post(path, order).await.ok();
    assert_eq!(active(shop, "c").await, 100);
    assert_eq!(active(shop, "d").await, 60);
}

/// A dozen at once by one referrer who may have five.
async fn caps_hold(shop: &Shop) {
    let terms =
        json!({"referrer": {"points": 100}, "referred": {"points": 1}, "caps": {"per_month": 5}});
    with_referral(shop, terms).await;
    let code = code(shop, "e").await;
    let claims = (0..12).map(|n| {
        let (shop, code) = (shop.clone(), code.clone());
        async move {
            let body = json!({"code": code, "customer": format!("f{n}")});
            shop.post_patiently(CLAIM, &body).await.ok()
        }
    });
    let answers = join_all(claims).await;
    let capped = answers
        .iter()
        .filter(|answer| answer["rewards"]["referrer"]["state"] == "capped");
    assert_eq!(capped.count(), 7);
    assert_eq!(active(shop, "e").await, 500);
    let listed = shop.list("/v1/loyalty/accounts/e/referrals", 5).await;
    assert_eq!(listed.len(), 12);
}

async fn all(shop: &Shop) {
    with_referral(
        shop,
        json!({"referrer": {"points": 100}, "referred": {"points": 50}}),
    )
    .await;
    paid_once(shop, None).await;
    paid_once(shop, Some("k")).await;
    an_order_pays_once(shop).await;
    caps_hold(shop).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_referral_that_is_claimed_twenty_times_is_paid_once() {
    let shared = Options::default().argument("--instance-concurrency=16");
    for host in [Host::start(), shared.start()] {
        all(&host.shop()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn referrals_are_as_exact_over_redis() {
    let Some(redis) = Redis::start() else { return };
    let host = redis.options().start();
    all(&host.shop()).await;
}

#[tokio::test]
async fn a_referral_costs_what_the_list_of_costs_says_and_outlives_a_host_that_is_killed() {
    let mut host = Host::start();
    let shop = host.shop();
    with_referral(
        &shop,
        json!({"referrer": {"points": 100}, "referred": {"points": 50}}),
    )
    .await;
    let path = "/v1/loyalty/accounts/a/referral";
    let made = shop.post(path, json!({})).await;
    // The code, and the customer who has it: two creations.
    assert_eq!(made.durable_writes(), 6);
    let again = shop.post(path, json!({})).await;
    assert_eq!((again.durable_writes(), &again.body), (0, &made.body));
    let read = shop.get(path).await;
    assert_eq!((read.durable_writes(), &read.body), (0, &made.body));
    let claim = |customer: &str| json!({"code": made.body["code"], "customer": customer});
    // The first of its kind creates the timer's slot, and the referrer's account.
    shop.post(CLAIM, claim("x")).await.ok();
    let claimed = shop.post(CLAIM, claim("b")).await;
    // The claim 3 and its place in the list 2, the timer, confirmed, the referrer's account, the customer's 5, paid.
    assert_eq!(claimed.durable_writes(), 14);
    let claimed = claimed.ok();
    host.restart();
    let shop = host.shop();
    let again = shop.post(CLAIM, claim("b")).await;
    assert_eq!(again.durable_writes(), 0);
    assert_eq!(again.ok(), claimed);
    assert_eq!(active(&shop, "a").await, 200);
}
