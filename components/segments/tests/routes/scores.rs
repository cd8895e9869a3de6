//! `/v1/segments/scores`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs
)]

use crate::common::Shop;
use http::Method;
use rapport_web::testing::Answered;
use serde_json::{Value, json};

const HEAT: &str = "/v1/segments/scores/heat";
const NOW: &str = "2026-11-21T12:00:00+08:00";

/// 30 for an order within 30 days, 12.5 in 上海, and 20 off for who has been called.
fn heat() -> Value {
    json!({
        "name": "热度",
        "clauses": [
            {"when": {"event": "order_completed", "within": "30d"}, "points": 30, "label": "最近下单"},
            {"when": {"field": "traits.city", "is": "eq", "value": "上海"}, "points": 12.5},
            {"when": {"tag": "called"}, "points": -20},
        ],
        "bands": [{"id": "warm", "name": "温", "at_least": 20}, {"id": "hot", "at_least": 42.5}],
    })
}

fn said(answered: &Answered) -> (u16, &str) {
    let code = answered.body["code"].as_str().unwrap_or_default();
    (answered.status.as_u16(), code)
}

fn pointers(answered: &Answered) -> Vec<(&str, &str)> {
    let errors = answered.body["errors"].as_array().unwrap().iter();
    errors
        .map(|one| {
            let text = |name: &str| one[name].as_str().unwrap();
            (text("pointer"), text("code"))
        })
        .collect()
}

async fn delete(shop: &Shop, path: &str) -> Answered {
    shop.client.call(Method::DELETE, path, &[], None).await
}

#[tokio::test]
async fn a_score_is_put_read_listed_changed_and_deleted() {
    let shop = Shop::new();
    let put = shop.client.put(HEAT, heat()).await;
    assert_eq!(said(&put), (201, ""), "{}", put.body);
    assert_eq!(put.headers["location"], HEAT);
    assert_eq!(put.headers["etag"], "\"1\"");
    for (name, value) in heat().as_object().unwrap() {
        assert_eq!(&put.body[name], value, "{name}");
    }
    assert_eq!(put.body["definition_version"], 1);
    // What was read can be put again, with its id; nothing changes.
    let again = shop.client.put(HEAT, heat()).await;
    assert_eq!((said(&again), &again.body), ((200, ""), &put.body));
    let mut renamed = heat();
    renamed["name"] = json!("Heat");
    renamed["id"] = json!("heat");
    let renamed = shop.client.put(HEAT, renamed).await;
    assert_eq!(
        (&renamed.body["definition_version"], &renamed.body["rev"]),
        (&json!(1), &json!(2))
    );
    let mut less = heat();
    less.as_object_mut().unwrap().remove("bands");
    let stale = shop
        .client
        .call(
            Method::PUT,
            HEAT,
            &[("if-match", "\"1\"")],
            Some(less.clone()),
        )
        .await;
    assert_eq!(said(&stale), (412, "stale_revision"));
    let less = shop.client.put(HEAT, less).await;
    assert_eq!(
        (&less.body["definition_version"], less.body.get("bands")),
        (&json!(2), None)
    );
    let read = shop.client.get(HEAT).await;
    assert_eq!(read.body, less.body);
    let other = json!({"name": "Cold", "clauses": [{"when": {"tag": "x"}, "points": 1}]});
    shop.client.put("/v1/segments/scores/cold", other).await;
    let list = shop.client.get("/v1/segments/scores?limit=1").await.body;
    assert_eq!(
        (&list["items"][0]["id"], &list["next_cursor"]),
        (&json!("cold"), &json!("cold"))
    );
    let list = shop
        .client
        .get("/v1/segments/scores?cursor=cold")
        .await
        .body;
    assert_eq!(
        (&list["items"][0]["id"], &list["next_cursor"]),
        (&json!("heat"), &Value::Null)
    );
    assert_eq!(said(&delete(&shop, HEAT).await), (204, ""));
    assert_eq!(said(&delete(&shop, HEAT).await), (404, "not_found"));
    assert_eq!(said(&shop.client.get(HEAT).await), (404, "not_found"));
    // No version comes twice.
    let back = shop.client.put(HEAT, heat()).await;
    assert_eq!(back.body["definition_version"], 3);
}

