//! Distributions in little room, and the thresholds that they give.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::indexing_slicing
)]

use proptest::prelude::*;
use rapport_lifetime::{Customer, Thresholds};
use rapport_review::Sketch;
use rapport_review::sketch::{MOST, Population};
use rapport_types::Decimal;

fn sketch(values: impl IntoIterator<Item = u64>) -> Sketch {
    let mut sketch = Sketch::default();
    values.into_iter().for_each(|value| sketch.add(value));
    sketch
}

fn stored(sketch: &Sketch) -> (Sketch, usize) {
    let text = serde_json::to_string(sketch).unwrap();
    (serde_json::from_str(&text).unwrap(), text.len())
}

#[test]
fn few_values_are_counted_exactly() {
    let sketch = sketch([3, 7, 3, u64::MAX, 0]);
    let counts: Vec<_> = sketch.counts().collect();
    assert_eq!(counts, [(0, 1), (3, 2), (7, 1), (u64::MAX, 1)]);
    assert_eq!((stored(&sketch).0, sketch.len()), (sketch, 5));
}

#[test]
fn many_values_grow_coarse_and_never_by_more_than_a_hundredth_over_four_decades() {
    // A hundred thousand totals, evenly spread over four decades, in cents: 1.00 to 10,000.00.
    let values = |n: u32| (1e2 * 10_f64.powf(4.0 * f64::from(n) / 100_000.0)).round() as u64;
    let sketch = sketch((0..100_000).map(values));
    assert!(sketch.counts().count() <= MOST);
    assert_eq!(sketch.len(), 100_000);
    let mut passed = 0;
    for (value, count) in sketch.counts() {
        passed += count;
        // Of the first `passed` values none is larger, and the next one is hardly smaller.
        let last = values(u32::try_from(passed - 1).unwrap());
        assert!(last <= value, "{last} {value}");
        assert!(
            (value - last) as f64 <= value as f64 / 100.0,
            "{last} {value}"
        );
    }
    assert!(stored(&sketch).1 < 16_000, "{}", stored(&sketch).1);
}

proptest! {
    #[test]
    fn what_a_sketch_says_depends_neither_on_the_order_nor_on_being_stored(
        values in prop::collection::vec(prop_oneof![0_u64..50, 0_u64..1_000_000_000], 0..4_000),
        turn in 0_usize..4_000,
    ) {
        let plain = sketch(values.iter().copied());
        let mut turned = values.clone();
        turned.rotate_left(turn % values.len().max(1));
        let mut kept = Sketch::default();
        for (at, value) in turned.iter().enumerate() {
            if at % 997 == 0 {
                kept = stored(&kept).0;
            }
            kept.add(*value);
        }
        prop_assert_eq!(kept, plain);
    }

    #[test]
    fn thresholds_of_a_counted_population_are_those_of_its_list(
        buyers in prop::collection::vec((0_u64..900, 1_u64..40, 0_i64..100_000), 1..600),
    ) {
        let buyers: Vec<Customer> = buyers
            .into_iter()
            .map(|(recency_days, frequency, cents)| Customer {
                recency_days,
                frequency,
                monetary: Decimal::new(cents, 2),
            })
            .collect();
        let mut population = Population::default();
        buyers.iter().for_each(|buyer| population.add(buyer));
        let fresh = Thresholds::of(&buyers).unwrap();
        prop_assert_eq!(population.thresholds().unwrap(), fresh.clone());
        prop_assert_eq!(population.drift(&fresh, &fresh), 0.0);
    }
}

#[test]
fn drift_is_the_most_by_which_the_share_of_a_score_differs() {
    let mut population = Population::default();
    for n in 1..=100 {
        population.add(&Customer {
            recency_days: n,
            frequency: n,
            monetary: Decimal::from(n),
        });
    }
    let fresh = population.thresholds().unwrap();
    assert_eq!(fresh.frequency, [20, 40, 60, 80]);
    assert_eq!(fresh.recency_days, [21, 41, 61, 81]);
    // Half of all order 50 times or fewer: score 1 has 50 of 100 instead of 20.
    let old = Thresholds {
        frequency: [50, 60, 70, 80],
        ..fresh.clone()
    };
    assert!((population.drift(&old, &fresh) - 0.3).abs() < 1e-9);
}
