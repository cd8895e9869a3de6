//! `/v1/segments/scores`.

use rapport_tests::Host;
use serde_json::{Value, json};

const HEAT: &str = "/v1/segments/scores/heat";

#[tokio::test]
async fn a_score_is_summed_on_read_and_rules_and_the_tick_follow_it() {
    let host = Host::start();
    let shop = host.shop();
    let score = json!({
        "name": "热度",
        "clauses": [
            {"when": {"event": "order_completed", "within": "30d"}, "points": 30, "label": "最近下单"},
            {"when": {"field": "traits.city", "is": "eq", "value": "上海"}, "points": -12.5},
        ],
        "bands": [{"id": "warm", "at_least": 10}, {"id": "hot", "name": "热", "at_least": 30}],
    });
    let put = shop.put(HEAT, score.clone()).await;
    assert_eq!(
        (put.status.as_u16(), put.header("location")),
        (201, Some(HEAT))
    );
    let rule = json!({"field": "scores.heat.band", "is": "eq", "value": "hot"});
    shop.put("/v1/segments/hot", json!({"name": "Hot", "rule": rule}))
        .await
        .ok();
    shop.customer("c1").with_orders(1).create().await;
    shop.customer("c2")
        .with("city", json!("上海"))
        .with_orders(1)
        .create()
        .await;
    shop.customer("c3").create().await;
    let scored = async |id: &str| -> (Value, Value, Value) {
        let read = shop.get(&format!("/v1/segments/scores/of/{id}")).await.ok();
        let one = &read["scores"][0];
        (
            one["value"].clone(),
            one["band"].clone(),
            one["next_change_at"].clone(),
        )
    };
    // The order was placed on 20 November at noon.
    let leaves = json!("2026-12-20T04:00:00Z");
    assert_eq!(
        scored("c1").await,
        (json!(30), json!("hot"), leaves.clone())
    );
    assert_eq!(
        scored("c2").await,
        (json!(17.5), json!("warm"), leaves.clone())
    );
    assert_eq!(scored("c3").await, (json!(0), Value::Null, Value::Null));
    let members = shop.get("/v1/segments/memberships/c1").await.ok();
    let one = &members["memberships"][0];
    assert_eq!(
        (&one["segment"], &one["next_change_at"]),
        (&json!("hot"), &leaves)
    );
    let told = shop
        .post(
            "/v1/segments/explain",
            json!({"customer": "c2", "segment": "hot"}),
        )
        .await
        .ok();
    assert_eq!(
        (&told["parts"][1]["points"], &told["parts"][1]["matches"]),
        (&json!(-12.5), &json!(true))
    );

    let members = async || {
        let page = shop.get("/v1/segments/hot/members").await.ok();
        page["items"].as_array().expect("a list").len()
    };
    assert_eq!(members().await, 1);
    let later = shop.at("2026-12-20T12:00:00+08:00");
    later.post("/v1/tick", json!({})).await.ok();
    assert_eq!(members().await, 0, "time has taken them out");

    let mut other = score;
    other["clauses"][1]["points"] = json!(0);
    let changed = shop.put(HEAT, other).await.ok();
    assert_eq!(changed["definition_version"], 2);
    assert_eq!(scored("c2").await.1, json!("hot"));
    let segment = shop.get("/v1/segments/hot").await.ok();
    assert_eq!(segment["definition_version"], 2, "{segment}");
    let refused = shop.delete(HEAT).await;
    assert_eq!(refused.problem(), (409, "conflict"));
    let forced = shop.delete(&format!("{HEAT}?force=true")).await.ok();
    assert_eq!(forced, json!({"deleted": "heat", "changed": ["hot"]}));
}

#[tokio::test]
async fn a_wrong_score_is_refused_at_its_places() {
    let host = Host::start();
    let shop = host.shop();
    let clauses = json!([{"when": {"segment": "none"}, "points": 1}, {"when": {"field": "scores.heat", "is": "lt", "value": 1}, "points": 1}]);
    let refused = shop
        .put(HEAT, json!({"name": "Heat", "clauses": clauses}))
        .await;
    assert_eq!(refused.problem(), (422, "invalid_input"));
    assert_eq!(
        refused.pointers(),
        ["/clauses/0/when/segment", "/clauses/1/when/field"]
    );
    let bands = json!([{"id": "a", "at_least": 1}, {"id": "a", "at_least": 2}]);
    let body =
        json!({"name": "Heat", "clauses": [{"when": {"tag": "x"}, "points": 1}], "bands": bands});
    assert_eq!(shop.put(HEAT, body).await.pointers(), ["/bands/1"]);
}
