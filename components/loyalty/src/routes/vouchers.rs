//! Rewards are redeemed; vouchers are listed, checked, used by a till, and cancelled.

use axum::extract::State;
use axum::routing::{get, post};
use rapport_loyalty as loyalty;
use rapport_loyalty::command::MAX_REASON_BYTES;
use rapport_loyalty::reward::{Cancel, Code, Issued, State as Life, Step, Use, Voucher};
use rapport_loyalty::{Balance, Ids, TransactionId};
use rapport_records::accounts;
use rapport_records::rewards::{
    self, Asked, Redeemed, VoucherCarrier, Vouchers, log_of, voucher_keys,
};
use rapport_store::log::Order;
use rapport_store::{Change, Current};
use rapport_types::{CustomerId, Slug, Timestamp};
use rapport_web::{Answer, App, Ask, Command, List, Paging, Path, Problem, Router};
use serde::{Deserialize, Serialize};

use crate::carry_out::ids;
use crate::refusal::Refusal;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/loyalty/accounts/{customer}/redeem", post(redeem))
        .route("/v1/loyalty/accounts/{customer}/vouchers", get(list))
        .route("/v1/loyalty/vouchers/{code}", get(check))
        .route("/v1/loyalty/vouchers/{code}/use", post(use_up))
        .route("/v1/loyalty/vouchers/{code}/cancel", post(cancel))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RedeemBody {
    reward: Slug,
    key: Option<String>,
    out_request_no: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UseBody {
    order_id: Option<String>,
    key: Option<String>,
    out_request_no: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CancelBody {
    reason: Option<String>,
    key: Option<String>,
    out_request_no: Option<String>,
}

#[derive(Debug, Serialize)]
struct VoucherView {
    /// `null` in a dry run.
    code: Option<String>,
    reward: Slug,
    name: String,
    customer: CustomerId,
    state: Life,
    points: i64,
    uses: u32,
    uses_left: u32,
    issued_at: Timestamp,
    /// The first moment at which it can no longer be used; `null`: it lasts for ever.
    valid_until: Option<Timestamp>,
    used: Vec<UseView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancelled_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Debug, Serialize)]
struct UseView {
    at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<String>,
}

impl VoucherView {
    fn new(voucher: Voucher, now: Timestamp) -> Self {
        let used = voucher.used.iter().map(|used| UseView {
            at: used.at,
            order_id: used.order_id.clone(),
        });
        Self {
            state: voucher.state(now),
            uses_left: voucher.uses_left(),
            used: used.collect(),
            cancelled_at: voucher.cancelled.as_ref().map(|cancelled| cancelled.at),
            reason: voucher.cancelled.and_then(|cancelled| cancelled.reason),
            code: Some(voucher.code),
            reward: voucher.reward,
            name: voucher.name,
            customer: voucher.customer,
            points: voucher.points,
            uses: voucher.uses,
            issued_at: voucher.issued_at,
            valid_until: voucher.valid_until,
        }
    }
}

#[derive(Debug, Serialize)]
struct RedeemedView {
    transaction: TransactionId,
    points: i64,
    voucher: VoucherView,
    balance: Balance,
}

async fn redeem(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    mut command: Command<RedeemBody>,
) -> Result<Answer, Problem> {
    command.or_keys(|body| (body.key.take(), body.out_request_no.take()))?;
    let ids: Ids = ids(&app, None, command.key.as_deref())?;
    let asked = Asked {
        customer: &customer,
        reward: &command.body.reward,
        ids: &ids,
        now: command.now,
        zone: &app.settings.zone,
        dry_run: command.dry_run,
    };
    let condition = &command.condition;
    let check = |_: &_, rev| condition.check(rev).map_err(Refusal::from);
    let redeemed = rewards::redeem::<Refusal>(&app.store, asked, check).await?;
    let (voucher, transaction, answer, replayed) = match redeemed {
        Redeemed::OutOfStock => return Err(out_of_stock()),
        Redeemed::PoolEmpty => return Err(pool_empty()),
        Redeemed::Issued(issued, replayed) => {
            let Issued {
                transaction,
                issue,
                at,
                answer,
            } = *issued;
            let voucher = VoucherView {
                code: Some(issue.code),
                reward: issue.reward,
                name: issue.name,
                customer,
                state: Life::Active,
                points: answer.points,
                uses: issue.uses,
                uses_left: issue.uses,
                issued_at: at,
                valid_until: issue.until,
                used: Vec::new(),
                cancelled_at: None,
                reason: None,
            };
            (voucher, transaction, answer, replayed)
        }
        Redeemed::Would(would) => {
            let (reward, mut answer) = *would;
            // The points would be spent, not held.
            let Balance { held, spent, .. } = &mut answer.balance;
            *held = held.saturating_sub(answer.points);
            *spent = spent.saturating_add(answer.points);
            let terms = &reward.voucher;
            let voucher = VoucherView {
                code: None,
                customer,
                state: Life::Active,
                points: answer.points,
                uses: terms.uses,
                uses_left: terms.uses,
                issued_at: command.now,
                valid_until: terms.valid_until(command.now, &app.settings.zone),
                used: Vec::new(),
                cancelled_at: None,
                reason: None,
                reward: command.body.reward,
                name: reward.name,
            };
            (voucher, ids.transaction().clone(), answer, false)
        }
    };
    let view = RedeemedView {
        transaction,
        points: answer.points,
        voucher,
        balance: answer.balance,
    };
    Ok(Answer::ok(&view)?.replayed(replayed))
}

fn out_of_stock() -> Problem {
    Problem::new(
        rapport_web::Code::OutOfStock,
        "All of the reward are redeemed. No points were spent; once there are more, redeem with another key.",
    )
}

fn pool_empty() -> Problem {
    Problem::new(
        rapport_web::Code::PoolEmpty,
        "No imported code of the reward is left. No points were spent; once there are more, redeem with another key.",
    )
}

async fn list(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    paging: Paging,
    ask: Ask,
) -> Result<Answer, Problem> {
    let log = log_of(&customer);
    let page = app
        .store
        .page::<Vouchers>(&log, Order::NewestFirst, paging.after, paging.limit)
        .await?;
    let items = page.items.into_iter();
    let items = items.map(|(_, found)| VoucherView::new(found.value, ask.now));
    Answer::ok(&List::new(items.collect(), page.next))
}

/// There is no voucher with the code that somebody typed.
fn unknown(typed: &str) -> Problem {
    let detail = match Code::parse(typed) {
        Some(_) => "There is no such voucher.",
        None => {
            "This is no voucher code: a digit is wrong, missing or too many. (Nor is it an imported code that somebody has.)"
        }
    };
    Problem::new(rapport_web::Code::NotFound, detail)
}

async fn check(
    State(app): State<App>,
    Path(typed): Path<String>,
    ask: Ask,
) -> Result<Answer, Problem> {
    let found = app.store.read_all(&voucher_keys(&typed)).await?;
    let found = found.into_iter().flatten().next();
    let found = found.ok_or_else(|| unknown(&typed))?;
    let view = VoucherView::new(found.value, ask.now);
    Ok(Answer::ok(&view)?.named(found.rev).unless(&ask.condition))
}

async fn use_up(
    State(app): State<App>,
    Path(typed): Path<String>,
    mut command: Command<UseBody>,
) -> Result<Answer, Problem> {
    command.or_keys(|body| (body.key.take(), body.out_request_no.take()))?;
    // Checks both; the key decides, and without one the order.
    let order = command.body.order_id.take();
    let named = ids(&app, order.as_deref(), None)?;
    let named = match command.key.as_deref() {
        Some(key) => ids(&app, None, Some(key))?,
        None => named,
    };
    let now = command.now;
    let using = Use {
        id: named.transaction().clone(),
        at: now,
        order_id: order,
    };
    let decide = |current: Current<Vouchers>| {
        let Some(mut voucher) = current.value else {
            return Ok(Change::Keep(None));
        };
        if !voucher.redeem(&using)? {
            let then = voucher.after(&using.id).unwrap_or(voucher);
            return Ok(Change::Keep(Some((then, true))));
        }
        command.condition.check(current.rev)?;
        Ok(Change::Commit {
            value: voucher.clone(),
            effects: Vec::new(),
            answer: Some((voucher, false)),
        })
    };
    let carrier = VoucherCarrier {
        now,
        zone: &app.settings.zone,
    };
    let mut used = None;
    for key in voucher_keys(&typed) {
        let request = command.request(None, &carrier);
        let committed = app
            .store
            .update::<_, Option<(Voucher, bool)>, Refusal>(&key, request, decide)
            .await?;
        if let Some(answer) = committed.answer {
            used = Some((answer, committed.rev));
            break;
        }
    }
    let ((voucher, replayed), rev) = used.ok_or_else(|| unknown(&typed))?;
    // A repetition is answered as the first time, when it could be used.
    let view = VoucherView::new(voucher.clone(), voucher.used.last().map_or(now, |u| u.at));
    Ok(Answer::ok(&view)?.rev(rev).replayed(replayed))
}

/// The balance that cancelling `voucher` would leave; `None` where its points went back before.
async fn would_be(
    app: &App,
    voucher: &Voucher,
    now: Timestamp,
) -> Result<Option<Balance>, Problem> {
    let (store, zone) = (&app.store, &app.settings.zone);
    let program = accounts::program(store).await?;
    let program = program.as_ref().as_ref().map(|found| &found.value);
    let step = Step::Cancel(Cancel::new(&voucher.transaction));
    let asked = loyalty::Command::Reward(Box::new(step));
    let customer = &voucher.customer;
    let decided =
        accounts::decide::<Refusal>(store, customer, now, zone, true, |account, _, prior| {
            Ok(loyalty::decide(account, program, &asked, prior, now, zone)?)
        })
        .await?;
    let outcome = decided.outcome;
    Ok((!outcome.replayed).then_some(outcome.answer.balance))
}

#[derive(Debug, Serialize)]
struct CancelledView {
    voucher: VoucherView,
    /// How many points went back.
    points: i64,
    balance: Balance,
}

async fn cancel(
    State(app): State<App>,
    Path(typed): Path<String>,
    mut command: Command<CancelBody>,
) -> Result<Answer, Problem> {
    command.or_keys(|body| (body.key.take(), body.out_request_no.take()))?;
    let reason = command.body.reason.take();
    if reason.as_ref().is_some_and(|r| r.len() > MAX_REASON_BYTES) {
        let detail = format!("a reason has at most {MAX_REASON_BYTES} bytes");
        return Err(Problem::invalid_at("/reason", "too_long", detail));
    }
    let now = command.now;
    let carrier = VoucherCarrier {
        now,
        zone: &app.settings.zone,
    };
    let once = command.once();
    let condition = &command.condition;
    let check = |rev| condition.check(rev).map_err(Refusal::from);
    let mut cancelled = None;
    for key in voucher_keys(&typed) {
        // No document comes to be for a key alone.
        if app.store.read(&key).await?.is_none() {
            continue;
        }
        let request = command.request(once.as_ref(), &carrier);
        let reason = reason.as_ref();
        cancelled = Some(rewards::cancel(&app.store, &key, reason, request, check).await?);
        break;
    }
    let committed = cancelled.ok_or_else(|| unknown(&typed))?;
    let voucher = committed.answer.ok_or_else(|| unknown(&typed))?;
    let account = accounts::ledger(&app.store, &voucher.customer).await?;
    let mut balance = account.value.balance(now);
    if command.dry_run {
        balance = would_be(&app, &voucher, now).await?.unwrap_or(balance);
    }
    let view = CancelledView {
        points: voucher.points,
        voucher: VoucherView::new(voucher, now),
        balance,
    };
    Ok(Answer::ok(&view)?
        .rev(committed.rev)
        .replayed(committed.replayed))
}
