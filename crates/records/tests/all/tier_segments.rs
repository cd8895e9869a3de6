//! Tiers by a segment: the account is told by the customer's outbox, once, whatever crashes; who reads sees what nobody has told yet.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use crate::common::{DAY, HOUR, LATE, Shop, at, customer, order, put, slug, tags, zone};
use rapport_loyalty::tier::standing;
use rapport_loyalty::{Program, TierStanding};
use rapport_records::accounts::{self, Programs, TierSegments};
use rapport_records::dependents::elsewhere;
use rapport_records::earning::check::check;
use rapport_records::named::Named;
use rapport_records::segments;
use rapport_store::faulty::for_each_crash_point;
use rapport_store::{Change, Key, Memory, Nothing, Request, Store};
use rapport_types::Timestamp;
use serde_json::{Value, json};

fn program(policy: Value) -> Program {
    let mut program = json!({
        "points": {"per": {"amount": 100, "currency": "CNY"}, "points": 1},
        "tiers": [
            {"id": "silver", "name": "Silver", "at_least": 100, "by": "points", "window": "40d"},
            {"id": "vip", "name": "VIP", "segment": "vips", "benefits": {"multiplier": 2}}
        ],
    });
    if !policy.is_null() {
        program["tier_policy"] = policy;
    }
    let program: Program = serde_json::from_value(program).unwrap();
    assert_eq!(program.check(), []);
    program
}

async fn set(store: &Store, program: &Program) {
    let key = Key::single();
    let put = store.update::<Programs, (), ()>(&key, Request::plain(at(0), &Nothing), |_| {
        Ok(Change::Commit {
            value: program.clone(),
            effects: Vec::new(),
            answer: (),
        })
    });
    put.await.unwrap();
}

async fn shop(rule: Value, policy: Value) -> (Shop, Program) {
    let shop = Shop::new();
    let program = program(policy);
    shop.define("vips", rule, at(0)).await;
    shop.filled(at(0)).await;
    set(&shop.store, &program).await;
    shop.apply("alice", put(json!({})), at(0)).await;
    (shop, program)
}

/// What a storefront is told, and what the account says by itself.
async fn tiers(shop: &Shop, program: &Program, now: Timestamp) -> (TierStanding, TierStanding) {
    let (id, zone) = (customer("alice"), zone());
    let mut ledger = accounts::ledger(&shop.store, &id).await.unwrap().value;
    let stored = standing(&ledger, Some(program), now, &zone);
    let before = shop.memory.counts().writes;
    accounts::see(&shop.store, &id, &mut ledger, Some(program), now, &zone)
        .await
        .unwrap();
    assert_eq!(shop.memory.counts().writes, before, "reads never write");
    (standing(&ledger, Some(program), now, &zone), stored)
}

async fn told(shop: &Shop) -> Vec<Value> {
    let customer = shop.record("alice").await.customer;
    let events = customer.events_named("tier_changed");
    let mut told: Vec<Value> = events
        .map(|event| Value::Object(event.properties.to_map()))
        .collect();
    told.reverse();
    told
}

fn name(standing: &TierStanding) -> &str {
    standing.tier.as_ref().map_or("-", |tier| tier.as_str())
}

/// Bought in the last ten days.
fn buyers() -> Value {
    json!({"event": "order_completed", "within": "10d"})
}

#[tokio::test]
async fn who_comes_and_goes_is_told_once() {
    let (shop, program) = shop(json!({"tag": "vip"}), Value::Null).await;
    shop.apply("alice", tags(&["vip"]), at(HOUR)).await;
    let (shown, stored) = tiers(&shop, &program, at(2 * HOUR)).await;
    assert_eq!((name(&shown), shown.since), ("vip", Some(at(HOUR))));
    assert_eq!(stored.tier, shown.tier, "the account knows by itself");
    let came = json!({"to": "vip", "reason": "segment"});
    assert_eq!(told(&shop).await, std::slice::from_ref(&came));
    // Another commit, and a tick, tell nothing.
    shop.apply("alice", put(json!({"a": 1})), at(3 * HOUR))
        .await;
    shop.tick(at(4 * HOUR)).await;
    shop.apply("alice", tags(&[]), at(5 * HOUR)).await;
    let (shown, stored) = tiers(&shop, &program, at(5 * HOUR)).await;
    assert_eq!((name(&shown), name(&stored)), ("-", "-"));
    let went = json!({"from": "vip", "reason": "segment"});
    assert_eq!(told(&shop).await, [came, went]);
}

