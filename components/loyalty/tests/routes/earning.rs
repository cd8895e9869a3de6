//! Earning by rules, over the routes.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use crate::shop;
use crate::shop::{get, is, post, problem};
use rapport_customer::{Command, Patch};
use rapport_records::customers::{self, Circumstances};
use rapport_records::segments::{DefinitionSet, Definitions};
use rapport_store::{Change, Key, Nothing, Request, Store};
use rapport_types::{CustomerId, Timestamp, Zone};
use rapport_web::testing::Client;
use serde_json::{Value, json};

const PROGRAM: &str = "/v1/loyalty/program";

async fn open(rules: Value) -> Client {
    let shop = Client::new(loyalty::routes);
    let mut program = shop::program();
    program["rules"] = rules;
    let set = shop.put(PROGRAM, program).await;
    assert_eq!(set.status, 201, "{}", set.body);
    shop
}

/// A customer with these tags.
async fn customer(shop: &Client, id: &str, tags: &[&str]) {
    let zone = Zone::named("Asia/Shanghai").unwrap();
    let store = Store::new(shop.memory.clone());
    let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
    let patch = Patch {
        traits: None,
        tags: Some(Some(tags)),
    };
    let traits = json!({"city": "上海"}).as_object().unwrap().clone();
    for command in [Command::Put { traits }, Command::Patch(patch)] {
        let circumstances = Circumstances {
            now: Timestamp::parse("2026-11-01T00:00:00Z").unwrap(),
            zone: &zone,
            once: None,
            dry_run: false,
        };
        let id = CustomerId::parse(id).unwrap();
        let applied = customers::apply::<(), rapport_customer::Rejection>(
            &store,
            &id,
            command,
            circumstances,
            |_| Ok(()),
            |_| (),
        );
        assert!(applied.await.is_ok());
    }
}

/// Definitions of segments, of which there are none: that there are none at all is asked for more than once.
async fn segments(shop: &Client) {
    let now = Timestamp::parse("2026-11-01T00:00:00Z").unwrap();
    let store = Store::new(shop.memory.clone());
    let key = Key::<Definitions>::single();
    // A document that was only created is asked about once more.
    for _ in 0..2 {
        let put = store.update::<_, (), ()>(&key, Request::plain(now, &Nothing), |_| {
            Ok(Change::Commit {
                value: DefinitionSet::default(),
                effects: Vec::new(),
                answer: (),
            })
        });
        put.await.unwrap();
    }
}

#[tokio::test]
async fn an_answer_says_which_rules_gave_what_and_a_dry_run_which_did_not() {
    let shop = open(json!([
        {"id": "vip", "name": "VIPs twice", "multiplier": 2, "condition": {"tag": "vip"}},
        {"id": "shoes", "name": "Shoes", "points": 30, "items": {"field": "category", "is": "eq", "value": "shoes"}},
        {"id": "web", "name": "Web", "points": 3, "where": {"field": "properties.channel", "is": "eq", "value": "web"}},
        {"id": "city", "name": "Shanghai", "points": 4, "condition": {"field": "traits.city", "is": "eq", "value": "上海"}},
    ]))
    .await;
    customer(&shop, "v", &["vip"]).await;
    let order = |id: &str| {
        json!({
            "order_id": id, "money": {"amount": 10_000, "currency": "USD"},
            "properties": {"channel": "web", "products": [{"category": "hats", "price": 100}]},
        })
    };
    let dry = post(&shop, "v", "earn?dry_run=true", order("1")).await;
    assert_eq!(dry.body["points"], 207, "{}", dry.body);
    let breakdown = json!([
        {"source": "base", "points": 100},
        {"source": "rule", "id": "vip", "points": 100},
        {"source": "rule", "id": "web", "points": 3},
        {"source": "rule", "id": "city", "points": 4},
    ]);
    assert_eq!(dry.body["breakdown"], breakdown);
    assert_eq!(
        dry.body["skipped"],
        json!([{"id": "shoes", "why": "items"}])
    );
    assert_eq!(get(&shop, "v", "").await.body["rev"], 0);

    let real = post(&shop, "v", "earn", order("1")).await;
    assert_eq!(real.body["breakdown"], breakdown);
    assert!(real.body.get("skipped").is_none());
    let again = post(&shop, "v", "earn", order("1")).await;
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(again.body, real.body);
    let journal = get(&shop, "v", "/journal").await;
    assert_eq!(journal.body["items"][0]["breakdown"], breakdown);

    // Of whom nothing is known, nothing is asked in vain.
    let other = post(&shop, "w", "earn?dry_run=true", order("1")).await;
    assert_eq!(other.body["points"], 103);
    assert_eq!(
        other.body["skipped"][0],
        json!({"id": "vip", "why": "condition"})
    );
}

