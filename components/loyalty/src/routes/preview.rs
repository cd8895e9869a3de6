//! `POST /v1/loyalty/program/preview`: what is wrong with a programme, and what an order or event would earn by it, before it is set.
//!
//! Nothing is committed, and what is wrong with the meaning of a programme is the answer, not a problem.

use axum::extract::State;
use axum::routing::post;
use rapport_loyalty as loyalty;
use rapport_loyalty::earning::{EarningRule, Trigger, When};
use rapport_loyalty::{Account, Ids, Prior, Program, Sight, decide_on};
use rapport_records::accounts;
use rapport_records::earning::Terms;
use rapport_records::earning::happened::Happening;
use rapport_types::{CustomerId, Money, Slug, Timestamp, Violation, Zone, event};
use rapport_web::{Answer, App, Command, Problem, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::breakdown::{GrantView, SkippedView, skipped, whole};
use crate::carry_out::moment;
use crate::kinds::{self, AlsoView};
use crate::refusal::Refusal;
use crate::routes::earn::occasion;
use crate::routes::program::wrong;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/v1/loyalty/program/preview", post(preview))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    /// As it would be set; the present one, if absent.
    program: Option<Program>,
    /// What would earn.
    sample: Option<Sample>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    money: Option<Money>,
    event: Option<String>,
    #[serde(default)]
    properties: Map<String, Value>,
    at: Option<String>,
    /// As whom; somebody of whom nothing is known, if absent.
    customer: Option<CustomerId>,
}

#[derive(Debug, Serialize)]
struct Preview {
    valid: bool,
    errors: Vec<Violation>,
    /// What is allowed and may not be meant.
    warnings: Vec<Violation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    earns: Option<Earns>,
}

#[derive(Debug, Serialize)]
struct Earns {
    points: i64,
    /// What else is earned, of other kinds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    also: Vec<AlsoView>,
    breakdown: Vec<GrantView>,
    skipped: Vec<SkippedView>,
    tier: Option<Slug>,
}

async fn preview(State(app): State<App>, command: Command<Body>) -> Result<Answer, Problem> {
    let Body { program, sample } = command.body;
    let program = match program {
        Some(program) => program,
        None => match accounts::program(&app.store).await?.as_ref() {
            Some(found) => found.value.clone(),
            None => {
                let detail = "There is no programme yet to preview: send one.";
                return Err(Problem::invalid_at("/program", "missing_field", detail));
            }
        },
    };
    let errors = wrong(&app, &program).await?;
    let zone = &app.settings.zone;
    let warnings = warnings(&program, command.now, zone);
    let earns = match sample {
        Some(sample) if errors.is_empty() => Some(earns(&app, program, sample, command.now).await?),
        _ => None,
    };
    Answer::ok(&Preview {
        valid: errors.is_empty(),
        errors,
        warnings,
        earns,
    })
}

