//! What is known of the population: versions, violations, and what it changes in memberships.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use rapport_customer::{Command, Customer, Item, decide};
use rapport_records::customers::CustomerRecord;
use rapport_records::models::{Known, ModelSet, Set, Wanted};
use rapport_records::segments::{
    Compiled, CompiledSegment, DefinitionSet, Version, carried_on, membership,
};
use rapport_rules::{LifecycleBounds, Rule};
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

fn places(refused: Result<Set, Vec<Violation>>) -> Vec<String> {
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
    assert_eq!(models.set(lifetime(4.414), now, 1), Ok(Set::Created));
    assert_eq!(
        models.set(lifetime(4.414), at("2026-11-22"), 2),
        Ok(Set::Same)
    );
    assert_eq!((models.version, models.changed_at), (1, Some(now)));
    assert_eq!(models.set(rfm([30, 60, 90, 180]), now, 2), Ok(Set::Created));
    let later = at("2026-11-23");
    assert_eq!(models.set(lifetime(4.5), later, 3), Ok(Set::Changed));
    assert_eq!((models.version, models.changed_at), (3, Some(later)));
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
            Ok(Set::Same)
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
    assert_eq!((models.version, models.changed_at), (0, None));
    assert!(models.lifetime.is_none() && models.rfm.is_none() && models.lifecycle.is_none());
}

#[test]
fn nothing_known_means_the_usual_bounds_and_no_model() {
    let known = Known::new(&ModelSet::default(), 0);
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

fn segment(rule: Value) -> (Compiled, Slug) {
    let mut set = DefinitionSet::default();
    let id = Slug::parse("s").unwrap();
    let wanted = rapport_records::segments::Wanted {
        id: id.clone(),
        name: "S".to_owned(),
        rule: rule.clone(),
    };
    set.define(wanted, at("2026-01-01"), 1).unwrap();
    let segment = CompiledSegment {
        definition: set.segments[&id].clone(),
        rule: Rule::parse(&rule).unwrap(),
    };
    let compiled = Compiled {
        rev: 1,
        needs_models: segment.rule.needs_models(),
        segments: vec![segment],
    };
    (compiled, id)
}

#[test]
fn new_models_decide_anew_who_is_in_a_segment_that_asks_for_them() {
    let (definitions, id) = segment(json!({"field": "lifecycle", "is": "eq", "value": "at_risk"}));
    let segment = &definitions.segments[0];
    let usual = Known::default();
    let record = |known: &Known| {
        let mut record = CustomerRecord {
            customer: customer(&["2026-01-01"]),
            memberships: BTreeMap::new(),
            evaluated_at: at("2026-05-01"),
        };
        record.memberships = carried_on(
            &definitions,
            None,
            &record,
            known,
            record.evaluated_at,
            &Zone::utc(),
        );
        record
    };
    let record = record(&usual);
    assert_eq!(record.memberships[&id].version(), segment.version(&usual));
    let now = at("2026-06-01");
    let ask = |known: &Known| membership(segment, &record, known, now, &Zone::utc());
    // 151 days after the order: at risk since 1 May at the latest.
    let before = ask(&usual);
    assert_eq!(
        (before.matches, before.since),
        (true, Some(at("2026-05-01")))
    );

    let mut models = ModelSet::default();
    models.set(lifecycle("160d"), at("2026-05-20"), 1).unwrap();
    let later = Known::new(&models, 1);
    assert!(!ask(&later).matches);
    let version = |definition, models| Version { definition, models };
    assert_eq!(segment.version(&later), version(1, 1));
    models.set(lifecycle("100d"), at("2026-05-25"), 2).unwrap();
    let sooner = Known::new(&models, 2);
    let after = ask(&sooner);
    // In since these bounds decide, as after a change of the rule.
    assert_eq!((after.matches, after.since), (true, Some(at("2026-05-25"))));
    assert_eq!(segment.version(&sooner), version(1, 2));
    assert!(version(2, 0) > version(1, 2));
}

#[test]
fn a_segment_that_asks_for_no_model_keeps_its_version_and_since() {
    let (definitions, id) = segment(json!({"field": "rfm.frequency", "is": "gte", "value": 1}));
    let segment = &definitions.segments[0];
    let mut models = ModelSet::default();
    models.set(lifetime(4.414), at("2026-05-20"), 1).unwrap();
    let known = Known::new(&models, 1);
    let mut record = CustomerRecord {
        customer: customer(&["2026-01-05"]),
        memberships: BTreeMap::new(),
        evaluated_at: at("2026-01-05"),
    };
    record.memberships = carried_on(
        &definitions,
        None,
        &record,
        &Known::default(),
        record.evaluated_at,
        &Zone::utc(),
    );
    assert_eq!(record.memberships[&id].version(), segment.version(&known));
    let now = membership(segment, &record, &known, at("2026-06-01"), &Zone::utc());
    assert_eq!(now.since, Some(at("2026-01-05")));
    assert!(!definitions.needs_models);
}
