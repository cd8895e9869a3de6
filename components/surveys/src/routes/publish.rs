//! A draft becomes a version that can be answered.
//!
//! The definition is written first, under its own fingerprint, and then the survey says that it is published: so a
//! version that can be seen is there, and what a crash leaves between is a definition that nobody names.

use axum::extract::State;
use axum::routing::post;
use rapport_store::{Change, Nothing, UpdateError};
use rapport_survey::Survey;
use rapport_types::Slug;
use rapport_web::{Answer, App, Code, Command, Path, Problem, Router};

use super::definitions::{Summary, found};
use crate::documents::{Published, Surveys, definition_key, fingerprint, survey_key};

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/v1/surveys/{id}/publish", post(publish))
}

/// How often the draft may be saved anew while it is being published.
const TRIES: u8 = 4;

/// Why a draft was not published.
enum Refusal {
    /// Tell the client.
    Problem(Problem),
    /// Another draft was saved since this one was read.
    Changed,
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

async fn publish(
    State(app): State<App>,
    Path(id): Path<Slug>,
    command: Command<()>,
) -> Result<Answer, Problem> {
    for _ in 0..TRIES {
        let draft = found(&app, &id).await?.value.draft;
        let definition = fingerprint(&draft);
        let checked = Survey::parse(&draft);
        if checked.is_ok() && !command.dry_run {
            app.store
                .write_once(&definition_key(&id, &definition), draft)
                .await?;
        }
        let tried = app
            .store
            .update(
                &survey_key(&id),
                command.request(command.once().as_ref(), &Nothing),
                |current| -> Result<_, Refusal> {
                    command.condition.check(current.rev)?;
                    let Some(mut survey) = current.value else {
                        return Err(Problem::not_found("survey", id.as_str()).into());
                    };
                    if fingerprint(&survey.draft) != definition {
                        return Err(Refusal::Changed);
                    }
                    if let Err(violations) = &checked {
                        return Err(Problem::invalid(violations.clone()).into());
                    }
                    let before = survey.published.as_ref();
                    if before.is_some_and(|published| published.definition == definition) {
                        // The same again is no new version.
                        return Ok(Change::Keep(Summary::new(&survey, current.rev)));
                    }
                    let version = before.map_or(0, |it| it.version).saturating_add(1);
                    survey.published = Some(Published {
                        version,
                        at: command.now,
                        definition: definition.clone(),
                    });
                    let answer = Summary::new(&survey, current.next_rev);
                    Ok(Change::<Surveys, _>::Commit {
                        value: survey,
                        effects: Vec::new(),
                        answer,
                    })
                },
            )
            .await;
        return match tried {
            Ok(committed) => {
                let rev = committed.rev;
                Ok(Answer::ok(&committed.answer)?
                    .rev(rev)
                    .replayed(committed.replayed))
            }
            Err(UpdateError::Rejected(Refusal::Changed)) => continue,
            Err(UpdateError::Rejected(Refusal::Problem(problem))) => Err(problem),
            Err(UpdateError::KeyReused) => Err(rapport_web::failure::key_reused()),
            Err(UpdateError::AnswerGone) => Err(rapport_web::failure::answer_gone()),
            Err(UpdateError::Store(error)) => Err(error.into()),
        };
    }
    let detail = "Other drafts kept being saved meanwhile. Nothing was published; try again.";
    Err(Problem::new(Code::Contended, detail).retry_after(1))
}
