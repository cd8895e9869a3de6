//! What is left undone is done.

use rapport_store::Memory;
use serde_json::Value;

use crate::call::Call;
use crate::process::Process;

/// The most ticks that healing may take. Each does up to 200 documents.
const MOST: usize = 20;

/// Ticks until there is nothing more to do, by a process to which no request is under way any more. Answers the last tick.
///
/// # Panics
///
/// Where a tick fails, or never comes to an end.
pub async fn heal(memory: &Memory, at: Option<&str>) -> Value {
    let process = Process::later(memory);
    let mut tick = Call::post_nothing("/v1/tick");
    tick.at = at.map(str::to_owned);
    for _ in 0..MOST {
        let answered = process.make(&tick).await;
        assert_eq!(answered.status, 200, "{}", answered.body);
        let ticked = answered.body;
        assert_eq!(ticked["failed"], 0, "{ticked}");
        if ticked["done"] == 0 && ticked["more"] == false {
            return ticked;
        }
    }
    panic!("after {MOST} ticks there is still something to do");
}
