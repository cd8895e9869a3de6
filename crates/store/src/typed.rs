//! Between what a document says to its table and the JSON that is committed.

use bytes::Bytes;
use serde::Serialize;

use crate::envelope::{Envelope, Versioned, corrupt};
use crate::error::StoreError;
use crate::table::Table;

/// What a document says, as it is stored.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    /// The value, as JSON.
    pub value: Bytes,
    /// What its table sets apart.
    pub rest: Option<Bytes>,
}

/// `value` as it is stored.
pub(crate) fn said<T: Table>(key: &str, value: &T::Value) -> Result<Said, StoreError> {
    let rest = T::rest(value).map_err(|error| corrupt(key, &error))?;
    Ok(Said {
        value: json(key, value)?,
        rest: rest.filter(|rest| !rest.is_empty()),
    })
}

/// What the document says; `None` where it says nothing.
pub(crate) fn value<T: Table>(
    key: &str,
    envelope: &Envelope,
) -> Result<Option<T::Value>, StoreError> {
    let Some(value) = &envelope.value else {
        return Ok(None);
    };
    let mut value = rapport_types::json::from_slice(value).map_err(|error| corrupt(key, &error))?;
    if let (true, Some(rest)) = (T::HAS_REST, &envelope.rest) {
        T::put_rest(&mut value, rest).map_err(|error| corrupt(key, &error))?;
    }
    Ok(Some(value))
}

/// The same with its revision.
pub(crate) fn versioned<T: Table>(
    key: &str,
    envelope: &Envelope,
) -> Result<Option<Versioned<T::Value>>, StoreError> {
    let rev = envelope.rev;
    Ok(value::<T>(key, envelope)?.map(|value| Versioned { rev, value }))
}

/// What the document's last commit caused elsewhere.
pub(crate) fn effects<T: Table>(
    key: &str,
    envelope: &Envelope,
) -> Result<Vec<T::Effect>, StoreError> {
    match &envelope.outbox {
        Some(outbox) => {
            rapport_types::json::from_slice(outbox).map_err(|error| corrupt(key, &error))
        }
        None => Ok(Vec::new()),
    }
}

/// Anything as JSON, in one line.
pub(crate) fn json(key: &str, what: &impl Serialize) -> Result<Bytes, StoreError> {
    serde_json::to_vec(what)
        .map(Bytes::from)
        .map_err(|error| corrupt(key, &error))
}
