//! The memberships of a customer as their document keeps them.
//!
//! A customer may be in 200 segments and is read on every page view, so memberships stand in the document as one text that is taken apart
//! by hand, `vip 1795233600000 3;asleep 1795233600000 1`: id, since when in milliseconds, and the definition's version. As JSON objects,
//! which is how earlier versions wrote them, reading them took eight times as long.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use rapport_types::{Slug, Timestamp};
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serializer};

/// A membership as it stood at a customer's last commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Since when.
    pub since: Timestamp,
    /// By which version of the definition.
    pub version: u64,
}

/// Writes all of a customer's memberships as one text.
pub(crate) fn serialize<S: Serializer>(
    held: &BTreeMap<Slug, Held>,
    to: S,
) -> Result<S::Ok, S::Error> {
    let mut text = String::with_capacity(held.len().saturating_mul(32));
    for (id, held) in held {
        if !text.is_empty() {
            text.push(';');
        }
        // Writing to a string cannot fail.
        let _ = write!(text, "{id} {} {}", held.since.millis(), held.version);
    }
    to.serialize_str(&text)
}

/// Reads them back, also as earlier versions wrote them.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<BTreeMap<Slug, Held>, D::Error> {
    from.deserialize_any(Memberships)
}

/// Takes one membership from its text.
fn one(text: &str) -> Option<(Slug, Held)> {
    let mut parts = text.split(' ');
    let id = Slug::parse(parts.next()?).ok()?;
    let since = Timestamp::from_millis(parts.next()?.parse().ok()?);
    let version = parts.next()?.parse().ok()?;
    Some((id, Held { since, version }))
}

struct Memberships;

impl<'de> Visitor<'de> for Memberships {
    type Value = BTreeMap<Slug, Held>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("memberships")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        let all = text.split(';').filter(|one| !one.is_empty());
        all.map(|text| one(text).ok_or_else(|| E::custom(format!("no membership: {text}"))))
            .collect()
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        #[derive(Deserialize)]
        struct Old {
            since: Moment,
            version: u64,
        }
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Moment {
            Millis(i64),
            Text(Timestamp),
        }
        let mut all = BTreeMap::new();
        while let Some((id, Old { since, version })) = map.next_entry()? {
            let since = match since {
                Moment::Millis(millis) => Timestamp::from_millis(millis),
                Moment::Text(moment) => moment,
            };
            all.insert(id, Held { since, version });
        }
        Ok(all)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde::Serialize;
    use serde_json::json;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Record {
        #[serde(with = "super")]
        memberships: BTreeMap<Slug, Held>,
    }

    fn record(json: serde_json::Value) -> serde_json::Result<Record> {
        serde_json::from_value(json)
    }

    #[test]
    fn memberships_are_read_as_they_were_written() {
        let text = json!({"memberships": "asleep -1 2;vip 1795233600000 18446744073709551615"});
        let read = record(text.clone()).unwrap();
        assert_eq!(read.memberships.len(), 2);
        assert_eq!(serde_json::to_value(&read).unwrap(), text);
        let none = json!({"memberships": ""});
        let read = record(none.clone()).unwrap();
        assert!(read.memberships.is_empty());
        assert_eq!(serde_json::to_value(&read).unwrap(), none);
    }

    #[test]
    fn objects_of_earlier_versions_are_read_too() {
        let text = record(json!({"memberships": "a 1795233600000 1;b 1795233600000 2"})).unwrap();
        let objects = json!({"memberships": {
            "a": {"since": "2026-11-21T04:00:00Z", "version": 1},
            "b": {"since": 1_795_233_600_000_i64, "version": 2}}});
        assert_eq!(record(objects).unwrap(), text);
    }

    #[test]
    fn what_is_damaged_is_not_taken_for_nothing() {
        for damaged in ["a", "a 1", "a x 1", "a 1 1 ;b", "ä 1 1"] {
            assert!(
                record(json!({"memberships": damaged})).is_err(),
                "{damaged}"
            );
        }
    }
}
