//! Feedback records.

use super::{Call, Scenario, check, json, repeated};

const LIST: &str = "/v1/feedback?limit=200";
const SUMMARY: &str = "/v1/feedback/customers/c1";
const LOOKS: [&str; 3] = [LIST, "/v1/feedback/metrics", SUMMARY];

fn record(key: &str) -> Call {
    Call::post(
        "/v1/feedback",
        json!({"kind": "nps", "value": 9, "customer": "c1"}),
    )
    .once(key)
}

#[tokio::test(start_paused = true)]
async fn a_record_is_submitted() {
    for before in [0, 1] {
        let before = (0..before).map(|n| record(&format!("k{n}"))).collect();
        check(Scenario::new(before, record("k"), &LOOKS), &[]).await;
    }
}

/// At the 64th record the sum is moved on, too.
#[tokio::test(start_paused = true)]
async fn a_record_moves_the_sum_on() {
    let before = (0..63).map(|n| record(&format!("k{n}"))).collect();
    repeated(&Scenario::new(before, record("k"), &LOOKS)).await;
}
