//! `GET /v1/loyalty/accounts/{customer}/{lots,expiring,holds}`: which points an account has.

use axum::extract::State;
use axum::routing::get;
use rapport_loyalty::{Ledger, Lot, TransactionId};
use rapport_records::accounts;
use rapport_store::{Versioned, boxed};
use rapport_types::{CustomerId, Day, Slug, Span, Timestamp};
use rapport_web::{Answer, App, Ask, List, Paging, Params, Path, Problem, Router};
use serde::{Deserialize, Serialize};

use crate::kinds;

/// How far ahead `expiring` looks where nobody says, in days: as far as `expiring_soon` of a balance.
const SOON_DAYS: u32 = 30;
/// How many seconds an answer may be kept, where time does not change it sooner: as with the balance.
const MAX_AGE: u32 = 10;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/loyalty/accounts/{customer}/lots", get(lots))
        .route("/v1/loyalty/accounts/{customer}/expiring", get(expiring))
        .route("/v1/loyalty/accounts/{customer}/holds", get(holds))
}

#[derive(Debug, Serialize)]
struct LotView {
    lot: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<Slug>,
    state: &'static str,
    /// How many points it began with.
    amount: i64,
    /// How many are left.
    points: i64,
    active_from: Timestamp,
    expires_at: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
struct HoldView {
    transaction: TransactionId,
    points: i64,
    /// `null`: a redemption ends it.
    expires_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reward: Option<Slug>,
}

#[derive(Debug, Serialize)]
struct ExpiringView {
    customer: CustomerId,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<Slug>,
    within: Span,
    points: i64,
    items: Vec<Expiring>,
}

/// What ends at one moment.
#[derive(Debug, Serialize)]
struct Expiring {
    expires_at: Timestamp,
    /// The last day of the shop on which they can be spent.
    last_day: Day,
    points: i64,
    lots: Vec<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    within: Option<Span>,
    kind: Option<Slug>,
}

/// Which kind of points is listed; the main one, if absent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfKind {
    kind: Option<Slug>,
    limit: Option<u16>,
    cursor: Option<String>,
}

/// A customer's account, and which kind of its points is asked for; `None`: the main one.
#[boxed]
async fn ledger(
    app: &App,
    customer: &CustomerId,
    kind: Option<Slug>,
) -> Result<(Versioned<Ledger>, Option<Slug>), Problem> {
    let found = accounts::ledger(&app.store, customer).await?;
    let kind = kinds::named(app, kind, &found.value).await?;
    Ok((found, kind))
}

async fn lots(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    Params(of): Params<OfKind>,
    ask: Ask,
) -> Result<Answer, Problem> {
    let paging = Paging::asked(of.limit, of.cursor.as_deref())?;
    let (found, kind) = ledger(&app, &customer, of.kind).await?;
    let ledger = found.value.of_kind(kind.as_ref()).at(ask.now);
    let view = |lot: &Lot| LotView {
        lot: lot.id,
        kind: kind.clone(),
        state: if lot.is_pending(ask.now) {
            "pending"
        } else {
            "active"
        },
        amount: lot.amount,
        points: lot.remaining,
        active_from: lot.active_from,
        expires_at: lot.expires_at,
    };
    let list = page(&ledger.lots, paging, view);
    answer(&list, found.rev, &ask, ledger.balance_changes_at(ask.now))
}

async fn holds(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    Params(of): Params<OfKind>,
    ask: Ask,
) -> Result<Answer, Problem> {
    let paging = Paging::asked(of.limit, of.cursor.as_deref())?;
    let (found, kind) = ledger(&app, &customer, of.kind).await?;
    let ledger = found.value.of_kind(kind.as_ref()).at(ask.now);
    let list = page(&ledger.holds, paging, |hold| HoldView {
        transaction: hold.id.clone(),
        points: hold.points,
        expires_at: hold.ends_at(),
        reward: hold.reward.as_ref().map(|of| of.reward.clone()),
    });
    answer(&list, found.rev, &ask, ledger.balance_changes_at(ask.now))
}

async fn expiring(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    Params(query): Params<Query>,
    ask: Ask,
) -> Result<Answer, Problem> {
    let within = query.within.or_else(|| Span::days(SOON_DAYS));
    let within = within.unwrap_or(Span::MAX);
    let (found, kind) = ledger(&app, &customer, query.kind).await?;
    let ledger = found.value.of_kind(kind.as_ref()).at(ask.now);
    let until = ask.now.plus(within);
    let mut items: Vec<Expiring> = Vec::new();
    // Lots stand in the order in which they end.
    for lot in ledger.lots.iter().filter(|lot| lot.is_over(until)) {
        let Some(end) = lot.expires_at else { continue };
        match items.last_mut().filter(|item| item.expires_at == end) {
            Some(item) => {
                item.points = item.points.saturating_add(lot.remaining);
                item.lots.push(lot.id);
            }
            None => items.push(Expiring {
                expires_at: end,
                last_day: last_day(&app, end),
                points: lot.remaining,
                lots: vec![lot.id],
            }),
        }
    }
    let view = ExpiringView {
        customer,
        kind,
        within,
        points: items
            .iter()
            .fold(0, |sum: i64, item| sum.saturating_add(item.points)),
        items,
    };
    let changes = changes(&ledger, within, ask.now);
    answer(&view, found.rev, &ask, changes)
}

/// The day of the shop in which the last moment before `end` is.
fn last_day(app: &App, end: Timestamp) -> Day {
    let before = Timestamp::from_millis(end.millis().saturating_sub(1));
    app.settings.zone.day_of(before)
}

/// When a lot comes within reach of `within`, or the account changes by time.
fn changes(ledger: &Ledger, within: Span, now: Timestamp) -> Option<Timestamp> {
    let ends = ledger.lots.iter().filter_map(|lot| lot.expires_at);
    let comes = ends.map(|end| end.minus(within));
    let next = comes.filter(|moment| *moment > now).min();
    next.into_iter().chain(ledger.balance_changes_at(now)).min()
}

/// A page of `all`; the cursor counts.
fn page<T, V>(all: &[T], paging: Paging, view: impl Fn(&T) -> V) -> List<V> {
    let start = usize::try_from(paging.after.unwrap_or(0)).unwrap_or(usize::MAX);
    let items: Vec<V> = all
        .iter()
        .skip(start)
        .take(paging.limit)
        .map(view)
        .collect();
    let end = start.saturating_add(items.len());
    let more = end < all.len();
    List::new(
        items,
        more.then_some(u64::try_from(end).unwrap_or(u64::MAX)),
    )
}

/// `view`, named by all that it depends on, and kept no longer than it holds.
fn answer<V: Serialize>(
    view: &V,
    rev: u64,
    ask: &Ask,
    changes: Option<Timestamp>,
) -> Result<Answer, Problem> {
    Ok(Answer::ok(view)?
        .named(rev)
        .cache(MAX_AGE, ask.now, changes)
        .unless(&ask.condition))
}
