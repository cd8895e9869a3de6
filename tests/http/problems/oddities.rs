//! What belongs to no kind of problem.

use rapport_tests::Host;
use serde_json::json;

#[tokio::test]
async fn points_just_earned_can_be_spent_by_a_request_that_began_a_little_earlier() {
    let host = Host::start();
    let shop = host.shop();
    let earn = shop.at("2026-11-21T12:00:00.100Z");
    earn.post(
        "/v1/loyalty/accounts/c1/earn",
        json!({"points": 60, "key": "e"}),
    )
    .await
    .ok();
    let spend = shop.at("2026-11-21T12:00:00Z");
    let spent = spend
        .post(
            "/v1/loyalty/accounts/c1/spend",
            json!({"points": 50, "key": "s"}),
        )
        .await
        .ok();
    assert_eq!(spent["balance"]["active"], 10, "{spent}");
}
