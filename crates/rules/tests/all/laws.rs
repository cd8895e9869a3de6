//! Laws that hold for every rule and every customer.

use std::collections::BTreeMap;

use crate::common::arbitrary::*;
use crate::common::reference::World;
use crate::common::{DAY, Shopper, parsed, schema_accepts, shanghai};
use proptest::prelude::*;
use rapport_rules::{Library, Rule, RuleSet, Score, evaluate};
use rapport_types::{Timestamp, Zone};
use serde_json::{Value, json};

type Json = BTreeMap<String, Value>;

/// `rule`, linked with the definitions.
fn linked(rule: &Value, segments: &Json, scores: &Json) -> Rule {
    let mut library = Library::default();
    for (id, rule) in segments {
        library.segments.insert(id.clone(), parsed(rule.clone()));
    }
    for (id, score) in scores {
        library
            .scores
            .insert(id.clone(), Score::parse(score).unwrap());
    }
    library
        .segments
        .insert("the rule".to_owned(), parsed(rule.clone()));
    assert_eq!(library.check(), Ok(()));
    let linked = library.link(|id| id == "kept");
    Rule::clone(&linked.segments["the rule"])
}

fn matches(shopper: &Shopper, json: &Value, at: i64) -> bool {
    evaluate(
        &parsed(json.clone()),
        shopper,
        Timestamp::from_millis(at),
        &shanghai(),
    )
    .matches
}

/// Zones whose days begin at a multiple of four hours.
fn zone() -> impl Strategy<Value = Zone> {
    prop::sample::select(vec!["Asia/Shanghai", "UTC", "Asia/Dubai"])
        .prop_map(|name| Zone::named(name).unwrap())
}

