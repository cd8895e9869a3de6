//! `POST /v1/tags/{id}/apply`, `/remove`, `/merge` and `/rename`: what concerns many customers at once is a job that the tick does;
//! `GET /v1/tags/jobs` says how far it is.

use axum::extract::State;
use axum::routing::{get, post};
use http::StatusCode;
use rapport_records::dependents::{self, Dependent};
use rapport_records::segments::Kind;
use rapport_records::tagging::{self, Audience, Job, Jobs, TooMany, View, What};
use rapport_records::tags::Renamed;
use rapport_records::{audiences, fill};
use rapport_types::{Slug, Tag};
use rapport_web::{Answer, App, Ask, Code, Command, List, Params, Path, Problem, Router};
use serde::{Deserialize, Serialize};

use super::audiences::find;
use super::commit::{Others, Terms, commit, kept, missing, refused, told, with_elsewhere};
use super::page::{Page, Query};
use super::tagging::automatic;
use super::tags::check_id;
use rapport_records::named::Named;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/tags/{id}/apply", post(apply))
        .route("/v1/tags/{id}/remove", post(remove))
        .route("/v1/tags/{id}/merge", post(merge))
        .route("/v1/tags/{id}/rename", post(rename))
        .route("/v1/tags/jobs", get(list))
        .route("/v1/tags/jobs/{job}", get(read))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Of {
    segment: Slug,
}

/// What a dry run says.
#[derive(Debug, Serialize)]
struct Dry {
    tag: Tag,
    segment: Slug,
    /// How many are in the audience now.
    customers: u64,
    exact: bool,
}

async fn apply(
    State(app): State<App>,
    Path(tag): Path<Tag>,
    command: Command<Of>,
) -> Result<Answer, Problem> {
    of_audience(&app, tag, &command, true).await
}

async fn remove(
    State(app): State<App>,
    Path(tag): Path<Tag>,
    command: Command<Of>,
) -> Result<Answer, Problem> {
    of_audience(&app, tag, &command, false).await
}

async fn of_audience(
    app: &App,
    tag: Tag,
    command: &Command<Of>,
    puts: bool,
) -> Result<Answer, Problem> {
    let (compiled, fills) = fill::read(&app.store).await?;
    let segment = &command.body.segment;
    let decide = || {
        let known = compiled.in_catalogue(&tag);
        let tag = match known {
            Some(known) if puts && known.is_automatic() => {
                return Err(Problem::new(Code::Conflict, automatic(&known.tag)));
            }
            Some(known) => known.tag.clone(),
            // What is in no catalogue may be on customers all the same.
            None if !puts => tag.clone(),
            None => return Err(missing(&Named::Tag(tag.clone()))),
        };
        command
            .condition
            .check(known.map_or(0, |known| known.rev))?;
        let definition = find(&compiled, segment).map_err(|_| {
            let detail = format!("There is no segment {:?}.", segment.as_str());
            Problem::invalid_at("/segment", "unknown_segment", detail)
        })?;
        let shown = fills.shown(definition);
        if !shown.complete && definition.kind != Kind::Manual {
            return Err(Problem::new(
                Code::Conflict,
                "The audience is not filled yet. Its fill says how far it is.",
            ));
        }
        Ok(Audience {
            tag,
            serial: known.map(|known| known.serial),
            segment: segment.clone(),
            version: shown.version,
        })
    };
    if command.dry_run {
        let Audience {
            tag,
            segment,
            version,
            ..
        } = decide()?;
        let set = audiences::set(&app.store, &segment, version);
        let count = audiences::count(&set).await?;
        return Answer::ok(&Dry {
            tag,
            segment,
            customers: count.members,
            exact: count.exact,
        });
    }
    let what = || {
        Ok(match puts {
            true => What::Apply(decide()?),
            false => What::Remove(decide()?),
        })
    };
    let too_many = |TooMany(most): TooMany| {
        let detail =
            format!("There are {most} jobs waiting, which is the most. Ticks do them one by one.");
        Problem::new(Code::Conflict, detail)
    };
    let once = command.once();
    let asked = tagging::ask(&app.store, &what, &too_many, command.now, once.as_ref()).await?;
    let job = asked.answer.view();
    Ok(accepted(&job, &job.id)?.replayed(asked.replayed))
}

