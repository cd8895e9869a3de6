//! `/v1/loyalty/accounts/{customer}/redeem`: rewards are redeemed.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use crate::shop::coffee::{balance, code_of, redeem, reward, stock, voucher, with_coffee};
use crate::shop::{get, is, post, problem};
use serde_json::json;

#[tokio::test]
async fn a_reward_is_redeemed_for_points_and_its_voucher_is_used_once() {
    let shop =
        with_coffee(json!({"stock": 5, "voucher": {"valid_for": {"days": 30}, "prefix": "cafe"}}))
            .await;
    let redeemed = redeem(&shop, "c", "k").await;
    let code = code_of(&redeemed);
    assert!(code.starts_with("CAFE-"), "{code}");
    assert_eq!(
        redeemed.body["balance"],
        json!({"active": 140, "pending": 0, "spent": 60, "expired": 0, "expiring_soon": 0, "held": 0})
    );
    let view = &redeemed.body["voucher"];
    // 30 days from 21 November end with 21 December in Shanghai.
    assert_eq!(view["valid_until"], "2026-12-21T16:00:00Z");
    assert_eq!(
        (&view["state"], &view["uses_left"]),
        (&json!("active"), &json!(1))
    );
    assert_eq!(stock(&shop).await, (1, Some(4)));

    let again = redeem(&shop, "c", "k").await;
    assert_eq!(again.body, redeemed.body);
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(balance(&shop, "c").await, (140, 0, 60));

    let list = get(&shop, "c", "/vouchers").await.body["items"].clone();
    assert_eq!(list, json!([view]));
    let typed = code.to_lowercase().replace('-', "");
    let checked = shop.get(&format!("/v1/loyalty/vouchers/{typed}")).await;
    assert_eq!((checked.status.as_u16(), &checked.body), (200, view));

    let using = json!({"key": "till 1", "order_id": "A-7"});
    let dry = voucher(&shop, &code, "use?dry_run=true", using.clone()).await;
    assert_eq!(dry.body["state"], "used");
    let used = voucher(&shop, &code, "use", using.clone()).await;
    assert_eq!(used.status, 200, "{}", used.body);
    assert_eq!(
        (&used.body["state"], &used.body["uses_left"]),
        (&json!("used"), &json!(0))
    );
    assert_eq!(used.body["used"][0]["order_id"], "A-7");
    let again = voucher(&shop.at("2027-03-01T00:00:00Z"), &code, "use", using).await;
    assert_eq!(again.body, used.body);
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let other = voucher(
        &shop,
        &code,
        "use",
        json!({"key": "till 1", "order_id": "B"}),
    )
    .await;
    assert_eq!(problem(&other), is(422, "key_reused", &[]));
    let second = voucher(&shop, &code, "use", json!({"key": "till 2"})).await;
    assert_eq!(problem(&second), is(409, "voucher_unusable", &[]));
    let cancel = voucher(&shop, &code, "cancel", json!({})).await;
    assert_eq!(problem(&cancel), is(409, "voucher_unusable", &[]));
}

#[tokio::test]
async fn limits_are_kept_per_customer_and_period() {
    let limits =
        json!({"points": 10, "per_customer": 3, "per_period": {"times": 2, "every": "day"}});
    let shop = with_coffee(limits).await;
    for key in ["a", "b"] {
        code_of(&redeem(&shop, "c", key).await);
    }
    let today = redeem(&shop, "c", "x").await;
    assert_eq!(problem(&today), is(409, "not_eligible", &[]));
    let detail = today.body["detail"].as_str().unwrap();
    assert!(detail.contains("2026-11-21T16:00:00Z"), "{detail}");
    // Midnight in Shanghai.
    let tomorrow = shop.at("2026-11-22T00:00:00+08:00");
    code_of(&redeem(&tomorrow, "c", "d").await);
    let ever = redeem(&tomorrow, "c", "x").await;
    assert_eq!(problem(&ever), is(409, "not_eligible", &[]));
    assert!(ever.body["detail"].as_str().unwrap().contains('3'));
    // A repetition is none of that.
    code_of(&redeem(&tomorrow, "c", "a").await);
}

