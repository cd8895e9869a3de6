//! The loyalty component: routes and nothing else.
//!
//! # Layout
//!
//! - `routes/program`: the programme is set and read; `routes/preview`: it is tried before it is set.
//! - `routes/earn`: points are earned, by the programme's rules; `breakdown`: which of them gave what.
//! - `routes/movements`: points are spent, and taken back.
//! - `routes/accounts`: balance and tier, for storefronts.
//! - `routes/tier`: a tier is given and taken, and which were held.
//! - `routes/journal`: what happened to an account, newest first.
//! - `refusal`: what the domain refuses, as problems.

mod breakdown;
mod refusal;

mod routes {
    pub(crate) mod accounts;
    pub(crate) mod earn;
    pub(crate) mod journal;
    pub(crate) mod movements;
    pub(crate) mod preview;
    pub(crate) mod program;
    pub(crate) mod tier;
}

use rapport_web::{App, Router};

/// The routes.
pub fn routes() -> Router<App> {
    rapport_web::health::route("loyalty")
        .merge(routes::program::routes())
        .merge(routes::preview::routes())
        .merge(routes::earn::routes())
        .merge(routes::movements::routes())
        .merge(routes::accounts::routes())
        .merge(routes::tier::routes())
        .merge(routes::journal::routes())
}

rapport_web::component!(crate::routes);
