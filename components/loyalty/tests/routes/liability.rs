//! `/v1/loyalty/liability`.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use crate::shop;
use crate::shop::{is, open, post, problem};
use http::Method;
use rapport_records::liability;
use rapport_store::Store;
use rapport_types::{Timestamp, Zone};
use rapport_web::testing::Client;
use serde_json::json;

const PATH: &str = "/v1/loyalty/liability";

/// The programme of [`open`], with what points are worth, and a second kind.
async fn owing() -> Client {
    let shop = open().await;
    let mut program = shop::program();
    program["redeem"] = json!({"points": 100, "worth": {"amount": 150, "currency": "USD"}});
    program["kinds"] = json!([{"id": "growth", "name": "Growth", "spendable": false}]);
    let set = shop.put("/v1/loyalty/program", program).await;
    assert_eq!(set.status, 200, "{}", set.body);
    shop
}

#[tokio::test]
async fn before_the_first_count_it_says_how_to_begin() {
    let shop = open().await;
    let none = shop.get(PATH).await;
    assert_eq!(problem(&none), is(404, "not_found", &[]));
    // Without accounts it is done at once.
    let begun = shop.post(PATH, json!({})).await;
    assert_eq!(
        (begun.status.as_u16(), &begun.body["complete"]),
        (201, &json!(true))
    );
    let read = shop.get(PATH).await;
    assert_eq!(read.body["kinds"][0]["outstanding"], 0);
    assert_eq!(read.body["kinds"][0]["breakage"]["rate"], json!(null));
}

#[tokio::test]
async fn points_are_told_by_when_they_end_and_how_many_never_will_be_used() {
    let shop = owing().await;
    let early = shop.at("2026-01-05T12:00:00+08:00");
    // a: 100 that end in February, of which 40 are spent: 60 expire.
    let lots = json!({"key": "k", "lots": [{"points": 100, "expires_at": "2026-02-28"}]});
    post(&early, "a", "import", lots).await;
    post(&early, "a", "spend", json!({"points": 40})).await;
    // b: 20 held, of 50 that end with December; 30 pending; 7 for ever; growth.
    let lots = json!({"key": "k", "lots": [{"points": 50, "expires_at": "2026-12-31"},
        {"points": 30, "active_from": "2026-12-24", "expires_at": "2027-12-24"}, {"points": 7}]});
    post(&shop, "b", "import", lots).await;
    post(
        &shop,
        "b",
        "authorize",
        json!({"points": 20, "expires_in": "7d"}),
    )
    .await;
    let growth = json!({"points": 11, "kind": "growth"});
    post(&shop, "b", "earn", growth).await;
    let begun = shop.post(PATH, json!({})).await;
    assert_eq!(
        begun.body,
        json!({"as_of": "2026-11-21T04:00:00Z", "complete": true, "seen": 2, "of": 2})
    );
    let read = shop.get(PATH).await;
    // Of 100 that came to an end 60 expired: 0.6. Of 80 that expire, 48 will. 87 points are worth 130.5, so 130.
    assert_eq!(
        read.body,
        json!({
            "as_of": "2026-11-21T04:00:00Z", "finished_at": "2026-11-21T04:00:00Z", "complete": true, "seen": 2, "of": 2,
            "running": null,
            "kinds": [
                {"kind": "points", "holders": 1, "outstanding": 87, "active": 37, "pending": 30, "held": 20, "owed": 0,
                 "value": {"amount": 130, "currency": "USD"},
                 "by_expiry": [
                    {"month": "2026-12", "points": 50, "active": 30, "pending": 0, "held": 20},
                    {"month": "2027-12", "points": 30, "active": 0, "pending": 30, "held": 0},
                    {"month": "never", "points": 7, "active": 7, "pending": 0, "held": 0}],
                 "breakage": {"spent": 40, "expired": 60, "rate": 0.6, "points": 48, "value": {"amount": 72, "currency": "USD"}}},
                {"kind": "growth", "holders": 1, "outstanding": 11, "active": 11, "pending": 0, "held": 0, "owed": 0, "value": null,
                 "by_expiry": [{"month": "never", "points": 11, "active": 11, "pending": 0, "held": 0}],
                 "breakage": {"spent": 0, "expired": 0, "rate": null, "points": null, "value": null}}],
        })
    );
    let tag = read.headers["etag"].to_str().unwrap().to_owned();
    let same = shop
        .call(Method::GET, PATH, &[("if-none-match", &tag)], None)
        .await;
    assert_eq!(same.status, 304);
}

