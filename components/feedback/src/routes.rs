//! The addresses of the component, a module for each group.

mod customers;
mod metrics;
mod records;

use rapport_web::{App, Router};

/// All routes of the component.
pub fn routes() -> Router<App> {
    Router::new()
        .merge(records::routes())
        .merge(metrics::routes())
        .merge(customers::routes())
        .merge(rapport_web::health::route("feedback"))
}
