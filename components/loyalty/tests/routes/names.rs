//! Audiences of rewards and earning rules name segments, scores and tags: only those that there are, and none of them is deleted unawares.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use crate::shop;
use crate::shop::{is, problem};
use http::Method;
use rapport_web::testing::{Answered, Client};
use serde_json::{Value, json};

struct Shop {
    loyalty: Client,
    segments: Client,
}

impl Shop {
    fn new() -> Self {
        let loyalty = Client::new(loyalty::routes);
        Self {
            segments: Client::over(loyalty.memory.clone(), segments::routes),
            loyalty,
        }
    }

    async fn define(&self, path: &str, body: Value) {
        let path = format!("/v1/{path}");
        let put = self.segments.put(&path, body).await;
        assert_eq!(put.status, 201, "{path}: {}", put.body);
    }

    async fn reward(&self, id: &str, audience: Value) -> Answered {
        let body = json!({"name": id, "points": 60, "audience": audience});
        let path = format!("/v1/loyalty/rewards/{id}");
        self.loyalty.put(&path, body).await
    }

    async fn rules(&self, rules: Value) {
        let mut program = shop::program();
        program["rules"] = rules;
        let put = self.loyalty.put("/v1/loyalty/program", program).await;
        assert_eq!(put.status, 201, "{}", put.body);
    }

    async fn delete(&self, path: &str) -> Answered {
        let path = format!("/v1/{path}");
        self.segments.call(Method::DELETE, &path, &[], None).await
    }

    /// Whom the refusal names.
    async fn refused(&self, path: &str) -> String {
        let refused = self.delete(path).await;
        let (status, code, _) = problem(&refused);
        assert_eq!((status, code.as_str()), (409, "conflict"), "{path}");
        let detail = refused.body["detail"].as_str().unwrap();
        let names = detail.split(": ").nth(1).unwrap();
        names.split(". ").next().unwrap().to_owned()
    }

    async fn forced(&self, path: &str) -> Value {
        let forced = self.delete(&format!("{path}?force=true")).await;
        assert_eq!(forced.status, 200, "{path}: {}", forced.body);
        forced.body
    }
}

fn city(name: &str) -> Value {
    json!({"name": name, "rule": {"field": "traits.city", "is": "eq", "value": name}})
}

#[tokio::test]
async fn what_rewards_and_earning_rules_name_goes_only_by_force() {
    let shop = Shop::new();
    shop.define("segments/staff", city("a")).await;
    shop.define("segments/bd", city("b")).await;
    shop.define("segments/free", city("c")).await;
    let on_staff = json!({"name": "d", "rule": {"not": {"segment": "staff"}}});
    shop.define("segments/guests", on_staff).await;
    let heat = json!({"name": "h", "clauses": [{"when": {"tag": "x"}, "points": 1}]});
    shop.define("segments/scores/heat", heat).await;
    let audience = json!({"any": [{"tag": "x"}, {"not": {"segment": "staff"}}]});
    for (id, audience) in [
        ("coffee", audience),
        ("tea", json!({"segment": "guests"})),
        (
            "cake",
            json!({"field": "scores.heat", "is": "gte", "value": 1}),
        ),
        (
            "water",
            json!({"field": "traits.city", "is": "eq", "value": "staff"}),
        ),
    ] {
        let put = shop.reward(id, audience).await;
        assert_eq!(put.status, 201, "{}", put.body);
    }
    shop.rules(json!([
        {"id": "birthday", "name": "Birthday", "when": {"segment_entered": "bd"}, "points": 88},
        {"id": "double", "name": "Double", "multiplier": 2, "condition": {"not": {"segment": "staff"}}},
    ]))
    .await;

    assert_eq!(
        shop.refused("segments/staff").await,
        "segment guests, reward coffee, earning rule double"
    );
    assert_eq!(shop.refused("segments/bd").await, "earning rule birthday");
    assert_eq!(shop.refused("segments/scores/heat").await, "reward cake");
    assert_eq!(shop.delete("segments/free").await.status, 204);
    // What names one that means something else now does so, too.
    assert_eq!(
        shop.forced("segments/staff").await,
        json!({"deleted": "staff", "changed": ["guests"], "changed_rewards": ["coffee", "tea"],
            "changed_earning_rules": ["double"]})
    );
    assert_eq!(
        shop.forced("segments/bd").await,
        json!({"deleted": "bd", "changed": [], "changed_earning_rules": ["birthday"]})
    );
    assert_eq!(
        shop.forced("segments/scores/heat").await,
        json!({"deleted": "heat", "changed": [], "changed_rewards": ["cake"]})
    );
}

