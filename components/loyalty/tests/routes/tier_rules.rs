//! Rules over a tier that is given by a segment, over the routes that ask them: each knows what time alone has done without a tick.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use crate::shop;
use crate::shop::problem;
use http::Method;
use rapport_web::testing::Client;
use serde_json::{Value, json};

struct Shop {
    profiles: Client,
    segments: Client,
    loyalty: Client,
}

/// Who orders then is a buyer.
const ORDERED: &str = "2026-11-21T04:00:00Z";
/// to the moment before this one.
const OVER: &str = "2026-12-01T04:00:00Z";
const BEFORE: &str = "2026-12-01T03:59:59.999Z";

fn is_vip() -> Value {
    json!({"field": "loyalty.tier", "is": "eq", "value": "vip"})
}

impl Shop {
    /// Buyers of the last ten days are VIPs; a segment, a score, a tag and a reward are for VIPs.
    async fn open() -> Self {
        let profiles = Client::new(profiles::routes).at(ORDERED);
        let memory = profiles.memory.clone();
        let segments = Client::over(memory.clone(), segments::routes).at(ORDERED);
        let loyalty = Client::over(memory, loyalty::routes).at(ORDERED);
        let put = async |client: &Client, path: &str, body: Value| {
            let put = client.put(path, body).await;
            assert_eq!(put.status, 201, "{path}: {}", put.body);
        };
        let buyers = json!({"name": "B", "rule": {"event": "order_completed", "within": "10d"}});
        put(&segments, "/v1/segments/buyers", buyers).await;
        let mut program = shop::program();
        program["tiers"] = json!([{"id": "vip", "name": "VIP", "segment": "buyers"}]);
        put(&loyalty, "/v1/loyalty/program", program).await;
        let vips = json!({"name": "V", "rule": {"not": {"not": is_vip()}}});
        put(&segments, "/v1/segments/vips", vips).await;
        let heat = json!({"name": "H", "clauses": [{"when": {"segment": "vips"}, "points": 30}]});
        put(&segments, "/v1/segments/scores/heat", heat).await;
        put(&segments, "/v1/tags/star", json!({"rule": is_vip()})).await;
        let reward = json!({"name": "Coffee", "points": 1, "audience": is_vip()});
        put(&loyalty, "/v1/loyalty/rewards/coffee", reward).await;
        profiles.put("/v1/customers/c", json!({"traits": {}})).await;
        let order = json!({"userId": "c", "event": "Order Completed", "properties": {"order_id": "o", "total": 5, "currency": "USD"}});
        let tracked = profiles.post("/v1/track", order).await;
        assert_eq!(tracked.status, 200, "{}", tracked.body);
        Self {
            profiles,
            segments,
            loyalty,
        }
    }

    /// What every route says at `now` of the customer being a VIP, and until when.
    async fn said(&self, now: &str) -> Vec<(&'static str, bool, Value)> {
        let (segments, loyalty) = (self.segments.at(now), self.loyalty.at(now));
        let get = async |path: &str| segments.get(path).await.body;
        let post = async |path: &str, body: Value| {
            let told = segments.post(path, body).await;
            assert_eq!(told.status, 200, "{path}: {}", told.body);
            told.body
        };
        let tier = loyalty.get("/v1/loyalty/accounts/c/tier").await.body;
        let members = get("/v1/segments/memberships/c").await;
        let members = members["memberships"].as_array().unwrap().iter();
        let vip: Vec<&Value> = members.filter(|one| one["segment"] == "vips").collect();
        let until = |one: &Value| one["next_change_at"].clone();
        let membership = vip.first().map_or(Value::Null, |one| until(one));
        let preview = json!({"rule": is_vip(), "customer": "c"});
        let preview = post("/v1/segments/preview", preview).await;
        let explain = json!({"customer": "c", "segment": "vips"});
        let explain = post("/v1/segments/explain", explain).await;
        let offers = json!({"customer": "c", "offers": [{"id": "a", "audience": is_vip()}]});
        let decided = post("/v1/segments/decide", offers).await;
        let scores = get("/v1/segments/scores/of/c").await["scores"][0].clone();
        let tags = get("/v1/tags/of/c").await["tags"].clone();
        let tags = tags.as_array().unwrap();
        let profiles = self.profiles.at(now);
        let customer = profiles.get("/v1/customers/c").await.body;
        let estimate = post("/v1/segments/preview", json!({"rule": is_vip()})).await;
        let rewards = loyalty.get("/v1/loyalty/rewards?customer=c").await.body;
        let why_not = rewards["items"][0]["why_not"].as_array().unwrap();
        let kept_out = why_not.iter().any(|one| one["code"] == "audience");
        vec![
            ("tier", tier["tier"] == "vip", Value::Null),
            ("memberships", vip.len() == 1, membership),
            ("preview", preview["matches"] == true, until(&preview)),
            ("explain", explain["matches"] == true, until(&explain)),
            ("decide", decided["show"] == "a", until(&decided)),
            ("score", scores["value"] == 30, until(&scores)),
            (
                "tag",
                tags.len() == 1,
                tags.first().map_or(Value::Null, until),
            ),
            (
                "customer",
                customer["automatic_tags"] == json!(["star"]),
                Value::Null,
            ),
            ("estimate", estimate["size"] == 1, Value::Null),
            ("reward", !kept_out, Value::Null),
        ]
    }
}

