//! `POST /v1/segments/preview`: a rule is tried on a customer, or on a sample of all, before it is saved.

use axum::extract::State;
use axum::routing::post;
use futures_util::future::try_join;
use rapport_records::beside::Beside;
use rapport_records::compiled::Compiled;
use rapport_records::sample::{self, Estimate};
use rapport_records::{customers, references, segments};
use rapport_rules::{Outcome, Rule, evaluate};
use rapport_types::{CustomerId, Timestamp, Violation};
use rapport_web::{Answer, App, Command, Problem, Router};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::subject::unknown;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/v1/segments/preview", post(preview))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    rule: Value,
    customer: Option<CustomerId>,
}

#[derive(Debug, Serialize)]
struct Preview {
    matches: bool,
    next_change_at: Option<Timestamp>,
    complete: bool,
}

/// What a sample of all customers says.
#[derive(Debug, Serialize)]
struct Sampled {
    size: u64,
    interval: [u64; 2],
    exact: bool,
    looked_at: u64,
    total: u64,
    examples: Vec<CustomerId>,
}

async fn preview(State(app): State<App>, command: Command<Body>) -> Result<Answer, Problem> {
    let Body { rule, customer } = &command.body;
    let definitions = segments::compiled(&app.store).await?;
    let rule = read_rule(rule, &definitions).map_err(|wrong| under(wrong, "/rule"))?;
    let Some(customer) = customer else {
        return sampled(&app, &definitions, &rule, command.now).await;
    };
    let zone = &app.settings.zone;
    let (found, beside) = try_join(
        customers::read(&app.store, customer),
        Beside::load(&app.store, customer, definitions.needs_of(&rule), zone),
    )
    .await?;
    let Some(found) = found else {
        return Err(unknown(customer));
    };
    let facts = definitions.facts(&found.value, &beside);
    let Outcome {
        matches,
        next_change_at,
        complete,
    } = evaluate(&rule, &facts, command.now, zone);
    Answer::ok(&Preview {
        matches,
        next_change_at,
        complete,
    })
}

/// A rule that is not among the definitions, and may name only what is; or everything that is wrong with it.
pub(super) fn read_rule(json: &Value, definitions: &Compiled) -> Result<Rule, Vec<Violation>> {
    let mut rule = Rule::parse(json)?;
    let unknown = references::unknown(json, definitions);
    if !unknown.is_empty() {
        return Err(unknown);
    }
    definitions.link(&mut rule);
    Ok(rule)
}

/// What is wrong with a part of the body, which stands at `place`.
pub(super) fn under(wrong: Vec<Violation>, place: &str) -> Problem {
    let wrong = wrong.into_iter().map(|violation| violation.under(place));
    Problem::invalid(wrong.collect())
}

async fn sampled(
    app: &App,
    definitions: &Compiled,
    rule: &Rule,
    now: Timestamp,
) -> Result<Answer, Problem> {
    let Estimate {
        size,
        low,
        high,
        looked_at,
        total,
        exact,
        examples,
    } = sample::estimate(&app.store, definitions, rule, now, &app.settings.zone).await?;
    Answer::ok(&Sampled {
        size,
        interval: [low, high],
        exact,
        looked_at,
        total,
        examples,
    })
}
