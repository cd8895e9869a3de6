//! Nothing is there, or the address says what it cannot say.

use rapport_tests::Host;
use serde_json::json;

use super::table::prepared;

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let (_host, shop, _) = prepared().await;
    for path in [
        "/v1/customers/nobody",
        "/v1/segments/nothing",
        "/v1/segments/memberships/nobody",
        "/v1/segments/scores/nothing",
        "/v1/segments/scores/of/nobody",
        "/v1/tags/nothing",
        "/v1/tags/of/nobody",
        "/v1/tags/jobs/nothing",
        "/v1/feedback/nothing",
        "/v1/surveys/nothing",
        "/v1/surveys/nothing/results",
        "/v1/nothing",
        "/nothing",
        "/v1/loyalty/nothing",
        "/v1/loyalty/rewards/nothing",
        "/v1/loyalty/vouchers/nothing",
        "/v1/loyalty/vouchers/7ZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZJ",
        "/v1/reviews/nothing",
        "/v1/segments/nothing/members",
        "/v1/segments/nothing/count",
        "/v1/segments/nothing/fill",
        "/v1/segments/nothing/export",
        "/v1/surveys/f1/nothing",
    ] {
        assert_eq!(
            shop.get(path).await.problem(),
            (404, "not_found"),
            "GET {path}"
        );
    }
    let nobody = shop
        .patch("/v1/customers/nobody", json!({"traits": {}}))
        .await;
    assert_eq!(nobody.problem(), (404, "not_found"));
    assert_eq!(
        shop.delete("/v1/segments/nothing").await.problem(),
        (404, "not_found")
    );
    let response = shop
        .post("/v1/surveys/nothing/responses", json!({"data": {}}))
        .await;
    assert_eq!(response.problem(), (404, "not_found"));
    for (what, body) in [
        ("reverse", json!({"transaction": "nothing"})),
        ("capture", json!({"transaction": "nothing"})),
        ("void", json!({"transaction": "nothing"})),
        ("redeem", json!({"reward": "nothing"})),
    ] {
        let path = format!("/v1/loyalty/accounts/c1/{what}");
        let answered = shop.post(&path, body).await;
        assert_eq!(answered.problem().0, 404, "{path}: {}", answered.body);
    }
    for what in ["use", "cancel"] {
        let path = format!("/v1/loyalty/vouchers/7ZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZJ/{what}");
        let answered = shop.post(&path, json!({})).await;
        assert_eq!(answered.problem(), (404, "not_found"), "{path}");
    }
    for path in [
        "/v1/loyalty/rewards/nothing",
        "/v1/segments/scores/nothing",
        "/v1/tags/nothing",
    ] {
        let answered = shop.delete(path).await;
        assert_eq!(answered.problem(), (404, "not_found"), "DELETE {path}");
    }
}

#[tokio::test]
async fn an_over_long_id_is_a_wrong_parameter() {
    let (_host, shop, _) = prepared().await;
    let long = "x".repeat(200);
    for path in [
        format!("/v1/customers/{long}"),
        format!("/v1/segments/{long}"),
        format!("/v1/segments/memberships/{long}"),
        format!("/v1/segments/scores/{long}"),
        format!("/v1/tags/{long}"),
        format!("/v1/loyalty/accounts/{long}"),
        format!("/v1/loyalty/accounts/{long}/tier"),
        format!("/v1/loyalty/accounts/{long}/journal"),
        format!("/v1/loyalty/accounts/{long}/audit"),
        format!("/v1/loyalty/accounts/{long}/lots"),
        format!("/v1/loyalty/accounts/{long}/holds"),
        format!("/v1/loyalty/accounts/{long}/vouchers"),
        format!("/v1/loyalty/accounts/{long}/tier/history"),
        format!("/v1/loyalty/accounts/{long}/entitlement"),
        format!("/v1/loyalty/rewards/{long}"),
        format!("/v1/tags/of/{long}"),
        format!("/v1/surveys/{long}"),
        format!("/v1/surveys/{long}/results"),
    ] {
        assert_eq!(
            shop.get(&path).await.problem(),
            (400, "invalid_parameter"),
            "GET {path}"
        );
    }
    let customer = shop
        .put(&format!("/v1/customers/{long}"), json!({"traits": {}}))
        .await;
    assert_eq!(customer.problem(), (400, "invalid_parameter"));
    let tracked = shop
        .post("/v1/track", json!({"userId": long, "event": "viewed"}))
        .await;
    assert_eq!(
        (tracked.problem(), tracked.pointers()),
        ((422, "invalid_input"), vec!["/userId"])
    );
}

#[tokio::test]
async fn wrong_parameters_of_lists_are_refused() {
    let (_host, shop, _) = prepared().await;
    for list in [
        "/v1/customers",
        "/v1/segments",
        "/v1/segments/scores",
        "/v1/feedback",
        "/v1/surveys",
        "/v1/loyalty/accounts/c1/journal",
        "/v1/loyalty/accounts/c1/vouchers",
        "/v1/loyalty/accounts/c1/tier/history",
        "/v1/loyalty/rewards",
        "/v1/reviews",
        "/v1/segments/s1/members",
        "/v1/surveys/f1/responses",
    ] {
        for query in [
            "limit=0",
            "limit=201",
            "limit=ten",
            "cursor=!!",
            "colour=red",
        ] {
            let answered = shop.get(&format!("{list}?{query}")).await;
            assert_eq!(
                answered.problem(),
                (400, "invalid_parameter"),
                "{list}?{query}"
            );
        }
    }
}

#[tokio::test]
async fn what_is_misspelt_does_not_run_for_real() {
    let host = Host::start();
    let shop = host.shop();
    let earn = "/v1/loyalty/accounts/c1/earn";
    for query in [
        "dryrun=true",
        "DRY_RUN=true",
        "dry_run=yes",
        "dry_run=true&dry_run=false",
    ] {
        let answered = shop
            .post(&format!("{earn}?{query}"), json!({"points": 5}))
            .await;
        assert_eq!(answered.problem(), (400, "invalid_parameter"), "{query}");
    }
    // A list is not read as an object's fields in their order.
    let list = shop
        .post(earn, json!([null, null, 500, null, null, null]))
        .await;
    assert_eq!(list.problem(), (422, "invalid_input"));
    let account = shop.get("/v1/loyalty/accounts/c1").await.ok();
    assert_eq!(account["rev"], 0, "{account}");
}
