//! `/v1/tags` and `/v1/tags/{id}`: the catalogue of tags; `/v1/tags/settings`: what happens to those that are not in it.

use axum::extract::State;
use axum::routing::get;
use futures_util::future::try_join;
use rapport_records::named::Named;
use rapport_records::sample;
use rapport_records::segments::DefinitionSet;
use rapport_records::tagging::{self, Jobs};
use rapport_records::tags::{TagDefinition, Unknown, Wanted};
use rapport_types::{Tag, Timestamp, Violation};
use rapport_web::{Answer, App, Ask, Code, Command, List, Params, Path, Problem, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::audiences::fills;
use super::commit::{
    self, Decided, Terms, answer_put, check_all, check_repeated, commit, delete, kept, missing,
    refused, told,
};
use super::counts::{ByPeople, Count};
use super::page::{self, Counting, Page, load};

/// Words that stand where a tag stands in the addresses of this component.
const RESERVED: [&str; 4] = ["health", "jobs", "of", "settings"];

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/tags", get(list))
        .route(
            "/v1/tags/{id}",
            get(read).put(define).patch(patch).delete(remove),
        )
        .route("/v1/tags/settings", get(settings).put(set))
}

/// A tag as it is answered.
#[derive(Debug, Serialize)]
struct View<'a> {
    id: &'a Tag,
    name: &'a str,
    color: Option<&'a str>,
    group: Option<&'a str>,
    /// Whether a rule puts it on.
    automatic: bool,
    #[serde(skip_serializing_if = "Value::is_null")]
    rule: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    definition_version: Option<u64>,
    /// What it was called before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    aliases: Vec<&'a Tag>,
    created_at: Timestamp,
    updated_at: Timestamp,
    rev: u64,
    /// On how many people put it, where a list is asked for that,
    #[serde(skip_serializing_if = "Option::is_none")]
    tagged: Option<ByPeople>,
    /// and on how many its rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    audience: Option<Count>,
}

fn view<'a>(set: &'a DefinitionSet, of: &'a TagDefinition) -> View<'a> {
    let aliases = set.former_names(&of.tag);
    View {
        id: &of.tag,
        name: &of.name,
        color: of.color.as_deref(),
        group: of.group.as_deref(),
        automatic: of.is_automatic(),
        rule: &of.rule,
        definition_version: of.is_automatic().then_some(of.version),
        aliases: aliases.map(|(alias, _)| alias).collect(),
        created_at: of.created_at,
        updated_at: of.updated_at,
        rev: of.rev,
        tagged: None,
        audience: None,
    }
}

/// What a client says of a tag. The id may be repeated.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    id: Option<Tag>,
    name: Option<String>,
    color: Option<String>,
    group: Option<String>,
    #[serde(default)]
    rule: Value,
}

async fn define(
    State(app): State<App>,
    Path(tag): Path<Tag>,
    command: Command<Body>,
) -> Result<Answer, Problem> {
    check_id(&tag)?;
    let named = Named::Tag(tag.clone());
    let committed = commit(&app, &Terms::of(&command), &mut |set, rev| {
        command.condition.check(set.rev_of(&named))?;
        put(set, &tag, &command.body, command.now, rev)
    })
    .await?;
    answer_put(committed, Some(&address(&tag)))
}

/// A tag that has a name of its own among the addresses could not be read again.
pub(super) fn check_id(tag: &Tag) -> Result<(), Problem> {
    match RESERVED.contains(&tag.as_str()) {
        true => Err(Problem::new(
            Code::InvalidParameter,
            format!(
                "{:?} is part of this service's addresses; choose another tag.",
                tag.as_str()
            ),
        )),
        false => Ok(()),
    }
}

fn put(set: &mut DefinitionSet, tag: &Tag, body: &Body, now: Timestamp, rev: u64) -> Decided {
    check_repeated("tag", tag.as_str(), body.id.as_ref().map(Tag::as_str))?;
    let wanted = Wanted {
        tag: tag.clone(),
        name: body.name.clone(),
        color: body.color.clone(),
        group: body.group.clone(),
        rule: body.rule.clone(),
    };
    let defined = set.define_tag(wanted, now, rev).map_err(refused)?;
    let Some(definition) = set.tags.get(tag) else {
        return Err(Problem::internal("a tag just defined is not there"));
    };
    commit::put(defined, &view(set, definition))
}

/// JSON merge patch: what is `null` goes, what is left out stays.
async fn patch(
    State(app): State<App>,
    Path(tag): Path<Tag>,
    command: Command<Map<String, Value>>,
) -> Result<Answer, Problem> {
    let named = Named::Tag(tag.clone());
    let committed = commit(&app, &Terms::of(&command), &mut |set, rev| {
        command.condition.check(set.rev_of(&named))?;
        let Some(last) = set.tags.get(&tag) else {
            return Err(missing(&named));
        };
        let mut merged = Map::from_iter([
            ("name".to_owned(), Value::from(last.name.clone())),
            ("color".to_owned(), Value::from(last.color.clone())),
            ("group".to_owned(), Value::from(last.group.clone())),
            ("rule".to_owned(), last.rule.clone()),
        ]);
        for (name, value) in &command.body {
            merged.insert(name.clone(), value.clone());
        }
        put(set, &tag, &body(merged)?, command.now, rev)
    })
    .await?;
    answer_put(committed, Some(&address(&tag)))
}

