//! How events are called: customers count them, rules ask for them, and both must mean the same.

/// The event that counts as a purchase, and earns points.
pub const ORDER_COMPLETED: &str = "order_completed";
/// An order was placed and is to be paid.
pub const ORDER_PLACED: &str = "order_placed";
/// Money of an order went back.
pub const ORDER_REFUNDED: &str = "order_refunded";
/// An order is not to be.
pub const ORDER_CANCELLED: &str = "order_cancelled";

/// What points accounts tell of their customers, and nobody else does.
pub const OF_ACCOUNTS: [&str; 3] = [POINTS_EARNED, POINTS_EXPIRING, TIER_CHANGED];
/// Points were earned.
pub const POINTS_EARNED: &str = "points_earned";
/// Points expire within 30 days.
pub const POINTS_EXPIRING: &str = "points_expiring";
/// The customer holds another tier.
pub const TIER_CHANGED: &str = "tier_changed";

/// Other names of events that mean something here.
const OTHER_NAMES: [(&str, &str); 2] = [
    ("order_paid", ORDER_COMPLETED),
    ("order_canceled", ORDER_CANCELLED),
];

/// The one name under which an event is counted: lower case, and every run of white space and hyphens
/// inside it an underscore. `Order Completed`, `order-completed` and `order_completed` are one event.
/// `order_paid` is `order_completed`, and `order_canceled` is `order_cancelled`.
pub fn name(text: &str) -> String {
    let spelt = spell(text);
    match OTHER_NAMES.iter().find(|(other, _)| *other == spelt) {
        Some((_, name)) => (*name).to_owned(),
        None => spelt,
    }
}

fn spell(text: &str) -> String {
    let mut name = String::with_capacity(text.len());
    let mut gap = false;
    for c in text.trim().chars() {
        if c == '-' || c.is_whitespace() {
            gap = true;
            continue;
        }
        if std::mem::take(&mut gap) {
            name.push('_');
        }
        name.extend(c.to_lowercase());
    }
    if gap {
        name.push('_');
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_event_are_one_name() {
        for text in [
            "Order Completed",
            "order_completed",
            "order-completed",
            " ORDER -  completed ",
        ] {
            assert_eq!(name(text), ORDER_COMPLETED, "{text}");
        }
        assert_eq!(name("加入 购物车"), "加入_购物车");
    }

    #[test]
    fn a_shop_may_call_a_purchase_paid() {
        assert_eq!(name("Order Paid"), ORDER_COMPLETED);
        assert_eq!(name("order-canceled"), ORDER_CANCELLED);
        assert_eq!(name("order_paid_out"), "order_paid_out");
    }
}
