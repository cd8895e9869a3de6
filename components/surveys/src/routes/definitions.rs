//! Surveys are saved, read, listed.
//!
//! The body of `PUT` is the SurveyJS document itself, as its editors emit it. Properties that nobody knows are kept.

use axum::extract::State;
use axum::routing::get;
use rapport_store::log::Order;
use rapport_store::{Change, Nothing, Versioned, boxed};
use rapport_survey::Survey;
use rapport_survey::publish::MAX_BYTES;
use rapport_types::{Slug, Timestamp, Violation};
use rapport_web::{Answer, App, Ask, Code, Command, List, Paging, Path, Problem, Router};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::documents::{
    Published, SURVEYS, SurveyDocument, Surveys, definition_key, fingerprint, survey_key,
};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/surveys", get(list))
        .route("/v1/surveys/{id}", get(read).put(save))
        .route("/v1/surveys/{id}/published", get(read_published))
}

/// What is answered of a survey, without its definition. Kept with an idempotency key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Summary {
    id: Slug,
    title: Option<String>,
    saved_at: Timestamp,
    published: Option<Version>,
    /// The draft is not what is published.
    changed: bool,
    rev: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Version {
    version: u32,
    at: Timestamp,
}

impl Summary {
    pub(crate) fn new(survey: &SurveyDocument, rev: u64) -> Self {
        let changed = match &survey.published {
            Some(published) => published.definition != fingerprint(&survey.draft),
            None => true,
        };
        Self {
            id: survey.id.clone(),
            title: title(&survey.draft),
            saved_at: survey.saved_at,
            published: survey.published.as_ref().map(Version::new),
            changed,
            rev,
        }
    }
}

impl Version {
    fn new(published: &Published) -> Self {
        Self {
            version: published.version,
            at: published.at,
        }
    }
}

#[derive(Serialize)]
struct Full<'a> {
    #[serde(flatten)]
    summary: Summary,
    definition: &'a Json,
}

/// What saving answers: what stands in the way of publishing, too.
#[derive(Serialize)]
struct Saved {
    #[serde(flatten)]
    summary: Summary,
    warnings: Vec<Violation>,
}

async fn save(
    State(app): State<App>,
    Path(id): Path<Slug>,
    command: Command<Json>,
) -> Result<Answer, Problem> {
    if !command.body.is_object() {
        return Err(Problem::invalid_at(
            "",
            "wrong_type",
            "The body is a SurveyJS document, which is a JSON object.",
        ));
    }
    let bytes = command.body.to_string().len();
    if bytes > MAX_BYTES {
        let detail = format!("The survey has {bytes} bytes; it may have {MAX_BYTES}.");
        return Err(Problem::new(Code::TooLarge, detail));
    }
    let committed = app
        .store
        .update(
            &survey_key(&id),
            command.request(command.once().as_ref(), &Nothing),
            |current| -> Result<_, Problem> {
                command.condition.check(current.rev)?;
                let created = current.value.is_none();
                let survey = SurveyDocument {
                    id: id.clone(),
                    draft: command.body.clone(),
                    saved_at: command.now,
                    published: current.value.and_then(|survey| survey.published),
                };
                let answer = (created, Summary::new(&survey, current.next_rev));
                Ok(Change::<Surveys, _>::Commit {
                    value: survey,
                    effects: Vec::new(),
                    answer,
                })
            },
        )
        .await?;
    let (created, summary) = committed.answer;
    let rev = summary.rev;
    // A draft may be half finished: what is wrong with it is said, and refused only when it is published.
    let saved = Saved {
        summary,
        warnings: Survey::parse(&command.body).err().unwrap_or_default(),
    };
    let answer = if created {
        Answer::created(&saved)?.location(&format!("/v1/surveys/{id}"))
    } else {
        Answer::ok(&saved)?
    };
    Ok(answer.rev(rev).replayed(committed.replayed))
}

async fn read(State(app): State<App>, Path(id): Path<Slug>, ask: Ask) -> Result<Answer, Problem> {
    let Versioned { rev, value: survey } = found(&app, &id).await?;
    let full = Full {
        summary: Summary::new(&survey, rev),
        definition: &survey.draft,
    };
    Ok(Answer::ok(&full)?.rev(rev).unless(&ask.condition))
}

#[derive(Serialize)]
struct PublishedDefinition<'a> {
    survey: &'a Slug,
    version: u32,
    published_at: Timestamp,
    definition: &'a Json,
}

/// What a renderer needs: the definition that responses are held against.
async fn read_published(
    State(app): State<App>,
    Path(id): Path<Slug>,
    ask: Ask,
) -> Result<Answer, Problem> {
    let survey = found(&app, &id).await?.value;
    let Some(published) = survey.published else {
        return Err(Problem::new(
            Code::NotPublished,
            format!(
                "The survey {:?} was saved and not published yet.",
                id.as_str()
            ),
        ));
    };
    let definition = app
        .store
        .read(&definition_key(&id, &published.definition))
        .await?;
    let Some(definition) = definition else {
        return Err(Problem::internal(format!("the definition of {id} is gone")));
    };
    let answer = Answer::ok(&PublishedDefinition {
        survey: &id,
        version: published.version,
        published_at: published.at,
        definition: &definition.value,
    })?;
    Ok(answer
        .rev(u64::from(published.version))
        .unless(&ask.condition))
}

async fn list(State(app): State<App>, paging: Paging) -> Result<Answer, Problem> {
    let page = app
        .store
        .page::<Surveys>(SURVEYS, Order::NewestFirst, paging.after, paging.limit)
        .await?;
    let surveys = page.items.iter();
    let items = surveys
        .map(|(_, it)| Summary::new(&it.value, it.rev))
        .collect();
    Answer::ok(&List::new(items, page.next))
}

#[boxed]
pub(crate) async fn found(app: &App, id: &Slug) -> Result<Versioned<SurveyDocument>, Problem> {
    let found = app.store.read(&survey_key(id)).await?;
    found.ok_or_else(|| Problem::not_found("survey", id.as_str()))
}

/// The title in the first language, of a draft that may not be a survey yet.
fn title(draft: &Json) -> Option<String> {
    match draft.get("title")? {
        Json::String(title) => Some(title.clone()),
        Json::Object(languages) => {
            let first = languages
                .get("default")
                .or_else(|| languages.values().next())?;
            first.as_str().map(str::to_owned)
        }
        _ => None,
    }
}