#[tokio::test]
async fn an_order_of_a_member_earns_by_the_tier_and_the_one_that_made_them_one_does_not() {
    let (shop, program) = shop(buyers(), Value::Null).await;
    let active = async |now| {
        let ledger = accounts::ledger(&shop.store, &customer("alice")).await;
        ledger.unwrap().value.balance(now).active
    };
    shop.apply("alice", order(5), at(HOUR)).await;
    assert_eq!(active(at(HOUR)).await, 5);
    shop.apply("alice", order(5), at(2 * HOUR)).await;
    assert_eq!(active(at(2 * HOUR)).await, 15);
    assert_eq!(name(&tiers(&shop, &program, at(2 * HOUR)).await.0), "vip");
}

#[tokio::test]
async fn time_alone_takes_the_tier_and_the_tick_tells_it() {
    let (shop, program) = shop(buyers(), json!({"keep": "3d"})).await;
    shop.apply("alice", order(5), at(0)).await;
    // The beginning is 21 November, noon in Shanghai. They leave on 1 December at noon, and keep it to the end of the 4th.
    let left = at(10 * DAY);
    let lost = Timestamp::parse("2026-12-04T16:00:00Z").unwrap();
    let (before, _) = tiers(&shop, &program, at(10 * DAY - 1)).await;
    assert_eq!((name(&before), before.until), ("vip", None));
    assert_eq!(before.changes_at, Some(left), "caches look again then");
    // Nobody has ticked: whoever reads is told the same as afterwards.
    for day in [10, 11, 13] {
        let (shown, _) = tiers(&shop, &program, at(day * DAY)).await;
        assert_eq!((name(&shown), shown.until), ("vip", Some(lost)));
        assert_eq!(shown.since, Some(at(0)));
        assert_eq!(shown.keep.unwrap().by, Some(lost));
    }
    assert_eq!(name(&tiers(&shop, &program, lost).await.0), "-");
    // A tick that is late, or a commit of theirs, finds out when it was.
    shop.apply("alice", put(json!({"late": true})), at(11 * DAY))
        .await;
    let (shown, stored) = tiers(&shop, &program, at(12 * DAY)).await;
    assert_eq!((shown.until, stored.until), (Some(lost), Some(lost)));
    assert_eq!(told(&shop).await.len(), 1);
    shop.tick(lost).await;
    shop.tick(at(20 * DAY)).await;
    let went = json!({"from": "vip", "reason": "time"});
    assert_eq!(told(&shop).await[1..], [went]);
    // In again: since the order.
    shop.apply("alice", order(5), at(21 * DAY)).await;
    let (shown, _) = tiers(&shop, &program, at(21 * DAY)).await;
    assert_eq!((name(&shown), shown.since), ("vip", Some(at(21 * DAY))));
}

#[tokio::test]
async fn who_was_in_the_segment_before_the_programme_asked_holds_the_tier_since_then() {
    let shop = Shop::new();
    let program = program(json!({"keep": "3d"}));
    shop.define("vips", json!({"tag": "vip"}), at(0)).await;
    shop.filled(at(0)).await;
    shop.apply("alice", put(json!({})), at(0)).await;
    shop.apply("alice", tags(&["vip"]), at(HOUR)).await;
    set(&shop.store, &program).await;
    let (shown, stored) = tiers(&shop, &program, at(DAY)).await;
    assert_eq!((name(&shown), shown.since), ("vip", Some(at(HOUR))));
    assert_eq!(name(&stored), "-");
    // They leave, and the account that was never told keeps what they had.
    shop.apply("alice", tags(&[]), at(DAY)).await;
    let (shown, stored) = tiers(&shop, &program, at(2 * DAY)).await;
    assert_eq!((name(&shown), name(&stored)), ("vip", "vip"));
    assert_eq!(shown.since, Some(at(HOUR)));
}

#[tokio::test]
async fn a_crash_anywhere_tells_it_in_the_end_and_once() {
    let program = program(Value::Null);
    let crash_points = for_each_crash_point(Memory::repeatable, async |memory, process| {
        let before = Shop::over(memory.clone());
        before.define("vips", json!({"tag": "vip"}), at(0)).await;
        before.filled(at(0)).await;
        set(&before.store, &program).await;
        before.apply("alice", put(json!({})), at(0)).await;
        let asked = Shop {
            memory: memory.clone(),
            store: Store::new(process),
        };
        let done = asked.try_apply("alice", tags(&["vip"]), at(HOUR)).await;
        let shop = Shop::over(memory.late_by(LATE));
        while shop.tick(at(HOUR)).await > 0 {}
        let (shown, stored) = tiers(&shop, &program, at(HOUR)).await;
        assert!(done.is_err() || name(&shown) == "vip");
        assert_eq!(name(&shown), name(&stored));
        let expected = usize::from(name(&shown) == "vip");
        assert_eq!(told(&shop).await.len(), expected);
    });
    let crash_points = crash_points.await;
    assert!(crash_points >= 8, "{crash_points}");
}

