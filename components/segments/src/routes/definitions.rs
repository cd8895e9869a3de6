//! `/v1/segments` and `/v1/segments/{id}`: segments are defined, changed, listed, deleted.

use axum::extract::State;
use axum::routing::get;
use futures_util::future::try_join;
use rapport_records::named::Named;
use rapport_records::segments::{
    Defined, Definition, DefinitionSet, Kind, Origin, Refused, Wanted,
};
use rapport_records::tags::is_of_a_tag;
use rapport_types::{Slug, Timestamp};
use rapport_web::{Answer, App, Ask, Code, Command, List, Params, Path, Problem, Router};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::audiences::fills;
use super::commit::{Decided, Terms, answer_put, check_repeated, commit, delete, put, refused};
use super::counts::Count;
use super::page::{self, Counting, Page, load, load_at};

/// Words that stand where an id stands in the addresses of this component, now or by its plan.
pub(super) const RESERVED: [&str; 15] = [
    "audiences",
    "decide",
    "explain",
    "export",
    "health",
    "insights",
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
    /// How many are in it, where a list is asked for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    audience: Option<Count>,
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
            audience: None,
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

async fn define(
    State(app): State<App>,
    Path(id): Path<Slug>,
    command: Command<Body>,
) -> Result<Answer, Problem> {
    if is_reserved(&id) {
        return Err(Problem::new(Code::InvalidParameter, reserved(&id)));
    }
    check_repeated(
        "segment",
        id.as_str(),
        command.body.id.as_ref().map(Slug::as_str),
    )?;
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
    let named = Named::Segment(id.clone());
    let committed = commit(&app, &Terms::of(&command), &mut |set, rev| {
        command.condition.check(set.rev_of(&named))?;
        let (now, name) = (command.now, &command.body.name);
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
        put_segment(set, &id, defined.map_err(refused)?)
    })
    .await?;
    answer_put(committed, Some(&format!("/v1/segments/{id}")))
}

/// What became of a segment that was put, and what is answered.
pub(super) fn put_segment(set: &DefinitionSet, id: &Slug, defined: Defined) -> Decided {
    let segment = set.segments.get(id).cloned().map(Segment::from);
    let segment =
        segment.ok_or_else(|| Problem::internal("a segment just defined is not there"))?;
    put(defined, &segment)
}

/// Whether an address of this component begins so.
pub(super) fn is_reserved(id: &Slug) -> bool {
    RESERVED.contains(&id.as_str()) || is_of_a_tag(id)
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
    let named = Named::Segment(id);
    delete(&app, &command, &named, "to them nobody is in it", &|_| {
        Ok(())
    })
    .await
}

async fn list(
    State(app): State<App>,
    Params(query): Params<Counting>,
    ask: Ask,
) -> Result<Answer, Problem> {
    let view = |_: &DefinitionSet, one: &Definition| Ok(Segment::from(one.clone()));
    if !query.counts {
        return page::list(&app, query.page(), &ask, |set| &set.segments, view).await;
    }
    let page = Page::<Slug>::read(query.page())?;
    let ((set, rev), (_, fills)) = try_join(load_at(&app), fills(&app)).await?;
    let (found, next_cursor) = page.of(&set.segments);
    let shown = found.iter().map(|one| (one.id.clone(), fills.shown(one)));
    let shown: Vec<_> = shown.collect();
    let counts = Count::of_all(&app, &shown).await?;
    let items = found.into_iter().zip(counts).map(|(one, count)| Segment {
        audience: Some(count),
        ..Segment::from(one.clone())
    });
    let items: Vec<Segment> = items.collect();
    let answer = Answer::ok(&List { items, next_cursor })?;
    Ok(answer.named(rev).unless(&ask.condition))
}
