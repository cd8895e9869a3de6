//! Tiers by a segment over the routes: what is answered, what is refused, and what follows the tier.
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
    profiles: Client,
    segments: Client,
    loyalty: Client,
}

impl Shop {
    async fn open() -> Self {
        let profiles = Client::new(profiles::routes);
        let memory = profiles.memory.clone();
        let segments = Client::over(memory.clone(), segments::routes);
        let rule = json!({"name": "V", "rule": {"tag": "vip"}});
        segments.put("/v1/segments/high_value", rule).await;
        Self {
            loyalty: Client::over(memory, loyalty::routes),
            segments,
            profiles,
        }
    }

    async fn programme(&self, vip: Value) -> Answered {
        let mut program = shop::program();
        program["tiers"].as_array_mut().unwrap().insert(1, vip);
        program["redeem"] = json!({"points": 1, "worth": {"amount": 1, "currency": "USD"}, "max_share": 0.5, "tiers": {"vip": {"max_share": 1}}});
        self.loyalty.put("/v1/loyalty/program", program).await
    }

    async fn tag(&self, now: &str, tags: Value) {
        let profiles = self.profiles.at(now);
        profiles.put("/v1/customers/c", json!({"traits": {}})).await;
        let patched = profiles
            .call(
                Method::PATCH,
                "/v1/customers/c",
                &[],
                Some(json!({"tags": tags})),
            )
            .await;
        assert_eq!(patched.status, 200, "{}", patched.body);
    }

    async fn tier(&self, now: &str) -> Answered {
        self.loyalty
            .at(now)
            .get("/v1/loyalty/accounts/c/tier")
            .await
    }
}

fn vip() -> Value {
    json!({"id": "vip", "name": "VIP", "segment": "high_value", "benefits": {"discount_percent": 10}})
}

