//! Other segments, scores, and what other documents say.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    missing_docs
)]

mod common;

use common::{Shopper, at, rule, shanghai};
use rapport_rules::{Document, Library, Linked, Name, Outcome, Score, Tangled, evaluate};
use serde_json::{Value, json};

fn library(segments: &[(&str, Value)], scores: &[(&str, Value)]) -> Library {
    let mut library = Library::default();
    for (id, json) in segments {
        library
            .segments
            .insert((*id).to_owned(), rule(json.clone()));
    }
    for (id, json) in scores {
        library
            .scores
            .insert((*id).to_owned(), Score::parse(json).unwrap());
    }
    library
}

fn ask(linked: &Linked, segment: &str, shopper: &Shopper, now: &str) -> Outcome {
    evaluate(&linked.segments[segment], shopper, at(now), &shanghai())
}

fn bought() -> Shopper {
    Shopper::default().bought(at("2026-11-01"), 10.0)
}

fn active() -> Value {
    json!({"event": "order_completed", "within": "30d"})
}

#[test]
fn a_segment_is_its_rule_and_changes_when_that_does() {
    let linked = library(
        &[
            ("active", active()),
            ("quiet", json!({"not": {"segment": "active"}})),
            (
                "quiet-vip",
                json!({"all": [{"tag": "vip"}, {"segment": "quiet"}]}),
            ),
        ],
        &[],
    )
    .link(|_| false);
    let shopper = bought().tagged(&["vip"]);
    for (segment, matches) in [("active", true), ("quiet", false), ("quiet-vip", false)] {
        let outcome = ask(&linked, segment, &shopper, "2026-11-21");
        assert_eq!(
            (outcome.matches, outcome.next_change_at),
            (matches, Some(at("2026-12-01"))),
            "{segment}"
        );
    }
}

#[test]
fn a_kept_segment_has_whoever_was_put_in_and_an_unknown_one_nobody() {
    let mut shopper = bought();
    shopper.put_in.push("friends".to_owned());
    shopper.put_in.push("gone".to_owned());
    let linked = library(
        &[
            ("a", json!({"segment": "friends"})),
            ("b", json!({"segment": "gone"})),
            ("c", json!({"not": {"segment": "gone"}})),
        ],
        &[],
    )
    .link(|id| id == "friends");
    assert!(ask(&linked, "a", &shopper, "2026-11-21").matches);
    assert!(!ask(&linked, "b", &shopper, "2026-11-21").matches);
    assert!(ask(&linked, "c", &shopper, "2026-11-21").matches);
    // A subject that says nothing of it was put into nothing.
    assert!(!ask(&linked, "a", &bought(), "2026-11-21").matches);
}

#[test]
fn a_cycle_is_found_with_its_path() {
    let segment = |id: &str| json!({"any": [{"tag": "x"}, {"segment": id}]});
    let score = |id: &str| json!({"clauses": [{"when": {"segment": id}, "points": 1}]});
    let of_score = json!({"field": "scores.heat", "is": "gte", "value": 1});
    let name = |id: &str| Name::Segment(id.to_owned());
    for (segments, scores, cycle) in [
        (vec![("a", segment("a"))], vec![], vec![name("a")]),
        (
            vec![
                ("a", segment("b")),
                ("b", segment("c")),
                ("c", segment("b")),
            ],
            vec![],
            vec![name("b"), name("c")],
        ),
        (
            vec![("a", of_score)],
            vec![("heat", score("a"))],
            vec![name("a"), Name::Score("heat".to_owned())],
        ),
    ] {
        let library = library(&segments, &scores);
        let tangled = library.check().unwrap_err();
        assert_eq!(tangled, Tangled::Cycle(cycle));
        // What is tangled all the same is answered, and nobody is in it through the circle.
        let linked = library.link(|_| false);
        assert!(!ask(&linked, "a", &Shopper::default(), "2026-11-21").matches);
    }
    let said = library(&[("a", segment("b")), ("b", segment("a"))], &[])
        .check()
        .unwrap_err();
    assert_eq!(
        said.to_string(),
        "segment a refers to segment b refers to segment a"
    );
    // The same segment twice is no cycle.
    let twice = json!({"all": [{"segment": "b"}, {"not": {"segment": "b"}}]});
    assert_eq!(
        library(&[("a", twice), ("b", active())], &[]).check(),
        Ok(())
    );
}