fn any_zone() -> impl Strategy<Value = Zone> {
    prop::sample::select(vec![
        "Asia/Shanghai",
        "America/New_York",
        "Asia/Kolkata",
        "Europe/Berlin",
    ])
    .prop_map(|name| Zone::named(name).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, max_shrink_iters: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_negative_operator_is_the_complement_of_its_positive(x in value(), (positive, negative, operand) in pair()) {
        let shopper = Shopper::with(json!({"x": x}));
        for field in ["traits.x", "traits.absent"] {
            let yes = matches(&shopper, &test_of(field, positive, operand.as_ref()), NOW);
            let no = matches(&shopper, &test_of(field, negative, operand.as_ref()), NOW);
            prop_assert_ne!(yes, no);
        }
        prop_assert!(!matches(&shopper, &test_of("traits.absent", positive, operand.as_ref()), NOW));
    }

    #[test]
    fn not_of_all_is_any_of_nots(shopper in shopper(), parts in prop::collection::vec(leaf(), 1..5)) {
        let nots: Vec<Value> = parts.iter().map(|part| json!({"not": part})).collect();
        let one = parsed(json!({"not": {"all": parts}}));
        let other = parsed(json!({"any": nots}));
        let now = Timestamp::from_millis(NOW);
        prop_assert_eq!(
            evaluate(&one, &shopper, now, &shanghai()),
            evaluate(&other, &shopper, now, &shanghai())
        );
    }

    #[test]
    fn all_and_any_are_what_their_parts_say(shopper in shopper(), parts in prop::collection::vec(any_rule(), 1..4)) {
        let each: Vec<bool> = parts.iter().map(|part| matches(&shopper, part, NOW)).collect();
        prop_assert_eq!(matches(&shopper, &json!({"all": parts}), NOW), each.iter().all(|m| *m));
        prop_assert_eq!(matches(&shopper, &json!({"any": parts}), NOW), each.iter().any(|m| *m));
    }

    #[test]
    fn the_parser_and_the_schema_accept_every_rule(json in any_rule()) {
        prop_assert!(schema_accepts(&json), "{}", json);
    }

    #[test]
    fn the_answer_is_that_of_the_plain_evaluator(
        shopper in shopper(), json in any_rule(), (segments, scores) in definitions(), zone in any_zone(),
        moments in prop::collection::vec(-60 * DAY..400 * DAY, 4)
    ) {
        let rule = linked(&json, &segments, &scores);
        let whole = (-4_i64..8).map(|half| half * DAY / 2);
        for ahead in whole.chain(moments) {
            let now = Timestamp::from_millis(NOW + ahead);
            let world = World { shopper: &shopper, zone: &zone, segments: &segments, scores: &scores, now };
                        prop_assert_eq!(rapport_rules::matches(&rule, &shopper, now, &zone), world.holds(&json));
prop_assert_eq!(evaluate(&rule, &shopper, now, &zone).matches, world.holds(&json), "{} at {}", json, now);
        }
    }

    /// Rules of which several ask the same, in any order and of any moments, about a customer whose events are not all kept, too.
    #[test]
    fn a_set_answers_as_each_of_its_rules_does(
        shopper in shopper(), rules in prop::collection::vec(any_rule(), 1..5), tests in prop::collection::vec(leaf(), 0..6),
        (segments, scores) in definitions(), zone in any_zone(), moments in prop::collection::vec((0_usize..32, -60 * DAY..400 * DAY), 12),
    ) {
        let mut json = rules;
        // Denied, joined and alone: a test is shared by several rules.
        if !tests.is_empty() {
            json.push(json!({"not": {"any": tests.iter().take(3).collect::<Vec<_>>()}}));
            json.push(json!({"all": [{"any": tests}, {"not": {"all": tests}}]}));
        }
        json.extend(tests);
        let rules: Vec<Rule> = json.iter().map(|rule| linked(rule, &segments, &scores)).collect();
        let set = RuleSet::new(&rules);
        let mut asking = set.about(&shopper, Timestamp::from_millis(NOW), &zone);
        let all = (0..rules.len()).map(|rule| (rule, 0));
        for (rule, ahead) in all.clone().chain(moments.iter().map(|(rule, ahead)| (rule % rules.len(), *ahead))).chain(all) {
            let now = Timestamp::from_millis(NOW + ahead);
            let alone = evaluate(&rules[rule], &shopper, now, &zone);
            // Whichever is asked first.
            if ahead % 2 == 0 {
                prop_assert_eq!(asking.evaluate(rule, now), alone, "{} at {}", json[rule], now);
            }
            prop_assert_eq!(asking.matches(rule, now), alone.matches, "{} at {}", json[rule], now);
            prop_assert_eq!(asking.evaluate(rule, now), alone, "{} at {}", json[rule], now);
            let mut fresh = set.about(&shopper, now, &zone);
            prop_assert_eq!(fresh.evaluate(rule, now), alone, "{} at {}", json[rule], now);
            let later = Timestamp::from_millis(NOW + ahead + 30 * DAY);
            for since in [None, Some(Timestamp::EPOCH)] {
                prop_assert_eq!(asking.since(rule, now, since, later), rapport_rules::since(&rules[rule], &shopper, now, since, later, &zone));
            }
        }
    }

    /// Everything here happens at whole half days, or at the borders of days in these zones, four or eight hours off: so
    /// steps of four hours, and a millisecond before each, see every change.
    #[test]
    fn an_answer_holds_until_its_next_change_and_flips_there(
        shopper in shopper(), json in any_rule(), (segments, scores) in definitions(), zone in zone()
    ) {
        let parsed = linked(&json, &segments, &scores);
        let ask = |at: i64| evaluate(&parsed, &shopper, Timestamp::from_millis(at), &zone);
        let now = ask(NOW);
        let far = NOW + 420 * DAY;
        let end = now.next_change_at.map_or(far, Timestamp::millis);
        let mut at = NOW;
        while at < end.min(far) {
            prop_assert_eq!(ask(at).matches, now.matches, "{} at {}", json, Timestamp::from_millis(at));
            prop_assert_eq!(ask(at.max(NOW + 1) - 1).matches, now.matches);
            at += 4 * 3_600_000;
        }
        prop_assert!(end > NOW);
        // Birthdays that cancel out each year are given up after decades; nearer, every answer flips when it says.
        if end < far {
            prop_assert_eq!(ask(end - 1).matches, now.matches, "{}", json);
            prop_assert_ne!(ask(end).matches, now.matches, "{} does not flip", json);
        }
    }
}
