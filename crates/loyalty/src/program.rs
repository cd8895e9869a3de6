//! What a shop grants: points per money, how long they last, rules that give more, and tiers.

use rapport_types::{Currency, Money, Slug, Span, Timestamp, Violation, Zone};
use serde::{Deserialize, Serialize};

use crate::claim::Policy;
use crate::command::Rejection;
use crate::earning::check::check;
use crate::earning::{Caps, EarningRule, Stacking};
use crate::kinds::{self, PointsKind};
use crate::news::Topic;
use crate::quote::Redeem;
use crate::referral;
use crate::tier;
pub use crate::tier::policy::MAX_WINDOW_DAYS;
use crate::tier::policy::{Benefits, TierPolicy, Window, whole_days};
pub use crate::validity::Validity;

/// The most tiers of a programme.
pub const MAX_TIERS: usize = 20;
/// The longest delay before points activate, in days.
pub const MAX_ACTIVATION_DAYS: u32 = 366;

/// Whether points would wait longer than they may before they activate.
pub(crate) fn waits_too_long(delay: Option<Span>) -> bool {
    let most = i64::from(MAX_ACTIVATION_DAYS).saturating_mul(86_400_000);
    delay.is_some_and(|delay| delay.millis() > most)
}

/// A shop's programme: `{"points": {"per": {"amount": 100, "currency": "USD"}, "points": 1}, "tiers": [...]}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// How money becomes points, and how long they last.
    pub points: Earning,
    /// The tiers, lowest first.
    #[serde(default)]
    pub tiers: Vec<Tier>,
    /// What else gives points.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<EarningRule>,
    /// How multipliers go together that apply to the same money.
    #[serde(default, skip_serializing_if = "is_default")]
    pub multipliers: Stacking,
    /// At most so many points to one customer, by rate and rules together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caps: Option<Caps>,
    /// How long tiers are kept that are no longer earned; absent: not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier_policy: Option<TierPolicy>,
    /// What points are worth as part of a payment; absent: nothing was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redeem: Option<Redeem>,
    /// Kinds of points beside the main one, which is always there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<PointsKind>,
    /// What a customer gets who brings another; absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referral: Option<referral::Terms>,
    /// What accounts tell as events of their customers; absent: `tier_changed` and `points_expiring`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<Topic>>,
}

// serde's `skip_serializing_if` passes a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_default(stacking: &Stacking) -> bool {
    *stacking == Stacking::default()
}

/// How money becomes points, and how long they last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Earning {
    /// So much money ...
    pub per: Money,
    /// ... earns so many points.
    pub points: i64,
    /// How long points last, counted from their activation; absent: they never expire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_after: Option<Validity>,
    /// How long points wait before they can be spent; absent: not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activates_after: Option<Span>,
    /// How much of an earn a reversal takes back, where the request does not say; absent: what the account has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reversal: Option<Policy>,
}

/// What a tier is measured by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// Points earned, counted on the day they activate.
    Points,
    /// Money spent, counted on the day of the order.
    Spend,
    /// Orders, counted on their days. Whatever comes with money is one.
    Orders,
}

/// One tier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// Its id.
    pub id: Slug,
    /// What people call it.
    pub name: String,
    /// What it takes: points, orders, or minor units of the programme's currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<i64>,
    /// What it is measured by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<By>,
    /// In place of these two: the segment whose members hold it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<Slug>,
    /// Of tiers by points: which kind of them; absent: the main one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Slug>,
    /// Over which days: `"365d"` is today and the 364 days before, `"calendar_year"` since 1 January; absent: over all time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// What it brings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub benefits: Option<Benefits>,
}

impl Tier {
    /// A rolling window in shop days, today included; `None` for the others, and where it is none.
    pub fn window_days(&self) -> Option<i32> {
        match self.window? {
            Window::Rolling(span) => whole_days(span, MAX_WINDOW_DAYS),
            Window::CalendarYear => None,
        }
    }
}

impl Program {
    /// The currency that points are earned in and that `spend` tiers are measured in.
    pub fn currency(&self) -> Currency {
        self.points.per.currency
    }

    /// Whether `currency` is the programme's. `XXX` on either side stands for "none was named" and fits any.
    pub fn takes(&self, currency: Currency) -> bool {
        currency == self.currency()
            || currency == Currency::NONE
            || self.currency() == Currency::NONE
    }

