//! `/v1/loyalty/rewards/{id}/codes`: a pool of imported codes, each handed out once.

use std::collections::BTreeSet;

use futures::future::join_all;
use rapport_tests::host::Options;
use rapport_tests::redis::Redis;
use rapport_tests::{Host, Shop};
use serde_json::json;

const CODES: &str = "/v1/loyalty/rewards/card/codes";

async fn with_a_card(shop: &Shop, customers: usize) {
    let card = json!({"name": "Card", "points": 60, "voucher": {"codes": "imported"}});
    let path = "/v1/loyalty/rewards/card";
    shop.put(path, card).await.ok();
    for n in 0..customers {
        let path = format!("/v1/loyalty/accounts/c{n}/earn");
        let body = json!({"points": 100, "key": "e"});
        shop.post(&path, body).await.ok();
    }
}

/// Fifty customers at once want a code, and there are seven: seven have one each, and paid for it.
async fn seven_codes_for_fifty(shop: &Shop) {
    with_a_card(shop, 50).await;
    let codes: Vec<String> = (0..7).map(|n| format!("GIFT-{n}")).collect();
    let imported = shop.post(CODES, json!({ "codes": codes })).await.ok();
    assert_eq!(imported["added"], 7, "{imported}");
    let wishes = (0..50).map(|n| async move {
        let path = format!("/v1/loyalty/accounts/c{n}/redeem");
        let body = json!({"reward": "card", "key": "k"});
        (n, shop.post_patiently(&path, &body).await)
    });
    let mut given = BTreeSet::new();
    for (n, answered) in join_all(wishes).await {
        let account = format!("/v1/loyalty/accounts/c{n}");
        let balance = shop.get(&account).await.ok()["balance"].clone();
        let vouchers = shop.list(&format!("{account}/vouchers"), 10).await;
        let paid = [&balance["active"], &balance["held"], &balance["spent"]];
        if answered.status.is_success() {
            let code = answered.body["voucher"]["code"].as_str();
            let code = code.expect("a voucher has a code").to_owned();
            assert_eq!(paid, [&json!(40), &json!(0), &json!(60)]);
            assert_eq!(vouchers.len(), 1);
            assert_eq!(vouchers[0]["code"], code.as_str());
            let voucher = shop.get(&format!("/v1/loyalty/vouchers/{code}")).await.ok();
            assert_eq!(voucher["customer"], format!("c{n}"));
            assert!(given.insert(code));
        } else {
            assert_eq!(answered.problem(), (409, "pool_empty"));
            assert_eq!(paid, [&json!(100), &json!(0), &json!(0)]);
            assert_eq!(vouchers.len(), 0);
        }
    }
    assert_eq!(given, codes.into_iter().collect());
    let counts = shop.get(CODES).await.ok();
    let is_so = json!({"reward": "card", "total": 7, "left": 0, "given": 7, "reserved": 0});
    assert_eq!(counts, is_so);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_who_redeem_at_once_from_a_pool_of_seven_codes_seven_have_one_each() {
    let shared = Options::default().argument("--instance-concurrency=16");
    for host in [Host::start(), shared.start()] {
        seven_codes_for_fifty(&host.shop()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pools_are_as_exact_over_redis() {
    let Some(redis) = Redis::start() else { return };
    let host = redis.options().start();
    seven_codes_for_fifty(&host.shop()).await;
}

/// Ten tills of the back office import overlapping lists at once, with so many codes that some leave the document.
#[tokio::test(flavor = "multi_thread")]
async fn ten_who_import_the_same_codes_at_once_bring_each_once() {
    let host = Host::start();
    let shop = &host.shop();
    with_a_card(shop, 0).await;
    let imports = (0..10).map(|n| async move {
        let codes: Vec<String> = (n * 100..n * 100 + 300).map(|n| n.to_string()).collect();
        let body = json!({"codes": codes, "key": format!("list {n}")});
        shop.post_patiently(CODES, &body).await.ok()
    });
    let answers = join_all(imports).await;
    let sum = |name: &str| -> u64 { answers.iter().filter_map(|a| a[name].as_u64()).sum() };
    // 0 to 1,199.
    assert_eq!((sum("added"), sum("duplicates")), (1_200, 1_800));
    assert_eq!(shop.get(CODES).await.ok()["total"], 1_200);
}

#[tokio::test]
async fn an_import_and_a_redemption_cost_what_the_list_of_costs_says() {
    let host = Host::start();
    let shop = &host.shop();
    with_a_card(shop, 1).await;
    let import = async |range: std::ops::Range<u32>| {
        let codes: Vec<String> = range.map(|n| n.to_string()).collect();
        shop.post(CODES, json!({ "codes": codes })).await
    };
    // The first creates the document.
    assert_eq!(import(0..1).await.durable_writes(), 3);
    assert_eq!(import(1..400).await.durable_writes(), 1);
    assert_eq!(import(0..400).await.durable_writes(), 0);
    // 400 leave: a page and the first leaf of the set are created, 3 each, and the import.
    assert_eq!(import(400..600).await.durable_writes(), 7);
    // The 400 that are known now are looked up, and nothing is written.
    assert_eq!(import(0..400).await.durable_writes(), 0);
    let earn = json!({"points": 100, "key": "more"});
    let account = "/v1/loyalty/accounts/c0";
    shop.post(&format!("{account}/earn"), earn).await.ok();
    let path = format!("{account}/redeem");
    let redeem = async |key: &str| {
        let body = json!({"reward": "card", "key": key});
        shop.post(&path, body).await
    };
    // The first creates the stock, the timer's slot, and what is parked.
    redeem("a").await.ok();
    redeem("b").await.ok();
    // A code of a pool costs no more writes than one that is made.
    let third = redeem("c").await;
    assert_eq!(third.durable_writes(), 10);
    assert_eq!(third.ok()["voucher"]["code"], "2");
}
