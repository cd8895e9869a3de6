//! What is served here, for whoever opens the address in a browser.

use axum::routing::get;
use rapport_web::{Answer, App, Problem, Router};
use serde_json::json;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/", get(index))
}

async fn index() -> Result<Answer, Problem> {
    Answer::ok(&json!({
        "service": "rapport",
        "version": env!("CARGO_PKG_VERSION"),
        "components": {
            "profiles": {
                "routes": ["/v1/customers", "/v1/identify", "/v1/track", "/v1/page", "/v1/screen", "/v1/batch", "/v1/tick"],
                "health": "/v1/profiles/health",
            },
            "segments": { "routes": ["/v1/segments", "/v1/tags", "/v1/reviews"], "health": "/v1/segments/health" },
            "feedback": { "routes": ["/v1/feedback"], "health": "/v1/feedback/health" },
            "surveys": { "routes": ["/v1/surveys"], "health": "/v1/surveys/health" },
            "loyalty": { "routes": ["/v1/loyalty", "/.well-known/jwks.json"], "health": "/v1/loyalty/health" },
        },
    }))
}
