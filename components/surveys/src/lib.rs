//! The surveys component: routes and nothing else.
//!
//! # Layout
//!
//! - [`documents`]: where surveys, their published definitions, responses and totals stand in the store.
//! - `routes/definitions`: surveys are saved, read, listed.
//! - `routes/publish`: a draft becomes a version that can be answered.
//! - `routes/responses`: answers come in and are read.
//! - `routes/results`: answers added up.
//! - `routes/page`: the published survey as a page.

pub mod documents;

mod routes {
    pub(crate) mod definitions;
    pub(crate) mod page;
    pub(crate) mod publish;
    pub(crate) mod responses;
    pub(crate) mod results;
}

use rapport_web::{App, Router};

/// The routes.
pub fn routes() -> Router<App> {
    rapport_web::health::route("surveys")
        .merge(routes::definitions::routes())
        .merge(routes::publish::routes())
        .merge(routes::responses::routes())
        .merge(routes::results::routes())
        .merge(routes::page::routes())
}

rapport_web::component!(crate::routes);
