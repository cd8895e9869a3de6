//! `GET /v1/customers/{id}/events`: what a customer did lately.

use axum::extract::State;
use axum::routing::get;
use rapport_customer::recent::Event;
use rapport_records::customers;
use rapport_types::{CustomerId, Properties, Timestamp, event};
use rapport_web::{Answer, App, Ask, List, Paging, Params, Path, Problem, Router};
use serde::{Deserialize, Serialize};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/v1/customers/{id}/events", get(events))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    limit: Option<u16>,
    cursor: Option<String>,
    /// Only events of this name, however it is spelt.
    event: Option<String>,
}

#[derive(Debug, Serialize)]
struct Page<'a> {
    #[serde(flatten)]
    list: List<Shown<'a>>,
    /// From when on every event is among those that are kept with their properties; `null`: all of them are.
    kept_since: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
struct Shown<'a> {
    event: &'a str,
    at: Timestamp,
    properties: &'a Properties,
}

async fn events(
    State(app): State<App>,
    Path(id): Path<CustomerId>,
    Params(query): Params<Query>,
    ask: Ask,
) -> Result<Answer, Problem> {
    let Paging { limit, after } = Paging::asked(query.limit, query.cursor.as_deref())?;
    let found = customers::read(&app.store, &id).await?;
    let found = found.ok_or_else(|| Problem::not_found("customer", id.as_str()))?;
    let recent = &found.value.customer.recent;
    let wanted = query.event.as_deref().map(event::name);
    let mut marked = marked(recent.newest_first());
    marked.retain(|(mark, event)| {
        let comes = after.is_none_or(|after| *mark < after);
        comes && wanted.as_ref().is_none_or(|name| event.name == *name)
    });
    let next = marked.get(limit.saturating_sub(1)).map(|(mark, _)| *mark);
    let next = next.filter(|_| marked.len() > limit);
    let shown = marked.iter().take(limit).map(|(_, event)| Shown {
        event: &event.name,
        at: event.at,
        properties: &event.properties,
    });
    let answer = Answer::ok(&Page {
        list: List::new(shown.collect(), next),
        kept_since: recent.kept_since(),
    })?;
    Ok(answer.rev(found.rev).unless(&ask.condition))
}

/// Events, newest first, each with a number that is lower than that of every newer one, and stays when newer ones come: its moment, and how
/// many of that very moment came before it.
fn marked<'a>(newest_first: impl Iterator<Item = &'a Event>) -> Vec<(u64, &'a Event)> {
    let mut events: Vec<&Event> = newest_first.collect();
    events.reverse();
    let mut last = (None, 0_u64);
    let mut marked: Vec<(u64, &Event)> = events
        .into_iter()
        .map(|event| {
            let before = match last {
                (Some(at), before) if at == event.at => before.saturating_add(1),
                _ => 0,
            };
            last = (Some(event.at), before);
            // Moments of clients may lie before 1970; none lies before the year -30,000.
            let moment = event.at.millis().saturating_add(1 << 50);
            let moment = u64::try_from(moment).unwrap_or_default();
            (moment.saturating_mul(512).saturating_add(before), event)
        })
        .collect();
    marked.reverse();
    marked
}
