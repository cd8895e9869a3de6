//! The feedback component: routes and nothing else.
//!
//! # Layout
//!
//! - [`routes`](mod@routes): the addresses, a module for each group.
//! - [`documents`]: what stands in the store for this component alone.
//! - [`view`]: a record as it is answered.

pub mod documents;
pub mod routes;
pub mod view;

pub use routes::routes;

rapport_web::component!(crate::routes);
