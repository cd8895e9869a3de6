//! `/v1/segments/models/…`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs
)]

use crate::common::Shop;
use http::Method;
use rapport_web::testing::Answered;
use serde_json::{Value, json};

const LIFETIME: &str = "/v1/segments/models/lifetime";
const RFM: &str = "/v1/segments/models/rfm";
const LIFECYCLE: &str = "/v1/segments/models/lifecycle";

fn lifetime() -> Value {
    json!({"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426, "fitted_at": "2026-11-21T00:00:00Z",
        "customers": 2357, "log_likelihood": -9582.429, "until": "1997-09-30"})
}

fn rfm() -> Value {
    json!({"recency_days": [30, 60, 90, 180], "frequency": [1, 1, 2, 3], "monetary": [14.96, 27.99, 46.04, 93.76],
        "mean_scores": {"r": 2.9859, "f": 2.1633, "m": 2.9953}, "computed_at": "2026-11-21T00:00:00Z", "customers": 2357})
}

fn said(answered: &Answered) -> (u16, &str) {
    (
        answered.status.as_u16(),
        answered.body["code"].as_str().unwrap_or_default(),
    )
}

fn pointers(answered: &Answered) -> Vec<&str> {
    let errors = answered.body["errors"].as_array().unwrap();
    errors
        .iter()
        .map(|one| one["pointer"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_model_is_put_read_and_changed() {
    let shop = Shop::new();
    for (path, body) in [(LIFETIME, lifetime()), (RFM, rfm())] {
        assert_eq!(
            said(&shop.client.get(path).await),
            (404, "not_found"),
            "{path}"
        );
        let put = shop.client.put(path, body.clone()).await;
        assert_eq!(put.status.as_u16(), 201, "{}", put.body);
        let read = shop.client.get(path).await;
        assert_eq!((read.status.as_u16(), &read.body), (200, &put.body));
        for (name, value) in body.as_object().unwrap() {
            assert_eq!(&read.body[name], value, "{path} {name}");
        }
        assert_eq!(
            (&read.body["version"], &read.body["updated_at"]),
            (&json!(1), &json!("2026-11-21T04:00:00Z"))
        );
        let same = shop.client.put(path, body.clone()).await;
        assert_eq!((same.status.as_u16(), &same.body), (200, &put.body));
        let mut other = body;
        other["customers"] = json!(3000);
        let changed = shop.client.put(path, other).await;
        assert_eq!(
            (changed.status.as_u16(), &changed.body["version"]),
            (200, &json!(2))
        );
    }
}

#[tokio::test]
async fn bounds_of_stages_are_there_from_the_beginning() {
    let shop = Shop::new();
    let usual = json!({"loyal_from": 5, "at_risk_after": "90d", "dormant_after": "180d", "lost_after": "365d",
        "version": 0, "updated_at": null, "rev": 0});
    assert_eq!(shop.client.get(LIFECYCLE).await.body, usual);
    shop.order("li", 5.0, "2026-10-01T00:00:00Z").await;
    shop.define(
        "risk",
        json!({"field": "lifecycle", "is": "eq", "value": "at_risk"}),
    )
    .await;
    let members = async || shop.client.get("/v1/segments/memberships/li").await.body;
    assert_eq!(members().await["memberships"], json!([]));
    let bounds = json!({"loyal_from": 3, "at_risk_after": "30d", "dormant_after": "90d", "lost_after": "180d"});
    let put = shop.client.put(LIFECYCLE, bounds).await;
    assert_eq!(put.status.as_u16(), 201, "{}", put.body);
    let answer = members().await;
    let one = &answer["memberships"][0];
    // Other bounds are another version of a rule that asks for them.
    assert_eq!(
        (&one["segment"], &one["definition_version"]),
        (&json!("risk"), &json!(2))
    );
    // 90 days after the order.
    assert_eq!(
        (&one["since"], &one["next_change_at"]),
        (
            &json!("2026-11-21T04:00:00Z"),
            &json!("2026-12-30T00:00:00Z")
        )
    );
}

#[tokio::test]
async fn what_cannot_be_is_pointed_at() {
    let shop = Shop::new();
    let with = |mut body: Value, name: &str, value: Value| {
        body[name] = value;
        body
    };
    for (path, body, place) in [
        (LIFETIME, with(lifetime(), "r", json!(-1)), "/r"),
        (LIFETIME, with(lifetime(), "until", json!("soon")), "/until"),
        (LIFETIME, with(lifetime(), "beta", json!(1)), "/beta"),
        (
            RFM,
            with(rfm(), "frequency", json!([2, 1, 3, 4])),
            "/frequency/1",
        ),
        (
            RFM,
            with(rfm(), "frequency", json!([2, 1, 3])),
            "/frequency",
        ),
        (
            RFM,
            with(rfm(), "monetary", json!([1, 2, 3, "4"])),
            "/monetary/3",
        ),
        (
            RFM,
            with(rfm(), "mean_scores", json!({"r": 0, "f": 2, "m": 3})),
            "/mean_scores/r",
        ),
        (
            LIFECYCLE,
            json!({"loyal_from": 5, "at_risk_after": "90d", "dormant_after": "90d", "lost_after": "365d"}),
            "/dormant_after",
        ),
        (
            LIFECYCLE,
            json!({"loyal_from": 5, "at_risk_after": "90d", "dormant_after": "180d"}),
            "/lost_after",
        ),
    ] {
        let refused = shop.client.put(path, body.clone()).await;
        assert_eq!(
            said(&refused),
            (422, "invalid_input"),
            "{body}: {}",
            refused.body
        );
        assert_eq!(pointers(&refused), [place], "{body}: {}", refused.body);
    }
    assert_eq!(said(&shop.client.get(LIFETIME).await).0, 404);
    assert_eq!(
        said(&shop.client.get("/v1/segments/models/clv").await).0,
        404
    );
    // No segment may stand where models do.
    assert_eq!(
        said(&shop.define("models", json!({"tag": "x"})).await).0,
        400
    );
}

#[tokio::test]
async fn conditions_keys_and_dry_runs_are_as_everywhere() {
    let shop = Shop::new();
    let put = async |body: Value, headers: &[(&str, &str)]| {
        shop.client
            .call(Method::PUT, LIFETIME, headers, Some(body))
            .await
    };
    let dry = shop
        .client
        .put(&format!("{LIFETIME}?dry_run=true"), lifetime())
        .await;
    assert_eq!(
        (dry.status.as_u16(), &dry.body["version"]),
        (201, &json!(1))
    );
    assert_eq!(said(&shop.client.get(LIFETIME).await).0, 404);

    let first = put(
        lifetime(),
        &[("idempotency-key", "k1"), ("if-none-match", "*")],
    )
    .await;
    assert_eq!(first.status.as_u16(), 201);
    let again = put(
        lifetime(),
        &[("idempotency-key", "k1"), ("if-none-match", "*")],
    )
    .await;
    assert_eq!(
        (
            again.status.as_u16(),
            &again.headers["idempotency-replayed"]
        ),
        (201, &http::HeaderValue::from_static("true"))
    );
    assert_eq!(again.body, first.body);
    // Another model's change is none of this one's.
    shop.client.put(RFM, rfm()).await;
    let tag = first.headers["etag"].to_str().unwrap();
    let mut other = lifetime();
    other["a"] = json!(0.8);
    let changed = put(other.clone(), &[("if-match", tag)]).await;
    assert_eq!(
        (changed.status.as_u16(), &changed.body["version"]),
        (200, &json!(2))
    );
    other["a"] = json!(0.9);
    assert_eq!(
        said(&put(other, &[("if-match", tag)]).await),
        (412, "stale_revision")
    );
    let tag = changed.headers["etag"].to_str().unwrap();
    let known = shop
        .client
        .call(Method::GET, LIFETIME, &[("if-none-match", tag)], None)
        .await;
    assert_eq!(known.status.as_u16(), 304);
}

#[tokio::test]
async fn scores_and_chances_are_fields_of_rules_once_there_are_models() {
    let shop = Shop::new();
    for day in ["2026-01-05", "2026-03-05", "2026-09-05"] {
        shop.order("li", 30.0, &format!("{day}T00:00:00Z")).await;
        // A second one on the day is no second purchase.
        shop.order("li", 10.0, &format!("{day}T02:00:00Z")).await;
    }
    let ask = async |rule: Value| {
        let body = json!({"rule": rule, "customer": "li"});
        shop.client.post("/v1/segments/preview", body).await.body
    };
    let exists = json!({"field": "lifetime.p_alive", "is": "exists"});
    assert_eq!(ask(exists.clone()).await["matches"], false);
    shop.client.put(LIFETIME, lifetime()).await;
    shop.client.put(RFM, rfm()).await;
    assert_eq!(ask(exists).await["matches"], true);

    // The published formula: x is 2, t_x from 5 January to 5 September, T until now.
    let weeks = |hours: f64| hours / 168.0;
    let (last, age) = (weeks(243.0 * 24.0 + 2.0), weeks(320.0 * 24.0 + 4.0));
    let quiet = ((4.414 + age) / (4.414 + last)).powf(0.243 + 2.0);
    let alive = 1.0 / (1.0 + 0.793 / (2.426 + 1.0) * quiet);
    let alive = (alive * 1e6_f64).round() / 1e6;
    let is = ask(json!({"field": "lifetime.p_alive", "is": "eq", "value": alive})).await;
    assert_eq!(is["matches"], true, "{alive}: {is}");
    for (field, value, next) in [
        // 77 days after the order: from 90 on it is 2.
        ("rfm.r", json!(3), json!("2026-12-04T02:00:00Z")),
        ("rfm.f", json!(5), Value::Null),
        ("rfm.m", json!(5), Value::Null),
        (
            "rfm.value_group",
            json!("important_value"),
            json!("2026-12-04T02:00:00Z"),
        ),
    ] {
        let answer = ask(json!({"field": field, "is": "eq", "value": value})).await;
        assert_eq!(
            (&answer["matches"], &answer["next_change_at"]),
            (&json!(true), &next),
            "{field}"
        );
    }
}

#[tokio::test]
async fn an_answer_has_another_tag_once_there_are_other_models() {
    let shop = Shop::new();
    shop.order("li", 30.0, "2026-11-05T00:00:00Z").await;
    shop.define("fresh", json!({"field": "rfm.r", "is": "gte", "value": 1}))
        .await;
    let tag = async || {
        let answer = shop.client.get("/v1/segments/memberships/li").await;
        (
            answer.headers["etag"].clone(),
            answer.body["memberships"].as_array().unwrap().len(),
        )
    };
    let none = tag().await;
    assert_eq!(none.1, 0);
    shop.client.put(RFM, rfm()).await;
    let some = tag().await;
    assert_eq!(some.1, 1);
    let mut other = rfm();
    other["recency_days"] = json!([40, 60, 90, 180]);
    shop.client.put(RFM, other).await;
    let another = tag().await;
    assert!(none.0 != some.0 && some.0 != another.0);
}

#[tokio::test]
async fn durations_come_back_as_they_were_written() {
    let shop = Shop::new();
    for (path, told) in [
        (
            LIFECYCLE,
            json!({"at_risk_after": "28d", "dormant_after": "1344h", "lost_after": "70d"}),
        ),
        (
            "/v1/reviews/settings",
            json!({"still_after": "14d", "stale_after": "2160h", "cadence": "21d"}),
        ),
    ] {
        let mut body = told.clone();
        if path == LIFECYCLE {
            body["loyal_from"] = json!(5);
        }
        let put = shop.client.put(path, body).await;
        assert!(put.status.is_success(), "{}", put.body);
        for answered in [put, shop.client.get(path).await] {
            for (name, value) in told.as_object().unwrap() {
                assert_eq!(answered.body[name], *value, "{path} {name}");
            }
        }
    }
}
