//! `/v1/reviews`: reviews are asked for, come by themselves, and are set up; `purchases`: what they find.

mod purchases;

use rapport_tests::{Answered, Host, Shop};
use reqwest::Method;
use serde_json::{Value, json};

const REVIEWS: &str = "/v1/reviews";
const SETTINGS: &str = "/v1/reviews/settings";

#[tokio::test]
async fn a_tick_reviews_as_often_as_the_shop_says() {
    let host = Host::start();
    let shop = host.shop();
    shop.customer("c1").with_orders(2).create().await;
    let tick = async |at: &str| {
        while shop.at(at).post("/v1/tick", json!({})).await.ok()["more"] == true {}
        let listed = shop.get(REVIEWS).await.ok();
        (
            listed["items"].as_array().map_or(0, Vec::len),
            listed["next_review_at"].clone(),
        )
    };
    assert_eq!(tick("2026-11-21T12:00:00+08:00").await, (0, Value::Null));
    let set = shop.put(SETTINGS, json!({"cadence": "weekly"})).await.ok();
    assert_eq!(
        (&set["cadence"], &set["min_members"], &set["rev"]),
        (&json!("weekly"), &json!(20), &json!(1))
    );
    let next = |text: &str| json!(text);
    assert_eq!(
        tick("2026-11-21T12:00:00+08:00").await,
        (1, next("2026-11-28T04:00:00Z"))
    );
    assert_eq!(
        tick("2026-11-28T11:59:59+08:00").await,
        (1, next("2026-11-28T04:00:00Z"))
    );
    assert_eq!(
        tick("2026-11-28T15:00:00+08:00").await,
        (2, next("2026-12-05T04:00:00Z"))
    );
}

#[tokio::test]
async fn settings_are_checked_and_kept_as_other_documents_are() {
    let host = Host::start();
    let shop = host.shop();
    let before = shop.get(SETTINGS).await;
    assert_eq!(before.header("etag"), Some("\"0\""));
    assert_eq!(before.ok()["cadence"], "monthly");
    let bad = shop
        .put(SETTINGS, json!({"max_share": 0, "still_after": "0d"}))
        .await;
    assert_eq!(bad.problem(), (422, "invalid_input"));
    assert_eq!(bad.pointers(), ["/max_share", "/still_after"]);
    let bad = shop.put(SETTINGS, json!({"cadence": "hourly"})).await;
    assert_eq!(
        (bad.problem(), bad.pointers()),
        ((422, "invalid_input"), vec!["/cadence"])
    );
    let bad = shop.put(SETTINGS, json!({"max_shares": 1})).await;
    assert_eq!(bad.problem(), (422, "invalid_input"));
    let put = |body: Value, name: &'static str, value: &'static str| {
        Shop::send(
            shop.with_json(Method::PUT, SETTINGS, &body)
                .header(name, value),
        )
    };
    let body = json!({"cadence": "90d"});
    let first = put(body.clone(), "idempotency-key", "k").await;
    assert_eq!(first.header("etag"), Some("\"1\""));
    let again = put(body.clone(), "idempotency-key", "k").await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.ok(), first.ok());
    let stale = put(body.clone(), "if-match", "\"7\"").await;
    assert_eq!(stale.problem(), (412, "stale_revision"));
    // A review is no change of the settings.
    shop.post(REVIEWS, json!({})).await.ok();
    let fresh = put(json!({"cadence": "off"}), "if-match", "\"1\"")
        .await
        .ok();
    assert_eq!(fresh["version"], 2);
    let unchanged = Shop::send(
        shop.request(Method::GET, SETTINGS)
            .header("if-none-match", format!("\"{}\"", fresh["rev"])),
    )
    .await;
    assert_eq!(unchanged.status.as_u16(), 304);
}

#[tokio::test]
async fn a_key_repeats_its_step_and_a_dry_run_leaves_nothing() {
    let host = Host::start();
    let shop = host.shop();
    assert_eq!(
        shop.get("/v1/reviews/latest").await.problem(),
        (404, "not_found")
    );
    assert_eq!(
        shop.get("/v1/reviews/r1").await.problem(),
        (404, "not_found")
    );
    assert_eq!(
        shop.call(Method::DELETE, REVIEWS, &json!({}))
            .await
            .problem(),
        (405, "method_not_allowed")
    );
    assert_eq!(
        shop.post(REVIEWS, json!({"of": "all"})).await.problem(),
        (422, "invalid_input")
    );
    shop.customer("c1").with_orders(1).create().await;
    let dry: Answered = shop.post("/v1/reviews?dry_run=true", json!({})).await;
    assert_eq!((dry.status.as_u16(), dry.durable_writes()), (201, 0));
    assert_eq!(shop.get(REVIEWS).await.ok()["items"], json!([]));
    let post = || {
        Shop::send(
            shop.with_json(Method::POST, REVIEWS, &json!({}))
                .header("idempotency-key", "k"),
        )
    };
    let first = post().await;
    let again = post().await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.ok(), first.ok());
    let listed = shop.get(REVIEWS).await.ok();
    assert_eq!(
        listed["items"].as_array().map(Vec::len),
        Some(1),
        "{listed}"
    );
    // A review of one step: the review and its state are new, so is its place in the list.
    let second = shop.post(REVIEWS, json!({})).await;
    assert_eq!(second.durable_writes(), 9, "{second:?}");
}
