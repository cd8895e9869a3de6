//! `/v1/tags/{id}/customers/{customer}`: people put a tag on a customer and take it off; `GET /v1/tags/of/{customer}`: the tags that a
//! customer has, and who says so.

use axum::extract::State;
use axum::routing::{get, put};
use rapport_customer::{Rejection, Tagging};
use rapport_records::compiled::Compiled;
use rapport_records::customers::{self, Asked};
use rapport_records::effects::CustomerCarrier;
use rapport_records::named::Named;
use rapport_records::segments;
use rapport_types::{CustomerId, Tag, Timestamp, hash, sort};
use rapport_web::{Answer, App, Ask, Code, Command, Path, Problem, Router};
use serde::Serialize;

use super::commit::{kept, missing};
use super::subject::Subject;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route(
            "/v1/tags/{id}/customers/{customer}",
            put(put_on).delete(take_off),
        )
        .route("/v1/tags/of/{customer}", get(of_customer))
}

#[derive(Debug, Serialize)]
struct Told {
    customer: CustomerId,
    tag: Tag,
    /// Whether it is on now.
    tagged: bool,
    /// Since when, where that is known.
    since: Option<Timestamp>,
    /// Whether that was another before.
    changed: bool,
}

async fn put_on(
    State(app): State<App>,
    Path((tag, customer)): Path<(Tag, CustomerId)>,
    command: Command<()>,
) -> Result<Answer, Problem> {
    let compiled = segments::compiled(&app.store).await?;
    let known = compiled.in_catalogue(&tag);
    let refusal = match known {
        None => Some(missing(&Named::Tag(tag.clone()))),
        Some(known) if known.is_automatic() => {
            Some(Problem::new(Code::Conflict, automatic(&known.tag)))
        }
        Some(_) => None,
    };
    let tag = known.map_or(tag, |known| known.tag.clone());
    let tagging = Tagging {
        put: vec![tag.clone()],
        take: Vec::new(),
    };
    change(&app, customer, tag, tagging, refusal, &command).await
}

/// Why people do not put a tag on that a rule puts on.
pub(super) fn automatic(tag: &Tag) -> String {
    format!(
        "A rule says who has the tag {:?}; it is not put on by hand.",
        tag.as_str()
    )
}

/// Tags that are in no catalogue are taken off, too.
async fn take_off(
    State(app): State<App>,
    Path((tag, customer)): Path<(Tag, CustomerId)>,
    command: Command<()>,
) -> Result<Answer, Problem> {
    let compiled = segments::compiled(&app.store).await?;
    let tag = compiled.renamed(tag.as_str()).cloned().unwrap_or(tag);
    let tagging = Tagging {
        put: Vec::new(),
        take: vec![tag.clone()],
    };
    change(&app, customer, tag, tagging, None, &command).await
}

/// Why a customer was not tagged.
struct Refusal(Problem);

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        Self(match rejection {
            Rejection::Unknown => Problem::new(Code::NotFound, "There is no such customer."),
            Rejection::Invalid(violations) => Problem::invalid(violations),
        })
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        refusal.0
    }
}

/// `refusal` is what stands against it. A key that came before is answered as the first time all the same: the tag may have been deleted
/// since.
async fn change(
    app: &App,
    customer: CustomerId,
    tag: Tag,
    tagging: Tagging,
    refusal: Option<Problem>,
    command: &Command<()>,
) -> Result<Answer, Problem> {
    let once = command.once();
    let asked = Asked {
        once: once.as_ref(),
        dry_run: command.dry_run,
    };
    let carrier = CustomerCarrier::new(command.now, &app.settings.zone);
    let check = |rev| match &refusal {
        Some(refusal) => Err(Refusal(refusal.clone())),
        None => command.condition.check(rev).map_err(Refusal),
    };
    let done = customers::tag(&app.store, &customer, &tagging, asked, &check, &carrier).await?;
    let told = Told {
        customer,
        tag,
        tagged: !tagging.put.is_empty(),
        since: done.answer.since,
        changed: done.answer.changed,
    };
    Ok(Answer::ok(&told)?
        .rev(done.answer.rev)
        .replayed(done.replayed))
}

#[derive(Debug, Serialize)]
struct Tags {
    customer: CustomerId,
    evaluated_at: Timestamp,
    tags: Vec<OfCustomer>,
}

#[derive(Debug, Serialize)]
struct OfCustomer {
    tag: Tag,
    name: String,
    color: Option<String>,
    group: Option<String>,
    /// Who says so: `people` or `rule`.
    by: &'static str,
    /// Since when; of what people put on before that was kept, `null`.
    since: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    definition_version: Option<u64>,
    /// The moment at which, with no new data, it leaves.
    next_change_at: Option<Timestamp>,
    complete: bool,
}

async fn of_customer(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    ask: Ask,
) -> Result<Answer, Problem> {
    let subject = Subject::load(&app, &customer, Compiled::tags_need).await?;
    let Subject {
        compiled,
        found,
        beside,
    } = &subject;
    let mut by_people = found.value.customer.clone();
    compiled.rename_tags(&mut by_people);
    let shown = |tag: &Tag, by, since| {
        let known = compiled.catalogue.get(tag);
        OfCustomer {
            name: known.map_or_else(|| tag.to_string(), |known| known.name.clone()),
            color: known.and_then(|known| known.color.clone()),
            group: known.and_then(|known| known.group.clone()),
            tag: tag.clone(),
            by,
            since,
            definition_version: None,
            next_change_at: None,
            complete: true,
        }
    };
    let people = by_people.tags.iter().filter_map(|tag| {
        let since = by_people.tagged_at(tag);
        Some(shown(&Tag::parse(tag).ok()?, "people", since))
    });
    let mut tags: Vec<OfCustomer> = people.collect();
    let (now, zone) = (ask.now, &app.settings.zone);
    // Also of those that the customer does not have: to get one is a change, too.
    let mut next_change_at: Option<Timestamp> = None;
    let facts = compiled.facts(&found.value, beside);
    let mut members = compiled.members(&facts, &found.value, beside, now, zone);
    for one in &compiled.tags {
        let held = members.of(&one.segment);
        let moments = [next_change_at, held.next_change_at];
        next_change_at = moments.into_iter().flatten().min();
        if held.matches {
            tags.push(OfCustomer {
                definition_version: Some(one.segment.definition.version),
                next_change_at: held.next_change_at,
                complete: held.complete,
                ..shown(&one.tag, "rule", held.since)
            });
        }
    }
    sort::by(&mut tags, |one, other| one.tag.cmp(&other.tag));
    let state = hash::u64_of(&kept(&tags)?.to_string());
    let body = Tags {
        customer,
        evaluated_at: ask.now,
        tags,
    };
    subject.answer(&body, state, next_change_at, &ask)
}
