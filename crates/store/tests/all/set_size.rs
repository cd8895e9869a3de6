//! Sets of a thousand members, a hundred thousand and more: what is read of them. The million is a bench: it takes half a
//! minute unoptimised.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation
)]

use crate::sets;
use std::collections::HashSet;

use crate::growth::{cost, filled, measure};
use crate::stepping::{alone, steady};
use rapport_store::Memory;
use rapport_store::set::Edited;

#[test]
fn a_thousand_members() {
    measure(1_000, 2);
}

#[test]
fn a_hundred_thousand_members() {
    measure(100_000, 3);
}

#[test]
fn two_hundred_thousand_members() {
    measure(200_000, 3);
}

#[test]
fn a_walk_through_a_hundred_thousand_sees_each_once_and_a_second_fill_writes_nothing() {
    let memory = Memory::new();
    let store = steady(&memory);
    let set = filled(&store, 100_000);
    let walked = alone(sets::walk(&set, 1_000));
    let once: HashSet<&str> = walked.iter().map(|member| member.name.as_str()).collect();
    assert_eq!((walked.len(), once.len()), (100_000, 100_000));
    let names = (0..100_000).map(|n| format!("customer:{n:08}"));
    let (again, idle) = cost(&memory, set.add_all(names.collect::<Vec<_>>()));
    assert_eq!((again, idle.writes), (Ok(Edited::default()), 0));
}
