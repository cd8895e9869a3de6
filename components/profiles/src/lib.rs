//! The profiles component: routes and nothing else.
//!
//! # Layout
//!
//! - [`routes`]: the addresses, a module for each group.
//! - [`view`]: customers and results as they are answered.
//! - [`refusal`]: what the domain refuses, as problems.

pub mod refusal;
pub mod routes;
pub mod view;

pub use routes::routes;

rapport_web::component!(crate::routes);
