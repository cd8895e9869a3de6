//! `GET /v1/loyalty/accounts/{customer}/journal`.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use crate::shop::{get, is, open, post, problem};
use serde_json::json;

#[tokio::test]
async fn a_journal_says_what_happened_newest_first() {
    let shop = open().await;
    let order = json!({"order_id": "A-1", "money": {"amount": 5_000, "currency": "USD"}, "reason": "autumn"});
    let earn = post(&shop, "c", "earn", order).await;
    let spend = post(&shop, "c", "spend", json!({"points": 20, "key": "s"})).await;
    post(
        &shop,
        "c",
        "reverse",
        json!({"transaction": spend.body["transaction"], "points": 5}),
    )
    .await;
    let journal = get(&shop, "c", "/journal").await;
    let items = journal.body["items"].as_array().unwrap();
    assert_eq!(journal.body["next_cursor"], json!(null));
    let rows: Vec<_> = items
        .iter()
        .map(|i| {
            (
                i["kind"].as_str().unwrap(),
                i["points"].as_i64().unwrap(),
                i["balance"].as_i64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        rows,
        [("reverse", 5, 35), ("spend", -20, 30), ("earn", 50, 50)]
    );
    assert_eq!(items[0]["reverses"], spend.body["transaction"]);
    assert_eq!(
        items[2],
        json!({
            "number": 0, "transaction": earn.body["transaction"], "kind": "earn",
            "at": "2026-11-21T04:00:00Z", "recorded_at": "2026-11-21T04:00:00Z", "points": 50, "balance": 50,
            "lots": [{"lot": 0, "points": 50, "active_from": "2026-11-21T04:00:00Z", "expires_at": "2027-11-21T16:00:00Z"}],
            "order_id": "A-1", "money": {"amount": 5000, "currency": "USD"}, "reason": "autumn",
        })
    );
    // What expired stands there as soon as it is read.
    let late = shop.at("2028-01-01T00:00:00Z");
    let journal = get(&late, "c", "/journal?limit=1").await;
    assert_eq!(
        (
            &journal.body["items"][0]["kind"],
            &journal.body["items"][0]["points"]
        ),
        (&json!("expire"), &json!(-35))
    );
    assert_eq!(
        get(&shop, "nobody", "/journal").await.body,
        json!({"items": [], "next_cursor": null})
    );
    assert_eq!(
        problem(&get(&shop, "c", "/journal?limit=0").await),
        is(400, "invalid_parameter", &[])
    );
}

#[tokio::test]
async fn a_long_journal_goes_on_into_its_pages_and_ids_are_known_for_ever() {
    let shop = open().await;
    let mut first = None;
    for n in 0..400 {
        let answered = post(
            &shop,
            "c",
            "earn",
            json!({"order_id": format!("o{n}"), "points": 1}),
        )
        .await;
        assert_eq!(answered.status, 200, "{}", answered.body);
        first.get_or_insert(answered.body);
    }
    let mut numbers = Vec::new();
    let mut path = "/journal?limit=37".to_owned();
    loop {
        let page = get(&shop, "c", &path).await;
        assert_eq!(page.status, 200, "{}", page.body);
        numbers.extend(
            page.body["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|i| i["number"].as_u64().unwrap()),
        );
        match page.body["next_cursor"].as_str() {
            Some(cursor) => path = format!("/journal?limit=37&cursor={cursor}"),
            None => break,
        }
    }
    assert!(numbers.iter().copied().eq((0..400).rev()), "{numbers:?}");

    let again = post(&shop, "c", "earn", json!({"order_id": "o0", "points": 1})).await;
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(Some(&again.body), first.as_ref());
    let other = post(&shop, "c", "earn", json!({"order_id": "o1", "points": 2})).await;
    assert_eq!(problem(&other), is(422, "key_reused", &[]));
    let back = post(
        &shop,
        "c",
        "reverse",
        json!({"transaction": again.body["transaction"]}),
    )
    .await;
    assert_eq!(back.body["balance"]["active"], 399);
}