    /// The points that `money` earns: `amount * points / per`, rounded down, exact in 128 bits.
    ///
    /// Each order is rounded by itself: two orders of 1.50 at a point per 1.00 earn two points, not three.
    pub fn points_for(&self, money: Money) -> Result<i64, Rejection> {
        if !self.takes(money.currency) {
            return Err(Rejection::OtherCurrency {
                given: money.currency,
                expected: self.currency(),
            });
        }
        if money.amount < 0 {
            return Err(Rejection::NegativeMoney);
        }
        // Two 63-bit factors fit 126 bits, so only the division by zero and the way back can fail.
        i128::from(money.amount)
            .checked_mul(i128::from(self.points.points))
            .and_then(|product| product.checked_div(i128::from(self.points.per.amount)))
            .and_then(|points| i64::try_from(points).ok())
            .ok_or(Rejection::Overflow)
    }

    /// When points earned by an order at `at` can first be spent.
    pub fn active_from(&self, at: Timestamp) -> Timestamp {
        self.points
            .activates_after
            .map_or(at, |delay| at.plus(delay))
    }

    /// The first moment at which points active from `active_from` can no longer be spent.
    pub fn expires_at(&self, active_from: Timestamp, zone: &Zone) -> Option<Timestamp> {
        self.points.expires_after?.expires_at(active_from, zone)
    }

    /// Whether accounts tell of `topic`.
    pub fn tells(&self, topic: Topic) -> bool {
        self.events
            .as_deref()
            .unwrap_or(&Topic::USUAL)
            .contains(&topic)
    }

    /// Whether accounts tell of anything.
    pub fn tells_anything(&self) -> bool {
        self.events.as_ref().is_none_or(|topics| !topics.is_empty())
    }

    /// What the rule of that id may give to all customers together.
    pub fn campaign(&self, rule: &Slug) -> Option<i64> {
        self.rule(rule)?.caps?.per_campaign
    }

    /// The rule of that id.
    pub(crate) fn rule(&self, id: &Slug) -> Option<&EarningRule> {
        self.rules.iter().find(|rule| rule.id == *id)
    }

    /// Whether its rate is all that gives points.
    pub(crate) fn has_rate_alone(&self) -> bool {
        self.rules.is_empty() && self.caps.is_none() && !self.asks_for_tiers()
    }

    /// Whether it matters to an earn which tier the customer holds.
    pub(crate) fn asks_for_tiers(&self) -> bool {
        let multiplies = |tier: &Tier| {
            let benefits = tier.benefits.as_ref();
            benefits.is_some_and(|benefits| benefits.multiplier.is_some())
        };
        self.rules.iter().any(|rule| !rule.tiers.is_empty()) || self.tiers.iter().any(multiplies)
    }

    /// The tiers that are measured in points, money or orders, each with its place.
    pub(crate) fn measured(&self) -> impl Iterator<Item = (usize, &Tier)> {
        let tiers = self.tiers.iter().enumerate();
        tiers.filter(|(_, tier)| tier.segment.is_none())
    }

    /// The first of those: all are measured alike.
    pub(crate) fn measure(&self) -> Option<&Tier> {
        self.measured().map(|(_, tier)| tier).next()
    }

    /// The segments whose members hold a tier.
    pub fn tier_segments(&self) -> impl Iterator<Item = &Slug> {
        self.tiers.iter().filter_map(|tier| tier.segment.as_ref())
    }

    /// Whether there are any.
    pub fn asks_for_segments(&self) -> bool {
        self.tier_segments().next().is_some()
    }

    /// Whether a tier may be kept that is no longer earned.
    pub(crate) fn keeps_tiers(&self) -> bool {
        self.tier_policy.is_some_and(|policy| !policy.is_plain())
    }

