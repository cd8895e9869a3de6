//! `/v1/feedback`: feedback records.

use axum::extract::State;
use axum::routing::get;
use rapport_feedback::{Command as Decide, Draft, Record, Rejection, Sums, decide};
use rapport_records::feedback::{self, LOG, RecordCarrier, Records};
use rapport_store::Current;
use rapport_store::log::Order;
use rapport_store::{Change, Key};
use rapport_types::Slug;
use rapport_web::failure::key_reused;
use rapport_web::{Answer, App, Ask, Command, List, Paging, Path, Problem, Router};

use serde::{Deserialize, Serialize};

use crate::documents::{self, Totals};
use crate::view::RecordView;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/feedback", get(list).post(submit))
        .route("/v1/feedback/{id}", get(read))
}

/// What is kept with an idempotency key.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    record: Record,
    rev: u64,
    /// The record was there before, and remembers what the key's answer no longer does.
    before: bool,
}

async fn list(State(app): State<App>, paging: Paging) -> Result<Answer, Problem> {
    let page = app
        .store
        .page::<Records>(LOG, Order::NewestFirst, paging.after, paging.limit)
        .await?;
    let items = page.items.iter().map(|(_, found)| RecordView {
        record: &found.value,
        rev: found.rev,
    });
    Answer::ok(&List::new(items.collect(), page.next))
}

async fn read(State(app): State<App>, Path(id): Path<Slug>, ask: Ask) -> Result<Answer, Problem> {
    let found = app
        .store
        .read(&feedback::key(id.as_str()))
        .await?
        .ok_or_else(|| Problem::not_found("feedback record", id.as_str()))?;
    let view = RecordView {
        record: &found.value,
        rev: found.rev,
    };
    Ok(Answer::ok(&view)?.rev(found.rev).unless(&ask.condition))
}

async fn submit(State(app): State<App>, mut command: Command<Draft>) -> Result<Answer, Problem> {
    let key = command.body.key.take();
    command.or_key(key.as_deref())?;
    let id = match &command.key {
        Some(key) => documents::id_of_key(key),
        None => format!("fb_{:016x}{:016x}", app.store.random(), app.store.random()),
    };
    let decide = |current: Current<Records>| {
        // A record that was created to say nothing yet is none to clients.
        let exists = current.value.is_some();
        command
            .condition
            .check(if exists { current.rev } else { 0 })?;
        let submit = Decide::Submit {
            id: id.clone(),
            draft: command.body.clone(),
        };
        let said = decide(None, submit, command.now, &app.settings.zone).map_err(refused)?;
        match current.value {
            // The key is older than the answers that are kept with it: the record itself remembers.
            Some(record) if record.says_the_same(&said) => Ok(Change::Keep(Kept {
                record,
                rev: current.rev,
                before: true,
            })),
            Some(_) => Err(key_reused()),
            None => Ok(Change::Commit {
                answer: Kept {
                    record: said.clone(),
                    rev: current.next_rev,
                    before: false,
                },
                effects: feedback::effects(&said),
                value: said,
            }),
        }
    };
    let once = command.once();
    let carrier = RecordCarrier {
        now: command.now,
        zone: &app.settings.zone,
    };
    let request = command.request(once.as_ref(), &carrier);
    let committed = app
        .store
        .update::<Records, Kept, Problem>(&feedback::key(&id), request, decide)
        .await?;
    let Kept {
        record,
        rev,
        before,
    } = committed.answer;
    let replayed = committed.replayed || before;
    if !command.dry_run && !replayed {
        fold_on(&app, &command).await;
    }
    let view = RecordView {
        record: &record,
        rev,
    };
    Ok(Answer::created(&view)?
        .rev(rev)
        .location(&format!("/v1/feedback/{id}"))
        .replayed(replayed))
}

/// The record stands already, so a sum that does not move on now is moved on by somebody later.
async fn fold_on(app: &App, command: &Command<Draft>) {
    let folded = app
        .store
        .fold_on::<Totals, Records, Sums>(&Key::single(), LOG, command.now, Sums::add)
        .await;
    if let Err(error) = folded {
        eprintln!("the feedback totals were not moved on: {error}");
    }
}

fn refused(rejection: Rejection) -> Problem {
    match rejection {
        Rejection::Invalid(violations) => Problem::invalid(violations),
        Rejection::Exists => key_reused(),
    }
}