#[test]
fn references_go_eight_deep_and_no_rule_grows_beyond_4096_parts() {
    let chain = |length: usize| {
        let mut library = Library::default();
        library.segments.insert("s0".to_owned(), rule(active()));
        for number in 1..length {
            let before = json!({"segment": format!("s{}", number - 1)});
            library.segments.insert(format!("s{number}"), rule(before));
        }
        library
    };
    assert_eq!(chain(8).check(), Ok(()));
    let name = |id: &str| Name::Segment(id.to_owned());
    assert_eq!(
        chain(9).check(),
        Err(Tangled::TooDeep(name("s8"), name("s7")))
    );
    // 101 + 40 * 101 parts are more than 4,096, 39 times are not.
    let wide = |times: usize| {
        let hundred = json!({"any": vec![json!({"tag": "x"}); 100]});
        let many = json!({"any": vec![json!({"segment": "a"}); times]});
        library(&[("a", hundred), ("b", many)], &[]).check()
    };
    assert_eq!(wide(40), Ok(()));
    assert_eq!(wide(41), Err(Tangled::TooLarge(name("b"))));
}

#[test]
fn the_patterns_of_all_definitions_have_a_bound_together_and_what_is_beyond_it_still_means_the_same()
 {
    // 1,000 states each; who refers to another has the other's, too.
    let pattern = |_| json!({"field": "traits.a", "is": "matches", "value": ".*a{249}"});
    let own = json!({"any": Vec::from_iter((0..4).map(pattern))});
    let shop = |more: usize| {
        let mut segments = vec![("other", json!({"segment": "s0"}))];
        let ids: Vec<String> = (0..more).map(|number| format!("s{number}")).collect();
        segments.extend(ids.iter().map(|id| (id.as_str(), own.clone())));
        library(&segments, &[])
    };
    assert_eq!(shop(15).check(), Ok(()));
    assert_eq!(shop(16).check(), Err(Tangled::Patterns));
    let linked = shop(16).link(|_| false);
    let shopper = Shopper::with(json!({"a": "a".repeat(300)}));
    for id in ["other", "s0", "s15"] {
        assert!(ask(&linked, id, &shopper, "2026-11-21").matches, "{id}");
    }
}

#[test]
fn a_score_is_the_sum_of_what_passes_and_flips_when_a_clause_does() {
    let heat = json!({
        "clauses": [
            {"when": active(), "points": 30},
            {"when": {"tag": "vip"}, "points": 12.5},
            {"when": {"field": "rfm.recency_days", "is": "gte", "value": 25}, "points": -20}
        ],
        "bands": [{"id": "warm", "at_least": 20}, {"id": "Hot", "name": "很热", "at_least": 40}]
    });
    let linked = library(
        &[
            (
                "hot",
                json!({"field": "scores.heat.band", "is": "eq", "value": "hot"}),
            ),
            (
                "some",
                json!({"field": "scores.heat", "is": "gt", "value": 0}),
            ),
            ("none", json!({"field": "scores.cold", "is": "missing"})),
            (
                "no-band",
                json!({"field": "scores.heat.band", "is": "missing"}),
            ),
        ],
        &[("heat", heat)],
    )
    .link(|_| false);
    let shopper = bought().tagged(&["vip"]);
    for (segment, now, matches, next) in [
        // 42.5 until the 26th, 22.5 until the first, then -7.5.
        ("hot", "2026-11-21", true, Some("2026-11-26")),
        ("hot", "2026-11-26", false, None),
        ("some", "2026-11-21", true, Some("2026-12-01")),
        ("no-band", "2026-11-21", false, Some("2026-12-01")),
        ("none", "2026-11-21", true, None),
    ] {
        let outcome = ask(&linked, segment, &shopper, now);
        assert_eq!(
            (outcome.matches, outcome.next_change_at),
            (matches, next.map(at)),
            "{segment} {now}"
        );
    }
    let scored = linked.scores["heat"].of(&shopper, at("2026-11-21"), &shanghai());
    assert_eq!(
        (scored.value.normalize().to_string().as_str(), scored.band),
        ("42.5", Some("Hot"))
    );
    assert_eq!(scored.next_change_at, Some(at("2026-11-26")));
}

