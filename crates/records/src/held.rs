//! The memberships of a customer as their document keeps them.
//!
//! A customer may be in 200 segments and is read on every page view, so memberships stand in the document as one text that is taken apart
//! by hand, `asleep 1795233600000 1;new;vip 1795233600000 3`: id, since when in milliseconds, and the definition's version, in the order
//! of the ids. What the one before says, too, is left out: many begin with one commit, and most definitions never change. Who reads it keeps
//! the text as it is, and beside it where each id stands there: nothing is allocated for each of them, and whoever asks for all segments
//! in their order compares each id once ([`Memberships::near`]).
//!
//! Earlier versions left nothing out, or wrote JSON objects.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt::{self, Write};

use rapport_types::{Slug, Timestamp};
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A membership as it stood at a customer's last commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Since when.
    pub since: Timestamp,
    /// By which version of the definition.
    pub version: u64,
}

/// The memberships of a customer by the ids of segments, in their order.
#[derive(Debug, Clone, Default)]
pub struct Memberships {
    text: String,
    all: Vec<One>,
}

/// One of them: where its id stands in the text, and what it is.
#[derive(Debug, Clone, Copy)]
struct One {
    from: usize,
    to: usize,
    held: Held,
}

impl Memberships {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// All of them, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Held)> {
        self.all.iter().map(|one| (self.id(one), one.held))
    }

    /// That in the segment `id`, if there is one.
    pub fn get(&self, id: &Slug) -> Option<Held> {
        let of = |one: &One| self.id(one).cmp(id.as_str());
        let place = self.all.binary_search_by(of).ok()?;
        self.all.get(place).map(|one| one.held)
    }

    /// The same; `place` is where the search begins, and ends: at first 0. It is quick for those who ask in the order of ids.
    pub(crate) fn near(&self, place: &mut usize, id: &Slug) -> Option<Held> {
        while let Some(one) = self.all.get(*place) {
            // By hand: of what is so short, the call of a comparison is most of it.
            match self.id(one).bytes().cmp(id.as_str().bytes()) {
                Ordering::Less => *place = place.saturating_add(1),
                Ordering::Equal => return Some(one.held),
                Ordering::Greater => break,
            }
        }
        let before = place.checked_sub(1).and_then(|last| self.all.get(last));
        match before.is_some_and(|one| self.id(one) >= id.as_str()) {
            // Somebody asks out of order.
            true => self.get(id),
            false => None,
        }
    }

    fn id(&self, one: &One) -> &str {
        self.text.get(one.from..one.to).unwrap_or_default()
    }

    /// Takes them from their text.
    fn read(text: &str) -> Option<Self> {
        let mut all = Vec::with_capacity(text.len().div_ceil(4));
        let mut last = None;
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            let from = text.len().checked_sub(rest.len())?;
            let of_id = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
            let long = rest.iter().take_while(of_id).count();
            if !(1..=Slug::MAX_BYTES).contains(&long) {
                return None;
            }
            let (held, after) = match (rest.get(long..)?, last) {
                ([b' ', after @ ..], last) => {
                    let (since, after) = signed(after)?;
                    let (version, after) = match (after, last) {
                        ([b' ', after @ ..], _) => number(after)?,
                        (after, Some(Held { version, .. })) => (version, after),
                        _ => return None,
                    };
                    let since = Timestamp::from_millis(since);
                    (Held { since, version }, after)
                }
                (after, Some(last)) => (last, after),
                _ => return None,
            };
            last = Some(held);
            all.push(One {
                from,
                to: from.checked_add(long)?,
                held,
            });
            rest = match after {
                [b';', next @ ..] if !next.is_empty() => next,
                [] => after,
                _ => return None,
            };
        }
        let read = Self {
            text: text.to_owned(),
            all,
        };
        if read
            .all
            .is_sorted_by(|one, next| read.id(one) < read.id(next))
        {
            return Some(read);
        }
        let all = read
            .iter()
            .map(|(id, held)| Some((Slug::parse(id).ok()?, held)));
        let all: BTreeMap<Slug, Held> = all.collect::<Option<_>>()?;
        Some(Self::from(&all))
    }
}

/// The number that `bytes` begin with, and what follows.
pub(crate) fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (mut number, mut rest) = (0_u64, bytes);
    while let [digit @ b'0'..=b'9', after @ ..] = rest {
        number = number.wrapping_mul(10).wrapping_add(u64::from(digit & 15));
        rest = after;
    }
    let digits = bytes.len().saturating_sub(rest.len());
    match digits {
        0 => None,
        1..=SURE => Some((number, rest)),
        // A multiplication that is checked takes five times as long in WebAssembly.
        _ => {
            let text = std::str::from_utf8(bytes.get(..digits)?).ok()?;
            Some((text.parse().ok()?, rest))
        }
    }
}

/// Numbers of so many digits fit.
const SURE: usize = 19;

/// The same of a number that may be below zero.
pub(crate) fn signed(bytes: &[u8]) -> Option<(i64, &[u8])> {
    match bytes {
        [b'-', rest @ ..] => {
            let (number, rest) = number(rest)?;
            Some((0_i64.checked_sub_unsigned(number)?, rest))
        }
        bytes => {
            let (number, rest) = number(bytes)?;
            Some((i64::try_from(number).ok()?, rest))
        }
    }
}

