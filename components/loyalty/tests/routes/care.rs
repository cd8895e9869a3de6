//! `POST /v1/loyalty/accounts/{customer}/{adjust,freeze,unfreeze,import}`.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use crate::shop::{get, is, open, post, problem};
use serde_json::json;

#[tokio::test]
async fn an_adjustment_says_who_and_why() {
    let shop = open().await;
    let body = json!({"points": 50, "reason": "late parcel", "author": "anna", "expires_at": "2026-12-31", "key": "a"});
    let given = post(&shop, "c", "adjust", body.clone()).await;
    assert_eq!(
        (given.status.as_u16(), &given.body["points"]),
        (200, &json!(50)),
        "{}",
        given.body
    );
    assert_eq!(given.body["tier"], json!(null), "50 earned would be bronze");
    let again = post(&shop, "c", "adjust", body).await;
    assert_eq!((again.status, &again.body), (given.status, &given.body));
    let taken = post(
        &shop,
        "c",
        "adjust",
        json!({"points": -20, "reason": "too many", "author": "bo"}),
    )
    .await;
    assert_eq!(
        (&taken.body["points"], &taken.body["balance"]["active"]),
        (&json!(-20), &json!(30))
    );
    let journal = get(&shop, "c", "/journal").await.body["items"].clone();
    let told = |n: usize| {
        let entry = &journal[n];
        json!([
            entry["kind"],
            entry["points"],
            entry["author"],
            entry["reason"]
        ])
    };
    assert_eq!(told(0), json!(["adjust", -20, "bo", "too many"]));
    assert_eq!(told(1), json!(["adjust", 50, "anna", "late parcel"]));
    // A day is to its end, in the shop's zone.
    assert_eq!(journal[1]["lots"][0]["expires_at"], "2026-12-31T16:00:00Z");
    for (body, code, places) in [
        (
            json!({"points": 0, "reason": "r", "author": "a"}),
            "invalid_input",
            &["/points"][..],
        ),
        (
            json!({"points": 1, "reason": "", "author": "a"}),
            "invalid_input",
            &["/reason"],
        ),
        (
            json!({"points": 1, "reason": "r"}),
            "invalid_input",
            &["/author"],
        ),
        (
            json!({"points": 1, "reason": "r", "author": "a", "expires_at": "2026-11-20"}),
            "invalid_input",
            &["/expires_at"],
        ),
        (
            json!({"points": 1, "reason": "r", "author": "a", "expires_at": "soon"}),
            "invalid_input",
            &["/expires_at"],
        ),
    ] {
        assert_eq!(
            problem(&post(&shop, "c", "adjust", body.clone()).await),
            is(422, code, places),
            "{body}"
        );
    }
    let more = post(
        &shop,
        "c",
        "adjust",
        json!({"points": -31, "reason": "r", "author": "a"}),
    )
    .await;
    assert_eq!(problem(&more), is(409, "insufficient_points", &[]));
}

#[tokio::test]
async fn a_frozen_account_says_so() {
    let shop = open().await;
    post(&shop, "c", "earn", json!({"points": 100, "key": "e"})).await;
    assert!(get(&shop, "c", "").await.body.get("frozen").is_none());
    let body = json!({"reason": "stolen phone", "author": "anna", "key": "f"});
    let frozen = post(&shop, "c", "freeze", body).await;
    assert_eq!(
        (frozen.status.as_u16(), &frozen.body["points"]),
        (200, &json!(0)),
        "{}",
        frozen.body
    );
    let account = get(&shop, "c", "").await;
    assert_eq!(
        account.body["frozen"],
        json!({"since": "2026-11-21T04:00:00Z", "reason": "stolen phone"})
    );
    for what in ["spend", "authorize"] {
        let refused = post(&shop, "c", what, json!({"points": 1})).await;
        assert_eq!(problem(&refused), is(409, "account_frozen", &[]), "{what}");
    }
    assert_eq!(
        post(&shop, "c", "earn", json!({"points": 1})).await.status,
        200
    );
    let body = json!({"reason": "found", "author": "anna"});
    assert_eq!(post(&shop, "c", "unfreeze", body.clone()).await.status, 200);
    let again = post(&shop, "c", "unfreeze", body).await;
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(
        post(&shop, "c", "spend", json!({"points": 1})).await.status,
        200
    );
}

#[tokio::test]
async fn opening_balances_are_brought_along_once() {
    let shop = open().await;
    let body = json!({"key": "old", "lots": [
        {"points": 100, "active_from": "2025-06-01", "expires_at": "2026-12-01", "reason": "old card"},
        {"points": 40},
        {"points": 7, "active_from": "2026-12-24T00:00:00Z", "expires_at": "2027-12-24"}]});
    let imported = post(&shop, "c", "import", body.clone()).await;
    assert_eq!(imported.status, 200, "{}", imported.body);
    assert_eq!(
        imported.body["balance"],
        json!({"active": 140, "pending": 7, "spent": 0, "expired": 0, "expiring_soon": 100, "held": 0})
    );
    let again = post(&shop, "c", "import", body).await;
    assert_eq!(
        (again.status, &again.body),
        (imported.status, &imported.body)
    );
    for (body, places) in [
        (json!({"lots": [{"points": 1}]}), &["/key"][..]),
        (json!({"key": "k", "lots": []}), &["/lots"]),
        (
            json!({"key": "k", "lots": [{"points": 1}, {"points": 0}]}),
            &["/lots/1/points"],
        ),
        (
            json!({"key": "k", "lots": [{"points": 1, "expires_at": "2026-11-20"}]}),
            &["/lots/0/expires_at"],
        ),
        (
            json!({"key": "k", "lots": [{"points": 1, "active_from": "then"}]}),
            &["/lots/0/active_from"],
        ),
        (
            json!({"key": "k", "lots": [{"points": 1, "expiry": "2027-01-01"}]}),
            &["/lots/0/expiry"],
        ),
    ] {
        let refused = post(&shop, "c", "import", body.clone()).await;
        assert_eq!(
            problem(&refused),
            is(422, "invalid_input", places),
            "{body}"
        );
    }
}
