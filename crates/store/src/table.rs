//! A kind of key tied to its kind of value, in one declaration, so that the store cannot be misread.

use std::fmt;
use std::marker::PhantomData;

use bytes::Bytes;
use rapport_types::hash;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// A kind of document: what its keys look like and what stands there.
///
/// ```
/// # use rapport_store::{Key, NoEffect, Table};
/// struct Programs;
/// impl Table for Programs {
///     type Value = String;
///     type Effect = NoEffect;
///     const NAME: &'static str = "program";
///     const SCHEMA: u32 = 1;
/// }
/// assert_eq!(Key::<Programs>::single().as_str(), "program");
/// ```
pub trait Table: Send + Sync + 'static {
    /// What the document says.
    type Value: Serialize + DeserializeOwned + Send + Sync;
    /// What a commit may cause elsewhere; kept in the document's outbox until it is carried out.
    type Effect: Serialize + DeserializeOwned + Clone + Send + Sync;
    /// The first part of every key, `[a-z0-9._-]`.
    const NAME: &'static str;
    /// The version of `Value`'s shape. A document of a newer one is refused.
    const SCHEMA: u32;
    /// The log in which each new document is listed, if it is one log for the whole table.
    const LOG: Option<&'static str> = None;
    /// Whether [`Table::put_rest`] has something to do.
    const HAS_REST: bool = false;

    /// What of a value is large and seldom read, in whatever form. It is stored apart, so `Value` must leave it out when
    /// it is serialized.
    fn rest(_value: &Self::Value) -> serde_json::Result<Option<Bytes>> {
        Ok(None)
    }

    /// Puts it back. A table over the same documents that does not is spared reading it; it must never commit.
    fn put_rest(_value: &mut Self::Value, _rest: &Bytes) -> serde_json::Result<()> {
        Ok(())
    }
}

/// The effect of documents that cause nothing elsewhere. There is none.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum NoEffect {}

/// The key of one document of a table.
pub struct Key<T> {
    text: String,
    log: Option<String>,
    table: PhantomData<fn() -> T>,
}

impl<T: Table> Key<T> {
    /// The key for what clients call `name`, by its hash: client text never stands in a key.
    pub fn of(name: &str) -> Self {
        Self::raw(format!("{}:{}", T::NAME, hash::hex128(name)))
    }

    /// The key for `name` within `owner`, such as a response of a survey.
    pub fn within(owner: &str, name: &str) -> Self {
        let (owner, name) = (hash::hex128(owner), hash::hex128(name));
        Self::raw(format!("{}:{owner}:{name}", T::NAME))
    }

    /// Entry `number` of a numbered series that belongs to `owner`, such as a page of a journal.
    pub fn numbered(owner: &str, number: u64) -> Self {
        Self::raw(format!("{}:{}:{number}", T::NAME, hash::hex128(owner)))
    }

    /// The key of a table's only document.
    pub fn single() -> Self {
        Self::raw(T::NAME.to_owned())
    }

    /// A key that stands in the store already, such as in a log entry.
    pub(crate) fn raw(text: String) -> Self {
        Self {
            text,
            log: T::LOG.map(str::to_owned),
            table: PhantomData,
        }
    }

    /// The same key; when its document is created, it is listed in `log` (see [`crate::log::name`]).
    #[must_use]
    pub fn listed_in(mut self, log: String) -> Self {
        self.log = Some(log);
        self
    }

    /// The log in which the document is listed, if it is.
    pub fn log(&self) -> Option<&str> {
        self.log.as_deref()
    }

    /// The key as the backend sees it.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl<T> Clone for Key<T> {
    fn clone(&self) -> Self {
        Self {
            text: self.text.clone(),
            log: self.log.clone(),
            table: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Key<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
