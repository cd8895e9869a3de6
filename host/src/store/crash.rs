//! `--crash-after`: ends the process right after so many store operations, so that tests can crash it at every step.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::oneshot;

use super::{Backend, Change, Changed, Failure, Keys, Label, Reply};
use crate::stats::Totals;

/// How many operations are left until the process ends; by default it does not end.
#[derive(Debug, Default)]
pub struct Countdown(Option<AtomicU64>);

impl Countdown {
    /// Ends the process with operation `operations`, at least 1.
    pub fn after(operations: u64) -> Self {
        Self(Some(AtomicU64::new(operations)))
    }

    /// To be called when the store has done an operation, and before anybody learns so.
    pub fn operation_done(&self) {
        let Some(left) = &self.0 else { return };
        if left.fetch_sub(1, Ordering::AcqRel) == 1 {
            // Without unwinding, destructors or exit handlers: what is not in the store by now is lost.
            std::process::abort();
        }
    }
}

/// A backend whose operations count down. A listing counts when it has ended, every other operation when it is done.
pub struct Crashing<B> {
    backend: B,
    totals: Arc<Totals>,
}

impl<B: Backend> Crashing<B> {
    /// Counts down `totals.crash` with each operation of `backend`.
    pub fn new(backend: B, totals: Arc<Totals>) -> Self {
        Self { backend, totals }
    }

    fn counted<T: Send + 'static>(&self, reply: Reply<T>) -> Reply<T> {
        let totals = self.totals.clone();
        Box::pin(async move {
            let result = reply.await;
            totals.crash.operation_done();
            result
        })
    }
}

impl<B: Backend> Backend for Crashing<B> {
    fn get(&self, store: &Label, key: &str) -> Reply<Option<Vec<u8>>> {
        self.counted(self.backend.get(store, key))
    }

    fn exists(&self, store: &Label, key: &str) -> Reply<bool> {
        self.counted(self.backend.exists(store, key))
    }

    fn get_many(&self, store: &Label, keys: Vec<String>) -> Reply<Vec<(String, Vec<u8>)>> {
        self.counted(self.backend.get_many(store, keys))
    }

    fn list(&self, store: &Label) -> Reply<Vec<String>> {
        self.counted(self.backend.list(store))
    }

    fn stream(&self, store: &Label) -> Keys {
        let Keys { keys, end } = self.backend.stream(store);
        let (tell, told) = oneshot::channel();
        let totals = self.totals.clone();
        tokio::spawn(async move {
            let ended = end
                .await
                .unwrap_or_else(|_| Err(Failure::Database("the listing was given up".into())));
            totals.crash.operation_done();
            let _ = tell.send(ended);
        });
        Keys { keys, end: told }
    }

    fn change(&self, store: &Label, change: Change) -> Reply<Changed> {
        self.counted(self.backend.change(store, change))
    }

    fn stream_locks(&self) -> bool {
        self.backend.stream_locks()
    }

    fn close(&self) -> Reply<()> {
        self.backend.close()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::memory::Memory;
    use crate::store::{Database, meaning};

    #[tokio::test]
    async fn what_is_counted_down_keeps_its_meaning() {
        let endless = || {
            Database::new(Crashing::new(
                Memory::default(),
                Arc::new(Totals::counting_down(u64::MAX)),
            ))
        };
        meaning::holds(&endless()).await;
        meaning::an_open_stream_locks_everything(&endless()).await;
    }

    #[test]
    fn without_a_number_nothing_ends() {
        let never = Countdown::default();
        for _ in 0..1000 {
            never.operation_done();
        }
    }
}
