//! `/v1/segments` and `/v1/segments/{id}`: segments are defined, changed, listed, deleted.

use std::ops::Bound;

use axum::extract::State;
use axum::routing::get;
use rapport_records::segments::{Defined, Definition, DefinitionSet, Definitions, Refused, Wanted};
use rapport_store::{Change, Committed, Key, Nothing, Request};
use rapport_types::{Slug, Timestamp};
use rapport_web::{Answer, App, Ask, Code, Command, List, Params, Path, Problem, Router};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Words that stand where an id stands in the addresses of this component, now or by its plan.
const RESERVED: [&str; 13] = [
    "audiences",
    "decide",
    "explain",
    "export",
    "health",
    "install",
    "memberships",
    "models",
    "overlap",
    "preview",
    "ready",
    "scores",
    "templates",
];

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/segments", get(list))
        .route("/v1/segments/{id}", get(read).put(define).delete(remove))
}

/// A segment as it is answered.
#[derive(Debug, Serialize, Deserialize)]
struct Segment {
    id: Slug,
    name: String,
    rule: Value,
    definition_version: u64,
    created_at: Timestamp,
    updated_at: Timestamp,
    rev: u64,
}

impl From<Definition> for Segment {
    fn from(definition: Definition) -> Self {
        Self {
            id: definition.id,
            name: definition.name,
            rule: definition.rule,
            definition_version: definition.version,
            created_at: definition.created_at,
            updated_at: definition.updated_at,
            rev: definition.rev,
        }
    }
}

/// What a client says of a segment. The id may be repeated, so that what was read can be put again.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    id: Option<Slug>,
    name: String,
    rule: Value,
}

/// What is kept with an idempotency key.
#[derive(Debug, Serialize, Deserialize)]
struct Put {
    created: bool,
    segment: Segment,
}

async fn define(
    State(app): State<App>,
    Path(id): Path<Slug>,
    command: Command<Body>,
) -> Result<Answer, Problem> {
    if RESERVED.contains(&id.as_str()) {
        return Err(Problem::new(
            Code::InvalidParameter,
            format!(
                "{id:?} is part of this service's addresses; choose another id.",
                id = id.as_str()
            ),
        ));
    }
    if command.body.id.as_ref().is_some_and(|other| *other != id) {
        return Err(Problem::invalid_at(
            "/id",
            "invalid_value",
            format!(
                "The address names the segment {:?}; leave id out, or repeat it.",
                id.as_str()
            ),
        ));
    }
    let wanted = Wanted {
        id: id.clone(),
        name: command.body.name.clone(),
        rule: command.body.rule.clone(),
    };
    let once = command.once();
    let request = Request {
        now: command.now,
        once: once.as_ref(),
        dry_run: command.dry_run,
        carrier: &Nothing,
    };
    let committed: Committed<Put> = app
        .store
        .update(&Key::<Definitions>::single(), request, |current| {
            let mut set = current.value.unwrap_or_default();
            command.condition.check(rev_of(&set, &id))?;
            let defined = set
                .define(wanted.clone(), command.now, current.next_rev)
                .map_err(refused)?;
            let segment = set.segments.get(&id).cloned().map(Segment::from);
            let segment =
                segment.ok_or_else(|| Problem::internal("a segment just defined is not there"))?;
            let answer = Put {
                created: defined == Defined::Created,
                segment,
            };
            Ok::<_, Problem>(match defined {
                Defined::Same => Change::Keep(answer),
                Defined::Created | Defined::Changed => Change::Commit {
                    value: set,
                    effects: Vec::new(),
                    answer,
                },
            })
        })
        .await?;
    let Put { created, segment } = committed.answer;
    let answer = if created {
        Answer::created(&segment)?.location(&format!("/v1/segments/{id}"))
    } else {
        Answer::ok(&segment)?
    };
    Ok(answer.rev(segment.rev).replayed(committed.replayed))
}

async fn read(State(app): State<App>, Path(id): Path<Slug>, ask: Ask) -> Result<Answer, Problem> {
    let mut set = load(&app).await?;
    let Some(definition) = set.segments.remove(&id) else {
        return Err(Problem::not_found("segment", id.as_str()));
    };
    let segment = Segment::from(definition);
    Ok(Answer::ok(&segment)?
        .rev(segment.rev)
        .unless(&ask.condition))
}

async fn remove(
    State(app): State<App>,
    Path(id): Path<Slug>,
    command: Command<()>,
) -> Result<Answer, Problem> {
    let once = command.once();
    let request = Request {
        now: command.now,
        once: once.as_ref(),
        dry_run: command.dry_run,
        carrier: &Nothing,
    };
    // Answers `true`, because a kept `null` could not be told from no answer.
    let committed: Committed<bool> = app
        .store
        .update(&Key::<Definitions>::single(), request, |current| {
            let mut set = current.value.unwrap_or_default();
            command.condition.check(rev_of(&set, &id))?;
            if !set.remove(&id) {
                return Err(Problem::not_found("segment", id.as_str()));
            }
            Ok(Change::Commit {
                value: set,
                effects: Vec::new(),
                answer: true,
            })
        })
        .await?;
    Ok(Answer::nothing().replayed(committed.replayed))
}

/// How much of the list, and after which segment.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    limit: Option<u16>,
    cursor: Option<String>,
}

/// In the order of ids; the cursor is the last id seen, so that no change of others repeats or skips one.
async fn list(State(app): State<App>, Params(page): Params<Page>) -> Result<Answer, Problem> {
    let limit = page.limit.unwrap_or(50);
    if !(1..=200).contains(&limit) {
        return Err(Problem::new(
            Code::InvalidParameter,
            format!("limit is a number from 1 to 200, not {limit}."),
        ));
    }
    let after = match page.cursor.as_deref().map(Slug::parse) {
        None => Bound::Unbounded,
        Some(Ok(last)) => Bound::Excluded(last),
        Some(Err(_)) => {
            return Err(Problem::new(
                Code::InvalidParameter,
                "cursor must be a next_cursor that this list answered.",
            ));
        }
    };
    let set = load(&app).await?;
    let mut rest = set
        .segments
        .range::<Slug, _>((after, Bound::Unbounded))
        .map(|(_, definition)| Segment::from(definition.clone()));
    let items: Vec<Segment> = rest.by_ref().take(usize::from(limit)).collect();
    let more = rest.next().is_some();
    let next_cursor = items
        .last()
        .filter(|_| more)
        .map(|last| last.id.to_string());
    Answer::ok(&List { items, next_cursor })
}

async fn load(app: &App) -> Result<DefinitionSet, Problem> {
    let found = app.store.read(&Key::<Definitions>::single()).await?;
    Ok(found.map(|found| found.value).unwrap_or_default())
}

/// The revision of one segment; 0 where there is none.
fn rev_of(set: &DefinitionSet, id: &Slug) -> u64 {
    set.segments.get(id).map_or(0, |definition| definition.rev)
}

fn refused(refused: Refused) -> Problem {
    match refused {
        Refused::Invalid(violations) => Problem::invalid(violations),
        Refused::TooMany => Problem::new(
            Code::Conflict,
            format!(
                "There are {} segments, which is the most. Delete one first.",
                DefinitionSet::MOST
            ),
        ),
        Refused::TooLarge(bytes) => Problem::new(
            Code::TooLarge,
            format!(
                "The rules of all segments together would have {bytes} bytes; they may have {}. Shorten lists of values, or mark customers with a tag and test that.",
                DefinitionSet::MOST_BYTES
            ),
        ),
    }
}
