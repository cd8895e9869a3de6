//! `POST /v1/loyalty/accounts/{customer}/{earn,spend,reverse}`.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use crate::shop::{get, is, open, post, problem};
use http::Method;
use rapport_web::testing::Client;
use serde_json::json;

#[tokio::test]
async fn an_order_earns_once() {
    let shop = open().await;
    let order = json!({"order_id": "A-1", "money": {"amount": 12_345, "currency": "USD"}, "at": "2026-11-20"});
    let first = post(&shop, "c1", "earn", order.clone()).await;
    assert_eq!(first.status, 200, "{}", first.body);
    assert_eq!(first.body["points"], 123);
    assert_eq!(
        first.body["balance"],
        json!({"active": 123, "pending": 0, "spent": 0, "expired": 0, "expiring_soon": 0, "held": 0})
    );
    assert_eq!(first.body["tier"], "bronze");
    assert!(
        first.body["transaction"]
            .as_str()
            .unwrap()
            .starts_with("o_")
    );
    assert!(first.headers.get("idempotency-replayed").is_none());

    let later = shop.at("2027-03-01T00:00:00Z");
    let again = post(&later, "c1", "earn", order.clone()).await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let mut other = order;
    other["money"]["amount"] = json!(1);
    assert_eq!(
        problem(&post(&shop, "c1", "earn", other.clone()).await),
        is(422, "key_reused", &[])
    );
    // The same order id at another customer is another order.
    assert_eq!(post(&shop, "c2", "earn", other).await.body["points"], 0);
    // The document is created empty: only its second revision says something, and causes a timer.
    assert_eq!(get(&shop, "c1", "").await.body["rev"], 2);
}

