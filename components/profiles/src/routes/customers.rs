//! `/v1/customers`: customer documents.

use axum::extract::State;
use axum::routing::get;
use futures_util::future::join;
use http::StatusCode;
use rapport_customer::{Command as Decide, Patch};
use rapport_records::beside::Beside;
use rapport_records::customers::{self, Customers};
use rapport_records::segments;
use rapport_store::log::Order;
use rapport_types::CustomerId;
use rapport_web::{Answer, App, Ask, Command, List, Paging, Path, Problem, Router};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::apply::{Circumstances, Outcome, apply};
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

async fn list(State(app): State<App>, paging: Paging, ask: Ask) -> Result<Answer, Problem> {
    let definitions = segments::compiled(&app.store).await?;
    let page = app
        .store
        .page::<Customers>(
            customers::LOG,
            Order::OldestFirst,
            paging.after,
            paging.limit,
        )
        .await?;
    let ids: Vec<&CustomerId> = page
        .items
        .iter()
        .map(|(_, found)| &found.value.customer.id)
        .collect();
    let zone = &app.settings.zone;
    let beside = Beside::load_all(&app.store, &ids, definitions.tags_need(), zone).await?;
    let items = page
        .items
        .into_iter()
        .zip(&beside)
        .map(|((_, found), beside)| CustomerView::read(found, &definitions, beside, ask.now, zone))
        .collect();
    Answer::ok(&List::new(items, page.next))
}

async fn read(
    State(app): State<App>,
    Path(id): Path<CustomerId>,
    ask: Ask,
) -> Result<Answer, Problem> {
    let (definitions, found) = join(
        segments::compiled(&app.store),
        customers::read(&app.store, &id),
    )
    .await;
    let (definitions, found) = (definitions?, found?);
    let found = found.ok_or_else(|| Problem::not_found("customer", id.as_str()))?;
    let zone = &app.settings.zone;
    let beside = Beside::load(&app.store, &id, definitions.tags_need(), zone).await?;
    let view = CustomerView::read(found, &definitions, &beside, ask.now, zone);
    let tag = view.tag(&definitions);
    Ok(Answer::ok(&view)?.tag(&tag).unless(&ask.condition))
}

async fn put(
    State(app): State<App>,
    Path(id): Path<CustomerId>,
    command: Command<PutBody>,
) -> Result<Answer, Problem> {
    let (PutBody { traits }, circumstances) = Circumstances::of(command);
    change(&app, &id, Decide::Put { traits }, &circumstances).await
}

async fn patch(
    State(app): State<App>,
    Path(id): Path<CustomerId>,
    command: Command<Patch>,
) -> Result<Answer, Problem> {
    let (patch, circumstances) = Circumstances::of(command);
    change(&app, &id, Decide::Patch(patch), &circumstances).await
}

async fn change(
    app: &App,
    id: &CustomerId,
    decide: Decide,
    circumstances: &Circumstances,
) -> Result<Answer, Problem> {
    let committed = apply(app, id, decide, circumstances).await?;
    let Outcome {
        customer, created, ..
    } = committed.answer;
    let customer = customer.ok_or_else(|| Problem::internal("a change without its customer"))?;
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
