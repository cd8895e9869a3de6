//! `/v1/loyalty/program`.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use crate::shop;
use crate::shop::{is, problem};
use http::Method;
use rapport_web::testing::Client;
use serde_json::{Value, json};

const PATH: &str = "/v1/loyalty/program";

#[tokio::test]
async fn a_programme_is_set_read_and_changed() {
    let shop = Client::new(loyalty::routes);
    assert_eq!(problem(&shop.get(PATH).await), is(404, "not_found", &[]));
    let set = shop.put(PATH, shop::program()).await;
    assert_eq!((set.status.as_u16(), &set.body["rev"]), (201, &json!(1)));
    let same = shop.put(PATH, shop::program()).await;
    assert_eq!((same.status.as_u16(), &same.body["rev"]), (200, &json!(1)));
    let read = shop.get(PATH).await;
    let mut expected = shop::program();
    expected["rev"] = json!(1);
    assert_eq!(read.body, expected);
    let not_modified = shop
        .call(Method::GET, PATH, &[("if-none-match", "\"1\"")], None)
        .await;
    assert_eq!(not_modified.status, 304);

    let mut other = shop::program();
    other["points"]["points"] = json!(2);
    let dry = shop
        .put(&format!("{PATH}?dry_run=true"), other.clone())
        .await;
    assert_eq!((dry.status.as_u16(), &dry.body["rev"]), (200, &json!(2)));
    let stale = shop
        .call(
            Method::PUT,
            PATH,
            &[("if-match", "\"7\"")],
            Some(other.clone()),
        )
        .await;
    assert_eq!(problem(&stale), is(412, "stale_revision", &[]));
    let changed = shop
        .call(Method::PUT, PATH, &[("if-match", "\"1\"")], Some(other))
        .await;
    assert_eq!(
        (changed.status.as_u16(), &changed.body["rev"]),
        (200, &json!(2))
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_programme_is_said_with_its_place() {
    let shop = Client::new(loyalty::routes);
    let bad = |change: fn(&mut serde_json::Value)| {
        let mut program = shop::program();
        change(&mut program);
        let shop = shop.clone();
        async move { problem(&shop.put(PATH, program).await) }
    };
    assert_eq!(
        bad(|p| p["points"]["per"]["amount"] = json!(0)).await,
        is(422, "invalid_input", &["/points/per/amount"])
    );
    assert_eq!(
        bad(|p| p["points"]["per"]["currency"] = json!("dollars")).await,
        is(422, "invalid_input", &["/points/per/currency"])
    );
    assert_eq!(
        bad(|p| p["tiers"][1]["at_least"] = json!(50)).await,
        is(422, "invalid_input", &["/tiers/1/at_least"])
    );
    assert_eq!(
        bad(|p| p["tiers"][2]["id"] = json!("bronze")).await,
        is(422, "invalid_input", &["/tiers/2/id"])
    );
    assert_eq!(
        bad(|p| p["tiers"][0]["window"] = json!("a year")).await,
        is(422, "invalid_input", &["/tiers/0/window"])
    );
    assert_eq!(
        bad(|p| p["tires"] = json!([])).await,
        is(422, "invalid_input", &["/tires"])
    );
    assert_eq!(
        bad(|p| *p = json!({"tiers": []})).await,
        is(422, "invalid_input", &["/points"])
    );
    assert_eq!(problem(&shop.get(PATH).await), is(404, "not_found", &[]));
    let wrong = shop.post(PATH, json!({})).await;
    assert_eq!(problem(&wrong), is(405, "method_not_allowed", &[]));
}

#[tokio::test]
async fn a_key_that_came_is_answered_though_a_segment_that_the_programme_names_is_gone() {
    let memory = rapport_store::Memory::new();
    let shop = Client::over(memory.clone(), loyalty::routes);
    let segments = Client::over(memory, segments::routes);
    let vips = json!({"name": "VIPs", "rule": {"tag": "vip"}});
    segments.put("/v1/segments/vips", vips).await;
    let mut program = shop::program();
    program["rules"] = json!([{"id": "welcome", "name": "Welcome", "when": {"segment_entered": "vips"}, "points": 8}]);
    let put = async |key: &str| {
        let headers = [("idempotency-key", key)];
        shop.call(Method::PUT, PATH, &headers, Some(program.clone()))
            .await
    };
    let first = put("k").await;
    assert_eq!(first.status, 201, "{}", first.body);
    segments
        .call(Method::DELETE, "/v1/segments/vips?force=true", &[], None)
        .await;
    let again = put("k").await;
    assert_eq!((again.status.as_u16(), &again.body), (201, &first.body));
    assert_eq!(
        problem(&put("l").await),
        is(422, "invalid_input", &["/rules/0/when/segment_entered"])
    );
}

#[tokio::test]
async fn durations_come_back_as_they_were_written() {
    let shop = Client::new(loyalty::routes);
    let mut program = shop::program();
    program["points"]["activates_after"] = json!("14d");
    program["kinds"] = json!([{"id": "growth", "name": "Growth", "activates_after": "48h"}]);
    for tier in program["tiers"].as_array_mut().unwrap() {
        tier["window"] = json!("364d");
    }
    program["tier_policy"] = json!({"keep": "28d", "grace": "7d", "downgrade": "direct"});
    program["referral"] =
        json!({"referrer": {"points": 1}, "on": {"order": 1}, "holding": "336h", "within": "21d"});
    let set = shop.put(PATH, program.clone()).await;
    assert_eq!(set.status, 201, "{}", set.body);
    let check = |body: &Value, program: &Value| {
        for place in [
            "/points/activates_after",
            "/kinds/0/activates_after",
            "/tiers/0/window",
            "/tier_policy/keep",
            "/tier_policy/grace",
            "/referral/holding",
            "/referral/within",
        ] {
            assert_eq!(body.pointer(place), program.pointer(place), "{place}");
        }
    };
    check(&set.body, &program);
    check(&shop.get(PATH).await.body, &program);
    // As long, and written in another way: that is what is read from now on.
    program["points"]["activates_after"] = json!("2w");
    shop.put(PATH, program.clone()).await;
    check(&shop.get(PATH).await.body, &program);
}

#[tokio::test]
async fn a_list_is_no_object() {
    let shop = Client::new(loyalty::routes);
    for (pointer, list) in [
        ("/points", json!([{"amount": 100, "currency": "USD"}, 1])),
        ("/points/per", json!([100, "USD"])),
        ("/tiers/1", json!(["silver", "Silver", 200, "points"])),
        ("/points/expires_after/end_of", json!(["year", 12])),
    ] {
        let mut program = shop::program();
        if pointer.ends_with("end_of") {
            program["points"]["expires_after"] = json!({"end_of": {"period": "year"}});
        }
        *program.pointer_mut(pointer).unwrap() = list;
        let answered = shop.put(PATH, program).await;
        assert_eq!(problem(&answered), is(422, "invalid_input", &[pointer]));
        let error = &answered.body["errors"][0];
        assert_eq!(
            (&error["code"], &error["detail"]),
            (
                &json!("wrong_type"),
                &json!("must be an object, not a list")
            )
        );
    }
    let earn = json!({"order_id": "o", "money": [100, "USD"]});
    let answered = shop::post(&shop::open().await, "c", "earn", earn).await;
    assert_eq!(problem(&answered), is(422, "invalid_input", &["/money"]));
}
