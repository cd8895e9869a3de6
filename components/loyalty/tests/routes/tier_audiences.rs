//! Audiences of segments that ask for a tier which another segment gives: complete only once both are filled.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use crate::shop;
use crate::shop::problem;
use http::Method;
use rapport_store::Store;
use rapport_types::{Timestamp, Zone};
use rapport_web::testing::Client;
use serde_json::{Value, json};

struct Shop {
    segments: Client,
    loyalty: Client,
}

impl Shop {
    /// `a` has the tag vip and `b` the tag star. VIPs are by the segment `chosen`, those with the tag vip; `vips` asks for the tier, `inner` for `vips`.
    async fn open() -> Self {
        let profiles = Client::new(profiles::routes);
        let memory = profiles.memory.clone();
        let shop = Self {
            segments: Client::over(memory.clone(), segments::routes),
            loyalty: Client::over(memory, loyalty::routes),
        };
        for (customer, tag) in [("a", "vip"), ("b", "star")] {
            let path = format!("/v1/customers/{customer}");
            profiles.put(&path, json!({"traits": {}})).await;
            let tags = Some(json!({"tags": [tag]}));
            let put = profiles.call(Method::PATCH, &path, &[], tags).await;
            assert_eq!(put.status, 200, "{}", put.body);
        }
        shop.chosen(201, "vip").await;
        let mut program = shop::program();
        program["tiers"] = json!([{"id": "vip", "name": "VIP", "segment": "chosen"}]);
        let put = shop.loyalty.put("/v1/loyalty/program", program).await;
        assert_eq!(put.status, 201, "{}", put.body);
        let vip = json!({"field": "loyalty.tier", "is": "eq", "value": "vip"});
        shop.define(201, "vips", vip.clone()).await;
        shop.define(201, "inner", json!({"segment": "vips"})).await;
        let points = json!({"field": "loyalty.active", "is": "gte", "value": 0});
        shop.define(201, "active", points).await;
        shop.define(
            201,
            "everybody",
            json!({"any": [{"tag": "vip"}, {"not": {"tag": "vip"}}]}),
        )
        .await;
        let gift = shop.segments.put("/v1/tags/gift", json!({}));
        assert_eq!(gift.await.status, 201);
        let starred = shop.segments.put("/v1/tags/starred", json!({"rule": vip}));
        assert_eq!(starred.await.status, 201);
        shop.step(0).await;
        shop.step(70_000).await;
        shop
    }

    async fn define(&self, status: u16, id: &str, rule: Value) {
        let path = format!("/v1/segments/{id}");
        let put = self
            .segments
            .put(&path, json!({"name": id, "rule": rule}))
            .await;
        assert_eq!(put.status, status, "{}", put.body);
    }

    async fn chosen(&self, status: u16, tag: &str) {
        self.define(status, "chosen", json!({"tag": tag})).await;
    }

    /// Fills what can be filled so many milliseconds from now.
    async fn step(&self, late_by: i64) {
        let now = Timestamp::parse("2026-11-21T04:00:00Z").unwrap();
        let zone = Zone::named("Asia/Shanghai").unwrap();
        let store = Store::new(self.segments.memory.clone().late_by(late_by));
        while rapport_records::fill::step(&store, now, &zone)
            .await
            .unwrap()
            .more
        {}
    }

    async fn get(&self, path: &str) -> Value {
        let got = self.segments.get(path).await;
        assert_eq!(got.status, 200, "{path}: {}", got.body);
        got.body
    }

    /// Who is in the audience of a segment, and whether every route says the same of its being complete.
    async fn audience(&self, id: &str) -> (Vec<String>, bool) {
        let members = self.get(&format!("/v1/segments/{id}/members")).await;
        let complete = members["complete"].as_bool().unwrap();
        let count = self.get(&format!("/v1/segments/{id}/count")).await;
        assert_eq!(count["complete"], complete, "{id}");
        let overlap = format!("/v1/segments/overlap?of={id},everybody");
        let overlap = self.get(&overlap).await;
        assert_eq!(overlap["complete"], complete, "{overlap}");
        let export = self
            .segments
            .get(&format!("/v1/segments/{id}/export?format=csv"))
            .await;
        let told = export.headers["rapport-audience-complete"]
            .to_str()
            .unwrap();
        assert_eq!(told, complete.to_string(), "{id}");
        let fill = self.get(&format!("/v1/segments/{id}/fill")).await;
        assert_eq!(fill["state"] == "done", complete, "{fill}");
        let items = members["items"].as_array().unwrap().iter();
        let name = |item: &Value| item["customer"].as_str().unwrap().to_owned();
        (items.map(name).collect(), complete)
    }

    /// What is said of those that ask for the tier.
    async fn is(&self, who: &[&str], complete: bool) {
        let expected: Vec<String> = who.iter().map(|&who| who.to_owned()).collect();
        for id in ["vips", "inner"] {
            assert_eq!(
                self.audience(id).await,
                (expected.clone(), complete),
                "{id}"
            );
        }
        let tags = self.get("/v1/tags?counts=true").await;
        let tag = &tags["items"][1];
        assert_eq!(tag["audience"]["complete"], complete, "{tag}");
        // Who asks for points alone is not concerned.
        assert!(self.audience("active").await.1);
    }
}

#[tokio::test]
async fn an_audience_by_a_tier_is_complete_once_the_segment_is_filled_that_gives_the_tier() {
    let shop = Shop::open().await;
    shop.is(&["a"], true).await;
    shop.chosen(200, "star").await;
    // The customers themselves are told right at once.
    let b = shop.get("/v1/segments/memberships/b").await;
    let b = b["memberships"].as_array().unwrap().iter();
    assert!(b.clone().any(|one| one["segment"] == "vips"));
    shop.is(&["a"], false).await;
    for (path, body) in [
        ("/v1/segments/vips/snapshot", json!({"id": "frozen"})),
        ("/v1/tags/gift/apply", json!({"segment": "vips"})),
    ] {
        let early = shop.segments.post(path, body).await;
        assert_eq!(problem(&early).0, 409, "{path}: {}", early.body);
    }
    // A request may be under way that knows the rule of before.
    shop.step(0).await;
    shop.is(&["b"], false).await;
    shop.step(70_000).await;
    shop.is(&["b"], true).await;
    // Another name is the same segment.
    let named = json!({"name": "The chosen", "rule": {"tag": "star"}});
    shop.segments.put("/v1/segments/chosen", named).await;
    shop.is(&["b"], true).await;
}

#[tokio::test]
async fn nobody_stays_in_an_audience_by_a_tier_whose_segment_is_gone() {
    let shop = Shop::open().await;
    let path = "/v1/segments/chosen?force=true";
    let gone = shop.segments.call(Method::DELETE, path, &[], None).await;
    assert_eq!(gone.status, 200, "{}", gone.body);
    assert_eq!(gone.body["changed_tiers"], json!(["vip"]), "{}", gone.body);
    shop.is(&["a"], false).await;
    shop.step(0).await;
    shop.step(70_000).await;
    shop.is(&[], true).await;
    // And again, where there is one of that id.
    shop.chosen(201, "star").await;
    shop.is(&[], false).await;
    shop.step(0).await;
    shop.step(70_000).await;
    shop.is(&["b"], true).await;
}
