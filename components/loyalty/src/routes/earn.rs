//! `POST /v1/loyalty/accounts/{customer}/earn`: points are earned, by the programme's rules.

use axum::extract::State;
use axum::routing::post;
use futures_util::future::try_join;
use rapport_loyalty as loyalty;
use rapport_loyalty::earning::{Occasion, Trigger};
use rapport_loyalty::{Balance, TransactionId, decide_on};
use rapport_records::beside::Beside;
use rapport_records::earning::happened::Happening;
use rapport_records::earning::{self, Terms, Who};
use rapport_records::{accounts, customers, referrals, segments};
use rapport_store::boxed;
use rapport_types::{CustomerId, Money, Slug, Timestamp, event, hash};
use rapport_web::{Answer, App, Command, Path, Problem, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::breakdown::{GrantView, SkippedView, skipped, whole};
use crate::carry_out::{check, ids, is_repeated, moment};
use crate::kinds::{self, AlsoView};
use crate::refusal::Refusal;
use crate::routes::accounts::tag_of;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/v1/loyalty/accounts/{customer}/earn", post(earn))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EarnBody {
    order_id: Option<String>,
    key: Option<String>,
    out_request_no: Option<String>,
    points: Option<i64>,
    /// Which kind of points; the main one, if absent.
    kind: Option<Slug>,
    money: Option<Money>,
    /// Something else than an order.
    event: Option<String>,
    /// What rules may ask of the order or event.
    #[serde(default)]
    properties: Map<String, Value>,
    at: Option<String>,
    reason: Option<String>,
}

#[derive(Debug, Serialize)]
struct Earned {
    transaction: TransactionId,
    points: i64,
    /// Which kind of points `points` and `balance` are of; absent: the main one.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<Slug>,
    balance: Balance,
    tier: Option<Slug>,
    /// What else was earned, of other kinds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    also: Vec<AlsoView>,
    /// Which rules gave what; only where the programme has some.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    breakdown: Vec<GrantView>,
    /// Of a dry run: rules that do not apply.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    skipped: Vec<SkippedView>,
}

async fn earn(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    mut command: Command<EarnBody>,
) -> Result<Answer, Problem> {
    command.or_keys(|body| (body.key.take(), body.out_request_no.take()))?;
    let now = command.now;
    let zone = &app.settings.zone;
    let body = &mut command.body;
    let trigger = trigger(body)?;
    let at = moment(body.at.as_deref(), "/at", zone)?;
    let order = body.order_id.take();
    let kind = body.kind.take();
    let asked = loyalty::Earn {
        points: body.points,
        money: body.money,
        at,
        reason: body.reason.take(),
        ids: ids(&app, order.as_deref(), command.key.as_deref())?,
    };
    let happening = Happening {
        trigger,
        properties: &command.body.properties,
        at: at.unwrap_or(now).min(now),
    };
    let terms = earning::terms(&app.store).await?;
    let (program, terms_rev) = match terms.as_ref() {
        Some(terms) => (Some(&terms.program), terms.rev),
        None => (None, 0),
    };
    let mut occasion = match terms.as_ref() {
        Some(terms) if asked.points.is_none() => {
            occasion(&app, terms, &customer, &happening, now).await?
        }
        _ => Occasion::of(happening.trigger.clone()),
    };
    if order.is_none() {
        occasion.fingerprint = fingerprint(&happening);
    }
    let asked = loyalty::Command::Earn(asked).of_kind(kind);
    let condition = &command.condition;
    let mut left_out = Vec::new();
    let referral = referrals::awaiting(&app.store, program, &customer, now).await?;
    let settled = accounts::decide_also::<Refusal>(
        &app.store,
        &customer,
        (now, zone, command.dry_run),
        referral.as_slice(),
        |account, rev, prior| {
            let decision = decide_on(account, program, &asked, Some(&occasion), prior, now, zone);
            check(condition, &decision, rev, || {
                tag_of(&account.ledger, rev, program, terms_rev, now, zone)
            })?;
            if let (true, false, loyalty::Command::Earn(asked)) =
                (command.dry_run, is_repeated(&decision), &asked)
            {
                left_out = loyalty::skipped(account, program, asked, &occasion, now, zone);
            }
            Ok(decision?)
        },
    )
    .await?;
    // Also where none waited before: a code may have been claimed meanwhile.
    let refers = program.is_some_and(|program| program.referral.is_some());
    if refers && !command.dry_run {
        referrals::finish_quietly(&app.store, &customer, now, zone).await;
    }
    let outcome = settled.outcome;
    let earned = Earned {
        transaction: outcome.transaction,
        points: outcome.answer.points,
        breakdown: whole(&outcome.given, outcome.kind.as_ref(), &outcome.also),
        kind: outcome.kind,
        also: kinds::also(outcome.also),
        balance: outcome.answer.balance,
        tier: outcome.answer.tier,
        skipped: skipped(left_out),
    };
    Ok(Answer::ok(&earned)?
        .rev(settled.rev)
        .replayed(outcome.replayed))
}

/// What earns: an order, or the event that is named.
fn trigger(body: &EarnBody) -> Result<Trigger, Problem> {
    let Some(text) = &body.event else {
        return Ok(Trigger::Order);
    };
    let name = event::name(text);
    if name.is_empty() || name == event::ORDER_COMPLETED {
        let detail = "An event has a name, such as review_posted. An order needs none: leave it out, and say what it came to in \"money\".";
        return Err(Problem::invalid_at("/event", "invalid_value", detail));
    }
    let misplaced = [
        ("/money", body.money.is_some()),
        ("/order_id", body.order_id.is_some()),
        ("/points", body.points.is_some()),
        ("/kind", body.kind.is_some()),
    ];
    if let Some((place, _)) = misplaced.into_iter().find(|(_, given)| *given) {
        let detail = "An event earns by the programme's rules alone; this belongs to an order.";
        return Err(Problem::invalid_at(place, "misplaced", detail));
    }
    Ok(Trigger::Event(name))
}

/// Which conditions hold. The customer is read only where some rule asks who they are.
#[boxed]
pub(crate) async fn occasion<'a>(
    app: &'a App,
    terms: &'a Terms,
    customer: &'a CustomerId,
    happening: &'a Happening<'a>,
    now: Timestamp,
) -> Result<Occasion, Problem> {
    let zone = &app.settings.zone;
    if !terms.asks_who(&happening.trigger) {
        return Ok(terms.occasion(None, happening, now, zone));
    }
    let (definitions, found) = try_join(
        segments::compiled(&app.store),
        customers::read(&app.store, customer),
    )
    .await?;
    let record = match found {
        Some(found) => found.value,
        None => earning::unknown(customer.clone(), now),
    };
    let beside = Beside::load(&app.store, customer, definitions.needs, zone).await?;
    let who = Who {
        definitions: &definitions,
        record: &record,
        beside: &beside,
    };
    Ok(terms.occasion(Some(who), happening, now, zone))
}

/// A hash of what only rules look at, so that a key stands for one exact request; 0 where nothing was said.
fn fingerprint(happening: &Happening<'_>) -> u64 {
    let event = match &happening.trigger {
        Trigger::Event(name) => name.as_str(),
        _ => "",
    };
    if event.is_empty() && happening.properties.is_empty() {
        return 0;
    }
    let properties = serde_json::to_string(happening.properties).unwrap_or_default();
    hash::u64_of_parts(&[event, &properties])
}