#[tokio::test]
async fn the_tier_says_what_it_is_by_and_invents_no_number() {
    let shop = Shop::open().await;
    let set = shop.programme(vip()).await;
    assert_eq!(set.status, 201, "{}", set.body);
    assert_eq!(set.body["tiers"][1], vip());
    let day = "2026-11-21T04:00:00Z";
    shop.tag(day, json!(["vip"])).await;
    let tier = shop.tier(day).await;
    assert_eq!(
        tier.body,
        json!({"customer": "c", "tier": "vip", "since": day, "until": null,
               "next": {"tier": "silver", "missing": 200},
               "keep": {"segment": "high_value"},
               "benefits": {"discount_percent": 10}})
    );
    let quote = |cart: i64| json!({"cart": {"amount": cart, "currency": "USD"}});
    let earned = shop
        .loyalty
        .at(day)
        .post(
            "/v1/loyalty/accounts/c/earn",
            json!({"points": 100, "key": "k"}),
        )
        .await;
    assert_eq!(earned.body["tier"], "vip");
    let quoted = shop
        .loyalty
        .at(day)
        .post("/v1/loyalty/accounts/c/quote", quote(80))
        .await;
    assert_eq!(
        (&quoted.body["tier"], &quoted.body["points"]),
        (&json!("vip"), &json!(80))
    );
    let account = shop.loyalty.at(day).get("/v1/loyalty/accounts/c").await;
    assert_eq!(account.body["tier"], "vip");
    // Nobody in it: bronze by points, and the next one takes no number.
    let later = "2026-11-22T04:00:00Z";
    shop.tag(later, json!([])).await;
    let tier = shop.tier(later).await.body;
    assert_eq!(tier["tier"], "bronze");
    assert_eq!(
        tier["next"],
        json!({"tier": "vip", "missing": null, "segment": "high_value"})
    );
    let past = shop
        .loyalty
        .at(later)
        .get("/v1/loyalty/accounts/c/tier/history")
        .await;
    let past: Vec<_> = past.body["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|past| (past["tier"].clone(), past["since"].clone()))
        .collect();
    assert_eq!(
        past,
        [(json!("bronze"), json!(later)), (json!("vip"), json!(day))]
    );
}

#[tokio::test]
async fn a_tag_that_was_read_lets_the_next_movement_pass() {
    let shop = Shop::open().await;
    shop.tag("2026-11-20T04:00:00Z", json!(["vip"])).await;
    // The account was never told, as the programme is newer.
    shop.programme(vip()).await;
    let loyalty = shop.loyalty.at("2026-11-21T04:00:00Z");
    let earned = loyalty
        .post(
            "/v1/loyalty/accounts/c/earn",
            json!({"points": 10, "key": "k"}),
        )
        .await;
    assert_eq!(earned.body["tier"], "vip");
    let read = loyalty.get("/v1/loyalty/accounts/c").await;
    let tag = read.headers["etag"].to_str().unwrap().to_owned();
    let headers = [("if-match", tag.as_str())];
    let spent = loyalty
        .call(
            Method::POST,
            "/v1/loyalty/accounts/c/spend",
            &headers,
            Some(json!({"points": 1})),
        )
        .await;
    assert_eq!(spent.status, 200, "{}", spent.body);
}

#[tokio::test]
async fn what_cannot_be_is_refused_at_its_place() {
    let shop = Shop::open().await;
    let unknown = json!({"id": "vip", "name": "VIP", "segment": "nobody"});
    let at_it = ["/tiers/1/segment"];
    let refused = shop.programme(unknown).await;
    assert_eq!(problem(&refused), is(422, "invalid_input", &at_it));
    assert_eq!(refused.body["errors"][0]["code"], "unknown_segment");
    let both = json!({"id": "vip", "name": "VIP", "segment": "high_value", "by": "points", "at_least": 100});
    let refused = shop.programme(both).await;
    let places = ["/tiers/1/at_least", "/tiers/1/by"];
    assert_eq!(problem(&refused), is(422, "invalid_input", &places));
    let rule = json!({"name": "C", "rule": {"not": {"field": "loyalty.tier", "is": "exists"}}});
    shop.segments
        .put("/v1/segments/chasing", rule.clone())
        .await;
    let chasing = json!({"id": "vip", "name": "VIP", "segment": "chasing"});
    let refused = shop.programme(chasing).await;
    assert_eq!(problem(&refused), is(422, "invalid_input", &at_it));
    assert_eq!(refused.body["errors"][0]["code"], "cycle");
    // Once a tier is by a segment, that one is neither deleted unawares nor made to chase the tier.
    assert_eq!(shop.programme(vip()).await.status, 201);
    let refused = shop.segments.put("/v1/segments/high_value", rule).await;
    assert_eq!(problem(&refused), is(422, "invalid_input", &["/rule"]));
    let path = "/v1/segments/high_value";
    let refused = shop.segments.call(Method::DELETE, path, &[], None).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert!(
        refused.body["detail"]
            .as_str()
            .unwrap()
            .contains("tier vip"),
        "{}",
        refused.body
    );
    let forced = shop
        .segments
        .call(
            Method::DELETE,
            "/v1/segments/high_value?force=true",
            &[],
            None,
        )
        .await;
    assert_eq!(
        forced.body["changed_tiers"],
        json!(["vip"]),
        "{}",
        forced.body
    );
}

#[tokio::test]
async fn reads_cost_no_more_without_such_tiers() {
    let shop = Shop::open().await;
    let reads = async |path: &str| {
        let before = shop.loyalty.memory.counts();
        let answered = shop.loyalty.get(path).await;
        assert_eq!(answered.status, 200);
        let after = shop.loyalty.memory.counts();
        assert_eq!(after.writes, before.writes, "reads never write");
        after.reads - before.reads
    };
    // Of a document that was committed but once its register is asked, too.
    let first = json!({"points": {"per": {"amount": 100, "currency": "USD"}, "points": 2}});
    for programme in [first, shop::program()] {
        shop.loyalty.put("/v1/loyalty/program", programme).await;
    }
    for key in ["k", "l"] {
        let earn = json!({"points": 1, "key": key});
        shop.loyalty.post("/v1/loyalty/accounts/c/earn", earn).await;
    }
    let plain = reads("/v1/loyalty/accounts/c/tier").await;
    assert_eq!(plain, 2);
    assert_eq!(shop.programme(vip()).await.status, 200);
    let with = reads("/v1/loyalty/accounts/c/tier").await;
    assert!(with > plain && with <= 5, "{with}");
}
