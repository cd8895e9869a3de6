//! `/v1/reviews`: how segments do.

use axum::extract::State;
use axum::routing::{get, post};
use http::StatusCode;
use rapport_records::models::Kept;
use rapport_records::reviews::{self, Asked, Progress, Start, States, Summary};
use rapport_review::{Report, Settings};
use rapport_store::{Change, Committed, Key, Nothing};
use rapport_types::Timestamp;
use rapport_web::{Answer, App, Ask, Code, Command, Paging, Path, Problem, Router};
use serde::Serialize;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/reviews", post(go_on).get(list))
        .route("/v1/reviews/settings", get(settings).put(set))
        .route("/v1/reviews/latest", get(latest))
        .route("/v1/reviews/{id}", get(read))
}

/// Begins a review, or goes on with the one under way: as much of it as one call does.
async fn go_on(State(app): State<App>, command: Command<()>) -> Result<Answer, Problem> {
    let once = command.once();
    let asked = Asked {
        most: reviews::MOST,
        start: Start::ByHand,
        now: command.now,
        zone: &app.settings.zone,
        once: once.as_ref(),
        dry_run: command.dry_run,
    };
    let stepped = reviews::step(&app.store, asked).await?;
    let Committed {
        answer, replayed, ..
    } = stepped.ok_or_else(|| Problem::internal("a review that was asked for did not begin"))?;
    let status = match answer.done {
        true => StatusCode::CREATED,
        false => StatusCode::ACCEPTED,
    };
    let location = format!("/v1/reviews/{}", answer.review);
    Ok(Answer::json(status, &answer)?
        .location(&location)
        .replayed(replayed))
}

/// Reviews, and what comes next.
#[derive(Debug, Serialize)]
struct Reviews {
    items: Vec<Summary>,
    next_cursor: Option<String>,
    /// The one that is under way.
    running: Option<Progress>,
    next_review_at: Option<Timestamp>,
}

async fn list(State(app): State<App>, paging: Paging) -> Result<Answer, Problem> {
    let (state, page) = futures_util::future::try_join(
        reviews::state(&app.store),
        reviews::list(&app.store, paging.after, paging.limit),
    )
    .await?;
    let zone = &app.settings.zone;
    let state = state.value;
    let items = page.items.into_iter().map(|(_, found)| found.value);
    let list = rapport_web::List::new(items.collect(), page.next);
    Answer::ok(&Reviews {
        items: list.items,
        next_cursor: list.next_cursor,
        next_review_at: state.next_review_at(zone),
        running: state.running.is_some().then(|| state.progress(zone)),
    })
}

/// A review that can be read.
#[derive(Debug, Serialize)]
struct View {
    done: bool,
    #[serde(flatten)]
    report: Report,
}

async fn read(State(app): State<App>, Path(id): Path<String>, ask: Ask) -> Result<Answer, Problem> {
    if let Some(found) = reviews::report(&app.store, &id).await? {
        let view = View {
            done: true,
            report: found.value,
        };
        return Ok(Answer::ok(&view)?.rev(found.rev).unless(&ask.condition));
    }
    let state = reviews::state(&app.store).await?.value;
    match &state.running {
        Some(pass) if pass.id == id => Answer::ok(&state.progress(&app.settings.zone)),
        _ => Err(Problem::not_found("review", &id)),
    }
}

async fn latest(State(app): State<App>, ask: Ask) -> Result<Answer, Problem> {
    let last = reviews::state(&app.store).await?.value.last;
    let Some(last) = last else {
        return Err(Problem::new(
            Code::NotFound,
            "There has been no review yet. POST /v1/reviews begins one.",
        ));
    };
    let found = reviews::report(&app.store, &last.id).await?;
    let found = found.ok_or_else(|| Problem::internal(format!("{} is gone", last.id)))?;
    let view = View {
        done: true,
        report: found.value,
    };
    // Each review is at its first revision, so the tag names the review.
    let tag = format!("\"{}-{}\"", last.id, found.rev);
    Ok(Answer::ok(&view)?.tag(&tag).unless(&ask.condition))
}

/// How the shop wants its reviews.
#[derive(Debug, Serialize)]
struct SettingsView {
    #[serde(flatten)]
    settings: Settings,
    version: u64,
    updated_at: Option<Timestamp>,
    rev: u64,
}

impl SettingsView {
    fn of(kept: Option<&Kept<Settings>>) -> Self {
        match kept {
            Some(kept) => Self {
                settings: kept.model.clone(),
                version: kept.version,
                updated_at: Some(kept.updated_at),
                rev: kept.rev,
            },
            // What holds where none were set.
            None => Self {
                settings: Settings::default(),
                version: 0,
                updated_at: None,
                rev: 0,
            },
        }
    }
}

async fn settings(State(app): State<App>, ask: Ask) -> Result<Answer, Problem> {
    let state = reviews::state(&app.store).await?.value;
    let view = SettingsView::of(state.settings.as_ref());
    Ok(Answer::ok(&view)?.rev(view.rev).unless(&ask.condition))
}

async fn set(State(app): State<App>, command: Command<Settings>) -> Result<Answer, Problem> {
    let wrong = command.body.check();
    if !wrong.is_empty() {
        return Err(Problem::invalid(wrong));
    }
    let once = command.once();
    let request = command.request(once.as_ref(), &Nothing);
    let committed: Committed<serde_json::Value> = app
        .store
        .update(&Key::<States>::single(), request, |current| {
            let mut state = current.value.unwrap_or_default();
            let rev = state.settings.as_ref().map_or(0, |kept| kept.rev);
            command.condition.check(rev)?;
            let changed = state.set(&command.body, command.now, current.next_rev);
            let answer = serde_json::to_value(SettingsView::of(state.settings.as_ref()))
                .map_err(|error| Problem::internal(error.to_string()))?;
            Ok::<_, Problem>(match changed {
                false => Change::Keep(answer),
                true => Change::Commit {
                    value: state,
                    effects: Vec::new(),
                    answer,
                },
            })
        })
        .await?;
    let rev = committed
        .answer
        .get("rev")
        .and_then(serde_json::Value::as_u64);
    Ok(Answer::ok(&committed.answer)?
        .rev(rev.unwrap_or(0))
        .replayed(committed.replayed))
}
