//! Reading documents.

use bytes::Bytes;
use futures_util::future::{join, try_join_all};

use crate::Store;
use crate::driver::Snapshot;
use crate::envelope::{Envelope, Versioned};
use crate::error::StoreError;
use crate::table::{Key, Table};
use crate::typed;

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
        let found = self.find(key.as_str(), T::SCHEMA).await?;
        found.map_or(Ok(None), |found| {
            typed::versioned::<T>(&found.key, &found.envelope)
        })
    }

    /// Two documents of different kinds at once.
    pub async fn read_two<T: Table, U: Table>(
        &self,
        one: &Key<T>,
        two: &Key<U>,
    ) -> Result<(Option<Versioned<T::Value>>, Option<Versioned<U::Value>>), StoreError> {
        let keys = [one.as_str().to_owned(), two.as_str().to_owned()];
        let mut found = self.driver.get_many(&keys).await?.into_iter();
        let (first, second) = (found.next().flatten(), found.next().flatten());
        let (one, two) = join(self.read_found(one, first), self.read_found(two, second)).await;
        Ok((one?, two?))
    }

    /// Several documents of one kind at once, in the order of `keys`.
    pub async fn read_all<T: Table>(
        &self,
        keys: &[Key<T>],
    ) -> Result<Vec<Option<Versioned<T::Value>>>, StoreError> {
        let names: Vec<String> = keys.iter().map(|key| key.as_str().to_owned()).collect();
        let found = self.driver.get_many(&names).await?;
        let read = keys.iter().zip(found);
        try_join_all(read.map(|(key, bytes)| self.read_found(key, bytes))).await
    }

    /// The document at `key`, where `bytes` were found.
    async fn read_found<T: Table>(
        &self,
        key: &Key<T>,
        bytes: Option<Vec<u8>>,
    ) -> Result<Option<Versioned<T::Value>>, StoreError> {
        let found = self.find_from(key.as_str(), T::SCHEMA, bytes).await?;
        found.map_or(Ok(None), |found| {
            typed::versioned::<T>(&found.key, &found.envelope)
        })
    }

    /// The document at `key`, of at most the version `schema`, wherever it has moved.
    pub(crate) async fn find(&self, key: &str, schema: u32) -> Result<Option<Found>, StoreError> {
        let bytes = self.driver.get(key).await?;
        self.find_from(key, schema, bytes).await
    }

    /// The same, where `bytes` were found at `key` just now: mostly they tell everything.
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
