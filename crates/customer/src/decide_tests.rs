//! Tests of [`decide`]: by example, and by property for what must hold for every history.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use super::*;
use proptest::prelude::*;
use rapport_types::{Currency, Money};
use serde_json::json;

fn now() -> Timestamp {
    Timestamp::parse("2026-11-21T08:00:00Z").unwrap()
}

fn id() -> CustomerId {
    CustomerId::parse("0001").unwrap()
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn run(customer: Option<Customer>, command: Command) -> Decision {
    decide(
        &id(),
        customer,
        command,
        now(),
        &Zone::named("Asia/Shanghai").unwrap(),
    )
    .unwrap()
}

fn track(event: &str, properties: Value, at: &str, message: Option<&str>) -> Item {
    Item::Track {
        event: event.into(),
        properties: object(properties),
        timestamp: Some(Timestamp::parse(at).unwrap()),
        message_id: message.map(str::to_owned),
    }
}

fn identify(traits: Value) -> Item {
    Item::Identify {
        traits: object(traits),
        timestamp: None,
        message_id: None,
    }
}

#[test]
fn money_of_orders_that_came_as_text_is_kept_as_the_number_that_was_counted() {
    let at = "2026-11-20T00:00:00Z";
    let items = vec![
        track(
            "Order Completed",
            json!({"order_id": "o", "total": "10.10", "note": "10.10"}),
            at,
            None,
        ),
        track(
            "Order Refunded",
            json!({"order_id": "o", "refund": "3.30"}),
            at,
            None,
        ),
        track("coupon_used", json!({"value": "10.10"}), at, None),
    ];
    let customer = run(None, Command::Apply(items)).customer;
    let spend = customer.totals.spend.unwrap();
    assert_eq!(spend.amount, 680);
    let kept: Vec<Value> = customer
        .recent
        .newest_first()
        .map(|event| Value::Object(event.properties.to_map()))
        .collect();
    assert!(
        kept.contains(&json!({"order_id": "o", "total": 10.1, "note": "10.10"})),
        "{kept:?}"
    );
    assert!(
        kept.contains(&json!({"order_id": "o", "refund": 3.3})),
        "{kept:?}"
    );
    // Of what is no order nothing is known of money.
    assert!(kept.contains(&json!({"value": "10.10"})), "{kept:?}");
}

#[test]
fn put_replaces_traits_and_nothing_else() {
    let order = track(
        "Order Completed",
        json!({"order_id": 1, "total": 5}),
        "2026-11-20T00:00:00Z",
        None,
    );
    let one = run(None, Command::Apply(vec![identify(json!({"a": 1})), order])).customer;
    let two = run(
        Some(one),
        Command::Put {
            traits: object(json!({"b": 2, "c": null})),
        },
    );
    assert!(two.changed);
    assert_eq!(Value::Object(two.customer.traits.clone()), json!({"b": 2}));
    assert_eq!(two.customer.totals.orders, 1);
    let again = run(
        Some(two.customer),
        Command::Put {
            traits: object(json!({"b": 2})),
        },
    );
    assert!(!again.changed);
}

#[test]
fn putting_nothing_still_creates_the_customer() {
    assert!(run(None, Command::Put { traits: Map::new() }).changed);
}

#[test]
fn patch_merges_traits_and_replaces_tags() {
    let one = run(
        None,
        Command::Put {
            traits: object(json!({"city": "上海", "age": 3})),
        },
    )
    .customer;
    let patch = |text: Value| Command::Patch(serde_json::from_value(text).unwrap());
    let two = run(
        Some(one),
        patch(json!({"traits": {"age": null, "vip": true}, "tags": ["b", "a"]})),
    );
    assert_eq!(
        Value::Object(two.customer.traits.clone()),
        json!({"city": "上海", "vip": true})
    );
    assert_eq!(two.customer.tags.iter().collect::<Vec<_>>(), ["a", "b"]);
    let three = run(
        Some(two.customer),
        patch(json!({"traits": null, "tags": null})),
    );
    assert!(three.customer.traits.is_empty() && three.customer.tags.is_empty());
    assert!(!run(Some(three.customer), patch(json!({}))).changed);
}

#[test]
fn a_patch_of_nobody_is_refused() {
    let refused = decide(
        &id(),
        None,
        Command::Patch(Patch::default()),
        now(),
        &Zone::utc(),
    );
    assert_eq!(refused, Err(Rejection::Unknown));
}

#[test]
fn a_patch_with_a_bad_tag_changes_no_trait() {
    let patch = Patch {
        traits: Some(Some(object(json!({"a": 1})))),
        tags: Some(Some(vec![String::new()])),
    };
    let customer = Customer::new(id(), now());
    let refused = decide(
        &id(),
        Some(customer),
        Command::Patch(patch),
        now(),
        &Zone::utc(),
    );
    let Err(Rejection::Invalid(violations)) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(violations[0].pointer, "/tags/0");
}

#[test]
fn an_order_counts_once_however_it_is_repeated() {
    let order = |message| {
        let properties = json!({"order_id": "o-1", "total": "29.33", "currency": "USD"});
        track(
            "Order Completed",
            properties,
            "2026-11-20T17:00:00Z",
            Some(message),
        )
    };
    let decision = run(
        None,
        Command::Apply(vec![order("m1"), order("m1"), order("m2")]),
    );
    use ItemOutcome::{Applied, Duplicate};
    assert_eq!(decision.outcomes, [Applied, Duplicate, Duplicate]);
    let usd = Currency::parse("USD").unwrap();
    assert_eq!(
        decision.effects,
        [Effect::OrderCompleted {
            order_id: "o-1".into(),
            money: Some(Money::new(2_933, usd)),
            at: Timestamp::parse("2026-11-20T17:00:00Z").unwrap(),
        }]
    );
    let customer = &decision.customer;
    assert_eq!(customer.totals.orders, 1);
    assert_eq!(customer.totals.spend, Some(Money::new(2_933, usd)));
    // 17:00 in UTC is the next day in Shanghai.
    let days: Vec<_> = customer.day_counts("order_completed").collect();
    assert_eq!(days.len(), 1);
    assert_eq!(days[0].0.to_string(), "2026-11-21");
    assert_eq!(customer.days.spend_by_day().next().unwrap().1, 2_933);

    let later = run(
        Some(decision.customer.clone()),
        Command::Apply(vec![order("m3")]),
    );
    assert!(!later.changed && later.effects.is_empty());
    assert_eq!(later.customer, decision.customer);
}

#[test]
fn an_order_without_an_id_is_told_apart_by_its_message() {
    let order = |message| {
        track(
            "order_completed",
            json!({"total": 1}),
            "2026-11-20T00:00:00Z",
            message,
        )
    };
    let items = vec![
        order(Some("m1")),
        order(Some("m1")),
        order(None),
        order(None),
    ];
    let decision = run(None, Command::Apply(items));
    assert_eq!(decision.customer.totals.orders, 3);
    let ids: Vec<_> = decision
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::OrderCompleted { order_id, .. } => Some(order_id.as_str()),
            Effect::OrderMoved(_) => None,
        })
        .collect();
    assert_eq!(ids, ["message:m1", "unnamed:2", "unnamed:3"]);
}

