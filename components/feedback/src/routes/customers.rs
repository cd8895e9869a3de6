//! `GET /v1/feedback/customers/{customer}`: what one customer's feedback comes to.
//!
//! A customer of whom nothing is known has said nothing: feedback may come before anything else does.

use axum::extract::State;
use axum::routing::get;
use rapport_feedback::summary::Latest;
use rapport_records::feedback;
use rapport_types::{CustomerId, Timestamp};
use rapport_web::{Answer, App, Ask, Path, Problem, Router};
use serde::Serialize;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/v1/feedback/customers/{customer}", get(summary))
}

#[derive(Debug, Serialize)]
struct SummaryView {
    customer: CustomerId,
    count: u64,
    open_cases: u64,
    last_at: Option<Timestamp>,
    last_nps: Option<Latest>,
    last_csat: Option<Latest>,
    last_ces: Option<Latest>,
    rev: u64,
}

async fn summary(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    ask: Ask,
) -> Result<Answer, Problem> {
    let found = feedback::summary(&app.store, &customer).await?;
    let (said, rev) = (found.value, found.rev);
    let view = SummaryView {
        customer,
        count: said.count,
        open_cases: said.open_cases,
        last_at: said.last_at,
        last_nps: said.last_nps,
        last_csat: said.last_csat,
        last_ces: said.last_ces,
        rev,
    };
    Ok(Answer::ok(&view)?.rev(rev).unless(&ask.condition))
}
