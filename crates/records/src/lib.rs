//! The documents of the service: which key holds which value, and what one commit causes in others.
//!
//! Domain crates know no store, components know only their routes; what several components do with the same documents
//! is here. Surveys keep theirs to themselves, so their tables stand in their component.
//!
//! # Layout
//!
//! - [`customers`]: customer documents, with the segment memberships found at their last commit.
//! - [`facts`]: a customer as rules see one.
//! - [`segments`]: segment definitions.
//! - [`beside`]: what other documents say about a customer: the points account, the summary of feedback.
//! - `watch`: whoever commits one of those looks whether that flips memberships.
//! - [`compiled`](mod@compiled): definitions and models in the form that evaluation needs; memberships and since when.
//! - [`present`](mod@present): the segments that a customer is in at a moment, and how long that holds.
//! - `held`: a customer's memberships as their document keeps them.
//! - [`scores`]: weighted clauses, summed.
//! - [`tags`]: the catalogue of tags, those that rules put on, renaming and merging.
//! - [`tagging`]: jobs that put a tag on an audience, or rename one in every document.
//! - [`models`]: what is known of the whole population, by which rules score customers.
//! - [`ready`]: segments that a shop can have at once.
//! - [`freshness`]: what a customer's commit finds out about memberships: who came, who went, when to look again.
//! - [`effects`]: what a customer's commit causes elsewhere, and who carries it out.
//! - [`rule`](mod@rule): rules as segments take them.
//! - [`references`](mod@references): which definitions' rules name which; [`named`]: how a definition is named.
//! - [`sample`](mod@sample): how many customers a rule would have, from a sample of them.
//! - [`audiences`]: a segment's members, as sets.
//! - [`fill`]: a new definition's audience is filled, a bounded step at a time.
//! - [`reviews`]: how segments do, counted in a pass over all customers, a bounded step at a time.
//! - [`accounts`]: points accounts, the programme, and the pages that old journal entries leave to.
//! - [`feedback`]: feedback records, and the summary of each customer's.
//! - [`mod@todo`]: what a tick has to know: whose commits have effects, and who sets timers.
//! - `orders`: an order that was tracked earns points.
//! - `sabotage`: a defect on purpose, to see that the tests notice.

pub mod accounts;
pub mod audiences;
pub mod beside;
pub mod compiled;
pub mod customers;
pub mod effects;
pub mod facts;
pub mod feedback;
pub mod fill;
pub mod freshness;
mod held;
pub mod models;
pub mod named;
mod orders;
pub mod present;
pub mod ready;
pub mod references;
pub mod reviews;
pub mod rule;
mod sabotage;
pub mod sample;
pub mod scores;
pub mod segments;
pub mod tagging;
pub mod tags;
pub mod todo;
mod watch;
