//! Answers added up.

use axum::extract::State;
use axum::routing::get;
use rapport_survey::Results;
use rapport_types::{Slug, hash};
use rapport_web::{Answer, App, Ask, Path, Problem, Router};
use serde::Serialize;

use super::responses::add;
use crate::documents::{Responses, published, responses_of, totals_key};

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/v1/surveys/{id}/results", get(results))
}

#[derive(Serialize)]
struct Body<'a> {
    survey: &'a Slug,
    version: u32,
    #[serde(flatten)]
    results: Results,
}

async fn results(
    State(app): State<App>,
    Path(id): Path<Slug>,
    ask: Ask,
) -> Result<Answer, Problem> {
    let (published, survey) = published(&app, &id).await?;
    let total = app
        .store
        .total::<_, Responses, _>(&totals_key(&id), &responses_of(&id), add)
        .await?;
    let body = Body {
        survey: &id,
        version: published.version,
        results: Results::new(&survey, &total.sum),
    };
    // The sum has no revision: a late entry changes it under the same number. So the tag is of what is said.
    let text =
        serde_json::to_string(&body).map_err(|error| Problem::internal(error.to_string()))?;
    let tag = format!("\"{:016x}\"", hash::u64_of(&text));
    let answer = Answer::raw(axum::http::StatusCode::OK, "application/json", text.into());
    Ok(answer.tag(&tag).unless(&ask.condition))
}
