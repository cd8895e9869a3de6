//! Feedback: each record once in the list and once in the numbers.

use serde_json::Value;

use crate::act::Act;
use crate::history::{Entry, History};
use crate::process::Process;

pub async fn check(history: &History, reader: &Process) {
    let list = reader.all("/v1/feedback").await;
    let given: Vec<&Entry> = history
        .entries
        .iter()
        .filter(|entry| matches!(entry.act, Act::Feedback(_)))
        .collect();
    let mut acknowledged = 0;
    for entry in &given {
        let Some(done) = entry.done() else { continue };
        acknowledged += 1;
        let Act::Feedback(score) = entry.act else {
            continue;
        };
        assert_eq!(done.body["value"], score, "{entry:?}");
        let id = done.body["id"].as_str().unwrap_or_default();
        let times = list.iter().filter(|found| found["id"] == id).count();
        assert_eq!(times, 1, "{id} is listed so many times");
        assert_eq!(reader.get(&format!("/v1/feedback/{id}")).await, done.body);
    }
    let mut ids: Vec<&str> = list
        .iter()
        .filter_map(|found| found["id"].as_str())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), list.len(), "a record is listed twice");
    assert!((acknowledged..=given.len()).contains(&list.len()));

    let metrics = reader.get("/v1/feedback/metrics").await;
    let count = |of: &dyn Fn(i64) -> bool| {
        let scores = list.iter().filter_map(|found| found["value"].as_i64());
        scores.filter(|score| of(*score)).count()
    };
    let expected = [count(&|_| true), count(&|s| s >= 9), count(&|s| s <= 6)];
    let counts = &metrics["counts"];
    let said: Vec<&Value> = vec![&counts["nps"], &counts["promoters"], &counts["detractors"]];
    assert_eq!(
        said,
        expected.map(Value::from).iter().collect::<Vec<_>>(),
        "{metrics}"
    );
}
