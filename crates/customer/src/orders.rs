//! What is known of each of the latest orders: whether it was paid, what went back of it, whether it was cancelled.
//!
//! The events of an order come in any order and more than once. So each only adds to what is known of the order, and what the
//! order counts for is worked out of that: nothing before it is paid, its money less what went back of it after, nothing once it is
//! cancelled or all of it went back.
//!
//! Of older orders than these nothing is kept but that they were counted ([`Seen`](crate::seen::Seen)).

use rapport_types::{Currency, Money, Timestamp};
use serde::{Deserialize, Serialize};

use crate::limits::{ORDER_REFUNDS, ORDERS};
use crate::seen::fingerprint;

/// The latest orders, in the order in which they were first heard of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Orders(Vec<Row>);

/// What is known of one order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Row {
    /// A fingerprint of its id.
    #[serde(rename = "k")]
    key: u64,
    /// When it was paid, in milliseconds; `None`: it was not, as far as is known.
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    at: Option<i64>,
    /// What was paid.
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    money: Option<Amount>,
    /// Whether it was paid so long ago that nothing else is known of it.
    #[serde(rename = "o", default, skip_serializing_if = "is_default")]
    pub(crate) old: bool,
    /// Whether it was said that it was placed.
    #[serde(rename = "p", default, skip_serializing_if = "is_default")]
    pub(crate) placed: bool,
    /// How many points it is paid with, as was said when it was placed, and when it was paid.
    #[serde(rename = "u", default, skip_serializing_if = "is_default")]
    pub(crate) points: (Option<i64>, Option<i64>),
    /// What went back of it: a fingerprint of each refund, and how much.
    #[serde(rename = "r", default, skip_serializing_if = "Vec::is_empty")]
    refunds: Vec<(u64, Option<Amount>)>,
    /// Whether it was cancelled.
    #[serde(rename = "x", default, skip_serializing_if = "is_default")]
    pub(crate) cancelled: bool,
}

// serde's `skip_serializing_if` passes a reference.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// `[2933, "CNY"]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Amount(i64, Currency);

impl From<Money> for Amount {
    fn from(money: Money) -> Self {
        Self(money.amount, money.currency)
    }
}

impl From<Amount> for Money {
    fn from(amount: Amount) -> Self {
        Self::new(amount.0, amount.1)
    }
}

/// What went back of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Back {
    /// All of it.
    All,
    /// So much.
    Some(Money),
}

impl Row {
    pub(crate) fn new(order_id: &str) -> Self {
        Self {
            key: fingerprint(order_id),
            ..Self::default()
        }
    }

    /// Whether it was paid.
    pub(crate) fn is_bought(&self) -> bool {
        self.at.is_some() || self.old
    }

    pub(crate) fn bought(&mut self, at: Timestamp, money: Option<Money>) {
        self.at = Some(at.millis());
        self.money = money.map(Amount::from);
    }

    /// When it was paid.
    pub(crate) fn at(&self) -> Option<Timestamp> {
        self.at.map(Timestamp::from_millis)
    }

    /// What was paid.
    pub(crate) fn money(&self) -> Option<Money> {
        self.money.map(Money::from)
    }

    /// Whether that refund is known.
    pub(crate) fn has_refund(&self, refund: &str) -> bool {
        let print = fingerprint(refund);
        self.refunds.iter().any(|(known, _)| *known == print)
    }

    /// How many refunds are known.
    pub(crate) fn refunds(&self) -> usize {
        self.refunds.len()
    }

    pub(crate) fn refund(&mut self, refund: &str, money: Option<Money>) {
        let row = (fingerprint(refund), money.map(Amount::from));
        self.refunds.push(row);
    }

    /// The points that it is paid with.
    pub(crate) fn points_used(&self) -> i64 {
        self.points.1.or(self.points.0).unwrap_or(0)
    }

