//! How many customers any two segments share.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::digits;

/// How many customers any two of `of` segments share. Written as text: of 256 segments there are 32,640 pairs. A count of
/// 0 is followed by how many more zeros there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pairs {
    of: usize,
    /// Of the first with the second, third, …; then of the second with the third, ….
    shared: Vec<u32>,
}

/// Two segments, by their places, and how many customers are in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// The one.
    pub one: usize,
    /// The other, which comes after it.
    pub two: usize,
    /// How many are in both.
    pub both: u64,
}

fn pairs_of(segments: usize) -> usize {
    let less = segments.saturating_sub(1);
    segments.saturating_mul(less).checked_div(2).unwrap_or(0)
}

impl Pairs {
    /// Nothing counted yet, of so many segments.
    pub fn new(of: usize) -> Self {
        Self {
            of,
            shared: vec![0; pairs_of(of)],
        }
    }

    /// Counts a customer who is in these segments; their places ascend.
    pub fn add(&mut self, segments: &[usize]) {
        for (at, one) in segments.iter().enumerate() {
            // Before the row of `one` come those of the segments before it, each shorter by one than the last.
            let rows = pairs_of(self.of).saturating_sub(pairs_of(self.of.saturating_sub(*one)));
            for two in segments.iter().skip(at.saturating_add(1)) {
                let column = two.saturating_sub(*one).saturating_sub(1);
                if let Some(count) = self.shared.get_mut(rows.saturating_add(column)) {
                    *count = count.saturating_add(1);
                }
            }
        }
    }

    /// The pairs that share anybody.
    pub fn shared(&self) -> impl Iterator<Item = Pair> {
        let places = (0..self.of)
            .flat_map(|one| (one.saturating_add(1)..self.of).map(move |two| (one, two)));
        let counted = places.zip(&self.shared).filter(|(_, both)| **both > 0);
        counted.map(|((one, two), both)| Pair {
            one,
            two,
            both: u64::from(*both),
        })
    }
}

impl Serialize for Pairs {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut text = String::new();
        digits::put(&mut text, u64::try_from(self.of).unwrap_or(0));
        for run in self.shared.chunk_by(|a, b| *a == 0 && *b == 0) {
            digits::put(&mut text, run.first().copied().unwrap_or(0).into());
            if run.first() == Some(&0) {
                let more = run.len().saturating_sub(1);
                digits::put(&mut text, u64::try_from(more).unwrap_or(0));
            }
        }
        to.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let wrong = || de::Error::custom("no counts of pairs");
        let mut numbers = digits::read(&text).map(|number| number.map_err(de::Error::custom));
        let of = numbers.next().ok_or_else(wrong)??;
        let of = usize::try_from(of)
            .ok()
            .filter(|of| *of <= MOST)
            .ok_or_else(wrong)?;
        let mut shared = Vec::with_capacity(pairs_of(of));
        while let Some(number) = numbers.next() {
            let number = u32::try_from(number?).map_err(de::Error::custom)?;
            let more = match number {
                0 => numbers.next().ok_or_else(wrong)??,
                _ => 0,
            };
            let left = pairs_of(of).saturating_sub(shared.len());
            let times = usize::try_from(more)
                .unwrap_or(usize::MAX)
                .saturating_add(1);
            if times > left {
                return Err(wrong());
            }
            shared.extend(std::iter::repeat_n(number, times));
        }
        if shared.len() != pairs_of(of) {
            return Err(wrong());
        }
        Ok(Self { of, shared })
    }
}

/// More segments than there ever are, and few enough to make room for.
const MOST: usize = 4_096;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn found(pairs: &Pairs) -> Vec<(usize, usize, u64)> {
        pairs
            .shared()
            .map(|pair| (pair.one, pair.two, pair.both))
            .collect()
    }

    #[test]
    fn each_pair_of_a_customers_segments_counts_once() {
        let mut pairs = Pairs::new(5);
        pairs.add(&[0, 2, 4]);
        pairs.add(&[2, 4]);
        pairs.add(&[3]);
        pairs.add(&[]);
        assert_eq!(found(&pairs), [(0, 2, 1), (0, 4, 1), (2, 4, 2)]);
        let text = serde_json::to_string(&pairs).unwrap();
        assert_eq!(serde_json::from_str::<Pairs>(&text).unwrap(), pairs);
    }

    #[test]
    fn none_and_one_have_no_pairs() {
        for of in [0, 1] {
            let mut pairs = Pairs::new(of);
            pairs.add(&[0]);
            assert_eq!(found(&pairs), []);
            let text = serde_json::to_string(&pairs).unwrap();
            assert_eq!(serde_json::from_str::<Pairs>(&text).unwrap(), pairs);
        }
    }

    #[test]
    fn text_that_is_no_count_is_refused() {
        for bad in ["\"\"", "\"C\"", "\"CBB\"", "\"DAD\"", "\"__A\"", "3"] {
            assert!(serde_json::from_str::<Pairs>(bad).is_err(), "{bad}");
        }
    }
}
