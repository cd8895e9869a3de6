//! `/v1/feedback/metrics`: what people said, in numbers.

use axum::extract::State;
use axum::routing::get;
use rapport_feedback::Sums;
use rapport_records::feedback::{LOG, Records};
use rapport_store::Key;
use rapport_types::hash;
use rapport_web::{Answer, App, Ask, Problem, Router};

use crate::documents::Totals;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/v1/feedback/metrics", get(metrics))
}

async fn metrics(State(app): State<App>, ask: Ask) -> Result<Answer, Problem> {
    let total = app
        .store
        .total::<Totals, Records, Sums>(&Key::single(), LOG, Sums::add)
        .await?;
    let text = serde_json::to_string(&total.sum.metrics())
        .map_err(|error| Problem::internal(error.to_string()))?;
    // A record may be added under a number that was handed out before, so the tag is of what is said.
    let tag = format!("\"{:016x}\"", hash::u64_of(&text));
    let answer = Answer::raw(http::StatusCode::OK, "application/json", text.into());
    Ok(answer.tag(&tag).unless(&ask.condition))
}
