//! `GET /v1/loyalty/accounts/{customer}/audit`: proof that an account adds up.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::routing::get;
use futures_util::future::try_join_all;
use rapport_loyalty::audit::{Difference, Strand, Sum, in_holds, in_lots};
use rapport_loyalty::pages::PAGE;
use rapport_loyalty::{Account, Audit, Entry, Kind, settled};
use rapport_records::accounts;
use rapport_types::{CustomerId, Slug};
use rapport_web::{Answer, App, Ask, List, Paging, Path, Problem, Router};
use serde::Serialize;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/v1/loyalty/accounts/{customer}/audit", get(audit))
}

#[derive(Debug, Serialize)]
struct AuditView {
    /// Whether all that was checked adds up.
    ok: bool,
    /// Whether the last entry was reached, so that the journal was compared with the account.
    complete: bool,
    checked: Checked,
    /// The balance after the last entry that was checked.
    sum: i64,
    /// Active, pending and held points of the account.
    balance: Option<i64>,
    lots: Option<i64>,
    held: Option<i64>,
    owed: i64,
    kinds: BTreeMap<Kind, Sum>,
    /// The same of other kinds of points, where there are any.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    others: BTreeMap<Slug, StrandView>,
    differs: Option<Difference>,
    next_cursor: Option<String>,
}

/// What adds up of one kind of points.
#[derive(Debug, Serialize)]
struct StrandView {
    sum: i64,
    balance: Option<i64>,
    lots: Option<i64>,
    held: Option<i64>,
    owed: i64,
}

/// Numbers of entries, both included.
#[derive(Debug, Serialize)]
struct Checked {
    entries: u64,
    from: Option<u64>,
    to: Option<u64>,
}

async fn audit(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    paging: Paging,
    ask: Ask,
) -> Result<Answer, Problem> {
    let found = app.store.read(&accounts::key(&customer)).await?;
    let rev = found.as_ref().map_or(0, |found| found.rev);
    let account = found.map(|found| found.value).unwrap_or_default();
    let account = settled(&account, ask.now);
    // So many pages of 64 entries at a time; the last entry before them says from which balance they go on.
    let limit = u64::try_from(paging.limit).unwrap_or(u64::MAX);
    let from = paging.after.unwrap_or(0).min(account.journal.len());
    let end = from.saturating_add(limit.saturating_mul(PAGE));
    let before = from.saturating_sub(1);
    let entries = entries(&app, &customer, &account, before, end).await?;
    let (before, rest) = match entries.split_first() {
        Some((first, rest)) if from > 0 && first.n < from => (Some(first), rest),
        _ => (None, entries.as_slice()),
    };
    let mut audit = Audit::after(before);
    for entry in rest {
        audit.check(entry);
    }
    audit.close(&account);
    let complete = audit.is_complete(&account);
    let last = audit
        .next
        .checked_sub(1)
        .filter(|_| audit.next > audit.from);
    let next = (!complete && audit.differs.is_none()).then_some(audit.next);
    let view = AuditView {
        ok: audit.differs.is_none(),
        complete,
        checked: Checked {
            entries: audit.next.saturating_sub(audit.from),
            from: last.map(|_| audit.from),
            to: last,
        },
        sum: audit.main.sum,
        balance: account.ledger.totals.balance().ok(),
        lots: in_lots(&account.ledger),
        held: in_holds(&account.ledger),
        owed: account.ledger.debt,
        others: others(&audit, &account),
        kinds: audit.kinds,
        differs: audit.differs,
        next_cursor: List::<()>::new(Vec::new(), next).next_cursor,
    };
    Ok(Answer::ok(&view)?.rev(rev))
}

/// Other kinds of points than the main one, as far as they were checked.
fn others(audit: &Audit, account: &Account) -> BTreeMap<Slug, StrandView> {
    let view = |(kind, strand): (&Slug, &Strand)| {
        let ledger = account.ledger.of_kind(Some(kind));
        let view = StrandView {
            sum: strand.sum,
            balance: ledger.totals.balance().ok(),
            lots: in_lots(&ledger),
            held: in_holds(&ledger),
            owed: ledger.debt,
        };
        (kind.clone(), view)
    };
    audit.others.iter().map(view).collect()
}

/// The entries from `start` up to `end`, oldest first, wherever they stand. What is missing is missing.
async fn entries(
    app: &App,
    customer: &CustomerId,
    account: &Account,
    start: u64,
    end: u64,
) -> Result<Vec<Entry>, Problem> {
    let page = |n: u64| n.checked_div(PAGE).unwrap_or(0);
    let gone = end.min(account.journal.first());
    let pages = if start < gone {
        page(start)..page(gone.saturating_sub(1)).saturating_add(1)
    } else {
        0..0
    };
    let read = pages.map(|page| accounts::journal_page(&app.store, customer, page));
    let older = try_join_all(read).await?;
    let kept = account.journal.kept();
    let kept = kept.map_err(|unreadable| Problem::internal(unreadable.to_string()))?;
    let all = older.into_iter().flatten().chain(kept.into_iter().cloned());
    Ok(all
        .filter(|entry| (start..end).contains(&entry.n))
        .collect())
}
