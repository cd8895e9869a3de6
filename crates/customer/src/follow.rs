//! An event about an order's life changes what is known of the order, and the customer's totals with it.
//!
//! Events are history and stay counted as they came; what is corrected is what the customer's orders come to: how many, when, and
//! what was spent.

use rapport_types::event::ORDER_COMPLETED;
use rapport_types::{Day, Money, Timestamp, Violation, Zone};

use crate::command::Effect;
use crate::customer::Customer;
use crate::life::Step;
use crate::limits::REFUNDS_OF_ONE;
use crate::order::{Order, order_id};
use crate::orders::{OrderState, Row};

/// A step in an order's life that is about to be counted.
pub(crate) struct Following {
    step: Step,
    /// What was known of the order; `None` of one without an id, of which nothing can be known.
    before: Option<Row>,
    /// What tells a refund from every other of the order.
    refund: String,
}

impl Following {
    /// Checks `step`, which happened at `at`; `None` where it was counted before.
    pub(crate) fn begin(
        customer: &Customer,
        step: Step,
        at: Timestamp,
        message_id: Option<&str>,
    ) -> Result<Option<Self>, Violation> {
        let before = step.id().map(|id| customer.known_order(id));
        let mut refund = String::new();
        if let Some(row) = &before {
            let known = match &step {
                Step::Placed { .. } => row.placed,
                Step::Bought { .. } => row.is_bought(),
                Step::Cancelled { .. } => row.cancelled,
                Step::Refunded {
                    refund: id, money, ..
                } => {
                    refund = match (id, message_id) {
                        (Some(id), _) => format!("id:{id}"),
                        (None, Some(message)) => format!("message:{message}"),
                        // The same moment and amount is the same refund.
                        (None, None) => {
                            let amount = money.map_or(-1, |money| money.amount);
                            format!("at:{}:{amount}", at.millis())
                        }
                    };
                    if !row.has_refund(&refund) {
                        check_refund(row, *money)?;
                    }
                    row.has_refund(&refund)
                }
            };
            if known {
                return Ok(None);
            }
        }
        Ok(Some(Self {
            step,
            before,
            refund,
        }))
    }

    /// Of a purchase, what was paid.
    pub(crate) fn money(&self) -> Option<Money> {
        match &self.step {
            Step::Bought { order, .. } => order.money,
            _ => None,
        }
    }

    /// What the order is after it.
    fn after(&self, at: Timestamp) -> Option<Row> {
        let mut row = self.before.clone()?;
        match &self.step {
            Step::Placed { points_used, .. } => {
                row.placed = true;
                row.points.0 = *points_used;
            }
            Step::Bought { order, points_used } => {
                row.bought(at, order.money);
                row.points.1 = *points_used;
            }
            Step::Refunded { money, .. } => row.refund(&self.refund, *money),
            Step::Cancelled { .. } => row.cancelled = true,
        }
        Some(row)
    }

    /// Counts it. To be called before the event itself is counted, whose day tells whether there was another order on it.
    pub(crate) fn count(
        self,
        customer: &mut Customer,
        at: Timestamp,
        message_id: Option<&str>,
        zone: &Zone,
        effects: &mut Vec<Effect>,
    ) {
        let after = self.after(at);
        let counts = after.as_ref().is_none_or(Row::counts);
        let state = |row: &Row| self.step.id().map(|id| OrderState::new(id, row));
        match &self.step {
            Step::Bought { order, .. } => {
                customer.totals.add_money(order.money);
                if counts {
                    customer.count_order_day(at, zone);
                    customer.totals.add_order(at);
                } else {
                    customer.totals.order_days = Some(customer.order_days());
                }
                if let (Some(row), Some(id)) = (&after, &order.id) {
                    customer.seen.add_order(id);
                    // Points that pay for it are not those that it earns.
                    let paid = state(row).map(OrderState::paid);
                    effects.extend(
                        paid.map(Effect::OrderMoved)
                            .filter(|_| counts && row.points_used() > 0),
                    );
                }
                effects.push(Effect::OrderCompleted {
                    order_id: name_of(order, message_id, customer),
                    money: order.money,
                    at,
                });
                if let Some(row) = after.as_ref().filter(|row| row.is_taken_back()) {
                    effects.extend(state(row).map(Effect::OrderMoved));
                }
            }
            Step::Placed { points_used, .. } => {
                let moved = after.as_ref().filter(|_| points_used.is_some());
                effects.extend(moved.and_then(state).map(Effect::OrderMoved));
            }
            Step::Refunded { .. } | Step::Cancelled { .. } => {
                effects.extend(after.as_ref().and_then(state).map(Effect::OrderMoved));
            }
        }
        let (Some(before), Some(after)) = (self.before, after) else {
            return;
        };
        customer.orders.put(after.clone());
        customer.totals.take_money(&before, &after);
        if before.counts() && !after.counts() {
            customer.uncount(after.at(), zone);
        }
    }
}

