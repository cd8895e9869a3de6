//! A request made again is answered as the first time.

use rapport_tests::Shop;
use reqwest::Method;
use serde_json::{Value, json};

use super::table::prepared;

#[tokio::test]
async fn an_idempotency_key_answers_the_same_again_and_is_not_used_for_another_request() {
    let (_host, shop, _) = prepared().await;
    let redeem = "/v1/loyalty/accounts/c1/redeem";
    let redeemed = shop.post(redeem, json!({"reward": "mug"})).await.ok();
    let to_use = redeemed["voucher"]["code"].as_str().expect("a code");
    let use_path = format!("/v1/loyalty/vouchers/{to_use}/use");
    let redeemed = shop.post(redeem, json!({"reward": "mug"})).await.ok();
    let to_cancel = redeemed["voucher"]["code"].as_str().expect("a code");
    let cancel_path = format!("/v1/loyalty/vouchers/{to_cancel}/cancel");
    let authorize = "/v1/loyalty/accounts/c1/authorize";
    let held = shop.post(authorize, json!({"points": 2})).await.ok();
    let held = held["transaction"].clone();
    let cases = [
        (
            Method::PUT,
            "/v1/customers/k1",
            json!({"traits": {"n": 1}}),
            json!({"traits": {"n": 2}}),
        ),
        (
            Method::PATCH,
            "/v1/customers/c1",
            json!({"traits": {"n": 1}}),
            json!({"traits": {"n": 2}}),
        ),
        (
            Method::POST,
            "/v1/loyalty/accounts/k1/earn",
            json!({"points": 5}),
            json!({"points": 6}),
        ),
        (
            Method::POST,
            "/v1/loyalty/accounts/c1/spend",
            json!({"points": 2}),
            json!({"points": 3}),
        ),
        (
            Method::POST,
            authorize,
            json!({"points": 2}),
            json!({"points": 3}),
        ),
        (
            Method::POST,
            "/v1/loyalty/accounts/c1/void",
            json!({"transaction": held}),
            json!({"transaction": "other"}),
        ),
        (
            Method::POST,
            "/v1/loyalty/accounts/c1/transfer",
            json!({"to": "c2", "points": 2}),
            json!({"to": "c3", "points": 2}),
        ),
        (
            Method::POST,
            "/v1/loyalty/accounts/c1/adjust",
            json!({"points": 2, "reason": "a", "author": "b"}),
            json!({"points": 3, "reason": "a", "author": "b"}),
        ),
        (
            Method::POST,
            "/v1/loyalty/accounts/c2/freeze",
            json!({"reason": "a", "author": "b"}),
            json!({"reason": "c", "author": "b"}),
        ),
        (
            Method::POST,
            redeem,
            json!({"reward": "mug"}),
            json!({"reward": "cup"}),
        ),
        (
            Method::POST,
            &use_path,
            json!({"order_id": "1"}),
            json!({"order_id": "2"}),
        ),
        (
            Method::POST,
            &cancel_path,
            json!({"reason": "a"}),
            json!({"reason": "b"}),
        ),
        (
            Method::PUT,
            "/v1/loyalty/rewards/cup",
            json!({"name": "Cup", "points": 5}),
            json!({"name": "Cup", "points": 6}),
        ),
        (
            Method::PUT,
            "/v1/loyalty/accounts/c1/tier",
            json!({"tier": "bronze", "reason": "a"}),
            json!({"tier": "bronze", "reason": "b"}),
        ),
        (
            Method::PUT,
            "/v1/tags/k1",
            json!({"name": "a"}),
            json!({"name": "b"}),
        ),
        (
            Method::PUT,
            "/v1/segments/scores/k1",
            json!({"name": "a", "clauses": [{"when": {"tag": "a"}, "points": 1}]}),
            json!({"name": "b", "clauses": [{"when": {"tag": "a"}, "points": 1}]}),
        ),
        (
            Method::POST,
            "/v1/feedback",
            json!({"kind": "nps", "value": 3}),
            json!({"kind": "nps", "value": 4}),
        ),
        (
            Method::POST,
            "/v1/surveys/f1/responses",
            json!({"data": {"q": "a"}}),
            json!({"data": {"q": "b"}}),
        ),
        (
            Method::PUT,
            "/v1/segments/k1",
            json!({"name": "a", "rule": {"tag": "a"}}),
            json!({"name": "b", "rule": {"tag": "b"}}),
        ),
        (
            Method::POST,
            "/v1/tags/t1/remove",
            json!({"segment": "m1"}),
            json!({"segment": "s1"}),
        ),
        (
            Method::POST,
            "/v1/segments/m1/members",
            json!({"remove": ["c1"]}),
            json!({"remove": ["c1"], "add": []}),
        ),
    ];
    for (n, (method, path, body, other)) in cases.into_iter().enumerate() {
        // An account takes a key once, whatever is asked with it.
        let key = format!("once {n}");
        let send = |body: &Value| {
            let request = shop
                .with_json(method.clone(), path, body)
                .header("idempotency-key", &key);
            Shop::send(request)
        };
        let first = send(&body).await;
        assert!(first.status.is_success(), "{method} {path}: {}", first.body);
        assert_eq!(
            first.header("idempotency-replayed"),
            None,
            "{method} {path}"
        );
        let again = send(&body).await;
        assert_eq!(
            (again.status, &again.body),
            (first.status, &first.body),
            "{method} {path}"
        );
        assert_eq!(
            again.header("idempotency-replayed"),
            Some("true"),
            "{method} {path}"
        );
        assert_eq!(
            send(&other).await.problem(),
            (422, "key_reused"),
            "{method} {path}"
        );
    }
    let long = shop.with_json(
        Method::POST,
        "/v1/feedback",
        &json!({"kind": "nps", "value": 3}),
    );
    let answered = Shop::send(long.header("idempotency-key", "k".repeat(256))).await;
    assert_eq!(answered.problem(), (400, "invalid_parameter"));
}
