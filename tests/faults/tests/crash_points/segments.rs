//! Segment definitions.

use super::{Call, Scenario, check, json, repeated};

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

const CUSTOMER: &str = "/v1/customers/c1";
const MEMBERS: &str = "/v1/segments/vips/members";
const MEMBERSHIPS: &str = "/v1/segments/memberships/c1";
const TRANSITIONS: &str = "/v1/segments/transitions/c1";

fn tags(tags: &[&str]) -> Call {
    Call::patch(CUSTOMER, json!({ "tags": tags }))
}

fn customer() -> Call {
    Call::put(CUSTOMER, json!({"traits": {}})).once("before")
}

#[tokio::test(start_paused = true)]
async fn a_customer_comes_into_a_segment_and_leaves_it() {
    let looks = [CUSTOMER, MEMBERS, MEMBERSHIPS, TRANSITIONS];
    let before = vec![put("vip"), customer()];
    let request = tags(&["vip"]).once("k");
    check(Scenario::new(before.clone(), request, &looks), &[]).await;
    let before = [before, vec![tags(&["vip"]).once("came")]].concat();
    let request = tags(&[]).once("k");
    check(Scenario::new(before, request, &looks), &[]).await;
}

/// What the account and the summary of feedback say flips memberships, as an effect of their commits.
#[tokio::test(start_paused = true)]
async fn points_and_feedback_flip_memberships() {
    let rule = json!({"any": [
        {"field": "loyalty.active", "is": "gte", "value": 100},
        {"field": "feedback.last_nps", "is": "lte", "value": 6}
    ]});
    let defined = Call::put(SEGMENT, json!({"name": "VIP", "rule": rule}));
    let before = vec![super::loyalty::program(), defined, customer()];
    let looks = [CUSTOMER, MEMBERS, MEMBERSHIPS, TRANSITIONS];
    let earned = |key: &str| {
        let body = json!({"points": 100});
        Call::post("/v1/loyalty/accounts/c1/earn", body).once(key)
    };
    // Whoever asks is answered by the account as it is; the audience and the customer's own document follow.
    check(Scenario::new(before.clone(), earned("k"), &looks), &[]).await;
    let spent = Call::post("/v1/loyalty/accounts/c1/spend", json!({"points": 1})).once("k");
    let rich = [before.clone(), vec![earned("earned")]].concat();
    check(Scenario::new(rich, spent, &looks), &[]).await;
    let said = json!({"kind": "nps", "value": 3, "customer": "c1"});
    let said = Call::post("/v1/feedback", said).once("k");
    check(Scenario::new(before.clone(), said, &looks), &[]).await;
    let properties = json!({"order_id": "o", "total": 120, "currency": "USD"});
    let order = json!({"userId": "c1", "event": "Order Completed", "properties": properties});
    let order = Call::post("/v1/track", order).once("k");
    repeated(&Scenario::new(before, order, &looks)).await;
}

/// The next commit finds what the first one caused, and carries it out; then that is asked for again.
#[tokio::test(start_paused = true)]
async fn a_customer_changes_before_the_audience_has_heard_that_they_came() {
    let request = tags(&["vip"]).once("k");
    let scenario = Scenario::new(vec![put("vip"), customer()], request, &[CUSTOMER, MEMBERS]);
    let other = Call::patch(CUSTOMER, json!({"traits": {"a": 1}})).once("other");
    let points = scenario.run_followed(&other).await;
    assert!(points > 4, "{points}");
}

/// A first commit that is in a segment, and leaves it with time alone.
#[tokio::test(start_paused = true)]
async fn a_new_customer_is_in_a_segment_until_time_takes_them_out() {
    let rule = json!({"event": "visit", "within": "30d"});
    let lately = Call::put("/v1/segments/vips", json!({"name": "lately", "rule": rule}));
    let body = json!({"userId": "c1", "event": "Visit", "messageId": "m1"});
    let request = Call::post("/v1/track", body).once("k");
    let looks = [MEMBERS, MEMBERSHIPS];
    let scenario = Scenario::new(vec![lately], request, &looks);
    let later = "2027-01-15T12:00:00+08:00";
    repeated(&scenario.then(later, &[MEMBERS, TRANSITIONS])).await;
}

#[tokio::test(start_paused = true)]
async fn people_put_a_customer_in_and_take_them_out() {
    let manual = Call::put(
        "/v1/segments/vips",
        json!({"name": "beta", "kind": "manual"}),
    );
    let other = Call::put("/v1/customers/c2", json!({"traits": {}})).once("other");
    let members = |body| Call::post(MEMBERS, body);
    let looks = [MEMBERS, MEMBERSHIPS];
    let before = vec![manual, customer(), other];
    let request = members(json!({"add": ["c1"]})).once("k");
    check(Scenario::new(before.clone(), request, &looks), &[]).await;
    let put_in = members(json!({"add": ["c1", "c2"]})).once("in");
    let before = [before, vec![put_in]].concat();
    let request = members(json!({"remove": ["c1", "c2"]})).once("k");
    repeated(&Scenario::new(before, request, &looks)).await;
}

#[tokio::test(start_paused = true)]
async fn an_audience_is_frozen() {
    let manual = Call::put(
        "/v1/segments/vips",
        json!({"name": "beta", "kind": "manual"}),
    );
    let put_in = Call::post(MEMBERS, json!({"add": ["c1"]})).once("in");
    let frozen = [
        "/v1/segments/frozen",
        "/v1/segments/frozen/members",
        MEMBERSHIPS,
    ];
    let freeze = Call::post("/v1/segments/vips/snapshot", json!({"id": "frozen"}));
    let scenario = Scenario::new(vec![manual, customer(), put_in], freeze.once("k"), &frozen);
    check(scenario, &[]).await;
}

const SCORE: &str = "/v1/segments/scores/heat";

fn score(points: i64) -> Call {
    let clauses = json!([{"when": {"tag": "vip"}, "points": points}]);
    Call::put(SCORE, json!({"name": "Heat", "clauses": clauses}))
}

#[tokio::test(start_paused = true)]
async fn a_score_is_defined_and_changed() {
    let looks = [SCORE, "/v1/segments/scores", SEGMENT];
    check(Scenario::new(vec![], score(1).once("k"), &looks), &[]).await;
    let rule = json!({"field": "scores.heat", "is": "gte", "value": 1});
    let named = Call::put(SEGMENT, json!({"name": "warm", "rule": rule}));
    let before = vec![score(1), named];
    check(Scenario::new(before, score(2).once("k"), &looks), &[]).await;
}
