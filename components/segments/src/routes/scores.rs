//! `/v1/segments/scores` and `/v1/segments/scores/{id}`: scores are defined, changed, listed, deleted;
//! `/v1/segments/scores/of/{customer}`: what a customer scores.

use axum::extract::State;
use axum::routing::get;
use rapport_records::compiled::Compiled;
use rapport_records::named::Named;
use rapport_records::scores::{ScoreDefinition, Wanted};
use rapport_records::segments::DefinitionSet;
use rapport_types::{CustomerId, Slug, Timestamp, decimal, hash};
use rapport_web::{Answer, App, Ask, Command, Params, Path, Problem, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use super::commit::{Terms, answer_put, check_repeated, commit, delete, kept, put, refused};
use super::page::{self, Query, load};
use super::subject::Subject;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/segments/scores", get(list))
        .route(
            "/v1/segments/scores/{id}",
            get(read).put(define).delete(remove),
        )
        .route("/v1/segments/scores/of/{customer}", get(of_customer))
}

/// A score as it is answered.
#[derive(Debug, Serialize)]
struct Score {
    id: Slug,
    name: String,
    clauses: Value,
    #[serde(skip_serializing_if = "Value::is_null")]
    bands: Value,
    definition_version: u64,
    created_at: Timestamp,
    updated_at: Timestamp,
    rev: u64,
}

impl From<ScoreDefinition> for Score {
    fn from(definition: ScoreDefinition) -> Self {
        Self {
            id: definition.id,
            name: definition.name,
            clauses: definition.clauses,
            bands: definition.bands,
            definition_version: definition.version,
            created_at: definition.created_at,
            updated_at: definition.updated_at,
            rev: definition.rev,
        }
    }
}

/// What a client says of a score. The id may be repeated.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    id: Option<Slug>,
    name: String,
    clauses: Value,
    #[serde(default)]
    bands: Value,
}

async fn define(
    State(app): State<App>,
    Path(id): Path<Slug>,
    command: Command<Body>,
) -> Result<Answer, Problem> {
    let Body {
        id: repeated,
        name,
        clauses,
        bands,
    } = &command.body;
    check_repeated("score", id.as_str(), repeated.as_ref().map(Slug::as_str))?;
    let named = Named::Score(id.clone());
    let committed = commit(&app, &Terms::of(&command), &mut |set, rev| {
        command.condition.check(set.rev_of(&named))?;
        let wanted = Wanted {
            id: id.clone(),
            name: name.clone(),
            clauses: clauses.clone(),
            bands: bands.clone(),
        };
        let defined = set
            .define_score(wanted, command.now, rev)
            .map_err(refused)?;
        let score = set.scores.get(&id).cloned().map(Score::from);
        let score = score.ok_or_else(|| Problem::internal("a score just defined is not there"))?;
        put(defined, &score)
    })
    .await?;
    answer_put(committed, Some(&format!("/v1/segments/scores/{id}")))
}

async fn read(State(app): State<App>, Path(id): Path<Slug>, ask: Ask) -> Result<Answer, Problem> {
    let mut set = load(&app).await?;
    let Some(definition) = set.scores.remove(&id) else {
        return Err(Problem::not_found("score", id.as_str()));
    };
    let score = Score::from(definition);
    Ok(Answer::ok(&score)?.rev(score.rev).unless(&ask.condition))
}

async fn remove(
    State(app): State<App>,
    Path(id): Path<Slug>,
    command: Command<()>,
) -> Result<Answer, Problem> {
    let named = Named::Score(id);
    delete(&app, &command, &named, "to them it is absent", &|_| Ok(())).await
}

async fn list(
    State(app): State<App>,
    Params(query): Params<Query>,
    ask: Ask,
) -> Result<Answer, Problem> {
    let view = |_: &DefinitionSet, one: &ScoreDefinition| Ok(Score::from(one.clone()));
    page::list(&app, query, &ask, |set| &set.scores, view).await
}

#[derive(Debug, Serialize)]
struct Scores {
    customer: CustomerId,
    evaluated_at: Timestamp,
    scores: Vec<Scored>,
}

#[derive(Debug, Serialize)]
struct Scored {
    score: Slug,
    name: String,
    value: Option<Number>,
    /// The id of the band that it reaches.
    band: Option<String>,
    definition_version: u64,
    next_change_at: Option<Timestamp>,
    complete: bool,
}

async fn of_customer(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    ask: Ask,
) -> Result<Answer, Problem> {
    let zone = &app.settings.zone;
    let subject = Subject::load(&app, &customer, Compiled::scores_need).await?;
    let Subject {
        compiled,
        found,
        beside,
    } = &subject;
    let facts = compiled.facts(&found.value, beside);
    let scores = compiled.scores.iter().map(|one| {
        let scored = one.score.of(&facts, ask.now, zone);
        Scored {
            score: one.definition.id.clone(),
            name: one.definition.name.clone(),
            value: decimal::to_number(scored.value),
            band: scored.band.map(str::to_owned),
            definition_version: one.definition.version,
            next_change_at: scored.next_change_at,
            complete: scored.complete,
        }
    });
    let scores: Vec<Scored> = scores.collect();
    let change = scores.iter().filter_map(|one| one.next_change_at).min();
    let state = hash::u64_of(&kept(&scores)?.to_string());
    let body = Scores {
        customer,
        evaluated_at: ask.now,
        scores,
    };
    subject.answer(&body, state, change, &ask)
}
