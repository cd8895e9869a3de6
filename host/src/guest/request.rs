//! One request as an instance serves it: what it did in the store, and how it failed.

use std::sync::{Arc, OnceLock};

use tokio::sync::Notify;
use wasmtime::component::GuestTaskId;

use crate::stats::Counts;

/// A request on its way through an instance.
#[derive(Debug, Default)]
pub struct Request {
    /// What it did in the store so far.
    pub counts: Counts,
    end: OnceLock<End>,
    ended: Notify,
}

/// How the instance that served a request ended under it.
#[derive(Clone, Debug)]
pub enum End {
    /// The guest trapped, or the host refused to go on with it.
    Trap(String),
    /// The guest did not yield until its time was over.
    TimeOut,
}

impl Request {
    /// Says that the instance has ended. Only the first word counts.
    pub fn end(&self, end: End) {
        let _ = self.end.set(end);
        self.ended.notify_waiters();
    }

    /// How the instance ended, once it has.
    pub async fn ended(&self) -> End {
        loop {
            let ended = self.ended.notified();
            if let Some(end) = self.end.get() {
                return end.clone();
            }
            ended.await;
        }
    }
}

/// The requests that an instance has in hand, to find the one that a store operation belongs to: by the task that
/// the host began for it, which is at the root of whatever the guest makes of it.
#[derive(Default)]
pub struct InHand {
    list: Vec<(GuestTaskId, Arc<Request>)>,
}

impl InHand {
    /// Takes a request that `task` will serve.
    pub fn take(&mut self, task: GuestTaskId, request: Arc<Request>) {
        // Whoever waits for the answer holds the other reference; without one, the request is over.
        self.list
            .retain(|(_, request)| Arc::strong_count(request) > 1);
        self.list.push((task, request));
    }

    /// The request that a task serves.
    pub fn of(&self, task: GuestTaskId) -> Option<&Request> {
        self.list
            .iter()
            .find(|(other, _)| *other == task)
            .map(|(_, request)| &**request)
    }

    /// Tells all of them that the instance has ended.
    pub fn end(&self, end: &End) {
        for (_, request) in &self.list {
            request.end(end.clone());
        }
    }

    /// Whether somebody still waits for one of them.
    pub fn is_awaited(&self) -> bool {
        self.list
            .iter()
            .any(|(_, request)| Arc::strong_count(request) > 1)
    }
}
