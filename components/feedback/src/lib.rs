//! The feedback component: routes and nothing else.

use rapport_web::{App, Router};

/// The routes.
pub fn routes() -> Router<App> {
    rapport_web::health::route("feedback")
}

rapport_web::component!(crate::routes);
