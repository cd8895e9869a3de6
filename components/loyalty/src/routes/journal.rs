//! `GET /v1/loyalty/accounts/{customer}/journal`: what happened to an account, newest first.

use axum::extract::State;
use axum::routing::get;
use futures_util::future::try_join_all;
use rapport_loyalty::entry::Part;
use rapport_loyalty::pages::PAGE;
use rapport_loyalty::{Entry, Kind, TransactionId, settled};
use rapport_records::accounts;
use rapport_types::{CustomerId, Money, Slug, Timestamp};
use rapport_web::{Answer, App, Ask, List, Paging, Path, Problem, Router};
use serde::Serialize;

use crate::breakdown::{GrantView, breakdown};

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/v1/loyalty/accounts/{customer}/journal", get(journal))
}

#[derive(Debug, Serialize)]
struct EntryView {
    number: u64,
    transaction: TransactionId,
    kind: Kind,
    /// Of which kind of points; absent: the main one.
    #[serde(skip_serializing_if = "Option::is_none")]
    points_kind: Option<Slug>,
    at: Timestamp,
    recorded_at: Timestamp,
    /// By how much the entry changed the balance, with its sign.
    points: i64,
    /// By how much the entry changed what is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    held: Option<i64>,
    /// By how much the entry changed what is owed.
    #[serde(skip_serializing_if = "Option::is_none")]
    owed: Option<i64>,
    /// Active, pending and held points after it.
    balance: i64,
    lots: Vec<LotView>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    folded: Vec<FoldView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    money: Option<Money>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reverses: Option<TransactionId>,
    /// Of a capture, a void, a release, and of what was sent: the transaction that set the points aside.
    #[serde(skip_serializing_if = "Option::is_none")]
    hold: Option<TransactionId>,
    /// The other customer of a transfer.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<CustomerId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<CustomerId>,
    /// Of a redemption's capture: which reward.
    #[serde(skip_serializing_if = "Option::is_none")]
    reward: Option<Slug>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    breakdown: Vec<GrantView>,
}

/// A lot is called by the number of the entry that earned it.
#[derive(Debug, Serialize)]
struct LotView {
    lot: u64,
    points: i64,
    active_from: Timestamp,
    expires_at: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
struct FoldView {
    lot: u64,
    points: i64,
    into: u64,
}

impl From<Entry> for EntryView {
    fn from(entry: Entry) -> Self {
        let lot = |part: Part| LotView {
            lot: part.lot,
            points: part.points,
            active_from: part.active_from,
            expires_at: part.expires_at,
        };
        let of = entry.undo.map(|undo| undo.of);
        let (reverses, hold) = match entry.kind {
            Kind::Capture | Kind::Void | Kind::Release | Kind::Send => (None, of),
            _ => (of, None),
        };
        let (to, from) = match entry.kind {
            Kind::Receive => (None, entry.party),
            _ => (entry.party, None),
        };
        let fold = |(lot, points, into)| FoldView { lot, points, into };
        Self {
            number: entry.n,
            transaction: entry.id,
            kind: entry.kind,
            at: entry.at,
            recorded_at: entry.recorded,
            points: entry.points,
            held: (entry.held != 0).then_some(entry.held),
            owed: (entry.owed != 0).then_some(entry.owed),
            balance: entry.after,
            lots: entry.parts.into_iter().map(lot).collect(),
            folded: entry.folds.into_iter().map(fold).collect(),
            order_id: entry.order,
            money: entry.money,
            reverses,
            hold,
            to,
            from,
            reward: entry.voucher.map(|issue| issue.reward),
            reason: entry.reason,
            author: entry.author,
            breakdown: breakdown(&entry.given, entry.points_kind.as_ref()),
            points_kind: entry.points_kind,
        }
    }
}

async fn journal(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    paging: Paging,
    ask: Ask,
) -> Result<Answer, Problem> {
    let found = app.store.read(&accounts::key(&customer)).await?;
    let account = found.map(|found| found.value).unwrap_or_default();
    // What has expired by now is shown, though nobody has committed it yet.
    let account = settled(&account, ask.now);

    let end = paging.after.unwrap_or(u64::MAX).min(account.journal.len());
    let limit = u64::try_from(paging.limit).unwrap_or(u64::MAX);
    let start = end.saturating_sub(limit);
    let first_kept = account.journal.first();
    let pages = if start < first_kept {
        let page = |n: u64| n.checked_div(PAGE).unwrap_or(0);
        let last = page(end.min(first_kept).saturating_sub(1));
        page(start)..last.saturating_add(1)
    } else {
        0..0
    };
    let read = pages.map(|page| accounts::journal_page(&app.store, &customer, page));
    let older = try_join_all(read).await?;

    let kept = account.journal.kept();
    let kept = kept.map_err(|unreadable| Problem::internal(unreadable.to_string()))?;
    let mut items: Vec<EntryView> = older
        .into_iter()
        .flatten()
        .chain(kept.into_iter().cloned())
        .filter(|entry| (start..end).contains(&entry.n))
        .map(EntryView::from)
        .collect();
    items.reverse();
    // Pages are written before the document lets them go, so none can be missing.
    if u64::try_from(items.len()).ok() != end.checked_sub(start) {
        return Err(Problem::internal(format!(
            "the journal has {} of the entries {start} to {end}",
            items.len()
        )));
    }
    Answer::ok(&List::new(items, (start > 0).then_some(start)))
}
