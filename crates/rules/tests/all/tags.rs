//! Tags that rules put on: seen by every test of tags, for as long as their rules hold.

use crate::common;
use crate::common::{Shopper, at, rule, shanghai};
use proptest::prelude::*;
use rapport_rules::{Library, Linked, Name, Rule, Tangled, evaluate, matches};
use rapport_types::Timestamp;
use serde_json::{Value, json};

fn library(segments: &[(&str, Value)], tags: &[(&str, Value)]) -> Library {
    let mut library = Library::default();
    for (id, json) in segments {
        library
            .segments
            .insert((*id).to_owned(), rule(json.clone()));
    }
    for (tag, json) in tags {
        library.tags.insert((*tag).to_owned(), rule(json.clone()));
    }
    library
}

fn active() -> Value {
    json!({"event": "order_completed", "within": "30d"})
}

/// A rule as it is linked with `tags`.
fn linked(asked: &Value, tags: &[(&str, Value)]) -> Rule {
    let library = library(&[("asked", asked.clone())], tags);
    assert_eq!(library.check(), Ok(()));
    let Linked { segments, .. } = library.link(|_| false);
    Rule::clone(&segments["asked"])
}

#[test]
fn every_test_of_tags_sees_both_kinds() {
    // They bought on 1 November, so they are active until 1 December.
    let shopper = Shopper::default()
        .bought(at("2026-11-01"), 10.0)
        .tagged(&["friend"]);
    let tags = [
        ("活跃", active()),
        ("quiet", json!({"not": {"tag": "活跃"}})),
    ];
    let field = |is: &str, value: Value| json!({"field": "tags", "is": is, "value": value});
    let (now, later) = ("2026-11-21", "2026-12-02");
    for (asked, then, after) in [
        (json!({"tag": "活跃"}), true, false),
        (json!({"tag": "QUIET"}), false, true),
        (json!({"tag": "friend"}), true, true),
        (json!({"not": {"tag": "活跃"}}), false, true),
        (field("eq", json!("活跃")), true, false),
        (field("ne", json!("活跃")), false, true),
        (field("contains_any", json!(["活跃", "none"])), true, false),
        (field("contains_none", json!(["活跃"])), false, true),
        (
            field("contains_all", json!(["活跃", "friend"])),
            true,
            false,
        ),
        (
            field("contains_all", json!(["quiet", "friend"])),
            false,
            true,
        ),
        (field("in", json!(["quiet", "nobody"])), false, true),
        (field("starts_with", json!("qu")), false, true),
    ] {
        let rule = linked(&asked, &tags);
        let (one, two) = (
            evaluate(&rule, &shopper, at(now), &shanghai()),
            evaluate(&rule, &shopper, at(later), &shanghai()),
        );
        assert_eq!((one.matches, two.matches), (then, after), "{asked}");
        let changes = (then != after).then(|| at("2026-12-01"));
        assert_eq!(one.next_change_at, changes, "{asked}");
        assert!(one.complete);
        for moment in [now, later] {
            let plain = evaluate(&rule, &shopper, at(moment), &shanghai()).matches;
            assert_eq!(
                matches(&rule, &shopper, at(moment), &shanghai()),
                plain,
                "{asked}"
            );
        }
    }
    let nobody = Shopper::default();
    let any = linked(&json!({"field": "tags", "is": "is_not_empty"}), &tags);
    assert!(
        evaluate(&any, &nobody, at(now), &shanghai()).matches,
        "quiet"
    );
}

#[test]
fn what_people_put_on_stays_when_the_rule_lets_go() {
    let rule = linked(&json!({"tag": "active"}), &[("active", active())]);
    let shopper = Shopper::default()
        .bought(at("2026-11-01"), 10.0)
        .tagged(&["active"]);
    let outcome = evaluate(&rule, &shopper, at("2026-11-21"), &shanghai());
    assert_eq!((outcome.matches, outcome.next_change_at), (true, None));
    assert!(evaluate(&rule, &shopper, at("2026-12-21"), &shanghai()).matches);
}