#[test]
fn what_is_wrong_with_a_score_is_said_with_its_place() {
    let clause = json!({"when": {"tag": "x"}, "points": 1});
    for (score, pointer, code) in [
        (json!([]), "", "wrong_type"),
        (json!({}), "", "missing_field"),
        (json!({"clauses": []}), "/clauses", "empty"),
        (json!({"clauses": {}}), "/clauses", "wrong_type"),
        (
            json!({"clauses": vec![clause.clone(); 65]}),
            "/clauses",
            "too_many_values",
        ),
        (
            json!({"clauses": [clause], "name": 1}),
            "/name",
            "unknown_field",
        ),
        (
            json!({"clauses": [{"when": {"tga": "x"}, "points": 1}]}),
            "/clauses/0/when/tga",
            "unknown_field",
        ),
        (
            json!({"clauses": [{"when": {"tag": "x"}}]}),
            "/clauses/0",
            "missing_field",
        ),
        (
            json!({"clauses": [{"points": 1}]}),
            "/clauses/0",
            "missing_field",
        ),
        (
            json!({"clauses": [{"when": {"tag": "x"}, "points": "1"}]}),
            "/clauses/0/points",
            "wrong_type",
        ),
        (
            json!({"clauses": [clause], "bands": [{"id": " ", "at_least": 1}]}),
            "/bands/0/id",
            "invalid_value",
        ),
        (
            json!({"clauses": [clause], "bands": [{"id": "a", "at_least": 1}, {"id": "a", "at_least": 2}]}),
            "/bands/1",
            "ambiguous",
        ),
    ] {
        let wrong = Score::parse(&score).unwrap_err();
        let found: Vec<_> = wrong
            .iter()
            .map(|v| (v.pointer.as_str(), v.code.as_str()))
            .collect();
        assert_eq!(found, [(pointer, code)], "{score}");
    }
}

#[test]
fn facts_of_other_documents_hold_until_they_change() {
    let shopper = Shopper::default()
        .known("loyalty.tier", at("2026-01-01"), json!("gold"))
        .known("loyalty.tier", at("2026-12-05"), json!("silver"))
        .known("loyalty.tier", at("2027-01-05"), Value::Null)
        .known("loyalty.active", at("2026-11-01"), json!(500))
        .known("loyalty.active", at("2026-11-25"), json!(300))
        .known("loyalty.active", at("2026-12-25"), json!(100))
        .known("loyalty.expiring_soon", at("2026-11-01"), json!(0))
        .known("loyalty.expiring_soon", at("2026-11-25"), json!(200))
        .known("loyalty.expiring_soon", at("2026-12-25"), json!(0))
        .known("loyalty.earned", at("2026-11-01"), json!(600))
        .known("feedback.count", at("2026-11-01"), json!(4))
        .known("feedback.last_nps", at("2026-11-01"), json!(3))
        .known(
            "feedback.last_at",
            at("2026-11-01"),
            json!("2026-11-01T12:00:00Z"),
        );
    for (test, matches, next) in [
        (
            json!({"field": "loyalty.tier", "is": "eq", "value": "Gold"}),
            true,
            Some("2026-12-05"),
        ),
        (
            json!({"field": "loyalty.tier", "is": "exists"}),
            true,
            Some("2027-01-05"),
        ),
        (
            json!({"field": "loyalty.tier", "is": "not_in", "value": ["silver"]}),
            true,
            Some("2026-12-05"),
        ),
        (
            json!({"field": "loyalty.active", "is": "gte", "value": 200}),
            true,
            Some("2026-12-25"),
        ),
        (
            json!({"field": "loyalty.active", "is": "gte", "value": 50}),
            true,
            None,
        ),
        (
            json!({"field": "loyalty.expiring_soon", "is": "gt", "value": 0}),
            false,
            Some("2026-11-25"),
        ),
        (
            json!({"all": [
                {"field": "loyalty.expiring_soon", "is": "eq", "value": 0},
                {"field": "loyalty.earned", "is": "between", "value": [500, 700]},
                {"field": "feedback.count", "is": "in", "value": [4, 5]}
            ]}),
            true,
            Some("2026-11-25"),
        ),
        (
            json!({"field": "loyalty.spent", "is": "missing"}),
            true,
            None,
        ),
        (
            json!({"field": "feedback.last_nps", "is": "lte", "value": 6}),
            true,
            None,
        ),
        (
            json!({"field": "feedback.last_at", "is": "within_last", "value": "30d"}),
            true,
            Some("2026-12-01"),
        ),
        (
            json!({"field": "feedback.last_at", "is": "on_day", "value": "2026-11-01"}),
            true,
            None,
        ),
        (
            json!({"field": "feedback.open_cases", "is": "gt", "value": 0}),
            false,
            None,
        ),
    ] {
        let outcome = common::ask(&shopper, test.clone(), "2026-11-21");
        assert_eq!(
            (outcome.matches, outcome.next_change_at),
            (matches, next.map(at)),
            "{test}"
        );
    }
}

