//! `POST /v1/segments/preview`: a rule is tried on a customer before it is saved.

use axum::extract::State;
use axum::routing::post;
use futures_util::future::join;
use rapport_records::facts::Facts;
use rapport_records::{customers, models};
use rapport_rules::{Outcome, Rule, evaluate};
use rapport_types::{CustomerId, Timestamp};
use rapport_web::{Answer, App, Command, Problem, Router};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/v1/segments/preview", post(preview))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    rule: Value,
    customer: CustomerId,
}

#[derive(Debug, Serialize)]
struct Preview {
    matches: bool,
    next_change_at: Option<Timestamp>,
    complete: bool,
}

async fn preview(State(app): State<App>, command: Command<Body>) -> Result<Answer, Problem> {
    let Body { rule, customer } = &command.body;
    let rule = Rule::parse(rule).map_err(|violations| {
        let from_body = violations
            .into_iter()
            .map(|violation| violation.under("/rule"));
        Problem::invalid(from_body.collect())
    })?;
    let (found, known) = join(
        customers::read(&app.store, customer),
        models::for_rule(&app.store, &rule),
    )
    .await;
    let known = known?;
    let Some(found) = found? else {
        return Err(Problem::not_found("customer", customer.as_str()));
    };
    let Outcome {
        matches,
        next_change_at,
        complete,
    } = evaluate(
        &rule,
        &Facts(&found.value.customer, &known),
        command.now,
        &app.settings.zone,
    );
    Answer::ok(&Preview {
        matches,
        next_change_at,
        complete,
    })
}
