//! What is known of the population: versions, violations, and what it changes in memberships.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use rapport_customer::{Command, Customer, Item, decide};
use rapport_records::beside::Beside;
use rapport_records::customers::CustomerRecord;
use rapport_records::freshness;
use rapport_records::models::{Known, ModelSet, Wanted};
use rapport_records::segments::{Compiled, Defined, DefinitionSet, membership};
use rapport_rules::LifecycleBounds;
use rapport_types::{CustomerId, Slug, Timestamp, Violation, Zone};
use serde_json::{Map, Value, json};

fn at(text: &str) -> Timestamp {
    Timestamp::parse(&format!("{text}T04:00:00Z")).unwrap()
}

fn lifetime(alpha: f64) -> Wanted {
    let body = json!({"r": 0.243, "alpha": alpha, "a": 0.793, "b": 2.426, "customers": 2357, "until": "1997-09-30"});
    Wanted::Lifetime(serde_json::from_value(body).unwrap())
}

fn rfm(recency: [u64; 4]) -> Wanted {
    let body = json!({"recency_days": recency, "frequency": [1, 1, 2, 3], "monetary": [14.96, 27.99, 46.04, 93.76],
        "mean_scores": {"r": 2.9859, "f": 2.1633, "m": 2.9953}});
    Wanted::Rfm(serde_json::from_value(body).unwrap())
}

fn lifecycle(at_risk: &str) -> Wanted {
    let body = json!({"loyal_from": 5, "at_risk_after": at_risk, "dormant_after": "180d", "lost_after": "365d"});
    Wanted::Lifecycle(serde_json::from_value(body).unwrap())
}

fn places(refused: Result<Defined, Vec<Violation>>) -> Vec<String> {
    refused
        .unwrap_err()
        .into_iter()
        .map(|one| one.pointer)
        .collect()
}

#[test]
fn a_version_grows_with_each_change_and_with_nothing_else() {
    let mut models = ModelSet::default();
    let now = at("2026-11-21");
    assert_eq!(models.set(lifetime(4.414), now, 1), Ok(Defined::Created));
    assert_eq!(
        models.set(lifetime(4.414), at("2026-11-22"), 2),
        Ok(Defined::Same)
    );
    assert_eq!(
        models.set(rfm([30, 60, 90, 180]), now, 2),
        Ok(Defined::Created)
    );
    let later = at("2026-11-23");
    assert_eq!(models.set(lifetime(4.5), later, 3), Ok(Defined::Changed));
    let kept = models.lifetime.as_ref().unwrap();
    assert_eq!((kept.version, kept.rev, kept.updated_at), (2, 3, later));
    assert_eq!(models.rfm.as_ref().unwrap().version, 1);
}

#[test]
fn numbers_with_many_digits_are_the_same_after_writing_and_reading() {
    let mut models = ModelSet::default();
    let long = 4.413_598_765_432_101_f64;
    models.set(lifetime(long), at("2026-11-21"), 1).unwrap();
    for _ in 0..5 {
        let text = serde_json::to_string(&models).unwrap();
        models = serde_json::from_str(&text).unwrap();
        assert_eq!(
            models.set(lifetime(long), at("2026-11-22"), 2),
            Ok(Defined::Same)
        );
    }
    assert_eq!(
        models.lifetime.unwrap().model.alpha.to_string(),
        "4.41359877"
    );
}

#[test]
fn a_model_that_cannot_be_is_refused_at_its_place_and_leaves_no_trace() {
    let mut models = ModelSet::default();
    let now = at("2026-11-21");
    assert_eq!(places(models.set(lifetime(0.0), now, 1)), ["/alpha"]);
    assert_eq!(
        places(models.set(rfm([60, 30, 90, 180]), now, 1)),
        ["/recency_days/1"]
    );
    let huge = json!({"recency_days": [1, 2, 3, 4], "frequency": [1, 2, 3, 4], "monetary": [1, 2, 3, 1e40]});
    let huge = Wanted::Rfm(serde_json::from_value(huge).unwrap());
    assert_eq!(places(models.set(huge, now, 1)), ["/monetary/3"]);
    assert_eq!(
        places(models.set(lifecycle("200d"), now, 1)),
        ["/dormant_after"]
    );
    assert!(models.lifetime.is_none() && models.rfm.is_none() && models.lifecycle.is_none());
}