#[tokio::test]
async fn a_count_goes_on_where_it_was_and_counts_nobody_twice() {
    let shop = owing().await;
    for n in 0..23 {
        post(&shop, &format!("c{n}"), "earn", json!({"points": 10 + n})).await;
    }
    let store = Store::new(shop.memory.clone());
    let zone = Zone::named("Asia/Shanghai").unwrap();
    let now = Timestamp::parse("2026-11-21T12:00:00+08:00").unwrap();
    let asked = liability::Asked {
        most: 5,
        start: liability::Start::ByHand,
        now,
        zone: &zone,
        once: None,
        dry_run: false,
    };
    let step = |asked| liability::step(&store, asked);
    let first = step(asked).await.unwrap().unwrap().answer;
    assert_eq!((first.complete, first.seen, first.of), (false, 5, 23));
    // What it has come to so far: 10 to 14.
    let part = shop.get(PATH).await;
    assert_eq!(
        (
            &part.body["complete"],
            &part.body["seen"],
            &part.body["kinds"][0]["outstanding"]
        ),
        (&json!(false), &json!(5), &json!(60))
    );
    // Who comes later is left to the next count; two who step at once do one step.
    post(&shop, "late", "earn", json!({"points": 1_000})).await;
    let dry = liability::Asked {
        dry_run: true,
        ..asked
    };
    assert_eq!(step(dry).await.unwrap().unwrap().answer.seen, 10);
    let (one, two) = tokio::join!(step(asked), step(asked));
    assert_eq!(one.unwrap().unwrap().answer.seen, 10);
    assert!(two.unwrap().unwrap().answer.seen <= 15);
    let later = Timestamp::parse("2026-11-21T13:00:00+08:00").unwrap();
    // The tick goes on with it, and does not begin another.
    while liability::tick(&store, later, &zone).await.unwrap() {}
    let whole = shop.get(PATH).await;
    // 23 × 10 + 0 + 1 + … + 22 = 483.
    assert_eq!(
        (
            &whole.body["complete"],
            &whole.body["kinds"][0]["outstanding"],
            &whole.body["finished_at"]
        ),
        (&json!(true), &json!(483), &json!("2026-11-21T05:00:00Z"))
    );
    // A new count: until it is complete the last one is the answer.
    let begun = step(asked).await.unwrap().unwrap().answer;
    assert_eq!((begun.complete, begun.of), (false, 24));
    let read = shop.get(PATH).await;
    assert_eq!(
        (
            &read.body["kinds"][0]["outstanding"],
            &read.body["running"]["seen"]
        ),
        (&json!(483), &json!(5))
    );
    let done = shop.post(PATH, json!({})).await;
    assert_eq!(
        (done.status.as_u16(), &done.body["seen"]),
        (201, &json!(24))
    );
    let read = shop.get(PATH).await;
    assert_eq!(
        (&read.body["kinds"][0]["outstanding"], &read.body["running"]),
        (&json!(1483), &json!(null))
    );
}

#[tokio::test]
async fn a_step_with_a_key_is_made_once() {
    let shop = open().await;
    post(&shop, "c", "earn", json!({"points": 1})).await;
    let ask = async |key: &str| {
        let headers = [("idempotency-key", key)];
        shop.call(Method::POST, PATH, &headers, Some(json!({})))
            .await
    };
    let first = ask("k").await;
    post(&shop, "d", "earn", json!({"points": 1})).await;
    let again = ask("k").await;
    assert_eq!(
        (&again.body, &again.headers["idempotency-replayed"]),
        (&first.body, &"true".parse().unwrap())
    );
    assert_eq!(shop.get(PATH).await.body["of"], 1);
    assert_eq!(ask("another").await.body["of"], 2);
    let wrong = shop.call(Method::DELETE, PATH, &[], None).await;
    assert_eq!(problem(&wrong), is(405, "method_not_allowed", &[]));
}
