//! `/v1/identify`, `/v1/track`, `/v1/page`, `/v1/screen`: one call in Segment's public format.

use axum::extract::State;
use axum::routing::post;
use rapport_customer::segment_spec::{self, Call, Kind};
use rapport_customer::{Command as Decide, Item};
use rapport_types::CustomerId;
use rapport_web::command::Loose;
use rapport_web::exact::{Found, Inexact};
use rapport_web::{Answer, App, Problem, Router};
use serde::Serialize;

use crate::apply::{Circumstances, Outcome, apply};
use crate::referral::Referred;
use crate::view::Status;

pub(super) fn routes() -> Router<App> {
    let call = |kind: Kind| post(move |State(app): State<App>, loose: Loose| one(app, kind, loose));
    Router::new()
        .route("/v1/identify", call(Kind::Identify))
        .route("/v1/track", call(Kind::Track))
        .route("/v1/page", call(Kind::Page))
        .route("/v1/screen", call(Kind::Screen))
        .route("/v1/alias", post(unsupported))
        .route("/v1/group", post(unsupported))
}

#[derive(Debug, Serialize)]
struct Report {
    status: Status,
    customer: CustomerId,
    rev: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    referral: Option<Referred>,
}

/// Whether what was found is kept of `call`, which stands so deep in the body.
pub(super) fn keeps(call: &Call, found: &Found<'_>, depth: usize) -> bool {
    let kept = match call.item {
        Item::Identify { .. } => "traits",
        Item::Track { .. } => "properties",
    };
    found.is_in(depth, kept)
}

async fn one(app: App, kind: Kind, loose: Loose) -> Result<Answer, Problem> {
    let Loose { command, sent } = loose;
    let (body, circumstances) = Circumstances::of(command);
    let call = segment_spec::call(kind, body, &app.settings.zone)
        .map_err(|violation| Problem::invalid(vec![violation]))?;
    let mut inexact = Inexact::of(&sent);
    while let Some(found) = inexact.find() {
        if keeps(&call, &found, 0) {
            return Err(Problem::invalid(vec![found.violation()]));
        }
    }
    let item = Decide::Apply(vec![call.item]);
    let committed = apply(&app, &call.customer, item, &circumstances).await?;
    let Outcome { results, rev, .. } = committed.answer;
    let result = results
        .into_iter()
        .next()
        .ok_or_else(|| Problem::internal("an item without a result"))?;
    if let Some(violation) = result.error {
        return Err(Problem::invalid(vec![violation]));
    }
    let report = Report {
        status: result.status,
        customer: call.customer,
        rev,
        referral: result.referral,
    };
    Ok(Answer::ok(&report)?.rev(rev).replayed(committed.replayed))
}

/// Merging customers and grouping them are not there yet, and a call is never dropped silently.
async fn unsupported(uri: http::Uri) -> Problem {
    let call = uri.path().trim_start_matches("/v1/").to_owned();
    Problem::invalid_at(
        "",
        "unsupported",
        format!("Calls of type {call} are not supported; nothing was changed."),
    )
}
