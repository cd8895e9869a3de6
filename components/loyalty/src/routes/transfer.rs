//! `POST /v1/loyalty/accounts/{customer}/transfer`: points go to another customer.

use axum::extract::State;
use axum::routing::post;
use rapport_loyalty as loyalty;
use rapport_loyalty::Transfer;
use rapport_records::{accounts, transfers};
use rapport_types::CustomerId;
use rapport_web::{Answer, App, Code, Command, Path, Problem, Router};
use serde::Deserialize;

use crate::carry_out::{answer, ids, settle};

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/v1/loyalty/accounts/{customer}/transfer", post(transfer))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    to: CustomerId,
    points: i64,
    key: Option<String>,
    out_request_no: Option<String>,
    reason: Option<String>,
}

async fn transfer(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    mut command: Command<Body>,
) -> Result<Answer, Problem> {
    command.or_keys(|body| (body.key.take(), body.out_request_no.take()))?;
    let to = command.body.to.clone();
    if to == customer {
        return Err(Problem::invalid_at(
            "/to",
            "same_customer",
            "Points are transferred to another customer.",
        ));
    }
    let ids = ids(&app, None, command.key.as_deref())?;
    let of = ids.transaction().clone();
    let asked = loyalty::Command::Transfer(Transfer {
        ids,
        to: to.clone(),
        points: command.body.points,
        reason: command.body.reason.take(),
    });
    if accounts::ledger(&app.store, &to)
        .await?
        .value
        .frozen
        .is_some()
    {
        // What was done before it was frozen is answered as the first time.
        let dry_run = std::mem::replace(&mut command.dry_run, true);
        let would = settle(&app, &customer, &command, &asked).await?;
        command.dry_run = dry_run;
        if !would.outcome.replayed {
            return Err(Problem::new(
                Code::AccountFrozen,
                "The account that the points would go to is frozen.",
            ));
        }
    }
    let mut held = settle(&app, &customer, &command, &asked).await?;
    let replayed = held.outcome.replayed;
    let mut sent = if command.dry_run && held.outcome.account.hold(&of).is_some() {
        let answer = &mut held.outcome.answer;
        answer.balance.held = answer.balance.held.saturating_sub(answer.points);
        held
    } else {
        let zone = &app.settings.zone;
        transfers::finish(&app.store, &customer, &of, command.now, zone).await?
    };
    // To clients it is one movement.
    sent.outcome.transaction = of;
    sent.outcome.replayed = replayed;
    answer(sent)
}