/// What is known of a refund by now that will be counted.
fn check_refund(row: &Row, money: Option<Money>) -> Result<(), Violation> {
    if row.refunds() >= REFUNDS_OF_ONE {
        return Err(Violation::new(
            "/properties/refund_id",
            "too_many",
            format!(
                "{REFUNDS_OF_ONE} parts of this order went back already; cancel it to take back the rest"
            ),
        ));
    }
    let other = row
        .money()
        .zip(money)
        .filter(|(paid, back)| back.within(paid.currency).is_none());
    match other {
        None => Ok(()),
        Some((paid, back)) => Err(Violation::new(
            "/properties/currency",
            "other_currency",
            format!(
                "the order was paid in {}, not {}",
                paid.currency, back.currency
            ),
        )),
    }
}

fn name_of(order: &Order, message_id: Option<&str>, customer: &Customer) -> String {
    match (&order.id, message_id) {
        (Some(id), _) => id.clone(),
        (None, Some(message)) => format!("message:{message}"),
        (None, None) => {
            let before = customer.totals.events.get(ORDER_COMPLETED);
            let before = before.map_or(0, |events| events.count);
            format!("unnamed:{}", before.saturating_add(1))
        }
    }
}

impl Customer {
    /// What is known of an order. What its row would say and is no longer kept is looked up in the latest events.
    fn known_order(&self, id: &str) -> Row {
        if let Some(row) = self.orders.get(id) {
            return row.clone();
        }
        let mut row = Row::new(id);
        if self.seen.has_order(id) {
            let is = |text: &Option<String>| text.as_deref() == Some(id);
            let event = self
                .events_named(ORDER_COMPLETED)
                .find(|event| order_id(&event.properties.to_map()).is_ok_and(|text| is(&text)));
            match event {
                Some(event) => {
                    let order = Order::parse(&event.properties.to_map()).ok();
                    row.bought(event.at, order.and_then(|order| order.money));
                }
                None => row.old = true,
            }
        }
        row
    }

    /// Whether an order that still counts was paid on `day`; `None` where the day is no longer kept.
    pub(crate) fn ordered_on(&self, day: Day, zone: &Zone) -> Option<bool> {
        let count = self.days.on(ORDER_COMPLETED, day)?;
        if count == 0 {
            return Some(false);
        }
        let gone = self.orders.iter().filter(|row| {
            row.is_bought() && !row.counts() && row.at().is_some_and(|at| zone.day_of(at) == day)
        });
        Some(count > u64::try_from(gone.count()).unwrap_or(u64::MAX))
    }

    /// An order that was paid at `at` counts no more, and its row says so.
    fn uncount(&mut self, at: Option<Timestamp>, zone: &Zone) {
        let days = self.order_days();
        self.totals.orders = self.totals.orders.saturating_sub(1);
        let orders = self.totals.orders;
        let mut left = self.order_moments();
        left.sort_unstable_by(|a, b| b.cmp(a));
        let alone = at.is_some_and(|at| {
            let day = zone.day_of(at);
            !left.iter().any(|other| zone.day_of(*other) == day)
                && self.ordered_on(day, zone) != Some(true)
        });
        let days = days.saturating_sub(u64::from(alone));
        self.totals.order_days = Some(days.min(orders).max(u64::from(orders > 0)));
        let totals = &mut self.totals;
        let named = [
            totals.first_order_at,
            totals.previous_order_at,
            totals.last_order_at,
        ];
        if orders > 0 && (at.is_none() || !named.contains(&at)) {
            return;
        }
        let some = |moment: Option<Timestamp>, least: u64| moment.filter(|_| orders >= least);
        let all_known = u64::try_from(left.len()).unwrap_or(0) >= orders;
        // Of orders that are no longer kept singly the first is known, and nothing else.
        if totals.first_order_at == at && all_known {
            totals.first_order_at = left.last().copied();
        }
        let first = totals.first_order_at;
        totals.last_order_at = some(left.first().copied().or(first), 1);
        totals.previous_order_at = some(left.get(1).copied().or(first), 2);
        totals.first_order_at = some(first, 1);
    }

    /// When the orders that count were paid, as far as that is kept.
    fn order_moments(&self) -> Vec<Timestamp> {
        let rows = self.orders.iter().filter(|row| row.counts());
        let mut moments: Vec<Timestamp> = rows.filter_map(Row::at).collect();
        let others = self.events_named(ORDER_COMPLETED).filter(|event| {
            let id = order_id(&event.properties.to_map()).ok().flatten();
            id.is_none_or(|id| self.orders.get(&id).is_none())
        });
        moments.extend(others.map(|event| event.at));
        moments
    }
}

#[cfg(test)]
#[path = "follow_tests.rs"]
mod tests;
