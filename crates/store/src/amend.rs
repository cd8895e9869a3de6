//! Documents that the store keeps for itself: no effects, no idempotency keys, no log.

use crate::Store;
use crate::creation::{Created, Creation};
use crate::driver::Swapped;
use crate::envelope::Envelope;
use crate::error::StoreError;
use crate::retry::Retry;
use crate::table::{Key, NoEffect, Table};

impl Store {
    /// Writes a document that its key determines: whoever writes it, however often, writes the same. A page of a
    /// journal is one. It needs no register, and is never updated.
    pub async fn write_once<T: Table>(
        &self,
        key: &Key<T>,
        value: T::Value,
    ) -> Result<(), StoreError> {
        let mut envelope = Envelope::<T>::first(Some(value));
        envelope.born = true;
        let bytes = envelope.encode(key.as_str())?;
        self.ready_to_write().await?;
        Ok(self.driver.set(key.as_str(), bytes).await?)
    }

    /// Lets `change` change the document at `key` (the default value where there is none), and commits where it says that
    /// it did. Answers what it said last. Called again whenever somebody else committed in between.
    pub(crate) async fn amend<T>(
        &self,
        key: &Key<T>,
        mut change: impl FnMut(&mut T::Value) -> bool + Send,
    ) -> Result<bool, StoreError>
    where
        T: Table<Effect = NoEffect>,
        T::Value: Default,
    {
        self.ready_to_write().await?;
        let mut retry = Retry::new(self, key.as_str());
        loop {
            let done = match self.hold::<T>(key.as_str()).await? {
                Some(held) => {
                    let mut envelope = held.envelope;
                    let mut value = envelope.value.take().unwrap_or_default();
                    if !change(&mut value) {
                        return Ok(false);
                    }
                    envelope.value = Some(value);
                    envelope.born = true;
                    envelope.rev = envelope.rev.saturating_add(1);
                    let bytes = envelope.encode(key.as_str())?;
                    self.driver.swap(held.snapshot, bytes).await? == Swapped::Done
                }
                None => {
                    let mut value = T::Value::default();
                    if !change(&mut value) {
                        return Ok(false);
                    }
                    let mut envelope = Envelope::<T>::first(Some(value));
                    // A swap needs no register to say who won.
                    envelope.born = self.creation() == Creation::Swap;
                    let bytes = envelope.encode(key.as_str())?;
                    matches!(self.create(key.as_str(), bytes).await?, Created::Won)
                }
            };
            if done {
                return Ok(true);
            }
            retry.pause().await?;
        }
    }
}
