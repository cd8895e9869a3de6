//! Referral: a customer brings another, and both, or one of them, are given points.
//!
//! A [`Referral`] belongs to the customer who was brought; there is one at most. It says how far it is, and which of
//! [three things](Next) is to be done next; whoever finds one does it. The points themselves are movements in two accounts, each
//! with an id made of the two customers, so that they come once whatever is repeated.
//!
//! The terms are those of the programme when the code was claimed: what was promised then holds, whatever the shop sets later.
//!
//! # Layout of referrals
//!
//! - [`terms`]: [`Terms`], what a programme says about them.
//! - [`code`]: [`ReferralCode`], what customers hand on.
//! - [`life`]: [`Referral`], from the claim to the points, or back.
//! - [`pay`]: the movements in the accounts.

pub mod code;
pub mod life;
pub mod pay;
pub mod terms;

pub use code::ReferralCode;
pub use life::{Next, Payout, Referral, Stage};
pub use pay::{Paying, Side};
pub use terms::{On, ReferralCaps, Share, Terms};
