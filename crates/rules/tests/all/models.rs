//! Fields that need what is known of the whole population.

use crate::common::{DAY, Shopper, at, rule, shanghai};
use proptest::prelude::*;
use rapport_lifetime::{Customer, Measure, Params, Purchases, Thresholds};
use rapport_rules::{DayTotal, EventRef, Models, Orders, Outcome, Rule, Subject, Visit, evaluate};
use rapport_types::{Decimal, Timestamp};
use serde_json::{Map, Value, json};

/// A customer of a shop that knows its population.
#[derive(Debug)]
struct Known {
    shopper: Shopper,
    order_days: u64,
    rfm: Option<Thresholds>,
    lifetime: Option<Params>,
}

impl Subject for Known {
    fn traits(&self) -> &Map<String, Value> {
        self.shopper.traits()
    }
    fn tags(&self, visit: &mut dyn FnMut(&str) -> Visit) {
        self.shopper.tags(visit);
    }
    fn created_at(&self) -> Option<Timestamp> {
        self.shopper.created_at()
    }
    fn orders(&self) -> Orders {
        self.shopper.orders()
    }
    fn order_days(&self) -> u64 {
        self.order_days
    }
    fn events(&self, name: &str, visit: &mut dyn FnMut(EventRef<'_>) -> Visit) {
        self.shopper.events(name, visit);
    }
    fn kept_since(&self) -> Option<Timestamp> {
        None
    }
    fn days(&self, name: &str, visit: &mut dyn FnMut(DayTotal) -> Visit) {
        self.shopper.days(name, visit);
    }
    fn total(&self, name: &str) -> u64 {
        self.shopper.total(name)
    }
    fn models(&self) -> Models<'_> {
        Models {
            rfm: self.rfm.as_ref(),
            lifetime: self.lifetime.as_ref(),
        }
    }
}

fn thresholds() -> Thresholds {
    let population: Vec<Customer> = (0..50)
        .map(|n| Customer {
            recency_days: n * 6,
            frequency: 1 + n / 8,
            monetary: Decimal::from(n * 10),
        })
        .collect();
    Thresholds::of(&population).unwrap()
}

fn params() -> Params {
    Params::new(0.243, 4.414, 0.793, 2.426).unwrap()
}

fn known(shopper: Shopper) -> Known {
    Known {
        order_days: shopper.orders.count,
        shopper,
        rfm: Some(thresholds()),
        lifetime: Some(params()),
    }
}

fn ask(subject: &Known, json: Value, now: Timestamp) -> Outcome {
    evaluate(&rule(json), subject, now, &shanghai())
}

fn regular() -> Known {
    known(
        Shopper::default()
            .bought(at("2026-01-01"), 100.0)
            .bought(at("2026-06-01"), 100.0)
            .bought(at("2026-08-02"), 100.0),
    )
}

#[test]
fn a_score_falls_on_the_day_that_its_threshold_names() {
    let customer = regular();
    // 41 whole days: less than 60, so 5; 60 days after the last order it is 4.
    let now = at("2026-09-12");
    let fresh = ask(
        &customer,
        json!({"field": "rfm.r", "is": "eq", "value": 5}),
        now,
    );
    assert_eq!(
        (fresh.matches, fresh.next_change_at),
        (true, Some(at("2026-10-01")))
    );
    let stale = ask(
        &customer,
        json!({"field": "rfm.r", "is": "lte", "value": 2}),
        now,
    );
    let then = Timestamp::from_millis(at("2026-08-02").millis() + 180 * DAY);
    assert_eq!((stale.matches, stale.next_change_at), (false, Some(then)));
    for (field, score) in [("rfm.f", 2), ("rfm.m", 4)] {
        let outcome = ask(
            &customer,
            json!({"field": field, "is": "eq", "value": score}),
            now,
        );
        assert_eq!(
            (outcome.matches, outcome.next_change_at),
            (true, None),
            "{field}"
        );
    }
}

#[test]
fn a_value_group_changes_when_recency_passes_the_mean() {
    let customer = regular();
    let now = at("2026-09-12");
    let group = json!({"field": "rfm.value_group", "is": "eq", "value": "important_develop"});
    let outcome = ask(&customer, group.clone(), now);
    // Scores 5, 2, 4 by means of 3, 2.64 and 3: recency is no longer above its mean from 120 days on.
    let then = Timestamp::from_millis(at("2026-08-02").millis() + 120 * DAY);
    assert_eq!(
        (outcome.matches, outcome.next_change_at),
        (true, Some(then))
    );
    assert!(!ask(&customer, group, then).matches);
    let retain = json!({"field": "rfm.value_group", "is": "in", "value": ["important_retain"]});
    assert!(ask(&customer, retain, then).matches);
}

#[test]
fn what_bgnbd_says_is_a_number_with_six_digits() {
    let customer = regular();
    let now = at("2026-09-12");
    let purchases = Purchases::new(3, at("2026-01-01"), at("2026-08-02")).unwrap();
    for (field, measure) in [
        ("lifetime.p_alive", Measure::Alive),
        ("lifetime.expected_orders_90d", Measure::OrdersIn90Days),
    ] {
        let value = Decimal::new(params().measure(measure, &purchases, now), 6);
        let value: Value = serde_json::from_str(&value.to_string()).unwrap();
        let outcome = ask(
            &customer,
            json!({"field": field, "is": "eq", "value": value}),
            now,
        );
        assert!(outcome.matches, "{field} {value}");
        // It holds for an hour, which ends with the next whole hour after the first order.
        let next = outcome.next_change_at.unwrap();
        assert_eq!(next.millis() - now.millis(), 1, "{field}");
    }
}

