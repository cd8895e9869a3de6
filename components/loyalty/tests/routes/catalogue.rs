//! `/v1/loyalty/rewards`: the catalogue.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use crate::shop::coffee::{redeem, reward, voucher, with_coffee};
use crate::shop::{is, open, post, problem};
use http::Method;
use serde_json::json;

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
