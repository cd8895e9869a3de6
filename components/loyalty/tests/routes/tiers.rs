//! Tiers that people give, what keeps a tier, and its history, over the routes.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use crate::shop;
use crate::shop::{get, is, open, post, problem};
use http::Method;
use rapport_web::testing::{Answered, Client};
use serde_json::{Value, json};

const TIER: &str = "/v1/loyalty/accounts/c/tier";

async fn delete(shop: &Client, path: &str) -> Answered {
    shop.call(Method::DELETE, path, &[], None).await
}

#[tokio::test]
async fn a_tier_is_given_until_a_day_and_taken_again() {
    let shop = open().await;
    let body = json!({"tier": "gold", "until": "2026-12-31", "reason": "guest of honour"});
    let given = shop.put(TIER, body.clone()).await;
    let held = json!({
        "customer": "c", "tier": "gold", "since": "2026-11-21T04:00:00Z", "until": "2026-12-31T16:00:00Z",
        "manual": true, "rev": 2,
    });
    // The account came to be by it, and what it tells the customer followed in a commit of its own.
    assert_eq!(given.body, held);
    // The same again changes nothing.
    assert_eq!(
        shop.at("2026-11-22T00:00:00Z").put(TIER, body).await.body,
        held
    );
    let tier = get(&shop, "c", "/tier").await;
    assert_eq!(
        (&tier.body["tier"], &tier.body["manual"]),
        (&json!("gold"), &json!(true))
    );
    let tag = tier.headers["etag"].to_str().unwrap().to_owned();
    let over = shop.at("2026-12-31T16:00:00Z");
    let gone = over
        .call(Method::GET, TIER, &[("if-none-match", &tag)], None)
        .await;
    assert_eq!(
        (gone.status.as_u16(), &gone.body["tier"]),
        (200, &Value::Null)
    );

    let taken = delete(&shop.at("2026-12-01T00:00:00Z"), TIER).await;
    assert_eq!(
        (&taken.body["tier"], &taken.body["rev"]),
        (&Value::Null, &json!(3))
    );
    assert_eq!(delete(&shop, TIER).await.body["rev"], 3);
    let history = get(&shop.at("2027-01-01T00:00:00Z"), "c", "/tier/history").await;
    assert_eq!(
        history.body,
        json!({"items": [{"tier": "gold", "since": "2026-11-21T04:00:00Z", "until": "2026-12-01T00:00:00Z",
            "manual": true, "reason": "guest of honour"}], "next_cursor": null})
    );
}

#[tokio::test]
async fn a_tier_that_cannot_be_given_is_refused_at_its_place() {
    let shop = open().await;
    let wrong = |body: Value| {
        let shop = shop.clone();
        async move { problem(&shop.put(TIER, body).await) }
    };
    assert_eq!(
        wrong(json!({"tier": "tin"})).await,
        is(422, "invalid_input", &["/tier"])
    );
    assert_eq!(
        wrong(json!({"tier": "gold", "until": "2026-11-20"})).await,
        is(422, "invalid_input", &["/until"])
    );
    assert_eq!(
        wrong(json!({"tier": "gold", "until": "soon"})).await,
        is(422, "invalid_input", &["/until"])
    );
    assert_eq!(
        wrong(json!({"tier": "gold", "reason": "x".repeat(513)})).await,
        is(422, "invalid_input", &["/reason"])
    );
    assert_eq!(wrong(json!({})).await, is(422, "invalid_input", &["/tier"]));
    let stale = shop
        .call(
            Method::PUT,
            TIER,
            &[("if-match", "\"7\"")],
            Some(json!({"tier": "gold"})),
        )
        .await;
    assert_eq!(problem(&stale), is(412, "stale_revision", &[]));
    let other = shop.post(TIER, json!({})).await;
    assert_eq!(problem(&other), is(405, "method_not_allowed", &[]));
    let allow = other.headers["allow"].to_str().unwrap();
    for method in ["GET", "PUT", "DELETE"] {
        assert!(allow.contains(method), "{allow}");
    }
    let dry = shop
        .put(&format!("{TIER}?dry_run=true"), json!({"tier": "gold"}))
        .await;
    assert_eq!(dry.body["tier"], "gold");
    assert_eq!(get(&shop, "c", "").await.body["rev"], 0);
    let none = Client::new(loyalty::routes);
    assert_eq!(
        problem(&none.put(TIER, json!({"tier": "gold"})).await),
        is(409, "not_configured", &[])
    );
}

