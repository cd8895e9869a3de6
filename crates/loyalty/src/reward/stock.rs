//! A reward's stock: numbers are claimed, and given back.
//!
//! Each redemption claims a number of its own, 1, 2, and so on; it is written down in the account with the capture. Claiming twice for the same
//! redemption gives the same number. A claim stays here until the account has acknowledged it, so whoever finds one that is old asks the
//! account what became of it. Numbers given back are kept as ranges, so that giving one back twice is as doing it once, for ever:
//! nothing is oversold, and nothing is lost, whatever comes late or twice.
//!
//! Where a reward hands out the codes of a [pool](super::pool), a claim has one of them, too, by its number there. A code whose claim came to
//! nothing was seen by nobody, and goes to the next one who claims. Only the claim itself gives it back, and it is gone then: whoever
//! comes late or twice frees nothing that is somebody else's by now. A code that an account has written down is never handed out again.

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
    /// The number of the last code that was claimed of the reward's pool.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub codes: u64,
    /// Codes up to that one that were claimed, and that nobody saw.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unseen: Vec<u64>,
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero(number: &u64) -> bool {
    *number == 0
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
    /// The number of its code in the pool, where the reward has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u64>,
    /// When.
    #[serde(with = "rapport_types::time::millis")]
    pub at: Timestamp,
}

/// What a claim has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Number {
    /// A number of the stock.
    pub serial: u64,
    /// A code of the pool, by its number there; `None`: its code is made for it.
    pub code: Option<u64>,
}

