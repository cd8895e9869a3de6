//! `GET /v1/tags/{id}/customers`: the customers who have a tag, and who says so.
//!
//! Nobody keeps who has a tag that people put on, but the customers themselves. So a page is a stretch of the list of all customers, in
//! the order of their creation: of up to [`LOOKED_AT`] of them those who have it, as of now. Whoever asks for it often defines
//! a segment, `{"tag": "vip"}`, whose members are kept.

use axum::extract::State;
use axum::routing::get;
use rapport_records::beside::{Beside, Needs};
use rapport_records::customers::{Customers, LOG};
use rapport_records::segments;
use rapport_rules::fold;
use rapport_store::log::Order;
use rapport_types::{CustomerId, Tag, Timestamp};
use rapport_web::{Answer, App, Ask, List, Paging, Path, Problem, Router};
use serde::Serialize;

/// The most customers that one page looks at.
const LOOKED_AT: usize = 1_024;
/// Customers read at once.
const AT_ONCE: usize = 128;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/v1/tags/{id}/customers", get(customers))
}

#[derive(Debug, Serialize)]
struct Has {
    customer: CustomerId,
    /// Who says so: `people` or `rule`.
    by: &'static str,
    /// Since when; of what people put on before that was kept, `null`.
    since: Option<Timestamp>,
}

async fn customers(
    State(app): State<App>,
    Path(tag): Path<Tag>,
    paging: Paging,
    ask: Ask,
) -> Result<Answer, Problem> {
    let compiled = segments::compiled(&app.store).await?;
    // A tag that is in no catalogue may be on customers all the same.
    let tag = compiled.in_catalogue(&tag).map_or(tag, |it| it.tag.clone());
    let mut automatic = compiled.tags.iter();
    let automatic = automatic.find(|one| one.tag == tag);
    let needs = automatic.map_or(Needs::default(), |one| one.segment.needs);
    let wanted = fold(tag.as_str());
    let (now, zone) = (ask.now, &app.settings.zone);
    let (mut items, mut after, mut looked_at) = (Vec::new(), paging.after, 0_usize);
    loop {
        let page = app
            .store
            .page::<Customers>(LOG, Order::OldestFirst, after, AT_ONCE)
            .await?;
        after = page.next;
        let ids = page.items.iter();
        let ids: Vec<_> = ids.map(|(_, found)| &found.value.customer.id).collect();
        let beside = Beside::load_all(&app.store, &ids, needs, zone).await?;
        let mut stretch = page.items.iter().zip(&beside).peekable();
        while let Some(((number, found), beside)) = stretch.next() {
            let mut customer = found.value.customer.clone();
            compiled.rename_tags(&mut customer);
            let mut by_people = customer.tags.iter();
            let has = match (by_people.find(|tag| fold(tag) == wanted), automatic) {
                (Some(tag), _) => Some(("people", customer.tagged_at(tag))),
                (None, None) => None,
                (None, Some(automatic)) => {
                    let facts = compiled.facts(&found.value, beside);
                    let mut members = compiled.members(&facts, &found.value, beside, now, zone);
                    let held = members.of(&automatic.segment);
                    held.matches.then_some(("rule", held.since))
                }
            };
            items.extend(has.map(|(by, since)| Has {
                customer: customer.id,
                by,
                since,
            }));
            if items.len() >= paging.limit {
                if stretch.peek().is_some() {
                    after = Some(*number);
                }
                break;
            }
        }
        looked_at = looked_at.saturating_add(AT_ONCE);
        if after.is_none() || items.len() >= paging.limit || looked_at >= LOOKED_AT {
            break;
        }
    }
    Answer::ok(&List::new(items, after))
}