#[tokio::test]
async fn a_tier_that_time_takes_is_gone_for_every_rule_at_that_moment() {
    let shop = Shop::open().await;
    for now in [ORDERED, "2026-11-25T00:00:00Z", BEFORE] {
        for (what, vip, until) in shop.said(now).await {
            assert!(vip, "{what} at {now}");
            let silent = ["tier", "customer", "estimate", "reward"].contains(&what);
            let expected = if silent { Value::Null } else { json!(OVER) };
            assert_eq!(until, expected, "{what} at {now}");
        }
    }
    for now in [OVER, "2027-01-01T00:00:00Z"] {
        for (what, vip, until) in shop.said(now).await {
            assert!(!vip, "{what} at {now}");
            assert_eq!(until, Value::Null, "{what} at {now}");
        }
    }
    // As of moments to come, and past.
    for (now, at, vip) in [(ORDERED, OVER, false), (OVER, BEFORE, true)] {
        let asked = json!({"customer": "c", "rule": is_vip(), "at": at});
        let segments = shop.segments.at(now);
        let told = segments.post("/v1/segments/explain", asked).await.body;
        assert_eq!(told["matches"], vip, "{told}");
        let found = if vip { json!("vip") } else { Value::Null };
        assert_eq!(told["value"], found, "{told}");
    }
}

#[tokio::test]
async fn what_caches_keep_ends_when_the_tier_does() {
    let shop = Shop::open().await;
    let early = shop.segments.at("2026-12-01T03:59:58Z");
    let first = early.get("/v1/segments/memberships/c").await;
    assert_eq!(first.headers["cache-control"], "private, max-age=2");
    let tag = first.headers["etag"].to_str().unwrap().to_owned();
    for (now, status) in [(BEFORE, 304), (OVER, 200)] {
        let client = shop.segments.at(now);
        let (path, known) = ("/v1/segments/memberships/c", [("if-none-match", &*tag)]);
        let again = client.call(Method::GET, path, &known, None).await;
        assert_eq!(again.status, status, "{now}");
    }
    // A segment over the tier cannot be what the tier is by.
    let looped = json!({"name": "B", "rule": {"segment": "vips"}});
    let refused = shop.segments.put("/v1/segments/buyers", looped).await;
    assert_eq!(problem(&refused).0, 422, "{}", refused.body);
}

/// Whom nothing keeps out: of whom nothing is known, too, as far as their rule goes.
#[tokio::test]
async fn of_whom_nothing_is_known_holds_no_tier_by_a_segment_whoever_asks() {
    let shop = Shop::open().await;
    let welcome = json!({"name": "B", "rule": {"not": {"tag": "blocked"}}});
    let put = shop.segments.put("/v1/segments/buyers", welcome).await;
    assert_eq!(put.status, 200, "{}", put.body);
    let earned = json!({"points": 5, "key": "gift"});
    let earned = shop::post(&shop.loyalty, "ghost", "earn", earned).await;
    assert_eq!(earned.status, 200, "{}", earned.body);
    let no_tier = json!({"field": "loyalty.tier", "is": "missing"});
    let said = async || {
        let tier = shop::get(&shop.loyalty, "ghost", "/tier").await.body;
        let offers = json!([{"id": "vip", "audience": is_vip()}, {"id": "none", "audience": no_tier},
                            {"id": "inner", "audience": {"segment": "vips"}}]);
        let offers = json!({"customer": "ghost", "offers": offers});
        let decided = shop.segments.post("/v1/segments/decide", offers).await.body;
        let for_them: Vec<bool> = decided["offers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["fate"] != "not_in_audience")
            .collect();
        let rewards = "/v1/loyalty/rewards?customer=ghost";
        let rewards = shop.loyalty.get(rewards).await.body;
        let why_not = rewards["items"][0]["why_not"].as_array().unwrap();
        let kept_out = why_not.iter().any(|one| one["code"] == "audience");
        let redeem = json!({"reward": "coffee"});
        let redeem = shop::post(&shop.loyalty, "ghost", "redeem?dry_run=true", redeem).await;
        (
            tier["tier"].clone(),
            decided["known"].clone(),
            for_them,
            kept_out,
            redeem.status.as_u16(),
        )
    };
    let nobody = (
        Value::Null,
        json!(false),
        vec![false, true, false],
        true,
        409,
    );
    assert_eq!(said().await, nobody);
    // A tier by points, or one that people gave, is the account's own.
    let put = json!({"tier": "vip"});
    let given = "/v1/loyalty/accounts/ghost/tier";
    shop.loyalty.put(given, put).await;
    let held = |known: bool| {
        (
            json!("vip"),
            json!(known),
            vec![true, false, true],
            false,
            200,
        )
    };
    assert_eq!(said().await, held(false));
    shop.loyalty.call(Method::DELETE, given, &[], None).await;
    assert_eq!(said().await, nobody);
    // Who is there and not blocked is in the segment.
    let path = "/v1/customers/ghost";
    shop.profiles.put(path, json!({"traits": {}})).await;
    assert_eq!(said().await, held(true));
}
