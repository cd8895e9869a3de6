//! The documents of the service: which key holds which value, and what one commit causes in others.
//!
//! Domain crates know no store, components know only their routes; what several components do with the same documents
//! is here. Feedback and surveys keep theirs to themselves, so their tables stand in their components.
//!
//! # Layout
//!
//! - [`customers`]: customer documents, with the segment memberships found at their last commit.
//! - [`facts`]: a customer as rules see one.
//! - [`segments`]: segment definitions.
//! - [`compiled`](mod@compiled): definitions and models in the form that evaluation needs; memberships and since when.
//! - [`models`]: what is known of the whole population, by which rules score customers.
//! - [`ready`]: segments that a shop can have at once.
//! - [`freshness`]: what a customer's commit finds out about memberships: who came, who went, when to look again.
//! - [`effects`]: what a customer's commit causes elsewhere, and who carries it out.
//! - [`rule`](mod@rule): rules as segments take them.
//! - [`references`](mod@references): which segments' rules name which.
//! - [`sample`](mod@sample): how many customers a rule would have, from a sample of them.
//! - [`audiences`]: a segment's members, as sets.
//! - [`fill`]: a new definition's audience is filled, a bounded step at a time.
//! - [`accounts`]: points accounts, the programme, and the pages that old journal entries leave to.
//! - [`mod@todo`]: what a tick has to know: whose commits have effects, and who sets timers.
//! - [`earning`]: the programme with its rules' conditions ready, and what they say about a customer and what they did.
//! - `orders`: what was tracked earns points.
//! - `sabotage`: a defect on purpose, to see that the tests notice.

pub mod accounts;
pub mod audiences;
pub mod compiled;
pub mod customers;
pub mod earning;
pub mod effects;
pub mod facts;
pub mod fill;
pub mod freshness;
pub mod models;
mod orders;
pub mod ready;
pub mod references;
pub mod rule;
mod sabotage;
pub mod sample;
pub mod segments;
pub mod todo;
