//! `POST /v1/segments/explain`: why a customer is in a segment or not, clause by clause, and what would change that.

use axum::extract::State;
use axum::routing::post;
use futures_util::future::try_join;
use rapport_records::beside::{Beside, Needs};
use rapport_records::{customers, rule, segments};
use rapport_rules::{Clause, Rule, explain};
use rapport_types::{CustomerId, Slug, Timestamp};
use rapport_web::{Answer, App, Command, Problem, Router};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/v1/segments/explain", post(explained))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    customer: CustomerId,
    /// A segment's, or
    segment: Option<Slug>,
    /// this one.
    rule: Option<Value>,
    /// As of then, if nothing else happens; now where it is left out.
    at: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
struct Explained {
    customer: CustomerId,
    #[serde(skip_serializing_if = "Option::is_none")]
    segment: Option<Slug>,
    at: Timestamp,
    #[serde(flatten)]
    clause: Clause,
}

async fn explained(State(app): State<App>, command: Command<Body>) -> Result<Answer, Problem> {
    let Body {
        customer,
        segment,
        rule,
        at,
    } = command.body;
    let at = at.unwrap_or(command.now);
    let definitions = segments::compiled(&app.store).await?;
    let (rule, needs, under) = match (&segment, rule) {
        (Some(id), None) => {
            let mut of_rules = definitions.segments.iter();
            let found = of_rules.find(|segment| segment.definition.id == *id);
            match found {
                Some(found) => (found.definition.rule.clone(), found.needs, ""),
                None if definitions.lists.iter().any(|list| list.id == *id) => {
                    let detail = "people say who is in this segment; there is no rule to explain";
                    return Err(Problem::invalid_at("/segment", "no_rule", detail));
                }
                None => return Err(Problem::not_found("segment", id.as_str())),
            }
        }
        (None, Some(json)) => {
            let mut parsed = rule::parse(&json).map_err(|wrong| {
                let wrong = wrong.into_iter().map(|violation| violation.under("/rule"));
                Problem::invalid(wrong.collect())
            })?;
            definitions.link(&mut parsed);
            (json, Needs::of(&parsed), "/rule")
        }
        _ => {
            let detail = "give either the id of a segment or a rule";
            return Err(Problem::invalid_at("", "missing_field", detail));
        }
    };
    let zone = &app.settings.zone;
    let (found, beside) = try_join(
        customers::read(&app.store, &customer),
        Beside::load(&app.store, &customer, needs, zone),
    )
    .await?;
    let Some(found) = found else {
        return Err(Problem::not_found("customer", customer.as_str()));
    };
    let link = |rule: &mut Rule| definitions.link(rule);
    let facts = definitions.facts(&found.value, &beside);
    let clause = explain(&rule, &link, &facts, at, zone).map_err(|violations| {
        let from_body = violations
            .into_iter()
            .map(|violation| violation.under(under));
        Problem::invalid(from_body.collect())
    })?;
    Answer::ok(&Explained {
        customer,
        segment,
        at,
        clause,
    })
}
