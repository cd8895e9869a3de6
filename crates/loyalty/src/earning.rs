//! Earning rules: what else than the programme's rate gives points, when, and how much.
//!
//! # Layout
//!
//! - [`rule`]: [`EarningRule`], one rule of a programme.
//! - [`calendar`]: [`Period`] and [`Weekday`], in the shop's zone.
//! - [`multiplier`]: [`Multiplier`], an exact factor, and how several go together ([`Stacking`]).
//! - [`occasion`]: [`Occasion`], which conditions hold: evaluated elsewhere, by the rule language.
//! - `given`: rates, multipliers, bonuses, caps; which rule gave what.
//! - [`grant`]: [`Grant`], a row of that.
//! - [`budget`]: [`Budget`], what a rule has given to all customers.
//! - [`granted`]: [`Granted`], what rules with caps have given to a customer.
//! - `check`: what is wrong with a programme's rules.

pub mod budget;
pub mod calendar;
pub(crate) mod check;
pub(crate) mod given;
pub mod grant;
pub mod granted;
pub mod multiplier;
pub mod occasion;
pub mod rule;

pub use budget::{Allotted, Budget};
pub use calendar::{Edge, Period, Weekday};
pub use grant::{Grant, Skip, Skipped, Source, Why};
pub use granted::Granted;
pub use multiplier::{Multiplier, Stacking};
pub use occasion::{Line, Occasion, RuleSet};
pub use rule::{Caps, EarningRule, MAX_RULES, Trigger, When};
