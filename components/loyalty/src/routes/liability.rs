//! `/v1/loyalty/liability`: what the shop owes in points, counted over all accounts.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use rapport_records::liability::{self, Asked, Pass, Progress, Report, Start};
use rapport_store::Committed;
use rapport_web::{Answer, App, Ask, Code, Command, Problem, Router};
use serde::Serialize;

const PATH: &str = "/v1/loyalty/liability";

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/v1/loyalty/liability", get(read).post(go_on))
}

/// The last count that is complete, or the first as far as it is.
#[derive(Debug, Serialize)]
struct View {
    #[serde(flatten)]
    report: Report,
    /// A count that is under way, where the answer is of the one before.
    running: Option<Progress>,
}

/// Begins to count, or goes on: as many accounts as one call does.
async fn go_on(State(app): State<App>, command: Command<()>) -> Result<Answer, Problem> {
    let once = command.once();
    let asked = Asked {
        most: liability::MOST,
        start: Start::ByHand,
        now: command.now,
        zone: &app.settings.zone,
        once: once.as_ref(),
        dry_run: command.dry_run,
    };
    let stepped = liability::step(&app.store, asked).await?;
    let Committed {
        answer, replayed, ..
    } = stepped.ok_or_else(|| Problem::internal("a count that was asked for did not begin"))?;
    let status = match answer.complete {
        true => StatusCode::CREATED,
        false => StatusCode::ACCEPTED,
    };
    Ok(Answer::json(status, &answer)?
        .location(PATH)
        .replayed(replayed))
}

async fn read(State(app): State<App>, ask: Ask) -> Result<Answer, Problem> {
    let found = liability::state(&app.store).await?;
    let state = &found.value;
    let report = liability::latest(&app.store, state, &app.settings.zone).await?;
    let report = report.ok_or_else(|| {
        Problem::new(
            Code::NotFound,
            "Nobody has counted yet what is owed in points. POST /v1/loyalty/liability begins to.",
        )
    })?;
    let running = state.running.as_ref().filter(|_| report.complete);
    let view = View {
        running: running.map(Pass::progress),
        report,
    };
    let answer = Answer::ok(&view)?;
    // Before the first is complete, what its points are worth goes by the programme as it is now.
    Ok(match view.report.complete {
        true => answer.rev(found.rev).unless(&ask.condition),
        false => answer,
    })
}