#[tokio::test]
async fn a_segment_may_be_a_condition_and_one_that_is_not_there_may_not() {
    let shop = open(json!([])).await;
    let mut program = shop::program();
    program["rules"] = json!([
        {"id": "a", "name": "A", "points": 1, "condition": {"all": [{"segment": "none"}]}},
        {"id": "b", "name": "B", "points": 1, "condition": {"field": "loyalty.tier", "is": "eq", "value": "gold"}},
        {"id": "c", "name": "C", "points": 1, "where": {"field": "traits.city", "is": "exists"}},
        {"id": "d", "name": "D", "points": 1, "items": {"field": "category", "is": "equal", "value": 1}},
    ]);
    let places = [
        "/rules/0/condition/all/0/segment",
        "/rules/1/condition/field",
        "/rules/2/where/field",
        "/rules/3/items/is",
    ];
    assert_eq!(
        problem(&shop.put(PROGRAM, program.clone()).await),
        is(422, "invalid_input", &places)
    );
    let preview = shop
        .post("/v1/loyalty/program/preview", json!({"program": program}))
        .await;
    assert_eq!(preview.status, 200);
    let found: Vec<_> = preview.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        (found, &preview.body["valid"]),
        (places.map(str::to_owned).into(), &json!(false))
    );
}

#[tokio::test]
async fn an_event_earns_by_its_rules_and_a_key_is_one_exact_request() {
    let shop = open(json!([
        {"id": "review", "name": "Review", "when": {"event": "Review Posted"}, "points": 20, "caps": {"per_day": 30}},
        {"id": "long", "name": "Long", "when": {"event": "review_posted"}, "points": 5,
         "where": {"field": "properties.length", "is": "gte", "value": 100}},
    ]))
    .await;
    let review = |key: &str, length: i64| json!({"event": "review-posted", "key": key, "properties": {"length": length}});
    assert_eq!(
        post(&shop, "c", "earn", review("1", 120)).await.body["points"],
        25
    );
    assert_eq!(
        post(&shop, "c", "earn", review("1", 120)).await.headers["idempotency-replayed"],
        "true"
    );
    assert_eq!(
        problem(&post(&shop, "c", "earn", review("1", 119)).await),
        is(422, "key_reused", &[])
    );
    let capped = post(&shop, "c", "earn", review("2", 20)).await;
    assert_eq!(capped.body["points"], 10);
    assert_eq!(
        capped.body["breakdown"][0],
        json!({"source": "rule", "id": "review", "points": 10, "why": "cap_per_day"})
    );
    let nothing = post(&shop, "c", "earn", review("3", 20)).await;
    assert_eq!(
        (nothing.status.as_u16(), &nothing.body["points"]),
        (200, &json!(0))
    );
    // A day later in Shanghai.
    let tomorrow = shop.at("2026-11-22T00:00:00+08:00");
    assert_eq!(
        post(&tomorrow, "c", "earn", review("4", 20)).await.body["points"],
        20
    );

    let money = json!({"event": "review", "money": {"amount": 1, "currency": "USD"}});
    assert_eq!(
        problem(&post(&shop, "c", "earn", money).await),
        is(422, "invalid_input", &["/money"])
    );
    let order = json!({"event": "Order Completed"});
    assert_eq!(
        problem(&post(&shop, "c", "earn", order).await),
        is(422, "invalid_input", &["/event"])
    );
}

