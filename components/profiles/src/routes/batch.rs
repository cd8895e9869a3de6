//! `/v1/batch`: many calls in Segment's public format, with a result for each.
//!
//! The items of one customer are one commit, in their order; customers are committed several at a time.

use std::collections::HashMap;

use axum::extract::State;
use axum::routing::post;
use futures_util::future::join_all;
use rapport_customer::segment_spec::{self, Call};
use rapport_customer::{Command as Decide, Item};
use rapport_store::Committed;
use rapport_types::{CustomerId, Violation, sort};
use rapport_web::command::LooseBatch;
use rapport_web::condition::Condition;
use rapport_web::exact::Inexact;
use rapport_web::{Answer, App, Code, Problem, Router};
use serde::Serialize;

use super::tracking::keeps;
use crate::apply::{Circumstances, Outcome, apply};
use crate::referral::Referred;
use crate::view::{ItemResult, Status};

/// Customers committed at a time: enough to hide the store's latency, few enough to leave room for others.
const AT_A_TIME: usize = 16;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/v1/batch", post(batch))
}

#[derive(Debug, Serialize)]
struct Results {
    results: Vec<Line>,
}

#[derive(Debug, Serialize)]
struct Line {
    index: usize,
    status: Status,
    customer: Option<CustomerId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Violation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    referral: Option<Referred>,
}

/// The items of one customer.
struct Share {
    customer: CustomerId,
    indexes: Vec<usize>,
    items: Vec<Item>,
}

async fn batch(State(app): State<App>, batch: LooseBatch) -> Result<Answer, Problem> {
    let LooseBatch { command, sent } = batch;
    let (body, mut circumstances) = Circumstances::of(command);
    // A revision is one document's; a batch has many.
    circumstances.condition = Condition::default();
    let mut calls = segment_spec::batch(body, &app.settings.zone)
        .map_err(|violation| Problem::invalid(vec![violation]))?;
    refuse_inexact(&mut calls, &sent);
    let (mut lines, shares) = share_out(calls);

    let mut replayed = !shares.is_empty();
    let mut taken = shares.is_empty();
    let mut failure = None;
    let mut shares = shares.into_iter();
    loop {
        let some: Vec<Share> = shares.by_ref().take(AT_A_TIME).collect();
        if some.is_empty() {
            break;
        }
        let tries = some
            .into_iter()
            .map(|share| apply_share(&app, &circumstances, share));
        for (share, outcome) in join_all(tries).await {
            match &outcome {
                Ok(committed) => {
                    taken = true;
                    replayed &= committed.replayed;
                }
                Err(problem) => {
                    replayed = false;
                    failure = Some(problem.clone());
                }
            }
            lines.extend(report(
                share,
                outcome.map(|committed| committed.answer.results),
            ));
        }
    }
    // Nothing was taken: the whole request failed, and says so by its status.
    if let (false, Some(problem)) = (taken, failure) {
        return Err(problem);
    }
    sort::by_key(&mut lines, |line| line.index);
    Ok(Answer::ok(&Results { results: lines })?.replayed(replayed))
}

/// Refuses the calls that would keep a number other than it was sent.
fn refuse_inexact(calls: &mut [Result<Call, Violation>], sent: &[u8]) {
    let mut inexact = Inexact::of(sent);
    while let Some(found) = inexact.find() {
        if found.is_in(0, "batch")
            && let Some(index) = found.element(1)
            && let Some(call) = calls.get_mut(index)
            && call.as_ref().is_ok_and(|call| keeps(call, &found, 2))
        {
            let mut violation = found.violation();
            let item = format!("/batch/{index}");
            if let Some(rest) = violation.pointer.strip_prefix(&item) {
                violation.pointer = rest.to_owned();
            }
            *call = Err(violation);
        }
    }
}

/// The lines of calls that cannot be read, and the others by customer, in the order in which each first occurs.
fn share_out(calls: Vec<Result<Call, Violation>>) -> (Vec<Line>, Vec<Share>) {
    let mut lines = Vec::new();
    let mut shares: Vec<Share> = Vec::new();
    let mut places: HashMap<CustomerId, usize> = HashMap::new();
    for (index, call) in calls.into_iter().enumerate() {
        match call {
            Err(violation) => lines.push(Line {
                index,
                status: Status::Refused,
                customer: None,
                error: Some(placed(violation, index)),
                referral: None,
            }),
            Ok(Call { customer, item }) => {
                let place = *places.entry(customer.clone()).or_insert(shares.len());
                match shares.get_mut(place) {
                    Some(share) => {
                        share.indexes.push(index);
                        share.items.push(item);
                    }
                    None => shares.push(Share {
                        customer,
                        indexes: vec![index],
                        items: vec![item],
                    }),
                }
            }
        }
    }
    (lines, shares)
}

async fn apply_share(
    app: &App,
    circumstances: &Circumstances,
    mut share: Share,
) -> (Share, Result<Committed<Outcome>, Problem>) {
    let items = std::mem::take(&mut share.items);
    let outcome = apply(app, &share.customer, Decide::Apply(items), circumstances).await;
    (share, outcome)
}

/// A line for each item of a customer.
fn report(share: Share, outcome: Result<Vec<ItemResult>, Problem>) -> Vec<Line> {
    let Share {
        customer, indexes, ..
    } = share;
    match outcome {
        Ok(results) => indexes
            .into_iter()
            .zip(results)
            .map(|(index, result)| Line {
                index,
                status: result.status,
                customer: Some(customer.clone()),
                error: result.error.map(|violation| placed(violation, index)),
                referral: result.referral.map(|found| found.within(index)),
            })
            .collect(),
        Err(problem) => {
            let status = match problem.code() {
                Code::KeyReused | Code::TooLarge | Code::Conflict => Status::Refused,
                _ => Status::Failed,
            };
            indexes
                .into_iter()
                .map(|index| Line {
                    index,
                    status,
                    customer: Some(customer.clone()),
                    error: Some(Violation::new(
                        format!("/batch/{index}"),
                        problem.code().as_str(),
                        problem.detail(),
                    )),
                    referral: None,
                })
                .collect()
        }
    }
}

fn placed(violation: Violation, index: usize) -> Violation {
    violation.under(&format!("/batch/{index}"))
}
