//! `/v1/feedback/metrics`: what people said, in numbers.

use axum::extract::State;
use axum::routing::get;
use rapport_feedback::Sums;
use rapport_store::Key;
use rapport_web::{Answer, App, Ask, Problem, Router};

use crate::documents::{LOG, Records, Totals};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/v1/feedback/metrics", get(metrics))
}

async fn metrics(State(app): State<App>, ask: Ask) -> Result<Answer, Problem> {
    let total = app
        .store
        .total::<Totals, Records, Sums>(&Key::single(), LOG, Sums::add)
        .await?;
    // Records come and never change their score, so the last one's number says which there are.
    let tag = format!("\"m{}\"", total.through);
    Ok(Answer::ok(&total.sum.metrics())?
        .tag(&tag)
        .unless(&ask.condition))
}