#[tokio::test]
async fn what_is_wrong_with_a_score_is_said_with_its_place() {
    let shop = Shop::new();
    let clauses = json!([
        {"when": {"tga": "x"}, "points": 1},
        {"when": {"tag": "x"}, "points": "1"},
        {"points": 1, "weight": 2},
    ]);
    let body = json!({"name": " ", "clauses": clauses, "bands": [{"id": "a b", "at_least": 1}]});
    let wrong = shop.client.put(HEAT, body).await;
    assert_eq!(said(&wrong), (422, "invalid_input"));
    assert_eq!(
        pointers(&wrong),
        [
            ("/name", "empty"),
            ("/clauses/0/when/tga", "unknown_field"),
            ("/clauses/1/points", "wrong_type"),
            ("/clauses/2/weight", "unknown_field"),
            ("/clauses/2", "missing_field"),
            ("/bands/0/id", "invalid_value"),
        ]
    );
    let clauses = json!([
        {"when": {"all": [{"segment": "nowhere"}, {"field": "scores.heat", "is": "gte", "value": 1}]}, "points": 1},
        {"when": {"field": "scores.nothing.band", "is": "exists"}, "points": 1},
    ]);
    let wrong = shop
        .client
        .put(HEAT, json!({"name": "Heat", "clauses": clauses}))
        .await;
    assert_eq!(
        pointers(&wrong),
        [
            ("/clauses/0/when/all/0/segment", "unknown_segment"),
            ("/clauses/0/when/all/1/field", "cycle"),
            ("/clauses/1/when/field", "unknown_score"),
        ]
    );
    for (path, body, status) in [
        ("/v1/segments/scores/a%20b", heat(), 400),
        (HEAT, json!({"name": "Heat"}), 422),
        (
            HEAT,
            json!({"id": "other", "name": "Heat", "clauses": []}),
            422,
        ),
        ("/v1/segments/scores", heat(), 405),
    ] {
        let refused = shop.client.put(path, body).await;
        assert_eq!(refused.status.as_u16(), status, "{path}");
    }
    let known = json!({"name": "x", "rule": {"field": "scores.nothing", "is": "gte", "value": 1}});
    let unknown = shop.client.put("/v1/segments/x", known).await;
    assert_eq!(pointers(&unknown), [("/rule/field", "unknown_score")]);
    assert_eq!(
        said(&shop.client.get("/v1/segments/scores/of/nobody").await),
        (404, "not_found")
    );
}

#[tokio::test]
async fn what_a_customer_scores_is_decided_on_read_and_says_until_when() {
    let shop = Shop::new();
    shop.client.put(HEAT, heat()).await;
    shop.traits("c1", json!({"city": "上海"}), NOW).await;
    shop.order("c1", 5.0, NOW).await;
    let path = "/v1/segments/scores/of/c1";
    let read = shop.client.get(path).await;
    assert_eq!(
        read.body,
        json!({"customer": "c1", "evaluated_at": "2026-11-21T04:00:00Z", "scores": [
            {"score": "heat", "name": "热度", "value": 42.5, "band": "hot", "definition_version": 1,
             "next_change_at": "2026-12-21T04:00:00Z", "complete": true}
        ]})
    );
    assert_eq!(read.headers["cache-control"], "private, max-age=5");
    let same = [("if-none-match", read.headers["etag"].to_str().unwrap())];
    assert_eq!(
        shop.client
            .call(Method::GET, path, &same, None)
            .await
            .status,
        304
    );
    let later = shop.client.at("2026-12-21T12:00:00+08:00");
    let cold = later.call(Method::GET, path, &same, None).await;
    assert_eq!(cold.status, 200);
    let one = &cold.body["scores"][0];
    assert_eq!(
        (&one["value"], &one["band"], &one["next_change_at"]),
        (&json!(12.5), &Value::Null, &Value::Null)
    );
}

