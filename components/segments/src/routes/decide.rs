//! `POST /v1/segments/decide`: which of several offers a storefront shows a customer, and why.

use axum::extract::State;
use axum::routing::post;
use futures_util::future::try_join;
use rapport_records::beside::{Beside, Needs};
use rapport_records::compiled::Compiled;
use rapport_records::customers::{self, CustomerRecord};
use rapport_records::segments;
use rapport_rules::{Because, Decided, Fate, Lookup, Name, Offer, Rule, because, decide_offers};
use rapport_types::{CustomerId, Decimal, Slug, Timestamp, Violation, decimal};
use rapport_web::{Answer, App, Command, Problem, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use super::preview::read_rule;

/// The most offers of one request.
const MOST: usize = 50;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/v1/segments/decide", post(decide))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    customer: CustomerId,
    offers: Vec<Wanted>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    id: Slug,
    /// A rule; everybody where it is left out.
    audience: Option<Value>,
    #[serde(default)]
    priority: i64,
    /// The share of the audience that is not shown the offer, from 0 to 1.
    control: Option<Number>,
}

#[derive(Debug, Serialize)]
struct Decision {
    customer: CustomerId,
    /// Whether there is such a customer.
    known: bool,
    /// The offer to show; `null`: none.
    show: Option<Slug>,
    evaluated_at: Timestamp,
    /// When the answer may be another one with no new data.
    next_change_at: Option<Timestamp>,
    offers: Vec<Told>,
}

/// What was decided about an offer, and why.
#[derive(Debug, Serialize)]
struct Told {
    #[serde(flatten)]
    decided: Decided,
    reason: Reason,
}

/// Why; what is told beside the text depends on the fate.
#[derive(Debug, Default, Serialize)]
struct Reason {
    /// For people.
    detail: String,
    /// The offer that comes first.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<Slug>,
    /// The share of the control group, and what was drawn for the customer: who is below the share is in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    share: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    drawn: Option<Number>,
    /// The clause of the audience that keeps the customer out.
    #[serde(flatten)]
    because: Option<Because>,
}

async fn decide(State(app): State<App>, command: Command<Body>) -> Result<Answer, Problem> {
    let Body { customer, offers } = command.body;
    let (definitions, found) = try_join(
        segments::compiled(&app.store),
        customers::read(&app.store, &customer),
    )
    .await?;
    // Of whom nothing is known, what is for everybody is shown, and what is for those of whom nothing is known.
    let known = found.is_some();
    let record = match found {
        Some(found) => found.value,
        None => CustomerRecord::absent(customer.clone(), command.now),
    };
    let rules: Vec<Option<Value>> = offers.iter().map(|one| one.audience.clone()).collect();
    let offers = read(offers, &definitions).map_err(Problem::invalid)?;
    let (now, zone) = (command.now, &app.settings.zone);
    let audiences = offers.iter().filter_map(|offer| offer.audience.as_ref());
    let needs = audiences.map(|rule| definitions.needs_of(rule));
    let needs = needs.fold(Needs::default(), Needs::and);
    let beside = Beside::load(&app.store, &customer, needs, zone).await?;
    let facts = definitions.facts(&record, &beside);
    let decided = decide_offers(&offers, customer.as_str(), &facts, now, zone);
    let shown = decided.iter().position(|one| one.fate == Fate::Shown);
    let shown = shown.and_then(|place| offers.get(place));
    let lookup = Lookup {
        link: &|rule: &mut Rule| definitions.link(rule),
        json: &|name: &Name| definitions.json(name),
    };
    let mut told = Vec::with_capacity(decided.len());
    for ((decided, offer), rule) in decided.into_iter().zip(&offers).zip(&rules) {
        let failed = rule.as_ref().filter(|_| !decided.matches);
        let because = failed.map(|rule| because(rule, lookup, &facts, now, zone));
        let because = because.transpose().map_err(Problem::invalid)?;
        let reason = reason(decided.fate, offer, shown, because, &customer);
        told.push(Told { decided, reason });
    }
    let moments = told.iter().filter_map(|one| one.decided.next_change_at);
    Answer::ok(&Decision {
        show: shown.map(|offer| offer.id.clone()),
        evaluated_at: now,
        next_change_at: moments.min(),
        customer,
        known,
        offers: told,
    })
}

/// Why `offer` met its fate, where `shown` is the one to show.
fn reason(
    fate: Fate,
    offer: &Offer,
    shown: Option<&Offer>,
    because: Option<Because>,
    customer: &CustomerId,
) -> Reason {
    let detail = |detail: String| Reason {
        detail,
        ..Reason::default()
    };
    match (fate, shown, because) {
        (Fate::NotInAudience, _, Some(because)) => Reason {
            because: Some(because.clone()),
            ..detail(format!(
                "The customer {}: {}{}.",
                match because.matches {
                    true => "passes what the audience excludes",
                    false => "does not pass",
                },
                because.clause,
                because
                    .of
                    .map(|of| format!(", of {of}"))
                    .unwrap_or_default()
            ))
        },
        (Fate::Control, ..) => {
            let drawn = offer.drawn(customer.as_str());
            Reason {
                share: decimal::to_number(offer.control),
                drawn: decimal::to_number(drawn),
                ..detail(format!(
                    "The customer is in the control group: {drawn} was drawn, and it has all below {}.",
                    offer.control
                ))
            }
        }
        (Fate::Outranked, Some(first), _) => Reason {
            by: Some(first.id.clone()),
            ..detail(match first.priority == offer.priority {
                true => format!(
                    "{} has the same priority, {}, and was named first.",
                    first.id, offer.priority
                ),
                false => format!(
                    "{} has the priority {}, this one {}.",
                    first.id, first.priority, offer.priority
                ),
            })
        },
        _ => detail(format!(
            "Of the offers that may be shown it comes first, with the priority {}.",
            offer.priority
        )),
    }
}

/// The offers as they are decided on, or everything that is wrong with them.
fn read(wanted: Vec<Wanted>, definitions: &Compiled) -> Result<Vec<Offer>, Vec<Violation>> {
    let (mut offers, mut wrong) = (Vec::<Offer>::new(), Vec::new());
    if wanted.len() > MOST {
        let detail = format!("there are at most {MOST} offers");
        return Err(vec![Violation::new("/offers", "too_many_values", detail)]);
    }
    for (place, wanted) in wanted.into_iter().enumerate() {
        let at = format!("/offers/{place}");
        if offers.iter().any(|offer| offer.id == wanted.id) {
            let detail = "each offer has an id of its own";
            wrong.push(Violation::new(format!("{at}/id"), "ambiguous", detail));
        }
        let audience = wanted.audience.as_ref();
        let audience = audience.map(|json| read_rule(json, definitions));
        let audience = match audience.transpose() {
            Ok(rule) => rule,
            Err(violations) => {
                let at = format!("{at}/audience");
                wrong.extend(violations.into_iter().map(|violation| violation.under(&at)));
                None
            }
        };
        let control = wanted.control.as_ref().map(decimal::from_number);
        let control = control.unwrap_or(Some(Decimal::ZERO));
        let control = control.filter(|share| (Decimal::ZERO..=Decimal::ONE).contains(share));
        if control.is_none() {
            let detail = "a share is a number from 0 to 1";
            wrong.push(Violation::new(
                format!("{at}/control"),
                "out_of_range",
                detail,
            ));
        }
        offers.push(Offer {
            id: wanted.id,
            audience,
            priority: wanted.priority,
            control: control.unwrap_or_default(),
        });
    }
    match wrong.is_empty() {
        true => Ok(offers),
        false => Err(wrong),
    }
}
