//! The documents of the service: which key holds which value, and what one commit causes in others.
//!
//! Domain crates know no store, components know only their routes; what several components do with the same documents
//! is here. Feedback and surveys keep theirs to themselves, so their tables stand in their components.
//!
//! # Layout
//!
//! - [`customers`]: customer documents, with the segment memberships found at their last commit.
//! - [`facts`]: a customer as rules see one.
//! - [`segments`]: segment definitions, compiled; memberships and since when.
//! - [`accounts`]: points accounts, the programme, and the pages that old journal entries leave to.
//! - [`todo`]: what a tick has to know: whose commits have effects, and who sets timers.
//! - [`orders`]: an order that was tracked earns points: the effect of a customer's commit.
//! - `sabotage`: a defect on purpose, to see that the tests notice.

pub mod accounts;
pub mod customers;
pub mod facts;
pub mod orders;
mod sabotage;
pub mod segments;
pub mod todo;

#[cfg(test)]
mod tests {
    /// Two domain crates spell events, and must agree: one names what is kept, the other what is asked for.
    #[test]
    fn customers_and_rules_spell_events_alike() {
        for name in [
            "Order Completed",
            "order_completed",
            "order-completed",
            "  Cart   Viewed ",
            "cartViewed",
            "查看商品",
            "A B-C_D",
            "É ß",
            "",
        ] {
            assert_eq!(
                rapport_customer::event_name(name),
                rapport_rules::event_name(name),
                "{name:?}"
            );
        }
    }
}
