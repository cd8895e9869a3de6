//! `/v1/loyalty/rewards`, `/v1/loyalty/accounts/{customer}/redeem` and `/vouchers`, `/v1/loyalty/vouchers/{code}`.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

mod shop;
use http::Method;
use rapport_web::testing::{Answered, Client};
use serde_json::{Value, json};
use shop::{get, is, open, post, problem};

async fn reward(shop: &Client, id: &str, body: Value) -> Answered {
    shop.put(&format!("/v1/loyalty/rewards/{id}"), body).await
}

/// A shop where a coffee takes 60 points, and `c` has 200.
async fn with_coffee(more: Value) -> Client {
    let shop = open().await;
    post(&shop, "c", "earn", json!({"points": 200, "key": "e"})).await;
    let mut body = json!({"name": "Coffee", "points": 60, "voucher": {"valid_for": {"days": 30}}});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    let made = reward(&shop, "coffee", body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    shop
}

async fn redeem(shop: &Client, customer: &str, key: &str) -> Answered {
    let body = json!({"reward": "coffee", "key": key});
    post(shop, customer, "redeem", body).await
}

fn code_of(redeemed: &Answered) -> String {
    assert_eq!(redeemed.status, 200, "{}", redeemed.body);
    redeemed.body["voucher"]["code"]
        .as_str()
        .unwrap()
        .to_owned()
}

async fn voucher(shop: &Client, code: &str, what: &str, body: Value) -> Answered {
    shop.post(&format!("/v1/loyalty/vouchers/{code}/{what}"), body)
        .await
}

async fn balance(shop: &Client, customer: &str) -> (i64, i64, i64) {
    let balance = get(shop, customer, "").await.body["balance"].clone();
    let of = |name: &str| balance[name].as_i64().unwrap();
    (of("active"), of("held"), of("spent"))
}

/// How many are redeemed and left.
async fn stock(shop: &Client) -> (i64, Option<i64>) {
    let body = shop.get("/v1/loyalty/rewards/coffee").await.body;
    (body["redeemed"].as_i64().unwrap(), body["left"].as_i64())
}

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

#[tokio::test]
async fn the_catalogue_is_changed_on_condition_and_a_reward_that_is_gone_is_not_found() {
    let shop = with_coffee(json!({"stock": 5})).await;
    let path = "/v1/loyalty/rewards/coffee";
    let redeemed = redeem(&shop, "c", "k").await;
    let body = json!({"name": "Coffee", "points": 50, "stock": 1});
    let stale = shop
        .call(
            Method::PUT,
            path,
            &[("if-match", "\"7\"")],
            Some(body.clone()),
        )
        .await;
    assert_eq!(problem(&stale), is(412, "stale_revision", &[]));
    let tag = shop.get(path).await.headers["etag"]
        .to_str()
        .unwrap()
        .to_owned();
    let changed = shop
        .call(Method::PUT, path, &[("if-match", &tag)], Some(body))
        .await;
    assert_eq!(
        (changed.status.as_u16(), &changed.body["left"]),
        (200, &json!(0)),
        "{}",
        changed.body
    );
    assert_eq!(
        problem(&redeem(&shop, "c", "k2").await),
        is(409, "out_of_stock", &[])
    );
    let deleted = shop.call(Method::DELETE, path, &[], None).await;
    assert_eq!(deleted.status, 204);
    assert_eq!(shop.get(path).await.status, 404);
    assert_eq!(shop.call(Method::DELETE, path, &[], None).await.status, 404);
    assert_eq!(
        problem(&redeem(&shop, "c", "k2").await),
        is(404, "not_found", &[])
    );
    // What was redeemed stays redeemed.
    assert_eq!(redeem(&shop, "c", "k").await.body, redeemed.body);
}

#[tokio::test]
async fn what_is_wrong_is_named_with_its_place() {
    let shop = open().await;
    for (body, places) in [
        (json!({"name": "", "points": 0}), &["/name", "/points"][..]),
        (
            json!({"name": "A", "points": 1, "per_customer": 0, "per_period": {"times": 0, "every": "week"}}),
            &["/per_customer", "/per_period/times"],
        ),
        (
            json!({"name": "A", "points": 1, "from": "2026-12-01", "until": "2026-11-01"}),
            &["/until"],
        ),
        (
            json!({"name": "A", "points": 1, "voucher": {"uses": 101, "prefix": "a b", "valid_for": {"days": 0}}}),
            &["/voucher/valid_for", "/voucher/uses", "/voucher/prefix"],
        ),
        (
            json!({"name": "A", "points": 1, "audience": {"tagged": "vip"}}),
            &["/audience"],
        ),
        (json!({"name": "A", "points": 1, "price": 2}), &["/price"]),
        (
            json!({"name": "A", "points": 1, "from": "soon"}),
            &["/from"],
        ),
        (json!({"name": "A", "points": 1, "stock": -1}), &["/stock"]),
        (json!({"points": 1}), &["/name"]),
    ] {
        let refused = reward(&shop, "a", body.clone()).await;
        let (status, code, found) = problem(&refused);
        assert_eq!((status, code.as_str()), (422, "invalid_input"), "{body}");
        assert!(
            places
                .iter()
                .all(|place| found.iter().any(|at| at.starts_with(place))),
            "{body}: {found:?}"
        );
    }
    assert_eq!(reward(&shop, "a%20b", json!({})).await.status, 400);
    for (body, status, code) in [
        (json!({"reward": "none"}), 404, "not_found"),
        (json!({}), 422, "invalid_input"),
        (json!({"reward": "none", "points": 1}), 422, "invalid_input"),
    ] {
        let refused = post(&shop, "c", "redeem", body.clone()).await;
        assert_eq!(
            (problem(&refused).0, problem(&refused).1.as_str()),
            (status, code),
            "{body}"
        );
    }
    for code in [
        "7ZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZJ",
        "7ZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZK",
        "x",
    ] {
        assert_eq!(
            problem(&shop.get(&format!("/v1/loyalty/vouchers/{code}")).await),
            is(404, "not_found", &[])
        );
        for what in ["use", "cancel"] {
            assert_eq!(
                problem(&voucher(&shop, code, what, json!({})).await),
                is(404, "not_found", &[])
            );
        }
    }
    assert_eq!(shop.get("/v1/loyalty/rewards?limit=0").await.status, 400);
    for (path, allow) in [
        ("/v1/loyalty/accounts/c/redeem", "POST"),
        ("/v1/loyalty/vouchers/x/use", "POST"),
        ("/v1/loyalty/vouchers/x/cancel", "POST"),
    ] {
        let get = shop.get(path).await;
        assert_eq!(
            (get.status.as_u16(), get.headers["allow"].to_str().unwrap()),
            (405, allow)
        );
    }
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