    /// What went back of it; never more than was paid.
    pub(crate) fn back(&self) -> Back {
        if self.refunds.iter().any(|(_, money)| money.is_none()) {
            return Back::All;
        }
        let refunds = self.refunds.iter().filter_map(|(_, money)| *money);
        let named = refunds
            .clone()
            .map(|amount| amount.1)
            .find(|currency| *currency != Currency::NONE);
        let currency = match self.money {
            Some(Amount(_, currency)) if currency != Currency::NONE => currency,
            // Whoever names no currency means that of the others.
            _ => named.unwrap_or(Currency::NONE),
        };
        let sum = refunds.fold(0_i64, |sum, amount| {
            sum.saturating_add(Money::from(amount).within(currency).unwrap_or(0))
        });
        match self.money() {
            Some(money) => match money.within(currency) {
                Some(all) if all <= sum && sum > 0 => Back::All,
                _ => Back::Some(Money::new(sum, currency)),
            },
            None => Back::Some(Money::new(sum, currency)),
        }
    }

    /// Whether something of it went back, or all of it.
    pub(crate) fn is_taken_back(&self) -> bool {
        self.cancelled || !self.refunds.is_empty()
    }

    /// Whether it counts as an order: it was paid, and something of that is left.
    pub(crate) fn counts(&self) -> bool {
        self.is_bought() && !self.cancelled && self.back() != Back::All
    }

    /// Of what was paid, what went back, in minor units of `currency`.
    pub(crate) fn taken(&self, currency: Currency) -> i64 {
        let money = self.money.map_or(0, |money| money.0);
        if !self.is_bought() {
            return 0;
        }
        match self.back() {
            // Of an old order nobody knows what it came to.
            Back::Some(back) if self.old => back.within(currency).unwrap_or(0),
            Back::Some(back) if !self.cancelled => back.within(currency).unwrap_or(0).min(money),
            _ => money,
        }
    }
}

/// What is gone of an order that was paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone {
    /// When it was paid.
    pub paid_at: Timestamp,
    /// What went back of its money; `None` where it was said of no money what it came to.
    pub money: Option<Money>,
    /// Whether it is an order no more: it was cancelled, or all of it went back.
    pub over: bool,
}

impl Orders {
    /// What is gone of those that were paid, as far as they are among the latest: of older ones it is not known when they were paid.
    pub fn gone(&self) -> impl Iterator<Item = Gone> {
        let gone = self.0.iter().filter(|row| row.is_taken_back());
        gone.filter_map(|row| {
            let paid = row.money();
            Some(Gone {
                paid_at: row.at()?,
                money: paid.map(|paid| Money::new(row.taken(paid.currency), paid.currency)),
                over: !row.counts(),
            })
        })
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn get(&self, order_id: &str) -> Option<&Row> {
        let key = fingerprint(order_id);
        self.0.iter().rev().find(|row| row.key == key)
    }

    /// Keeps `row` in the place of what was known of the order; of too many the first ones leave.
    pub(crate) fn put(&mut self, row: Row) {
        match self.0.iter_mut().rev().find(|known| known.key == row.key) {
            Some(known) => *known = row,
            None => self.0.push(row),
        }
        let refunds = |rows: &[Row]| rows.iter().map(Row::refunds).sum::<usize>();
        let mut surplus = self.0.len().saturating_sub(ORDERS);
        while refunds(self.0.get(surplus..).unwrap_or_default()) > ORDER_REFUNDS {
            surplus = surplus.saturating_add(1);
        }
        self.0.drain(..surplus);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Row> {
        self.0.iter()
    }
}

/// Where an order stands: all that is known of it, so that hearing of it twice is hearing of it once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderState {
    /// The shop's id of it.
    pub order_id: String,
    /// Whether it was paid.
    #[serde(default, skip_serializing_if = "is_default")]
    pub paid: bool,
    /// What was paid, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Money>,
    /// How many points it is paid with in part.
    #[serde(default, skip_serializing_if = "is_default")]
    pub points_used: i64,
    /// What went back of it so far, all refunds together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refunded: Option<Money>,
    /// Whether nothing is left of it: it was cancelled, or all of it went back.
    #[serde(default, skip_serializing_if = "is_default")]
    pub over: bool,
}

impl OrderState {
    pub(crate) fn new(order_id: &str, row: &Row) -> Self {
        let back = row.back();
        Self {
            order_id: order_id.to_owned(),
            paid: row.is_bought(),
            total: row.money(),
            points_used: row.points_used(),
            refunded: match back {
                Back::Some(money) if row.refunds() > 0 => Some(money),
                _ => None,
            },
            over: row.cancelled || back == Back::All,
        }
    }

    /// The same, had nothing gone back.
    pub(crate) fn paid(self) -> Self {
        Self {
            refunded: None,
            over: false,
            ..self
        }
    }
}
