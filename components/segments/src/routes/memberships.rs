//! `GET /v1/segments/memberships/{customer}`: the segments a customer is in; `GET /v1/segments/transitions/{customer}`: how they came
//! and went.

use axum::extract::State;
use axum::routing::get;
use futures_util::future::join;
use rapport_records::beside::Beside;
use rapport_records::freshness::Transition;
use rapport_records::{customers, segments};
use rapport_types::hash::Quick;
use rapport_types::{CustomerId, Slug, Timestamp};
use rapport_web::{Answer, App, Ask, Path, Problem, Router};
use serde::Serialize;

/// How many seconds a client may go on showing what it has read, where time does not change it sooner. Short, because
/// the next order may come at any time.
const MAX_AGE: u32 = 5;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/segments/memberships/{customer}", get(memberships))
        .route("/v1/segments/transitions/{customer}", get(transitions))
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
    let Some(found) = found else {
        return Err(Problem::not_found("customer", customer.as_str()));
    };

    let zone = &app.settings.zone;
    let beside = Beside::load(&app.store, &customer, compiled.needs, zone).await?;
    let mut members = Vec::new();
    // Also of segments the customer is not in: entering one is a change, too.
    let mut next_change_at: Option<Timestamp> = None;
    for segment in &compiled.segments {
        let membership = segments::membership(
            &compiled,
            segment,
            &found.value,
            &beside,
            ask.now,
            &app.settings.zone,
        );
        next_change_at = [next_change_at, membership.next_change_at]
            .into_iter()
            .flatten()
            .min();
        if membership.matches {
            members.push(Member {
                segment: segment.definition.id.clone(),
                since: membership.since,
                evaluated_at: ask.now,
                definition_version: segment.definition.version,
                next_change_at: membership.next_change_at,
                complete: membership.complete,
            });
        }
    }
    // Who stands on a list stands there until people take them off.
    for list in &compiled.lists {
        let held = found.value.memberships.get(&list.id);
        if let Some(held) = held.filter(|held| held.version == list.version) {
            members.push(Member {
                segment: list.id.clone(),
                since: Some(held.since),
                evaluated_at: ask.now,
                definition_version: list.version,
                next_change_at: None,
                complete: true,
            });
        }
    }
    members.sort_by(|one, other| one.segment.cmp(&other.segment));
    let tag = tag(compiled.rev, found.rev, &members);
    let body = Memberships {
        customer,
        memberships: members,
    };
    Ok(Answer::ok(&body)?
        .tag(&tag)
        .cache(MAX_AGE, ask.now, next_change_at)
        .unless(&ask.condition))
}

/// Names everything the answer depends on: both documents' revisions, and what time and other documents have made of them.
fn tag(definitions: u64, customer: u64, members: &[Member]) -> String {
    let moment = |hash: Quick, moment: Option<Timestamp>| {
        hash.and(moment.map_or(u64::MAX, |moment| moment.millis().cast_unsigned()))
    };
    let state = members.iter().fold(Quick::default(), |hash, member| {
        let hash = hash.text(member.segment.as_str());
        let hash = moment(moment(hash, member.since), member.next_change_at);
        hash.and(u64::from(member.complete))
    });
    format!("\"{definitions}.{customer}.{:016x}\"", state.finish())
}

#[derive(Debug, Serialize)]
struct Transitions {
    customer: CustomerId,
    transitions: Vec<Transition>,
}

/// Newest first, as of the customer's last commit: what time alone has done since is recorded by the next tick.
async fn transitions(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    ask: Ask,
) -> Result<Answer, Problem> {
    let Some(found) = customers::read(&app.store, &customer).await? else {
        return Err(Problem::not_found("customer", customer.as_str()));
    };
    let mut transitions = found.value.transitions;
    transitions.reverse();
    let body = Transitions {
        customer,
        transitions,
    };
    Ok(Answer::ok(&body)?.rev(found.rev).unless(&ask.condition))
}
