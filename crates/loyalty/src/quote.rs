//! Points as part of a payment: how many of them a cart may use, and what they are worth.
//!
//! Money is minor units and points are whole, so both are rounded, always so that no money is given that no points pay for:
//!
//! - what points are worth is `points × worth / redeem.points`, rounded down;
//! - the share of a cart that points may pay is rounded down;
//! - of all numbers of points that are worth the same, the least is quoted: none is spent for nothing.
//!
//! Everything is computed in 128 bits out of 63-bit numbers, so nothing overflows on the way.

use std::collections::BTreeMap;

use rapport_types::{Currency, Money, Slug, Violation, decimal, violation};
use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::program::Program;

/// The most decimal places of a share: 0.3333 is a share, 0.33333 is not.
const SHARE_PLACES: u32 = 4;
/// What every share is counted in: ten thousandths.
const WHOLE: i128 = 10_000;

/// What points are worth at the till: `{"points": 100, "worth": {"amount": 100, "currency": "CNY"}, "max_share": 0.5}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redeem {
    /// So many points ...
    pub points: i64,
    /// ... are worth so much.
    pub worth: Money,
    /// The most of a cart that points may pay, above 0 and at most 1, in up to 4 decimal places; absent: all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_share: Option<Number>,
    /// The fewest points that a cart may use; absent: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_points: Option<i64>,
    /// Points are used in multiples of this; absent: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<i64>,
    /// What is otherwise for customers of a tier.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tiers: BTreeMap<Slug, TierRedeem>,
}

/// What is otherwise for a tier; what is absent is as for everybody.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TierRedeem {
    /// So many points ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<i64>,
    /// ... are worth so much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worth: Option<Money>,
    /// The most of a cart that points may pay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_share: Option<Number>,
    /// The fewest points that a cart may use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_points: Option<i64>,
    /// Points are used in multiples of this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<i64>,
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// What the cart comes to.
    pub cart: Money,
    /// How many points the customer wants to use; `None`: as many as may be.
    pub points: Option<i64>,
    /// How many points the customer can spend.
    pub available: i64,
}

/// How many points a cart may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Quote {
    /// So many points may be used; 0: none.
    pub points: i64,
    /// What they are worth.
    pub value: Money,
    /// What is left to pay with money.
    pub to_pay: Money,
    /// Why there are no more.
    pub limited_by: Limit,
}

/// Why a cart may use no more points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// No more were asked for.
    Asked,
    /// The customer has no more.
    Balance,
    /// Points may pay no more of this cart.
    Share,
    /// What could be used is less than the least that a cart may use.
    MinPoints,
}

/// Why there is no quote.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoQuote {
    /// The cart is below zero.
    #[error("a cart comes to at least 0")]
    NegativeCart,
    /// Less than no points were asked for.
    #[error("the points to use are at least 0")]
    NegativePoints,
    /// Points are worth something in another currency.
    #[error("points are worth something in {expected}, not in {given}")]
    OtherCurrency {
        /// The cart's.
        given: Currency,
        /// The programme's.
        expected: Currency,
    },
}

/// What holds for one customer.
struct Terms {
    points: i128,
    worth: i128,
    currency: Currency,
    /// In ten thousandths.
    share: i128,
    least: i64,
    step: i64,
}

impl Redeem {
    /// What a customer of `tier` may use for what is `asked`.
    pub fn quote(&self, tier: Option<&Slug>, asked: Asked) -> Result<Quote, NoQuote> {
        let terms = self.terms(tier);
        let cart = asked.cart;
        if cart.amount < 0 {
            return Err(NoQuote::NegativeCart);
        }
        if asked.points.is_some_and(|points| points < 0) {
            return Err(NoQuote::NegativePoints);
        }
        let (given, expected) = (cart.currency, terms.currency);
        if given != expected && given != Currency::NONE && expected != Currency::NONE {
            return Err(NoQuote::OtherCurrency { given, expected });
        }
        let cap = terms.cap(cart.amount);
        let wanted = asked.points.map(|points| (points, Limit::Asked));
        let limits = [
            (asked.available.max(0), Limit::Balance),
            (terms.most_worth(cap), Limit::Share),
        ];
        // The first of equals: who gets what they asked for is told so.
        let limits = wanted.into_iter().chain(limits);
        let least = limits.min_by_key(|(points, _)| *points);
        let (most, limit) = least.unwrap_or((0, Limit::Balance));
        let most = down_to(most, terms.step);
        let value = terms.value(most);
        let fewest = up_to(terms.fewest_worth(value), terms.step);
        let fewest = fewest.max(up_to(terms.least, terms.step)).min(most);
        let (points, limited_by) = match (value, most < terms.least) {
            (0, _) => (0, limit),
            (_, true) => (0, Limit::MinPoints),
            _ => (fewest, limit),
        };
        let value = if points == 0 { 0 } else { value };
        Ok(Quote {
            points,
            value: Money::new(value, cart.currency),
            to_pay: Money::new(cart.amount.saturating_sub(value), cart.currency),
            limited_by,
        })
    }