#[tokio::test]
async fn a_tag_that_rewards_name_by_a_former_name_goes_only_by_force() {
    let shop = Shop::new();
    shop.define("tags/blocked", json!({})).await;
    shop.define("tags/plain", json!({})).await;
    for (id, tag) in [("coffee", "Blocked"), ("tea", "plain")] {
        let put = shop.reward(id, json!({"not": {"tag": tag}})).await;
        assert_eq!(put.status, 201, "{}", put.body);
    }
    shop.rules(json!([
        {"id": "double", "name": "Double", "multiplier": 2, "condition": {"not": {"tag": "blocked"}}},
    ]))
    .await;
    let body = json!({"to": "gesperrt"});
    let renamed = shop.segments.post("/v1/tags/blocked/rename", body).await;
    assert_eq!(
        renamed.body,
        json!({"tag": "gesperrt", "changed": [], "changed_rewards": ["coffee"], "changed_earning_rules": ["double"],
            "job": "name-3"})
    );
    work(&shop).await;
    assert_eq!(
        shop.refused("tags/gesperrt").await,
        "reward coffee, earning rule double"
    );
    assert_eq!(
        shop.forced("tags/gesperrt").await,
        json!({"deleted": "gesperrt", "changed": [], "changed_rewards": ["coffee"], "changed_earning_rules": ["double"]})
    );
    // It stays on those on whom people put it: nothing means anything else.
    assert_eq!(shop.refused("tags/plain").await, "reward tea");
    assert_eq!(shop.delete("tags/plain?force=true").await.status, 204);
}

/// Does the jobs of tags, the last of them when no request can be under way any more.
async fn work(shop: &Shop) {
    let now = rapport_types::Timestamp::parse("2026-11-21T12:00:00+08:00").unwrap();
    let zone = rapport_types::Zone::named("Asia/Shanghai").unwrap();
    for late_by in [0, 70_000] {
        let store = rapport_store::Store::new(shop.loyalty.memory.clone().late_by(late_by));
        while rapport_records::tagging::step(&store, now, &zone)
            .await
            .unwrap()
            .more
        {}
    }
}

#[tokio::test]
async fn an_audience_that_names_what_there_is_not_is_refused_at_its_place() {
    let shop = Shop::new();
    shop.define("segments/staff", city("a")).await;
    let audience = json!({"all": [
        {"not": {"segment": "staf"}},
        {"segment": "staff"},
        {"field": "scores.none.band", "is": "eq", "value": "hot"},
        {"tag": "anything"},
    ]});
    let refused = shop.reward("coffee", audience).await;
    assert_eq!(
        problem(&refused),
        is(
            422,
            "invalid_input",
            &["/audience/all/0/not/segment", "/audience/all/2/field"]
        )
    );
    let codes: Vec<&str> = refused.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["unknown_segment", "unknown_score"]);

    // A key that came before is answered as then.
    let body = json!({"name": "Coffee", "points": 60, "audience": {"segment": "staff"}});
    let put = async || {
        let (path, key) = ("/v1/loyalty/rewards/coffee", [("idempotency-key", "k")]);
        let put = shop
            .loyalty
            .call(Method::PUT, path, &key, Some(body.clone()));
        put.await.status
    };
    assert_eq!(put().await, 201);
    shop.forced("segments/staff").await;
    assert_eq!(put().await, 201);
    let again = shop.reward("coffee", json!({"segment": "staff"})).await;
    assert_eq!(
        problem(&again),
        is(422, "invalid_input", &["/audience/segment"])
    );
}