#[tokio::test]
async fn a_changed_score_renews_all_that_stand_on_it_and_one_that_is_named_goes_only_by_force() {
    let shop = Shop::new();
    shop.client.put(HEAT, heat()).await;
    shop.define(
        "hot",
        json!({"field": "scores.heat.band", "is": "eq", "value": "hot"}),
    )
    .await;
    shop.define("cool", json!({"not": {"segment": "hot"}}))
        .await;
    let tag = json!({"rule": {"field": "scores.heat", "is": "lt", "value": 0}});
    let put = shop.client.put("/v1/tags/cold", tag).await;
    assert_eq!(put.status.as_u16(), 201, "{}", put.body);
    let more = json!({"name": "More", "clauses": [{"when": {"tag": "cold"}, "points": 1}]});
    shop.client.put("/v1/segments/scores/more", more).await;
    shop.define("apart", json!({"tag": "x"})).await;
    let versions = async || {
        let mut all = Vec::new();
        for path in [
            "segments/hot",
            "segments/cool",
            "tags/cold",
            "segments/scores/more",
            "segments/apart",
        ] {
            let read = shop.client.get(&format!("/v1/{path}")).await.body;
            all.push(read["definition_version"].as_u64().unwrap());
        }
        all
    };
    assert_eq!(versions().await, [1; 5]);
    let mut other = heat();
    other["clauses"][0]["points"] = json!(31);
    shop.client.put(HEAT, other.clone()).await;
    assert_eq!(versions().await, [2, 2, 2, 2, 1]);
    // A model that it asks for is another one.
    other["clauses"][1]["when"] = json!({"field": "lifecycle", "is": "eq", "value": "loyal"});
    shop.client.put(HEAT, other).await;
    let bounds = json!({"loyal_from": 4, "at_risk_after": "90d", "dormant_after": "180d", "lost_after": "365d"});
    shop.client
        .put("/v1/segments/models/lifecycle", bounds)
        .await;
    assert_eq!(versions().await, [4, 4, 4, 4, 1]);
    assert_eq!(shop.client.get(HEAT).await.body["definition_version"], 4);

    let refused = delete(&shop, HEAT).await;
    assert_eq!(said(&refused), (409, "conflict"));
    let detail = refused.body["detail"].as_str().unwrap();
    assert!(
        detail.contains("\"heat\": segment hot, tag cold."),
        "{detail}"
    );
    let forced = delete(&shop, &format!("{HEAT}?force=true")).await;
    assert_eq!(
        (forced.status.as_u16(), &forced.body),
        (
            200,
            &json!({"deleted": "heat", "changed": ["cool", "hot"], "changed_scores": ["more"], "changed_tags": ["cold"]})
        )
    );
    assert_eq!(versions().await, [5, 5, 5, 5, 1]);
}

#[tokio::test]
async fn an_explanation_shows_the_clauses_with_their_points() {
    let shop = Shop::new();
    shop.client.put(HEAT, heat()).await;
    shop.define(
        "hot",
        json!({"field": "scores.heat", "is": "gte", "value": 42.5}),
    )
    .await;
    shop.traits("c1", json!({"city": "杭州"}), NOW).await;
    shop.order("c1", 5.0, NOW).await;
    let explain = async |body: Value| shop.client.post("/v1/segments/explain", body).await;
    let told = explain(json!({"customer": "c1", "segment": "hot"}))
        .await
        .body;
    assert_eq!(
        (&told["matches"], &told["value"], &told["flip"][0]["by"]),
        (&json!(false), &json!(30), &json!(12.5))
    );
    let shown = |parts: &Value| -> Vec<Value> {
        let parts = parts.as_array().unwrap().iter();
        parts
            .map(|one| {
                json!([
                    one["of"],
                    one["pointer"],
                    one["label"],
                    one["points"],
                    one["matches"]
                ])
            })
            .collect()
    };
    assert_eq!(
        shown(&told["parts"]),
        [
            json!(["score heat", "/clauses/0/when", "最近下单", 30, true]),
            json!(["score heat", "/clauses/1/when", null, 12.5, false]),
            json!(["score heat", "/clauses/2/when", null, -20, false]),
        ]
    );
    let told = explain(json!({"customer": "c1", "score": "heat"}))
        .await
        .body;
    assert_eq!(
        (&told["value"], &told["band"], &told["next_change_at"]),
        (&json!(30), &json!("warm"), &json!("2026-12-21T04:00:00Z"))
    );
    assert_eq!(told["parts"][1]["flip"][0]["what"], "traits.city");
    let two = explain(json!({"customer": "c1", "score": "heat", "segment": "hot"})).await;
    assert_eq!(said(&two), (422, "invalid_input"));
    let none = explain(json!({"customer": "c1", "score": "none"})).await;
    assert_eq!(said(&none), (404, "not_found"));
}
