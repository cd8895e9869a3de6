//! Rewards: what points can be redeemed for.
//!
//! Two documents are needed, the customer's account and the reward's [`Stock`]: so the points are held in the account, a number is
//! claimed in the stock, and the account captures the points and writes the number and the voucher's code down in one commit. How many a
//! customer had of a reward is counted in their account, so no document of the reward grows with its customers.
//!
//! # Layout of rewards
//!
//! - [`Reward`]: one reward of the catalogue, and what is wrong with it.
//! - [`eligible`]: who may redeem it now, and why not.
//! - [`step`]: what is asked of an account: redeem, fulfil, refuse, cancel.
//! - [`limits`]: how many a customer had.
//! - [`stock`]: numbers are claimed, and given back.
//! - [`code`]: voucher codes.
//! - [`pool`]: codes that were imported.
//! - [`voucher`]: a voucher's life.

pub mod code;
pub mod eligible;
pub mod limits;
pub mod pool;
pub mod step;
pub mod stock;
pub mod voucher;

use rapport_types::{Slug, Timestamp, Violation, Zone};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use code::Code;
pub use eligible::{Asker, Denied};
pub use limits::{Every, Had};
pub use pool::{Fate, Imported, Importing, Known, Pool, Pools};
pub use step::{Cancel, Found, Fulfil, Issue, Issued, Pending, Redeem, Refuse, Step, found};
pub use stock::{Claim, Claimed, Number, Stock};
pub use voucher::{State, Use, Voucher, VoucherRejection};

use crate::validity::Validity;

/// The most rewards of a catalogue.
pub const MAX_REWARDS: usize = 200;
/// The most bytes of a name.
const MAX_NAME: usize = 200;
/// The most bytes of a description.
const MAX_DESCRIPTION: usize = 1_000;
/// The most uses of a voucher: each is kept with it.
pub const MAX_USES: u32 = 100;
/// The most tiers that a reward names.
const MAX_TIERS: usize = 20;
/// The most points of a reward.
const MAX_POINTS: i64 = 1_000_000_000_000;
/// The most characters of a prefix.
const MAX_PREFIX: usize = 16;

/// A reward: `{"name": "Coffee", "points": 200, "stock": 100, "voucher": {"valid_for": {"days": 30}}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reward {
    /// What people call it.
    pub name: String,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it takes, at least 1.
    pub points: i64,
    /// How many there are in all, those redeemed included; `None`: any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stock: Option<u64>,
    /// How many a customer may have in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_customer: Option<u32>,
    /// How many a customer may have in a period of the calendar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_period: Option<PerPeriod>,
    /// From when it can be redeemed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// The first moment at which it no longer can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Who is in one of these may redeem it; empty: everybody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<Slug>,
    /// Who passes this rule may; `None`: everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<Value>,
    /// What the voucher is like.
    #[serde(default)]
    pub voucher: Terms,
}

/// So many in each period: `{"times": 1, "every": "month"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PerPeriod {
    /// How many, at least 1.
    pub times: u32,
    /// Of what.
    pub every: Every,
}

/// What a voucher is like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// How long it can be used, counted from when it was issued; `None`: for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_for: Option<Validity>,
    /// How often it can be used, 1 to 100.
    #[serde(default = "one")]
    pub uses: u32,
    /// What its code begins with: letters and digits, for people only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// Where its code is from.
    #[serde(default, skip_serializing_if = "Codes::are_generated")]
    pub codes: Codes,
}

/// Where the codes of vouchers are from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Codes {
    /// Each is made when it is issued.
    #[default]
    Generated,
    /// From the reward's [`pool`].
    Imported,
}

impl Codes {
    #[allow(clippy::trivially_copy_pass_by_ref)]
    fn are_generated(&self) -> bool {
        *self == Self::Generated
    }
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            valid_for: None,
            uses: 1,
            prefix: None,
            codes: Codes::Generated,
        }
    }
}

fn one() -> u32 {
    1
}

impl Terms {
    /// The first moment at which a voucher that is issued at `now` can no longer be used.
    pub fn valid_until(&self, now: Timestamp, zone: &Zone) -> Option<Timestamp> {
        self.valid_for?.expires_at(now, zone)
    }
}

impl Reward {
    /// Whether its vouchers have codes that were imported.
    pub fn has_pool(&self) -> bool {
        self.voucher.codes == Codes::Imported
    }

    /// What is wrong with it, but for its audience; empty when nothing is.
    pub fn check(&self) -> Vec<Violation> {
        let mut wrong = Vec::new();
        let mut say = |is_wrong: bool, pointer: &str, code: &str, detail: &str| {
            if is_wrong {
                wrong.push(Violation::new(pointer, code, detail));
            }
        };
        let range = "out_of_range";
        let named = (1..=MAX_NAME).contains(&self.name.len());
        say(!named, "/name", range, "a reward's name has 1 to 200 bytes");
        let long = |text: &String| text.len() > MAX_DESCRIPTION;
        let detail = "a description has at most 1000 bytes";
        let described = self.description.as_ref().is_some_and(long);
        say(described, "/description", "too_long", detail);
        let priced = (1..=MAX_POINTS).contains(&self.points);
        let detail = "a reward takes 1 to 1000000000000 points";
        say(!priced, "/points", range, detail);
        let detail = "at least 1; leave it out for no limit";
        let none = self.per_customer == Some(0);
        say(none, "/per_customer", range, detail);
        let none = self.per_period.is_some_and(|limit| limit.times == 0);
        say(none, "/per_period/times", range, detail);
        let never = self.from.zip(self.until).is_some_and(|(a, b)| a >= b);
        let detail = "it must end after it begins";
        say(never, "/until", range, detail);
        let many = self.tiers.len() > MAX_TIERS;
        say(
            many,
            "/tiers",
            "too_many",
            "a reward names at most 20 tiers",
        );
        let Terms {
            valid_for,
            uses,
            prefix,
            codes,
        } = &self.voucher;
        let nothing = valid_for.is_some_and(Validity::is_nothing);
        let detail =
            "a voucher lasts at least 1 day or month; leave it out for one that never expires";
        say(nothing, "/voucher/valid_for", range, detail);
        let usable = (1..=MAX_USES).contains(uses);
        let detail = "a voucher can be used 1 to 100 times";
        say(!usable, "/voucher/uses", range, detail);
        let fits = |text: &String| {
            (1..=MAX_PREFIX).contains(&text.len())
                && text.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        let bad = prefix.as_ref().is_some_and(|text| !fits(text));
        let detail = "a prefix has 1 to 16 letters A to Z and digits";
        say(bad, "/voucher/prefix", "invalid_value", detail);
        let idle = prefix.is_some() && *codes == Codes::Imported;
        let detail = "imported codes stand as they are; leave the prefix out";
        say(idle, "/voucher/prefix", "unsupported", detail);
        wrong
    }
}
