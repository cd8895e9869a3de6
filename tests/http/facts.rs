//! Rules over points, tiers and feedback: what other documents than the customer's say.

use std::collections::BTreeSet;

use futures::future::join_all;
use rapport_tests::{Host, Shop};
use serde_json::{Value, json};

const NOON: &str = "2026-11-21T12:00:00+08:00";

async fn define(shop: &Shop, id: &str, rule: Value) {
    let path = format!("/v1/segments/{id}");
    shop.put(&path, json!({"name": id, "rule": rule}))
        .await
        .ok();
}

fn field(name: &str, is: &str, value: Value) -> Value {
    json!({"field": name, "is": is, "value": value})
}

async fn members(shop: &Shop, id: &str) -> BTreeSet<String> {
    let path = format!("/v1/segments/{id}/members");
    let items = shop.list(&path, 200).await;
    let names = items.iter().filter_map(|item| item["customer"].as_str());
    names.map(str::to_owned).collect()
}

/// The segments that a customer is in, evaluated now.
async fn memberships(shop: &Shop, customer: &str) -> BTreeSet<String> {
    let path = format!("/v1/segments/memberships/{customer}");
    let answer = shop.get(&path).await.ok();
    let all = answer["memberships"].as_array().cloned();
    let all = all.unwrap_or_default();
    let names = all.iter().filter_map(|one| one["segment"].as_str());
    names.map(str::to_owned).collect()
}