/// What came of claiming.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claimed {
    /// A number, just now.
    Now(Number),
    /// The number that it had claimed before.
    Before(Number),
    /// There is none left.
    Gone,
    /// The pool has no code left.
    NoCode,
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

    /// How many codes are left of a pool of `total`.
    pub fn codes_left(&self, total: u64) -> u64 {
        let unseen = u64::try_from(self.unseen.len()).unwrap_or(u64::MAX);
        total.saturating_sub(self.codes).saturating_add(unseen)
    }

    /// How many codes of the pool are claimed, and not written down yet.
    pub fn codes_claimed(&self) -> u64 {
        let claimed = self.claims.iter().filter(|claim| claim.code.is_some());
        u64::try_from(claimed.count()).unwrap_or(u64::MAX)
    }

    /// Claims a number of `stock` for the redemption `of`; where the reward has a pool of `codes`, one of them, too.
    pub fn claim(
        &mut self,
        customer: &CustomerId,
        of: &TransactionId,
        stock: Option<u64>,
        codes: Option<u64>,
        now: Timestamp,
    ) -> Claimed {
        let mine = |claim: &&Claim| claim.of == *of && claim.customer == *customer;
        if let Some(Claim { serial, code, .. }) = self.claims.iter().find(mine) {
            let (serial, code) = (*serial, *code);
            return Claimed::Before(Number { serial, code });
        }
        if self.left(stock) == Some(0) {
            return Claimed::Gone;
        }
        if codes.is_some_and(|total| self.codes_left(total) == 0) {
            return Claimed::NoCode;
        }
        if self.claims.len() >= MAX_CLAIMS {
            return Claimed::Busy;
        }
        self.granted = self.granted.saturating_add(1);
        let (serial, code) = (self.granted, codes.map(|_| self.next_code()));
        self.claims.push(Claim {
            customer: customer.clone(),
            of: of.clone(),
            serial,
            code,
            at: now,
        });
        Claimed::Now(Number { serial, code })
    }

    /// A code that nobody saw goes first.
    fn next_code(&mut self) -> u64 {
        self.unseen.pop().unwrap_or_else(|| {
            self.codes = self.codes.saturating_add(1);
            self.codes
        })
    }

    /// The claim of `serial` came to nothing: the number is free again, and so is its code, which nobody saw. Says whether anything changed.
    pub fn release(&mut self, serial: u64) -> bool {
        let claim = self.claims.iter().find(|claim| claim.serial == serial);
        self.unseen.extend(claim.and_then(|claim| claim.code));
        self.give_back(serial)
    }

    /// The account has written `serial` down. Says whether anything changed.
    pub fn acknowledge(&mut self, serial: u64) -> bool {
        let before = self.claims.len();
        self.claims.retain(|claim| claim.serial != serial);
        self.claims.len() < before
    }

    /// `serial` is free again: nobody will have it, or whoever had it gave it back. A code that came with it does not: they saw it. Says
    /// whether anything changed.
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

    fn number(serial: u64) -> Number {
        Number { serial, code: None }
    }

    fn who(name: &str) -> CustomerId {
        CustomerId::parse(name).unwrap()
    }

    #[test]
    fn no_more_are_claimed_than_there_are_and_each_redemption_once() {
        let now = Timestamp::from_millis(0);
        let mut stock = Stock::default();
        assert_eq!(
            stock.claim(&who("a"), &id(1), Some(2), None, now),
            Claimed::Now(number(1))
        );
        // The same key of another customer is another redemption.
        assert_eq!(
            stock.claim(&who("b"), &id(1), Some(2), None, now),
            Claimed::Now(number(2))
        );
        assert_eq!(
            stock.claim(&who("c"), &id(3), Some(2), None, now),
            Claimed::Gone
        );
        assert_eq!(
            stock.claim(&who("a"), &id(1), Some(2), None, now),
            Claimed::Before(number(1))
        );
        assert!(stock.acknowledge(1));
        assert!(!stock.acknowledge(1));
        assert_eq!((stock.taken(), stock.left(Some(2))), (2, Some(0)));
        // A number given back can be had again, and giving it back twice changes nothing.
        assert!(stock.give_back(1));
        assert!(!stock.give_back(1));
        assert_eq!(stock.left(Some(2)), Some(1));
        assert_eq!(
            stock.claim(&who("c"), &id(3), Some(2), None, now),
            Claimed::Now(number(3))
        );
        assert_eq!(
            stock.claim(&who("d"), &id(4), Some(2), None, now),
            Claimed::Gone
        );
        assert_eq!(
            stock.claim(&who("d"), &id(4), None, None, now),
            Claimed::Now(number(4))
        );
        // Fewer than are redeemed already: none is left, and nothing is taken away.
        assert_eq!(stock.left(Some(1)), Some(0));
    }

    #[test]
    fn each_code_goes_to_one_and_what_nobody_saw_to_the_next() {
        let now = Timestamp::from_millis(0);
        let mut stock = Stock {
            granted: 7,
            ..Stock::default()
        };
        let claim = |stock: &mut Stock, key, total| match stock.claim(
            &who("a"),
            &id(key),
            None,
            Some(total),
            now,
        ) {
            Claimed::Now(Number { serial, code }) => (serial, code.unwrap_or(0)),
            _ => (0, 0),
        };
        assert_eq!(claim(&mut stock, 1, 2), (8, 1));
        assert_eq!(claim(&mut stock, 2, 2), (9, 2));
        assert_eq!(
            stock.claim(&who("a"), &id(1), None, Some(2), now),
            Claimed::Before(Number {
                serial: 8,
                code: Some(1)
            })
        );
        let none = stock.claim(&who("a"), &id(3), None, Some(2), now);
        assert_eq!((none, stock.codes_claimed()), (Claimed::NoCode, 2));
        // The claim came to nothing; a second time that frees nothing, though the code is somebody else's by then.
        assert!(stock.release(8));
        assert_eq!(stock.codes_left(2), 1);
        assert_eq!(claim(&mut stock, 3, 2), (10, 1));
        assert!(!stock.release(8));
        assert_eq!((stock.codes_left(2), stock.codes_claimed()), (0, 2));
        // What an account has written down stays given, though the redemption is taken back, before its claim is settled or after.
        assert!(stock.give_back(9));
        assert!(stock.acknowledge(10));
        assert!(stock.give_back(10));
        assert_eq!((stock.codes_left(2), stock.codes_claimed()), (0, 0));
        assert_eq!(claim(&mut stock, 4, 2), (0, 0));
        // More codes come.
        assert_eq!(claim(&mut stock, 4, 3), (11, 3));
        // A stock bounds a pool, too.
        let gone = stock.claim(&who("a"), &id(5), Some(1), Some(9), now);
        assert_eq!(gone, Claimed::Gone);
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
