//! The loyalty component: routes and nothing else.
//!
//! # Layout
//!
//! - `routes/program`: the programme is set and read.
//! - `routes/movements`: points are earned, spent, and taken back.
//! - `routes/accounts`: balance and tier, for storefronts.
//! - `routes/journal`: what happened to an account, newest first.
//! - `refusal`: what the domain refuses, as problems.

mod refusal;

mod routes {
    pub(crate) mod accounts;
    pub(crate) mod journal;
    pub(crate) mod movements;
    pub(crate) mod program;
}

use rapport_web::{App, Router};

/// The routes.
pub fn routes() -> Router<App> {
    rapport_web::health::route("loyalty")
        .merge(routes::program::routes())
        .merge(routes::movements::routes())
        .merge(routes::accounts::routes())
        .merge(routes::journal::routes())
}

rapport_web::component!(crate::routes);
