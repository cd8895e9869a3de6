//! What was committed and not carried out yet, seen from below the store.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use rapport_store::around::Around;
use rapport_store::driver::{Snapshot, Swapped};
use rapport_store::{Driver, DriverError, Memory};
use serde_json::Value;

/// Orders that stand in a customer's outbox and have not earned. Shared by all processes.
#[derive(Clone, Default)]
pub struct Board {
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    /// Orders that wait, each with the process that committed it.
    waiting: HashMap<String, usize>,
    /// Accounts as they were committed last, by key.
    accounts: HashMap<String, String>,
}

impl Board {
    /// Whether `process` has committed an order that has not earned by now.
    pub fn is_owed_by(&self, process: usize) -> bool {
        self.lock().waiting.values().any(|owing| *owing == process)
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn committed(&self, process: usize, key: &str, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        let Seen { waiting, accounts } = &mut *self.lock();
        if key.starts_with("account:") {
            waiting.retain(|order, _| !names(&text, order));
            accounts.insert(key.to_owned(), text.into_owned());
        } else if key.starts_with("customer:") {
            // The outbox is the third line.
            let third = text.lines().nth(2).unwrap_or_default();
            let effects: Vec<Value> = serde_json::from_str(third).unwrap_or_default();
            let orders = effects.iter();
            for order in orders.filter_map(|effect| effect["order_completed"]["order_id"].as_str())
            {
                // It may have earned before it was tracked.
                if !accounts.values().any(|account| names(account, order)) {
                    waiting.insert(order.to_owned(), process);
                }
            }
        }
    }
}

fn names(text: &str, order: &str) -> bool {
    text.contains(&format!("\"{order}\""))
}

/// The memory as one process sees it, with its commits noted on the board.
pub struct Tap {
    /// The memory.
    pub memory: Memory,
    /// The process.
    pub process: usize,
    /// Where it is noted.
    pub board: Board,
}

#[async_trait]
impl Around for Tap {
    fn inner(&self) -> &dyn Driver {
        &self.memory
    }

    async fn swap(&self, snapshot: Snapshot, value: Vec<u8>) -> Result<Swapped, DriverError> {
        let key = snapshot.key.clone();
        let swapped = self.memory.swap(snapshot, value.clone()).await?;
        if swapped == Swapped::Done {
            self.board.committed(self.process, &key, &value);
        }
        Ok(swapped)
    }
}
