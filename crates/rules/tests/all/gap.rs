//! How far the next change that is promised lies before the true one.

use crate::common;
use crate::common::arbitrary::{NOW, any_rule, definitions, shopper};
use crate::common::reference::World;
use crate::common::{DAY, shanghai};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use rapport_rules::{Library, Score, evaluate};
use rapport_types::Timestamp;

/// Everything random happens at whole half days, or where days begin in Shanghai: steps of four hours see every change.
const STEP: i64 = DAY / 6;
const FAR: i64 = 60 * DAY;

#[test]
fn the_promised_change_is_the_true_one() {
    let mut runner = TestRunner::deterministic();
    let random = (shopper(), any_rule(), definitions());
    let (mut gaps, mut never) = (Vec::new(), 0);
    for _ in 0..1_500 {
        let (shopper, json, (segments, scores)) = random.new_tree(&mut runner).unwrap().current();
        let mut library = Library::default();
        for (id, rule) in segments
            .iter()
            .map(|(id, rule)| (id.as_str(), rule))
            .chain([("it", &json)])
        {
            library
                .segments
                .insert(id.to_owned(), common::parsed(rule.clone()));
        }
        for (id, score) in &scores {
            library
                .scores
                .insert(id.clone(), Score::parse(score).unwrap());
        }
        let rule = &library.link(|id| id == "kept").segments["it"];
        let zone = shanghai();
        let promised = evaluate(rule, &shopper, Timestamp::from_millis(NOW), &zone).next_change_at;
        // The truth is what the plain evaluator answers, step by step.
        let plain = |at: i64| {
            let now = Timestamp::from_millis(at);
            World {
                shopper: &shopper,
                zone: &zone,
                segments: &segments,
                scores: &scores,
                now,
            }
            .holds(&json)
        };
        let today = plain(NOW);
        let truth = (1..=FAR / STEP)
            .map(|step| NOW + step * STEP)
            .find(|at| plain(*at) != today);
        match (promised.map(Timestamp::millis), truth) {
            (promised, Some(truth)) => {
                let promised = promised.unwrap_or(i64::MAX);
                assert!(promised <= truth, "{json} changes before it is promised");
                gaps.push(truth - promised);
            }
            (Some(promised), None) => assert!(promised > NOW + FAR, "{json} does not change"),
            (None, None) => never += 1,
        }
    }
    gaps.sort_unstable();
    let median = gaps[gaps.len() / 2];
    println!(
        "{} of 1,500 answers flip within 60 days, {never} never; gap to the true flip: median {median} ms, greatest {} ms",
        gaps.len(),
        gaps[gaps.len() - 1]
    );
    assert!(gaps.len() > 100, "{}", gaps.len());
    assert_eq!(median, 0);
}
