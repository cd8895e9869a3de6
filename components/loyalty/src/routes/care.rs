//! `POST /v1/loyalty/accounts/{customer}/{adjust,freeze,unfreeze,import}`: what people do to an account.

use axum::extract::State;
use axum::routing::post;
use rapport_loyalty as loyalty;
use rapport_loyalty::Opening;
use rapport_types::{CustomerId, Slug};
use rapport_web::{Answer, App, Command, Path, Problem, Router};
use serde::Deserialize;

use crate::carry_out::{carry_out, end, ids, moment};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/loyalty/accounts/{customer}/adjust", post(adjust))
        .route("/v1/loyalty/accounts/{customer}/freeze", post(freeze))
        .route("/v1/loyalty/accounts/{customer}/unfreeze", post(unfreeze))
        .route("/v1/loyalty/accounts/{customer}/import", post(import))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AdjustBody {
    points: i64,
    /// Which kind of points; the main one, if absent.
    kind: Option<Slug>,
    reason: String,
    author: String,
    expires_at: Option<String>,
    key: Option<String>,
    out_request_no: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FreezeBody {
    reason: String,
    author: String,
    key: Option<String>,
    out_request_no: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ImportBody {
    lots: Vec<LotBody>,
    /// Which kind of points; the main one, if absent.
    kind: Option<Slug>,
    key: Option<String>,
    out_request_no: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LotBody {
    points: i64,
    active_from: Option<String>,
    expires_at: Option<String>,
    reason: Option<String>,
}

async fn adjust(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    mut command: Command<AdjustBody>,
) -> Result<Answer, Problem> {
    command.or_keys(|body| (body.key.take(), body.out_request_no.take()))?;
    let body = &command.body;
    let zone = &app.settings.zone;
    let asked = loyalty::Command::Adjust(loyalty::Adjust {
        points: body.points,
        reason: body.reason.clone(),
        author: body.author.clone(),
        expires_at: end(body.expires_at.as_deref(), "/expires_at", zone)?,
        ids: ids(&app, None, command.key.as_deref())?,
    })
    .of_kind(body.kind.clone());
    carry_out(&app, &customer, &command, asked).await
}

async fn freeze(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    mut command: Command<FreezeBody>,
) -> Result<Answer, Problem> {
    command.or_keys(|body| (body.key.take(), body.out_request_no.take()))?;
    let asked = loyalty::Command::Freeze(loyalty::Freeze {
        reason: command.body.reason.clone(),
        author: command.body.author.clone(),
        ids: ids(&app, None, command.key.as_deref())?,
    });
    carry_out(&app, &customer, &command, asked).await
}

async fn unfreeze(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    mut command: Command<FreezeBody>,
) -> Result<Answer, Problem> {
    command.or_keys(|body| (body.key.take(), body.out_request_no.take()))?;
    let asked = loyalty::Command::Unfreeze(loyalty::Unfreeze {
        reason: command.body.reason.clone(),
        author: command.body.author.clone(),
        ids: ids(&app, None, command.key.as_deref())?,
    });
    carry_out(&app, &customer, &command, asked).await
}

async fn import(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    mut command: Command<ImportBody>,
) -> Result<Answer, Problem> {
    command.or_keys(|body| (body.key.take(), body.out_request_no.take()))?;
    if command.key.is_none() {
        return Err(Problem::invalid_at(
            "/key",
            "missing_field",
            "An import needs a key, so that points brought along once are not brought again.",
        ));
    }
    let zone = &app.settings.zone;
    let mut lots = Vec::with_capacity(command.body.lots.len());
    for (at, lot) in command.body.lots.iter().enumerate() {
        let place = |field: &str| format!("/lots/{at}/{field}");
        lots.push(Opening {
            points: lot.points,
            active_from: moment(lot.active_from.as_deref(), &place("active_from"), zone)?,
            expires_at: end(lot.expires_at.as_deref(), &place("expires_at"), zone)?,
            reason: lot.reason.clone(),
        });
    }
    let asked = loyalty::Command::Import(loyalty::Import {
        lots,
        ids: ids(&app, None, command.key.as_deref())?,
    })
    .of_kind(command.body.kind.clone());
    carry_out(&app, &customer, &command, asked).await
}
