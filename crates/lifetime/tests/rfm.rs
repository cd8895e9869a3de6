//! Scores and groups.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use std::collections::BTreeSet;

use rapport_lifetime::{Customer, Group, Scores, Thresholds};
use rapport_types::Decimal;

fn customer(recency_days: u64, frequency: u64, cents: i64) -> Customer {
    Customer {
        recency_days,
        frequency,
        monetary: Decimal::new(cents, 2),
    }
}

fn scores(thresholds: &Thresholds, one: &Customer) -> (u8, u8, u8) {
    let Scores { r, f, m } = thresholds.scores(one);
    (r, f, m)
}

#[test]
fn a_fifth_of_the_customers_gets_each_score_and_fresh_is_five() {
    let population: Vec<Customer> = (0..100)
        .map(|n| customer(n, 100 - n, 10_000 - 7 * i64::try_from(n).unwrap()))
        .collect();
    let thresholds = Thresholds::of(&population).unwrap();
    assert_eq!(thresholds.recency_days, [20, 40, 60, 80]);
    assert_eq!(thresholds.frequency, [20, 40, 60, 80]);
    for score in 1..=5_u8 {
        let so: Vec<_> = population
            .iter()
            .filter(|one| scores(&thresholds, one) == (score, score, score))
            .collect();
        assert_eq!(so.len(), 20, "{score}");
    }
    assert_eq!(scores(&thresholds, &population[0]), (5, 5, 5));
    assert_eq!(thresholds.means.r, Decimal::from(3));
    assert!(thresholds.check().is_empty());
}

#[test]
fn equals_share_the_lowest_of_their_scores() {
    let mut population = vec![customer(9, 1, 100); 6];
    population.extend([customer(5, 2, 200); 2]);
    population.extend([customer(1, 9, 900); 2]);
    let thresholds = Thresholds::of(&population).unwrap();
    assert_eq!(thresholds.frequency, [1, 1, 1, 2]);
    let all: Vec<_> = population
        .iter()
        .map(|one| scores(&thresholds, one))
        .collect();
    assert_eq!((all[0], all[6], all[9]), ((1, 1, 1), (4, 4, 4), (5, 5, 5)));
    assert_eq!(thresholds.means.f, Decimal::new(24, 1));
    assert_eq!(
        Group::of(thresholds.scores(&population[0]), &thresholds),
        Group::GeneralRetain
    );
}

#[test]
fn few_customers_and_equal_ones_have_scores_too() {
    assert_eq!(Thresholds::of(&[]), None);
    let one = [customer(3, 2, 500)];
    let thresholds = Thresholds::of(&one).unwrap();
    assert_eq!(scores(&thresholds, &one[0]), (1, 1, 1));
    let two = [customer(3, 2, 500), customer(30, 1, 100)];
    let thresholds = Thresholds::of(&two).unwrap();
    assert_eq!(scores(&thresholds, &two[0]), (3, 3, 3));
    assert_eq!(scores(&thresholds, &two[1]), (1, 1, 1));
    let equal = [customer(3, 2, 500); 7];
    let thresholds = Thresholds::of(&equal).unwrap();
    assert_eq!(scores(&thresholds, &equal[0]), (1, 1, 1));
    assert_eq!(thresholds.means.m, Decimal::ONE);
}

#[test]
fn a_mean_with_many_digits_parts_whole_scores_as_the_mean_itself_does() {
    // Scores 1, 1, 4: the mean is 2; with one more at 5 and many at 3 it is a hair below 3.
    let population: Vec<Customer> = (0..7).map(|n| customer(n, n, 1)).collect();
    let thresholds = Thresholds::of(&population).unwrap();
    let sum: u32 = population
        .iter()
        .map(|one| u32::from(thresholds.scores(one).f))
        .sum();
    let mean = thresholds.means.f;
    assert!(mean * Decimal::from(7) <= Decimal::from(sum));
    assert!(mean * Decimal::from(7) > Decimal::from(sum) - Decimal::new(7, 4));
}

#[test]
fn there_are_eight_groups_and_each_has_its_names() {
    let population: Vec<Customer> = (0..5).map(|n| customer(n, n, 1)).collect();
    let mut thresholds = Thresholds::of(&population).unwrap();
    thresholds.means = rapport_lifetime::rfm::Means::default();
    let (mut groups, mut chinese) = (BTreeSet::new(), BTreeSet::new());
    for bits in 0..8_u8 {
        let score = |bit: u8| if bits & bit == 0 { 3 } else { 4 };
        let scores = Scores {
            r: score(4),
            f: score(2),
            m: score(1),
        };
        let names = Group::of(scores, &thresholds).names();
        groups.insert(names.id);
        chinese.insert(names.chinese);
        assert_eq!(
            names.id.starts_with("important"),
            score(1) == 4,
            "{names:?}"
        );
    }
    assert_eq!((groups.len(), chinese.len()), (8, 8));
    let of = |r, f, m| Group::of(Scores { r, f, m }, &thresholds).names().chinese;
    assert_eq!(
        [of(5, 5, 5), of(5, 1, 5), of(1, 5, 5), of(1, 1, 5)],
        ["重要价值", "重要发展", "重要保持", "重要挽留"]
    );
    assert_eq!(
        [of(5, 5, 3), of(5, 1, 3), of(1, 5, 3), of(1, 1, 3)],
        ["一般价值", "一般发展", "一般保持", "一般挽留"]
    );
}

#[test]
fn thresholds_that_do_not_ascend_are_pointed_at() {
    let population: Vec<Customer> = (0..9).map(|n| customer(n, n, 1)).collect();
    let mut thresholds = Thresholds::of(&population).unwrap();
    thresholds.frequency = [1, 3, 2, 4];
    thresholds.means.r = Decimal::from(6);
    let places: Vec<_> = thresholds
        .check()
        .into_iter()
        .map(|wrong| wrong.pointer)
        .collect();
    assert_eq!(places, ["/frequency/2", "/mean_scores/r"]);
}
