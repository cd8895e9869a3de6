//! `/v1/segments/scores` and `/v1/segments/scores/{id}`: scores are defined, changed, listed, deleted;
//! `/v1/segments/scores/of/{customer}`: what a customer scores.

use axum::extract::State;
use axum::routing::get;
use futures_util::future::join;
use rapport_records::beside::Beside;
use rapport_records::customers;
use rapport_records::named::Named;
use rapport_records::scores::{ScoreDefinition, Wanted};
use rapport_records::segments::{self, Defined, DefinitionSet, Definitions};
use rapport_store::Key;
use rapport_types::{CustomerId, Slug, Timestamp, decimal, hash};
use rapport_web::{Answer, App, Ask, Command, List, Params, Path, Problem, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use super::commit::{Put, Terms, Unwanted, answer_put, commit, delete, kept, refused};
use super::page::{Page, Query};

/// How many seconds a client may go on showing what it has read, where time does not change it sooner.
const MAX_AGE: u32 = 5;

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
    if repeated.as_ref().is_some_and(|other| *other != id) {
        return Err(Problem::invalid_at(
            "/id",
            "invalid_value",
            format!(
                "The address names the score {:?}; leave id out, or repeat it.",
                id.as_str()
            ),
        ));
    }
    let committed = commit(&app, &Terms::of(&command), &mut |set, rev| {
        command.condition.check(rev_of(set, &id))?;
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
        let answer = Put {
            created: defined == Defined::Created,
            view: kept(&score)?,
        };
        Ok((defined != Defined::Same, kept(&answer)?))
    })
    .await?;
    answer_put(committed, &format!("/v1/segments/scores/{id}"))
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
    let unwanted = Unwanted {
        named: Named::Score(id.clone()),
        id: id.as_str(),
        then: "to them it is absent",
    };
    let remove = |set: &mut DefinitionSet, rev| {
        let changed = set.remove_score(&id, command.now, rev)?;
        Some(changed.into_iter().collect())
    };
    delete(&app, &command, &unwanted, &|set| rev_of(set, &id), &remove).await
}

async fn list(State(app): State<App>, Params(query): Params<Query>) -> Result<Answer, Problem> {
    let page = Page::<Slug>::read(query)?;
    let set = load(&app).await?;
    let (items, next_cursor) = page.of(&set.scores);
    let items: Vec<Score> = items.into_iter().cloned().map(Score::from).collect();
    Answer::ok(&List { items, next_cursor })
}

pub(super) async fn load(app: &App) -> Result<DefinitionSet, Problem> {
    let found = app.store.read(&Key::<Definitions>::single()).await?;
    Ok(found.map(|found| found.value).unwrap_or_default())
}

fn rev_of(set: &DefinitionSet, id: &Slug) -> u64 {
    set.scores.get(id).map_or(0, |definition| definition.rev)
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
    let (compiled, found) = join(
        segments::compiled(&app.store),
        customers::read(&app.store, &customer),
    )
    .await;
    let (compiled, found) = (compiled?, found?);
    let Some(found) = found else {
        return Err(Problem::not_found("customer", customer.as_str()));
    };
    let zone = &app.settings.zone;
    let needs = compiled.scores_need();
    let beside = Beside::load(&app.store, &customer, needs, zone).await?;
    let facts = compiled.facts(&found.value, &beside);
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
    let state = kept(&scores)?.to_string();
    let tag = format!(
        "\"{}.{}.{:016x}\"",
        compiled.rev,
        found.rev,
        hash::u64_of(&state)
    );
    let body = Scores {
        customer,
        evaluated_at: ask.now,
        scores,
    };
    Ok(Answer::ok(&body)?
        .tag(&tag)
        .cache(MAX_AGE, ask.now, change)
        .unless(&ask.condition))
}
