//! Segment definitions.

use super::{Call, Scenario, check, json};

const SEGMENT: &str = "/v1/segments/vips";
const LOOKS: [&str; 2] = [SEGMENT, "/v1/segments"];

fn put(tag: &str) -> Call {
    Call::put(SEGMENT, json!({"name": "VIP", "rule": {"tag": tag}}))
}

#[tokio::test(start_paused = true)]
async fn a_segment_is_defined() {
    check(Scenario::new(vec![], put("vip").once("k"), &LOOKS), &[]).await;
    let request = put("gold").once("k");
    check(Scenario::new(vec![put("vip")], request, &LOOKS), &[]).await;
    let request = put("gold").once("k").if_match(1);
    check(Scenario::new(vec![put("vip")], request, &LOOKS), &[]).await;
}

#[tokio::test(start_paused = true)]
async fn a_segment_is_deleted() {
    let request = Call::delete(SEGMENT).once("k");
    check(Scenario::new(vec![put("vip")], request, &LOOKS), &[]).await;
}
