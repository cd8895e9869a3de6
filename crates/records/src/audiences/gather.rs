//! Telling audiences of many customers together.
//!
//! A leaf of a set holds a thousand members and is written whole, so telling it of sixteen customers one by one is sixteen writes
//! that stand in each other's way. Customers that are committed side by side wait here, each with their commit made and parked,
//! until the last of them has come: then each set is told once.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::{Mutex, PoisonError};
use std::task::{Poll, Waker};

use futures_util::future::{BoxFuture, join_all};
use rapport_store::set::Edit;
use rapport_store::{Store, StoreError, boxed};

use super::tell;

/// A place to wait for the others.
#[derive(Default)]
pub struct Gather {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// How many are at work, those that wait here too.
    working: usize,
    waiting: Vec<Waker>,
    /// How many wait.
    came: usize,
    told: BTreeMap<String, Vec<Edit>>,
    /// How often sets were told, and what came of the last time.
    rounds: u64,
    last: Option<StoreError>,
}

impl Gather {
    fn with<R>(&self, act: impl FnOnce(&mut State) -> R) -> R {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Does `works` side by side, each of which may wait in `tell`.
    pub async fn together<W: Future>(&self, store: &Store, works: Vec<W>) -> Vec<W::Output> {
        self.with(|state| state.working = works.len());
        let works = works.into_iter().map(|work| async move {
            let done = work.await;
            self.with(|state| state.working = state.working.saturating_sub(1));
            done
        });
        let mut works = Box::pin(join_all(works));
        let mut telling: Option<BoxFuture<'_, Result<(), StoreError>>> = None;
        poll_fn(|cx| {
            loop {
                if let Some(now) = &mut telling {
                    let Poll::Ready(told) = now.as_mut().poll(cx) else {
                        return Poll::Pending;
                    };
                    telling = None;
                    self.finish(told);
                }
                if let Poll::Ready(done) = works.as_mut().poll(cx) {
                    return Poll::Ready(done);
                }
                let told = self.with(|state| {
                    let all = state.came > 0 && state.came == state.working;
                    all.then(|| std::mem::take(&mut state.told))
                });
                match told {
                    Some(told) => telling = Some(Box::pin(tell(store, told))),
                    None => return Poll::Pending,
                }
            }
        })
        .await
    }

    fn finish(&self, told: Result<(), StoreError>) {
        let waiting = self.with(|state| {
            state.rounds = state.rounds.saturating_add(1);
            state.last = told.err();
            state.came = 0;
            std::mem::take(&mut state.waiting)
        });
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Waits until the sets were told, with what the others have for them. Only within [`together`](Self::together).
    #[boxed]
    pub(crate) async fn tell(
        &self,
        store: &Store,
        told: BTreeMap<String, Vec<Edit>>,
    ) -> Result<(), StoreError> {
        if told.is_empty() || self.with(|state| state.working == 0) {
            return tell(store, told).await;
        }
        let round = self.with(|state| {
            for (name, edits) in told {
                state.told.entry(name).or_default().extend(edits);
            }
            state.came = state.came.saturating_add(1);
            state.rounds
        });
        poll_fn(|cx| {
            self.with(|state| {
                if state.rounds > round {
                    return Poll::Ready(state.last.clone().map_or(Ok(()), Err));
                }
                state.waiting.push(cx.waker().clone());
                Poll::Pending
            })
        })
        .await
    }
}
