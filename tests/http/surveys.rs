//! `/v1/surveys/…`

use rapport_tests::{Host, Shop};
use serde_json::json;

async fn published(shop: &Shop) {
    let survey = json!({"pages": [{"name": "p", "elements": [
        {"type": "radiogroup", "name": "bought", "choices": ["yes", "no"], "isRequired": true},
        {"type": "rating", "name": "stars", "visibleIf": "{bought} = 'yes'", "isRequired": true},
        {"type": "checkbox", "name": "why_not", "choices": ["price", "stock"], "visibleIf": "{bought} = 'no'"},
        {"type": "boolean", "name": "again"},
        {"type": "comment", "name": "more"},
        {"type": "text", "name": "phone"},
    ]}]});
    shop.put("/v1/surveys/after", survey).await.ok();
    shop.post("/v1/surveys/after/publish", json!({})).await.ok();
}

#[tokio::test]
async fn a_response_is_checked_by_the_branch_it_took() {
    let host = Host::start();
    let shop = host.shop();
    published(&shop).await;
    let respond = |data| shop.post("/v1/surveys/after/responses", json!({ "data": data }));

    let missing = respond(json!({"bought": "yes"})).await;
    assert_eq!(
        (missing.problem(), missing.pointers()),
        ((422, "invalid_input"), vec!["/data/stars"])
    );
    let unknown = respond(json!({"bought": "perhaps"})).await;
    assert_eq!(
        (unknown.problem(), unknown.pointers()),
        ((422, "invalid_input"), vec!["/data/bought"])
    );

    respond(json!({"bought": "yes", "stars": 4, "again": true}))
        .await
        .ok();
    // An answer on the branch that was not taken is dropped and reported, never counted.
    let dropped = respond(json!({"bought": "no", "why_not": ["price"], "stars": 5}))
        .await
        .ok();
    assert_eq!(dropped["dropped"][0]["name"], "stars", "{dropped}");

    let results = shop.get("/v1/surveys/after/results").await.ok();
    assert_eq!(results["responses"], 2, "{results}");
    let listed = shop.list("/v1/surveys/after/responses", 1).await;
    assert_eq!(listed.len(), 2);
    assert!(listed[0]["data"].get("stars").is_none(), "{}", listed[0]);
}

#[tokio::test]
async fn what_is_not_supported_is_refused_when_published_with_its_place() {
    let host = Host::start();
    let shop = host.shop();
    let survey =
        json!({"elements": [{"type": "text", "name": "a"}, {"type": "file", "name": "b"}]});
    shop.put("/v1/surveys/s1", survey).await.ok();
    let answered = shop.post("/v1/surveys/s1/publish", json!({})).await;
    assert_eq!(
        answered.problem(),
        (422, "invalid_input"),
        "{}",
        answered.body
    );
    assert!(
        answered.pointers()[0].contains("/elements/1"),
        "{}",
        answered.body
    );
    let response = shop
        .post("/v1/surveys/s1/responses", json!({"data": {}}))
        .await;
    assert_eq!(response.problem(), (409, "not_published"));
}