#[test]
fn a_bad_item_leaves_no_trace_and_spoils_no_other() {
    let good = track("visit", json!({}), "2026-11-20T00:00:00Z", None);
    let bad = track(
        "order_completed",
        json!({"order_id": 1, "total": "x"}),
        "2026-11-20T00:00:00Z",
        Some("m"),
    );
    let decision = run(None, Command::Apply(vec![bad.clone(), good.clone()]));
    let ItemOutcome::Refused(violation) = &decision.outcomes[0] else {
        panic!("{:?}", decision.outcomes)
    };
    assert_eq!(violation.pointer, "/properties/total");
    assert_eq!(
        decision.customer,
        run(None, Command::Apply(vec![good])).customer
    );
    assert!(!run(None, Command::Apply(vec![bad])).changed);
}

#[test]
fn limits_of_an_event_are_named() {
    let at = "2026-11-20T00:00:00Z";
    let refusal = |item| {
        let decision = run(None, Command::Apply(vec![item]));
        match &decision.outcomes[0] {
            ItemOutcome::Refused(violation) => (violation.pointer.clone(), violation.code.clone()),
            other => panic!("{other:?}"),
        }
    };
    let large = json!({"note": "x".repeat(PROPERTIES_BYTES)});
    assert_eq!(
        refusal(track("a", large, at, None)),
        ("/properties".into(), "too_large".into())
    );
    assert_eq!(
        refusal(track("", json!({}), at, None)),
        ("/event".into(), "required".into())
    );
    assert_eq!(
        refusal(track("a", json!({}), "2026-12-01T00:00:00Z", None)),
        ("/timestamp".into(), "in_the_future".into())
    );
    assert_eq!(
        refusal(track("a", json!({}), at, Some(&"m".repeat(256)))),
        ("/messageId".into(), "bad_length".into())
    );
    let names: Vec<_> = (0..=EVENT_NAMES)
        .map(|n| track(&format!("e{n}"), json!({}), at, None))
        .collect();
    let decision = run(None, Command::Apply(names));
    assert!(
        matches!(decision.outcomes.last(), Some(ItemOutcome::Refused(v)) if v.code == "too_many")
    );
    assert_eq!(decision.customer.totals.events.len(), EVENT_NAMES);
}