#[tokio::test]
async fn a_preview_says_what_a_sample_would_earn_and_what_may_not_be_meant() {
    let shop = Client::new(loyalty::routes);
    let path = "/v1/loyalty/program/preview";
    assert_eq!(
        problem(&shop.post(path, json!({})).await),
        is(422, "invalid_input", &["/program"])
    );
    let mut program = shop::program();
    program["rules"] = json!([
        {"id": "old", "name": "Last year", "multiplier": 2, "period": {"until": "2025-11-11"}},
        {"id": "one", "name": "One", "points": 5},
        {"id": "two", "name": "Two", "points": 5},
        {"id": "like", "name": "Like", "when": {"event": "liked"}, "points": 1},
    ]);
    let body = json!({
        "program": program,
        "sample": {"money": {"amount": 25_000, "currency": "USD"}, "at": "2026-11-20"},
    });
    let preview = shop.post(path, body.clone()).await;
    assert_eq!(preview.body["valid"], true, "{}", preview.body);
    let earns = json!({
        "points": 260,
        "breakdown": [
            {"source": "base", "points": 250},
            {"source": "rule", "id": "one", "points": 5},
            {"source": "rule", "id": "two", "points": 5},
        ],
        "skipped": [{"id": "old", "why": "period"}],
        "tier": "silver",
    });
    assert_eq!(preview.body["earns"], earns);
    let warned: Vec<_> = preview.body["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["code"].as_str().unwrap())
        .collect();
    assert_eq!(warned, ["over", "same_as_another", "no_caps"]);
    // Nothing was set.
    assert_eq!(problem(&shop.get(PROGRAM).await), is(404, "not_found", &[]));
    let mut wrong = body;
    wrong["sample"]["money"]["currency"] = json!("EUR");
    assert_eq!(
        problem(&shop.post(path, wrong).await),
        is(422, "invalid_input", &["/sample/money/currency"])
    );
}

#[tokio::test]
async fn rules_are_set_and_read_as_they_were_written() {
    let shop = Client::new(loyalty::routes);
    let mut program = shop::program();
    program["multipliers"] = json!("highest");
    program["caps"] = json!({"per_day": 500});
    program["tier_policy"] =
        json!({"keep": "end_of_next_year", "grace": "4w", "downgrade": "one_step"});
    program["tiers"][2]["benefits"] = json!({"multiplier": 1.5, "discount_percent": 10, "free_delivery_from": {"amount": 0, "currency": "USD"}, "gifts": ["cake"], "texts": ["A lounge"]});
    program["rules"] = json!([{
        "id": "all", "name": "All", "multiplier": 1.25, "active": false, "condition": {"tag": "vip"},
        "where": {"field": "at", "is": "exists"}, "items": {"field": "sku", "is": "exists"},
        "minimum": {"amount": 100, "currency": "USD"}, "tiers": ["gold"],
        "period": {"from": "2026-11-11", "until": "2026-11-12T04:00:00Z"}, "weekdays": ["monday"], "caps": {"per_month": 3},
    }]);
    let set = shop.put(PROGRAM, program.clone()).await;
    assert_eq!(set.status, 201, "{}", set.body);
    program["rev"] = json!(1);
    assert_eq!(shop.get(PROGRAM).await.body, program);
    let unknown = json!({"points": program["points"], "rules": [{"id": "x", "name": "X", "points": 1, "cap": {}}]});
    assert_eq!(
        problem(&shop.put(PROGRAM, unknown).await),
        is(422, "invalid_input", &["/rules/0/cap"])
    );
}

#[tokio::test]
async fn rules_cost_reads_only_where_they_ask_who_the_customer_is() {
    let order = |id: &str| json!({"order_id": id, "money": {"amount": 100, "currency": "USD"}});
    let mut cost = Vec::new();
    for rules in [
        json!([]),
        json!([{"id": "a", "name": "A", "points": 1, "weekdays": ["sunday"], "where": {"field": "at", "is": "exists"}}]),
        json!([{"id": "a", "name": "A", "points": 1, "condition": {"tag": "vip"}}]),
    ] {
        let shop = open(rules).await;
        segments(&shop).await;
        customer(&shop, "c", &["new"]).await;
        post(&shop, "c", "earn", order("1")).await;
        let before = shop.memory.counts();
        post(&shop, "c", "earn", order("2")).await;
        let after = shop.memory.counts();
        cost.push((after.reads - before.reads, after.writes - before.writes));
    }
    // The customer, and the definitions of segments.
    let (reads, writes) = cost[0];
    assert_eq!(cost, [(reads, 1), (reads, 1), (reads + 2, 1)], "{writes}");
}
