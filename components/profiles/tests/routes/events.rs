//! `GET /v1/customers/{id}/events`.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use http::StatusCode;
use rapport_web::testing::Client;
use serde_json::{Value, json};

fn shop() -> Client {
    Client::new(profiles::routes)
}

async fn track(shop: &Client, event: &str, at: &str, n: u64) {
    let body = json!({"userId": "0001", "event": event, "timestamp": at, "properties": {"n": n}});
    let tracked = shop.post("/v1/track", body).await;
    assert_eq!(tracked.body["status"], "applied", "{}", tracked.body);
}

/// The numbers of the events of a page, and what to go on with.
async fn numbers(shop: &Client, query: &str) -> (Vec<u64>, Option<String>) {
    let path = format!("/v1/customers/0001/events{query}");
    let page = shop.get(&path).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    let items = page.body["items"].as_array().unwrap().iter();
    (
        items
            .map(|item| item["properties"]["n"].as_u64().unwrap())
            .collect(),
        page.body["next_cursor"].as_str().map(str::to_owned),
    )
}

#[tokio::test]
async fn the_latest_events_come_first_and_a_page_goes_on_where_the_last_one_ended() {
    let shop = shop();
    // Some at the very same moment, and one from before 1970.
    track(&shop, "Page Viewed", "1969-07-20T20:17:40Z", 0).await;
    for n in 1..6 {
        track(&shop, "Cart Viewed", "2026-11-20T10:00:00Z", n).await;
    }
    track(&shop, "page-viewed", "2026-11-20T11:00:00Z", 6).await;
    let first = shop.get("/v1/customers/0001/events?limit=1").await;
    assert_eq!(
        first.body["items"],
        json!([{"event": "page_viewed", "at": "2026-11-20T11:00:00Z", "properties": {"n": 6}}])
    );
    assert_eq!(first.body["kept_since"], Value::Null);
    assert_eq!(first.headers["etag"], "\"7\"");
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let (page, next) = numbers(&shop, &format!("?limit=2{cursor}")).await;
        all.extend(page);
        // What comes meanwhile moves nothing.
        let at = "2026-11-20T10:00:00Z";
        track(&shop, "Cart Viewed", at, 7 + all.len() as u64).await;
        match next {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    all.retain(|n| *n < 7);
    assert_eq!(all, [6, 5, 4, 3, 2, 1, 0]);
    assert_eq!(
        numbers(&shop, "?event=Page%20Viewed").await,
        (vec![6, 0], None)
    );
}

#[tokio::test]
async fn who_has_more_events_than_are_kept_is_told_from_when_on_all_are() {
    let shop = shop();
    for n in 0..260_u64 {
        let at = format!("2026-11-20T{:02}:{:02}:00Z", n / 60, n % 60);
        track(&shop, "visit", &at, n).await;
    }
    let page = shop.get("/v1/customers/0001/events?limit=200").await.body;
    assert_eq!(page["kept_since"], "2026-11-20T00:03:00.001Z");
    let next = page["next_cursor"].as_str().unwrap();
    let (rest, end) = numbers(&shop, &format!("?limit=200&cursor={next}")).await;
    assert_eq!((rest.len(), rest.last(), end), (56, Some(&4), None));
}

#[tokio::test]
async fn what_cannot_be_read_is_refused() {
    let shop = shop();
    track(&shop, "visit", "2026-11-20T10:00:00Z", 1).await;
    for query in ["?limit=0", "?cursor=nonsense", "?evnt=visit"] {
        let refused = shop.get(&format!("/v1/customers/0001/events{query}")).await;
        assert_eq!(refused.body["code"], "invalid_parameter", "{query}");
    }
    let nobody = shop.get("/v1/customers/nobody/events").await;
    assert_eq!(nobody.body["code"], "not_found");
}
