//! The rows of an id page, as one text in which a row can be looked for without reading the others.
//!
//! A row is 26 characters, sorted: the hash in 16 hex digits, the entry's number in 10.

use std::fmt;

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const KEY: usize = 16;
const NUMBER: usize = 10;
const ROW: usize = KEY + NUMBER;

/// Pairs of a hash and a number, by hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rows {
    /// Each [`ROW`] characters.
    Text(Vec<u8>),
    /// As they were written at first.
    List(Vec<(u64, u64)>),
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
    fn a_row_is_found_in_the_text() {
        let page =
            "\"0000000000000003000000000200000000000000090000000046ffffffffffffffff00000dbba0\"";
        let rows: Rows = serde_json::from_str(page).unwrap();
        let found = [3, 9, u64::MAX, 4, 0].map(|key| rows.get(key));
        assert_eq!(found, [Some(2), Some(70), Some(900_000), None, None]);
        assert_eq!(serde_json::to_string(&rows).unwrap(), page);
    }

    #[test]
    fn a_page_that_was_written_as_a_list_is_read() {
        let page = "[[3,2],[9,70],[18446744073709551615,71]]";
        let rows: Rows = serde_json::from_str(page).unwrap();
        let found = [3, 9, u64::MAX, 4].map(|key| rows.get(key));
        assert_eq!(found, [Some(2), Some(70), Some(71), None]);
    }

    #[test]
    fn a_page_that_was_cut_off_is_refused() {
        assert!(serde_json::from_str::<Rows>("\"0000000000000003000000000\"").is_err());
    }
}