    /// What is wrong with this programme; empty when nothing is.
    pub fn check(&self) -> Vec<Violation> {
        let mut wrong = Vec::new();
        let mut say = |pointer: String, code: &str, detail: String| {
            wrong.push(Violation::new(pointer, code, detail));
        };
        if self.points.per.amount <= 0 {
            say(
                "/points/per/amount".into(),
                "out_of_range",
                "points are earned per an amount of at least 1 minor unit".into(),
            );
        }
        if self.points.points < 0 {
            say(
                "/points/points".into(),
                "out_of_range",
                "the points earned must not be negative".into(),
            );
        }
        if self.points.expires_after.is_some_and(Validity::is_nothing) {
            say(
                "/points/expires_after".into(),
                "out_of_range",
                "points last at least 1 day or month; leave it out for points that never expire"
                    .into(),
            );
        }
        if waits_too_long(self.points.activates_after) {
            say(
                "/points/activates_after".into(),
                "out_of_range",
                format!("points activate after at most {MAX_ACTIVATION_DAYS}d"),
            );
        }
        if let Some(policy) = &self.tier_policy {
            let window = self.measure().and_then(|tier| tier.window);
            for (field, code, detail) in policy.wrong(window) {
                say(format!("/tier_policy/{field}"), code, detail);
            }
        }
        wrong.extend(tier::check::check(self));
        wrong.extend(check(self));
        wrong.extend(kinds::check(self));
        if let Some(redeem) = &self.redeem {
            wrong.extend(redeem.check(self));
        }
        if let Some(referral) = &self.referral {
            let found = referral.check().into_iter();
            wrong.extend(found.map(|violation| violation.under("/referral")));
        }
        wrong
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn program(json: &str) -> Program {
        serde_json::from_str(json).unwrap()
    }

    const PLAIN: &str =
        r#"{"points": {"per": {"amount": 300, "currency": "USD"}, "points": 2}, "tiers": []}"#;

    #[test]
    fn money_earns_points_rounded_down() {
        let usd = Currency::parse("USD").unwrap();
        let program = program(PLAIN);
        // floor(449 * 2 / 300) = floor(2.99) = 2; floor(450 * 2 / 300) = 3.
        assert_eq!(program.points_for(Money::new(449, usd)), Ok(2));
        assert_eq!(program.points_for(Money::new(450, usd)), Ok(3));
        assert_eq!(program.points_for(Money::new(0, usd)), Ok(0));
        assert_eq!(
            program.points_for(Money::new(-1, usd)),
            Err(Rejection::NegativeMoney)
        );
        // 2 * (2^63 - 1) / 300 needs 65 bits on the way and fits 63 at the end.
        assert_eq!(
            program.points_for(Money::new(i64::MAX, usd)),
            Ok(61_489_146_912_365_172)
        );
    }

    #[test]
    fn another_currency_earns_nothing_but_none_is_the_shops_own() {
        let program = program(PLAIN);
        let eur = Currency::parse("EUR").unwrap();
        assert!(matches!(
            program.points_for(Money::new(450, eur)),
            Err(Rejection::OtherCurrency { .. })
        ));
        assert_eq!(program.points_for(Money::new(450, Currency::NONE)), Ok(3));
    }

    #[test]
    fn points_beyond_63_bits_are_an_overflow() {
        let program = program(
            r#"{"points": {"per": {"amount": 1, "currency": "USD"}, "points": 9223372036854775807}}"#,
        );
        let two = Money::new(2, Currency::NONE);
        assert_eq!(program.points_for(two), Err(Rejection::Overflow));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let program = program(
            r#"{"points": {"per": {"amount": 0, "currency": "USD"}, "points": -1, "expires_after": {"days": 0},
                "activates_after": "400d"},
                "tiers": [
                  {"id": "a", "name": "", "at_least": -5, "by": "points", "window": "36h"},
                  {"id": "a", "name": "A", "at_least": -5, "by": "spend", "window": "2000d"}]}"#,
        );
        let places: Vec<_> = program
            .check()
            .into_iter()
            .map(|v| (v.pointer, v.code))
            .collect();
        let expected = [
            ("/points/per/amount", "out_of_range"),
            ("/points/points", "out_of_range"),
            ("/points/expires_after", "out_of_range"),
            ("/points/activates_after", "out_of_range"),
            ("/tiers/0/name", "out_of_range"),
            ("/tiers/0/at_least", "out_of_range"),
            ("/tiers/0/window", "out_of_range"),
            ("/tiers/1/id", "duplicate"),
            ("/tiers/1/at_least", "out_of_range"),
            ("/tiers/1/window", "out_of_range"),
            ("/tiers/1/at_least", "not_ascending"),
            ("/tiers/1/by", "mixed_tiers"),
            ("/tiers/1/window", "mixed_tiers"),
        ];
        let expected: Vec<_> = expected.map(|(p, c)| (p.to_owned(), c.to_owned())).into();
        assert_eq!(places, expected);
    }

    #[test]
    fn an_unknown_field_is_refused() {
        let typo = r#"{"points": {"per": {"amount": 100, "currency": "USD"}, "points": 1, "expire_after": 3}}"#;
        assert!(serde_json::from_str::<Program>(typo).is_err());
    }
}
