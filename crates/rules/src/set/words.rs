//! The texts that rules compare with, each with a number: a value is looked up once, and then compared as a number.

use crate::text::{Folds, Said};

/// Folded texts by number, in a hash table of which at least half is empty.
#[derive(Debug, Default)]
pub(super) struct Words {
    texts: Vec<(Ends, Box<str>)>,
    /// A power of two of places: one more than the number of the text that is there, or 0.
    places: Vec<u32>,
}

/// The length of a text with its first eight bytes and its last: all that a short one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ends {
    length: usize,
    first: u64,
    last: u64,
}

impl Ends {
    /// What is no longer is only its ends.
    const WHOLE: usize = 16;

    #[inline]
    fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let length = bytes.len();
        let ends = bytes.first_chunk::<8>().zip(bytes.last_chunk::<8>());
        let (first, last) = match ends {
            Some((first, last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
            None => match bytes.first_chunk::<4>().zip(bytes.last_chunk::<4>()) {
                Some((first, last)) => (
                    u32::from_le_bytes(*first).into(),
                    u32::from_le_bytes(*last).into(),
                ),
                // The middle of three bytes, and of fewer one of them.
                None => {
                    let at = |place: usize| bytes.get(place).copied().unwrap_or_default();
                    let [first, last] = [at(0), at(length.saturating_sub(1))];
                    (
                        first.into(),
                        u16::from_le_bytes([at(length >> 1), last]).into(),
                    )
                }
            },
        };
        Self {
            length,
            first,
            last,
        }
    }

    /// Where the search for `text`, of which these are the ends, begins.
    #[inline]
    fn start(self, text: &str) -> usize {
        // As FxHash, of which the upper bits are the good ones.
        let and = |hash: u64, word: u64| {
            (hash.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        };
        let length = u64::try_from(self.length).unwrap_or(u64::MAX);
        let mut hash = and(and(length, self.first), self.last);
        if self.length > Self::WHOLE {
            let (words, _) = text.as_bytes().as_chunks::<8>();
            let words = words.iter().skip(1);
            hash = words.fold(hash, |hash, word| and(hash, u64::from_le_bytes(*word)));
        }
        usize::try_from(hash >> 36).unwrap_or(0)
    }
}

impl Words {
    /// The number of a folded text, which it gets now if it has none.
    pub(super) fn add(&mut self, folded: &str) -> u32 {
        if let Some(known) = self.stands(folded) {
            return known;
        }
        let number = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.texts.push((Ends::of(folded), folded.into()));
        if self.texts.len().saturating_mul(2) > self.places.len() {
            let room = self.texts.len().saturating_mul(4).next_power_of_two();
            self.places = vec![0; room];
            for number in 0..=number {
                self.place(number);
            }
        } else {
            self.place(number);
        }
        number
    }

    fn place(&mut self, number: u32) {
        let text = usize::try_from(number)
            .ok()
            .and_then(|at| self.texts.get(at));
        let Some(mut at) = text.map(|(ends, text)| ends.start(text)) else {
            return;
        };
        let last = self.places.len().wrapping_sub(1);
        while let Some(place) = self.places.get_mut(at & last) {
            if *place == 0 {
                *place = number.saturating_add(1);
                return;
            }
            at = at.wrapping_add(1);
        }
    }

    /// The number of a text as it stands.
    #[inline]
    pub(super) fn stands(&self, text: &str) -> Option<u32> {
        let last = self.places.len().wrapping_sub(1);
        let ends = Ends::of(text);
        let mut at = ends.start(text);
        loop {
            let number = self.places.get(at & last)?.checked_sub(1)?;
            let (known, whole) = self.texts.get(usize::try_from(number).ok()?)?;
            if *known == ends && (ends.length <= Ends::WHOLE || **whole == *text) {
                return Some(number);
            }
            at = at.wrapping_add(1);
        }
    }

    /// The number of a text, folded.
    pub(super) fn number(&self, text: &str, folds: &Folds) -> Option<u32> {
        // What is folded already folds into itself.
        self.stands(text)
            .or_else(|| match Said::of(text, false, folds) {
                Said::Plain(text) if !text.bytes().any(|byte| byte.is_ascii_uppercase()) => None,
                Said::Folded(text) => self.stands(&text),
                said => {
                    let mut folded = String::with_capacity(text.len());
                    said.chars(&mut |c| {
                        folded.push(c);
                        true
                    });
                    self.stands(&folded)
                }
            })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_however_it_is_written() {
        let (mut words, folds) = (Words::default(), Folds::default());
        assert_eq!(words.number("vip", &folds), None);
        let numbers: Vec<u32> = (0..500).map(|n| words.add(&format!("w{n}"))).collect();
        let (vip, ring) = (words.add("vip"), words.add("ring ½".trim_end_matches(" ½")));
        for text in ["vip", "VIP", "ＶＩＰ"] {
            assert_eq!(words.number(text, &folds), Some(vip), "{text}");
        }
        assert_eq!(words.number("ﬁ", &folds), None);
        assert_eq!(words.number("RING", &folds), Some(ring));
        let again: Vec<u32> = (0..500)
            .map(|n| words.number(&format!("W{n}"), &folds).unwrap())
            .collect();
        assert_eq!(again, numbers);
        assert_eq!(words.add("w7"), *numbers.get(7).unwrap());
        assert_eq!(words.number("w500", &folds), None);
    }
}
