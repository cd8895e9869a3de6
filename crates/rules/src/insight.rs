//! What is known of one customer without anybody writing a rule: the stage of life, RFM with its value group, and what BG/NBD expects.
//!
//! The same values as the fields `lifecycle`, `rfm.…` and `lifetime.…` of rules have.

use rapport_lifetime::{Group, Measure, Scores};
use rapport_types::{Decimal, Timestamp};

use crate::drift::{DAY_MILLIS, days_since};
use crate::lifecycle::Stage;
use crate::models;
use crate::subject::{Orders, Subject};

/// A customer, by what is known of all.
#[derive(Debug, Clone, PartialEq)]
pub struct Insight {
    /// Where they stand in their life with the shop.
    pub stage: Stage,
    /// When time alone ends that stage.
    pub stage_until: Option<Timestamp>,
    /// Their orders.
    pub orders: Orders,
    /// Whole 24-hour days since the last order.
    pub recency_days: Option<i64>,
    /// The three scores and the group that they make; `None` without orders, or without thresholds.
    pub scores: Option<(Scores, Group)>,
    /// Without orders, or without the model, `None`.
    pub lifetime: Option<Lifetime>,
    /// When stage, days or scores change with no new data. What BG/NBD says drifts all the while.
    pub next_change_at: Option<Timestamp>,
}

/// What BG/NBD says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime {
    /// How likely they still are a customer, 0 to 1.
    pub p_alive: Decimal,
    /// How many orders (days with one) to expect within 90 days.
    pub expected_orders: Decimal,
}

/// What is known of `subject` at `now`.
pub fn insight(subject: &dyn Subject, now: Timestamp) -> Insight {
    let orders = subject.orders();
    let (stage, stage_until) = subject.lifecycle_bounds().stage(&orders, now);
    let recency_days = orders.last_at.map(|last| days_since(last, now));
    let tomorrow = orders.last_at.zip(recency_days).and_then(|(last, days)| {
        let millis = days.checked_add(1)?.checked_mul(DAY_MILLIS)?;
        last.millis().checked_add(millis)
    });
    let changes = [stage_until, tomorrow.map(Timestamp::from_millis)];
    let measured = |measure| {
        let (params, purchases) = models::purchases(subject)?;
        let millionths = params.measure(measure, &purchases, now);
        Some(Decimal::new(millionths, 6))
    };
    let alive = measured(Measure::Alive).zip(measured(Measure::OrdersIn90Days));
    Insight {
        stage,
        stage_until,
        recency_days,
        scores: models::scores(subject, now),
        lifetime: alive.map(|(p_alive, expected_orders)| Lifetime {
            p_alive,
            expected_orders,
        }),
        next_change_at: changes.into_iter().flatten().min(),
        orders,
    }
}
