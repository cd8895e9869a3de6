//! The addresses of the component, a module for each group.

mod batch;
mod customers;
mod events;
mod index;
mod tick;
mod tracking;

use rapport_web::{App, Router};

/// All routes of the component.
pub fn routes() -> Router<App> {
    Router::new()
        .merge(index::routes())
        .merge(customers::routes())
        .merge(events::routes())
        .merge(tracking::routes())
        .merge(batch::routes())
        .merge(tick::routes())
        .merge(rapport_web::health::route("profiles"))
}
