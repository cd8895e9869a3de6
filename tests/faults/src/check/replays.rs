//! Every request that was answered is answered the same once more, and every order has earned for good.

use serde_json::json;

use crate::act::{Item, account};
use crate::call::Call;
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
    for entry in history
        .entries
        .iter()
        .filter(|entry| entry.done().is_some())
    {
        for (customer, item) in entry.act.items() {
            let Item::Order(order, _) = item else {
                continue;
            };
            let path = format!("{}/earn", account(customer));
            let again = Call::post(&path, json!({"order_id": order, "points": 999}));
            let again = reader.make(&again).await;
            assert_eq!(again.body["code"], "key_reused", "{order}: {}", again.body);
        }
    }
}
