//! `/v1/feedback/metrics`.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use http::{Method, StatusCode};
use rapport_store::faulty::for_each_crash_point;
use rapport_store::{Memory, Store};
use rapport_web::testing::Client;
use serde_json::json;

fn shop() -> Client {
    Client::new(feedback::routes)
}

#[tokio::test]
async fn no_answers_are_null() {
    let metrics = shop().get("/v1/feedback/metrics").await;
    assert_eq!(metrics.status, StatusCode::OK);
    assert_eq!(
        metrics.body,
        json!({
            "nps": null, "csat": null, "ces": null, "responses": 0,
            "counts": {
                "nps": 0, "promoters": 0, "passives": 0, "detractors": 0, "csat": 0, "satisfied": 0, "ces": 0,
                "by_kind": {}, "dismissed": 0
            }
        })
    );
}

#[tokio::test]
async fn metrics_are_those_of_the_answers() {
    let shop = shop();
    for (kind, value) in [
        ("nps", json!(10)),
        ("nps", json!(9)),
        ("nps", json!(7)),
        ("nps", json!(2)),
        ("nps", json!(null)),
        ("csat", json!(5)),
        ("csat", json!(4)),
        ("csat", json!(1)),
        ("ces", json!(7)),
        ("ces", json!(4)),
    ] {
        shop.post("/v1/feedback", json!({"kind": kind, "value": value}))
            .await;
    }
    let metrics = shop.get("/v1/feedback/metrics").await;
    assert_eq!(metrics.body["nps"], 25.0);
    assert_eq!(metrics.body["csat"], 66.7);
    assert_eq!(metrics.body["ces"], 5.5);
    assert_eq!(metrics.body["responses"], 9);
    assert_eq!(metrics.body["counts"]["dismissed"], 1);

    let tag = metrics.headers["etag"].to_str().unwrap();
    let path = "/v1/feedback/metrics";
    let kept = shop
        .call(Method::GET, path, &[("if-none-match", tag)], None)
        .await;
    assert_eq!(kept.status, StatusCode::NOT_MODIFIED);
    shop.post("/v1/feedback", json!({"kind": "nps", "value": 0}))
        .await;
    let changed = shop
        .call(Method::GET, path, &[("if-none-match", tag)], None)
        .await;
    assert_eq!(changed.body["nps"], 0.0);
}

#[tokio::test]
async fn sums_are_folded_up_while_records_come_and_stay_right() {
    let shop = shop();
    let mut promoters = 0_u64;
    for n in 0..300_u64 {
        let score = n % 11;
        promoters += u64::from(score >= 9);
        shop.post("/v1/feedback", json!({"kind": "nps", "value": score}))
            .await;
    }
    let before = shop.memory.counts().reads;
    let metrics = shop.get("/v1/feedback/metrics").await.body;
    let reads = shop.memory.counts().reads - before;
    assert!(reads < 200, "{reads} reads: the sum did not move on");
    assert_eq!(metrics["responses"], 300);
    assert_eq!(metrics["counts"]["promoters"], promoters);
}

/// A record of a customer is created empty first. Where a crash comes then, a sum takes it for a hole; it must not miss it for that.
#[tokio::test]
async fn a_record_that_is_finished_long_after_a_crash_is_in_the_sum() {
    let record =
        |n: usize| json!({"kind": "nps", "value": 9, "customer": "c", "key": format!("k{n}")});
    let points = for_each_crash_point(Memory::repeatable, async |memory, process| {
        let crashing = Client::of(Store::new(process), memory.clone(), feedback::routes);
        crashing.post("/v1/feedback", record(0)).await;
        let late = memory.clone().late_by(200_000);
        let shop = Client::over(late, feedback::routes);
        for n in 1..=64 {
            shop.post("/v1/feedback", record(n)).await;
        }
        let again = shop.post("/v1/feedback", record(0)).await;
        assert_eq!(again.status, 201, "{}", again.body);
        let metrics = shop.get("/v1/feedback/metrics").await.body;
        assert_eq!(metrics["responses"], 65, "{metrics}");
        let list = shop.get("/v1/feedback?limit=200").await.body;
        assert_eq!(list["items"].as_array().unwrap().len(), 65);
    });
    let points = points.await;
    assert!(points > 8, "{points} points");
}
