//! `GET /v1/segments/memberships/{customer}`: the segments a customer is in.

use axum::extract::State;
use axum::routing::get;
use futures_util::future::join;
use rapport_records::{customers, models, segments};
use rapport_types::{CustomerId, Slug, Timestamp, hash};
use rapport_web::{Answer, App, Ask, Path, Problem, Router};
use serde::Serialize;

/// How many seconds a client may go on showing what it has read, where time does not change it sooner. Short, because
/// the next order may come at any time.
const MAX_AGE: u32 = 5;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/v1/segments/memberships/{customer}", get(memberships))
}

#[derive(Debug, Serialize)]
struct Memberships {
    customer: CustomerId,
    memberships: Vec<Member>,
}

#[derive(Debug, Serialize)]
struct Member {
    segment: Slug,
    since: Option<Timestamp>,
    evaluated_at: Timestamp,
    definition_version: u64,
    /// Only where the rule asks for what is known of the population.
    #[serde(skip_serializing_if = "Option::is_none")]
    models_version: Option<u64>,
    next_change_at: Option<Timestamp>,
    complete: bool,
}

async fn memberships(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    ask: Ask,
) -> Result<Answer, Problem> {
    let (compiled, found) = join(
        segments::compiled(&app.store),
        customers::read(&app.store, &customer),
    )
    .await;
    let (compiled, found) = (compiled?, found?);
    let known = models::for_rules(&app.store, &compiled).await?;
    let Some(found) = found else {
        return Err(Problem::not_found("customer", customer.as_str()));
    };

    let mut members = Vec::new();
    // Also of segments the customer is not in: entering one is a change, too.
    let mut next_change_at: Option<Timestamp> = None;
    for segment in &compiled.segments {
        let membership =
            segments::membership(segment, &found.value, &known, ask.now, &app.settings.zone);
        next_change_at = [next_change_at, membership.next_change_at]
            .into_iter()
            .flatten()
            .min();
        if membership.matches {
            let version = segment.version(&known);
            members.push(Member {
                segment: segment.definition.id.clone(),
                since: membership.since,
                evaluated_at: ask.now,
                definition_version: version.definition,
                models_version: segment.rule.needs_models().then_some(version.models),
                next_change_at: membership.next_change_at,
                complete: membership.complete,
            });
        }
    }
    let tag = tag(compiled.rev, found.rev, known.rev, &members);
    let body = Memberships {
        customer,
        memberships: members,
    };
    Ok(Answer::ok(&body)?
        .tag(&tag)
        .cache(MAX_AGE, ask.now, next_change_at)
        .unless(&ask.condition))
}

/// Names everything the answer depends on: the documents' revisions (that of `models` is 0 where no rule asks for them), and what
/// time has made of them.
fn tag(definitions: u64, customer: u64, models: u64, members: &[Member]) -> String {
    use std::fmt::Write;

    let mut state = match models {
        0 => String::new(),
        rev => format!("{rev};"),
    };
    for member in members {
        let millis = |moment: Option<Timestamp>| moment.map_or(-1, Timestamp::millis);
        let (since, until) = (millis(member.since), millis(member.next_change_at));
        // Writing to a string cannot fail.
        let _ = write!(
            state,
            "{} {since} {until} {};",
            member.segment, member.complete
        );
    }
    format!("\"{definitions}.{customer}.{:016x}\"", hash::u64_of(&state))
}