#[tokio::test]
async fn who_can_redeem_what_is_told_with_the_reasons() {
    let shop = with_coffee(json!({"tiers": ["gold"], "from": "2026-11-22", "stock": 0,
        "audience": {"tag": "vip"}, "points": 300}))
    .await;
    reward(
        &shop,
        "tea",
        json!({"name": "Tea", "points": 200, "tiers": ["silver", "gold"],
        "until": "2026-11-21", "audience": {"not": {"tag": "vip"}}}),
    )
    .await;
    let list = shop.get("/v1/loyalty/rewards?customer=c").await.body["items"].clone();
    let codes: Vec<&str> = list[0]["why_not"]
        .as_array()
        .unwrap()
        .iter()
        .map(|why| why["code"].as_str().unwrap())
        .collect();
    assert_eq!(
        codes,
        [
            "not_yet",
            "tier",
            "audience",
            "out_of_stock",
            "insufficient_points"
        ]
    );
    assert_eq!(list[0]["why_not"][4]["detail"], "100 points are missing.");
    assert_eq!(
        (&list[1]["can_redeem"], &list[1]["why_not"]),
        (&json!(true), &json!([]))
    );
    // A day is a whole day of the shop.
    assert_eq!(list[1]["until"], "2026-11-21T16:00:00Z");
    let over = shop.at("2026-11-22T00:00:00+08:00");
    let list = over
        .get("/v1/loyalty/rewards?customer=c&cursor=coffee")
        .await
        .body["items"]
        .clone();
    assert_eq!(
        (&list[0]["id"], &list[0]["why_not"][0]["code"]),
        (&json!("tea"), &json!("over"))
    );
    let refused = redeem(&shop, "c", "k").await;
    assert_eq!(problem(&refused), is(409, "not_eligible", &[]));
    let one = shop.get("/v1/loyalty/rewards?limit=1").await.body;
    assert_eq!(
        (one["items"].as_array().unwrap().len(), &one["next_cursor"]),
        (1, &json!("coffee"))
    );
    assert!(one["items"][0].get("can_redeem").is_none());
}

#[tokio::test]
async fn a_frozen_account_and_one_with_too_few_points_redeem_nothing() {
    let shop = with_coffee(json!({"stock": 5})).await;
    let poor = redeem(&shop, "nobody", "k").await;
    assert_eq!(problem(&poor), is(409, "insufficient_points", &[]));
    post(
        &shop,
        "c",
        "freeze",
        json!({"reason": "r", "author": "a", "key": "f"}),
    )
    .await;
    assert_eq!(
        problem(&redeem(&shop, "c", "k").await),
        is(409, "account_frozen", &[])
    );
    let list = shop.get("/v1/loyalty/rewards?customer=c").await.body;
    assert_eq!(list["items"][0]["why_not"][0]["code"], "account_frozen");
    assert_eq!(stock(&shop).await, (0, Some(5)));
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_and_changes_nothing() {
    let shop = with_coffee(json!({"stock": 5})).await;
    let body = json!({"reward": "coffee"});
    let dry = post(&shop, "c", "redeem?dry_run=true", body).await;
    assert_eq!(dry.status, 200, "{}", dry.body);
    assert_eq!(
        (
            &dry.body["balance"]["active"],
            &dry.body["balance"]["spent"]
        ),
        (&json!(140), &json!(60))
    );
    assert_eq!(
        (&dry.body["voucher"]["code"], &dry.body["balance"]["held"]),
        (&json!(null), &json!(0))
    );
    assert_eq!(balance(&shop, "c").await, (200, 0, 0));
    assert_eq!(stock(&shop).await, (0, Some(5)));
    assert_eq!(get(&shop, "c", "/vouchers").await.body["items"], json!([]));
}

#[tokio::test]
async fn a_key_names_one_redemption() {
    let shop = with_coffee(json!({})).await;
    reward(&shop, "tea", json!({"name": "Tea", "points": 10})).await;
    code_of(&redeem(&shop, "c", "k").await);
    let other = post(&shop, "c", "redeem", json!({"reward": "tea", "key": "k"})).await;
    assert_eq!(problem(&other), is(422, "key_reused", &[]));
    // Of another customer it is another one.
    post(&shop, "d", "earn", json!({"points": 100, "key": "e"})).await;
    let theirs = redeem(&shop, "d", "k").await;
    assert_ne!(code_of(&theirs), code_of(&redeem(&shop, "c", "k").await));
}
