//! The segments component: routes and nothing else.
//!
//! # Layout
//!
//! - `routes/definitions`: segments are defined, changed, listed, deleted.
//! - `routes/preview`: a rule is tried on a customer before it is saved.
//! - `routes/memberships`: the segments a customer is in.
//! - `routes/models`: what is known of the whole population: BG/NBD, RFM thresholds, bounds of lifecycle stages.
//! - `routes/ready`: the segments that most shops want are installed.

mod routes {
    pub(crate) mod definitions;
    pub(crate) mod memberships;
    pub(crate) mod models;
    pub(crate) mod preview;
    pub(crate) mod ready;
}

use rapport_web::{App, Router};

/// The routes.
pub fn routes() -> Router<App> {
    rapport_web::health::route("segments")
        .merge(routes::definitions::routes())
        .merge(routes::preview::routes())
        .merge(routes::memberships::routes())
        .merge(routes::models::routes())
        .merge(routes::ready::routes())
}

rapport_web::component!(crate::routes);
