//! What a history must have left, by what was answered.
//!
//! Each part is a model that goes through what happened one after the other, in an order that the store itself tells (a journal's
//! numbers, a document's revisions), and holds against it what clients were answered, and when.

mod accounts;
mod audiences;
mod customers;
mod feedback;
mod journal;
mod replays;
mod timers;
mod traits;

use serde_json::Value;

use crate::history::{Entry, History};
use crate::process::Process;

/// Checks everything.
///
/// # Panics
///
/// Where something is not as it must be.
pub async fn check(history: &History) {
    let reader = Process::sound(&history.memory);
    let before = snapshot(history, &reader).await;
    feedback::check(history, &reader).await;
    for customer in 0..history.customers {
        let profile = customers::check(history, &reader, customer).await;
        accounts::check(history, &reader, customer, &profile).await;
    }
    customers::check_list(history, &reader).await;
    audiences::check(history, &reader).await;
    replays::check(history, &reader).await;
    assert_eq!(
        snapshot(history, &reader).await,
        before,
        "repeating everything changed something"
    );
    timers::check(history).await;
    feedback::go_on(history).await;
}

/// Everything that can be read.
async fn snapshot(history: &History, reader: &Process) -> Value {
    let mut all = vec![
        Value::Array(reader.all("/v1/customers").await),
        Value::Array(reader.all("/v1/feedback").await),
        reader.get("/v1/feedback/metrics").await,
    ];
    for customer in 0..history.customers {
        all.push(reader.get(&crate::act::account(customer)).await);
        all.push(Value::Array(journal::read(reader, customer).await));
    }
    Value::Array(all)
}

/// Whether `one` was over before `other` began: then it must have happened before.
fn precedes(one: &Entry, other: &Entry) -> bool {
    one.ended < other.begun
}
