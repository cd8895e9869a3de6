//! What an update is asked with, and what it answers.

use async_trait::async_trait;
use rapport_types::Timestamp;

use crate::Store;
use crate::carrier::Carrier;
use crate::error::StoreError;
use crate::once::Once;
use crate::table::Table;

/// What the request is about, beside the document.
pub struct Request<'a, T: Table> {
    /// When: for the age of idempotency keys.
    pub now: Timestamp,
    /// The client's idempotency key, if it sent one.
    pub once: Option<&'a Once>,
    /// Decide and answer, but commit nothing.
    pub dry_run: bool,
    /// Carries out what the document's commits cause elsewhere.
    pub carrier: &'a dyn Carrier<T>,
}

impl<'a, T: Table> Request<'a, T> {
    /// A plain request: no idempotency key, no dry run.
    pub fn plain(now: Timestamp, carrier: &'a dyn Carrier<T>) -> Self {
        Self {
            now,
            once: None,
            dry_run: false,
            carrier,
        }
    }
}

/// The document as the decision finds it.
pub struct Current<T: Table> {
    /// What it says; `None` where there is none.
    pub value: Option<T::Value>,
    /// Its revision; 0 where there is none.
    pub rev: u64,
    /// The revision that this commit will have.
    pub next_rev: u64,
}

/// What a decision wants. The answer is kept with an idempotency key.
pub enum Change<T: Table, A> {
    /// Nothing to write. With an idempotency key the answer is still kept, so that a late repetition changes nothing either.
    Keep(A),
    /// The document's new value, and what that causes elsewhere.
    Commit {
        /// What the document shall say.
        value: T::Value,
        /// What this causes elsewhere.
        effects: Vec<T::Effect>,
        /// What the caller gets.
        answer: A,
    },
    /// No document any more. A tombstone stays, so that `rev` goes on.
    Delete(A),
    /// Nothing yet: [`Decide::prepare`] has something to do first, then the same document is decided on again. It is not loaded again:
    /// where somebody commits it meanwhile, the commit fails as any other.
    Wait(Current<T>),
}

/// What decides about a document. Where nothing has to be prepared, a function is one.
#[async_trait]
pub trait Decide<T: Table, A, R>: Send {
    /// Decides on what is there, again each time somebody else's commit came between. Must not do anything but decide.
    fn decide(&mut self, current: Current<T>) -> Result<Change<T, A>, R>;

    /// Does what [`Change::Wait`] waits for. It comes after the load and before the commit.
    async fn prepare(&mut self, store: &Store) -> Result<(), StoreError>;
}

#[async_trait]
impl<T: Table, A, R, F> Decide<T, A, R> for F
where
    F: FnMut(Current<T>) -> Result<Change<T, A>, R> + Send,
{
    fn decide(&mut self, current: Current<T>) -> Result<Change<T, A>, R> {
        self(current)
    }

    async fn prepare(&mut self, _store: &Store) -> Result<(), StoreError> {
        Ok(())
    }
}

/// What became of an update.
#[derive(Debug)]
pub struct Committed<A> {
    /// What the decision answered, now or when the idempotency key first came.
    pub answer: A,
    /// The document's revision now.
    pub rev: u64,
    /// The key came before, and nothing was written now.
    pub replayed: bool,
}