#[tokio::test]
async fn what_would_chase_itself_and_what_is_not_there_is_refused() {
    let (shop, program) = shop(json!({"tag": "vip"}), Value::Null).await;
    let wrong = async |program: &Program| -> Vec<(String, String)> {
        let definitions = segments::compiled(&shop.store).await.unwrap();
        let wrong = check(program, &definitions).into_iter();
        wrong
            .map(|violation| (violation.pointer, violation.code.to_string()))
            .collect()
    };
    assert_eq!(wrong(&program).await, []);
    let mut other = program.clone();
    other.tiers[1].segment = Some(slug("nobody"));
    let at_it = "/tiers/1/segment".to_owned();
    assert_eq!(
        wrong(&other).await,
        [(at_it.clone(), "unknown_segment".to_owned())]
    );
    let cycles = [
        json!({"field": "loyalty.tier", "is": "eq", "value": "silver"}),
        json!({"not": {"event": "Tier Changed", "within": "7d"}}),
    ];
    for rule in cycles {
        shop.define("inner", rule, at(HOUR)).await;
        shop.define("outer", json!({"not": {"segment": "inner"}}), at(HOUR))
            .await;
        other.tiers[1].segment = Some(slug("outer"));
        assert_eq!(wrong(&other).await, [(at_it.clone(), "cycle".to_owned())]);
    }
    // And the other way round: the definitions that are put.
    let tiers = TierSegments::read(&shop.store).await.unwrap();
    let definitions = shop
        .store
        .read(&Key::<segments::Definitions>::single())
        .await;
    let mut set = definitions.unwrap().unwrap().value;
    assert!(tiers.leads_back(&set).is_none());
    let wanted = segments::Wanted {
        id: slug("vips"),
        name: "V".to_owned(),
        rule: json!({"segment": "inner"}),
    };
    set.define(wanted, at(HOUR), 9).unwrap();
    assert_eq!(tiers.leads_back(&set).unwrap().code, "cycle");
    // Nobody deletes it unawares.
    let dependents = elsewhere(&shop.store)
        .await
        .unwrap()
        .naming(&[Named::Segment(slug("vips"))]);
    let dependents: Vec<String> = dependents.into_iter().map(String::from).collect();
    assert_eq!(dependents, ["tier:vip"]);
}

#[tokio::test]
async fn the_balance_of_each_kind_says_who_is_in_a_segment() {
    let shop = Shop::new();
    let program: Program = serde_json::from_value(json!({
        "points": {"per": {"amount": 100, "currency": "CNY"}, "points": 1},
        "kinds": [{"id": "growth", "name": "成长值", "expires_after": {"days": 5}, "activates_after": "1d"}],
        "rules": [{"id": "grow", "name": "G", "kind": "growth", "per": {"amount": 100, "currency": "CNY"}, "points": 2}],
    }))
    .unwrap();
    let rule = |kind: &str, least: i64| json!({"field": format!("loyalty.balances.{kind}"), "is": "gte", "value": least});
    shop.define("grown", rule("growth", 20), at(0)).await;
    shop.define("rich", rule("points", 10), at(0)).await;
    shop.define("starred", rule("stars", 0), at(0)).await;
    shop.filled(at(0)).await;
    set(&shop.store, &program).await;
    shop.apply("alice", order(10), at(0)).await;
    // 10 yuan: 10 points at once, and 20 of growth after a day, for five more to the end of their last: 27 November.
    let inside = async |id: &str, now| {
        shop.tick(now).await;
        shop.evaluated(now).await[id].get("alice").copied()
    };
    assert_eq!(inside("rich", at(0)).await, Some(at(0)));
    assert_eq!(inside("grown", at(DAY - 1)).await, None);
    assert_eq!(inside("grown", at(DAY)).await, Some(at(DAY)));
    let over = Timestamp::parse("2026-11-27T16:00:00Z").unwrap();
    let before = Timestamp::from_millis(over.millis() - 1);
    assert_eq!(inside("grown", before).await, Some(at(DAY)));
    assert_eq!(inside("grown", over).await, None);
    assert_eq!(inside("rich", over).await, Some(at(0)));
    assert_eq!(inside("starred", over).await, None, "there is no such kind");
}
