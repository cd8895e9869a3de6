//! The rows of an id page, as one text in which a row can be looked for without reading the others.
//!
//! An account with 10,000 transactions asks five pages of some 500 rows for every new id. As lists of numbers, reading them took half of
//! the time of an earn. So a row is 26 characters, sorted: the hash in 16 hex digits, the entry's number in 10.

use std::fmt;

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const KEY: usize = 16;
const NUMBER: usize = 10;
const ROW: usize = KEY + NUMBER;

/// Pairs of a hash and a number, by hash. A number of more than 40 bits, which no journal comes to, is cut down to that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rows {
    /// Each [`ROW`] characters.
    Text(Vec<u8>),
    /// As they were written before. They are a text from the next change on, and most pages never change again.
    List(Vec<(u64, u64)>),
}

impl Default for Rows {
    fn default() -> Self {
        Self::Text(Vec::new())
    }
}

impl Rows {
    /// The number that stands with `key`.
    pub(crate) fn get(&self, key: u64) -> Option<u64> {
        match self {
            Self::Text(text) => number(text, find(text, &hex(key)).ok()?),
            Self::List(rows) => {
                let place = rows.binary_search_by_key(&key, |row| row.0).ok()?;
                rows.get(place).map(|row| row.1)
            }
        }
    }

    /// Lets `n` stand with `key`, unless that has a larger one. True where that changes anything.
    pub(crate) fn raise(&mut self, key: u64, n: u64) -> bool {
        if self.get(key).is_some_and(|other| other >= n) {
            return false;
        }
        let mut text = std::mem::take(self).into_text();
        let (place, rows) = match find(&text, &hex(key)) {
            Ok(place) => (place, 1),
            Err(place) => (place, 0_usize),
        };
        let start = place.saturating_mul(ROW).min(text.len());
        let end = start.saturating_add(rows.saturating_mul(ROW));
        text.splice(start..end.min(text.len()), row((key, n)));
        *self = Self::Text(text);
        true
    }

    fn into_text(self) -> Vec<u8> {
        match self {
            Self::Text(text) => text,
            Self::List(rows) => rows.into_iter().flat_map(row).collect(),
        }
    }
}

fn rows(text: &[u8]) -> &[[u8; ROW]] {
    text.as_chunks().0
}

fn find(text: &[u8], key: &[u8; KEY]) -> Result<usize, usize> {
    rows(text).binary_search_by(|row| row.first_chunk().cmp(&Some(key)))
}

fn number(text: &[u8], place: usize) -> Option<u64> {
    let digits = rows(text).get(place)?.last_chunk::<NUMBER>()?;
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

fn row((key, n): (u64, u64)) -> impl Iterator<Item = u8> {
    let n: [u8; NUMBER] = hex(n.min(0xff_ffff_ffff));
    hex::<KEY>(key).into_iter().chain(n)
}

/// The last `N` digits of `number`.
fn hex<const N: usize>(number: u64) -> [u8; N] {
    let mut digits = [b'0'; N];
    let mut left = number;
    for digit in digits.iter_mut().rev() {
        let nibble = u8::try_from(left & 0xf).unwrap_or(0);
        *digit = match nibble {
            0..=9 => nibble.saturating_add(b'0'),
            _ => nibble.saturating_add(b'a' - 10),
        };
        left >>= 4;
    }
    digits
}

impl Serialize for Rows {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => {
                let text = std::str::from_utf8(text).map_err(serde::ser::Error::custom)?;
                to.serialize_str(text)
            }
            Self::List(rows) => to.collect_seq(rows),
        }
    }
}

impl<'de> Deserialize<'de> for Rows {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Either)
    }
}

/// The text, or what stood for it before: a list of pairs.
struct Either;

impl<'de> Visitor<'de> for Either {
    type Value = Rows;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rows of an id page")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Rows, E> {
        let text = text.as_bytes();
        match text.as_chunks::<ROW>().1 {
            [] => Ok(Rows::Text(text.to_vec())),
            _ => Err(E::custom("a row is cut off")),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Rows, A::Error> {
        let mut rows = Vec::new();
        while let Some(row) = list.next_element()? {
            rows.push(row);
        }
        Ok(Rows::List(rows))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_in_whatever_order_they_came_and_survive_the_document() {
        let mut rows = Rows::default();
        let keys = [7, u64::MAX, 0, 0xfedc_ba98_7654_3210, 8];
        for (n, key) in (1..).zip(keys) {
            assert!(rows.raise(key, n));
            assert!(!rows.raise(key, n), "it stands there already");
        }
        assert!(rows.raise(7, 900_000) && !rows.raise(7, 5));
        let text = serde_json::to_string(&rows).unwrap();
        let again: Rows = serde_json::from_str(&text).unwrap();
        assert_eq!(again, rows);
        let found: Vec<_> = keys.iter().map(|key| again.get(*key)).collect();
        assert_eq!(found, [Some(900_000), Some(2), Some(3), Some(4), Some(5)]);
        assert_eq!((again.get(9), again.get(1)), (None, None));
    }

    #[test]
    fn a_page_that_was_written_as_a_list_is_read() {
        let mut rows: Rows =
            serde_json::from_str("[[3,2],[9,70],[18446744073709551615,71]]").unwrap();
        let found = |rows: &Rows| [3, 9, u64::MAX, 4].map(|key| rows.get(key));
        assert_eq!(found(&rows), [Some(2), Some(70), Some(71), None]);
        assert!(!rows.raise(9, 70) && rows.raise(4, 72));
        assert_eq!(found(&rows), [Some(2), Some(70), Some(71), Some(72)]);
        assert!(matches!(rows, Rows::Text(_)));
    }

    #[test]
    fn a_page_that_was_cut_off_is_refused() {
        assert!(serde_json::from_str::<Rows>("\"0000000000000003000000000\"").is_err());
    }
}
