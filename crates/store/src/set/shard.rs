//! What is stored of a set: one document a shard.

use std::fmt;

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::Member;
use crate::table::{NoEffect, Table};

/// The documents of all sets.
pub(super) struct Shards;

impl Table for Shards {
    type Value = Shard;
    type Effect = NoEffect;
    const NAME: &'static str = "set";
    const SCHEMA: u32 = 1;
}

/// A part of a set: all members whose hashes begin alike.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Shard {
    pub body: Body,
    #[serde(default, skip_serializing_if = "Gate::is_open")]
    pub gate: Gate,
}

/// What a shard says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Body {
    /// Its members, in the order of (hash, member).
    Leaf(Vec<Entry>),
    /// What its 16 children are called, but for the last digit.
    Inner(String),
}

impl Default for Body {
    fn default() -> Self {
        Self::Leaf(Vec::new())
    }
}

/// Whether members may come in (see `close`).
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Gate {
    /// They may.
    #[default]
    Open,
    /// On the root: this attempt at closing is under way. On a leaf, which is empty then: some attempt has been here, and
    /// whoever adds asks the root first.
    Fenced(u64),
    /// On the root: never again.
    Closed,
}

impl Gate {
    fn is_open(&self) -> bool {
        *self == Self::Open
    }
}

impl Shard {
    pub fn new(body: Body) -> Self {
        Self {
            body,
            gate: Gate::Open,
        }
    }
}

/// A member as a leaf keeps it: `"name"`, or `["name", payload]`. One that was reported is `["name", payload, rev]`, or, if it
/// left, `["name", null, rev, left]`: no member any more, but the trace of one.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub name: String,
    pub payload: Option<Value>,
    pub heard: Option<Heard>,
    /// Computed when first asked for, as most are never asked.
    hash: Option<u64>,
}

/// What was reported of a member last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Heard {
    /// The revision of the document that says so.
    pub rev: u64,
    /// When that it is no member was written down, by the platform's clock in milliseconds; `None`: it is one.
    pub left: Option<i64>,
}

impl Entry {
    pub fn new(name: String, payload: Option<Value>, hash: Option<u64>) -> Self {
        Self {
            name,
            payload,
            heard: None,
            hash,
        }
    }

    /// When this was written down as the trace of one who left; `None` of a member.
    pub fn left(&self) -> Option<i64> {
        self.heard.and_then(|heard| heard.left)
    }

    /// The hash of the member, by the set's `hash`.
    pub fn hash(&mut self, hash: fn(&str) -> u64) -> u64 {
        *self.hash.get_or_insert_with(|| hash(&self.name))
    }

    /// The most bytes that this takes in a leaf: exact, but for control characters that have short escapes.
    pub fn bytes_at_most(&self) -> usize {
        let name = self.name.bytes().map(|byte| match byte {
            b'"' | b'\\' => 2,
            0..=0x1f => 6,
            _ => 1_usize,
        });
        // Two quotes and a comma; around a payload, two brackets and a comma more.
        let name = name.fold(3_usize, usize::saturating_add);
        let payload = |null: usize| match &self.payload {
            None => null,
            Some(payload) => payload.to_string().len().saturating_add(3),
        };
        let Some(heard) = self.heard else {
            return name.saturating_add(payload(0));
        };
        let number = |text: String| text.len().saturating_add(1);
        name.saturating_add(payload(7))
            .saturating_add(number(heard.rev.to_string()))
            .saturating_add(heard.left.map_or(0, |left| number(left.to_string())))
    }
}

impl From<Entry> for Member {
    fn from(entry: Entry) -> Self {
        Self {
            name: entry.name,
            payload: entry.payload,
        }
    }
}

impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match (&self.payload, self.heard) {
            (None, None) => to.serialize_str(&self.name),
            (Some(payload), None) => (&self.name, payload).serialize(to),
            (payload, Some(Heard { rev, left: None })) => (&self.name, payload, rev).serialize(to),
            (payload, Some(Heard { rev, left })) => (&self.name, payload, rev, left).serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(EntryVisitor)
    }
}

struct EntryVisitor;

impl<'de> Visitor<'de> for EntryVisitor {
    type Value = Entry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member, or a list of a member and what is kept beside it")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Entry, E> {
        Ok(Entry::new(name.to_owned(), None, None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Entry, A::Error> {
        let short = |length| de::Error::invalid_length(length, &self);
        let name = parts.next_element()?.ok_or_else(|| short(0))?;
        let payload: Value = parts.next_element()?.ok_or_else(|| short(1))?;
        let Some(rev) = parts.next_element()? else {
            return Ok(Entry::new(name, Some(payload), None));
        };
        let left = parts.next_element()?;
        let payload = Some(payload).filter(|payload| !payload.is_null());
        let mut entry = Entry::new(name, payload, None);
        entry.heard = Some(Heard { rev, left });
        Ok(entry)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;

    #[test]
    fn no_entry_takes_more_bytes_than_it_says() {
        for (name, spare) in [
            ("plain", 0),
            ("分群", 0),
            (r#"a"b\c"#, 0),
            ("\u{1}\u{1f}", 0),
            ("\n", 4),
        ] {
            for payload in [None, Some(Value::Null), Some(Value::from("a\"b"))] {
                let entry = Entry::new(name.to_owned(), payload, None);
                let text = serde_json::to_string(&[&entry, &entry]).unwrap();
                // Two entries, the brackets around them, and no comma after the last.
                let said = entry.bytes_at_most().strict_mul(2).strict_add(1);
                assert_eq!(text.len().strict_add(2 * spare), said, "{text}");
                for left in [None, Some(1_795_000_000_000)] {
                    let mut entry = entry.clone();
                    entry.heard = Some(Heard { rev: 107, left });
                    let text = serde_json::to_string(&[&entry]).unwrap();
                    let said = entry.bytes_at_most().strict_add(1);
                    assert_eq!(text.len().strict_add(spare), said, "{text}");
                    let again: Vec<Entry> = serde_json::from_str(&text).unwrap();
                    assert_eq!(again[0].heard, entry.heard);
                }
            }
        }
    }

    #[test]
    fn a_shard_is_stored_as_documented() {
        let heard = |name: &str, rev, left| {
            let mut entry = Entry::new(name.to_owned(), None, None);
            entry.heard = Some(Heard { rev, left });
            entry
        };
        let entries = vec![
            Entry::new("a".to_owned(), None, Some(7)),
            Entry::new("b".to_owned(), Some(Value::Null), None),
            heard("c", 4, None),
            heard("d", 5, Some(99)),
        ];
        let leaf = Shard::new(Body::Leaf(entries));
        let text = serde_json::to_string(&leaf).unwrap();
        assert_eq!(
            text,
            r#"{"body":{"leaf":["a",["b",null],["c",null,4],["d",null,5,99]]}}"#
        );
        let again: Shard = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&again).unwrap(), text);

        let inner = Shard {
            body: Body::Inner("0123".to_owned()),
            gate: Gate::Fenced(5),
        };
        let text = serde_json::to_string(&inner).unwrap();
        assert_eq!(text, r#"{"body":{"inner":"0123"},"gate":{"fenced":5}}"#);
        let again: Shard = serde_json::from_str(&text).unwrap();
        assert_eq!(again.gate, Gate::Fenced(5));
    }
}
