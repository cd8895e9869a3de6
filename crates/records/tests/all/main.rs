//! What is kept of customers, accounts, segments and reviews, over a store in memory.
//!
//! One program, so that what they share is compiled and linked once.
//!
//! - `audiences`: After a tick, audiences are what evaluating everybody afresh says: over days, while definitions change, and whenever a crash comes.
//! - `budgets`: What a rule may give to all customers together is never exceeded, however many earn at once, and whatever crashes.
//! - `earning`: Who comes into a segment earns, by what they did, by time, or by hand: once for each coming.
//! - `facts`: Rules over the facts of other documents: points, tiers, feedback.
//! - `freshness`: A commit tells who came and who went, and sets one timer; what changes nothing costs nothing.
//! - `long_account`: An account of several kinds of points, of which most has left the document.
//! - `models`: What is known of the population: versions, violations, and what it changes in memberships.
//! - `news`: What a points account has to tell becomes events of the customer: once, whatever crashes, and never for ever.
//! - `old_ids`: Accounts whose journal was found again by pages of ids, before there was an index.
//! - `order_life`: An order's life, through what is tracked of the customer, into their points.
//! - `orders`: An order earns once, however often its effect is delivered and however long ago it was.
//! - `reviews`: Reviews: what they count is what a plain recount finds, whatever interrupts them.
//! - `tagging`: Tags that rules put on are told of and filled as segments are; jobs tag an audience and rename a tag, whatever crashes.
//! - `tier_segments`: Tiers by a segment: the account is told by the customer's outbox, once, whatever crashes; who reads sees what nobody has told yet.

mod alice;
mod audiences;
mod budgets;
mod common;
mod earning;
mod facts;
mod freshness;
mod long_account;
mod models;
mod news;
mod old_ids;
mod order_life;
mod orders;
mod reviews;
mod tagging;
mod tier_segments;
