//! Traits: each answer follows from the one before by what was asked for, and by nothing but what was given up in between.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::customers::rev_of;
use crate::act::{Act, Customer};
use crate::history::{Entry, History, Outcome};

/// What the traits may be at some revision, and which of those given up have come in for that.
type State = (String, BTreeSet<usize>);

/// Goes through the answers in the order of their revisions.
pub fn check(history: &History, customer: Customer, found: &Value) {
    let about = |entry: &&Entry| match entry.act {
        Act::Put(of, _) | Act::Patch(of, _) => of == customer,
        _ => false,
    };
    let mut known: Vec<(u64, &Entry)> = history
        .entries
        .iter()
        .filter(about)
        .filter_map(|entry| Some((rev_of(entry, customer)?, entry)))
        .collect();
    known.sort_by_key(|(rev, _)| *rev);
    let given_up: Vec<&Act> = history
        .entries
        .iter()
        .filter(about)
        .filter(|entry| matches!(entry.outcome, Outcome::Unknown))
        .map(|entry| &entry.act)
        .collect();

    let mut states: BTreeSet<State> = BTreeSet::from([(json!({}).to_string(), BTreeSet::new())]);
    let mut last = 0;
    for (rev, entry) in known {
        let between = usize::try_from(rev.saturating_sub(last + 1)).unwrap_or(0);
        let expected = entry.done().map(|done| done.body["traits"].to_string());
        states = reachable(states, &given_up, between)
            .into_iter()
            .map(|(traits, used)| (after(&entry.act, &traits), used))
            .filter(|(traits, _)| Some(traits) == expected.as_ref())
            .collect();
        assert!(
            !states.is_empty(),
            "{entry:?} does not follow from what was before"
        );
        last = rev;
    }
    if let Some(rev) = found["rev"].as_u64() {
        let between = usize::try_from(rev.saturating_sub(last)).unwrap_or(0);
        let states = reachable(states, &given_up, between);
        let traits = found["traits"].to_string();
        assert!(states.iter().any(|(state, _)| *state == traits), "{found}");
    }
}

/// What up to `between` of those given up, each once and in any order, can make of `states`.
fn reachable(states: BTreeSet<State>, given_up: &[&Act], between: usize) -> BTreeSet<State> {
    let mut all = states.clone();
    let mut newest = states;
    for _ in 0..between.min(given_up.len()) {
        let mut next = BTreeSet::new();
        for (traits, used) in &newest {
            for (n, act) in given_up.iter().enumerate() {
                if !used.contains(&n) {
                    let mut used = used.clone();
                    used.insert(n);
                    next.insert((after(act, traits), used));
                }
            }
        }
        all.extend(next.clone());
        newest = next;
    }
    all
}

fn after(act: &Act, traits: &str) -> String {
    let before = serde_json::from_str(traits).unwrap_or_default();
    act.traits(before).to_string()
}
