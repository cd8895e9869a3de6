//! `POST /v1/segments/decide`.

use rapport_tests::Host;
use serde_json::{Value, json};

const PATH: &str = "/v1/segments/decide";

#[tokio::test]
async fn the_best_offer_whose_audience_has_the_customer_is_shown() {
    let host = Host::start();
    let shop = host.shop();
    let active = json!({"name": "Active", "rule": {"event": "order_completed", "within": "30d"}});
    shop.put("/v1/segments/active", active).await.ok();
    shop.customer("c1").with_orders(1).create().await;
    shop.customer("c2").create().await;
    let offers = json!([
        {"id": "autumn", "audience": {"segment": "active"}, "priority": 10},
        {"id": "held-back", "priority": 20, "control": 1},
        {"id": "newsletter"},
    ]);
    let decide = async |customer: &str| {
        let body = json!({"customer": customer, "offers": offers});
        shop.post(PATH, body).await.ok()
    };
    let fates = |told: &Value| -> Vec<String> {
        let offers = told["offers"].as_array().expect("a list").iter();
        offers
            .map(|offer| offer["fate"].as_str().expect("text").to_owned())
            .collect()
    };
    let told = decide("c1").await;
    assert_eq!(told["show"], "autumn", "{told}");
    assert_eq!(fates(&told), ["shown", "control", "outranked"]);
    // The order was placed on 20 November at noon.
    assert_eq!(told["next_change_at"], "2026-12-20T04:00:00Z");
    assert_eq!(told["offers"][2]["reason"]["by"], "autumn", "{told}");
    let told = decide("c2").await;
    assert_eq!(told["show"], "newsletter", "{told}");
    assert_eq!(fates(&told), ["not_in_audience", "control", "shown"]);
    assert_eq!(
        told["offers"][0]["reason"],
        json!({"detail": "The customer does not pass: event order_completed, within \"30d\", of segment active.",
            "of": "segment active", "pointer": "", "clause": "event order_completed, within \"30d\"", "matches": false, "value": 0})
    );
}

#[tokio::test]
async fn wrong_offers_are_refused_each_at_its_place() {
    let host = Host::start();
    let shop = host.shop();
    shop.customer("c1").create().await;
    let offers = json!([
        {"id": "a", "control": 1.5},
        {"id": "a", "audience": {"field": "tags", "is": "eqq", "value": "x"}},
    ]);
    let body = json!({"customer": "c1", "offers": offers});
    let answered = shop.post(PATH, body).await;
    assert_eq!(answered.problem(), (422, "invalid_input"));
    let errors = answered.body["errors"].as_array().expect("a list").iter();
    let pointers: Vec<_> = errors
        .map(|one| one["pointer"].as_str().expect("text"))
        .collect();
    assert_eq!(
        pointers,
        ["/offers/0/control", "/offers/1/id", "/offers/1/audience/is"]
    );
    let nobody = json!({"customer": "a b", "offers": []});
    let answered = shop.post(PATH, nobody).await;
    assert_eq!(answered.problem(), (422, "invalid_input"));
}

#[tokio::test]
async fn of_whom_nothing_is_known_is_shown_what_is_for_everybody() {
    let host = Host::start();
    let shop = host.shop();
    let offers =
        json!([{"id": "vips", "audience": {"tag": "vip"}, "priority": 10}, {"id": "newsletter"}]);
    let body = json!({"customer": "anon:visitor", "offers": offers});
    let told = shop.post(PATH, body).await.ok();
    assert_eq!(told["show"], "newsletter", "{told}");
    assert_eq!(told["known"], false);
    // Nobody came to be by asking.
    let visitor = shop.get("/v1/customers/anon:visitor").await;
    assert_eq!(visitor.problem(), (404, "not_found"));
}
