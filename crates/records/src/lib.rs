//! The documents of the service: which key holds which value, and what one commit causes in others.
//!
//! Domain crates know no store, components know only their routes; what several components do with the same documents
//! is here. Surveys keep theirs to themselves, so their tables stand in their component.
//!
//! # Layout
//!
//! Customers, and which segments they are in:
//!
//! - [`customers`]: customer documents, with the segment memberships found at their last commit.
//! - `held`: those memberships as the document keeps them; `comings`: the latest comings and goings, likewise.
//! - [`facts`]: a customer as rules see one.
//! - [`beside`]: what other documents say about a customer: the points account, the summary of feedback.
//! - [`present`](mod@present): the segments that a customer is in at a moment, and how long that holds.
//! - [`members`]: in what a customer is: all rules are asked about one customer as one set.
//! - [`freshness`]: what a customer's commit finds out about memberships: who came, who went, when to look again.
//! - [`effects`]: what a customer's commit causes elsewhere, and who carries it out.
//! - `watch`: whoever commits another document of theirs looks whether that flips memberships.
//!
//! Definitions:
//!
//! - [`segments`]: segment definitions, in one document with those of scores, tags and models.
//! - [`scores`]: weighted clauses, summed.
//! - [`tags`]: the catalogue of tags, those that rules put on, renaming and merging.
//! - [`models`]: what is known of the whole population, by which rules score customers.
//! - [`compiled`](mod@compiled): all of them in the form that evaluation needs.
//! - [`references`](mod@references): which definitions' rules name which; [`named`]: how a definition is named.
//! - [`dependents`]: rules that stand elsewhere, in rewards and the programme, and name definitions.
//! - [`ready`]: segments that a shop can have at once.
//!
//! What walks through many customers, a bounded step at a time:
//!
//! - [`audiences`]: a segment's members, as sets; [`fill`]: a new definition's audience is filled.
//! - [`tagging`]: jobs that put a tag on an audience, or rename one in every document.
//! - [`reviews`]: how segments do.
//! - `steps`: what passes that walk by steps do the same.
//! - [`sample`](mod@sample): how many customers a rule would have, from a sample of them.
//!
//! Points and feedback:
//!
//! - [`accounts`]: points accounts, the programme, and the pages that old journal entries leave to.
//! - [`liability`]: what the shop owes in points, counted over all accounts.
//! - [`budgets`]: what earning rules have given to all customers together.
//! - [`earning`]: the programme with its rules' conditions ready, and what they say about a customer and what they did.
//! - `orders`: what was tracked earns points.
//! - [`transfers`]: points on their way from one customer to another.
//! - [`missions`]: something to do, how far a customer is with it, and the points.
//! - [`referrals`]: codes by which customers bring others, claims, and the points for it.
//! - [`rewards`]: the catalogue of rewards, their stocks, vouchers; redeeming.
//! - [`feedback`]: feedback records, and the summary of each customer's.
//!
//! And:
//!
//! - [`requests`]: idempotency keys of requests that commit many documents.
//! - [`mod@todo`]: what a tick has to know: whose commits have effects, and who sets timers.
//! - `sabotage`: a defect on purpose, to see that the tests notice.

pub mod accounts;
pub mod audiences;
pub mod beside;
pub mod budgets;
mod comings;
pub mod compiled;
pub mod customers;
pub mod dependents;
pub mod earning;
pub mod effects;
pub mod facts;
pub mod feedback;
pub mod fill;
pub mod freshness;
mod held;
pub mod liability;
pub mod members;
pub mod missions;
pub mod models;
pub mod named;
mod orders;
pub mod present;
pub mod ready;
pub mod references;
pub mod referrals;
pub mod requests;
pub mod reviews;
pub mod rewards;
mod sabotage;
pub mod sample;
pub mod scores;
pub mod segments;
mod steps;
pub mod tagging;
pub mod tags;
pub mod todo;
pub mod transfers;
mod watch;