#[tokio::test]
async fn the_header_is_the_same_thing_as_the_key() {
    let shop = open().await;
    post(&shop, "c", "earn", json!({"points": 100, "key": "gift"})).await;
    let by_header = shop
        .call(
            Method::POST,
            "/v1/loyalty/accounts/c/earn",
            &[("idempotency-key", "gift")],
            Some(json!({"points": 100})),
        )
        .await;
    assert_eq!(by_header.headers["idempotency-replayed"], "true");
    let two = shop
        .call(
            Method::POST,
            "/v1/loyalty/accounts/c/earn",
            &[("idempotency-key", "x")],
            Some(json!({"points": 1, "key": "y"})),
        )
        .await;
    assert_eq!(problem(&two), is(422, "invalid_input", &["/key"]));
    // The key has made an earn, so it cannot make a spend.
    let spend = post(&shop, "c", "spend", json!({"points": 100, "key": "gift"})).await;
    assert_eq!(problem(&spend), is(422, "key_reused", &[]));
    // Without any name each request is its own.
    post(&shop, "c", "earn", json!({"points": 1})).await;
    let second = post(&shop, "c", "earn", json!({"points": 1})).await;
    assert_eq!(second.body["balance"]["active"], 102);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_overspent() {
    let shop = open().await;
    post(&shop, "c", "earn", json!({"points": 100})).await;
    let spends: Vec<_> = (0..64)
        .map(|n| {
            let shop = shop.clone();
            tokio::spawn(async move {
                post(
                    &shop,
                    "c",
                    "spend",
                    json!({"points": 10, "key": format!("s{n}")}),
                )
                .await
            })
        })
        .collect();
    let (mut spent, mut gave_up) = (0, 0);
    for spend in spends {
        let answered = spend.await.unwrap();
        match answered.status.as_u16() {
            200 => spent += 1,
            409 => assert_eq!(problem(&answered), is(409, "insufficient_points", &[])),
            // Under contention a request may give up, having done nothing.
            503 => gave_up += 1,
            other => panic!("{other}: {}", answered.body),
        }
    }
    let account = get(&shop, "c", "").await.body;
    assert_eq!(account["balance"]["spent"], spent * 10);
    assert_eq!(account["balance"]["active"], 100 - spent * 10);
    assert!(
        spent == 10 || gave_up > 0,
        "{spent} spends, {gave_up} gave up"
    );
    assert!(spent <= 10);
}

#[tokio::test]
async fn a_spend_is_returned_in_parts_and_the_last_answer_stays() {
    let shop = open().await;
    post(&shop, "c", "earn", json!({"points": 100, "key": "e"})).await;
    let spent = post(
        &shop,
        "c",
        "spend",
        json!({"points": 60, "key": "s", "reason": "mug"}),
    )
    .await;
    assert_eq!(
        (spent.status.as_u16(), &spent.body["points"]),
        (200, &json!(60))
    );
    let transaction = spent.body["transaction"].clone();
    let part = post(
        &shop,
        "c",
        "reverse",
        json!({"transaction": transaction, "points": 20}),
    )
    .await;
    assert_eq!(
        (&part.body["points"], &part.body["balance"]["active"]),
        (&json!(20), &json!(60))
    );
    let beyond = post(
        &shop,
        "c",
        "reverse",
        json!({"transaction": transaction, "points": 41}),
    )
    .await;
    assert_eq!(problem(&beyond), is(409, "conflict", &[]));
    let rest = post(&shop, "c", "reverse", json!({"transaction": transaction})).await;
    assert_eq!(
        (&rest.body["points"], &rest.body["balance"]["active"]),
        (&json!(40), &json!(100))
    );
    let again = post(&shop, "c", "reverse", json!({"transaction": transaction})).await;
    assert_eq!(again.body, rest.body);
    assert_eq!(again.headers["idempotency-replayed"], "true");
}

#[tokio::test]
async fn a_dry_run_answers_in_full_and_moves_nothing() {
    let shop = open().await;
    let dry = post(
        &shop,
        "c",
        "earn?dry_run=true",
        json!({"points": 100, "key": "e"}),
    )
    .await;
    assert_eq!(
        (dry.status.as_u16(), &dry.body["balance"]["active"]),
        (200, &json!(100))
    );
    assert_eq!(dry.body["tier"], "bronze");
    let account = get(&shop, "c", "").await.body;
    assert_eq!(
        (&account["rev"], &account["balance"]["active"]),
        (&json!(0), &json!(0))
    );
    post(&shop, "c", "earn", json!({"points": 100, "key": "e"})).await;
    let dry = post(&shop, "c", "spend?dry_run=true", json!({"points": 30})).await;
    assert_eq!(dry.body["balance"]["active"], 70);
    assert_eq!(get(&shop, "c", "").await.body["balance"]["active"], 100);
}

#[tokio::test]
async fn a_stale_revision_moves_nothing() {
    let shop = open().await;
    post(&shop, "c", "earn", json!({"points": 100})).await;
    let tag = get(&shop, "c", "").await.headers["etag"]
        .to_str()
        .unwrap()
        .to_owned();
    let spend = |tag: String| {
        let shop = shop.clone();
        let path = "/v1/loyalty/accounts/c/spend";
        async move {
            shop.call(
                Method::POST,
                path,
                &[("if-match", &tag)],
                Some(json!({"points": 10})),
            )
            .await
        }
    };
    assert_eq!(
        problem(&spend("\"9\"".into()).await),
        is(412, "stale_revision", &[])
    );
    assert_eq!(spend("\"2\"".into()).await.status, 200);
    assert_eq!(problem(&spend(tag).await), is(412, "stale_revision", &[]));
    let tag = get(&shop, "c", "").await.headers["etag"]
        .to_str()
        .unwrap()
        .to_owned();
    assert_eq!(spend(tag).await.status, 200);
}

#[tokio::test]
async fn bad_input_is_named_with_its_place() {
    let shop = open().await;
    let cases = [
        ("earn", json!({}), is(422, "invalid_input", &[""])),
        (
            "earn",
            json!({"points": "5"}),
            is(422, "invalid_input", &["/points"]),
        ),
        (
            "earn",
            json!({"points": 1.5}),
            is(422, "invalid_input", &["/points"]),
        ),
        (
            "earn",
            json!({"points": -1}),
            is(422, "invalid_input", &["/points"]),
        ),
        (
            "earn",
            json!({"pts": 1}),
            is(422, "invalid_input", &["/pts"]),
        ),
        (
            "earn",
            json!({"points": 1, "at": "yesterday"}),
            is(422, "invalid_input", &["/at"]),
        ),
        (
            "earn",
            json!({"points": 1, "at": "2027-11-21"}),
            is(422, "invalid_input", &["/at"]),
        ),
        (
            "earn",
            json!({"points": 1, "order_id": ""}),
            is(422, "invalid_input", &["/order_id"]),
        ),
        (
            "earn",
            json!({"points": 1, "key": "x".repeat(256)}),
            is(422, "invalid_input", &["/key"]),
        ),
        (
            "earn",
            json!({"points": 1, "reason": "x".repeat(513)}),
            is(422, "invalid_input", &["/reason"]),
        ),
        (
            "earn",
            json!({"money": {"amount": -1, "currency": "USD"}}),
            is(422, "invalid_input", &["/money/amount"]),
        ),
        (
            "earn",
            json!({"money": {"amount": 1, "currency": "EUR"}}),
            is(422, "invalid_input", &["/money/currency"]),
        ),
        (
            "earn",
            json!({"money": {"amount": 1}}),
            is(422, "invalid_input", &["/money/currency"]),
        ),
        ("spend", json!({}), is(422, "invalid_input", &["/points"])),
        (
            "spend",
            json!({"points": 0}),
            is(422, "invalid_input", &["/points"]),
        ),
        (
            "spend",
            json!({"points": 1}),
            is(409, "insufficient_points", &[]),
        ),
        (
            "reverse",
            json!({"transaction": "o_1"}),
            is(404, "not_found", &[]),
        ),
        (
            "reverse",
            json!({"transaction": "../x"}),
            is(404, "not_found", &[]),
        ),
        (
            "reverse",
            json!({"transaction": "o_1", "points": 0}),
            is(422, "invalid_input", &["/points"]),
        ),
        ("burn", json!({}), is(404, "not_found", &[])),
    ];
    for (what, body, expected) in cases {
        assert_eq!(
            problem(&post(&shop, "c", what, body.clone()).await),
            expected,
            "{what} {body}"
        );
    }
    let long = "x".repeat(129);
    assert_eq!(
        problem(&post(&shop, &long, "earn", json!({"points": 1})).await),
        is(400, "invalid_parameter", &[])
    );
    let get = get(&shop, "c", "/earn").await;
    assert_eq!(problem(&get), is(405, "method_not_allowed", &[]));
}

#[tokio::test]
async fn a_mini_programs_own_number_is_a_key() {
    let shop = open().await;
    let number = "out_request_no";
    let earned = post(
        &shop,
        "c",
        "earn",
        json!({"points": 100, (number): "20261121-1"}),
    )
    .await;
    assert_eq!(earned.body["points"], 100, "{}", earned.body);
    for repeated in [
        json!({"points": 100, (number): "20261121-1"}),
        json!({"points": 100, "key": "20261121-1"}),
        json!({"points": 100, "key": "20261121-1", (number): "20261121-1"}),
    ] {
        let again = post(&shop, "c", "earn", repeated).await;
        assert_eq!(again.body, earned.body);
        assert_eq!(again.headers["idempotency-replayed"], "true");
    }
    let other = json!({"points": 1, (number): "20261121-1"});
    assert_eq!(
        problem(&post(&shop, "c", "earn", other).await),
        is(422, "key_reused", &[])
    );
    let wrong = is(422, "invalid_input", &["/out_request_no"]);
    let signed = json!({"reason": "r", "author": "a"});
    for (what, mut body) in [
        ("earn", json!({"points": 1})),
        ("spend", json!({"points": 1})),
        ("reverse", json!({"transaction": "k_1"})),
        ("authorize", json!({"points": 1})),
        ("capture", json!({"transaction": "k_1"})),
        ("void", json!({"transaction": "k_1"})),
        ("adjust", json!({"points": 1, "reason": "r", "author": "a"})),
        ("freeze", signed.clone()),
        ("unfreeze", signed),
        ("import", json!({"lots": [{"points": 1}]})),
    ] {
        body[number] = json!("a");
        body["key"] = json!("b");
        assert_eq!(
            problem(&post(&shop, "c", what, body.clone()).await),
            wrong,
            "{what}"
        );
        body[number] = json!("");
        assert_eq!(
            problem(&post(&shop, "c", what, body).await),
            wrong,
            "{what}"
        );
    }
    let header = [("idempotency-key", "a")];
    let body = Some(json!({"points": 1, (number): "b"}));
    let path = "/v1/loyalty/accounts/c/spend";
    assert_eq!(
        problem(&shop.call(Method::POST, path, &header, body).await),
        wrong
    );
}

#[tokio::test]
async fn money_earns_nothing_without_a_programme_and_points_do() {
    let shop = Client::new(loyalty::routes);
    let money = post(
        &shop,
        "c",
        "earn",
        json!({"money": {"amount": 100, "currency": "USD"}}),
    )
    .await;
    assert_eq!(problem(&money), is(409, "not_configured", &[]));
    let points = post(&shop, "c", "earn", json!({"points": 5})).await;
    assert_eq!(
        (&points.body["points"], &points.body["tier"]),
        (&json!(5), &json!(null))
    );
}
