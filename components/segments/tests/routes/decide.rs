//! `POST /v1/segments/decide`: each offer says why it is shown or not.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    missing_docs
)]

use crate::common::Shop;
use serde_json::{Value, json};

const NOW: &str = "2026-11-21T12:00:00+08:00";

/// What is told of each offer: its fate, and why.
async fn decide(shop: &Shop, offers: Value) -> Vec<(String, Value)> {
    let body = json!({"customer": "c1", "offers": offers});
    let told = shop.client.post("/v1/segments/decide", body).await;
    assert_eq!(told.status, 200, "{}", told.body);
    let offers = told.body["offers"].as_array().unwrap().iter();
    offers
        .map(|one| {
            let fate = one["fate"].as_str().unwrap().to_owned();
            (fate, one["reason"].clone())
        })
        .collect()
}

/// The reason that keeps the customer out of `audience`.
async fn kept_out(shop: &Shop, audience: Value) -> Value {
    let told = decide(shop, json!([{"id": "a", "audience": audience}])).await;
    assert_eq!(told[0].0, "not_in_audience", "{}", told[0].1);
    told[0].1.clone()
}

async fn open() -> Shop {
    let shop = Shop::new();
    shop.traits("c1", json!({"city": "上海", "level": 3}), NOW)
        .await;
    shop.order("c1", 20.0, NOW).await;
    shop
}

#[tokio::test]
async fn who_is_not_in_the_audience_is_told_by_which_clause() {
    let shop = open().await;
    let in_shanghai = json!({"field": "traits.city", "is": "eq", "value": "上海"});
    let level = json!({"field": "traits.level", "is": "gte", "value": 5});
    let visit = json!({"event": "visit", "within": "7d"});
    // Of `all` the first that fails, in the order in which they were written, though the other one is cheaper to ask.
    let all = json!({"all": [in_shanghai, visit, level]});
    assert_eq!(
        kept_out(&shop, all).await,
        json!({"detail": "The customer does not pass: event visit, within \"7d\".",
            "pointer": "/all/1", "clause": "event visit, within \"7d\"", "matches": false, "value": 0})
    );
    // Of `any` all fail together; of one that is alone, it.
    let any = kept_out(&shop, json!({"any": [level, visit]})).await;
    assert_eq!(
        (&any["pointer"], &any["clause"]),
        (&json!(""), &json!("any of"))
    );
    let alone = kept_out(&shop, json!({"any": [{"all": [level]}]})).await;
    assert_eq!(
        (&alone["pointer"], &alone["value"]),
        (&json!("/any/0/all/0"), &json!(3))
    );
    // What is excluded is passed.
    let not = json!({"not": {"any": [visit, in_shanghai]}});
    assert_eq!(
        kept_out(&shop, not).await,
        json!({"detail": "The customer passes what the audience excludes: traits.city eq \"上海\".",
            "pointer": "/not/any/1", "clause": "traits.city eq \"上海\"", "matches": true, "value": "上海"})
    );
}

#[tokio::test]
async fn of_a_segment_it_is_a_clause_of_its_rule() {
    let shop = open().await;
    let level = json!({"field": "traits.level", "is": "gte", "value": 5});
    shop.define("high", level).await;
    let gold = json!({"all": [{"event": "order_completed"}, {"segment": "high"}]});
    shop.define("gold", gold).await;
    let because = kept_out(&shop, json!({"segment": "gold"})).await;
    assert_eq!(
        because,
        json!({"detail": "The customer does not pass: traits.level gte 5, of segment high.",
            "of": "segment high", "pointer": "", "clause": "traits.level gte 5", "matches": false, "value": 3})
    );
    // Of a list there is no rule.
    shop.client
        .put("/v1/segments/beta", json!({"name": "β", "kind": "manual"}))
        .await;
    let because = kept_out(&shop, json!({"segment": "beta"})).await;
    assert_eq!(because["clause"], "segment beta", "{because}");
}

#[tokio::test]
async fn others_come_first_by_their_priority_or_by_their_place() {
    let shop = open().await;
    let offers = json!([
        {"id": "held-back", "priority": 30, "control": 0.9999},
        {"id": "first", "priority": 20},
        {"id": "same", "priority": 20},
        {"id": "lower"},
    ]);
    let told = decide(&shop, offers).await;
    let reason = |place: usize| &told[place].1;
    assert_eq!(told[0].0, "control");
    let drawn = reason(0)["drawn"].as_f64().unwrap();
    assert_eq!(reason(0)["share"], json!(0.9999));
    assert!((0.0..0.9999).contains(&drawn), "{drawn}");
    let detail = format!(
        "The customer is in the control group: {drawn:.4} was drawn, and it has all below 0.9999."
    );
    assert_eq!(reason(0)["detail"], detail);
    // Who is below a share of just that much is not in it; of a little more, is.
    for (share, fate) in [(drawn, "shown"), (drawn + 0.0001, "control")] {
        let share = (share * 10_000.0).round() / 10_000.0;
        let told = decide(&shop, json!([{"id": "held-back", "control": share}])).await;
        assert_eq!(told[0].0, fate, "{share}");
    }
    assert_eq!(
        reason(1),
        &json!({"detail": "Of the offers that may be shown it comes first, with the priority 20."})
    );
    assert_eq!(
        reason(2),
        &json!({"detail": "first has the same priority, 20, and was named first.", "by": "first"})
    );
    assert_eq!(
        reason(3),
        &json!({"detail": "first has the priority 20, this one 0.", "by": "first"})
    );
}
