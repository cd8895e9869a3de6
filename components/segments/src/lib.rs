//! The segments component: routes and nothing else.
//!
//! # Layout
//!
//! - `routes/definitions`: segments are defined, changed, listed, deleted.
//! - `routes/explain`: why a customer is in a segment or not, clause by clause.
//! - `routes/decide`: which of several offers a storefront shows a customer.
//! - `routes/insights`: a customer's stage of life, RFM and value group, and what to expect of them.
//! - `routes/models`: what is known of the whole population: BG/NBD, RFM thresholds, bounds of lifecycle stages.
//! - `routes/ready`: the segments that most shops want are installed.
//! - `routes/preview`: a rule is tried on a customer, or on a sample of all, before it is saved.
//! - `routes/memberships`: the segments a customer is in, and how they came and went.
//! - `routes/audiences`: the customers who are in a segment: pages, how many, what audiences have in common, how far a fill is.
//! - `routes/counts`: how many customers each item of a list has.
//! - `routes/export`: an audience as CSV or as lines of JSON.
//! - `routes/reviews`: how segments do: a review is begun, gone on with, read; and how the shop wants them.
//! - `routes/scores`: scores are defined, changed, listed, deleted; what a customer scores.
//! - `routes/tags`: the catalogue of tags.
//! - `routes/tagging`: tags are put on a customer and taken off; those that a customer has.
//! - `routes/tagged`: the customers who have a tag.
//! - `routes/tag_jobs`: an audience is tagged; a tag is renamed, or merged into another.
//! - `routes/commit`: the one way in which all of them change definitions; `routes/page`: pages of them.
//! - `routes/subject`: the customer that a read is about, and how long its answer holds.
//! - `routes/lists`: people put customers into a segment and take them out; an audience is frozen.

mod routes {
    pub(crate) mod audiences;
    mod commit;
    mod counts;
    pub(crate) mod decide;
    pub(crate) mod definitions;
    pub(crate) mod explain;
    pub(crate) mod export;
    pub(crate) mod insights;
    pub(crate) mod lists;
    pub(crate) mod memberships;
    pub(crate) mod models;
    mod page;
    pub(crate) mod preview;
    pub(crate) mod ready;
    pub(crate) mod reviews;
    pub(crate) mod scores;
    mod subject;
    pub(crate) mod tag_jobs;
    pub(crate) mod tagged;
    pub(crate) mod tagging;
    pub(crate) mod tags;
}

use rapport_web::{App, Router};

/// The routes.
pub fn routes() -> Router<App> {
    rapport_web::health::route("segments")
        .merge(routes::definitions::routes())
        .merge(routes::preview::routes())
        .merge(routes::explain::routes())
        .merge(routes::decide::routes())
        .merge(routes::memberships::routes())
        .merge(routes::insights::routes())
        .merge(routes::models::routes())
        .merge(routes::ready::routes())
        .merge(routes::audiences::routes())
        .merge(routes::export::routes())
        .merge(routes::lists::routes())
        .merge(routes::reviews::routes())
        .merge(routes::scores::routes())
        .merge(routes::tags::routes())
        .merge(routes::tagged::routes())
        .merge(routes::tagging::routes())
        .merge(routes::tag_jobs::routes())
}

rapport_web::component!(crate::routes);