#[test]
fn a_tag_is_known_by_what_it_was_called_before() {
    let mut library = library(
        &[
            ("old", json!({"tag": "before"})),
            ("new", json!({"tag": "now"})),
        ],
        &[("now", active())],
    );
    library
        .aliases
        .insert("before".to_owned(), "now".to_owned());
    let linked = library.link(|_| false);
    let shopper = Shopper::default().bought(at("2026-11-01"), 10.0);
    for id in ["old", "new"] {
        let outcome = evaluate(
            &linked.segments[id],
            &shopper,
            at("2026-11-21"),
            &shanghai(),
        );
        assert_eq!(
            (outcome.matches, outcome.next_change_at),
            (true, Some(at("2026-12-01"))),
            "{id}"
        );
    }
}

#[test]
fn a_circle_through_tags_is_found_and_one_that_only_seems_so_is_none() {
    let tag = |name: &str| Name::Tag(name.to_owned());
    let any = |names: Value| json!({"field": "tags", "is": "contains_any", "value": names});
    for (tags, cycle) in [
        (vec![("a", json!({"tag": "A"}))], Some(vec![tag("a")])),
        (
            vec![("a", json!({"tag": "b"})), ("b", any(json!(["x", "a"])))],
            Some(vec![tag("a"), tag("b")]),
        ),
        (
            vec![("a", json!({"field": "tags", "is": "is_empty"}))],
            Some(vec![tag("a")]),
        ),
        (vec![("a", json!({"field": "tags", "is": "exists"}))], None),
        (
            vec![("a", any(json!(["b", "c"]))), ("b", json!({"tag": "x"}))],
            None,
        ),
        (
            vec![(
                "a",
                json!({"field": "tags", "is": "starts_with", "value": "b"}),
            )],
            None,
        ),
    ] {
        let checked = library(&[], &tags).check();
        assert_eq!(checked.err(), cycle.map(Tangled::Cycle), "{tags:?}");
    }
    let through = library(
        &[("s", json!({"tag": "a"}))],
        &[("a", json!({"not": {"segment": "s"}}))],
    );
    assert_eq!(
        through.check().unwrap_err().to_string(),
        "segment s refers to tag a refers to segment s"
    );
}

proptest! {
    /// A rule sees automatic tags as if somebody had put on, at that very moment, those whose rules hold; and what it says of the next
    /// change is when that makes it answer otherwise.
    #[test]
    fn automatic_tags_are_as_if_put_on_at_that_moment(
        one in common::arbitrary::leaf(),
        two in common::arbitrary::leaf(),
        shopper in common::arbitrary::shopper(),
        which in 0_usize..6,
        steps in prop::collection::vec(1_i64..40, 1..6),
    ) {
        let asked = [
            json!({"tag": "one"}),
            json!({"not": {"tag": "two"}}),
            json!({"field": "tags", "is": "contains_all", "value": ["one", "two"]}),
            json!({"field": "tags", "is": "contains_any", "value": ["two", "x"]}),
            json!({"field": "tags", "is": "is_empty"}),
            json!({"all": [{"tag": "one"}, {"field": "tags", "is": "ne", "value": "two"}]}),
        ][which].clone();
        let tags = [("one", one.clone()), ("two", two.clone())];
        let linked = linked(&asked, &tags);
        let plain = rule(asked);
        let rules = [("one", rule(one)), ("two", rule(two))];
        let expected = |now: Timestamp| {
            let mut tagged = shopper.clone();
            let hold = rules.iter().filter(|(_, rule)| evaluate(rule, &shopper, now, &shanghai()).matches);
            tagged.tags.extend(hold.map(|(name, _)| (*name).to_owned()));
            evaluate(&plain, &tagged, now, &shanghai()).matches
        };
        let mut now = at("2026-11-21");
        for step in steps {
            let outcome = evaluate(&linked, &shopper, now, &shanghai());
            prop_assert_eq!(outcome.matches, expected(now));
            prop_assert_eq!(matches(&linked, &shopper, now, &shanghai()), outcome.matches);
            match outcome.next_change_at {
                Some(next) => {
                    let before = Timestamp::from_millis(next.millis() - 1);
                    prop_assert_eq!(expected(before), outcome.matches, "not before {}", next);
                    now = next;
                }
                None => now = Timestamp::from_millis(now.millis() + step * 86_400_000),
            }
        }
    }
}
