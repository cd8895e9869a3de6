//! Rules that name other segments: what they mean, and how far that may go.

use rapport_rules::{Library, Name, Tangled};
use serde_json::json;

use super::{active, ask, bought, library};
use crate::common::{Shopper, at, rule};

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
