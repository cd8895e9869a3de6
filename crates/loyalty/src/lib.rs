//! The points ledger, earning and tiers.
//!
//! An [`Account`] is one document per customer: its open lots and totals (the [`Ledger`]) and the newest entries
//! of its [`Journal`]. [`decide`](fn@decide) takes a [`Command`] and answers with the next account, or with a [`Rejection`].
//! Nothing here reads a clock or a store: time is an argument, and what has left the document is asked for
//! with a [`Want`] and handed back in a [`Prior`].
//!
//! Laws, held by property tests over random histories:
//!
//! - active + pending + held = what remains in the lots and holds = the sum of the journal, and never below zero
//!   but by the policy that allows it;
//! - the same order id or key moves points once, whatever was said in between and however long ago;
//! - a spend takes the lot that expires first, and its reversal restores exactly those lots;
//! - a journal entry, once written, never changes.
//!
//! # Layout
//!
//! - [`program`]: [`Program`], what a shop grants: points per money, validity, rules, tiers.
//! - [`validity`]: [`Validity`], how long points last.
//! - [`earning`]: [`EarningRule`](earning::EarningRule), what else gives points: multipliers, bonuses, caps, and which of them gave what.
//! - [`account`]: [`Account`] and its [`Ledger`] of lots and totals; [`Balance`].
//! - [`lot`]: [`Lot`], points with one set of dates, in the order they are spent.
//! - [`kinds`]: several kinds of points; [`purse`]: those of an account beside the main one.
//! - [`days`]: points and money by shop day, what tiers are measured on.
//! - [`entry`]: [`Entry`], one line of the journal, and [`TransactionId`].
//! - [`journal`]: [`Journal`], the entries kept inside, and when the oldest leave.
//! - [`pages`]: where older entries go, and how they are found again ([`Want`], [`Prior`]).
//! - [`index`]: on which page an id may stand, in a few bytes ([`Volume`](index::Volume)).
//! - [`id_pages`]: the same as it was kept before; `id_rows`: the rows of such a page, as one text.
//! - [`command`]: [`Command`] and its [`Outcome`]; [`rejection`]: [`Rejection`].
//! - [`decide`](mod@decide): the order of one command: repeat, settle, act, fold, settle, answer, spill.
//! - `earn`, `spend`, `reverse`: points come, go, and are taken back.
//! - [`hold`]: [`Hold`], points set aside for a checkout: `authorize`, `capture`, `void`.
//! - `settle`: expiry, and the end of a hold, when its time has come.
//! - [`claim`]: [`Policy`], and what a reversed earn could not get back at once.
//! - [`check_in`]: customers look in once a day: streaks, and what they earn.
//! - [`adjust`]: adjustments by people, imports, and frozen accounts.
//! - `fold`: at most 512 open lots.
//! - [`order`]: [`earn_tracked`], orders and events that were tracked elsewhere.
//! - [`shop`]: an order's life: points that pay for it, what goes back of it, [`follow`](shop::follow).
//! - `sabotage`: a defect on purpose, to see that the tests notice.
//! - [`news`]: what an account has to tell as events of the customer.
//! - `transfer`: points go to another customer.
//! - [`audit`]: [`Audit`], the proof that an account adds up.
//! - [`liability`]: what a shop owes in points: outstanding by expiry, what they are worth, breakage.
//! - [`quote`]: [`Redeem`], what points are worth in a payment, and how many a cart may use.
//! - [`mission`]: something to do, points for it, and how often.
//! - [`referral`]: a customer brings another: codes, terms, and how far each referral is.
//! - [`reward`]: what points can be redeemed for: eligibility, stock, vouchers.
//! - [`tier`]: [`standing`](tier::standing), which tier, since when, until when, what will keep it, and what is missing to the next.

pub mod account;
pub mod adjust;
pub mod audit;
pub mod check_in;
pub mod claim;
pub mod command;
pub mod days;
pub mod decide;
mod earn;
pub mod earning;
pub mod entry;
mod fold;
pub mod hold;
pub mod id_pages;
mod id_rows;
pub mod index;
pub mod journal;
pub mod kinds;
pub mod liability;
pub mod lot;
pub mod mission;
pub mod news;
pub mod order;
pub mod pages;
pub mod program;
pub mod purse;
pub mod quote;
pub mod referral;
pub mod rejection;
mod reverse;
pub mod reward;
mod sabotage;
mod settle;
pub mod shop;
mod spend;
pub mod tier;
mod transfer;
pub mod validity;

pub use account::{Account, Balance, Ledger, Totals};
pub use adjust::Frozen;
pub use audit::Audit;
pub use claim::{Claim, Policy};
pub use command::{
    Adjust, Authorize, Capture, Command, Earn, Freeze, Ids, Import, Opening, Outcome, Receive,
    Rejection, Reverse, Sent, Spend, Transfer, Unfreeze, Void,
};
pub use decide::{Decision, decide, decide_on};
pub use earn::skipped;
pub use entry::{Answer, Entry, Kind, TransactionId};
pub use hold::Hold;
pub use id_pages::IdPage;
pub use journal::{Journal, Unreadable};
pub use kinds::{Also, PointsKind};
pub use lot::Lot;
pub use news::News;
pub use order::{Happened, Order, Tracked, earn_order, earn_orders, earn_tracked};
pub use pages::{Prior, Spill, Want};
pub use program::{By, Earning, Program, Tier, Validity};
pub use quote::{NoQuote, Quote, Redeem};
pub use settle::{expire, settled};
pub use tier::stays::{Seeing, Seen, Sight};
pub use tier::{Keeping, Next, TierStanding};
pub use validity::{EndOf, Period};
