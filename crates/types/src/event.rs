//! How events are called: customers count them, rules ask for them, and both must mean the same.

/// The event that counts as a purchase, and earns points.
pub const ORDER_COMPLETED: &str = "order_completed";

/// The one spelling under which an event is counted: lower case, and every run of white space and hyphens
/// inside it an underscore. `Order Completed`, `order-completed` and `order_completed` are one event.
pub fn name(text: &str) -> String {
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
}
