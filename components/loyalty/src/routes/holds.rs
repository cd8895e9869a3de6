//! `POST /v1/loyalty/accounts/{customer}/{authorize,capture,void}`: points are set aside for a checkout in progress, and
//! spent or given back when it ends.

use axum::extract::State;
use axum::routing::post;
use rapport_loyalty as loyalty;
use rapport_loyalty::TransactionId;
use rapport_types::{CustomerId, Slug, Span};
use rapport_web::{Answer, App, Command, Path, Problem, Router};
use serde::Deserialize;

use crate::carry_out::{carry_out, ids};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/loyalty/accounts/{customer}/authorize", post(authorize))
        .route("/v1/loyalty/accounts/{customer}/capture", post(capture))
        .route("/v1/loyalty/accounts/{customer}/void", post(void))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AuthorizeBody {
    points: i64,
    /// Which kind of points; the main one, if absent.
    kind: Option<Slug>,
    expires_in: Option<Span>,
    key: Option<String>,
    out_request_no: Option<String>,
    reason: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CaptureBody {
    transaction: String,
    points: Option<i64>,
    key: Option<String>,
    out_request_no: Option<String>,
    reason: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct VoidBody {
    transaction: String,
    key: Option<String>,
    out_request_no: Option<String>,
    reason: Option<String>,
}

async fn authorize(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    mut command: Command<AuthorizeBody>,
) -> Result<Answer, Problem> {
    command.or_keys(|body| (body.key.take(), body.out_request_no.take()))?;
    let asked = loyalty::Command::Authorize(loyalty::Authorize {
        points: command.body.points,
        expires_in: command.body.expires_in,
        reason: command.body.reason.take(),
        ids: ids(&app, None, command.key.as_deref())?,
    })
    .of_kind(command.body.kind.take());
    carry_out(&app, &customer, &command, asked).await
}

async fn capture(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    mut command: Command<CaptureBody>,
) -> Result<Answer, Problem> {
    command.or_keys(|body| (body.key.take(), body.out_request_no.take()))?;
    let asked = loyalty::Command::Capture(loyalty::Capture {
        of: hold(&command.body.transaction)?,
        points: command.body.points,
        reason: command.body.reason.take(),
        ids: ids(&app, None, command.key.as_deref())?,
    });
    carry_out(&app, &customer, &command, asked).await
}

async fn void(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    mut command: Command<VoidBody>,
) -> Result<Answer, Problem> {
    command.or_keys(|body| (body.key.take(), body.out_request_no.take()))?;
    let asked = loyalty::Command::Void(loyalty::Void {
        of: hold(&command.body.transaction)?,
        reason: command.body.reason.take(),
        ids: ids(&app, None, command.key.as_deref())?,
    });
    carry_out(&app, &customer, &command, asked).await
}

fn hold(transaction: &str) -> Result<TransactionId, Problem> {
    TransactionId::parse(transaction).ok_or_else(|| Problem::not_found("transaction", transaction))
}
