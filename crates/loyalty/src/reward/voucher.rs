//! A voucher's life: active, then used, expired or cancelled.

use rapport_types::{CustomerId, Slug, Timestamp};
use serde::{Deserialize, Serialize};

use crate::entry::TransactionId;

/// What was redeemed: one document, under a hash of its code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voucher {
    /// Its code, as people read it.
    pub code: String,
    /// Whether the code is from a pool.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub imported: bool,
    /// The reward.
    pub reward: Slug,
    /// What the reward was called.
    pub name: String,
    /// Whose it is.
    pub customer: CustomerId,
    /// The transaction that spent the points.
    pub transaction: TransactionId,
    /// The number that was claimed of the reward's stock.
    pub serial: u64,
    /// What it took.
    pub points: i64,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// The first moment at which it can no longer be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Timestamp>,
    /// How often it can be used.
    pub uses: u32,
    /// How often it was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub used: Vec<Use>,
    /// That it was cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled: Option<Cancelled>,
}

/// One use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// What names the request, so that its repetition is none.
    pub id: TransactionId,
    /// When.
    pub at: Timestamp,
    /// For which order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<String>,
}

/// That a voucher was cancelled, and its points went back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancelled {
    /// When.
    pub at: Timestamp,
    /// Why, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What can be done with a voucher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It can be used.
    Active,
    /// As often as it can be.
    Used,
    /// Its time is over.
    Expired,
    /// Its points went back.
    Cancelled,
}

/// Why a voucher is not used or cancelled. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VoucherRejection {
    /// It was used as often as it can be.
    #[error("the voucher was used at {at}, as often as it can be")]
    Used {
        /// When last.
        at: Timestamp,
    },
    /// Its time is over.
    #[error("the voucher could be used until {at}")]
    Expired {
        /// Since when it cannot.
        at: Timestamp,
    },
    /// It was cancelled.
    #[error("the voucher was cancelled at {at}, and its points went back")]
    Cancelled {
        /// When.
        at: Timestamp,
    },
    /// What was used is not taken back.
    #[error("the voucher was used at {at}; one that was used is not cancelled")]
    InUse {
        /// When first.
        at: Timestamp,
    },
    /// The request's name was that of another use.
    #[error("this key was another use of the voucher")]
    KeyReused,
}

impl Voucher {
    /// What can be done with it at `now`.
    pub fn state(&self, now: Timestamp) -> State {
        if self.cancelled.is_some() {
            State::Cancelled
        } else if self.uses_left() == 0 {
            State::Used
        } else if self.valid_until.is_some_and(|end| end <= now) {
            State::Expired
        } else {
            State::Active
        }
    }

    /// How often it can be used yet, its time aside.
    pub fn uses_left(&self) -> u32 {
        let used = u32::try_from(self.used.len()).unwrap_or(u32::MAX);
        self.uses.saturating_sub(used)
    }

    /// As it was after the use `id`, where that was one.
    pub fn after(&self, id: &TransactionId) -> Option<Self> {
        let place = self.used.iter().position(|used| used.id == *id)?;
        let mut then = self.clone();
        then.used.truncate(place.saturating_add(1));
        then.cancelled = None;
        Some(then)
    }

    /// Uses it once more. `false` where this very use is known already.
    pub fn redeem(&mut self, using: &Use) -> Result<bool, VoucherRejection> {
        if let Some(known) = self.used.iter().find(|known| known.id == using.id) {
            return if known.order_id == using.order_id {
                Ok(false)
            } else {
                Err(VoucherRejection::KeyReused)
            };
        }
        self.usable(using.at)?;
        self.used.push(using.clone());
        Ok(true)
    }

    /// Says why it cannot be used at `now`.
    pub fn usable(&self, now: Timestamp) -> Result<(), VoucherRejection> {
        if let Some(cancelled) = &self.cancelled {
            return Err(VoucherRejection::Cancelled { at: cancelled.at });
        }
        if let (0, Some(last)) = (self.uses_left(), self.used.last()) {
            return Err(VoucherRejection::Used { at: last.at });
        }
        match self.valid_until.filter(|end| *end <= now) {
            Some(at) => Err(VoucherRejection::Expired { at }),
            None => Ok(()),
        }
    }

