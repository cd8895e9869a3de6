//! Every request that was answered is answered the same once more.

use crate::history::History;
use crate::process::Process;

pub async fn check(history: &History, reader: &Process) {
    for entry in &history.entries {
        let Some(done) = entry.done() else { continue };
        let again = reader.make(&entry.call).await;
        assert_eq!(
            (again.status, &again.body),
            (done.status, &done.body),
            "{:?} was answered otherwise before",
            entry.call
        );
        assert!(
            again.headers.contains_key("idempotency-replayed"),
            "{:?} was done anew",
            entry.call
        );
    }
}
