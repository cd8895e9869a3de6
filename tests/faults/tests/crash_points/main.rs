//! Each mutation of each component, crashed at each of its steps.
//!
//! Nothing is masked. Ids that would be random are derived from the idempotency key, which every request here has; a document
//! that was created empty before a crash has the same revision as one created so without; the clock stands still.
#![allow(missing_docs, clippy::indexing_slicing)]

use faults::call::Call;
use faults::crash::Scenario;
use serde_json::{Value, json};

/// Runs `scenario` with somebody who makes the request again.
async fn repeated(scenario: &Scenario) {
    let points = scenario.run().await;
    let Call { method, path, .. } = &scenario.request;
    println!("{method} {path}: {points} points");
    assert!(points > 1);
}

/// Runs `scenario` in both ways.
async fn check(scenario: Scenario, apart: &[&str]) {
    repeated(&scenario).await;
    let again = scenario.run_unrepeated(apart).await;
    let Call { method, path, .. } = &scenario.request;
    println!("{method} {path}: {again} points where nobody repeats it");
}

mod codes;
mod feedback;
mod loyalty;
mod profiles;
mod referral;
mod reviews;
mod rewards;
mod segments;
mod surveys;
mod tags;
