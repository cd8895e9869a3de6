//! Where surveys, their published definitions, responses and totals stand in the store.

use std::sync::Arc;

use rapport_store::fold::Folded;
use rapport_store::{Key, NoEffect, Table, boxed, log};
use rapport_survey::check::Outcomes;
use rapport_survey::{Dropped, Survey, Tally};
use rapport_types::{CustomerId, Slug, Timestamp, hash};
use rapport_web::{App, Code, Problem};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// The log of all surveys.
pub const SURVEYS: &str = "surveys";

/// A survey: its draft, and which version of it is published. One document each, listed in [`SURVEYS`].
pub struct Surveys;

impl Table for Surveys {
    type Value = SurveyDocument;
    type Effect = NoEffect;
    const NAME: &'static str = "survey";
    const SCHEMA: u32 = 1;
    const LOG: Option<&'static str> = Some(SURVEYS);
}

/// What the document of a survey says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SurveyDocument {
    /// The id it was saved under.
    pub id: Slug,
    /// The SurveyJS document as it was saved last.
    pub draft: Json,
    /// When that was.
    pub saved_at: Timestamp,
    /// The version that can be answered, if there is one.
    pub published: Option<Published>,
}

/// A published version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Published {
    /// 1 for the first.
    pub version: u32,
    /// When it was published.
    pub at: Timestamp,
    /// The [`fingerprint`] of its definition, which is kept under it.
    pub definition: String,
}

/// Published definitions, each under its survey and its [`fingerprint`]: written once before the survey says that it is
/// published, and never changed.
pub struct Definitions;

impl Table for Definitions {
    type Value = Json;
    type Effect = NoEffect;
    const NAME: &'static str = "survey_definition";
    const SCHEMA: u32 = 1;
}

/// Responses, listed in [`responses_of`] their survey.
pub struct Responses;

impl Table for Responses {
    type Value = Response;
    type Effect = NoEffect;
    const NAME: &'static str = "survey_response";
    const SCHEMA: u32 = 1;
}

/// A response as it is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Response {
    /// Its id.
    pub id: String,
    /// The survey it answers.
    pub survey: Slug,
    /// The version it was held against.
    pub version: u32,
    /// Who answered; `None` is nobody known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerId>,
    /// The answers that are kept.
    pub data: Map<String, Json>,
    /// What was given and is not kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<Dropped>,
    /// What became of each question.
    pub outcomes: Outcomes,
    /// When it was submitted, as the client says.
    pub submitted_at: Timestamp,
    /// When it came.
    pub received_at: Timestamp,
}

/// The sum over the responses of each survey.
pub struct Totals;

impl Table for Totals {
    type Value = Folded<Tally>;
    type Effect = NoEffect;
    const NAME: &'static str = "survey_totals";
    const SCHEMA: u32 = 1;
}

/// The key of a survey.
pub fn survey_key(id: &Slug) -> Key<Surveys> {
    Key::of(id.as_str())
}

/// The key of a published definition.
pub fn definition_key(id: &Slug, definition: &str) -> Key<Definitions> {
    Key::within(id.as_str(), definition)
}

/// The key of a response.
pub fn response_key(survey: &Slug, id: &str) -> Key<Responses> {
    Key::within(survey.as_str(), id).listed_in(responses_of(survey))
}

/// The key of a survey's sum.
pub fn totals_key(survey: &Slug) -> Key<Totals> {
    Key::of(survey.as_str())
}

/// The log of a survey's responses.
pub fn responses_of(survey: &Slug) -> String {
    log::name("responses", survey.as_str())
}

/// What tells definitions apart: equal documents have equal fingerprints, whatever the order of their properties.
pub fn fingerprint(definition: &Json) -> String {
    hash::hex128(&definition.to_string())
}

/// The published version of a survey, ready to be answered.
///
/// # Errors
///
/// `not_found`, `not_published`, and what the store says.
#[boxed]
pub async fn published(app: &App, id: &Slug) -> Result<(Published, Arc<Survey>), Problem> {
    let found = app
        .store
        .read_compiled(&survey_key(id), |survey| {
            survey.map(|it| it.value.published)
        })
        .await?;
    let published = match &*found {
        None => return Err(Problem::not_found("survey", id.as_str())),
        Some(None) => {
            return Err(Problem::new(
                Code::NotPublished,
                format!(
                    "The survey {:?} was saved and not published yet.",
                    id.as_str()
                ),
            ));
        }
        Some(Some(published)) => published.clone(),
    };
    let key = definition_key(id, &published.definition);
    let survey = app
        .store
        .read_compiled(&key, |definition| {
            definition.and_then(|it| Survey::parse(&it.value).ok().map(Arc::new))
        })
        .await?;
    match &*survey {
        Some(survey) => Ok((published, Arc::clone(survey))),
        None => Err(Problem::internal(format!(
            "{key:?} is gone or cannot be read"
        ))),
    }
}
