//! What a pass has counted so far.

use rapport_rules::Stage;
use rapport_types::Currency;
use serde::{Deserialize, Serialize};

use crate::counts::{Counts, Sums};
use crate::moves::Moves;
use crate::pairs::Pairs;
use crate::sketch::Population;

/// The most currencies that are added up: those that come first. Orders in others count, their money does not.
pub const CURRENCIES: usize = 3;

/// A customer as a review counts one.
#[derive(Debug, Clone)]
pub struct Seen<'a> {
    /// The places of the segments that they are in, ascending.
    pub segments: &'a [usize],
    /// Those of them that they were not in at the review before.
    pub entered: &'a [usize],
    /// Whether they were not among the customers at the review before.
    pub new: bool,
    /// The stage of their life at the period's beginning; `None` where nothing is known of them from then.
    pub before: Option<Stage>,
    /// And now.
    pub now: Stage,
    /// Their orders, ever.
    pub orders: u64,
    /// Their orders in the period.
    pub period_orders: u64,
    /// Their money, once per currency.
    pub money: &'a [Spent],
    /// Their points; `None` where there is no programme.
    pub points: Option<Held>,
    /// What they said last.
    pub opinion: Opinion,
    /// What RFM looks at; `None` of who has not ordered.
    pub buyer: Option<rapport_lifetime::Customer>,
    /// Whether the period was counted order by order; by whole days where those are no longer kept.
    pub exact: bool,
}

/// What a customer spent in one currency, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent {
    /// The currency.
    pub currency: Currency,
    /// How much.
    pub sums: Sums,
}

/// Points that a customer holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Held {
    /// Can be spent.
    pub active: i64,
    /// Earned, not yet active.
    pub pending: i64,
}

/// What a customer answered last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Opinion {
    /// How likely they are to recommend the shop, 0 to 10.
    pub nps: Option<u8>,
    /// How satisfied they are, 1 to 5.
    pub csat: Option<u8>,
}

/// What a pass has counted so far: whoever walks through the customers may write it down, and go on with it later.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Over all customers; those who entered are new.
    pub everyone: Counts,
    /// By segment.
    pub segments: Vec<Counts>,
    /// Those met so far, at most [`CURRENCIES`].
    pub currencies: Vec<Currency>,
    /// How many times a customer's money in yet another currency was left out.
    #[serde(default)]
    pub money_left_out: u64,
    /// Of how many customers the period was counted by whole days.
    #[serde(default)]
    pub by_days: u64,
    /// How many customers any two segments share.
    pub pairs: Pairs,
    /// Between stages of life.
    pub moves: Moves,
    /// What RFM thresholds are made of.
    pub population: Population,
}

impl Tally {
    /// Nothing counted yet, of so many segments.
    pub fn new(segments: usize) -> Self {
        Self {
            segments: vec![Counts::default(); segments],
            pairs: Pairs::new(segments),
            ..Self::default()
        }
    }

    /// Counts a customer, who must not have been counted before.
    pub fn add(&mut self, seen: &Seen<'_>) {
        self.everyone.add(seen, seen.new);
        for segment in seen.segments {
            if let Some(counts) = self.segments.get_mut(*segment) {
                counts.add(seen, seen.entered.contains(segment));
            }
        }
        for spent in seen.money {
            let Some(currency) = self.currency(spent.currency) else {
                self.money_left_out = self.money_left_out.saturating_add(1);
                continue;
            };
            self.everyone.add_money(currency, spent.sums);
            for segment in seen.segments {
                if let Some(counts) = self.segments.get_mut(*segment) {
                    counts.add_money(currency, spent.sums);
                }
            }
        }
        self.by_days = self.by_days.saturating_add(u64::from(!seen.exact));
        self.pairs.add(seen.segments);
        self.moves.add(seen.before, seen.now);
        if let Some(buyer) = &seen.buyer {
            self.population.add(buyer);
        }
    }

    /// The place of a currency; `None` where it is one too many.
    fn currency(&mut self, currency: Currency) -> Option<usize> {
        if let Some(place) = self.currencies.iter().position(|known| *known == currency) {
            return Some(place);
        }
        if self.currencies.len() >= CURRENCIES {
            return None;
        }
        self.currencies.push(currency);
        self.currencies.len().checked_sub(1)
    }
}
