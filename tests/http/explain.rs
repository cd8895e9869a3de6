//! `POST /v1/segments/explain`.

use rapport_tests::Host;
use serde_json::json;

const PATH: &str = "/v1/segments/explain";

#[tokio::test]
async fn a_segment_is_explained_clause_by_clause_and_its_flip_flips_it() {
    let host = Host::start();
    let shop = host.shop();
    let vip = json!({"name": "VIP", "rule": {"tag": "vip"}});
    shop.put("/v1/segments/vip", vip).await.ok();
    let rule = json!({"all": [
        {"field": "traits.city", "is": "in", "value": ["上海", "杭州"]},
        {"event": "order_completed", "within": "30d", "count": {"at_least": 3}},
        {"not": {"segment": "vip"}},
    ]});
    let regulars = json!({"name": "常客", "rule": rule});
    shop.put("/v1/segments/regulars", regulars).await.ok();
    let customer = shop.customer("c1").with_orders(2);
    customer.with("city", json!("上海")).create().await;

    let ask = json!({"customer": "c1", "segment": "regulars"});
    let told = shop.post(PATH, ask.clone()).await.ok();
    assert_eq!(
        (&told["matches"], &told["segment"]),
        (&json!(false), &json!("regulars"))
    );
    let flip = json!([{"pointer": "/all/1", "what": "event order_completed", "from": 2, "is": "at_least", "value": 3, "by": 1}]);
    assert_eq!(told["flip"], flip);
    assert_eq!(told["parts"][0]["value"], "上海");
    assert_eq!(told["parts"][2]["matches"], true);

    // What it says would flip it, does.
    let order = json!({"userId": "c1", "event": "Order Completed", "properties": {"order_id": "third", "total": 5, "currency": "CNY"}});
    shop.post("/v1/track", order).await.ok();
    let told = shop.post(PATH, ask).await.ok();
    assert_eq!(
        (&told["matches"], &told["parts"][1]["value"]),
        (&json!(true), &json!(3))
    );
    // As of a day when the first order has left the window.
    let later = json!({"customer": "c1", "segment": "regulars", "at": "2026-12-20T12:00:00+08:00"});
    assert_eq!(shop.post(PATH, later).await.ok()["matches"], false);
}

#[tokio::test]
async fn what_cannot_be_explained_is_refused_at_its_place() {
    let host = Host::start();
    let shop = host.shop();
    shop.customer("c1").create().await;
    let list = json!({"name": "Beta", "kind": "manual"});
    shop.put("/v1/segments/beta", list).await.ok();
    for (body, status, code, pointer) in [
        (json!({"customer": "c1"}), 422, "invalid_input", Some("")),
        (
            json!({"customer": "c1", "segment": "beta"}),
            422,
            "invalid_input",
            Some("/segment"),
        ),
        (
            json!({"customer": "c1", "rule": {"tga": "x"}}),
            422,
            "invalid_input",
            Some("/rule/tga"),
        ),
        (
            json!({"customer": "c1", "segment": "none"}),
            404,
            "not_found",
            None,
        ),
        (
            json!({"customer": "nobody", "rule": {"tag": "x"}}),
            404,
            "not_found",
            None,
        ),
    ] {
        let answered = shop.post(PATH, body.clone()).await;
        assert_eq!(answered.problem(), (status, code), "{body}");
        let errors = answered.body["errors"].as_array();
        let first = errors.and_then(|errors| errors.first());
        let place = first.map(|error| error["pointer"].as_str().expect("text"));
        assert_eq!(place, pointer, "{body}");
    }
}