    /// Cancels it: one that has expired, too, but none that was used. `false` where it is cancelled already.
    pub fn cancel(
        &mut self,
        reason: Option<String>,
        now: Timestamp,
    ) -> Result<bool, VoucherRejection> {
        if self.cancelled.is_some() {
            return Ok(false);
        }
        if let Some(first) = self.used.first() {
            return Err(VoucherRejection::InUse { at: first.at });
        }
        self.cancelled = Some(Cancelled { at: now, reason });
        Ok(true)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn voucher(uses: u32) -> Voucher {
        Voucher {
            code: "7ZZZ".into(),
            imported: false,
            reward: Slug::parse("coffee").unwrap(),
            name: "Coffee".into(),
            customer: CustomerId::parse("c").unwrap(),
            transaction: TransactionId::of_key("k"),
            serial: 1,
            points: 200,
            issued_at: at(0),
            valid_until: Some(at(100)),
            uses,
            used: Vec::new(),
            cancelled: None,
        }
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn used(key: &str, millis: i64) -> Use {
        Use {
            id: TransactionId::of_key(key),
            at: at(millis),
            order_id: None,
        }
    }

    #[test]
    fn it_is_used_as_often_as_it_can_be_and_each_request_once() {
        let mut voucher = voucher(2);
        assert_eq!(voucher.redeem(&used("a", 10)), Ok(true));
        assert_eq!(voucher.redeem(&used("a", 20)), Ok(false));
        let mut other = used("a", 20);
        other.order_id = Some("7".into());
        assert_eq!(voucher.redeem(&other), Err(VoucherRejection::KeyReused));
        assert_eq!(
            (voucher.state(at(20)), voucher.uses_left()),
            (State::Active, 1)
        );
        assert_eq!(voucher.redeem(&used("b", 30)), Ok(true));
        let full = Err(VoucherRejection::Used { at: at(30) });
        assert_eq!(voucher.redeem(&used("c", 40)), full);
        // One that was used up is used, not expired.
        assert_eq!(voucher.state(at(200)), State::Used);
        let first = voucher.after(&TransactionId::of_key("a")).unwrap();
        assert_eq!(first.uses_left(), 1);
    }

    #[test]
    fn its_last_moment_is_the_one_before_the_end() {
        let mut voucher = voucher(1);
        assert_eq!(voucher.usable(at(99)), Ok(()));
        let over = Err(VoucherRejection::Expired { at: at(100) });
        assert_eq!(voucher.redeem(&used("a", 100)), over);
        assert_eq!(voucher.state(at(100)), State::Expired);
    }

    #[test]
    fn what_was_used_is_not_cancelled_and_what_is_cancelled_is_not_used() {
        let mut voucher = voucher(2);
        assert_eq!(voucher.cancel(None, at(10)), Ok(true));
        assert_eq!(voucher.cancel(None, at(11)), Ok(false));
        let gone = Err(VoucherRejection::Cancelled { at: at(10) });
        assert_eq!(voucher.redeem(&used("a", 20)), gone);
        let mut voucher = self::voucher(2);
        voucher.redeem(&used("a", 10)).unwrap();
        let in_use = Err(VoucherRejection::InUse { at: at(10) });
        assert_eq!(voucher.cancel(None, at(20)), in_use);
    }

    #[test]
    fn a_use_is_answered_again_as_it_was_whatever_came_after() {
        let mut voucher = voucher(3);
        for (key, when) in [("a", 10), ("b", 20), ("c", 30)] {
            voucher.redeem(&used(key, when)).unwrap();
        }
        let then = voucher.after(&TransactionId::of_key("b")).unwrap();
        let uses: Vec<_> = then.used.iter().map(|used| used.at).collect();
        assert_eq!((uses, then.uses_left()), (vec![at(10), at(20)], 1));
        assert_eq!(voucher.after(&TransactionId::of_key("d")), None);
    }

    #[test]
    fn one_without_an_end_is_used_for_ever() {
        let mut voucher = voucher(1);
        voucher.valid_until = None;
        assert_eq!(voucher.usable(Timestamp::MAX), Ok(()));
        assert_eq!(voucher.state(Timestamp::MAX), State::Active);
        voucher.cancel(Some("lost".into()), at(7)).unwrap();
        assert_eq!(voucher.state(at(8)), State::Cancelled);
        let reason = voucher.cancelled.unwrap().reason;
        assert_eq!(reason.as_deref(), Some("lost"));
    }
}
