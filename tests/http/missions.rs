//! `/v1/loyalty/missions` and `/v1/loyalty/accounts/{customer}/missions`.

use futures::future::join_all;
use rapport_tests::host::Options;
use rapport_tests::{Host, Shop};
use serde_json::json;

const MISSIONS: &str = "/v1/loyalty/accounts/c/missions";

/// Three events, 50 points.
async fn with_mission(shop: &Shop) {
    shop.with_program().await;
    let rule = json!({"event": "review_posted", "within": "30d", "count": {"at_least": 3}});
    let mission = json!({"name": "Three reviews", "rule": rule, "reward": {"points": 50}, "period": "monthly"});
    shop.put("/v1/loyalty/missions/reviews", mission).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mission_that_twenty_events_at_once_complete_is_paid_once() {
    let shared = Options::default().argument("--instance-concurrency=16");
    for host in [Host::start(), shared.start()] {
        let shop = host.shop();
        with_mission(&shop).await;
        shop.customer("c").create().await;
        let first = json!({"userId": "c", "event": "Review Posted", "messageId": "first"});
        shop.post("/v1/track", first).await.ok();
        let one = shop.get(MISSIONS).await.ok()["items"][0].clone();
        assert_eq!(one["progress"], json!({"value": 1, "target": 3}));
        assert_eq!(
            (&one["state"], &one["until"]),
            (&json!("open"), &json!("2026-11-30T16:00:00Z"))
        );
        let events = (0..20).map(|n| {
            let shop = shop.clone();
            async move {
                let body =
                    json!({"userId": "c", "event": "Review Posted", "messageId": format!("m{n}")});
                for _ in 0..40 {
                    let tracked = shop.post("/v1/track", body.clone()).await;
                    if tracked.status != 503 {
                        return tracked.ok();
                    }
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
                panic!("the customer stays contended");
            }
        });
        join_all(events).await;
        let claim = format!("{MISSIONS}/reviews/claim");
        let claims = join_all((0..20).map(|_| shop.post(&claim, json!({})))).await;
        for one in claims.into_iter().filter(|one| one.status != 503) {
            assert_eq!(one.ok()["paid"], true);
        }
        let account = shop.get("/v1/loyalty/accounts/c").await.ok();
        assert_eq!(account["balance"]["active"], 50);
        let one = shop.get(MISSIONS).await;
        assert_eq!(one.durable_writes(), 0);
        let one = one.ok()["items"][0].clone();
        assert_eq!(
            (&one["state"], &one["paid"]),
            (&json!("completed"), &json!(true))
        );
    }
}
