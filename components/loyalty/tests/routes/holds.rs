//! `POST /v1/loyalty/accounts/{customer}/{authorize,capture,void}`.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use crate::shop::{get, is, open, post, problem};
use serde_json::json;

#[tokio::test]
async fn points_are_held_and_then_spent_in_part() {
    let shop = open().await;
    post(&shop, "c", "earn", json!({"points": 100, "key": "e"})).await;
    let body = json!({"points": 60, "expires_in": "30m", "reason": "cart 7", "key": "h"});
    let hold = post(&shop, "c", "authorize", body.clone()).await;
    assert_eq!(hold.status, 200, "{}", hold.body);
    assert_eq!(hold.body["expires_at"], "2026-11-21T04:30:00Z");
    assert_eq!(
        hold.body["balance"],
        json!({"active": 40, "pending": 0, "spent": 0, "expired": 0, "expiring_soon": 0, "held": 60})
    );
    let again = post(&shop, "c", "authorize", body).await;
    assert_eq!((again.status, &again.body), (hold.status, &hold.body));
    assert_eq!(again.headers["idempotency-replayed"], "true");

    let of = &hold.body["transaction"];
    let part = json!({"transaction": of, "points": 45});
    let dry = post(&shop, "c", "capture?dry_run=true", part.clone()).await;
    assert_eq!(dry.body["balance"]["spent"], 45);
    let capture = post(&shop, "c", "capture", part).await;
    assert_eq!(capture.status, 200, "{}", capture.body);
    assert_eq!(
        (&capture.body["points"], &capture.body["balance"]["active"]),
        (&json!(45), &json!(55))
    );
    assert!(capture.body.get("expires_at").is_none());
    let twice = post(&shop, "c", "capture", json!({"transaction": of})).await;
    assert_eq!(twice.body, capture.body);
    let voided = post(&shop, "c", "void", json!({"transaction": of})).await;
    assert_eq!(problem(&voided), is(409, "conflict", &[]));
    assert!(
        voided.body["detail"]
            .as_str()
            .unwrap()
            .contains("45 points"),
        "{}",
        voided.body
    );

    let journal = get(&shop, "c", "/journal").await.body["items"].clone();
    let told = |n: usize| {
        let entry = &journal[n];
        json!([
            entry["kind"],
            entry["points"],
            entry["held"],
            entry["balance"],
            entry["hold"]
        ])
    };
    // Newest first: 15 went back, 45 were spent, 60 were set aside.
    assert_eq!(told(0), json!(["void", 0, -15, 55, of]));
    assert_eq!(told(1), json!(["capture", -45, -45, 55, of]));
    assert_eq!(told(2), json!(["authorize", 0, 60, 100, null]));
    assert!(journal[3].get("held").is_none());
}

#[tokio::test]
async fn a_hold_that_timed_out_is_free_again_and_cannot_be_captured() {
    let shop = open().await;
    post(&shop, "c", "earn", json!({"points": 100, "key": "e"})).await;
    let hold = post(&shop, "c", "authorize", json!({"points": 60})).await;
    // 15 minutes, where nobody says.
    assert_eq!(hold.body["expires_at"], "2026-11-21T04:15:00Z");
    let during = get(&shop, "c", "").await;
    let tag = during.headers["etag"].clone();
    assert_eq!(during.body["balance"]["held"], 60);
    let before = shop.at("2026-11-21T04:14:58Z");
    assert_eq!(
        get(&before, "c", "").await.headers["cache-control"],
        "private, max-age=2"
    );
    let over = shop.at("2026-11-21T04:15:00Z");
    let after = get(&over, "c", "").await;
    assert_eq!(
        (
            &after.body["balance"]["active"],
            &after.body["balance"]["held"]
        ),
        (&json!(100), &json!(0))
    );
    assert_ne!(after.headers["etag"], tag);
    let of = json!({"transaction": hold.body["transaction"]});
    let late = post(&over, "c", "capture", of.clone()).await;
    assert_eq!(problem(&late), is(409, "hold_expired", &[]));
    let void = post(&over, "c", "void", of).await;
    assert_eq!(
        (void.status.as_u16(), &void.body["points"]),
        (200, &json!(0))
    );
    let journal = get(&over, "c", "/journal").await.body["items"].clone();
    assert_eq!(
        (&journal[0]["kind"], &journal[0]["at"], &journal[0]["hold"]),
        (
            &json!("release"),
            &json!("2026-11-21T04:15:00Z"),
            &hold.body["transaction"]
        )
    );
}

#[tokio::test]
async fn what_cannot_be_held_is_refused_with_its_place() {
    let shop = open().await;
    post(&shop, "c", "earn", json!({"points": 100, "key": "e"})).await;
    for (body, status, code, places) in [
        (json!({"points": 101}), 409, "insufficient_points", &[][..]),
        (json!({"points": 0}), 422, "invalid_input", &["/points"]),
        (
            json!({"points": 1, "expires_in": "8d"}),
            422,
            "invalid_input",
            &["/expires_in"],
        ),
        (
            json!({"points": 1, "expires_in": "soon"}),
            422,
            "invalid_input",
            &["/expires_in"],
        ),
        (
            json!({"points": 1, "minutes": 5}),
            422,
            "invalid_input",
            &["/minutes"],
        ),
        (json!({}), 422, "invalid_input", &["/points"]),
    ] {
        let refused = post(&shop, "c", "authorize", body.clone()).await;
        assert_eq!(problem(&refused), is(status, code, places), "{body}");
    }
    for what in ["capture", "void"] {
        for (of, status, code) in [("k_00", 404, "not_found"), ("../x", 404, "not_found")] {
            let refused = post(&shop, "c", what, json!({"transaction": of})).await;
            assert_eq!(problem(&refused), is(status, code, &[]), "{what} {of}");
        }
    }
    let earn = post(&shop, "c", "earn", json!({"points": 100, "key": "e"})).await;
    let of = json!({"transaction": earn.body["transaction"]});
    for what in ["capture", "void"] {
        assert_eq!(
            problem(&post(&shop, "c", what, of.clone()).await),
            is(409, "conflict", &[])
        );
    }
    let get = shop.get("/v1/loyalty/accounts/c/authorize").await;
    assert_eq!(
        (get.status.as_u16(), get.headers["allow"].to_str().unwrap()),
        (405, "POST")
    );
}