#[test]
fn nothing_known_means_the_usual_bounds_and_no_model() {
    let known = Known::new(&ModelSet::default());
    assert_eq!(known.lifecycle, LifecycleBounds::default());
    let in_rules = known.in_rules();
    assert!(in_rules.rfm.is_none() && in_rules.lifetime.is_none());
}

/// A customer who ordered on these days.
fn customer(days: &[&str]) -> Customer {
    let id = CustomerId::parse("li").unwrap();
    let mut customer = None;
    for day in days {
        let item = Item::Track {
            event: "Order Completed".to_owned(),
            properties: Map::new(),
            timestamp: None,
            message_id: None,
        };
        let command = Command::Apply(vec![item]);
        let decision = decide(&id, customer, command, at(day), &Zone::utc()).unwrap();
        customer = Some(decision.customer);
    }
    customer.unwrap()
}

/// The segment `s` of that rule, `t` of who is in it, and models set one after the other.
fn definitions(rule: Value, models: &[(Wanted, &str)]) -> Compiled {
    let mut set = DefinitionSet::default();
    for (id, rule) in [("s", rule), ("t", json!({"segment": "s"}))] {
        let wanted = rapport_records::segments::Wanted {
            id: Slug::parse(id).unwrap(),
            name: id.to_owned(),
            rule,
        };
        set.define(wanted, at("2026-01-01"), 1).unwrap();
    }
    for (model, day) in models {
        set.set_model(model.clone(), at(day), 2).unwrap();
    }
    Compiled::new(set, 1)
}

/// Versions of `s` and `t`, and whether and since when the customer of `record` is in `s`.
fn ask(definitions: &Compiled, record: &CustomerRecord) -> (u64, u64, bool, Option<Timestamp>) {
    let (s, t) = (&definitions.segments[0], &definitions.segments[1]);
    let now = at("2026-06-01");
    let [s_now, t_now] = [s, t].map(|segment| {
        membership(
            definitions,
            segment,
            record,
            &Beside::default(),
            now,
            &Zone::utc(),
        )
    });
    assert_eq!((s_now.matches, s_now.since), (t_now.matches, t_now.since));
    let (s, t) = (s.definition.version, t.definition.version);
    (s, t, s_now.matches, s_now.since)
}

fn record(ordered: &str, evaluated: &str, definitions: &Compiled) -> CustomerRecord {
    let mut record = CustomerRecord::new(customer(&[ordered]), at(evaluated));
    let moment = freshness::Moment {
        definitions,
        beside: &Beside::default(),
        now: at(evaluated),
        zone: &Zone::utc(),
        rev: 1,
    };
    (record, _) = freshness::next(None, record.customer, None, moment);
    record
}

#[test]
fn new_models_decide_anew_who_is_in_a_segment_that_asks_for_them() {
    let rule = json!({"field": "lifecycle", "is": "eq", "value": "at_risk"});
    let usual = definitions(rule.clone(), &[]);
    // 120 days after the order: at risk since 1 May at the latest.
    let record = record("2026-01-01", "2026-05-01", &usual);
    assert_eq!(ask(&usual, &record), (1, 1, true, Some(at("2026-05-01"))));
    let later = [(lifecycle("160d"), "2026-05-20")];
    assert_eq!(
        ask(&definitions(rule.clone(), &later), &record),
        (2, 2, false, None)
    );
    let sooner = [
        (lifecycle("160d"), "2026-05-20"),
        (lifecycle("100d"), "2026-05-25"),
    ];
    // In since these bounds decide, as after a change of the rule.
    let expected = (3, 3, true, Some(at("2026-05-25")));
    assert_eq!(ask(&definitions(rule, &sooner), &record), expected);
}

