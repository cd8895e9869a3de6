//! Feedback: each record once in the list and once in the numbers.

use serde_json::Value;

use crate::act::Act;
use crate::history::{Entry, History, Outcome};
use crate::process::Process;

/// How much later it is when what is missing stays missing: more than two minutes.
const LATE_MILLIS: i64 = 200_000;
/// So much feedback that its sum may have been moved on.
const MANY: usize = 40;

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

/// Minutes later the sum goes over numbers that nobody has used, and a client comes back with what it had given up. Each record is
/// still there once.
pub async fn go_on(history: &History) {
    let late = Process::ahead(&history.memory, LATE_MILLIS);
    let before = late.all("/v1/feedback").await.len();
    if before < MANY {
        return;
    }
    for n in 0..=64 {
        let call = Act::Feedback(10).call(&format!("late-{n}"));
        assert_eq!(late.make(&call).await.status, 201);
    }
    assert_eq!(late.all("/v1/feedback").await.len(), before + 65);
    for entry in &history.entries {
        if matches!(
            (&entry.act, &entry.outcome),
            (Act::Feedback(_), Outcome::Unknown)
        ) {
            assert_eq!(late.make(&entry.call).await.status, 201, "{entry:?}");
        }
    }
    let given = history.entries.iter();
    let given = given.filter(|entry| matches!(entry.act, Act::Feedback(_)));
    let list = late.all("/v1/feedback").await;
    assert_eq!(list.len(), given.count() + 65);
    let metrics = late.get("/v1/feedback/metrics").await;
    assert_eq!(metrics["responses"], list.len(), "{metrics}");
}
