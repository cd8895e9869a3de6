//! Counts per event name, orders and spend, for ever.

use std::collections::BTreeMap;

use rapport_types::{Currency, Money, Timestamp};
use serde::{Deserialize, Serialize};

use crate::orders::Row;

/// What a customer did, summed since the first event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Orders paid, less those that were cancelled or went back whole.
    pub orders: u64,
    /// Days in the shop with an order, for ever; `None` in documents that were last written before it was kept. Read it
    /// by [`Customer::order_days`](crate::Customer::order_days).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_days: Option<u64>,
    /// Money of those orders that share the currency of the first one to arrive, less what went back; `None` before any.
    pub spend: Option<Money>,
    /// What went back of it, in the same minor units.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub refunded: i64,
    /// Minor units of orders in other currencies, less what went back.
    #[serde(default)]
    pub other_spend: BTreeMap<Currency, i64>,
    /// The earliest order.
    pub first_order_at: Option<Timestamp>,
    /// The latest order.
    pub last_order_at: Option<Timestamp>,
    /// The latest order but one.
    pub previous_order_at: Option<Timestamp>,
    /// Per event name.
    #[serde(default)]
    pub events: BTreeMap<String, EventTotals>,
}

// serde's `skip_serializing_if` passes a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// What happened under one event name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventTotals {
    /// How often.
    pub count: u64,
    /// The earliest.
    pub first_at: Timestamp,
    /// The latest.
    pub last_at: Timestamp,
}

impl Totals {
    /// Counts an event.
    pub fn add_event(&mut self, name: &str, at: Timestamp) {
        match self.events.get_mut(name) {
            Some(event) => {
                event.count = event.count.saturating_add(1);
                event.first_at = event.first_at.min(at);
                event.last_at = event.last_at.max(at);
            }
            None => {
                let event = EventTotals {
                    count: 1,
                    first_at: at,
                    last_at: at,
                };
                self.events.insert(name.to_owned(), event);
            }
        }
    }

    /// Whether `money` can be added: the sum of a currency stays within 63 bits.
    pub fn has_room_for(&self, money: Money) -> bool {
        match self.spend {
            Some(spend) if spend.currency == money.currency => {
                spend.amount.checked_add(money.amount).is_some()
            }
            _ => self
                .other_spend
                .get(&money.currency)
                .is_none_or(|sum| sum.checked_add(money.amount).is_some()),
        }
    }

    /// Counts an order, which may arrive later than a more recent one.
    pub fn add_order(&mut self, at: Timestamp) {
        self.orders = self.orders.saturating_add(1);
        self.first_order_at = Some(self.first_order_at.map_or(at, |first| first.min(at)));
        match self.last_order_at {
            Some(last) if at < last => {
                self.previous_order_at = self.previous_order_at.max(Some(at));
            }
            last => {
                self.previous_order_at = last;
                self.last_order_at = Some(at);
            }
        }
    }

    /// Counts what was paid.
    pub fn add_money(&mut self, money: Option<Money>) {
        let Some(money) = money else { return };
        match &mut self.spend {
            None => self.spend = Some(money),
            Some(spend) if spend.currency == money.currency => {
                spend.amount = spend.amount.saturating_add(money.amount);
            }
            Some(_) => {
                let sum = self.other_spend.entry(money.currency).or_insert(0);
                *sum = sum.saturating_add(money.amount);
            }
        }
    }

    /// Takes what went back of an order between `before` and `after`; a purchase among them was added whole.
    pub(crate) fn take_money(&mut self, before: &Row, after: &Row) {
        let paid = after.money().map(|money| money.currency);
        let Some(currency) = paid.or(self.spend.map(|spend| spend.currency)) else {
            return;
        };
        let back = after.taken(currency).saturating_sub(before.taken(currency));
        match &mut self.spend {
            Some(spend) if spend.currency == currency => {
                let back = back.min(spend.amount);
                spend.amount = spend.amount.saturating_sub(back);
                self.refunded = self.refunded.saturating_add(back);
            }
            _ => {
                if let Some(sum) = self.other_spend.get_mut(&currency) {
                    *sum = sum.saturating_sub(back.min(*sum));
                }
            }
        }
    }

    /// What all orders came to when they were paid, in the currency of [`spend`](Self::spend): that, and what went back since.
    pub fn paid(&self) -> Option<Money> {
        let spend = self.spend?;
        let amount = spend.amount.saturating_add(self.refunded);
        Some(Money::new(amount, spend.currency))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn the_latest_two_orders_are_known_whatever_order_they_arrive_in() {
        for arrival in [
            [1, 2, 3],
            [3, 2, 1],
            [2, 3, 1],
            [3, 1, 2],
            [1, 3, 2],
            [2, 1, 3],
        ] {
            let mut totals = Totals::default();
            for moment in arrival {
                totals.add_order(at(moment));
            }
            assert_eq!(totals.first_order_at, Some(at(1)), "{arrival:?}");
            assert_eq!(totals.previous_order_at, Some(at(2)), "{arrival:?}");
            assert_eq!(totals.last_order_at, Some(at(3)), "{arrival:?}");
        }
    }

    #[test]
    fn currencies_are_never_added_to_each_other() {
        let (cny, usd) = (
            Currency::parse("CNY").unwrap(),
            Currency::parse("USD").unwrap(),
        );
        let mut totals = Totals::default();
        for money in [
            Money::new(100, cny),
            Money::new(7, usd),
            Money::new(50, cny),
        ] {
            totals.add_money(Some(money));
        }
        assert_eq!(totals.spend, Some(Money::new(150, cny)));
        assert_eq!(totals.other_spend[&usd], 7);
        assert!(!totals.has_room_for(Money::new(i64::MAX, cny)));
        assert!(!totals.has_room_for(Money::new(i64::MAX, usd)));
    }
}
