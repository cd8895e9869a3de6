//! `POST /v1/tick`: what has to be done without anybody asking. The bundled host calls it; elsewhere any cron does.

use axum::extract::State;
use axum::routing::post;
use rapport_records::fill::{self, Stepped};
use rapport_records::liability;
use rapport_records::reviews;
use rapport_records::tagging;
use rapport_records::todo::Todo;
use rapport_store::Ticked;
use rapport_types::Timestamp;
use rapport_web::{Answer, App, Command, Problem, Router};
use serde::Serialize;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/v1/tick", post(tick))
}

#[derive(Debug, Serialize)]
struct TickView {
    /// How many documents were taken up and are done with.
    done: usize,
    /// How many could not be finished; a later tick takes them up again.
    failed: usize,
    /// Whether more is due now: call again.
    more: bool,
    /// When something is due next, as far as it is known now.
    next_due: Option<Timestamp>,
}

async fn tick(State(app): State<App>, command: Command<()>) -> Result<Answer, Problem> {
    let todo = Todo {
        now: command.now,
        zone: &app.settings.zone,
    };
    let Ticked {
        done,
        failed,
        more,
        next_due,
    } = app.store.tick(&todo, command.now).await?;
    let filled = fill::step(&app.store, command.now, &app.settings.zone).await;
    let (filled, unfilled) = match filled {
        Ok(filled) => (filled, 0),
        Err(error) => {
            eprintln!("audiences wait to be filled: {error}");
            (Stepped::default(), 1)
        }
    };
    let reviewed = reviews::tick(&app.store, command.now, &app.settings.zone).await;
    let (reviewed, unreviewed) = match reviewed {
        Ok(reviewed) => (reviewed, 0),
        Err(error) => {
            eprintln!("a review waits: {error}");
            (false, 1)
        }
    };
    let tagged = tagging::step(&app.store, command.now, &app.settings.zone).await;
    let (tagged, untagged) = match tagged {
        Ok(tagged) => (tagged, 0),
        Err(error) => {
            eprintln!("jobs on tags wait: {error}");
            (Stepped::default(), 1)
        }
    };
    let counted = liability::tick(&app.store, command.now, &app.settings.zone).await;
    let (counted, uncounted) = match counted {
        Ok(counted) => (counted, 0),
        Err(error) => {
            eprintln!("what is owed in points waits to be counted: {error}");
            (false, 1)
        }
    };
    Answer::ok(&TickView {
        done: done
            .saturating_add(filled.committed)
            .saturating_add(usize::from(filled.more))
            .saturating_add(usize::from(reviewed))
            .saturating_add(usize::from(counted))
            .saturating_add(tagged.committed),
        failed: failed
            .saturating_add(unfilled)
            .saturating_add(unreviewed)
            .saturating_add(uncounted)
            .saturating_add(untagged),
        more: more || filled.more || reviewed || counted || tagged.more,
        next_due,
    })
}
