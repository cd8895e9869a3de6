//! Reading documents.

use bytes::Bytes;
use futures_util::future::try_join_all;

use crate::driver::Snapshot;
use crate::envelope::{Envelope, Versioned};
use crate::error::StoreError;
use crate::table::{Key, Table};
use crate::typed;
use crate::{Store, boxed};

/// How often a document may have moved before it is taken for a circle.
const MAX_MOVES: u8 = 8;

/// A document held for a commit.
pub(crate) struct Held {
    /// The key by which it is found: where a document has moved, the one that it moved to.
    pub key: String,
    pub snapshot: Snapshot,
    pub envelope: Envelope,
}

/// A document, as it was found.
pub(crate) struct Found {
    /// The key by which it is found.
    pub key: String,
    pub envelope: Envelope,
}

impl Store {
    /// The document at `key`, or `None` where there is none, or it was deleted.
    pub async fn read<T: Table>(
        &self,
        key: &Key<T>,
    ) -> Result<Option<Versioned<T::Value>>, StoreError> {
        said::<T>(self.find(key.as_str(), T::SCHEMA).await?)
    }

    /// Two documents of different kinds at once.
    pub async fn read_two<T: Table, U: Table>(
        &self,
        one: &Key<T>,
        two: &Key<U>,
    ) -> Result<(Option<Versioned<T::Value>>, Option<Versioned<U::Value>>), StoreError> {
        let keys = [(one.as_str(), T::SCHEMA), (two.as_str(), U::SCHEMA)];
        let mut found = self.find_all(&keys).await?.into_iter();
        let (one, two) = (found.next().flatten(), found.next().flatten());
        Ok((said::<T>(one)?, said::<U>(two)?))
    }

    /// Several documents of one kind at once, in the order of `keys`.
    pub async fn read_all<T: Table>(
        &self,
        keys: &[Key<T>],
    ) -> Result<Vec<Option<Versioned<T::Value>>>, StoreError> {
        let keys: Vec<_> = keys.iter().map(|key| (key.as_str(), T::SCHEMA)).collect();
        let found = self.find_all(&keys).await?;
        found.into_iter().map(said::<T>).collect()
    }

    /// The documents at `keys`, each with the version of what it says at most.
    #[boxed]
    async fn find_all(&self, keys: &[(&str, u32)]) -> Result<Vec<Option<Found>>, StoreError> {
        let names: Vec<String> = keys.iter().map(|(key, _)| (*key).to_owned()).collect();
        let found = self.driver.get_many(&names).await?;
        let found = keys.iter().zip(found);
        try_join_all(found.map(|((key, schema), bytes)| self.find_from(key, *schema, bytes))).await
    }

    /// The document at `key`, of at most the version `schema`, wherever it has moved.
    #[boxed]
    pub(crate) async fn find(&self, key: &str, schema: u32) -> Result<Option<Found>, StoreError> {
        let bytes = self.driver.get(key).await?;
        self.find_from(key, schema, bytes).await
    }

    /// The same, where `bytes` were found at `key` just now: mostly they tell everything.
    #[boxed]
    pub(crate) async fn find_from(
        &self,
        key: &str,
        schema: u32,
        bytes: Option<Vec<u8>>,
    ) -> Result<Option<Found>, StoreError> {
        let mut key = key.to_owned();
        let mut here = self.envelope_found(&key, schema, bytes).await?;
        for _ in 0..MAX_MOVES {
            let Some(envelope) = here else {
                return Ok(None);
            };
            let Some(next) = envelope.moved_to else {
                return Ok(Some(Found { key, envelope }));
            };
            key = next;
            let bytes = self.driver.get(&key).await?;
            here = self.envelope_found(&key, schema, bytes).await?;
        }
        Err(moved_too_often(key))
    }

    /// The envelope that lives at `key`, wherever the register says, where `bytes` were found at `key` just now.
    pub(crate) async fn envelope_found(
        &self,
        key: &str,
        schema: u32,
        bytes: Option<Vec<u8>>,
    ) -> Result<Option<Envelope>, StoreError> {
        let found = decoded(key, schema, bytes)?;
        if found.as_ref().is_some_and(|envelope| envelope.born) {
            return Ok(found);
        }
        match self.living(key).await? {
            None => Ok(None),
            // The document won since it was looked for, so it must be looked for again.
            Some(living) if living == key && found.is_none() => {
                decoded(key, schema, self.driver.get(key).await?)
            }
            Some(living) if living == key => Ok(found),
            Some(living) => decoded(&living, schema, self.driver.get(&living).await?),
        }
    }

    /// The same, held so that it can be swapped. Follows moves.
    #[boxed]
    pub(crate) async fn hold(&self, key: &str, schema: u32) -> Result<Option<Held>, StoreError> {
        let mut key = key.to_owned();
        for _ in 0..MAX_MOVES {
            let Some(held) = self.hold_here(&key, schema).await? else {
                return Ok(None);
            };
            match held.envelope.moved_to {
                Some(next) => key = next,
                None => return Ok(Some(held)),
            }
        }
        Err(moved_too_often(key))
    }

    /// The same, whether or not it has moved.
    #[boxed]
    pub(crate) async fn hold_here(
        &self,
        key: &str,
        schema: u32,
    ) -> Result<Option<Held>, StoreError> {
        let found = self.open(key, key, schema).await?;
        if found.as_ref().is_some_and(|held| held.envelope.born) {
            return Ok(found);
        }
        match self.living(key).await? {
            None => Ok(None),
            Some(living) if living == key && found.is_some() => Ok(found),
            Some(living) => self.open(key, &living, schema).await,
        }
    }

    /// What stands at `at`, where the document of `key` may live.
    async fn open(&self, key: &str, at: &str, schema: u32) -> Result<Option<Held>, StoreError> {
        let snapshot = self.driver.open(at).await?;
        let Some(bytes) = &snapshot.value else {
            return Ok(None);
        };
        let envelope = Envelope::decode(at, schema, &Bytes::copy_from_slice(bytes))?;
        Ok(Some(Held {
            key: key.to_owned(),
            snapshot,
            envelope,
        }))
    }
}

/// What `found` says.
fn said<T: Table>(found: Option<Found>) -> Result<Option<Versioned<T::Value>>, StoreError> {
    found.map_or(Ok(None), |found| {
        typed::versioned::<T>(&found.key, &found.envelope)
    })
}

fn decoded(key: &str, schema: u32, bytes: Option<Vec<u8>>) -> Result<Option<Envelope>, StoreError> {
    bytes
        .map(|bytes| Envelope::decode(key, schema, &Bytes::from(bytes)))
        .transpose()
}

fn moved_too_often(key: String) -> StoreError {
    StoreError::Corrupt {
        key,
        why: "moved in a circle".to_owned(),
    }
}
