//! Takes turns, and makes ratios.

use anyhow::Result;

use crate::wrk::{self, Load, Measured};

/// How many rounds; each runs every load once.
const ROUNDS: usize = 5;

/// A load with the name it is shown by.
pub struct Named {
    /// Its name.
    pub name: &'static str,
    /// What it asks for.
    pub load: Load,
}

/// Measures each of `loads` at `connections`, and prints them as ratios to the first.
pub fn against_first(loads: &[Named], connections: u32) -> Result<Vec<Ratio>> {
    for load in loads {
        // Once unmeasured: instances are made, caches filled.
        wrk::run(&load.load, connections)?;
    }
    let mut rounds: Vec<Vec<Measured>> = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push(
            loads
                .iter()
                .map(|load| wrk::run(&load.load, connections))
                .collect::<Result<_>>()?,
        );
    }
    println!("{connections} connection(s), {ROUNDS} rounds:");
    println!(
        "  {:<34} {:>11} {:>11} {:>9} {:>9}",
        "", "median µs", "answers/s", "time ×", "rate ×"
    );
    let mut ratios = Vec::new();
    for (index, load) in loads.iter().enumerate() {
        let of =
            |value: fn(Measured) -> f64| median(rounds.iter().map(|round| value(round[index])));
        let to_first = |value: fn(Measured) -> f64| {
            median(
                rounds
                    .iter()
                    .map(|round| value(round[index]) / value(round[0])),
            )
        };
        let ratio = Ratio {
            time: to_first(|m| m.median_micros),
            rate: to_first(|m| m.per_second),
        };
        println!(
            "  {:<34} {:>11.0} {:>11.0} {:>9.2} {:>9.2}",
            load.name,
            of(|m| m.median_micros),
            of(|m| m.per_second),
            ratio.time,
            ratio.rate
        );
        ratios.push(ratio);
    }
    Ok(ratios)
}

/// A load against the first one, by the medians of the rounds.
#[derive(Debug, Clone, Copy)]
pub struct Ratio {
    /// Of the median times: 2 is twice as slow.
    pub time: f64,
    /// Of the answers per second: 2 is twice as many.
    pub rate: f64,
}

/// The middle one.
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Prints what was aimed at, and what came of it.
pub fn aim(what: &str, got: f64, holds: bool, bar: &str) {
    let verdict = if holds { "reached" } else { "MISSED" };
    println!("  aim: {what} {bar}: {got:.2}, {verdict}");
}