#[test]
fn a_segment_that_asks_for_no_model_keeps_its_version_and_since() {
    let rule = json!({"field": "rfm.frequency", "is": "gte", "value": 1});
    let record = record("2026-01-05", "2026-01-05", &definitions(rule.clone(), &[]));
    let models = [(lifetime(4.414), "2026-05-20")];
    let expected = (1, 1, true, Some(at("2026-01-05")));
    assert_eq!(ask(&definitions(rule, &models), &record), expected);
}

/// Those of `s`, which has `rule`, and of a segment, a score and a tag that ask for the same, by themselves or by naming it.
fn versions(rule: &Value, model: Wanted) -> Vec<u64> {
    let mut set = DefinitionSet::default();
    let now = at("2026-01-01");
    let id = |id: &str| Slug::parse(id).unwrap();
    let tag = rapport_types::Tag::parse("t").unwrap();
    let segment = |name: &str, rule: &Value| rapport_records::segments::Wanted {
        id: id(name),
        name: "n".to_owned(),
        rule: rule.clone(),
    };
    let deep = json!({"any": [{"tag": "x"}, {"not": {"all": [rule]}}]});
    set.define(segment("s", rule), now, 1).unwrap();
    set.define(segment("deep", &deep), now, 1).unwrap();
    let score = rapport_records::scores::Wanted {
        id: id("c"),
        name: "n".to_owned(),
        clauses: json!([{"when": {"tag": "x"}, "points": 1}, {"when": rule, "points": 1}]),
        bands: Value::Null,
    };
    set.define_score(score, now, 1).unwrap();
    let wanted = rapport_records::tags::Wanted {
        tag: tag.clone(),
        name: None,
        color: None,
        group: None,
        rule: rule.clone(),
    };
    set.define_tag(wanted, now, 1).unwrap();
    let on_it = json!({"field": "scores.c", "is": "gte", "value": 1});
    set.define(segment("on", &on_it), now, 1).unwrap();
    set.set_model(model, now, 2).unwrap();
    let segments = ["s", "deep", "on"].map(|name| set.segments[&id(name)].version);
    let others = [set.scores[&id("c")].version, set.tags[&tag].version];
    [&segments[..], &others[..]].concat()
}

#[test]
fn a_model_renews_those_who_ask_for_that_one_and_no_others() {
    let field = |name: &str, value: Value| json!({"field": name, "is": "eq", "value": value});
    let none = field("rfm.frequency", json!(1));
    let rules = [
        field("rfm.value_group", json!("important_value")),
        field("rfm.m", json!(5)),
        field("lifetime.p_alive", json!(1)),
        field("lifecycle", json!("lost")),
        none,
    ];
    let models = || {
        [
            (rfm([30, 60, 90, 180]), [true, true, false, false, false]),
            (lifetime(4.414), [false, false, true, false, false]),
            (lifecycle("100d"), [false, false, false, true, false]),
        ]
    };
    for (at, rule) in rules.iter().enumerate() {
        for (model, asked) in models() {
            let version = if asked[at] { 2 } else { 1 };
            assert_eq!(
                versions(rule, model.clone()),
                [version; 5],
                "{rule} {model:?}"
            );
        }
    }
}

/// As each monthly review does that sets thresholds.
#[test]
fn other_thresholds_leave_those_alone_who_ask_for_stages_of_life() {
    let rule = json!({"field": "lifecycle", "is": "eq", "value": "at_risk"});
    let usual = definitions(rule.clone(), &[]);
    let record = record("2026-01-01", "2026-05-01", &usual);
    let models = [
        (rfm([30, 60, 90, 180]), "2026-05-20"),
        (lifetime(4.414), "2026-05-21"),
    ];
    let expected = (1, 1, true, Some(at("2026-05-01")));
    assert_eq!(ask(&definitions(rule, &models), &record), expected);
}