/// The body that the merged members make. Read one by one, so that a wrong one is named by its place.
fn body(mut members: Map<String, Value>) -> Result<Body, Problem> {
    let mut wrong = Vec::new();
    let mut text = |name: &str| match members.remove(name) {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text),
        Some(_) => {
            let detail = format!("{name} is text");
            wrong.push(Violation::new(format!("/{name}"), "wrong_type", detail));
            None
        }
    };
    let (id, name) = (text("id"), text("name"));
    let (color, group) = (text("color"), text("group"));
    let rule = members.remove("rule").unwrap_or_default();
    let id = match id.map(|id| Tag::parse(&id)).transpose() {
        Ok(id) => id,
        Err(error) => {
            wrong.push(Violation::new("/id", "invalid_value", error.to_string()));
            None
        }
    };
    for name in members.keys() {
        let detail = format!("a tag has no {name:?}; it has name, color, group and rule");
        let place = rapport_types::violation::step(name);
        wrong.push(Violation::new(place, "unknown_field", detail));
    }
    match wrong.is_empty() {
        true => Ok(Body {
            id,
            name,
            color,
            group,
            rule,
        }),
        false => Err(Problem::invalid(wrong)),
    }
}

async fn read(State(app): State<App>, Path(tag): Path<Tag>, ask: Ask) -> Result<Answer, Problem> {
    let set = load(&app).await?;
    let Some(definition) = set.tags.get(&tag) else {
        return Err(match set.aliases.get(&tag) {
            Some(alias) => Problem::new(
                Code::NotFound,
                format!(
                    "The tag {:?} is called {:?} now.",
                    tag.as_str(),
                    alias.tag.as_str()
                ),
            ),
            None => missing(&Named::Tag(tag)),
        });
    };
    let view = view(&set, definition);
    Ok(Answer::ok(&view)?.rev(view.rev).unless(&ask.condition))
}

async fn remove(
    State(app): State<App>,
    Path(tag): Path<Tag>,
    command: Command<()>,
) -> Result<Answer, Problem> {
    let jobs = tagging::read(&app.store).await?;
    let named = Named::Tag(tag.clone());
    let then = "they see it on those on whom people put it";
    delete(&app, &command, &named, then, &|set| {
        still_renamed(set, &tag, &jobs)
    })
    .await
}

/// Refuses to delete a tag that some have under a former name in their documents: nobody would know it for this tag any more.
fn still_renamed(set: &DefinitionSet, tag: &Tag, jobs: &Jobs) -> Result<(), Problem> {
    let waiting = set.former_names(tag);
    let mut waiting = waiting.filter(|(_, alias)| jobs.waits(alias.serial));
    let Some((former, alias)) = waiting.next() else {
        return Ok(());
    };
    let job = Jobs::id_of_name(alias.serial);
    Err(Problem::new(
        Code::Conflict,
        format!(
            "{:?} was called {:?}, and the job {job} has not yet written the new name into the documents of all who have it: they would lose the tag, also by force. Delete it once GET /v1/tags/jobs/{job} says done.",
            tag.as_str(),
            former.as_str()
        ),
    ))
}

async fn list(
    State(app): State<App>,
    Params(query): Params<Counting>,
    ask: Ask,
) -> Result<Answer, Problem> {
    if !query.counts {
        let view = |set: &DefinitionSet, tag: &TagDefinition| kept(&view(set, tag));
        return page::list(&app, query.page(), &ask, |set| &set.tags, view).await;
    }
    let page = Page::<Tag>::read(query.page())?;
    let ((set, rev), (compiled, fills)) = try_join(page::load_at(&app), fills(&app)).await?;
    let (found, next_cursor) = page.of(&set.tags);
    let tagged = sample::tagged(&app.store, &compiled).await?;
    let mut items = Vec::with_capacity(found.len());
    let mut ruled = Vec::new();
    for (place, tag) in found.into_iter().enumerate() {
        let mut automatic = compiled.tags.iter();
        if let Some(automatic) = automatic.find(|one| one.tag == tag.tag) {
            let definition = &automatic.segment.definition;
            ruled.push((place, (definition.id.clone(), fills.shown(definition))));
        }
        items.push(View {
            tagged: Some(ByPeople::of(&tagged, &tag.tag)),
            ..view(&set, tag)
        });
    }
    let (places, ruled): (Vec<usize>, Vec<_>) = ruled.into_iter().unzip();
    let counts = Count::of_all(&app, &ruled).await?;
    for (place, count) in places.into_iter().zip(counts) {
        if let Some(item) = items.get_mut(place) {
            item.audience = Some(count);
        }
    }
    let answer = Answer::ok(&List { items, next_cursor })?;
    Ok(answer.named(rev).unless(&ask.condition))
}

/// Where a tag is found; it may hold any text.
pub(super) fn address(tag: &Tag) -> String {
    let mut path = "/v1/tags/".to_owned();
    for byte in tag.as_str().bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte) {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("%{byte:02X}"));
        }
    }
    path
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// What happens where people put a tag on a customer that is not in the catalogue.
    unknown_tags: Unknown,
}

async fn settings(State(app): State<App>, ask: Ask) -> Result<Answer, Problem> {
    let (set, rev) = page::load_at(&app).await?;
    let unknown_tags = set.unknown_tags;
    let answer = Answer::ok(&Settings { unknown_tags })?;
    Ok(answer.rev(rev).unless(&ask.condition))
}

async fn set(State(app): State<App>, command: Command<Settings>) -> Result<Answer, Problem> {
    let committed = commit(&app, &Terms::of(&command), &mut |set, rev| {
        check_all(&command.condition, rev)?;
        let wanted = command.body.unknown_tags;
        let changed = set.unknown_tags != wanted;
        set.unknown_tags = wanted;
        Ok((changed, kept(&command.body)?))
    })
    .await?;
    let settings: Settings = told(committed.answer)?;
    Ok(Answer::ok(&settings)?
        .rev(committed.rev)
        .replayed(committed.replayed))
}
