//! Documents that the store keeps for itself: no effects, no idempotency keys, no log.

use bytes::Bytes;

use crate::creation::{Created, Creation};
use crate::driver::Swapped;
use crate::envelope::{Envelope, corrupt};
use crate::error::StoreError;
use crate::read::Held;
use crate::retry::Retry;
use crate::table::{Key, NoEffect, Table};
use crate::typed::{self, Said};
use crate::{Store, boxed};
use rapport_types::json;

/// What a document shall say, given what it says; `None` where it may stay.
type Change<'a> = dyn FnMut(Option<&[u8]>) -> Result<Option<Bytes>, StoreError> + Send + 'a;

impl Store {
    /// Writes a document that its key determines: whoever writes it, however often, writes the same. A page of a
    /// journal is one. It needs no register, and is never updated.
    pub async fn write_once<T: Table>(
        &self,
        key: &Key<T>,
        value: T::Value,
    ) -> Result<(), StoreError> {
        let said = typed::said::<T>(key.as_str(), &value)?;
        self.write_said(key.as_str(), T::SCHEMA, said).await
    }

    #[boxed]
    async fn write_said(&self, key: &str, schema: u32, said: Said) -> Result<(), StoreError> {
        let mut envelope = Envelope::first(schema, Some(said.value));
        envelope.rest = said.rest;
        envelope.born = true;
        let bytes = envelope.encode(key)?;
        self.ready_to_write().await?;
        Ok(self.driver.set(key, bytes).await?)
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
        let key = key.as_str();
        self.amend_json(key, T::SCHEMA, &mut |json| {
            let found = json.map(json::from_slice::<T::Value>);
            let found = found.transpose().map_err(|error| corrupt(key, &error))?;
            let mut value = found.unwrap_or_default();
            change(&mut value)
                .then(|| typed::json(key, &value))
                .transpose()
        })
        .await
    }

    /// The same for whatever the document says: `change` answers what it shall say, `None` where it may stay.
    #[boxed]
    async fn amend_json(
        &self,
        key: &str,
        schema: u32,
        change: &mut Change<'_>,
    ) -> Result<bool, StoreError> {
        let mut retry = Retry::new(self, key);
        loop {
            let held = self.hold(key, schema).await?;
            let said = held
                .as_ref()
                .and_then(|held| held.envelope.value.as_deref());
            let Some(next) = change(said)? else {
                return Ok(false);
            };
            if self.replace(key, schema, held, next).await? {
                return Ok(true);
            }
            retry.pause().await?;
        }
    }

    /// Puts `value` where `held` was, or creates the document. False when somebody else was faster.
    #[boxed]
    pub(crate) async fn replace(
        &self,
        key: &str,
        schema: u32,
        held: Option<Held>,
        value: Bytes,
    ) -> Result<bool, StoreError> {
        self.ready_to_write().await?;
        let Some(Held {
            snapshot, envelope, ..
        }) = held
        else {
            let mut envelope = Envelope::first(schema, Some(value));
            // A swap needs no register to say who won.
            envelope.born = self.creation() == Creation::Swap;
            let bytes = envelope.encode(key)?;
            return Ok(matches!(self.create(key, bytes).await?, Created::Won));
        };
        let next = Envelope {
            rev: envelope.rev.saturating_add(1),
            schema,
            born: true,
            value: Some(value),
            ..envelope
        };
        let bytes = next.encode(&snapshot.key)?;
        Ok(self.driver.swap(snapshot, bytes).await? == Swapped::Done)
    }
}
