//! The catalogue of tags, tags on customers, and jobs.

use super::{Call, Scenario, check, json};

const VIP: &str = "/v1/tags/vip";
const CUSTOMER: &str = "/v1/customers/c1";
const TAGS: &str = "/v1/tags/of/c1";
const SEGMENT: &str = "/v1/segments/vips";
const MEMBERS: &str = "/v1/segments/vips/members";
const JOBS: &str = "/v1/tags/jobs";

fn customer() -> Call {
    Call::put(CUSTOMER, json!({"traits": {}})).once("before")
}

fn tag(body: serde_json::Value) -> Call {
    Call::put(VIP, body)
}

fn vips() -> Call {
    Call::put(SEGMENT, json!({"name": "VIP", "rule": {"tag": "vip"}}))
}

/// By the name of the tag in the address.
fn put_on() -> Call {
    Call {
        method: http::Method::PUT,
        ..Call::post_nothing("/v1/tags/vip/customers/c1")
    }
}

#[tokio::test(start_paused = true)]
async fn a_tag_is_put_on_and_taken_off() {
    let looks = [CUSTOMER, TAGS, MEMBERS];
    let before = vec![tag(json!({})), vips(), customer()];
    check(
        Scenario::new(before.clone(), put_on().once("k"), &looks),
        &[],
    )
    .await;
    let before = [before, vec![put_on().once("on")]].concat();
    let request = Call::delete("/v1/tags/vip/customers/c1").once("k");
    check(Scenario::new(before, request, &looks), &[]).await;
}

#[tokio::test(start_paused = true)]
async fn a_tag_gets_a_rule_and_its_rule_goes() {
    let looks = [VIP, SEGMENT, TAGS, MEMBERS];
    let rule = || tag(json!({"rule": {"field": "rfm.frequency", "is": "eq", "value": 0}}));
    let before = vec![tag(json!({})), vips(), customer()];
    check(Scenario::new(before.clone(), rule().once("k"), &looks), &[]).await;
    let before = [before, vec![rule().once("rule")]].concat();
    check(Scenario::new(before, tag(json!({})).once("k"), &looks), &[]).await;
}

#[tokio::test(start_paused = true)]
async fn a_tag_is_renamed_and_merged() {
    let looks = [SEGMENT, TAGS, MEMBERS, JOBS, "/v1/tags", CUSTOMER];
    let before = vec![tag(json!({})), vips(), customer(), put_on().once("on")];
    let rename = Call::post("/v1/tags/vip/rename", json!({"to": "gold"})).once("k");
    check(Scenario::new(before.clone(), rename, &looks), &[]).await;
    let other = Call::put("/v1/tags/gold", json!({}));
    let merge = Call::post("/v1/tags/vip/merge", json!({"into": "gold"})).once("k");
    let before = [before, vec![other]].concat();
    check(Scenario::new(before, merge, &looks), &[]).await;
}

#[tokio::test(start_paused = true)]
async fn an_audience_is_tagged() {
    let manual = Call::put(SEGMENT, json!({"name": "beta", "kind": "manual"}));
    let put_in = Call::post(MEMBERS, json!({"add": ["c1"]})).once("in");
    let before = vec![tag(json!({})), manual, customer(), put_in];
    let apply = Call::post("/v1/tags/vip/apply", json!({"segment": "vips"})).once("k");
    let looks = [TAGS, JOBS];
    check(Scenario::new(before, apply, &looks), &[]).await;
}
