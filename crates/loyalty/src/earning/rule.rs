//! One rule of a programme: when it applies, and what it gives.

use rapport_types::{Money, Slug, event};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::calendar::{Period, Weekday};
use super::multiplier::Multiplier;
use crate::kinds::MAIN;

/// The most rules of a programme: which of them hold is a set of bits.
pub const MAX_RULES: usize = 64;
/// The most bytes of an event's name.
pub const MAX_EVENT_BYTES: usize = 128;

/// A rule: `{"id": "weekend", "name": "Double points on Saturdays", "weekdays": ["saturday"], "multiplier": 2}`.
///
/// It gives one of three things: points for money (`per` and `points`), a `multiplier` on those, or `points` alone, a bonus.
/// Everything else says when; what is not said does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarningRule {
    /// Its id: what journals name, so it stays when the rest is changed.
    pub id: Slug,
    /// What people call it.
    pub name: String,
    /// What earns.
    #[serde(default, skip_serializing_if = "is_default")]
    pub when: When,
    /// Whether it is in use.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub active: bool,

    /// So much money earns `points`, beside what the programme's own rate earns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per: Option<Money>,
    /// So many points: per `per`, or once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<i64>,
    /// Which kind of points it gives, or multiplies; absent: the main one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Slug>,
    /// A factor on what money earns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multiplier: Option<Multiplier>,

    /// A rule about the customer, in the language of segments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Value>,
    /// A rule about the order or event: `{"field": "properties.channel", ...}`.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    pub of: Option<Value>,
    /// Of orders: only the money of those among `properties.products` that pass: `{"field": "category", ...}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Value>,
    /// Only orders of at least so much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<Money>,
    /// Only customers who held one of these tiers before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<Slug>,
    /// Only from then until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// Only on these days of the week.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weekdays: Vec<Weekday>,
    /// At most so many points to one customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caps: Option<Caps>,
}

/// What earns.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// An order, however it was reported.
    #[default]
    Order,
    /// The customer came to be.
    SignUp,
    /// The customer checked in, which they do once a day.
    CheckIn,
    /// The customer came into a segment: by what they did, by time, or because they were put there.
    SegmentEntered(Slug),
    /// An event of that name, in any spelling.
    Event(String),
}

/// What earns, as it happens: names of events are in their one spelling.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// An order.
    #[default]
    Order,
    /// The customer came to be.
    SignUp,
    /// The customer checked in.
    CheckIn,
    /// The customer came into a segment.
    SegmentEntered(Slug),
    /// An event.
    Event(String),
}

/// At most so many points of one rule, or of all, to one customer; and of one rule to all of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Caps {
    /// On one day of the shop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_day: Option<i64>,
    /// In one week, from Monday on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_week: Option<i64>,
    /// In one month of the calendar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_month: Option<i64>,
    /// In one year of the calendar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_year: Option<i64>,
    /// Ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_customer: Option<i64>,
    /// Ever, to all customers together: what the whole rule may give.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_campaign: Option<i64>,
}

/// What a rule gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gives {
    /// So many points per so much money.
    Rate { per: i64, points: i64 },
    /// A factor.
    Multiplier(Multiplier),
    /// So many points.
    Bonus(i64),
}

impl EarningRule {
    /// Which kind of points it is about, where that is not the main one.
    pub fn kind(&self) -> Option<&Slug> {
        self.kind.as_ref().filter(|kind| kind.as_str() != MAIN)
    }

    /// What it gives; `None` of one that was not checked.
    pub(crate) fn gives(&self) -> Option<Gives> {
        match (self.per, self.points, self.multiplier) {
            (Some(per), Some(points), None) => Some(Gives::Rate {
                per: per.amount,
                points,
            }),
            (None, None, Some(multiplier)) => Some(Gives::Multiplier(multiplier)),
            (None, Some(points), None) => Some(Gives::Bonus(points)),
            _ => None,
        }
    }
}

impl When {
    /// Whether it is about `trigger`.
    pub fn is(&self, trigger: &Trigger) -> bool {
        match (self, trigger) {
            (Self::Order, Trigger::Order)
            | (Self::SignUp, Trigger::SignUp)
            | (Self::CheckIn, Trigger::CheckIn) => true,
            (Self::SegmentEntered(id), Trigger::SegmentEntered(entered)) => id == entered,
            (Self::Event(name), Trigger::Event(happened)) => event::name(name) == *happened,
            _ => false,
        }
    }
}

fn yes() -> bool {
    true
}

// serde's `skip_serializing_if` passes a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_yes(active: &bool) -> bool {
    *active
}

fn is_default(when: &When) -> bool {
    *when == When::default()
}