fn accepted(body: &impl Serialize, job: &Slug) -> Result<Answer, Problem> {
    Ok(Answer::json(StatusCode::ACCEPTED, body)?.location(&format!("/v1/tags/jobs/{job}")))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Into {
    into: Tag,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct To {
    to: Tag,
}

async fn merge(
    State(app): State<App>,
    Path(from): Path<Tag>,
    command: Command<Into>,
) -> Result<Answer, Problem> {
    let into = command.body.into.clone();
    let terms = Terms::of(&command);
    new_name(&app, &terms, &command.condition, (&from, &into), true).await
}

async fn rename(
    State(app): State<App>,
    Path(from): Path<Tag>,
    command: Command<To>,
) -> Result<Answer, Problem> {
    let to = command.body.to.clone();
    check_id(&to)?;
    let terms = Terms::of(&command);
    new_name(&app, &terms, &command.condition, (&from, &to), false).await
}

#[derive(Debug, Serialize)]
struct NewName<'a> {
    tag: &'a Tag,
    #[serde(flatten)]
    others: Others,
    /// Sees to the documents of those who have the old name.
    job: &'a str,
}

/// What is kept with an idempotency key.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    serial: u64,
    changed: Vec<Dependent>,
}

async fn new_name(
    app: &App,
    terms: &Terms,
    condition: &rapport_web::condition::Condition,
    (from, to): (&Tag, &Tag),
    merges: bool,
) -> Result<Answer, Problem> {
    let elsewhere = dependents::elsewhere(&app.store).await?;
    let committed = commit(app, terms, &mut |set, rev| {
        let names = [from, to].map(|tag| set.all_names(&Named::Tag(tag.clone())));
        let present = set.tags.get(from).map_or(0, |tag| tag.rev);
        condition.check(present)?;
        if !merges && present == 0 {
            return Err(missing(&Named::Tag(from.clone())));
        }
        let Renamed { serial, changed } = match merges {
            true => set.merge_tag(from, to, terms.now(), rev),
            false => set.rename_tag(from, to, terms.now(), rev),
        }
        .map_err(refused)?;
        let changed = changed.into_iter().collect();
        let changed = with_elsewhere(set, changed, names.concat(), &elsewhere);
        Ok((true, kept(&Kept { serial, changed })?))
    })
    .await?;
    let Kept { serial, changed } = told(committed.answer)?;
    let job = Jobs::id_of_name(serial);
    let body = NewName {
        tag: to,
        others: Others::new(changed),
        job: &job,
    };
    let answer = Answer::json(StatusCode::ACCEPTED, &body)?;
    Ok(answer
        .location(&format!("/v1/tags/jobs/{job}"))
        .replayed(committed.replayed))
}

/// The latest first.
async fn list(
    State(app): State<App>,
    Params(query): Params<Query>,
    ask: Ask,
) -> Result<Answer, Problem> {
    let page = Page::<Slug>::read(query)?;
    let (jobs, revs) = tagging::read_at(&app.store).await?;
    let (items, next_cursor) = page.along(jobs.jobs.iter().rev(), |job| &job.id)?;
    let items: Vec<View> = items.into_iter().map(Job::view).collect();
    let answer = Answer::ok(&List { items, next_cursor })?;
    Ok(answer.tag(&tag_of(revs)).unless(&ask.condition))
}

fn tag_of([definitions, jobs]: [u64; 2]) -> String {
    format!("\"{definitions}.{jobs}\"")
}

async fn read(State(app): State<App>, Path(id): Path<Slug>, ask: Ask) -> Result<Answer, Problem> {
    let (jobs, revs) = tagging::read_at(&app.store).await?;
    let Some(job) = jobs.find(&id) else {
        return Err(Problem::not_found("job", id.as_str()));
    };
    let answer = Answer::ok(&job.view())?;
    Ok(answer.tag(&tag_of(revs)).unless(&ask.condition))
}
