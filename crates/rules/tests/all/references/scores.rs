//! Scores and their bands.

use rapport_rules::Score;
use serde_json::json;

use super::{active, ask, bought, library};
use crate::common::{Shopper, at, shanghai};

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
