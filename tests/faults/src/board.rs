//! What was committed and not carried out yet, seen from below the store.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use rapport_store::driver::{Snapshot, Swapped};
use rapport_store::{Creation, Driver, DriverError, Memory};
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
impl Driver for Tap {
    fn name(&self) -> &'static str {
        self.memory.name()
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, DriverError> {
        self.memory.get(key).await
    }

    async fn open(&self, key: &str) -> Result<Snapshot, DriverError> {
        self.memory.open(key).await
    }

    async fn swap(&self, snapshot: Snapshot, value: Vec<u8>) -> Result<Swapped, DriverError> {
        let key = snapshot.key.clone();
        let swapped = self.memory.swap(snapshot, value.clone()).await?;
        if swapped == Swapped::Done {
            self.board.committed(self.process, &key, &value);
        }
        Ok(swapped)
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> Result<(), DriverError> {
        self.memory.set(key, value).await
    }

    async fn increment(&self, key: &str, delta: i64) -> Result<i64, DriverError> {
        self.memory.increment(key, delta).await
    }

    fn decode_counter(&self, bytes: &[u8]) -> Option<i64> {
        self.memory.decode_counter(bytes)
    }

    fn encode_counter(&self, number: i64) -> Vec<u8> {
        self.memory.encode_counter(number)
    }

    fn assured(&self) -> Option<Creation> {
        self.memory.assured()
    }

    async fn pause(&self, millis: u64) {
        self.memory.pause(millis).await;
    }

    fn elapsed_millis(&self) -> u64 {
        self.memory.elapsed_millis()
    }

    fn wall_millis(&self) -> i64 {
        self.memory.wall_millis()
    }
}
