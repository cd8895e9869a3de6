//! `/v1/segments` and `/v1/segments/{id}`: segments are defined, changed, listed, deleted.

use std::ops::Bound;

use axum::extract::State;
use axum::routing::get;
use rapport_records::segments::{
    Defined, Definition, DefinitionSet, Definitions, Kind, Origin, Refused, Wanted,
};
use rapport_store::{Change, Committed, Key, Nothing, Request};
use rapport_types::{Slug, Timestamp};
use rapport_web::{Answer, App, Ask, Code, Command, List, Params, Path, Problem, Router};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Words that stand where an id stands in the addresses of this component, now or by its plan.
pub(super) const RESERVED: [&str; 14] = [
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
    "transitions",
];

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/segments", get(list))
        .route("/v1/segments/{id}", get(read).put(define).delete(remove))
}

/// A segment as it is answered.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Segment {
    id: Slug,
    name: String,
    kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<Origin>,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    rule: Value,
    definition_version: u64,
    created_at: Timestamp,
    updated_at: Timestamp,
    pub(super) rev: u64,
}

impl From<Definition> for Segment {
    fn from(definition: Definition) -> Self {
        Self {
            id: definition.id,
            name: definition.name,
            kind: definition.kind,
            from: definition.from,
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
    kind: Option<Kind>,
    /// Of a snapshot that was read; it does not change.
    #[serde(rename = "from")]
    _from: Option<Origin>,
    rule: Option<Value>,
}

/// What is kept with an idempotency key.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Put {
    pub(super) created: bool,
    pub(super) segment: Segment,
}

async fn define(
    State(app): State<App>,
    Path(id): Path<Slug>,
    command: Command<Body>,
) -> Result<Answer, Problem> {
    if is_reserved(&id) {
        return Err(Problem::new(Code::InvalidParameter, reserved(&id)));
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
    let kind = command.body.kind.unwrap_or_default();
    let rule = command.body.rule.as_ref().filter(|rule| !rule.is_null());
    match (kind, rule) {
        (Kind::Dynamic, None) => {
            let detail = "A dynamic segment has a rule; one whose members you put in yourself has the kind manual.";
            return Err(Problem::invalid_at("/rule", "missing_field", detail));
        }
        (Kind::Manual | Kind::Snapshot, Some(_)) => {
            let detail = "Only a dynamic segment has a rule.";
            return Err(Problem::invalid_at("/rule", "unknown_field", detail));
        }
        _ => {}
    }
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
            let (now, rev, name) = (command.now, current.next_rev, &command.body.name);
            let is_snapshot = set
                .segments
                .get(&id)
                .is_some_and(|it| it.kind == Kind::Snapshot);
            let defined = match (kind, rule) {
                (Kind::Dynamic, Some(rule)) => {
                    let wanted = Wanted {
                        id: id.clone(),
                        name: name.clone(),
                        rule: rule.clone(),
                    };
                    set.define(wanted, now, rev)
                }
                (Kind::Snapshot, _) if !is_snapshot => {
                    let detail =
                        "A snapshot is taken of a segment, by POST /v1/segments/{id}/snapshot.";
                    return Err(Problem::invalid_at("/kind", "invalid_value", detail));
                }
                (Kind::Manual, _) if is_snapshot => Err(Refused::OtherKind(Kind::Snapshot)),
                _ => set.define_list(id.clone(), name, None, now, rev),
            };
            let defined = defined.map_err(refused)?;
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
    answer_put(committed)
}

pub(super) fn answer_put(committed: Committed<Put>) -> Result<Answer, Problem> {
    let Put { created, segment } = committed.answer;
    let answer = if created {
        Answer::created(&segment)?.location(&format!("/v1/segments/{}", segment.id))
    } else {
        Answer::ok(&segment)?
    };
    Ok(answer.rev(segment.rev).replayed(committed.replayed))
}

/// Whether an address of this component begins so.
pub(super) fn is_reserved(id: &Slug) -> bool {
    RESERVED.contains(&id.as_str())
}

pub(super) fn reserved(id: &Slug) -> String {
    format!(
        "{:?} is part of this service's addresses; choose another id.",
        id.as_str()
    )
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
    let committed: Committed<Vec<Slug>> = app
        .store
        .update(&Key::<Definitions>::single(), request, |current| {
            let mut set = current.value.unwrap_or_default();
            command.condition.check(rev_of(&set, &id))?;
            let dependents = set.dependents(&id);
            let Some(changed) = set.remove(&id, command.now, current.next_rev) else {
                return Err(Problem::not_found("segment", id.as_str()));
            };
            if !dependents.is_empty() && !command.force {
                let names: Vec<&str> = dependents.iter().map(Slug::as_str).collect();
                return Err(Problem::new(
                    Code::Conflict,
                    format!(
                        "The rules of these segments name {:?}: {}. Change them first; with ?force=true the segment goes all the same, and to them nobody is in it.",
                        id.as_str(),
                        names.join(", ")
                    ),
                ));
            }
            Ok(Change::Commit {
                value: set,
                effects: Vec::new(),
                answer: changed.into_iter().collect(),
            })
        })
        .await?;
    let changed = committed.answer;
    let answer = if changed.is_empty() {
        Answer::nothing()
    } else {
        Answer::ok(&Removed {
            deleted: id,
            changed,
        })?
    };
    Ok(answer.replayed(committed.replayed))
}

/// What a forced deletion did.
#[derive(Debug, Serialize)]
struct Removed {
    deleted: Slug,
    /// The segments whose rules mean something else now: each has a new version.
    changed: Vec<Slug>,
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
pub(super) fn rev_of(set: &DefinitionSet, id: &Slug) -> u64 {
    set.segments.get(id).map_or(0, |definition| definition.rev)
}

pub(super) fn refused(refused: Refused) -> Problem {
    match refused {
        Refused::OtherKind(kind) => Problem::new(
            Code::Conflict,
            format!(
                "There is a segment of this id already, of the kind {}, which it keeps.",
                match kind {
                    Kind::Dynamic => "dynamic",
                    Kind::Manual => "manual",
                    Kind::Snapshot => "snapshot",
                }
            ),
        ),
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
