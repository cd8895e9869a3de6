//! What is wrong with the tiers of a programme.

use std::collections::BTreeSet;

use rapport_types::Violation;

use super::policy::{Benefits, MAX_WINDOW_DAYS, Window};
use crate::program::{MAX_TIERS, Program, Tier};

/// How a tier says who holds it.
const HOW: &str = "a tier says what it takes: {\"at_least\": 300, \"by\": \"points\"}, or {\"segment\": \"vip\"} for the members of a segment";

/// What is wrong with them, each with its place in the programme.
pub(crate) fn check(program: &Program) -> Vec<Violation> {
    let mut wrong = Vec::new();
    let mut say = |pointer: String, code: &str, detail: String| {
        wrong.push(Violation::new(pointer, code, detail));
    };
    let tiers = &program.tiers;
    if tiers.len() > MAX_TIERS {
        let detail = format!(
            "a programme has at most {MAX_TIERS} tiers; this one has {}",
            tiers.len()
        );
        say("/tiers".into(), "too_many", detail);
    }
    let mut ids = BTreeSet::new();
    let mut segments = BTreeSet::new();
    for (at, tier) in tiers.iter().enumerate() {
        if !ids.insert(&tier.id) {
            let detail = format!("another tier is called {} already", tier.id);
            say(format!("/tiers/{at}/id"), "duplicate", detail);
        }
        if tier.name.is_empty() || tier.name.len() > 200 {
            let detail = "a tier's name has 1 to 200 bytes".into();
            say(format!("/tiers/{at}/name"), "out_of_range", detail);
        }
        for (field, code, detail) in takes(tier) {
            say(format!("/tiers/{at}/{field}"), code, detail);
        }
        if let Some(segment) = &tier.segment
            && !segments.insert(segment)
        {
            let detail = format!("another tier is held by the members of {segment} already");
            say(format!("/tiers/{at}/segment"), "duplicate", detail);
        }
        for (field, detail) in tier.benefits.iter().flat_map(Benefits::wrong) {
            let pointer = format!("/tiers/{at}/benefits/{field}");
            say(pointer, "out_of_range", detail.to_owned());
        }
    }
    let measured: Vec<_> = program.measured().collect();
    for pair in measured.windows(2) {
        let [(_, lower), (at, upper)] = pair else {
            continue;
        };
        if let (Some(less), Some(more)) = (lower.at_least, upper.at_least)
            && more <= less
        {
            let detail = format!(
                "tiers stand lowest first: {} must take more than the {less} of {}",
                upper.id, lower.id
            );
            say(format!("/tiers/{at}/at_least"), "not_ascending", detail);
        }
        if upper.by != lower.by {
            let detail = "all tiers of a programme are measured by the same".into();
            say(format!("/tiers/{at}/by"), "mixed_tiers", detail);
        }
        if upper.window != lower.window {
            let detail = "all tiers of a programme have the same window".into();
            say(format!("/tiers/{at}/window"), "mixed_tiers", detail);
        }
    }
    wrong
}

/// What is wrong with what a tier takes, by the name of the field.
fn takes(tier: &Tier) -> Vec<(&'static str, &'static str, String)> {
    let mut wrong = Vec::new();
    let there = [
        ("at_least", tier.at_least.is_some()),
        ("by", tier.by.is_some()),
    ];
    if tier.segment.is_some() {
        let window = ("window", tier.window.is_some());
        for (field, _) in there.into_iter().chain([window]).filter(|(_, is)| *is) {
            let detail = "a tier by a segment is measured in nothing: leave it out, or \"segment\"";
            wrong.push((field, "ambiguous", detail.to_owned()));
        }
        return wrong;
    }
    for (field, _) in there.into_iter().filter(|(_, is)| !*is) {
        wrong.push((field, "missing_field", HOW.to_owned()));
    }
    if tier.at_least < Some(0) && tier.at_least.is_some() {
        let detail = "a tier takes at least 0".to_owned();
        wrong.push(("at_least", "out_of_range", detail));
    }
    if matches!(tier.window, Some(Window::Rolling(_))) && tier.window_days().is_none() {
        let detail = format!(
            "a window is whole days, 1d to {MAX_WINDOW_DAYS}d, or \"calendar_year\"; leave it out to count all time"
        );
        wrong.push(("window", "out_of_range", detail));
    }
    wrong
}