#[test]
fn a_rule_says_which_documents_traits_and_events_it_names() {
    let linked = library(
        &[
            ("gold", json!({"field": "loyalty.tier", "is": "eq", "value": "gold"})),
            ("a", json!({"all": [
                {"segment": "gold"}, {"segment": "friends"}, {"segment": "nowhere"},
                {"field": "traits.address.city", "is": "exists"},
                {"each": "traits.interests", "where": {"field": "name", "is": "exists"}},
                {"event": "Order Completed", "where": {"field": "properties.x", "is": "exists"}},
                {"sequence": [{"event": "cart_viewed"}, {"event": "order_completed"}]},
                {"field": "scores.heat", "is": "gte", "value": 1}
            ]})),
        ],
        &[("heat", json!({"clauses": [{"when": {"field": "feedback.last_nps", "is": "exists"}, "points": 1}]}))],
    )
    .link(|id| id == "friends");
    let gold = linked.segments["gold"].names();
    assert!(
        gold.reads(Document::Account)
            && !gold.reads(Document::Customer)
            && !gold.reads(Document::Feedback)
    );
    let names = linked.segments["a"].names();
    for document in [Document::Customer, Document::Account, Document::Feedback] {
        assert!(names.reads(document), "{document:?}");
    }
    let list = |set: &std::collections::BTreeSet<String>| {
        set.iter().cloned().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(list(&names.traits), "address.city interests");
    assert_eq!(list(&names.events), "cart_viewed order_completed");
    assert_eq!(list(&names.put_in), "friends");
    assert_eq!(list(&names.segments), "gold nowhere");
    assert_eq!(list(&names.scores), "heat");
    assert_eq!(
        names.fields.iter().copied().collect::<Vec<_>>(),
        ["feedback.last_nps", "loyalty.tier"]
    );
    assert_eq!(
        linked.segments["a"].references(),
        ["gold", "friends", "nowhere"]
    );
}

#[test]
fn a_band_begins_at_its_border_and_below_all_there_is_none() {
    let clause = |tag: &str, points: f64| json!({"when": {"tag": tag}, "points": points});
    let score = Score::parse(&json!({
        "clauses": [clause("a", 10.0), clause("b", 0.5), clause("c", -20.0), clause("d", 9.5)],
        "bands": [{"id": "mid", "at_least": 10}, {"id": "low", "at_least": -10}, {"id": "top", "at_least": 10.5}]
    }))
    .unwrap();
    for (tags, value, band) in [
        (vec![], "0", Some("low")),
        (vec!["d"], "9.5", Some("low")),
        (vec!["a"], "10", Some("mid")),
        (vec!["d", "b"], "10", Some("mid")),
        (vec!["a", "b"], "10.5", Some("top")),
        (vec!["a", "c"], "-10", Some("low")),
        (vec!["b", "c", "d"], "-10", Some("low")),
        (vec!["c"], "-20", None),
    ] {
        let shopper = Shopper::default().tagged(&tags);
        let scored = score.of(&shopper, at("2026-11-21"), &shanghai());
        assert_eq!(
            (scored.value.normalize().to_string().as_str(), scored.band),
            (value, band),
            "{tags:?}"
        );
        assert_eq!(scored.next_change_at, None);
    }
}
