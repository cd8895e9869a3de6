//! Who may redeem a reward now, and why not.

use std::fmt;

use rapport_types::{Slug, Timestamp, Zone};

use super::limits::Every;
use super::{PerPeriod, Reward};
use crate::account::Ledger;

/// Who asks, and what is known of them.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// Their account.
    pub ledger: &'a Ledger,
    /// Their tier.
    pub tier: Option<&'a Slug>,
    /// Whether they pass the reward's rule.
    pub in_audience: bool,
    /// How many of the reward are left; `None`: any number.
    pub left: Option<u64>,
    /// How many codes are left in its pool; `None`: it has none.
    pub codes_left: Option<u64>,
    /// When.
    pub now: Timestamp,
    /// The shop's zone.
    pub zone: &'a Zone,
}

/// One reason why a reward is not redeemed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denied {
    /// Not yet.
    NotYet {
        /// From when.
        from: Timestamp,
    },
    /// No more.
    Over {
        /// Since when.
        until: Timestamp,
    },
    /// Other tiers only.
    Tier {
        /// Which.
        tiers: Vec<Slug>,
    },
    /// The rule does not pass.
    Audience,
    /// As many as a customer may have.
    PerCustomer {
        /// How many those are.
        times: u32,
    },
    /// As many as a customer may have in a period.
    PerPeriod {
        /// How many those are.
        times: u32,
        /// In which.
        every: Every,
        /// When the next one begins.
        again: Option<Timestamp>,
    },
    /// All are redeemed.
    OutOfStock,
    /// No code is left in its pool.
    PoolEmpty,
    /// Too few points.
    Points {
        /// How many are missing.
        missing: i64,
    },
}

impl Denied {
    /// A word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotYet { .. } => "not_yet",
            Self::Over { .. } => "over",
            Self::Tier { .. } => "tier",
            Self::Audience => "audience",
            Self::PerCustomer { .. } => "per_customer",
            Self::PerPeriod { .. } => "per_period",
            Self::OutOfStock => "out_of_stock",
            Self::PoolEmpty => "pool_empty",
            Self::Points { .. } => "insufficient_points",
        }
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotYet { from } => write!(f, "the reward can be redeemed from {from} on"),
            Self::Over { until } => write!(f, "the reward could be redeemed until {until}"),
            Self::Tier { tiers } => {
                let tiers: Vec<&str> = tiers.iter().map(Slug::as_str).collect();
                let tiers = tiers.join(", ");
                write!(f, "the reward is for the tiers {tiers}")
            }
            Self::Audience => f.write_str("the reward is for others: its audience's rule fails"),
            Self::PerCustomer { times } => {
                write!(f, "a customer can have {times} of the reward, and had them")
            }
            Self::PerPeriod {
                times,
                every,
                again,
            } => {
                let every = every.as_str();
                write!(f, "a customer can have {times} of the reward in a {every}")?;
                match again {
                    Some(again) => write!(f, "; the next one from {again} on"),
                    None => Ok(()),
                }
            }
            Self::OutOfStock => f.write_str("all of the reward are redeemed"),
            Self::PoolEmpty => f.write_str("no imported code of the reward is left"),
            Self::Points { missing } => write!(f, "{missing} points are missing"),
        }
    }
}

impl Reward {
    /// Every reason why `asker` cannot redeem `id` now; empty where they can.
    pub fn denied(&self, id: &Slug, asker: Asker<'_>) -> Vec<Denied> {
        let Asker {
            ledger, now, zone, ..
        } = asker;
        let mut denied = Vec::new();
        if let Some(from) = self.from.filter(|from| *from > now) {
            denied.push(Denied::NotYet { from });
        }
        if let Some(until) = self.until.filter(|until| *until <= now) {
            denied.push(Denied::Over { until });
        }
        let among = |tier: &Slug| self.tiers.contains(tier);
        if !self.tiers.is_empty() && !asker.tier.is_some_and(among) {
            let tiers = self.tiers.clone();
            denied.push(Denied::Tier { tiers });
        }
        if self.audience.is_some() && !asker.in_audience {
            denied.push(Denied::Audience);
        }
        let (times, recently) = ledger.had(id, self.per_period, now, zone);
        if let Some(most) = self.per_customer.filter(|most| times >= *most) {
            denied.push(Denied::PerCustomer { times: most });
        }
        if let Some(PerPeriod { times, every }) = self.per_period
            && recently >= times
        {
            let again = every.ends_at(now, zone);
            denied.push(Denied::PerPeriod {
                times,
                every,
                again,
            });
        }
        if self.stock.is_some() && asker.left == Some(0) {
            denied.push(Denied::OutOfStock);
        }
        if self.has_pool() && asker.codes_left == Some(0) {
            denied.push(Denied::PoolEmpty);
        }
        let missing = self.points.saturating_sub(ledger.balance(now).active);
        if missing > 0 {
            denied.push(Denied::Points { missing });
        }
        denied
    }
}