/// What `sample` would earn, on the customer's account as it is.
async fn earns(
    app: &App,
    program: Program,
    sample: Sample,
    now: Timestamp,
) -> Result<Earns, Problem> {
    let zone = &app.settings.zone;
    let under = |problem: Problem| match problem.errors() {
        [] => problem,
        errors => {
            let inside = errors.iter().cloned().map(|error| error.under("/sample"));
            Problem::invalid(inside.collect())
        }
    };
    let at = moment(sample.at.as_deref(), "/at", zone).map_err(under)?;
    let trigger =
        sample
            .event
            .as_deref()
            .map_or(Trigger::Order, |text| match event::name(text).as_str() {
                event::ORDER_COMPLETED => Trigger::Order,
                name => Trigger::Event(name.to_owned()),
            });
    let terms = Terms::new(program, 0);
    let happening = Happening {
        trigger,
        properties: &sample.properties,
        at: at.unwrap_or(now).min(now),
    };
    let program = Some(&terms.program);
    let (account, who) = match sample.customer {
        None => (Account::default(), None),
        Some(customer) => {
            let found = app.store.read(&accounts::key(&customer)).await?;
            let account = found.map(|found| found.value).unwrap_or_default();
            (account, Some(customer))
        }
    };
    let known = match &who {
        Some(customer) => occasion(app, &terms, customer, &happening, now).await?,
        None => terms.occasion(None, &happening, now, zone),
    };
    let fresh = format!("{:016x}{:016x}", app.store.random(), app.store.random());
    let ids = Ids::new(None, None, &fresh)
        .map_err(|rejection| Problem::from(Refusal::from(rejection)))?;
    let earn = loyalty::Earn {
        ids,
        points: None,
        money: sample.money,
        at,
        reason: None,
    };
    let mut prior = Prior::default();
    if let Some(customer) = who.as_ref().filter(|_| terms.program.asks_for_segments()) {
        prior.sight(accounts::sight(&app.store, customer, program, now, zone).await?);
    }
    let account = prior.seen(&account);
    let left_out = loyalty::skipped(&account, program, &earn, &known, now, zone);
    let asked = loyalty::Command::Earn(earn);
    // A random id of an account whose older entries are not looked at: it was never used.
    let outcome = loop {
        let decided = decide_on(&account, program, &asked, Some(&known), &prior, now, zone);
        match decided.map_err(|rejection| under(Refusal::from(rejection).into()))? {
            loyalty::Decision::Done(outcome) => break outcome,
            loyalty::Decision::Read(loyalty::Want::Places { key, .. }) => {
                prior.places(key, Vec::new());
            }
            loyalty::Decision::Read(loyalty::Want::Page(page)) => prior.page(page, Vec::new()),
            // Of whom nothing is known is in no segment.
            loyalty::Decision::Read(loyalty::Want::Segments) => prior.sight(Sight::nothing(now)),
            // A campaign is taken to have begun just now.
            loyalty::Decision::Read(loyalty::Want::Budget { transaction, rules }) => {
                for (rule, points) in rules {
                    let caps = program.and_then(|program| program.campaign(&rule));
                    let some = caps.map_or(points, |cap| cap.min(points));
                    prior.allot(&transaction, rule, points, some);
                }
            }
        }
    };
    Ok(Earns {
        points: outcome.answer.points,
        breakdown: whole(&outcome.given, None, &outcome.also),
        also: kinds::also(outcome.also),
        skipped: skipped(left_out),
        tier: outcome.answer.tier,
    })
}

/// What is allowed and may not be meant.
fn warnings(program: &Program, now: Timestamp, zone: &Zone) -> Vec<Violation> {
    let mut warnings = Vec::new();
    let mut say = |place: usize, field: &str, code: &str, detail: String| {
        warnings.push(Violation::new(
            format!("/rules/{place}{field}"),
            code,
            detail,
        ));
    };
    let rules: Vec<_> = program.rules.iter().enumerate().collect();
    for (place, rule) in &rules {
        let ends = rule.period.and_then(|period| period.ends(zone));
        if ends.is_some_and(|end| end <= now) {
            let detail = format!(
                "the period of {} is over; only orders of then are still given points",
                rule.id
            );
            say(*place, "/period/until", "over", detail);
        }
        let earlier = rules.iter().take(*place);
        let twin = earlier
            .into_iter()
            .find(|(_, other)| same_but_named(rule, other));
        if let Some((_, twin)) = twin {
            let detail = format!(
                "{} gives the same as {} under the same conditions: both apply",
                rule.id, twin.id
            );
            say(*place, "", "same_as_another", detail);
        }
        if let When::Event(text) = &rule.when
            && rule.caps.is_none()
        {
            let detail = format!(
                "{:?} earns as often as it is reported: \"caps\" would bound it",
                event::name(text)
            );
            say(*place, "/caps", "no_caps", detail);
        }
    }
    warnings
}

fn same_but_named(one: &EarningRule, other: &EarningRule) -> bool {
    let named = EarningRule {
        id: other.id.clone(),
        name: other.name.clone(),
        ..one.clone()
    };
    named == *other
}
