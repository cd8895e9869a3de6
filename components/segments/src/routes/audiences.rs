//! `/v1/segments/{id}/members`, `/count`, `/fill` and `/v1/segments/overlap`: the customers who are in a segment.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use rapport_records::fill::Fills;
use rapport_records::segments::{Compiled, Definition};
use rapport_records::{audiences, fill};
use rapport_store::set::Cursor;
use rapport_store::{Set, boxed};
use rapport_types::{Slug, Timestamp};
use rapport_web::{Answer, App, Ask, Code, Params, Path, Problem, Router};
use serde::{Deserialize, Serialize};

use super::counts::Count;

/// The most segments whose audiences are laid over each other.
const MOST: usize = 8;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route(
            "/v1/segments/{id}/members",
            get(members).post(super::lists::change),
        )
        .route("/v1/segments/{id}/count", get(count))
        .route("/v1/segments/{id}/fill", get(progress))
        .route("/v1/segments/overlap", get(overlap))
}

/// The audience that answers for a segment.
pub(super) struct Audience {
    pub(super) set: Set,
    /// By which version of the definition.
    pub(super) version: u64,
    /// The revision of the definition.
    rev: u64,
    /// Whether it is that of the definition, and of all that it asks, as they are now, and filled.
    pub(super) complete: bool,
}

pub(super) fn find<'a>(compiled: &'a Compiled, id: &Slug) -> Result<&'a Definition, Problem> {
    let dynamic = compiled.segments.iter().map(|segment| &segment.definition);
    dynamic
        .chain(&compiled.lists)
        .find(|definition| definition.id == *id)
        .ok_or_else(|| Problem::not_found("segment", id.as_str()))
}

/// The definitions, and how far audiences are filled.
pub(super) async fn fills(app: &App) -> Result<(Arc<Compiled>, Fills), Problem> {
    Ok(fill::read(&app.store).await?)
}

/// The audiences of several segments, in their order.
#[boxed]
pub(super) async fn audiences_of(app: &App, ids: &[Slug]) -> Result<Vec<Audience>, Problem> {
    let (compiled, fills) = fills(app).await?;
    let found = ids.iter().map(|id| {
        let definition = find(&compiled, id)?;
        let shown = fills.shown(definition);
        Ok(Audience {
            rev: definition.rev,
            set: audiences::set(&app.store, id, shown.version),
            version: shown.version,
            complete: shown.complete,
        })
    });
    found.collect()
}

pub(super) async fn audience_of(app: &App, id: &Slug) -> Result<Audience, Problem> {
    let mut found = audiences_of(app, std::slice::from_ref(id)).await?;
    found
        .pop()
        .ok_or_else(|| Problem::internal("an audience was not looked for"))
}

/// How much of an audience, and after whom.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    limit: Option<u16>,
    cursor: Option<String>,
}

#[derive(Debug, Serialize)]
struct Members {
    items: Vec<Member>,
    next_cursor: Option<String>,
    definition_version: u64,
    complete: bool,
}

#[derive(Debug, Serialize)]
struct Member {
    customer: String,
    since: Timestamp,
}

/// Where to go on, as the client says.
pub(super) fn cursor(text: Option<&str>) -> Result<Option<Cursor>, Problem> {
    let wrong = || {
        Problem::new(
            Code::InvalidParameter,
            "cursor must be a next_cursor that this list answered.",
        )
    };
    text.map(|text| Cursor::parse(text).ok_or_else(wrong))
        .transpose()
}

async fn members(
    State(app): State<App>,
    Path(id): Path<Slug>,
    Params(query): Params<Query>,
    ask: Ask,
) -> Result<Answer, Problem> {
    let limit = query.limit.unwrap_or(50);
    if !(1..=200).contains(&limit) {
        return Err(Problem::new(
            Code::InvalidParameter,
            format!("limit is a number from 1 to 200, not {limit}."),
        ));
    }
    let after = cursor(query.cursor.as_deref())?;
    let audience = audience_of(&app, &id).await?;
    let page = audiences::page(&audience.set, after, usize::from(limit)).await?;
    let items = page.members.into_iter().map(|member| Member {
        customer: member.customer,
        since: member.since,
    });
    let answer = Answer::ok(&Members {
        items: items.collect(),
        next_cursor: page.next.map(|next| next.to_string()),
        definition_version: audience.version,
        complete: audience.complete,
    })?;
    Ok(answer.named(audience.rev).unless(&ask.condition))
}

async fn count(State(app): State<App>, Path(id): Path<Slug>, ask: Ask) -> Result<Answer, Problem> {
    let (compiled, fills) = fills(&app).await?;
    let definition = find(&compiled, &id)?;
    let count = Count::of(&app, &id, fills.shown(definition)).await?;
    let answer = Answer::ok(&count)?;
    Ok(answer.named(definition.rev).unless(&ask.condition))
}

#[derive(Debug, Serialize)]
struct Progress {
    segment: Slug,
    definition_version: u64,
    #[serde(flatten)]
    progress: fill::Progress,
}

async fn progress(
    State(app): State<App>,
    Path(id): Path<Slug>,
    ask: Ask,
) -> Result<Answer, Problem> {
    let (compiled, fills) = fills(&app).await?;
    let definition = find(&compiled, &id)?;
    let answer = Answer::ok(&Progress {
        definition_version: definition.version,
        progress: fills.progress(definition),
        segment: id,
    })?;
    Ok(answer.named(definition.rev).unless(&ask.condition))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Of {
    of: String,
}

#[derive(Debug, Serialize)]
struct Overlap {
    segments: Vec<Sized>,
    pairs: Vec<Pair>,
    in_all: u64,
    exact: bool,
    looked_at: u64,
    complete: bool,
}

#[derive(Debug, Serialize)]
struct Sized {
    segment: Slug,
    count: u64,
}

#[derive(Debug, Serialize)]
struct Pair {
    segments: [Slug; 2],
    in_both: u64,
}

async fn overlap(State(app): State<App>, Params(query): Params<Of>) -> Result<Answer, Problem> {
    let wrong = |detail: String| Problem::new(Code::InvalidParameter, detail);
    let ids = query.of.split(',').map(Slug::parse);
    let ids: Vec<Slug> = ids
        .collect::<Result<_, _>>()
        .map_err(|error| wrong(format!("of names segments, with commas between: {error}.")))?;
    let different: BTreeSet<&Slug> = ids.iter().collect();
    if !(2..=MOST).contains(&ids.len()) || different.len() != ids.len() {
        return Err(wrong(format!(
            "of names 2 to {MOST} different segments, with commas between."
        )));
    }
    let audiences = audiences_of(&app, &ids).await?;
    let complete = audiences.iter().all(|audience| audience.complete);
    let sets: Vec<Set> = audiences.into_iter().map(|audience| audience.set).collect();
    let found = audiences::overlap(&sets).await?;
    let pair = |(one, two, in_both): (usize, usize, u64)| {
        Some(Pair {
            segments: [ids.get(one)?.clone(), ids.get(two)?.clone()],
            in_both,
        })
    };
    let pairs = found.pairs.into_iter().filter_map(pair).collect();
    let sizes = ids.iter().cloned().zip(found.sizes);
    Answer::ok(&Overlap {
        segments: sizes
            .map(|(segment, count)| Sized { segment, count })
            .collect(),
        pairs,
        in_all: found.all,
        exact: found.exact,
        looked_at: found.looked_at,
        complete,
    })
}