/// Reports with few distinct orders and messages, so that repeats are common.
fn reports() -> impl Strategy<Value = Vec<Item>> {
    let item =
        (0..4_u8, 0..12_u8, 0..20_u8, 0..1_000_i64).prop_map(|(name, order, message, hour)| {
            let event =
                ["visit", "Order Completed", "order_completed", "cart viewed"][usize::from(name)];
            Item::Track {
                event: event.into(),
                properties: object(
                    json!({"order_id": format!("o{order}"), "total": f64::from(order) + 0.25}),
                ),
                timestamp: Some(Timestamp::from_millis(now().millis() - hour * 3_600_000)),
                message_id: Some(format!("m{message}")),
            }
        });
    prop::collection::vec(item, 0..60)
}

proptest! {
    #[test]
    fn sending_everything_again_changes_nothing(items in reports()) {
        let once = run(None, Command::Apply(items.clone()));
        let twice = run(Some(once.customer.clone()), Command::Apply(items));
        prop_assert!(!twice.changed);
        prop_assert!(twice.effects.is_empty());
        prop_assert_eq!(twice.customer, once.customer);
    }

    #[test]
    fn one_batch_is_the_same_as_one_by_one(items in reports()) {
        let batch = run(None, Command::Apply(items.clone()));
        let mut customer = Customer::new(id(), now());
        let mut effects = Vec::new();
        for item in items {
            let decision = run(Some(customer), Command::Apply(vec![item]));
            customer = decision.customer;
            effects.extend(decision.effects);
        }
        prop_assert_eq!(customer, batch.customer);
        prop_assert_eq!(effects, batch.effects);
    }

    #[test]
    fn totals_agree_with_each_other_and_with_the_effects(items in reports()) {
        let decision = run(None, Command::Apply(items));
        let customer = &decision.customer;
        let orders = customer.totals.events.get("order_completed").map_or(0, |event| event.count);
        prop_assert_eq!(customer.totals.orders, orders);
        prop_assert_eq!(decision.effects.len() as u64, orders);
        let days: u64 = customer.day_counts("order_completed").map(|(_, count)| count).sum();
        prop_assert_eq!(days, orders);
        let spend = customer.totals.spend.map_or(0, |money| money.amount);
        let paid: i64 = decision.effects.iter().map(|effect| match effect {
            Effect::OrderCompleted { money, .. } => money.unwrap().amount,
            Effect::OrderMoved(_) => 0,
        }).sum();
        prop_assert_eq!(spend, paid);
        prop_assert_eq!(customer.days.spend_by_day().map(|(_, minor)| minor).sum::<i64>(), spend);
        let kept = customer.events_named("order_completed").count() as u64;
        prop_assert_eq!(kept, orders);
        let again: Customer = serde_json::from_str(&serde_json::to_string(customer).unwrap()).unwrap();
        prop_assert_eq!(&again, customer);
    }
}

fn order_at(at: Timestamp) -> Item {
    Item::Track {
        event: "order_completed".into(),
        properties: Map::new(),
        timestamp: Some(at),
        message_id: None,
    }
}

fn before_now(hours: i64) -> Timestamp {
    Timestamp::from_millis(now().millis() - hours * 3_600_000)
}

proptest! {
    #[test]
    fn days_with_an_order_are_counted_whatever_order_they_arrive_in(
        hours in prop::collection::vec(0_i64..399 * 24, 1..40),
    ) {
        let zone = Zone::named("Asia/Shanghai").unwrap();
        let items = hours.iter().map(|hours| order_at(before_now(*hours))).collect();
        let customer = run(None, Command::Apply(items)).customer;
        let days: std::collections::BTreeSet<_> =
            hours.iter().map(|hours| zone.day_of(before_now(*hours))).collect();
        prop_assert_eq!(customer.totals.order_days, Some(days.len() as u64));
        // A document from before the count says the same, as all its days are kept.
        let mut older = customer.clone();
        older.totals.order_days = None;
        prop_assert_eq!(older.order_days(), days.len() as u64);
        let next = run(Some(older), Command::Apply(vec![order_at(now())])).customer;
        let more = u64::from(!days.contains(&zone.day_of(now())));
        prop_assert_eq!(next.order_days(), days.len() as u64 + more);
    }
}

#[test]
fn days_with_an_order_are_counted_over_years_and_late_ones_by_what_is_known() {
    let years = |from: i64| {
        (0..from)
            .rev()
            .map(|year| order_at(before_now(year * 8_760)))
    };
    let customer = run(None, Command::Apply(years(6).collect())).customer;
    assert_eq!(customer.order_days(), 6);
    // On the day of the first, long dropped, and on a day of which nothing is known any more.
    let late = vec![
        order_at(before_now(5 * 8_760)),
        order_at(before_now(3 * 8_760 + 240)),
    ];
    let customer = run(Some(customer), Command::Apply(late)).customer;
    assert_eq!((customer.totals.orders, customer.order_days()), (8, 7));
    let mut older = customer;
    older.totals.order_days = None;
    // Two days are kept, 6 orders are not: each may have had a day of its own.
    assert_eq!(older.order_days(), 8);
}