    /// What is wrong with it as a part of `program`; empty when nothing is.
    pub fn check(&self, program: &Program) -> Vec<Violation> {
        let mut wrong = Vec::new();
        let all = TierRedeem {
            points: Some(self.points),
            worth: Some(self.worth),
            max_share: self.max_share.clone(),
            min_points: self.min_points,
            step: self.step,
        };
        all.check("/redeem", program.currency(), &mut wrong);
        for (tier, terms) in &self.tiers {
            let place = format!("/redeem/tiers{}", violation::step(tier.as_str()));
            if !program.tiers.iter().any(|known| known.id == *tier) {
                let detail = format!("the programme has no tier {tier}");
                wrong.push(Violation::new(place.clone(), "unknown_tier", detail));
            }
            terms.check(&place, program.currency(), &mut wrong);
        }
        wrong
    }

    fn terms(&self, tier: Option<&Slug>) -> Terms {
        let as_all = TierRedeem::default();
        let own = tier.and_then(|tier| self.tiers.get(tier));
        let own = own.unwrap_or(&as_all);
        let worth = own.worth.unwrap_or(self.worth);
        let share = own.max_share.as_ref().or(self.max_share.as_ref());
        let least = own.min_points.or(self.min_points).unwrap_or(1);
        let step = own.step.or(self.step).unwrap_or(1);
        Terms {
            // What was checked when it was saved is made harmless here, for what other versions may have saved.
            points: i128::from(own.points.unwrap_or(self.points).max(1)),
            worth: i128::from(worth.amount.max(1)),
            currency: worth.currency,
            share: share.and_then(ten_thousandths).unwrap_or(WHOLE),
            least: least.max(1),
            step: step.max(1),
        }
    }
}

impl TierRedeem {
    fn check(&self, place: &str, currency: Currency, wrong: &mut Vec<Violation>) {
        let mut say = |field: &str, code: &str, detail: String| {
            wrong.push(Violation::new(format!("{place}/{field}"), code, detail));
        };
        if self.points.is_some_and(|points| points < 1) {
            let detail = "so many points are worth something: at least 1";
            say("points", "out_of_range", detail.to_owned());
        }
        if let Some(worth) = self.worth {
            if worth.amount < 1 {
                let detail = "points are worth at least 1 minor unit; let more points be worth it";
                say("worth/amount", "out_of_range", detail.to_owned());
            }
            if worth.currency != currency && currency != Currency::NONE {
                let detail = format!("points are worth something in the programme's {currency}");
                say("worth/currency", "other_currency", detail);
            }
        }
        if self.max_share.as_ref().map(ten_thousandths) == Some(None) {
            let detail =
                format!("a share is above 0 and at most 1, in up to {SHARE_PLACES} decimal places");
            say("max_share", "out_of_range", detail);
        }
        if self.min_points.is_some_and(|points| points < 0) {
            let detail = "the fewest points of a cart are at least 0";
            say("min_points", "out_of_range", detail.to_owned());
        }
        if self.step.is_some_and(|step| step < 1) {
            let detail = "points are used in steps of at least 1";
            say("step", "out_of_range", detail.to_owned());
        }
    }
}

impl Terms {
    /// The most that points may pay of a cart of `amount`.
    fn cap(&self, amount: i64) -> i64 {
        let product = i128::from(amount).saturating_mul(self.share);
        narrow(product.div_euclid(WHOLE))
    }

    /// What `points` are worth.
    fn value(&self, points: i64) -> i64 {
        let product = i128::from(points).saturating_mul(self.worth);
        narrow(product.checked_div(self.points).unwrap_or(0))
    }

    /// The most points that are worth `value` and no more.
    fn most_worth(&self, value: i64) -> i64 {
        // The most p of which p × worth / points < value + 1.
        let above = i128::from(value).saturating_add(1);
        let product = above.saturating_mul(self.points).saturating_sub(1);
        narrow(product.checked_div(self.worth).unwrap_or(0))
    }

    /// The fewest points that are worth `value`.
    fn fewest_worth(&self, value: i64) -> i64 {
        let product = i128::from(value).saturating_mul(self.points);
        let up = product.saturating_add(self.worth).saturating_sub(1);
        narrow(up.checked_div(self.worth).unwrap_or(0))
    }
}

/// A share in ten thousandths; `None` where it is none.
fn ten_thousandths(share: &Number) -> Option<i128> {
    let share = decimal::from_number(share)?.normalize();
    let missing = SHARE_PLACES.checked_sub(share.scale())?;
    let parts = share
        .mantissa()
        .checked_mul(10_i128.checked_pow(missing)?)?;
    (1..=WHOLE).contains(&parts).then_some(parts)
}

/// What has become too much for a number of points or of minor units is as much as there can be.
fn narrow(number: i128) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The greatest multiple of `step` up to `number`.
fn down_to(number: i64, step: i64) -> i64 {
    number.saturating_sub(number.checked_rem(step).unwrap_or(0))
}

/// The least multiple of `step` from `number` on.
fn up_to(number: i64, step: i64) -> i64 {
    match number.checked_rem(step).unwrap_or(0) {
        0 => number,
        rest => number.saturating_add(step.saturating_sub(rest)),
    }
}