impl From<&BTreeMap<Slug, Held>> for Memberships {
    fn from(held: &BTreeMap<Slug, Held>) -> Self {
        let mut text = String::with_capacity(held.len().saturating_mul(32));
        let mut all = Vec::with_capacity(held.len());
        let mut last = None::<Held>;
        for (id, held) in held {
            if !text.is_empty() {
                text.push(';');
            }
            let from = text.len();
            text.push_str(id.as_str());
            let to = text.len();
            let held = *held;
            let same_version = last.is_some_and(|last| last.version == held.version);
            if last != Some(held) {
                // Writing to a string cannot fail.
                let _ = write!(text, " {}", held.since.millis());
                if !same_version {
                    let _ = write!(text, " {}", held.version);
                }
            }
            last = Some(held);
            all.push(One { from, to, held });
        }
        Self { text, all }
    }
}

impl PartialEq for Memberships {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Memberships {}

impl Serialize for Memberships {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Memberships {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Read)
    }
}

struct Read;

impl<'de> Visitor<'de> for Read {
    type Value = Memberships;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("memberships")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Memberships, E> {
        Memberships::read(text).ok_or_else(|| E::custom(format!("no memberships: {text}")))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Memberships, A::Error> {
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
        Ok(Memberships::from(&all))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(json: serde_json::Value) -> serde_json::Result<Memberships> {
        serde_json::from_value(json)
    }

    fn slug(id: &str) -> Slug {
        Slug::parse(id).unwrap()
    }

    #[test]
    fn memberships_are_read_as_they_were_written() {
        let text = json!("asleep -1 2;vip 1795233600000 18446744073709551615");
        let all = read(text.clone()).unwrap();
        let held = |since: i64, version| Held {
            since: Timestamp::from_millis(since),
            version,
        };
        let expected = [
            ("asleep", held(-1, 2)),
            ("vip", held(1_795_233_600_000, u64::MAX)),
        ];
        assert!(all.iter().eq(expected));
        assert_eq!(serde_json::to_value(&all).unwrap(), text);
        let map = expected.map(|(id, held)| (slug(id), held));
        let written = Memberships::from(&BTreeMap::from(map));
        assert_eq!(serde_json::to_value(&written).unwrap(), text);
        let none = read(json!("")).unwrap();
        assert!(none.is_empty());
        assert_eq!(serde_json::to_value(&none).unwrap(), json!(""));
    }

    #[test]
    fn what_the_one_before_says_is_left_out() {
        let short = json!("a 5 1;b;c 5 2;d;e 6;f -7");
        let long = json!("a 5 1;b 5 1;c 5 2;d 5 2;e 6 2;f -7 2");
        let (short_read, long_read) = (read(short.clone()).unwrap(), read(long).unwrap());
        assert_eq!(short_read, long_read);
        let map: BTreeMap<Slug, Held> = short_read
            .iter()
            .map(|(id, held)| (slug(id), held))
            .collect();
        assert_eq!(
            serde_json::to_value(Memberships::from(&map)).unwrap(),
            short
        );
    }

    #[test]
    fn each_is_found_in_whatever_order_they_are_asked_for() {
        let sorted = read(json!("a 1 1;b-c 2;b_c 3;d 4;d2 5")).unwrap();
        let unsorted = read(json!("d2 5 1;b_c 3 1;a 1 1;d 4 1;b-c 2 1")).unwrap();
        assert_eq!(sorted, unsorted);
        let ids = ["0", "a", "a1", "b", "b-c", "b_c", "c", "d", "d1", "d2", "e"];
        let known = |id: &str| match id {
            "a" => Some(1),
            "b-c" => Some(2),
            "b_c" => Some(3),
            "d" => Some(4),
            "d2" => Some(5),
            _ => None,
        };
        let since = |held: Option<Held>| held.map(|held| held.since.millis());
        for all in [sorted, unsorted] {
            // In their order, backwards, and with leaps: eleven is a prime, so each step meets all of them.
            for step in 1..ids.len() {
                let mut place = 0;
                for id in ids.iter().cycle().step_by(step).take(ids.len()) {
                    let near = all.near(&mut place, &slug(id));
                    assert_eq!(since(near), known(id), "{id} by {step}");
                    assert_eq!(since(all.get(&slug(id))), known(id), "{id}");
                }
            }
        }
    }

    #[test]
    fn objects_of_earlier_versions_are_read_too() {
        let text = read(json!("a 1795233600000 1;b 1795233600000 2")).unwrap();
        let objects = json!({
            "a": {"since": "2026-11-21T04:00:00Z", "version": 1},
            "b": {"since": 1_795_233_600_000_i64, "version": 2}});
        assert_eq!(read(objects).unwrap(), text);
    }

    #[test]
    fn what_is_damaged_is_not_taken_for_nothing() {
        for damaged in [
            "a",
            "a 1",
            "a x 1",
            "a 1 1 ;b",
            "a 1 1;b 1 ",
            "a 1 1;b ",
            "a 1 1;;b",
            "a 1 1;",
            "ä 1 1",
            " 1 1",
            "a  1",
            "a 1 -1",
            "a 1 18446744073709551616",
            "a 9223372036854775808 1",
        ] {
            assert!(read(json!(damaged)).is_err(), "{damaged}");
        }
        let long = format!("{} 1 1", "a".repeat(65));
        assert!(read(json!(long)).is_err());
    }
}
