//! `/v1/customers`: customer documents.

use axum::extract::State;
use axum::routing::get;
use http::StatusCode;
use rapport_customer::{Command as Decide, Patch};
use rapport_records::customers::{self, Applied, Circumstances, Customers};
use rapport_store::log::Order;
use rapport_types::CustomerId;
use rapport_web::{Answer, App, Ask, Command, List, Paging, Path, Problem, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::refusal::Refusal;
use crate::view::{CustomerView, address};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/customers", get(list))
        .route("/v1/customers/{id}", get(read).put(put).patch(patch))
}

/// The body of `PUT`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PutBody {
    traits: Map<String, Value>,
}

/// What is answered, and kept with an idempotency key.
#[derive(Debug, Serialize, Deserialize)]
struct Changed {
    customer: CustomerView,
    created: bool,
}

async fn list(State(app): State<App>, paging: Paging) -> Result<Answer, Problem> {
    let page = app
        .store
        .page::<Customers>(
            customers::LOG,
            Order::OldestFirst,
            paging.after,
            paging.limit,
        )
        .await?;
    let items = page
        .items
        .into_iter()
        .map(|(_, found)| CustomerView::new(found.value.customer, found.rev))
        .collect();
    Answer::ok(&List::new(items, page.next))
}

async fn read(
    State(app): State<App>,
    Path(id): Path<CustomerId>,
    ask: Ask,
) -> Result<Answer, Problem> {
    let found = customers::read(&app.store, &id)
        .await?
        .ok_or_else(|| Problem::not_found("customer", id.as_str()))?;
    let view = CustomerView::new(found.value.customer, found.rev);
    Ok(Answer::ok(&view)?.rev(found.rev).unless(&ask.condition))
}

async fn put(
    State(app): State<App>,
    Path(id): Path<CustomerId>,
    command: Command<PutBody>,
) -> Result<Answer, Problem> {
    let decide = Decide::Put {
        traits: command.body.traits.clone(),
    };
    change(&app, &id, decide, &command).await
}

async fn patch(
    State(app): State<App>,
    Path(id): Path<CustomerId>,
    command: Command<Patch>,
) -> Result<Answer, Problem> {
    let decide = Decide::Patch(command.body.clone());
    change(&app, &id, decide, &command).await
}

async fn change<T>(
    app: &App,
    id: &CustomerId,
    decide: Decide,
    command: &Command<T>,
) -> Result<Answer, Problem> {
    let condition = command.condition.clone();
    let committed = customers::apply(
        &app.store,
        id,
        decide,
        Circumstances {
            now: command.now,
            zone: &app.settings.zone,
            once: command.once().as_ref(),
            dry_run: command.dry_run,
        },
        move |rev| condition.check(rev).map_err(Refusal::from),
        |applied: Applied<'_>| Changed {
            customer: CustomerView::new(applied.customer.clone(), applied.rev),
            created: applied.created,
        },
    )
    .await?;
    let Changed { customer, created } = committed.answer;
    let status = if created {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let answer = Answer::json(status, &customer)?
        .rev(customer.rev)
        .replayed(committed.replayed);
    Ok(if created {
        answer.location(&address(id))
    } else {
        answer
    })
}
