//! `GET /v1/loyalty/accounts/{customer}/{lots,expiring,holds,audit}`.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use crate::shop::{get, is, open, post, problem};
use http::Method;
use serde_json::json;

#[tokio::test]
async fn lots_are_listed_in_the_order_they_are_spent() {
    let shop = open().await;
    let body = json!({"key": "k", "lots": [
        {"points": 100}, {"points": 40, "expires_at": "2026-12-10"},
        {"points": 7, "active_from": "2026-12-24T00:00:00Z", "expires_at": "2027-12-24"}]});
    post(&shop, "c", "import", body).await;
    post(&shop, "c", "spend", json!({"points": 10})).await;
    let hold = post(&shop, "c", "authorize", json!({"points": 5})).await;
    let list = get(&shop, "c", "/lots?limit=2").await;
    assert_eq!(
        list.body["items"],
        json!([
            {"lot": 1, "state": "active", "amount": 40, "points": 25,
             "active_from": "2026-11-21T04:00:00Z", "expires_at": "2026-12-10T16:00:00Z"},
            {"lot": 2, "state": "pending", "amount": 7, "points": 7,
             "active_from": "2026-12-24T00:00:00Z", "expires_at": "2027-12-24T16:00:00Z"}])
    );
    let next = list.body["next_cursor"].as_str().unwrap();
    let rest = get(&shop, "c", &format!("/lots?cursor={next}")).await;
    assert_eq!(
        (&rest.body["items"][0]["points"], &rest.body["next_cursor"]),
        (&json!(100), &json!(null))
    );
    let holds = get(&shop, "c", "/holds").await;
    assert_eq!(
        holds.body["items"],
        json!([{"transaction": hold.body["transaction"], "points": 5, "expires_at": "2026-11-21T04:15:00Z"}])
    );
    // What is given back by time alone is there again, under another tag.
    let later = shop.at("2026-11-21T04:15:00Z");
    let path = "/v1/loyalty/accounts/c/lots";
    let tag = get(&shop, "c", "/lots").await.headers["etag"].clone();
    let again = shop
        .call(
            Method::GET,
            path,
            &[("if-none-match", tag.to_str().unwrap())],
            None,
        )
        .await;
    assert_eq!(again.status, 304);
    let again = later
        .call(
            Method::GET,
            path,
            &[("if-none-match", tag.to_str().unwrap())],
            None,
        )
        .await;
    assert_eq!(
        (again.status.as_u16(), &again.body["items"][0]["points"]),
        (200, &json!(30))
    );
    assert_eq!(get(&later, "c", "/holds").await.body["items"], json!([]));
    assert_eq!(get(&shop, "nobody", "/lots").await.body["items"], json!([]));
}

#[tokio::test]
async fn what_expires_soon_is_listed_by_its_day() {
    let shop = open().await;
    let body = json!({"key": "k", "lots": [
        {"points": 100}, {"points": 40, "expires_at": "2026-12-10"}, {"points": 2, "expires_at": "2026-12-10"},
        {"points": 7, "expires_at": "2026-12-21"}, {"points": 9, "expires_at": "2027-01-10"}]});
    post(&shop, "c", "import", body).await;
    let soon = get(&shop, "c", "/expiring").await;
    // 30 days from 21 November 12:00 in Shanghai: to 21 December 12:00, before that day ends.
    assert_eq!(
        soon.body,
        json!({"customer": "c", "within": "30d", "points": 42, "items": [
            {"expires_at": "2026-12-10T16:00:00Z", "last_day": "2026-12-10", "points": 42, "lots": [1, 2]}]})
    );
    assert_eq!(
        get(&shop, "c", "").await.body["balance"]["expiring_soon"],
        42
    );
    let later = get(&shop, "c", "/expiring?within=9w").await;
    let days: Vec<_> = later.body["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| i["last_day"].clone())
        .collect();
    assert_eq!(days, ["2026-12-10", "2026-12-21", "2027-01-10"]);
    let close = shop.at("2026-11-21T15:59:57Z");
    assert_eq!(
        get(&close, "c", "/expiring").await.headers["cache-control"],
        "private, max-age=3"
    );
    let bad = get(&shop, "c", "/expiring?within=soon").await;
    assert_eq!(problem(&bad), is(400, "invalid_parameter", &[]));
}

#[tokio::test]
async fn an_audit_proves_that_the_journal_is_the_balance() {
    let shop = open().await;
    let none = get(&shop, "c", "/audit").await;
    assert_eq!(
        (&none.body["ok"], &none.body["checked"]["entries"]),
        (&json!(true), &json!(0))
    );
    for n in 0..300 {
        post(
            &shop,
            "c",
            "earn",
            json!({"points": 2, "key": format!("e{n}")}),
        )
        .await;
    }
    post(&shop, "c", "spend", json!({"points": 100, "key": "s"})).await;
    post(&shop, "c", "authorize", json!({"points": 30, "key": "h"})).await;
    let audit = get(&shop, "c", "/audit").await;
    assert_eq!(audit.body["ok"], true, "{}", audit.body);
    assert_eq!(audit.body["complete"], true);
    // A hundred points are fifty lots: four entries. Thirty are fifteen lots: one.
    assert_eq!(
        audit.body["checked"],
        json!({"entries": 305, "from": 0, "to": 304})
    );
    let [sum, balance, lots, held] =
        ["sum", "balance", "lots", "held"].map(|name| audit.body[name].clone());
    assert_eq!(
        [sum, balance, lots, held],
        [json!(500), json!(500), json!(470), json!(30)]
    );
    assert_eq!(
        audit.body["kinds"]["earn"],
        json!({"entries": 300, "points": 600})
    );
    assert_eq!(
        audit.body["kinds"]["spend"],
        json!({"entries": 4, "points": -100})
    );
    assert_eq!(audit.body["differs"], json!(null));

    // A page of 64 entries at a time comes to the same.
    let mut cursor = String::new();
    let mut entries = 0;
    loop {
        let part = get(&shop, "c", &format!("/audit?limit=1{cursor}")).await;
        assert_eq!(part.body["ok"], true, "{}", part.body);
        entries += part.body["checked"]["entries"].as_u64().unwrap();
        let Some(next) = part.body["next_cursor"].as_str() else {
            assert_eq!(
                (&part.body["complete"], &part.body["sum"]),
                (&json!(true), &json!(500))
            );
            break;
        };
        assert_eq!(part.body["complete"], false);
        cursor = format!("&cursor={next}");
    }
    assert_eq!(entries, 305);

    // After a year all is over, which an audit sees as the balance does.
    let later = shop.at("2028-01-01T00:00:00Z");
    let audit = get(&later, "c", "/audit").await;
    assert_eq!(
        (&audit.body["ok"], &audit.body["balance"]),
        (&json!(true), &json!(0)),
        "{}",
        audit.body
    );
}
