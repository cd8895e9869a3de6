//! Tests of the metrics, the numbers computed by hand or anew from the list of scores.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::float_cmp
)]

use super::*;
use crate::{Command, decide};
use proptest::prelude::*;
use rapport_types::{Timestamp, Zone};
use serde_json::{Value, json};

fn record(draft: Value) -> Record {
    let draft = serde_json::from_value(draft).unwrap();
    let id = "f".to_owned();
    decide(
        None,
        Command::Submit { id, draft },
        Timestamp::EPOCH,
        &Zone::utc(),
    )
    .unwrap()
}

fn sums<'a>(kind: &str, values: impl IntoIterator<Item = &'a Value>) -> Sums {
    let mut sums = Sums::default();
    for value in values {
        sums.add(&record(json!({"kind": kind, "value": value})));
    }
    sums
}

#[test]
fn no_answers_are_null_and_never_zero() {
    let metrics = Sums::default().metrics();
    assert_eq!((metrics.nps, metrics.csat, metrics.ces), (None, None, None));
    assert_eq!(metrics.responses, 0);
    let dismissed = sums("nps", &[Value::Null, Value::Null]).metrics();
    assert_eq!((dismissed.nps, dismissed.responses), (None, 0));
    assert_eq!(dismissed.counts.dismissed, 2);
}

#[test]
fn nps_is_promoters_less_detractors_over_answers() {
    // Two promoters, one passive, four detractors of seven: (2 - 4) / 7 = -28.57%.
    let scores = json!([10, 9, 8, 6, 0, 3, 5, null]);
    let metrics = sums("nps", scores.as_array().unwrap()).metrics();
    assert_eq!(metrics.nps, Some(-28.6));
    assert_eq!(metrics.responses, 7);
    let counts = metrics.counts;
    assert_eq!(
        (counts.promoters, counts.passives, counts.detractors),
        (2, 1, 4)
    );
    assert_eq!(counts.dismissed, 1);
    assert_eq!(sums("nps", &[json!(10), json!(0)]).metrics().nps, Some(0.0));
}

#[test]
fn csat_is_the_percentage_of_the_top_two() {
    let scores = json!([5, 4, 3]);
    assert_eq!(
        sums("csat", scores.as_array().unwrap()).metrics().csat,
        Some(66.7)
    );
    assert_eq!(sums("csat", &[json!(1)]).metrics().csat, Some(0.0));
}

#[test]
fn ces_is_the_mean() {
    let scores = json!([7, 6, 6]);
    assert_eq!(
        sums("ces", scores.as_array().unwrap()).metrics().ces,
        Some(6.33)
    );
}

#[test]
fn other_kinds_count_as_responses_only() {
    let mut sums = Sums::default();
    sums.add(&record(json!({"kind": "rating", "value": 5})));
    sums.add(&record(json!({"kind": "text", "text": "hi"})));
    // A text beside a dismissed score is an answer, but no score.
    sums.add(&record(
        json!({"kind": "nps", "text": "no number, but this"}),
    ));
    let metrics = sums.metrics();
    assert_eq!(metrics.responses, 3);
    assert_eq!(metrics.nps, None);
    assert_eq!(metrics.counts.by_kind.get(&Kind::Rating), Some(&1));
}

proptest! {
    #[test]
    fn sums_agree_with_the_whole_list(scores in prop::collection::vec(0..=10_u8, 1..200)) {
        let values: Vec<Value> = scores.iter().map(|score| json!(score)).collect();
        let folded = sums("nps", &values);
        let stored: Sums = serde_json::from_str(&serde_json::to_string(&folded).unwrap()).unwrap();
        prop_assert_eq!(&stored, &folded);
        let share = |test: fn(u8) -> bool| {
            100.0 * scores.iter().filter(|score| test(**score)).count() as f64 / scores.len() as f64
        };
        let exact = share(|score| score >= 9) - share(|score| score <= 6);
        prop_assert!((folded.metrics().nps.unwrap() - exact).abs() < 0.0501);
    }
}

#[test]
fn a_customers_latest_answers_count_once() {
    let at = rapport_types::Timestamp::EPOCH;
    let latest = |score| Some(crate::summary::Latest { score, at });
    let mut sums = Sums::default();
    for (nps, csat) in [
        (latest(10), latest(5)),
        (latest(9), None),
        (latest(0), latest(2)),
    ] {
        sums.add_latest(&Summary {
            last_nps: nps,
            last_csat: csat,
            ..Summary::default()
        });
    }
    let metrics = sums.metrics();
    assert_eq!(
        (metrics.nps, metrics.csat, metrics.ces),
        (Some(33.3), Some(50.0), None)
    );
    assert_eq!(metrics.responses, 5);
}
