//! `POST /v1/segments/explain`: why a customer is in a segment or not, clause by clause, and what would change that.

use axum::extract::State;
use axum::routing::post;
use futures_util::future::try_join;
use rapport_records::beside::Beside;
use rapport_records::{customers, segments};
use rapport_rules::{Clause, Lookup, Name, Rule, explain, explain_score};
use rapport_types::{CustomerId, Slug, Tag, Timestamp, Violation, decimal};
use rapport_web::{Answer, App, Command, Problem, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use super::preview::{read_rule, under};
use super::subject::unknown;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/v1/segments/explain", post(explained))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    customer: CustomerId,
    /// A segment's, or
    segment: Option<Slug>,
    /// an automatic tag's, or
    tag: Option<Tag>,
    /// what this score is made of, or
    score: Option<Slug>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<Tag>,
    at: Timestamp,
    #[serde(flatten)]
    clause: Clause,
}

/// What a score is made of.
#[derive(Debug, Serialize)]
struct Summed {
    customer: CustomerId,
    score: Slug,
    at: Timestamp,
    value: Option<Number>,
    band: Option<String>,
    next_change_at: Option<Timestamp>,
    complete: bool,
    parts: Vec<Clause>,
}

async fn explained(State(app): State<App>, command: Command<Body>) -> Result<Answer, Problem> {
    let Body {
        customer,
        segment,
        tag,
        score,
        rule,
        at,
    } = command.body;
    let at = at.unwrap_or(command.now);
    let definitions = segments::compiled(&app.store).await?;
    let no_rule = |place: &str, detail: &str| Problem::invalid_at(place, "no_rule", detail);
    let mut place = "";
    let (json, needs) = match (&segment, &tag, &score, rule) {
        (Some(id), None, None, None) => {
            let mut dynamic = definitions.segments.iter();
            match dynamic.find(|segment| segment.definition.id == *id) {
                Some(found) => (found.definition.rule.clone(), found.needs),
                None if definitions.lists.iter().any(|list| list.id == *id) => {
                    let detail = "people say who is in this segment; there is no rule to explain";
                    return Err(no_rule("/segment", detail));
                }
                None => return Err(Problem::not_found("segment", id.as_str())),
            }
        }
        (None, Some(tag), None, None) => match definitions.in_catalogue(tag) {
            Some(known) if known.is_automatic() => {
                let mut automatic = definitions.tags.iter();
                let found = automatic.find(|automatic| automatic.tag == known.tag);
                let needs = found.map(|found| found.segment.needs);
                (known.rule.clone(), needs.unwrap_or_default())
            }
            Some(_) => {
                let detail = "people put this tag on; there is no rule to explain";
                return Err(no_rule("/tag", detail));
            }
            None => return Err(Problem::not_found("tag", tag.as_str())),
        },
        (None, None, Some(id), None) => {
            let mut scores = definitions.scores.iter();
            match scores.find(|score| score.definition.id == *id) {
                Some(score) => (score.definition.json(), score.needs),
                None => return Err(Problem::not_found("score", id.as_str())),
            }
        }
        (None, None, None, Some(json)) => {
            let parsed = read_rule(&json, &definitions).map_err(|wrong| under(wrong, "/rule"))?;
            place = "/rule";
            (json, definitions.needs_of(&parsed))
        }
        _ => {
            let detail =
                "give one of these: the id of a segment, of a tag or of a score, or a rule";
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
        return Err(unknown(&customer));
    };
    let lookup = Lookup {
        link: &|rule: &mut Rule| definitions.link(rule),
        json: &|name: &Name| definitions.json(name),
    };
    let facts = definitions.facts(&found.value, &beside);
    let refused = |violations: Vec<Violation>| under(violations, place);
    let Some(id) = score else {
        let clause = explain(&json, lookup, &facts, at, zone).map_err(refused)?;
        return Answer::ok(&Explained {
            customer,
            segment,
            tag,
            at,
            clause,
        });
    };
    let mut scores = definitions.scores.iter();
    let Some(score) = scores.find(|score| score.definition.id == id) else {
        return Err(Problem::not_found("score", id.as_str()));
    };
    let parts = explain_score(&json, lookup, &facts, at, zone).map_err(refused)?;
    let scored = score.score.of(&facts, at, zone);
    Answer::ok(&Summed {
        customer,
        at,
        value: decimal::to_number(scored.value),
        band: scored.band.map(str::to_owned),
        next_change_at: scored.next_change_at,
        complete: scored.complete,
        parts,
        score: id,
    })
}
