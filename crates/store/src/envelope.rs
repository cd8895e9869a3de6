//! What is stored around a document's value.
//!
//! A document is up to five lines: the envelope, what the document says, what its last commit caused elsewhere, what was answered to
//! idempotency keys, and what its table sets apart ([`Table::rest`](crate::Table::rest)). Lines that are empty at the end are left
//! out. Most readers need the first two, and do not look further: a points account is read for its tier on every page view, and nine
//! tenths of it are its journal.
//!
//! Here nothing is known of tables: what a document says is JSON that nobody has to understand to commit it. So the protocols of
//! this crate are compiled once in a component, and not once for each kind of document.

use std::ops::Range;

use bytes::Bytes;
use rapport_types::json;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::once::{self, Answered};
use crate::parking::Token;

/// The most bytes of a stored document.
pub const MAX_BYTES: usize = 300_000;

/// A document as it is stored.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Envelope {
    /// Grows by one whenever what the document says is committed anew.
    pub rev: u64,
    /// Grows by one at each commit that leaves what it says: an outbox emptied, an answer kept. With `rev` it makes equal
    /// bytes mean equal history, and clients see no new revision of a document that has not changed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub touches: u64,
    /// The schema version of what the document says.
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
    /// Where the document is parked until the outbox is carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parked: Option<Token>,
    /// What it says, as JSON; `None` when deleted, or created with nothing to say yet.
    #[serde(skip)]
    pub value: Option<Bytes>,
    /// A list of what the last commit caused elsewhere, as JSON, until a later commit knows it carried out.
    #[serde(skip)]
    pub outbox: Option<Bytes>,
    /// Idempotency keys and what was answered to them, as JSON.
    #[serde(skip)]
    pub answers: Option<Bytes>,
    /// What the table sets apart.
    #[serde(skip)]
    pub rest: Option<Bytes>,
}

// serde's `skip_serializing_if` passes a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Envelope {
    /// A new document that says `value`, unborn.
    pub fn first(schema: u32, value: Option<Bytes>) -> Self {
        Self {
            rev: 1,
            schema,
            value,
            ..Self::default()
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
        let mut bytes = serde_json::to_vec(self).map_err(|error| corrupt(key, &error))?;
        let lines = [&self.value, &self.outbox, &self.answers, &self.rest];
        let mut skipped: usize = 0;
        for line in lines {
            skipped = skipped.saturating_add(1);
            if let Some(line) = line {
                bytes.resize(bytes.len().saturating_add(skipped), b'\n');
                bytes.extend_from_slice(line);
                skipped = 0;
            }
        }
        if bytes.len() > most {
            return Err(StoreError::TooLarge {
                key: key.to_owned(),
                bytes: bytes.len(),
            });
        }
        Ok(bytes)
    }

    /// Like [`Envelope::encode`], but a document that is full without its kept answers lets them go (their keys stay)
    /// before it is refused.
    pub fn encode_at_most(&mut self, key: &str) -> Result<Vec<u8>, StoreError> {
        match self.encode(key) {
            Err(StoreError::TooLarge { .. }) if self.answers.is_some() => {
                let mut answers = self.answered(key)?;
                once::forget_answers(&mut answers);
                self.keep_answered(key, &answers)?;
                self.encode(key)
            }
            encoded => encoded,
        }
    }

    /// What was answered to idempotency keys.
    pub fn answered(&self, key: &str) -> Result<Vec<Answered>, StoreError> {
        match &self.answers {
            Some(answers) => json::from_slice(answers).map_err(|error| corrupt(key, &error)),
            None => Ok(Vec::new()),
        }
    }

    /// Keeps `answers` in the place of those kept before.
    pub fn keep_answered(&mut self, key: &str, answers: &[Answered]) -> Result<(), StoreError> {
        let json = serde_json::to_vec(answers).map_err(|error| corrupt(key, &error))?;
        self.answers = Some(json.into());
        Ok(())
    }

    /// Changes with every commit: equal marks of one document mean that nobody committed in between.
    pub fn mark(&self) -> (u64, u64) {
        (self.rev, self.touches)
    }

    /// The document that `bytes` are; refused where it is of a schema beyond `schema`.
    pub fn decode(key: &str, schema: u32, bytes: &Bytes) -> Result<Self, StoreError> {
        // The schema is looked at first: a newer document need not even have the shape we know.
        #[derive(Deserialize)]
        struct Head {
            schema: u32,
        }
        let newer = |schema| StoreError::Newer {
            key: key.to_owned(),
            schema,
        };
        let [head, value, outbox, answers, rest] = lines(bytes);
        let head = bytes.get(head).unwrap_or_default();
        let line = |range: Range<usize>| (!range.is_empty()).then(|| bytes.slice(range));
        match json::from_slice::<Self>(head) {
            Ok(envelope) if envelope.schema > schema => Err(newer(envelope.schema)),
            Ok(envelope) => match Before::read(head) {
                Some(before) => Ok(Self {
                    value: before.value.map(|value| value.to_string().into()),
                    outbox: before.outbox.map(|outbox| outbox.to_string().into()),
                    answers: line(value),
                    rest: line(outbox.start..bytes.len()),
                    ..envelope
                }),
                None => Ok(Self {
                    value: line(value),
                    outbox: line(outbox),
                    answers: line(answers),
                    rest: line(rest),
                    ..envelope
                }),
            },
            Err(error) => match json::from_slice::<Head>(head) {
                Ok(found) if found.schema > schema => Err(newer(found.schema)),
                _ => Err(corrupt(key, &error)),
            },
        }
    }
}