#[tokio::test]
async fn a_tier_says_what_keeps_it_what_it_brings_and_when_grace_began() {
    let shop = Client::new(loyalty::routes);
    let mut program = shop::program();
    for tier in program["tiers"].as_array_mut().unwrap() {
        tier["window"] = json!("calendar_year");
    }
    program["tier_policy"] = json!({"keep": "end_of_year", "grace": "31d"});
    program["tiers"][1]["benefits"] = json!({"discount_percent": 5});
    assert_eq!(shop.put("/v1/loyalty/program", program).await.status, 201);
    let order = json!({"order_id": "1", "money": {"amount": 25_000, "currency": "USD"}});
    post(&shop, "c", "earn", order).await;
    let tier = get(&shop, "c", "/tier").await;
    // In 2027 nothing of 2026 counts: 200 from 1 January on, before grace ends with January.
    let expected = json!({
        "customer": "c", "tier": "silver", "since": "2026-11-21T04:00:00Z", "until": "2027-01-31T16:00:00Z",
        "next": {"tier": "gold", "missing": 750},
        "keep": {"missing": 200, "from": "2026-12-31T16:00:00Z", "by": "2027-01-31T16:00:00Z"},
        "benefits": {"discount_percent": 5},
    });
    assert_eq!(tier.body, expected);
    let grace = get(&shop.at("2027-01-10T00:00:00Z"), "c", "/tier").await;
    assert_eq!(grace.body["grace_since"], "2026-12-31T16:00:00Z");
    assert_eq!(
        grace.body["keep"],
        json!({"missing": 200, "by": "2027-01-31T16:00:00Z"})
    );
    assert_eq!(grace.body["next"]["missing"], 1_000);
    let history = get(
        &shop.at("2027-02-10T00:00:00Z"),
        "c",
        "/tier/history?limit=1",
    )
    .await;
    assert_eq!(
        history.body["items"][0],
        json!({"tier": null, "since": "2027-01-31T16:00:00Z", "until": null, "manual": false})
    );
    let cursor = history.body["next_cursor"].as_str().unwrap();
    let next = get(
        &shop.at("2027-02-10T00:00:00Z"),
        "c",
        &format!("/tier/history?limit=1&cursor={cursor}"),
    )
    .await;
    assert_eq!(next.body["items"][0]["until"], "2027-01-31T16:00:00Z");
    assert_eq!(next.body["next_cursor"], Value::Null);
}

#[tokio::test]
async fn the_history_has_the_morning_between_a_tier_lost_at_midnight_and_one_reached_at_noon() {
    let shop = open().await;
    post(&shop, "c", "earn", json!({"points": 1_000})).await;
    // The 365th day after 21 November 2026 is the 21st of the next.
    let noon = shop.at("2027-11-21T04:00:00Z");
    post(&noon, "c", "earn", json!({"points": 200})).await;
    let history = get(&noon, "c", "/tier/history").await;
    let row = |tier: Value, since: &str, until: Value| json!({"tier": tier, "since": since, "until": until, "manual": false});
    let expected = json!([
        row(json!("silver"), "2027-11-21T04:00:00Z", Value::Null),
        row(
            Value::Null,
            "2027-11-20T16:00:00Z",
            json!("2027-11-21T04:00:00Z")
        ),
        row(
            json!("gold"),
            "2026-11-21T04:00:00Z",
            json!("2027-11-20T16:00:00Z")
        ),
    ]);
    assert_eq!(history.body["items"], expected);
}
