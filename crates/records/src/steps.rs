//! A pass over all customers or accounts that walks by steps: how a step comes, and what every such pass does the same.
//!
//! Where a pass is, and what it has counted, stands in one document, its state. [`liability`](crate::liability) and
//! [`reviews`](crate::reviews) are such passes.

use std::convert::Infallible;

use rapport_store::{
    Committed, Key, NoEffect, Nothing, Once, Request, Store, StoreError, Table, UpdateError,
    Versioned,
};
use rapport_types::{Timestamp, Zone};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Whether a pass may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Somebody asks for one.
    ByHand,
    /// Only when it is due.
    WhenDue,
}

/// How a step comes.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// How many places in the list of customers or accounts it looks at: the pass's own `MOST`.
    pub most: u64,
    /// Whether a pass may begin.
    pub start: Start,
    /// When.
    pub now: Timestamp,
    /// The shop's zone.
    pub zone: &'a Zone,
    /// The client's idempotency key, if it sent one.
    pub once: Option<&'a Once>,
    /// Answer in full, commit nothing.
    pub dry_run: bool,
}

impl<'a> Asked<'a> {
    /// How a tick asks for one.
    pub(crate) fn by_tick(most: u64, now: Timestamp, zone: &'a Zone) -> Self {
        Self {
            most,
            start: Start::WhenDue,
            now,
            zone,
            once: None,
            dry_run: false,
        }
    }

    /// The step as an update of the state.
    pub(crate) fn request<T: Table<Effect = NoEffect>>(self) -> Request<'a, T> {
        Request {
            now: self.now,
            once: self.once,
            dry_run: self.dry_run,
            carrier: &Nothing,
        }
    }
}

/// What a step came to; `None` where there was nothing to do.
pub(crate) type Stepped<A> = Result<Option<Committed<A>>, UpdateError<Infallible>>;

/// The state, and its revision; 0 before the first pass.
pub(crate) async fn state<T>(store: &Store) -> Result<Versioned<T::Value>, StoreError>
where
    T: Table<Value: Default>,
{
    let found = store.read(&Key::<T>::single()).await?;
    Ok(found.unwrap_or_else(|| Versioned {
        rev: 0,
        value: T::Value::default(),
    }))
}

/// What was answered to the idempotency key, if it came before: a step that was made is not made again, and the pass that it ended is not
/// followed by another.
pub(crate) async fn answered<T, A>(store: &Store, asked: Asked<'_>) -> Stepped<A>
where
    T: Table<Effect = NoEffect>,
    A: Serialize + DeserializeOwned + Send,
{
    if asked.once.is_none() {
        return Ok(None);
    }
    let looked = store
        .update::<T, A, ()>(&Key::single(), asked.request(), |_| Err(()))
        .await;
    match looked {
        Ok(committed) => Ok(Some(committed)),
        Err(UpdateError::Rejected(())) => Ok(None),
        Err(UpdateError::KeyReused) => Err(UpdateError::KeyReused),
        Err(UpdateError::AnswerGone) => Err(UpdateError::AnswerGone),
        Err(UpdateError::Store(error)) => Err(UpdateError::Store(error)),
    }
}

/// Whether a tick's step did anything.
pub(crate) fn ticked<A>(stepped: Stepped<A>) -> Result<bool, StoreError> {
    match stepped {
        Ok(done) => Ok(done.is_some()),
        Err(UpdateError::Store(error)) => Err(error),
        Err(UpdateError::Rejected(never)) => match never {},
        // No idempotency key comes with it.
        Err(UpdateError::KeyReused | UpdateError::AnswerGone) => Ok(false),
    }
}