/// What stood in the first line before it had a line of its own. Whoever does not know it would take such a document for an empty
/// one, and write over it.
#[derive(Deserialize)]
struct Before {
    #[serde(default)]
    value: Option<serde_json::Value>,
    #[serde(default)]
    outbox: Option<serde_json::Value>,
}

impl Before {
    /// `None` of a document as it is written now.
    fn read(head: &[u8]) -> Option<Self> {
        // Always written then, and the first of its name: nothing else in an envelope is called so.
        memchr::memmem::find(head, b"\"value\":")?;
        json::from_slice(head).ok()
    }
}

/// Where the five lines are. The last one goes on to the end, whatever is in it.
fn lines(bytes: &[u8]) -> [Range<usize>; 5] {
    let mut from = 0_usize;
    let mut next = || {
        let rest = bytes.get(from..).unwrap_or_default();
        let long = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = from..from.saturating_add(long);
        from = line.end.saturating_add(1).min(bytes.len());
        line
    };
    let (head, value, outbox, answers) = (next(), next(), next(), next());
    [head, value, outbox, answers, from..bytes.len()]
}

pub(crate) fn corrupt(key: &str, error: &serde_json::Error) -> StoreError {
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_read_as_it_was_written_whichever_lines_it_has() {
        let line = |text: &'static str| Some(Bytes::from_static(text.as_bytes()));
        for bits in 0..16_u8 {
            let has = |bit: u8| bits >> bit & 1 == 1;
            let envelope = Envelope {
                rev: 7,
                value: line("{\"a\":1}").filter(|_| has(0)),
                outbox: line("[1]").filter(|_| has(1)),
                answers: line("[2]").filter(|_| has(2)),
                rest: line("one\ntwo\n").filter(|_| has(3)),
                ..Envelope::default()
            };
            let bytes = Bytes::from(envelope.encode("k").unwrap());
            let read = Envelope::decode("k", 0, &bytes).unwrap();
            assert_eq!(read.rev, 7);
            assert_eq!(read.value, envelope.value, "{bits}");
            assert_eq!(read.outbox, envelope.outbox, "{bits}");
            assert_eq!(read.answers, envelope.answers, "{bits}");
            assert_eq!(read.rest, envelope.rest, "{bits}");
        }
    }
}
