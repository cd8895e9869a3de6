//! `GET /v1/loyalty/accounts/{customer}` and `.../tier`: balance and tier, for storefronts.
//!
//! A customer of whom nothing is known has an empty account of revision 0: customers exist in a shop before they earn.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use futures_util::future::try_join;
use rapport_loyalty::tier::policy::Benefits;
use rapport_loyalty::tier::standing;
use rapport_loyalty::{Balance, Keeping, Ledger, Next, Program, TierStanding};
use rapport_records::accounts;
use rapport_store::Versioned;
use rapport_types::hash::Quick;
use rapport_types::{CustomerId, Slug, Timestamp, Zone, hash};
use rapport_web::{Answer, App, Ask, Path, Problem, Router};
use serde::Serialize;

use crate::kinds;

/// How many seconds a storefront may go on showing what it has read, where time does not change it sooner. Short,
/// because the next order may come at any time.
const MAX_AGE: u32 = 10;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/loyalty/accounts/{customer}", get(account))
        .route("/v1/loyalty/accounts/{customer}/tier", get(tier))
}

#[derive(Debug, Serialize)]
struct AccountView {
    customer: CustomerId,
    balance: Balance,
    /// Of every kind of points, where there are several.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    balances: BTreeMap<String, Balance>,
    tier: Option<Slug>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frozen: Option<FrozenView>,
    rev: u64,
}

/// That nothing goes out of the account.
#[derive(Debug, Serialize)]
struct FrozenView {
    since: Timestamp,
    reason: String,
}

#[derive(Debug, Serialize)]
struct TierView {
    customer: CustomerId,
    tier: Option<Slug>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    next: Option<Next>,
    keep: Option<Keeping>,
    /// Since when by grace alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    grace_since: Option<Timestamp>,
    /// Whether people gave it.
    #[serde(skip_serializing_if = "is_no")]
    manual: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    benefits: Option<Benefits>,
}

// serde's `skip_serializing_if` passes a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_no(manual: &bool) -> bool {
    !*manual
}

/// The account and the programme at once, and of the customer what tiers ask.
async fn read(
    app: &App,
    customer: &CustomerId,
    now: Timestamp,
) -> Result<(Versioned<Ledger>, Arc<Option<Versioned<Program>>>), Problem> {
    let (mut ledger, program) = try_join(
        accounts::ledger(&app.store, customer),
        accounts::program(&app.store),
    )
    .await?;
    let (terms, _) = terms_of(&program);
    let zone = &app.settings.zone;
    accounts::see(&app.store, customer, &mut ledger.value, terms, now, zone).await?;
    Ok((ledger, program))
}

/// The programme and its revision; 0 where there is none.
pub(crate) fn terms_of(program: &Option<Versioned<Program>>) -> (Option<&Program>, u64) {
    match program {
        Some(found) => (Some(&found.value), found.rev),
        None => (None, 0),
    }
}

async fn account(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    ask: Ask,
) -> Result<Answer, Problem> {
    let zone = &app.settings.zone;
    let (ledger, program) = read(&app, &customer, ask.now).await?;
    let (terms, terms_rev) = terms_of(&program);
    let standing = standing(&ledger.value, terms, ask.now, zone);
    let balance = ledger.value.balance(ask.now);
    let balances = kinds::balances(&ledger.value, terms, &balance, ask.now);
    let changes = [
        ledger.value.balance_changes_at(ask.now),
        kinds::others_change_at(&ledger.value, ask.now),
        standing.changes_at,
    ];
    let tag = account_tag(
        ledger.rev,
        terms_rev,
        &balance,
        &balances,
        standing.tier.as_ref(),
    );
    let view = AccountView {
        customer,
        balance,
        balances,
        tier: standing.tier,
        frozen: ledger.value.frozen.map(|frozen| FrozenView {
            since: frozen.since,
            reason: frozen.reason,
        }),
        rev: ledger.rev,
    };
    Ok(Answer::ok(&view)?
        .tag(&tag)
        .cache(MAX_AGE, ask.now, changes.into_iter().flatten().min())
        .unless(&ask.condition))
}

async fn tier(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    ask: Ask,
) -> Result<Answer, Problem> {
    let zone = &app.settings.zone;
    let (ledger, program) = read(&app, &customer, ask.now).await?;
    let (terms, terms_rev) = terms_of(&program);
    let standing = standing(&ledger.value, terms, ask.now, zone);
    let tag = tier_tag(ledger.rev, terms_rev, &standing);
    let TierStanding {
        tier,
        since,
        until,
        next,
        keep,
        grace_since,
        manual,
        changes_at,
    } = standing;
    let benefits = tier.as_ref().and_then(|tier| {
        let tiers = &terms?.tiers;
        let held = tiers.iter().find(|known| known.id == *tier);
        held?.benefits.clone()
    });
    let view = TierView {
        customer,
        tier,
        since,
        until,
        next,
        keep,
        grace_since,
        manual,
        benefits,
    };
    Ok(Answer::ok(&view)?
        .tag(&tag)
        .cache(MAX_AGE, ask.now, changes_at)
        .unless(&ask.condition))
}

/// What the account's own route calls it at `now`.
pub(crate) fn tag_of(
    ledger: &Ledger,
    rev: u64,
    terms: Option<&Program>,
    terms_rev: u64,
    now: Timestamp,
    zone: &Zone,
) -> String {
    let standing = standing(ledger, terms, now, zone);
    let balance = ledger.balance(now);
    let balances = kinds::balances(ledger, terms, &balance, now);
    account_tag(rev, terms_rev, &balance, &balances, standing.tier.as_ref())
}

/// Names everything the answer depends on: both documents' revisions, and what time has made of them.
fn account_tag(
    rev: u64,
    terms_rev: u64,
    balance: &Balance,
    balances: &BTreeMap<String, Balance>,
    tier: Option<&Slug>,
) -> String {
    let mut state = String::new();
    add_balance(&mut state, balance);
    state.push(' ');
    state.push_str(tier.map_or("", Slug::as_str));
    for (kind, balance) in balances {
        state.push(' ');
        state.push_str(kind);
        state.push(' ');
        add_balance(&mut state, balance);
    }
    format!("\"{rev}.{terms_rev}.{:016x}\"", hash::u64_of(&state))
}

fn add_balance(state: &mut String, balance: &Balance) {
    let Balance {
        active,
        pending,
        spent,
        expired,
        expiring_soon,
        held,
    } = balance;
    let all = format!("{active} {pending} {spent} {expired} {expiring_soon} {held}");
    state.push_str(&all);
}

fn tier_tag(rev: u64, terms_rev: u64, standing: &TierStanding) -> String {
    let moment =
        |moment: Option<Timestamp>| moment.map_or(u64::MAX, |at| at.millis().cast_unsigned());
    // Nothing, and what no number tells.
    let missing = |missing: Option<Option<i64>>| {
        missing.map_or(u64::MAX, |number| {
            number.map_or(u64::MAX - 1, i64::cast_unsigned)
        })
    };
    let keep = standing.keep.as_ref();
    let state = Quick::default()
        .text(standing.tier.as_ref().map_or("", Slug::as_str))
        .and(moment(standing.since))
        .and(moment(standing.until))
        .and(missing(standing.next.as_ref().map(|next| next.missing)))
        .and(missing(keep.map(|keep| keep.missing)))
        .and(moment(keep.and_then(|keep| keep.from)))
        .and(moment(keep.and_then(|keep| keep.by)))
        .and(moment(standing.grace_since))
        .and(u64::from(standing.manual));
    format!("\"{rev}.{terms_rev}.{:016x}\"", state.finish())
}
