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
//! - [`models`]: what is known of the whole population, by which rules score customers.
//! - [`ready`]: segments that a shop can have at once.
//! - [`accounts`]: points accounts, the programme, and the pages that old journal entries leave to.
//! - [`mod@todo`]: what a tick has to know: whose commits have effects, and who sets timers.
//! - [`orders`]: an order that was tracked earns points: the effect of a customer's commit.
//! - `sabotage`: a defect on purpose, to see that the tests notice.

pub mod accounts;
pub mod customers;
pub mod facts;
pub mod models;
pub mod orders;
pub mod ready;
mod sabotage;
pub mod segments;
pub mod todo;
