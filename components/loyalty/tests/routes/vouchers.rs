//! `/v1/loyalty/vouchers/{code}`: vouchers are used and cancelled.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use crate::shop::coffee::{balance, code_of, redeem, stock, voucher, with_coffee};
use crate::shop::{get, is, post, problem};
use serde_json::json;

#[tokio::test]
async fn cancelling_a_voucher_returns_the_points_to_their_lots_and_the_number_to_the_stock() {
    let shop = with_coffee(json!({"stock": 1, "per_customer": 1})).await;
    let lots = get(&shop, "c", "/lots").await.body["items"].clone();
    let code = code_of(&redeem(&shop, "c", "k").await);
    post(&shop, "d", "earn", json!({"points": 100, "key": "e"})).await;
    let gone = redeem(&shop, "d", "k").await;
    assert_eq!(problem(&gone), is(409, "out_of_stock", &[]));
    assert_eq!(balance(&shop, "d").await, (100, 0, 0));
    // Nor is anything held in the meantime: the journal has the earn alone.
    assert_eq!(
        get(&shop, "d", "/journal").await.body["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );

    let dry = voucher(&shop, &code, "cancel?dry_run=true", json!({})).await;
    assert_eq!(dry.body["balance"]["active"], 200, "{}", dry.body);
    let cancelled = voucher(&shop, &code, "cancel", json!({"reason": "cold"})).await;
    assert_eq!(cancelled.status, 200, "{}", cancelled.body);
    assert_eq!(cancelled.body["balance"]["active"], 200);
    assert_eq!(cancelled.body["voucher"]["state"], "cancelled");
    assert_eq!(get(&shop, "c", "/lots").await.body["items"], lots);
    assert_eq!(stock(&shop).await, (0, Some(1)));
    let twice = voucher(&shop, &code, "cancel", json!({"reason": "again"})).await;
    assert_eq!(twice.body, cancelled.body);
    assert_eq!(balance(&shop, "c").await, (200, 0, 0));
    let used = voucher(&shop, &code, "use", json!({"key": "t"})).await;
    assert_eq!(problem(&used), is(409, "voucher_unusable", &[]));

    // The number is free, and so is the customer's own.
    let second = code_of(&redeem(&shop, "c", "k2").await);
    assert_ne!(second, code);
    // The first request is still what it was.
    assert_eq!(code_of(&redeem(&shop, "c", "k").await), code);
    let audit = get(&shop, "c", "/audit").await.body;
    assert_eq!(audit["ok"], true, "{audit}");
}

#[tokio::test]
async fn only_the_voucher_takes_a_redemption_back() {
    let shop = with_coffee(json!({})).await;
    let redeemed = redeem(&shop, "c", "k").await;
    let of = json!({"transaction": redeemed.body["transaction"]});
    let reversed = post(&shop, "c", "reverse", of).await;
    assert_eq!(problem(&reversed), is(409, "conflict", &[]));
    assert_eq!(balance(&shop, "c").await, (140, 0, 60));
    let journal = get(&shop, "c", "/journal").await.body["items"].clone();
    assert_eq!(
        (
            &journal[0]["kind"],
            &journal[0]["reward"],
            &journal[0]["reason"]
        ),
        (&json!("capture"), &json!("coffee"), &json!("Coffee"))
    );
}

#[tokio::test]
async fn a_voucher_of_several_uses_is_used_so_often_and_not_after_its_time() {
    let shop = with_coffee(json!({"voucher": {"uses": 3, "valid_for": {"days": 30}}})).await;
    let code = code_of(&redeem(&shop, "c", "k").await);
    let first = voucher(&shop, &code, "use", json!({"order_id": "1"})).await;
    assert_eq!(
        (&first.body["state"], &first.body["uses_left"]),
        (&json!("active"), &json!(2))
    );
    // The order names the use where no key does.
    let again = voucher(&shop, &code, "use", json!({"order_id": "1"})).await;
    assert_eq!(again.body, first.body);
    voucher(&shop, &code, "use", json!({"order_id": "2"})).await;
    let late = shop.at("2026-12-22T00:00:00+08:00");
    let expired = voucher(&late, &code, "use", json!({"order_id": "3"})).await;
    assert_eq!(problem(&expired), is(409, "voucher_unusable", &[]));
    let checked = late.get(&format!("/v1/loyalty/vouchers/{code}")).await.body;
    assert_eq!(
        (&checked["state"], &checked["uses_left"]),
        (&json!("expired"), &json!(1))
    );
}
