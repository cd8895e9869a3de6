//! Kinds of points, as requests name them and answers show them.

use std::collections::BTreeMap;

use rapport_loyalty::kinds::MAIN;
use rapport_loyalty::{Also, Balance, Ledger, PointsKind, Program};
use rapport_records::accounts;
use rapport_store::boxed;
use rapport_types::{Slug, Timestamp, sort};
use rapport_web::{App, Code, Problem};
use serde::Serialize;

/// What a transaction moved of another kind than the one that it is about.
#[derive(Debug, Serialize)]
pub(crate) struct AlsoView {
    kind: String,
    points: i64,
}

/// `also` as clients see it.
pub(crate) fn also(also: Vec<Also>) -> Vec<AlsoView> {
    let view = |also: Also| AlsoView {
        kind: also
            .kind
            .map_or_else(|| MAIN.to_owned(), |kind| kind.to_string()),
        points: also.points,
    };
    also.into_iter().map(view).collect()
}

/// The balance of every kind that the programme or the account has; empty where there is only the main one, whose `balance` is.
pub(crate) fn balances(
    ledger: &Ledger,
    program: Option<&Program>,
    balance: &Balance,
    now: Timestamp,
) -> BTreeMap<String, Balance> {
    let others = ids(ledger, program);
    if others.is_empty() {
        return BTreeMap::new();
    }
    let of = |kind: Slug| {
        let balance = ledger.of_kind(Some(&kind)).balance(now);
        (kind.to_string(), balance)
    };
    let main = (MAIN.to_owned(), balance.clone());
    others.into_iter().map(of).chain([main]).collect()
}

/// Kinds beside the main one.
fn ids(ledger: &Ledger, program: Option<&Program>) -> Vec<Slug> {
    let of_program = program.into_iter().flat_map(Program::other_kinds);
    let of_program = of_program.map(|kind: &PointsKind| kind.id.clone());
    let held = ledger.others.iter().map(|purse| purse.kind.clone());
    let mut ids: Vec<Slug> = of_program.chain(held).collect();
    sort::sort(&mut ids);
    ids.dedup();
    ids
}

/// When time changes a balance of another kind than the main one.
pub(crate) fn others_change_at(ledger: &Ledger, now: Timestamp) -> Option<Timestamp> {
    let others = ledger.others.iter().map(|purse| &purse.kind);
    let changes = others.filter_map(|kind| ledger.of_kind(Some(kind)).balance_changes_at(now));
    changes.min()
}

/// The kind that a query names; `None`: the main one.
#[boxed]
pub(crate) async fn named(
    app: &App,
    kind: Option<Slug>,
    ledger: &Ledger,
) -> Result<Option<Slug>, Problem> {
    let Some(kind) = kind.filter(|kind| kind.as_str() != MAIN) else {
        return Ok(None);
    };
    let program = accounts::program(&app.store).await?;
    let program = program.as_ref().as_ref().map(|found| &found.value);
    let known = ids(ledger, program);
    if known.contains(&kind) {
        return Ok(Some(kind));
    }
    let known = known.iter().map(Slug::as_str);
    let known: Vec<&str> = [MAIN].into_iter().chain(known).collect();
    let detail = format!(
        "There is no kind of points called {kind}; there are {}.",
        known.join(", ")
    );
    Err(Problem::new(Code::InvalidParameter, detail))
}
