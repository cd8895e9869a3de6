//! How long and how patiently to try again.

use crate::{Store, StoreError};

/// Retries are over after this many milliseconds.
pub const BUDGET_MILLIS: u64 = 2_000;

/// Counts the tries of one operation.
pub(crate) struct Retry<'a> {
    store: &'a Store,
    key: &'a str,
    started: u64,
    tries: u32,
}

impl<'a> Retry<'a> {
    pub fn new(store: &'a Store, key: &'a str) -> Self {
        Self {
            store,
            key,
            started: store.driver.elapsed_millis(),
            tries: 0,
        }
    }

    /// Waits before the next try: not at all the first time, then a random part of a bound that doubles
    /// up to 64 ms, so that those who lost together do not meet again. Fails when the time is over.
    pub async fn pause(&mut self) -> Result<(), StoreError> {
        let elapsed = self
            .store
            .driver
            .elapsed_millis()
            .saturating_sub(self.started);
        if elapsed >= BUDGET_MILLIS {
            return Err(StoreError::Contended {
                key: self.key.to_owned(),
            });
        }
        if self.tries > 0 {
            let bound = 1_u64.checked_shl(self.tries.min(6)).unwrap_or(64);
            let wait = self.store.random().checked_rem(bound).unwrap_or(0);
            self.store.driver.pause(wait).await;
        }
        self.tries = self.tries.saturating_add(1);
        Ok(())
    }
}