async fn tick(shop: &Shop) {
    while shop.post("/v1/tick", json!({})).await.ok()["more"] == true {}
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn what_is_earned_spent_and_expires_moves_a_customer_between_segments() {
    let host = Host::start();
    let shop = host.shop().at(NOON);
    let program = json!({
        "points": {"per": {"amount": 100, "currency": "CNY"}, "points": 1, "expires_after": {"days": 30}},
        "tiers": [{"id": "gold", "name": "Gold", "at_least": 100, "by": "points", "window": "60d"}],
    });
    shop.put("/v1/loyalty/program", program).await.ok();
    define(&shop, "rich", field("loyalty.active", "gte", json!(100))).await;
    define(&shop, "poor", field("loyalty.active", "lt", json!(100))).await;
    define(&shop, "gold", field("loyalty.tier", "eq", json!("gold"))).await;
    shop.customer("c").create().await;
    assert_eq!(memberships(&shop, "c").await, set(&["poor"]));
    assert_eq!(members(&shop, "poor").await, set(&["c"]));

    let account = "/v1/loyalty/accounts/c";
    let earn = json!({"points": 150, "key": "e"});
    shop.post(&format!("{account}/earn"), earn).await.ok();
    for (segment, who) in [("rich", &["c"][..]), ("gold", &["c"]), ("poor", &[])] {
        assert_eq!(members(&shop, segment).await, set(who), "{segment}");
    }
    let explained = json!({"customer": "c", "segment": "rich"});
    let explained = shop.post("/v1/segments/explain", explained).await.ok();
    assert_eq!(explained["value"], 150, "{explained}");

    // A spend that flips nothing costs what it costs without segments.
    let spend = async |points: i64, key: &str| {
        let body = json!({ "points": points, "key": key });
        shop.post(&format!("{account}/spend"), body).await
    };
    let answer = spend(10, "s1").await;
    assert_eq!(answer.durable_writes(), 1);
    answer.ok();
    spend(41, "s2").await.ok();
    assert_eq!(members(&shop, "poor").await, set(&["c"]));
    assert_eq!(members(&shop, "rich").await, set(&[]));
    let earn = json!({"points": 1, "key": "e2"});
    shop.post(&format!("{account}/earn"), earn).await.ok();
    assert_eq!(members(&shop, "rich").await, set(&["c"]));

    // Then nobody does anything: points expire with the 21st of December, the tier ends on the 20th of January.
    let answer = shop.get("/v1/segments/memberships/c").await.ok();
    let rich = answer["memberships"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let rich = rich.iter().find(|one| one["segment"] == "rich");
    let until = rich.map(|one| &one["next_change_at"]);
    assert_eq!(until, Some(&json!("2026-12-21T16:00:00Z")), "{answer}");
    for (moment, expected) in [
        ("2026-12-21T23:59:59+08:00", &["gold", "rich"][..]),
        ("2026-12-22T00:00:00+08:00", &["gold", "poor"]),
        ("2027-01-19T23:59:59+08:00", &["gold", "poor"]),
        ("2027-01-20T00:00:00+08:00", &["poor"]),
    ] {
        let then = shop.at(moment);
        assert_eq!(memberships(&then, "c").await, set(expected), "{moment}");
        tick(&then).await;
        for segment in ["rich", "poor", "gold"] {
            let is_in = members(&then, segment).await.contains("c");
            assert_eq!(is_in, expected.contains(&segment), "{segment} at {moment}");
        }
        assert_eq!(memberships(&then, "c").await, set(expected), "{moment}");
    }
}

#[tokio::test]
async fn who_says_they_are_unhappy_is_in_that_segment_until_they_say_otherwise() {
    let host = Host::start();
    let shop = host.shop().at(NOON);
    let installed = shop
        .post("/v1/segments/ready", json!({"only": ["unhappy"]}))
        .await
        .ok();
    assert_eq!(
        installed["segments"][0]["status"], "installed",
        "{installed}"
    );
    for id in ["c", "d"] {
        shop.customer(id).create().await;
    }
    let say = async |kind: &str, value: i64, customer: &str, at: &str| {
        let said = json!({"kind": kind, "value": value, "customer": customer});
        shop.at(at).post("/v1/feedback", said).await.ok();
    };
    say("nps", 3, "c", NOON).await;
    say("csat", 2, "d", NOON).await;
    assert_eq!(members(&shop, "unhappy").await, set(&["c", "d"]));
    assert_eq!(memberships(&shop, "c").await, set(&["unhappy"]));
    say("nps", 9, "c", "2026-11-22T12:00:00+08:00").await;
    assert_eq!(members(&shop, "unhappy").await, set(&["d"]));
    assert_eq!(memberships(&shop, "c").await, set(&[]));
    let transitions = shop.get("/v1/segments/transitions/c").await.ok();
    let text = transitions.to_string();
    assert!(
        text.contains("segment_entered") && text.contains("segment_left"),
        "{text}"
    );
    let summary = shop.get("/v1/feedback/customers/c").await.ok();
    assert_eq!(
        (&summary["count"], &summary["last_nps"]["score"]),
        (&json!(2), &json!(9))
    );
}

#[tokio::test]
async fn a_rule_is_tried_explained_and_decided_by_with_what_other_documents_say() {
    let host = Host::start();
    let shop = host.shop().at(NOON);
    shop.with_program().await;
    for (id, points) in [("a", 50), ("b", 600)] {
        shop.customer(id).create().await;
        let earn = json!({"points": points, "key": "e"});
        shop.post(&format!("/v1/loyalty/accounts/{id}/earn"), earn)
            .await
            .ok();
    }
    let rule = field("loyalty.tier", "eq", json!("gold"));
    let tried = json!({"rule": rule, "customer": "b"});
    assert_eq!(
        shop.post("/v1/segments/preview", tried).await.ok()["matches"],
        true
    );
    let sampled = shop
        .post("/v1/segments/preview", json!({ "rule": rule }))
        .await
        .ok();
    assert_eq!(
        (&sampled["size"], &sampled["examples"]),
        (&json!(1), &json!(["b"]))
    );
    let offers =
        json!([{"id": "gold-only", "audience": rule, "priority": 2}, {"id": "all", "priority": 1}]);
    for (customer, shown) in [("a", "all"), ("b", "gold-only")] {
        let asked = json!({"customer": customer, "offers": offers});
        let decided = shop.post("/v1/segments/decide", asked).await.ok();
        assert_eq!(decided["show"], shown, "{decided}");
    }
    let unknown = json!({"name": "x", "rule": {"any": [field("loyalty.points", "gt", json!(1))]}});
    let refused = shop.put("/v1/segments/x", unknown).await;
    assert_eq!(refused.pointers(), ["/rule/any/0/field"]);
    let detail = refused.body["errors"][0]["detail"]
        .as_str()
        .unwrap_or_default();
    assert!(detail.contains("\"loyalty.active\""), "{detail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_earns_while_others_change_the_customer_audiences_are_what_evaluating_says() {
    let host = Host::start();
    let shop = host.shop().at(NOON);
    shop.with_program().await;
    let big = field("traits.n", "gte", json!(3));
    let rich = field("loyalty.active", "gte", json!(100));
    let unhappy = field("feedback.last_nps", "lte", json!(6));
    define(&shop, "big-rich", json!({"all": [big, rich]})).await;
    define(&shop, "rich-unhappy", json!({"all": [rich, unhappy]})).await;
    define(&shop, "not-both", json!({"not": {"all": [rich, big]}})).await;
    let customers: Vec<String> = (0..6).map(|n| format!("c{n}")).collect();
    for id in &customers {
        shop.customer(id).create().await;
    }
    let tasks = customers.iter().enumerate();
    let tasks = tasks.flat_map(|(n, id)| (0..4).map(move |task| (n, id.clone(), task)));
    let works = tasks.map(|(n, id, task)| {
        let shop = shop.clone();
        async move {
            for round in 0..4_usize {
                let key = format!("{id}-{task}-{round}");
                let (path, body) = match task {
                    0 => {
                        let traits = json!({"n": (n + round) % 6, "round": round});
                        let body = json!({"userId": id, "traits": traits, "messageId": key});
                        ("/v1/identify".to_owned(), body)
                    }
                    1 => {
                        let path = format!("/v1/loyalty/accounts/{id}/earn");
                        (path, json!({"points": 60, "key": key}))
                    }
                    2 => {
                        let value = (n * 3 + round * 7) % 11;
                        let body = json!({"kind": "nps", "value": value, "customer": id, "key": key});
                        ("/v1/feedback".to_owned(), body)
                    }
                    _ => {
                        let properties = json!({"order_id": key, "total": 7, "currency": "CNY"});
                        let body = json!({"userId": id, "event": "Order Completed", "properties": properties});
                        ("/v1/track".to_owned(), body)
                    }
                };
                // Where many contend for one document, who waits too long is asked to come again.
                loop {
                    let answer = shop.post(&path, body.clone()).await;
                    if answer.status != 503 {
                        answer.ok();
                        break;
                    }
                }
            }
        }
    });
    join_all(works).await;
    for segment in ["big-rich", "rich-unhappy", "not-both"] {
        let found = members(&shop, segment).await;
        let mut expected = BTreeSet::new();
        for id in &customers {
            if memberships(&shop, id).await.contains(segment) {
                expected.insert(id.clone());
            }
        }
        assert_eq!(found, expected, "{segment}");
    }
}

/// People give a tier; a segment asks for it. Both ends of it move the customer, and so does taking it away.
#[tokio::test]
async fn a_tier_given_by_hand_moves_a_customer_when_it_is_given_when_it_ends_and_when_it_is_taken()
{
    let host = Host::start();
    let shop = host.shop().at(NOON);
    shop.with_program().await;
    define(&shop, "gold", field("loyalty.tier", "eq", json!("gold"))).await;
    define(&shop, "rest", field("loyalty.tier", "ne", json!("gold"))).await;
    for customer in ["c", "d"] {
        shop.customer(customer).create().await;
    }
    let (c, d) = (set(&["c"]), set(&["d"]));
    let both = set(&["c", "d"]);
    tick(&shop).await;
    assert_eq!(members(&shop, "rest").await, both);

    // Given to the end of 30 November: in the audience at once, without a tick.
    let tier = "/v1/loyalty/accounts/c/tier";
    let given = json!({"tier": "gold", "until": "2026-11-30", "reason": "VIP"});
    let dry = format!("{tier}?dry_run=true");
    shop.put(&dry, given.clone()).await.ok();
    assert_eq!(members(&shop, "gold").await, set(&[]));
    shop.put(tier, given).await.ok();
    assert_eq!(memberships(&shop, "c").await, set(&["gold"]));
    assert_eq!(members(&shop, "gold").await, c);
    assert_eq!(members(&shop, "rest").await, d);
    let path = "/v1/segments/memberships/c";
    let gold = shop.get(path).await.ok()["memberships"][0].clone();
    assert_eq!(gold["since"], "2026-11-21T04:00:00Z", "{gold}");
    // The day ends at midnight in Shanghai.
    assert_eq!(gold["next_change_at"], "2026-11-30T16:00:00Z", "{gold}");

    // The last moment, and the end: true on read, and the tick moves the audience.
    let last = shop.at("2026-11-30T23:59:59.999+08:00");
    tick(&last).await;
    assert_eq!(memberships(&last, "c").await, set(&["gold"]));
    assert_eq!(members(&last, "gold").await, c);
    let over = shop.at("2026-12-01T00:00:00+08:00");
    assert_eq!(memberships(&over, "c").await, set(&["rest"]));
    tick(&over).await;
    assert_eq!(members(&over, "gold").await, set(&[]));
    assert_eq!(members(&over, "rest").await, both);
    let rest = over.get(path).await.ok()["memberships"][0].clone();
    assert_eq!(rest["since"], "2026-11-30T16:00:00Z", "{rest}");

    // Given without an end, and taken.
    over.put(tier, json!({"tier": "gold"})).await.ok();
    assert_eq!(members(&over, "gold").await, c);
    over.delete(tier).await.ok();
    assert_eq!(members(&over, "gold").await, set(&[]));
    assert_eq!(members(&over, "rest").await, both);
}
