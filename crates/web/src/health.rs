//! What anybody may know of a component's state.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde::Serialize;

use crate::answer::Answer;
use crate::app::App;

/// The components, as their health paths name them. No segment, survey or feedback record may be called `health`, which
/// its component sees to: their routes for it come first.
pub const COMPONENTS: [&str; 5] = ["profiles", "segments", "feedback", "surveys", "loyalty"];

#[derive(Serialize)]
struct Health {
    component: &'static str,
    version: &'static str,
    driver: &'static str,
    time_zone: String,
}

/// `GET /v1/<component>/health`, open to all.
pub fn route(component: &'static str) -> Router<App> {
    let path = format!("/v1/{component}/health");
    let answer = move |State(app): State<App>| async move {
        Answer::ok(&Health {
            component,
            version: env!("CARGO_PKG_VERSION"),
            driver: app.store.driver().name(),
            time_zone: app.settings.zone.name().to_owned(),
        })
    };
    Router::new().route(&path, get(answer))
}
