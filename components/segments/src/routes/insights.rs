//! `GET /v1/segments/insights/{customer}`: where a customer stands: the stage of life, RFM and its value group, what BG/NBD expects.

use axum::extract::State;
use axum::routing::get;
use rapport_records::beside::Needs;
use rapport_rules::{Insight, Lifetime, insight};
use rapport_types::{CustomerId, Timestamp, decimal, hash};
use rapport_web::{Answer, App, Ask, Path, Problem, Router};
use serde::Serialize;
use serde_json::Number;

use super::commit::kept;
use super::subject::Subject;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/v1/segments/insights/{customer}", get(insights))
}

#[derive(Debug, Serialize)]
struct Insights {
    customer: CustomerId,
    evaluated_at: Timestamp,
    lifecycle: Lifecycle,
    rfm: Rfm,
    /// `null` without orders, or without the model.
    lifetime: Option<Expected>,
}

#[derive(Debug, Serialize)]
struct Lifecycle {
    stage: &'static str,
    /// When time alone ends it.
    next_change_at: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
struct Rfm {
    recency_days: Option<i64>,
    frequency: u64,
    /// In major units.
    monetary: Option<Number>,
    /// 1 to 5 each; `null` without orders, or without thresholds.
    r: Option<u8>,
    f: Option<u8>,
    m: Option<u8>,
    value_group: Option<ValueGroup>,
}

#[derive(Debug, Serialize)]
struct ValueGroup {
    /// As rules name it.
    id: &'static str,
    en: &'static str,
    zh: &'static str,
}

#[derive(Debug, Serialize)]
struct Expected {
    p_alive: Option<Number>,
    expected_orders_90d: Option<Number>,
}

async fn insights(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    ask: Ask,
) -> Result<Answer, Problem> {
    let subject = Subject::load(&app, &customer, |_| Needs::default()).await?;
    let facts = subject
        .compiled
        .facts(&subject.found.value, &subject.beside);
    let found = insight(&facts, ask.now);
    let next_change_at = found.next_change_at;
    let (lifecycle, rfm, lifetime) = shown(found);
    let state = kept(&(&lifecycle, &rfm, &lifetime))?.to_string();
    let body = Insights {
        customer,
        evaluated_at: ask.now,
        lifecycle,
        rfm,
        lifetime,
    };
    subject.answer(&body, hash::u64_of(&state), next_change_at, &ask)
}

fn shown(found: Insight) -> (Lifecycle, Rfm, Option<Expected>) {
    let lifecycle = Lifecycle {
        stage: found.stage.name(),
        next_change_at: found.stage_until,
    };
    let scores = found.scores.map(|(scores, _)| scores);
    let rfm = Rfm {
        recency_days: found.recency_days,
        frequency: found.orders.count,
        monetary: decimal::to_number(found.orders.spend),
        r: scores.map(|scores| scores.r),
        f: scores.map(|scores| scores.f),
        m: scores.map(|scores| scores.m),
        value_group: found.scores.map(|(_, group)| {
            let names = group.names();
            ValueGroup {
                id: names.id,
                en: names.english,
                zh: names.chinese,
            }
        }),
    };
    let number = decimal::to_number;
    let lifetime = found.lifetime.map(|of: Lifetime| Expected {
        p_alive: number(of.p_alive),
        expected_orders_90d: number(of.expected_orders),
    });
    (lifecycle, rfm, lifetime)
}
