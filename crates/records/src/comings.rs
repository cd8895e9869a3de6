//! The latest comings and goings of a customer as their document keeps them: `+vip 1795233600000 7 3;+new;-asleep 1795233600000 8 1`, oldest
//! first. That is whether they came or left, the segment, when in milliseconds, the revision of the customer, and by which version of the
//! segment. The last three are left out where they are those of the one before, as several often come of one commit.
//!
//! Every read of a customer takes them along, and hardly any asks for them. Earlier versions wrote JSON objects, 100 bytes each.

use std::fmt::{self, Write};

use rapport_types::{Slug, Timestamp};
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserializer, Serializer};

use crate::effects::Moved;
use crate::freshness::Transition;
use crate::held::{number, signed};

/// Writes all of a customer's comings and goings as one text.
pub(crate) fn serialize<S: Serializer>(all: &[Transition], to: S) -> Result<S::Ok, S::Error> {
    let mut text = String::with_capacity(all.len().saturating_mul(40));
    let mut last = None;
    for one in all {
        if !text.is_empty() {
            text.push(';');
        }
        let sign = match one.event {
            Moved::Entered => '+',
            Moved::Left => '-',
        };
        text.push(sign);
        text.push_str(one.segment.as_str());
        let when = (one.at, one.rev, one.version);
        if last != Some(when) {
            let (at, rev, version) = when;
            // Writing to a string cannot fail.
            let _ = write!(text, " {} {rev} {version}", at.millis());
        }
        last = Some(when);
    }
    to.serialize_str(&text)
}

/// Reads them back, also as earlier versions wrote them.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Transition>, D::Error> {
    from.deserialize_any(Read)
}

/// Takes one from its text; `last` is the one before.
fn one(text: &str, last: Option<&Transition>) -> Option<Transition> {
    let event = match text.as_bytes().first()? {
        b'+' => Moved::Entered,
        b'-' => Moved::Left,
        _ => return None,
    };
    let (segment, when) = match text.get(1..)?.split_once(' ') {
        Some((segment, when)) => (segment, Some(when)),
        None => (text.get(1..)?, None),
    };
    let (at, rev, version) = match when {
        None => last.map(|last| (last.at, last.rev, last.version))?,
        Some(when) => {
            let (at, rest) = signed(when.as_bytes())?;
            let (rev, rest) = number(rest.strip_prefix(b" ")?)?;
            let (version, rest) = number(rest.strip_prefix(b" ")?)?;
            if !rest.is_empty() {
                return None;
            }
            (Timestamp::from_millis(at), rev, version)
        }
    };
    let segment = Slug::parse(segment).ok()?;
    Some(Transition {
        segment,
        version,
        event,
        at,
        rev,
    })
}

struct Read;

impl<'de> Visitor<'de> for Read {
    type Value = Vec<Transition>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("comings and goings")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        let mut all = Vec::new();
        if text.is_empty() {
            return Ok(all);
        }
        for text in text.split(';') {
            let read = one(text, all.last());
            all.push(read.ok_or_else(|| E::custom(format!("no coming or going: {text}")))?);
        }
        Ok(all)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(one) = from.next_element()? {
            all.push(one);
        }
        Ok(all)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde::{Deserialize, Serialize};
    use serde_json::{Value, json};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Record {
        #[serde(with = "super")]
        all: Vec<Transition>,
    }

    fn read(all: Value) -> serde_json::Result<Record> {
        serde_json::from_value(json!({ "all": all }))
    }

    #[test]
    fn they_are_read_as_they_were_written_and_as_earlier_versions_wrote_them() {
        let text = json!("+vip 1795233600250 7 3;-out;-a_sleep-2 -5 8 1");
        let now = read(text.clone()).unwrap();
        let before = json!([
            {"segment": "vip", "version": 3, "event": "segment_entered", "at": "2026-11-21T04:00:00.25Z", "rev": 7},
            {"segment": "out", "version": 3, "event": "segment_left", "at": "2026-11-21T04:00:00.25Z", "rev": 7},
            {"segment": "a_sleep-2", "version": 1, "event": "segment_left", "at": "1969-12-31T23:59:59.995Z", "rev": 8}]);
        assert_eq!(read(before).unwrap(), now);
        assert_eq!(serde_json::to_value(&now).unwrap(), json!({ "all": text }));
        assert!(read(json!("")).unwrap().all.is_empty());
        assert!(read(json!([])).unwrap().all.is_empty());
    }

    #[test]
    fn what_is_damaged_is_not_taken_for_nothing() {
        for damaged in [
            "a",
            "+a",
            "a 5 6 1",
            "*a 5 6 1",
            "+a x 6 1",
            "+a 5 6",
            "+a 5 6 1 ",
            "+a 5 6 1;",
            "+a 5 6 1;+",
            "+a 5 6 1;b",
            "+a 5 -6 1",
            "ä 5 6 1",
            "+ä 5 6 1",
        ] {
            assert!(read(json!(damaged)).is_err(), "{damaged}");
        }
    }
}
