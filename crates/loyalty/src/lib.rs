//! The points ledger, earning and tiers.
//!
//! An [`Account`] is one document per customer: its open lots and totals (the [`Ledger`]) and the newest entries
//! of its [`Journal`]. [`decide`](fn@decide) takes a [`Command`] and answers with the next account, or with a [`Rejection`].
//! Nothing here reads a clock or a store: time is an argument, and what has left the document is asked for
//! with a [`Want`] and handed back in a [`Prior`].
//!
//! Laws, held by property tests over random histories:
//!
//! - active + pending = the sum of what remains in the lots = the sum of the journal, and never below zero;
//! - the same order id or key moves points once, whatever was said in between and however long ago;
//! - a spend takes the lot that expires first, and its reversal restores exactly those lots;
//! - a journal entry, once written, never changes.
//!
//! # Layout
//!
//! - [`program`]: [`Program`], what a shop grants: points per money, validity, rules, tiers.
//! - [`earning`]: [`EarningRule`](earning::EarningRule), what else gives points: multipliers, bonuses, caps, and which of them gave what.
//! - [`account`]: [`Account`] and its [`Ledger`] of lots and totals; [`Balance`].
//! - [`lot`]: [`Lot`], points with one set of dates, in the order they are spent.
//! - [`days`]: points and money by shop day, what tiers are measured on.
//! - [`entry`]: [`Entry`], one line of the journal, and [`TransactionId`].
//! - [`journal`]: [`Journal`], the entries kept inside, and when the oldest leave.
//! - [`pages`]: where older entries go, and how they are found again ([`Want`], [`Prior`], [`IdPage`]).
//! - [`command`]: [`Command`], [`Rejection`], [`Outcome`].
//! - [`decide`](mod@decide): the order of one command: repeat, settle, act, fold, settle, answer, spill.
//! - `earn`, `spend`, `reverse`: the three commands.
//! - `settle`: expiry, when its time has come.
//! - `fold`: at most 512 open lots.
//! - [`order`]: [`earn_tracked`], orders and events that were tracked elsewhere.
//! - `sabotage`: a defect on purpose, to see that the tests notice.
//! - [`tier`]: [`standing`](tier::standing), which tier, since when, until when, what will keep it, and what is missing to the next.

pub mod account;
pub mod command;
pub mod days;
pub mod decide;
mod earn;
pub mod earning;
pub mod entry;
mod fold;
pub mod journal;
pub mod lot;
pub mod order;
pub mod pages;
pub mod program;
mod reverse;
mod sabotage;
mod settle;
mod spend;
pub mod tier;

pub use account::{Account, Balance, Ledger, Totals};
pub use command::{Command, Earn, Ids, Outcome, Rejection, Reverse, Spend};
pub use decide::{Decision, decide, decide_on};
pub use earn::skipped;
pub use entry::{Answer, Entry, Kind, TransactionId};
pub use journal::{Journal, Unreadable};
pub use lot::Lot;
pub use order::{Happened, Order, Tracked, earn_order, earn_orders, earn_tracked};
pub use pages::{IdPage, Prior, Spill, Want};
pub use program::{By, Earning, Program, Tier, Validity};
pub use settle::{expire, settled};
pub use tier::{Keeping, Next, TierStanding};
