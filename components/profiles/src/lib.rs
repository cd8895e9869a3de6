//! The profiles component: routes and nothing else.
//!
//! # Layout
//!
//! - [`routes`](mod@routes): the addresses, a module for each group.
//! - [`apply`](mod@apply): the one way in which every route here changes a customer.
//! - [`view`]: customers and results as they are answered.
//! - [`referral`]: a referral code that came with an item.
//! - [`refusal`]: what the domain refuses, as problems.

pub mod apply;
pub mod referral;
pub mod refusal;
pub mod routes;
pub mod view;

pub use routes::routes;

rapport_web::component!(crate::routes);
