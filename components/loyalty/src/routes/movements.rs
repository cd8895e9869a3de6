//! `POST /v1/loyalty/accounts/{customer}/{spend,reverse}`: points are spent, and taken back.

use axum::extract::State;
use axum::routing::post;
use rapport_loyalty as loyalty;
use rapport_loyalty::{Policy, TransactionId};
use rapport_types::{CustomerId, Slug};
use rapport_web::{Answer, App, Command, Path, Problem, Router};
use serde::Deserialize;

use crate::carry_out::{carry_out, ids};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/loyalty/accounts/{customer}/spend", post(spend))
        .route("/v1/loyalty/accounts/{customer}/reverse", post(reverse))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SpendBody {
    points: i64,
    /// Which kind of points; the main one, if absent.
    kind: Option<Slug>,
    key: Option<String>,
    out_request_no: Option<String>,
    reason: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReverseBody {
    transaction: String,
    points: Option<i64>,
    policy: Option<Policy>,
    key: Option<String>,
    out_request_no: Option<String>,
    reason: Option<String>,
}

async fn spend(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    mut command: Command<SpendBody>,
) -> Result<Answer, Problem> {
    command.or_keys(|body| (body.key.take(), body.out_request_no.take()))?;
    let asked = loyalty::Command::Spend(loyalty::Spend {
        points: command.body.points,
        reason: command.body.reason.take(),
        ids: ids(&app, None, command.key.as_deref())?,
    })
    .of_kind(command.body.kind.take());
    carry_out(&app, &customer, &command, asked).await
}

async fn reverse(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    mut command: Command<ReverseBody>,
) -> Result<Answer, Problem> {
    command.or_keys(|body| (body.key.take(), body.out_request_no.take()))?;
    let body = &mut command.body;
    let of = TransactionId::parse(&body.transaction)
        .ok_or_else(|| Problem::not_found("transaction", &body.transaction))?;
    let asked = loyalty::Command::Reverse(loyalty::Reverse {
        of,
        points: body.points,
        policy: body.policy,
        reason: body.reason.take(),
        ids: ids(&app, None, command.key.as_deref())?,
    });
    carry_out(&app, &customer, &command, asked).await
}
