//! A reward's stock: numbers are claimed, and given back.
//!
//! Each redemption claims a number of its own, 1, 2, and so on; it is written down in the account with the capture. Claiming twice for the same
//! redemption gives the same number. A claim stays here until the account has acknowledged it, so whoever finds one that is old asks the
//! account what became of it. Numbers given back are kept as ranges, so that giving one back twice is as doing it once, for ever:
//! nothing is oversold, and nothing is lost, whatever comes late or twice.

use rapport_types::{CustomerId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::entry::TransactionId;

/// The most open claims: with more, the next waits until some are settled.
pub const MAX_CLAIMS: usize = 1_000;

/// How many of a reward are redeemed, or are about to be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stock {
    /// The last number that was claimed.
    pub granted: u64,
    /// Claims that no account has acknowledged yet, oldest first.
    #[serde(default)]
    pub claims: Vec<Claim>,
    /// Numbers that were given back: ranges, both ends included, in order, with gaps between them.
    #[serde(default)]
    pub returned: Vec<(u64, u64)>,
}

/// A number that somebody claimed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Who.
    pub customer: CustomerId,
    /// The transaction that holds the points.
    pub of: TransactionId,
    /// The number.
    pub serial: u64,
    /// When.
    #[serde(with = "rapport_types::time::millis")]
    pub at: Timestamp,
}

/// What came of claiming.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claimed {
    /// A number, just now.
    Now(u64),
    /// The number that it had claimed before.
    Before(u64),
    /// There is none left.
    Gone,
    /// Too many claims are open.
    Busy,
}

impl Stock {
    /// How many are redeemed or claimed.
    pub fn taken(&self) -> u64 {
        let count = |(from, to): &(u64, u64)| to.saturating_sub(*from).saturating_add(1);
        let returned = self.returned.iter().map(count);
        self.granted
            .saturating_sub(returned.fold(0, u64::saturating_add))
    }

    /// How many are left of `stock`; `None`: any number.
    pub fn left(&self, stock: Option<u64>) -> Option<u64> {
        stock.map(|stock| stock.saturating_sub(self.taken()))
    }

    /// Claims a number of `stock` for the redemption `of`.
    pub fn claim(
        &mut self,
        customer: &CustomerId,
        of: &TransactionId,
        stock: Option<u64>,
        now: Timestamp,
    ) -> Claimed {
        let mine = |claim: &&Claim| claim.of == *of && claim.customer == *customer;
        if let Some(claim) = self.claims.iter().find(mine) {
            return Claimed::Before(claim.serial);
        }
        if self.left(stock) == Some(0) {
            return Claimed::Gone;
        }
        if self.claims.len() >= MAX_CLAIMS {
            return Claimed::Busy;
        }
        self.granted = self.granted.saturating_add(1);
        self.claims.push(Claim {
            customer: customer.clone(),
            of: of.clone(),
            serial: self.granted,
            at: now,
        });
        Claimed::Now(self.granted)
    }

    /// The account has written `serial` down. Says whether anything changed.
    pub fn acknowledge(&mut self, serial: u64) -> bool {
        let before = self.claims.len();
        self.claims.retain(|claim| claim.serial != serial);
        self.claims.len() < before
    }

    /// `serial` is free again: nobody will have it, or whoever had it gave it back. Says whether anything changed.
    pub fn give_back(&mut self, serial: u64) -> bool {
        let claimed = self.acknowledge(serial);
        let before = serial.saturating_sub(1);
        let after = serial.saturating_add(1);
        let place = self.returned.partition_point(|(_, to)| *to < before);
        match self.returned.get_mut(place) {
            Some((from, to)) if *from <= serial && serial <= *to => return claimed,
            Some((_, to)) if *to == before => {
                *to = serial;
                let next = place.saturating_add(1);
                let joins = self.returned.get(next).filter(|(from, _)| *from == after);
                if let Some((_, end)) = joins.copied() {
                    self.returned.remove(next);
                    if let Some((_, to)) = self.returned.get_mut(place) {
                        *to = end;
                    }
                }
            }
            Some((from, _)) if *from == after => *from = serial,
            _ => self.returned.insert(place, (serial, serial)),
        }
        true
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn id(key: u64) -> TransactionId {
        TransactionId::of_key(&key.to_string())
    }

    fn who(name: &str) -> CustomerId {
        CustomerId::parse(name).unwrap()
    }

    #[test]
    fn no_more_are_claimed_than_there_are_and_each_redemption_once() {
        let now = Timestamp::from_millis(0);
        let mut stock = Stock::default();
        assert_eq!(
            stock.claim(&who("a"), &id(1), Some(2), now),
            Claimed::Now(1)
        );
        // The same key of another customer is another redemption.
        assert_eq!(
            stock.claim(&who("b"), &id(1), Some(2), now),
            Claimed::Now(2)
        );
        assert_eq!(stock.claim(&who("c"), &id(3), Some(2), now), Claimed::Gone);
        assert_eq!(
            stock.claim(&who("a"), &id(1), Some(2), now),
            Claimed::Before(1)
        );
        assert!(stock.acknowledge(1));
        assert!(!stock.acknowledge(1));
        assert_eq!((stock.taken(), stock.left(Some(2))), (2, Some(0)));
        // A number given back can be had again, and giving it back twice changes nothing.
        assert!(stock.give_back(1));
        assert!(!stock.give_back(1));
        assert_eq!(stock.left(Some(2)), Some(1));
        assert_eq!(
            stock.claim(&who("c"), &id(3), Some(2), now),
            Claimed::Now(3)
        );
        assert_eq!(stock.claim(&who("d"), &id(4), Some(2), now), Claimed::Gone);
        assert_eq!(stock.claim(&who("d"), &id(4), None, now), Claimed::Now(4));
        // Fewer than are redeemed already: none is left, and nothing is taken away.
        assert_eq!(stock.left(Some(1)), Some(0));
    }

    #[test]
    fn ranges_grow_join_and_stay_in_order() {
        // Every order in which 1 to 5 can come back, each twice.
        let mut orders = vec![vec![]];
        for n in 1..=5_u64 {
            orders = orders
                .into_iter()
                .flat_map(|order: Vec<u64>| {
                    (0..=order.len()).map(move |place| {
                        let mut order = order.clone();
                        order.insert(place, n);
                        order
                    })
                })
                .collect();
        }
        assert_eq!(orders.len(), 120);
        for order in orders {
            let mut stock = Stock {
                granted: 9,
                ..Stock::default()
            };
            for (at, serial) in order.iter().enumerate() {
                assert!(stock.give_back(*serial), "{order:?}");
                assert!(!stock.give_back(*serial), "{order:?}");
                let back = u64::try_from(at).unwrap().saturating_add(1);
                assert_eq!(stock.taken(), 9_u64.saturating_sub(back), "{order:?}");
            }
            assert_eq!(stock.returned, [(1, 5)], "{order:?}");
        }
    }
}
