//! `POST /v1/segments/ready`: installs the segments that most shops want.

use axum::extract::State;
use axum::routing::post;
use rapport_records::ready::{self, Installed, Language, Ready, Status};
use rapport_types::Violation;
use rapport_web::{Answer, App, Command, Problem, Router};
use serde::{Deserialize, Serialize};

use super::commit::{Terms, check_all, commit, kept};

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/v1/segments/ready", post(install))
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    /// In which language the names are.
    #[serde(default)]
    language: Language,
    /// Only these; all where it is left out.
    only: Option<Vec<String>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Answers {
    segments: Vec<Installed>,
}

/// One answer per segment, in order; what is there already stays as it is.
async fn install(
    State(app): State<App>,
    command: Command<Option<Body>>,
) -> Result<Answer, Problem> {
    let all = Body::default();
    let body = command.body.as_ref().unwrap_or(&all);
    let wanted = chosen(body.only.as_deref())?;
    let committed = commit(&app, &Terms::of(&command), &mut |set, rev| {
        check_all(&command.condition, rev)?;
        let segments = ready::install(set, &wanted, body.language, command.now, rev);
        let changed = segments.iter().any(|one| one.status == Status::Installed);
        Ok((changed, kept(&Answers { segments })?))
    })
    .await?;
    Ok(Answer::ok(&committed.answer)?
        .rev(committed.rev)
        .replayed(committed.replayed))
}

fn chosen(only: Option<&[String]>) -> Result<Vec<Ready>, Problem> {
    let Some(only) = only else {
        return Ok(ready::ALL.to_vec());
    };
    let (mut chosen, mut wrong) = (Vec::new(), Vec::new());
    for (at, id) in only.iter().enumerate() {
        match ready::ALL.iter().find(|ready| ready.id == id) {
            Some(ready) => chosen.push(*ready),
            None => {
                let ids: Vec<&str> = ready::ALL.iter().map(|ready| ready.id).collect();
                let detail = format!(
                    "there is no ready segment {id:?}; there are {}",
                    ids.join(", ")
                );
                wrong.push(Violation::new(
                    format!("/only/{at}"),
                    "unknown_value",
                    detail,
                ));
            }
        }
    }
    match wrong.is_empty() {
        true => Ok(chosen),
        false => Err(Problem::invalid(wrong)),
    }
}
