//! Counts and sums that are answered together are answered as each alone is.

use crate::common::arbitrary::NOW;
use crate::common::{DAY, Shopper, parsed, shanghai};
use proptest::prelude::*;
use rapport_rules::{Rule, RuleSet, evaluate, matches};
use rapport_types::Timestamp;
use serde_json::{Value, json};

/// So many half days after [`NOW`].
fn at(half: i64) -> Timestamp {
    Timestamp::from_millis(NOW + half * DAY / 2)
}

/// A count or a sum, of all events or of some, within some time or ever.
fn counted() -> impl Strategy<Value = Value> {
    let bounds = prop_oneof![
        (0..6_i64).prop_map(|n| json!({"at_least": n})),
        (0..6_i64).prop_map(|n| json!({"at_most": n})),
        (0..6_i64).prop_map(|n| json!({"exactly": n})),
        (0..4_i64, 0..3_i64)
            .prop_map(|(low, more)| json!({"at_least": low, "at_most": low + more})),
    ];
    let filter = prop::sample::select(vec![
        Value::Null,
        json!({"field": "properties.k", "is": "eq", "value": "X"}),
        json!({"field": "properties.k", "is": "not_in", "value": ["x", "y"]}),
        json!({"field": "properties.n", "is": "gt", "value": 1}),
        json!({"field": "at", "is": "older_than", "value": "2d"}),
    ]);
    let within = prop::option::weighted(0.8, 1_i64..30);
    (within, filter, bounds, any::<bool>()).prop_map(|(within, filter, bounds, sum)| {
        let mut test = json!({"event": "e"});
        if let Some(halves) = within {
            test["within"] = json!(format!("{}h", halves * 12));
        }
        if !filter.is_null() {
            test["where"] = filter;
        }
        if !sum {
            test["count"] = bounds;
            return test;
        }
        test["sum"] = json!("properties.n");
        for (name, bound) in bounds.as_object().unwrap() {
            test[name] = bound.clone();
        }
        test
    })
}

/// Somebody with events of which a few lie ahead, and a few take something off again.
fn shopper() -> impl Strategy<Value = Shopper> {
    let number = prop_oneof![
        12 => (0..7_i64).prop_map(|halves| json!(halves as f64 / 2.0)),
        12 => (0..4_i64).prop_map(Value::from),
        1 => Just(json!(-1)),
        1 => Just(json!(0.00001)),
        1 => Just(json!("2")),
    ];
    let kind = prop::sample::select(vec![
        json!("x"),
        json!("Ｘ"),
        json!("y"),
        json!("z"),
        json!(1),
        Value::Null,
    ]);
    let kind = prop_oneof![20 => kind, 1 => Just(json!(["z", "x"]))];
    let ahead = prop_oneof![30 => -40..1_i64, 1 => 1..12_i64];
    let events = prop::collection::vec((ahead, number, kind), 0..9);
    (events, prop::option::weighted(0.3, -30..-2_i64)).prop_map(|(events, kept)| {
        let mut shopper = Shopper {
            kept_since: kept.map(at),
            ..Shopper::default()
        };
        // What happened before is no longer there singly.
        let there = |half: &i64| kept.is_none_or(|kept| kept <= *half);
        for (half, n, k) in events.into_iter().filter(|(half, ..)| there(half)) {
            shopper = shopper.did("e", at(half), json!({"n": n, "k": k}));
        }
        shopper
    })
}

#[test]
fn nobody_passes_a_rule_that_is_not_there() {
    let rules = [parsed(json!({"field": "traits.n", "is": "missing"}))];
    let (set, zone) = (RuleSet::new(&rules), shanghai());
    let shopper = Shopper::default();
    let mut asking = set.about(&shopper, at(0), &zone);
    // As many as it takes for all to be answered at once.
    for _ in 0..10 {
        assert!(asking.matches(0, at(0)));
        assert!(!asking.matches(1, at(0)));
        let outcome = asking.evaluate(1, at(0));
        assert!(!outcome.matches, "{outcome:?}");
        assert_eq!(outcome.next_change_at, None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, max_shrink_iters: 300, ..ProptestConfig::default() })]

    #[test]
    fn counts_and_sums_of_a_set_are_those_of_its_rules(
        shopper in shopper(), tests in prop::collection::vec(counted(), 1..8), from in -8..2_i64,
        moments in prop::collection::vec(-12..40_i64, 6)
    ) {
        let zone = shanghai();
        let rules: Vec<Rule> = tests.iter().map(|test| parsed(test.clone())).collect();
        let set = RuleSet::new(&rules);
        let mut asking = set.about(&shopper, at(from), &zone);
        for half in std::iter::once(from).chain(moments) {
            for (place, rule) in rules.iter().enumerate() {
                // At a border of its time, and just before.
                for now in [at(half), Timestamp::from_millis(at(half).millis() - 1)] {
                    let alone = evaluate(rule, &shopper, now, &zone);
                    prop_assert_eq!(asking.evaluate(place, now), alone, "{} at {}", tests[place], now);
                    prop_assert_eq!(asking.matches(place, now), matches(rule, &shopper, now, &zone));
                }
            }
        }
    }
}
