//! What a commit causes elsewhere: effects, and who carries them out.

use async_trait::async_trait;

use crate::Store;
use crate::error::StoreError;
use crate::table::{NoEffect, Table};

/// The document whose commit caused effects.
pub struct Sender<'a, T: Table> {
    /// Its key.
    pub key: &'a str,
    /// The revision of the commit that caused them. A receiver that keeps the highest it has seen of each sender takes a
    /// second delivery for what it is.
    pub rev: u64,
    /// What it says; `None` where it was deleted.
    pub value: Option<&'a T::Value>,
}

/// Carries effects out in other documents. Called again for the same effects after a crash or beside another
/// carrier, so doing it twice must be as doing it once. What the other document's rules refuse is carried out, too:
/// only a failing store is an error.
#[async_trait]
pub trait Carrier<T: Table>: Send + Sync {
    /// Carries out `effects` of `sender`, in order.
    async fn carry(
        &self,
        store: &Store,
        sender: Sender<'_, T>,
        effects: &[T::Effect],
    ) -> Result<(), StoreError>;
}

/// The carrier of documents that cause nothing elsewhere.
pub struct Nothing;

#[async_trait]
impl<T: Table<Effect = NoEffect>> Carrier<T> for Nothing {
    async fn carry(
        &self,
        _store: &Store,
        _sender: Sender<'_, T>,
        _effects: &[NoEffect],
    ) -> Result<(), StoreError> {
        Ok(())
    }
}
