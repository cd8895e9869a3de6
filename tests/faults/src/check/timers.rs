//! Timers: what expires is written down by a tick, though nobody asks.

use serde_json::Value;

use crate::act::{Customer, account};
use crate::call::Call;
use crate::heal::heal;
use crate::history::History;
use crate::process::Process;

/// After everything has expired that ever will.
const LATER: &str = "2027-12-31T12:00:00+08:00";

pub async fn check(history: &History) {
    let reader = Process::sound(&history.memory);
    for customer in 0..history.customers {
        let before = read(&reader, customer, None).await;
        let unasked = read(&reader, customer, Some(LATER)).await;
        heal(&history.memory, Some(LATER)).await;
        let ticked = read(&reader, customer, Some(LATER)).await;
        // A reader sees the same, written down or not.
        assert_eq!(ticked["balance"], unasked["balance"]);
        if unasked["balance"]["expired"] != before["balance"]["expired"] {
            let revs = (unasked["rev"].as_u64(), ticked["rev"].as_u64());
            assert!(revs.0 < revs.1, "no timer was set: {before} {ticked}");
        }
    }
}

async fn read(reader: &Process, customer: Customer, at: Option<&str>) -> Value {
    let mut call = Call::get(&account(customer));
    call.at = at.map(str::to_owned);
    reader.make(&call).await.body
}
