//! Tiers by a segment, through all components: `/v1/loyalty/program`, `.../tier`, and the tick.

use rapport_tests::{Host, Shop};
use serde_json::{Value, json};

async fn programme(shop: &Shop, policy: Value) {
    let program = json!({
        "points": {"per": {"amount": 100, "currency": "CNY"}, "points": 1},
        "tiers": [
            {"id": "silver", "name": "Silver", "at_least": 100, "by": "points", "window": "365d"},
            {"id": "vip", "name": "VIP", "segment": "buyers"}
        ],
        "tier_policy": policy,
    });
    shop.put("/v1/loyalty/program", program).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_buyer_is_a_vip_while_they_buy_and_the_tick_tells_when_they_no_longer_are() {
    let host = Host::start();
    let shop = host.shop();
    let rule = json!({"name": "Buyers", "rule": {"event": "order_completed", "within": "10d"}});
    shop.put("/v1/segments/buyers", rule).await.ok();
    programme(&shop, json!({"keep": "3d"})).await;
    let order = json!({"userId": "c", "event": "Order Completed",
        "properties": {"order_id": "o1", "total": "20.00", "currency": "CNY"}});
    shop.at("2026-11-21T04:00:00Z")
        .post("/v1/track", order)
        .await
        .ok();
    const TIER: &str = "/v1/loyalty/accounts/c/tier";
    let tier = shop.at("2026-11-21T04:00:01Z").get(TIER).await;
    assert_eq!(tier.durable_writes(), 0);
    assert_eq!(
        tier.ok(),
        json!({"customer": "c", "tier": "vip", "since": "2026-11-21T04:00:00Z", "until": null,
               "next": null, "keep": {"segment": "buyers"}})
    );
    // They leave on 1 December, noon in Shanghai, and keep it for three days more: to the end of the 4th.
    let kept = shop.at("2026-12-01T04:00:00Z").get(TIER).await.ok();
    assert_eq!(kept["until"], "2026-12-04T16:00:00Z");
    assert_eq!(kept["keep"]["by"], "2026-12-04T16:00:00Z");
    for now in [
        "2026-12-01T04:00:00Z",
        "2026-12-04T16:00:00Z",
        "2026-12-05T00:00:00Z",
    ] {
        loop {
            let ticked = shop.at(now).post("/v1/tick", json!({})).await.ok();
            if ticked["more"] != true {
                break;
            }
        }
    }
    let lost = shop.at("2026-12-05T00:00:00Z").get(TIER).await.ok();
    assert_eq!(
        (&lost["tier"], &lost["next"]["missing"]),
        (&Value::Null, &json!(80))
    );
    let events = shop.get("/v1/customers/c").await.ok()["totals"]["events"].clone();
    assert_eq!(events["tier_changed"]["count"], 2);
    let deleted = shop.delete("/v1/segments/buyers").await;
    assert_eq!(deleted.status, 409);
}

/// Time alone takes the tier, and with it the segment of those who hold it: nobody has ticked yet.
#[tokio::test(flavor = "multi_thread")]
async fn a_rule_over_the_tier_knows_at_once_and_the_tick_tells_it_to_the_moment() {
    let host = Host::start();
    let shop = host.shop();
    let rule = json!({"name": "Buyers", "rule": {"event": "order_completed", "within": "10d"}});
    shop.put("/v1/segments/buyers", rule).await.ok();
    programme(&shop, Value::Null).await;
    let is_vip = json!({"field": "loyalty.tier", "is": "eq", "value": "vip"});
    let vips = json!({"name": "VIPs", "rule": is_vip});
    shop.put("/v1/segments/vips", vips).await.ok();
    let (ordered, over) = ("2026-11-21T04:00:00Z", "2026-12-01T04:00:00Z");
    let order = json!({"userId": "c", "event": "Order Completed",
        "properties": {"order_id": "o1", "total": "20.00", "currency": "CNY"}});
    shop.at(ordered).post("/v1/track", order).await.ok();
    const MEMBERSHIPS: &str = "/v1/segments/memberships/c";
    let members = async |now: &str| {
        let told = shop.at(now).get(MEMBERSHIPS).await;
        assert_eq!(told.durable_writes(), 0);
        let told = told.ok();
        let all = told["memberships"].as_array().expect("a list").iter();
        all.map(|one| {
            let text = |name: &str| one[name].as_str().expect("text").to_owned();
            (text("segment"), text("since"), text("next_change_at"))
        })
        .collect::<Vec<_>>()
    };
    let expected = ["buyers", "vips"].map(|id| (id.to_owned(), ordered.into(), over.into()));
    assert_eq!(members("2026-12-01T03:59:59.999Z").await, expected);
    assert_eq!(members(over).await, []);
    let preview = json!({"customer": "c", "rule": is_vip});
    for (now, matches) in [("2026-12-01T03:59:59.999Z", true), (over, false)] {
        let told = shop
            .at(now)
            .post("/v1/segments/preview", preview.clone())
            .await;
        assert_eq!(told.ok()["matches"], matches, "{now}");
    }
    // A day late.
    let late = "2026-12-02T04:00:00Z";
    loop {
        let ticked = shop.at(late).post("/v1/tick", json!({})).await.ok();
        if ticked["more"] != true {
            break;
        }
    }
    let told = shop.at(late).get("/v1/segments/transitions/c").await.ok();
    let left = told["transitions"].as_array().expect("a list").iter();
    let left: Vec<_> = left
        .filter(|one| one["event"] == "segment_left")
        .map(|one| (one["segment"].clone(), one["at"].clone()))
        .collect();
    assert_eq!(left.len(), 2, "{told}");
    for id in ["buyers", "vips"] {
        assert!(left.contains(&(json!(id), json!(over))), "{told}");
    }
    let tick = shop.at(late).post("/v1/tick", json!({})).await;
    assert_eq!(tick.durable_writes(), 0, "nothing is told twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_in_a_trait_that_twenty_calls_send_is_claimed_once() {
    let host = Host::start();
    let shop = host.shop();
    let program = json!({
        "points": {"per": {"amount": 100, "currency": "CNY"}, "points": 1},
        "referral": {"referrer": {"points": 100}, "referred": {"points": 50}},
    });
    shop.put("/v1/loyalty/program", program).await.ok();
    let made = shop
        .post("/v1/loyalty/accounts/anna/referral", json!({}))
        .await
        .ok();
    let call = json!({"userId": "bo", "traits": {"referral_code": made["code"]}});
    let calls = (0..20).map(|_| shop.post("/v1/identify", call.clone()));
    for told in futures::future::join_all(calls).await {
        if told.status != 503 {
            assert_eq!(told.ok()["referral"]["referrer"], "anna");
        }
    }
    for (customer, points) in [("anna", 100), ("bo", 50)] {
        let account = shop
            .get(&format!("/v1/loyalty/accounts/{customer}"))
            .await
            .ok();
        assert_eq!(account["balance"]["active"], points);
    }
}