#[test]
fn without_a_model_or_an_order_the_fields_are_absent() {
    let mut unknown = regular();
    (unknown.rfm, unknown.lifetime) = (None, None);
    let newcomer = known(Shopper::default());
    for field in [
        "rfm.r",
        "rfm.f",
        "rfm.m",
        "rfm.value_group",
        "lifetime.p_alive",
        "lifetime.expected_orders_90d",
    ] {
        let missing = json!({"field": field, "is": "missing"});
        let now = at("2026-09-12");
        for absent in [&unknown, &newcomer] {
            assert!(ask(absent, missing.clone(), now).matches, "{field}");
        }
        assert!(!ask(&regular(), missing, now).matches, "{field}");
    }
}

#[test]
fn what_could_never_pass_is_refused_with_its_place() {
    for (wrong, place) in [
        (
            json!({"field": "rfm.r", "is": "contains", "value": "5"}),
            "/is",
        ),
        (
            json!({"field": "rfm.m", "is": "eq", "value": "5"}),
            "/value",
        ),
        (
            json!({"field": "lifetime.p_alive", "is": "lt", "value": "half"}),
            "/value",
        ),
        (
            json!({"field": "rfm.value_group", "is": "eq", "value": "vip"}),
            "/value",
        ),
        (
            json!({"field": "rfm.value_group", "is": "gt", "value": "vip"}),
            "/is",
        ),
        (
            json!({"field": "lifecycle", "is": "in", "value": ["lead", "vip"]}),
            "/value",
        ),
        (json!({"field": "rfm.x", "is": "eq", "value": 1}), "/field"),
    ] {
        let refused = Rule::parse(&wrong).unwrap_err();
        assert_eq!(refused[0].pointer, place, "{wrong}: {refused:?}");
    }
}

#[test]
fn a_rule_says_whether_it_needs_what_is_known_of_all() {
    for (json, needs) in [
        (json!({"field": "rfm.r", "is": "eq", "value": 5}), true),
        (
            json!({"field": "lifecycle", "is": "eq", "value": "lost"}),
            true,
        ),
        (
            json!({"not": {"any": [{"tag": "a"}, {"field": "lifetime.p_alive", "is": "exists"}]}}),
            true,
        ),
        (
            json!({"field": "rfm.frequency", "is": "eq", "value": 5}),
            false,
        ),
        (json!({"all": [{"tag": "a"}, {"event": "x"}]}), false),
    ] {
        assert_eq!(rule(json.clone()).needs_models(), needs, "{json}");
    }
}

fn number_test() -> impl Strategy<Value = (&'static str, Value)> {
    let share = || (0_i64..1_200_000).prop_map(|m| json!(m as f64 / 1e6));
    let score = || (0_i64..7).prop_map(|n| json!(n));
    let fields = prop_oneof![
        Just("rfm.r"),
        Just("lifetime.p_alive"),
        Just("lifetime.expected_orders_90d"),
    ];
    (fields, share(), share(), score(), score()).prop_flat_map(|(field, a, b, c, d)| {
        let (low, high) = if field == "rfm.r" { (c, d) } else { (a, b) };
        let (low, high) = match low.as_f64() <= high.as_f64() {
            true => (low, high),
            false => (high, low),
        };
        let one = |is: &str| json!({"is": is, "value": low.clone()});
        prop_oneof![
            Just(one("lt")),
            Just(one("lte")),
            Just(one("gt")),
            Just(one("gte")),
            Just(one("eq")),
            Just(one("ne")),
            Just(json!({"is": "between", "value": [low.clone(), high.clone()]})),
            Just(json!({"is": "not_in", "value": [low.clone(), high.clone()]})),
        ]
        .prop_map(move |test| (field, test))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_answer_changes_before_the_moment_that_was_said_and_then_it_does(
        (field, mut test) in number_test(),
        gaps in prop::collection::vec(1_i64..60, 0..6),
        quiet in 0_i64..200,
        hour in 0_i64..24,
        tries in prop::collection::vec(0.0..1.0, 20),
    ) {
        let first = at("2025-01-01");
        let mut last = first;
        let mut shopper = Shopper::default().bought(first, 10.0);
        for gap in gaps {
            last = Timestamp::from_millis(last.millis() + gap * DAY);
            shopper = shopper.bought(last, 10.0);
        }
        let customer = known(shopper);
        test["field"] = json!(field);
        let rule = rule(test);
        let zone = shanghai();
        let now = Timestamp::from_millis(last.millis() + quiet * DAY + hour * 3_600_000 + 17);
        let outcome = evaluate(&rule, &customer, now, &zone);
        let end = match outcome.next_change_at {
            Some(next) => {
                prop_assert!(next > now);
                let then = evaluate(&rule, &customer, next, &zone);
                prop_assert!(then.matches != outcome.matches, "it does not flip at {next}");
                next.millis() - 1
            }
            None => now.millis() + 4_000 * DAY,
        };
        // Near the end more often than near the beginning.
        for share in tries {
            let share: f64 = share;
            let span = (end - now.millis()) as f64;
            #[allow(clippy::cast_possible_truncation)]
            let moment = end - (span * share * share * share) as i64;
            let between = evaluate(&rule, &customer, Timestamp::from_millis(moment), &zone);
            prop_assert_eq!(between.matches, outcome.matches);
        }
    }
}
