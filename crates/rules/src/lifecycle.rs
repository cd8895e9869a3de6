//! The stages of a customer's life, and their bounds.

use rapport_types::{Span, Timestamp, Violation};
use serde::{Deserialize, Serialize};

use crate::Orders;

/// Where a customer stands in their life with the shop. Each customer is in exactly one stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Known, but has not ordered.
    Lead,
    /// One order, not long ago.
    FirstTime,
    /// Several orders, the last not long ago.
    Repeat,
    /// Many orders, the last not long ago.
    Loyal,
    /// The last order is a while ago.
    AtRisk,
    /// The last order is long ago.
    Dormant,
    /// The last order is so long ago that another is not expected.
    Lost,
    /// Ordered again, not long ago, after having been dormant or lost.
    WonBack,
}

impl Stage {
    /// All stages with their names in rules.
    pub const ALL: [(Self, &'static str); 8] = [
        (Self::Lead, "lead"),
        (Self::FirstTime, "first_time"),
        (Self::Repeat, "repeat"),
        (Self::Loyal, "loyal"),
        (Self::AtRisk, "at_risk"),
        (Self::Dormant, "dormant"),
        (Self::Lost, "lost"),
        (Self::WonBack, "won_back"),
    ];

    /// The name in rules, such as `at_risk`.
    pub fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(stage, _)| *stage == self)
            .map_or("", |(_, name)| name)
    }
}

/// Where one stage ends and the next begins. A customer whose last order is exactly that long ago has passed
/// the bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LifecycleBounds {
    /// Orders from which a customer is loyal; 5 by default.
    pub loyal_from: u64,
    /// Time without an order after which a customer is at risk; 90 days by default.
    pub at_risk_after: Span,
    /// Time without an order after which a customer is dormant; 180 days by default. Also the gap before the
    /// last order from which that order won the customer back.
    pub dormant_after: Span,
    /// Time without an order after which a customer is lost; 365 days by default.
    pub lost_after: Span,
}

impl Default for LifecycleBounds {
    fn default() -> Self {
        let days = |days| Span::days(days).unwrap_or(Span::MAX);
        Self {
            loyal_from: 5,
            at_risk_after: days(90),
            dormant_after: days(180),
            lost_after: days(365),
        }
    }
}

impl LifecycleBounds {
    /// These bounds, or what is wrong with them, with pointers such as `/dormant_after`: a loyal customer has ordered at least
    /// twice, and each stage without an order is later than the one before.
    pub fn checked(self) -> Result<Self, Vec<Violation>> {
        let mut wrong = Vec::new();
        if self.loyal_from < 2 {
            let detail = format!(
                "one order makes a first_time customer, so loyal_from is at least 2, not {}",
                self.loyal_from
            );
            wrong.push(Violation::new("/loyal_from", "out_of_range", detail));
        }
        if self.at_risk_after.millis() == 0 {
            let detail = "a customer is not at risk from the order itself on";
            wrong.push(Violation::new("/at_risk_after", "out_of_range", detail));
        }
        for (name, before, after) in [
            ("dormant_after", self.at_risk_after, self.dormant_after),
            ("lost_after", self.dormant_after, self.lost_after),
        ] {
            if after.millis() <= before.millis() {
                let detail =
                    format!("each stage begins after the one before: {name} is more than {before}");
                wrong.push(Violation::new(format!("/{name}"), "not_ascending", detail));
            }
        }
        if wrong.is_empty() {
            Ok(self)
        } else {
            Err(wrong)
        }
    }

    /// The stage at `now`, and when time alone ends it.
    pub fn stage(&self, orders: &Orders, now: Timestamp) -> (Stage, Option<Timestamp>) {
        let Some(last) = orders.last_at.filter(|_| orders.count > 0) else {
            return (Stage::Lead, None);
        };
        let passes = |after: Span| last.plus(after);
        if now >= passes(self.lost_after) {
            return (Stage::Lost, None);
        }
        if now >= passes(self.dormant_after) {
            return (Stage::Dormant, Some(passes(self.lost_after)));
        }
        if now >= passes(self.at_risk_after) {
            return (
                Stage::AtRisk,
                Some(passes(self.dormant_after).min(passes(self.lost_after))),
            );
        }
        let until = passes(self.at_risk_after)
            .min(passes(self.dormant_after))
            .min(passes(self.lost_after));
        let returned = orders
            .previous_at
            .is_some_and(|previous| last >= previous.plus(self.dormant_after));
        let stage = if returned {
            Stage::WonBack
        } else if orders.count >= self.loyal_from {
            Stage::Loyal
        } else if orders.count > 1 {
            Stage::Repeat
        } else {
            Stage::FirstTime
        };
        (stage, Some(until))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;

    fn at(day: i64) -> Timestamp {
        Timestamp::from_millis(day.saturating_mul(DAY))
    }

    fn orders(count: u64, previous: Option<i64>, last: i64) -> Orders {
        Orders {
            count,
            previous_at: previous.map(at),
            last_at: Some(at(last)),
            ..Orders::default()
        }
    }

    #[test]
    fn a_customer_grows_quiet_at_the_bounds_and_not_before() {
        let bounds = LifecycleBounds::default();
        let one = orders(1, None, 0);
        for (day, stage, until) in [
            (0, Stage::FirstTime, Some(90)),
            (89, Stage::FirstTime, Some(90)),
            (90, Stage::AtRisk, Some(180)),
            (180, Stage::Dormant, Some(365)),
            (365, Stage::Lost, None),
        ] {
            assert_eq!(bounds.stage(&one, at(day)), (stage, until.map(at)), "{day}");
        }
    }

    #[test]
    fn bounds_that_leave_a_stage_no_room_are_pointed_at() {
        assert!(LifecycleBounds::default().checked().is_ok());
        let span = |text| Span::parse(text).unwrap();
        let wrong = LifecycleBounds {
            loyal_from: 1,
            at_risk_after: span("0d"),
            dormant_after: span("60d"),
            lost_after: span("60d"),
        };
        let wrong = wrong.checked().unwrap_err();
        let places: Vec<_> = wrong.iter().map(|wrong| wrong.pointer.as_str()).collect();
        assert_eq!(places, ["/loyal_from", "/at_risk_after", "/lost_after"]);
    }

    #[test]
    fn orders_make_a_customer_loyal_and_a_gap_wins_them_back() {
        let bounds = LifecycleBounds::default();
        assert_eq!(bounds.stage(&Orders::default(), at(9)), (Stage::Lead, None));
        assert_eq!(
            bounds.stage(&orders(2, Some(-9), 0), at(1)).0,
            Stage::Repeat
        );
        assert_eq!(bounds.stage(&orders(5, Some(-9), 0), at(1)).0, Stage::Loyal);
        assert_eq!(
            bounds.stage(&orders(5, Some(-180), 0), at(1)).0,
            Stage::WonBack
        );
        assert_eq!(
            bounds.stage(&orders(5, Some(-179), 0), at(1)).0,
            Stage::Loyal
        );
    }
}
