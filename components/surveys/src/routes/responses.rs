//! Answers come in and are read.

use axum::extract::State;
use axum::routing::get;
use rapport_store::log::Order;
use rapport_store::{Change, Nothing};
use rapport_survey::check::not_shown;
use rapport_survey::{Dropped, Tally};
use rapport_types::{CustomerId, Slug, Timestamp, hash};
use rapport_web::{Answer, App, Ask, Command, List, Paging, Path, Problem, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::definitions::found;
use crate::documents::{Response, Responses, published, response_key, responses_of, totals_key};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/surveys/{id}/responses", get(list).post(submit))
        .route("/v1/surveys/{id}/responses/{response}", get(read))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Submission {
    data: Map<String, Json>,
    customer: Option<CustomerId>,
    submitted_at: Option<Timestamp>,
    key: Option<String>,
}

/// What is answered to a submission. Kept with an idempotency key.
#[derive(Serialize, Deserialize)]
struct Accepted {
    id: String,
    survey: Slug,
    version: u32,
    dropped: Vec<Dropped>,
}

async fn submit(
    State(app): State<App>,
    Path(id): Path<Slug>,
    mut command: Command<Submission>,
) -> Result<Answer, Problem> {
    let key = command.body.key.take();
    command.or_key(key.as_deref())?;
    let (published, survey) = published(&app, &id).await?;
    // A retry writes the same response again, so there cannot be two.
    let response_id = match &command.key {
        Some(key) => format!("r_{}", hash::hex128(key)),
        None => format!("r_{:016x}", app.store.random()),
    };
    let committed = app
        .store
        .update(
            &response_key(&id, &response_id),
            command.request(command.once().as_ref(), &Nothing),
            |current| -> Result<_, Problem> {
                command.condition.check(current.rev)?;
                let checked = survey.check(&command.body.data).map_err(Problem::invalid)?;
                let answer = Accepted {
                    id: response_id.clone(),
                    survey: id.clone(),
                    version: published.version,
                    dropped: checked.dropped.clone(),
                };
                let response = Response {
                    id: response_id.clone(),
                    survey: id.clone(),
                    version: published.version,
                    customer: command.body.customer.clone(),
                    data: checked.data,
                    dropped: checked.dropped,
                    outcomes: checked.outcomes,
                    submitted_at: command.body.submitted_at.unwrap_or(command.now),
                    received_at: command.now,
                };
                Ok(Change::<Responses, _>::Commit {
                    value: response,
                    effects: Vec::new(),
                    answer,
                })
            },
        )
        .await?;
    if !command.dry_run && !committed.replayed {
        let log = responses_of(&id);
        // The response is in; a sum that stays behind is caught up by the next one, and every read adds the rest.
        let folded = app
            .store
            .fold_on::<_, Responses, _>(&totals_key(&id), &log, command.now, add)
            .await;
        if let Err(error) = folded {
            eprintln!("the totals of survey {id} stay behind: {error}");
        }
    }
    let path = format!("/v1/surveys/{id}/responses/{response_id}");
    Ok(Answer::created(&committed.answer)?
        .rev(committed.rev)
        .location(&path)
        .replayed(committed.replayed))
}

/// Adds a response to the sum.
pub(crate) fn add(tally: &mut Tally, response: &Response) {
    tally.add(response.version, &response.data, &response.outcomes);
}

/// A response as it is answered.
#[derive(Serialize)]
struct View<'a> {
    id: &'a str,
    survey: &'a Slug,
    version: u32,
    customer: Option<&'a CustomerId>,
    data: &'a Map<String, Json>,
    dropped: &'a [Dropped],
    not_shown: Vec<&'a str>,
    submitted_at: Timestamp,
    received_at: Timestamp,
}

impl<'a> View<'a> {
    fn new(response: &'a Response) -> Self {
        Self {
            id: &response.id,
            survey: &response.survey,
            version: response.version,
            customer: response.customer.as_ref(),
            data: &response.data,
            dropped: &response.dropped,
            not_shown: not_shown(&response.outcomes),
            submitted_at: response.submitted_at,
            received_at: response.received_at,
        }
    }
}

async fn read(
    State(app): State<App>,
    Path((id, response)): Path<(Slug, Slug)>,
    ask: Ask,
) -> Result<Answer, Problem> {
    let found = app
        .store
        .read(&response_key(&id, response.as_str()))
        .await?;
    let Some(found) = found else {
        return Err(Problem::not_found("response", response.as_str()));
    };
    Ok(Answer::ok(&View::new(&found.value))?
        .rev(found.rev)
        .unless(&ask.condition))
}

async fn list(
    State(app): State<App>,
    Path(id): Path<Slug>,
    paging: Paging,
) -> Result<Answer, Problem> {
    found(&app, &id).await?;
    let page = app
        .store
        .page::<Responses>(
            &responses_of(&id),
            Order::NewestFirst,
            paging.after,
            paging.limit,
        )
        .await?;
    let responses = page.items.iter();
    let items = responses.map(|(_, it)| View::new(&it.value)).collect();
    Answer::ok(&List::new(items, page.next))
}
