//! What is stored around a document's value.
//!
//! A document is one to three lines of JSON: the envelope with the value; then, where there is any, what was answered to
//! idempotency keys; then what the table sets apart ([`Table::rest`]). Most readers need the first line alone, and do not look
//! further: a points account is read for its tier on every page view, and nine tenths of it are its journal.

use serde::{Deserialize, Serialize};

use crate::carrier::Sender;
use crate::error::StoreError;
use crate::once::{self, Answered};
use crate::parking::Token;
use crate::table::Table;

/// The most bytes of a stored document.
pub const MAX_BYTES: usize = 300_000;

/// A document as it is stored.
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub(crate) struct Envelope<T: Table> {
    /// Grows by one whenever what the document says is committed anew.
    pub rev: u64,
    /// Grows by one at each commit that leaves what it says: an outbox emptied, an answer kept. With `rev` it makes equal
    /// bytes mean equal history, and clients see no new revision of a document that has not changed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub touches: u64,
    /// The schema version of `value`.
    pub schema: u32,
    /// False from creation until the next commit: a reader of an unborn document asks the register.
    pub born: bool,
    /// The document's number in its table's log, if the table has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// Milliseconds (since 1970) at creation: a log entry is written late only within a minute of it.
    #[serde(default)]
    pub created: i64,
    /// Whether the log entry is known to be written.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub listed: bool,
    /// Takes no more commits (while it is merged or erased).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub frozen: bool,
    /// The key that took this one's place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_to: Option<String>,
    /// What it says; `None` when deleted, or created with nothing to say yet.
    pub value: Option<T::Value>,
    /// What the last commit caused elsewhere, until a later commit knows it carried out.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub outbox: Vec<T::Effect>,
    /// Where the document is parked until the outbox is carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parked: Option<Token>,
    /// Idempotency keys and what was answered to them: in the second line.
    #[serde(default, skip_serializing)]
    pub answers: Vec<Answered>,
}

// serde's `skip_serializing_if` passes a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl<T: Table> Envelope<T> {
    /// A new document that says `value`, unborn.
    pub fn first(value: Option<T::Value>) -> Self {
        Self {
            rev: 1,
            touches: 0,
            schema: T::SCHEMA,
            born: false,
            number: None,
            created: 0,
            listed: false,
            frozen: false,
            moved_to: None,
            value,
            outbox: Vec::new(),
            parked: None,
            answers: Vec::new(),
        }
    }

    pub fn encode(&self, key: &str) -> Result<Vec<u8>, StoreError> {
        self.encode_within(key, MAX_BYTES)
    }

    /// The same for a commit that only adds to the envelope: what a full document has caused must not be stuck in it.
    pub fn encode_touched(&self, key: &str) -> Result<Vec<u8>, StoreError> {
        self.encode_within(key, MAX_BYTES.saturating_add(100))
    }

    fn encode_within(&self, key: &str, most: usize) -> Result<Vec<u8>, StoreError> {
        let bytes = self.to_lines().map_err(|error| corrupt(key, &error))?;
        if bytes.len() > most {
            return Err(StoreError::TooLarge {
                key: key.to_owned(),
                bytes: bytes.len(),
            });
        }
        Ok(bytes)
    }

    fn to_lines(&self) -> serde_json::Result<Vec<u8>> {
        let mut bytes = serde_json::to_vec(self)?;
        let rest = self.value.as_ref().map(T::rest).transpose()?.flatten();
        if rest.is_some() || !self.answers.is_empty() {
            bytes.push(b'\n');
            serde_json::to_writer(&mut bytes, &self.answers)?;
        }
        if let Some(rest) = rest {
            bytes.push(b'\n');
            bytes.extend(rest);
        }
        Ok(bytes)
    }

    /// Like [`Envelope::encode`], but a document that is full without its kept answers lets them go (their keys stay)
    /// before it is refused.
    pub fn encode_at_most(&mut self, key: &str) -> Result<Vec<u8>, StoreError> {
        match self.encode(key) {
            Err(StoreError::TooLarge { .. }) if !self.answers.is_empty() => {
                once::forget_answers(&mut self.answers);
                self.encode(key)
            }
            encoded => encoded,
        }
    }

    /// Changes with every commit: equal marks of one document mean that nobody committed in between.
    pub fn mark(&self) -> (u64, u64) {
        (self.rev, self.touches)
    }

    /// Whose effects these are, where the document stands at `key`.
    pub fn sender<'a>(&'a self, key: &'a str) -> Sender<'a, T> {
        Sender {
            key,
            rev: self.rev,
            value: self.value.as_ref(),
        }
    }

    /// The whole document.
    pub fn decode(key: &str, bytes: &[u8]) -> Result<Self, StoreError> {
        let mut lines = bytes.splitn(3, |byte| *byte == b'\n');
        let mut envelope = Self::decode_line(key, lines.next().unwrap_or_default())?;
        if let Some(answers) = lines.next() {
            envelope.answers =
                serde_json::from_slice(answers).map_err(|error| corrupt(key, &error))?;
        }
        envelope.put_rest(key, lines.next())?;
        Ok(envelope)
    }

    /// The same without what was answered to idempotency keys, for who only reads.
    pub fn decode_value(key: &str, bytes: &[u8]) -> Result<Self, StoreError> {
        let mut lines = bytes.splitn(3, |byte| *byte == b'\n');
        let mut envelope = Self::decode_line(key, lines.next().unwrap_or_default())?;
        if T::HAS_REST {
            envelope.put_rest(key, lines.nth(1))?;
        }
        Ok(envelope)
    }

    fn put_rest(&mut self, key: &str, rest: Option<&[u8]>) -> Result<(), StoreError> {
        match (&mut self.value, rest) {
            (Some(value), Some(rest)) => {
                T::put_rest(value, rest).map_err(|error| corrupt(key, &error))
            }
            _ => Ok(()),
        }
    }

    fn decode_line(key: &str, line: &[u8]) -> Result<Self, StoreError> {
        // The schema is looked at first: a newer document need not even have the shape we know.
        #[derive(Deserialize)]
        struct Head {
            schema: u32,
        }
        let newer = |schema| StoreError::Newer {
            key: key.to_owned(),
            schema,
        };
        match serde_json::from_slice::<Self>(line) {
            Ok(envelope) if envelope.schema <= T::SCHEMA => Ok(envelope),
            Ok(envelope) => Err(newer(envelope.schema)),
            Err(error) => match serde_json::from_slice::<Head>(line) {
                Ok(Head { schema }) if schema > T::SCHEMA => Err(newer(schema)),
                _ => Err(corrupt(key, &error)),
            },
        }
    }
}

fn corrupt(key: &str, error: &serde_json::Error) -> StoreError {
    StoreError::Corrupt {
        key: key.to_owned(),
        why: error.to_string(),
    }
}

/// A document's value and the revision at which it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned<V> {
    /// Grows by one at each commit.
    pub rev: u64,
    /// What the document says.
    pub value: V,
}
