//! Surveys and responses.

use super::{Call, Scenario, Value, check, json, repeated};

const SURVEY: &str = "/v1/surveys/visit";
const LIST: &str = "/v1/surveys";
const PUBLISHED: &str = "/v1/surveys/visit/published";
const RESPONSES: &str = "/v1/surveys/visit/responses?limit=200";
const RESULTS: &str = "/v1/surveys/visit/results";

fn save(title: &str) -> Call {
    let elements = json!([
        {"type": "rating", "name": "nps", "rateMin": 0, "rateMax": 10, "isRequired": true},
        {"type": "comment", "name": "why", "visibleIf": "{nps} < 7"},
    ]);
    Call::put(
        SURVEY,
        json!({"title": title, "pages": [{"name": "page1", "elements": elements}]}),
    )
}

fn publish() -> Call {
    Call::post_nothing("/v1/surveys/visit/publish")
}

fn respond(data: Value, key: &str) -> Call {
    Call::post("/v1/surveys/visit/responses", json!({ "data": data })).once(key)
}

#[tokio::test(start_paused = true)]
async fn a_survey_is_saved() {
    let looks = [SURVEY, LIST];
    check(
        Scenario::new(vec![], save("one").once("k"), &looks),
        &[LIST],
    )
    .await;
    let before = vec![save("one"), publish()];
    check(
        Scenario::new(before.clone(), save("two").once("k"), &looks),
        &[],
    )
    .await;
    let request = save("two").once("k").if_match(2);
    check(Scenario::new(before, request, &looks), &[]).await;
}

#[tokio::test(start_paused = true)]
async fn a_survey_is_published() {
    let looks = [SURVEY, LIST, PUBLISHED, RESULTS];
    for before in [vec![save("one")], vec![save("one"), publish(), save("two")]] {
        check(Scenario::new(before, publish().once("k"), &looks), &[]).await;
    }
}

fn answered(times: usize) -> Scenario {
    let mut before = vec![save("one"), publish()];
    before.extend((0..times).map(|n| respond(json!({"nps": 9}), &format!("k{n}"))));
    let request = respond(json!({"nps": 3, "why": "late"}), "k");
    Scenario::new(before, request, &[RESPONSES, RESULTS])
}

#[tokio::test(start_paused = true)]
async fn a_response_is_submitted() {
    for before in [0, 1] {
        check(answered(before), &[]).await;
    }
}

/// At the 64th response the sum is moved on, too.
#[tokio::test(start_paused = true)]
async fn a_response_moves_the_sum_on() {
    repeated(&answered(63)).await;
}
