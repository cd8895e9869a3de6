//! A distribution in little room.
//!
//! Values are counted exactly while they are few. Once there are more than [`MOST`] different ones, each is rounded up to fewer
//! significant bits, one bit less at a time, until there are not: a shop whose totals span three decades keeps 7 or 8 bits, which is
//! half a per cent. How coarse it ends up depends on what was added and not on the order, so a pass that is
//! interrupted and goes on finds the same.

use std::collections::BTreeMap;

use rapport_lifetime::Thresholds;
use rapport_types::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::digits;

/// The most different values that are kept.
pub const MOST: usize = 2_000;
/// Bits of a value that is exact.
const EXACT: u32 = 64;
/// Digits after the point of the money in a sketch: no currency has more.
pub const MONEY_DIGITS: u32 = 4;

/// How often which value was added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sketch {
    bits: u32,
    counts: BTreeMap<u64, u64>,
}

impl Default for Sketch {
    fn default() -> Self {
        Self {
            bits: EXACT,
            counts: BTreeMap::new(),
        }
    }
}

/// `value`, or the least above it that has no more than `bits` significant bits.
fn rounded_up(value: u64, bits: u32) -> u64 {
    let length = u64::BITS.saturating_sub(value.leading_zeros());
    let Some(surplus) = length.checked_sub(bits).filter(|surplus| *surplus > 0) else {
        return value;
    };
    let unit = 1_u64.checked_shl(surplus).unwrap_or(u64::MAX);
    value.checked_next_multiple_of(unit).unwrap_or(u64::MAX)
}

impl Sketch {
    /// Adds a value.
    pub fn add(&mut self, value: u64) {
        let value = rounded_up(value, self.bits);
        let count = self.counts.entry(value).or_insert(0);
        *count = count.saturating_add(1);
        while self.counts.len() > MOST && self.bits > 1 {
            self.bits = self.bits.saturating_sub(1);
            let mut coarser = BTreeMap::new();
            for (value, count) in &self.counts {
                let sum = coarser
                    .entry(rounded_up(*value, self.bits))
                    .or_insert(0_u64);
                *sum = sum.saturating_add(*count);
            }
            self.counts = coarser;
        }
    }

    /// The values, ascending, and how often each was added.
    pub fn counts(&self) -> impl Iterator<Item = (u64, u64)> {
        self.counts.iter().map(|(value, count)| (*value, *count))
    }

    /// How many values were added.
    pub fn len(&self) -> u64 {
        self.counts.values().copied().fold(0, u64::saturating_add)
    }

    /// Whether none was.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }
}

/// Values, ascending, and how often each occurs.
type List<T> = Vec<(T, u64)>;

/// How recently, how often and for how much the population of RFM has ordered: customers with an order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Population {
    /// Whole days since the last order.
    pub recency: Sketch,
    /// Orders.
    pub frequency: Sketch,
    /// What they came to, in ten-thousandths of a major unit.
    pub monetary: Sketch,
}

impl Population {
    /// Counts a customer who has ordered.
    pub fn add(&mut self, buyer: &rapport_lifetime::Customer) {
        self.recency.add(buyer.recency_days);
        self.frequency.add(buyer.frequency);
        let mut money = buyer.monetary.max(Decimal::ZERO);
        money.rescale(MONEY_DIGITS);
        self.monetary
            .add(u64::try_from(money.mantissa()).unwrap_or(u64::MAX));
    }

    /// How many.
    pub fn customers(&self) -> u64 {
        self.frequency.len()
    }

    fn lists(&self) -> (List<u64>, List<u64>, List<Decimal>) {
        let money = |(value, count): (u64, u64)| {
            let value = i64::try_from(value).unwrap_or(i64::MAX);
            (Decimal::new(value, MONEY_DIGITS).normalize(), count)
        };
        (
            self.recency.counts().collect(),
            self.frequency.counts().collect(),
            self.monetary.counts().map(money).collect(),
        )
    }

    /// The thresholds of this population; `None` where it is empty.
    pub fn thresholds(&self) -> Option<Thresholds> {
        let (recency, frequency, monetary) = self.lists();
        Thresholds::of_counts(&recency, &frequency, &monetary)
    }

    /// How far the scores by `kept` have drifted from those by `fresh`: the most, over the three measures and the five scores, by which the
    /// shares of the population with that score differ. From 0 to 1.
    pub fn drift(&self, kept: &Thresholds, fresh: &Thresholds) -> f64 {
        let (recency, frequency, monetary) = self.lists();
        let drifts = [
            farthest(
                &recency,
                |days| kept.recency(days),
                |days| fresh.recency(days),
            ),
            farthest(
                &frequency,
                |orders| kept.frequency(orders),
                |orders| fresh.frequency(orders),
            ),
            farthest(
                &monetary,
                |spent| kept.monetary(spent),
                |spent| fresh.monetary(spent),
            ),
        ];
        drifts.into_iter().fold(0.0, f64::max)
    }
}

/// The greatest difference between the shares of the five scores.
fn farthest<T: Copy>(counts: &[(T, u64)], kept: impl Fn(T) -> u8, fresh: impl Fn(T) -> u8) -> f64 {
    let mut all = 0_u64;
    let mut differences = [0_i64; 6];
    for (value, count) in counts {
        all = all.saturating_add(*count);
        let count = i64::try_from(*count).unwrap_or(i64::MAX);
        if let Some(sum) = differences.get_mut(usize::from(kept(*value))) {
            *sum = sum.saturating_add(count);
        }
        if let Some(sum) = differences.get_mut(usize::from(fresh(*value))) {
            *sum = sum.saturating_sub(count);
        }
    }
    let most = differences.iter().map(|sum| sum.unsigned_abs()).max();
    if all == 0 {
        return 0.0;
    }
    most.unwrap_or(0) as f64 / all as f64
}

impl Serialize for Sketch {
    /// How many bits, then each value as what it is more than the last, and its count.
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut text = String::new();
        digits::put(&mut text, self.bits.into());
        let mut last = 0_u64;
        for (value, count) in self.counts() {
            digits::put(&mut text, value.saturating_sub(last));
            digits::put(&mut text, count);
            last = value;
        }
        to.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Sketch {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let wrong = || de::Error::custom("no sketch");
        let mut numbers = digits::read(&text).map(|number| number.map_err(de::Error::custom));
        let bits = numbers.next().ok_or_else(wrong)??;
        let bits = u32::try_from(bits).map_err(de::Error::custom)?;
        let mut counts = BTreeMap::new();
        let mut value = 0_u64;
        while let Some(more) = numbers.next() {
            value = value.checked_add(more?).ok_or_else(wrong)?;
            counts.insert(value, numbers.next().ok_or_else(wrong)??);
        }
        Ok(Self { bits, counts })
    }
}
