//! `POST /v1/loyalty/accounts/{customer}/{spend,reverse}`: points are spent, and taken back.

use axum::extract::State;
use axum::routing::post;
use rapport_loyalty as loyalty;
use rapport_loyalty::{Balance, Ids, TransactionId, decide};
use rapport_records::accounts;
use rapport_types::{CustomerId, Slug};
use rapport_web::{Answer, App, Command, Path, Problem, Router};
use serde::{Deserialize, Serialize};

use crate::refusal::Refusal;
use crate::routes::accounts::tag_of;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/loyalty/accounts/{customer}/spend", post(spend))
        .route("/v1/loyalty/accounts/{customer}/reverse", post(reverse))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SpendBody {
    points: i64,
    key: Option<String>,
    reason: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReverseBody {
    transaction: String,
    points: Option<i64>,
    key: Option<String>,
    reason: Option<String>,
}

#[derive(Debug, Serialize)]
struct Movement {
    transaction: TransactionId,
    points: i64,
    balance: Balance,
    tier: Option<Slug>,
}

async fn spend(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    mut command: Command<SpendBody>,
) -> Result<Answer, Problem> {
    let key = command.body.key.take();
    command.or_key(key.as_deref())?;
    let asked = loyalty::Command::Spend(loyalty::Spend {
        points: command.body.points,
        reason: command.body.reason.take(),
        ids: ids(&app, None, command.key.as_deref())?,
    });
    carry_out(&app, &customer, &command, asked).await
}

async fn reverse(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    mut command: Command<ReverseBody>,
) -> Result<Answer, Problem> {
    let key = command.body.key.take();
    command.or_key(key.as_deref())?;
    let body = &mut command.body;
    let of = TransactionId::parse(&body.transaction)
        .ok_or_else(|| Problem::not_found("transaction", &body.transaction))?;
    let asked = loyalty::Command::Reverse(loyalty::Reverse {
        of,
        points: body.points,
        reason: body.reason.take(),
        ids: ids(&app, None, command.key.as_deref())?,
    });
    carry_out(&app, &customer, &command, asked).await
}

/// The four steps: load, decide, commit, answer. Points cause nothing elsewhere yet, so nothing follows.
async fn carry_out<T>(
    app: &App,
    customer: &CustomerId,
    command: &Command<T>,
    asked: loyalty::Command,
) -> Result<Answer, Problem>
where
    T: Sync,
{
    let program = accounts::program(&app.store).await?;
    let (terms, terms_rev) = match program.as_ref() {
        Some(found) => (Some(&found.value), found.rev),
        None => (None, 0),
    };
    let zone = &app.settings.zone;
    let now = command.now;
    let condition = &command.condition;
    let settled = accounts::decide::<Refusal>(
        &app.store,
        customer,
        now,
        command.dry_run,
        |account, rev, prior| {
            let decision = decide(account, terms, &asked, prior, now, zone);
            // A repetition is answered as the first time, though its condition holds no more: it was carried out.
            let repeated =
                matches!(&decision, Ok(loyalty::Decision::Done(outcome)) if outcome.replayed);
            if !repeated && !matches!(&decision, Ok(loyalty::Decision::Read(_))) {
                // Clients know the account by its revision, or by what the account's own route called it.
                condition.check(rev).or_else(|stale| {
                    let tag = tag_of(&account.ledger, rev, terms, terms_rev, now, zone);
                    condition.check_tag(Some(&tag)).map_err(|_| stale)
                })?;
            }
            Ok(decision?)
        },
    )
    .await?;
    let outcome = settled.outcome;
    let movement = Movement {
        transaction: outcome.transaction,
        points: outcome.answer.points,
        balance: outcome.answer.balance,
        tier: outcome.answer.tier,
    };
    Ok(Answer::ok(&movement)?
        .rev(settled.rev)
        .replayed(outcome.replayed))
}

/// The names of a request; a random one where the client gave none.
pub(crate) fn ids(app: &App, order: Option<&str>, key: Option<&str>) -> Result<Ids, Problem> {
    let fresh = format!("{:016x}{:016x}", app.store.random(), app.store.random());
    Ids::new(order, key, &fresh).map_err(|rejection| Refusal::from(rejection).into())
}
