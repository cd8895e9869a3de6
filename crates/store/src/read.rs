//! Reading documents.

use futures_util::future::{join, try_join_all};

use crate::Store;
use crate::driver::Snapshot;
use crate::envelope::{Envelope, Versioned};
use crate::error::StoreError;
use crate::table::{Key, Table};

/// How often a document may have moved before it is taken for a circle.
const MAX_MOVES: u8 = 8;

/// A document held for a commit.
pub(crate) struct Held<T: Table> {
    /// The key by which it is found: where a document has moved, the one that it moved to.
    pub key: String,
    pub snapshot: Snapshot,
    pub envelope: Envelope<T>,
}

impl Store {
    /// The document at `key`, or `None` where there is none, or it was deleted.
    pub async fn read<T: Table>(
        &self,
        key: &Key<T>,
    ) -> Result<Option<Versioned<T::Value>>, StoreError> {
        let mut key = key.as_str().to_owned();
        for _ in 0..MAX_MOVES {
            let Some(envelope) = self.envelope::<T>(&key).await? else {
                return Ok(None);
            };
            match envelope.moved_to {
                Some(next) => key = next,
                None => {
                    let rev = envelope.rev;
                    return Ok(envelope.value.map(|value| Versioned { rev, value }));
                }
            }
        }
        Err(moved_too_often(key))
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

    /// The document at `key`, where `bytes` were found: mostly they tell everything.
    async fn read_found<T: Table>(
        &self,
        key: &Key<T>,
        bytes: Option<Vec<u8>>,
    ) -> Result<Option<Versioned<T::Value>>, StoreError> {
        let Some(envelope) = self.envelope_found::<T>(key.as_str(), bytes).await? else {
            return Ok(None);
        };
        if envelope.moved_to.is_some() {
            return self.read(key).await;
        }
        let rev = envelope.rev;
        Ok(envelope.value.map(|value| Versioned { rev, value }))
    }

    /// The envelope that lives at `key`, wherever the register says.
    pub(crate) async fn envelope<T: Table>(
        &self,
        key: &str,
    ) -> Result<Option<Envelope<T>>, StoreError> {
        let bytes = self.driver.get(key).await?;
        self.envelope_found(key, bytes).await
    }

    /// The same, where `bytes` were found at `key` just now.
    pub(crate) async fn envelope_found<T: Table>(
        &self,
        key: &str,
        bytes: Option<Vec<u8>>,
    ) -> Result<Option<Envelope<T>>, StoreError> {
        let found = read_some::<T>(key, bytes.as_deref())?;
        if found.as_ref().is_some_and(|envelope| envelope.born) {
            return Ok(found);
        }
        match self.living(key).await? {
            None => Ok(None),
            // The document won since it was looked for, so it must be looked for again.
            Some(living) if living == key && found.is_none() => {
                read_some(key, self.driver.get(key).await?.as_deref())
            }
            Some(living) if living == key => Ok(found),
            Some(living) => read_some(&living, self.driver.get(&living).await?.as_deref()),
        }
    }

    /// The same, held so that it can be swapped. Follows moves.
    pub(crate) async fn hold<T: Table>(&self, key: &str) -> Result<Option<Held<T>>, StoreError> {
        let mut key = key.to_owned();
        for _ in 0..MAX_MOVES {
            let Some(held) = self.hold_here::<T>(&key).await? else {
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
    pub(crate) async fn hold_here<T: Table>(
        &self,
        key: &str,
    ) -> Result<Option<Held<T>>, StoreError> {
        let found = self.open::<T>(key, key).await?;
        if found.as_ref().is_some_and(|held| held.envelope.born) {
            return Ok(found);
        }
        match self.living(key).await? {
            None => Ok(None),
            Some(living) if living == key && found.is_some() => Ok(found),
            Some(living) => self.open(key, &living).await,
        }
    }

    /// What stands at `at`, where the document of `key` may live.
    async fn open<T: Table>(&self, key: &str, at: &str) -> Result<Option<Held<T>>, StoreError> {
        let snapshot = self.driver.open(at).await?;
        let bytes = snapshot.value.as_deref();
        let envelope = bytes.map(|bytes| Envelope::decode(at, bytes)).transpose()?;
        Ok(envelope.map(|envelope| Held {
            key: key.to_owned(),
            snapshot,
            envelope,
        }))
    }
}

fn read_some<T: Table>(key: &str, bytes: Option<&[u8]>) -> Result<Option<Envelope<T>>, StoreError> {
    bytes
        .map(|bytes| Envelope::decode_value(key, bytes))
        .transpose()
}

fn moved_too_often(key: String) -> StoreError {
    StoreError::Corrupt {
        key,
        why: "moved in a circle".to_owned(),
    }
}
