//! The four steps of every movement of points.

use rapport_loyalty as loyalty;
use rapport_loyalty::{Balance, Decision, Ids, Rejection, TransactionId, decide};
use rapport_records::accounts::{self, Settled};
use rapport_records::referrals;
use rapport_store::boxed;
use rapport_types::{CustomerId, Day, Slug, Timestamp, Zone};
use rapport_web::condition::Condition;
use rapport_web::{Answer, App, Command, Problem};
use serde::Serialize;

use crate::kinds::{self, AlsoView};
use crate::refusal::Refusal;
use crate::routes::accounts::{tag_of, terms_of};

#[derive(Debug, Serialize)]
struct Movement {
    transaction: TransactionId,
    points: i64,
    /// Which kind of points `points` and `balance` are of; absent: the main one.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<Slug>,
    balance: Balance,
    tier: Option<Slug>,
    /// Of a hold: when it ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    /// What else moved, of other kinds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    also: Vec<AlsoView>,
}

/// The four steps: load, decide, commit, answer. But for transfers, points cause nothing elsewhere, so nothing follows.
pub(crate) async fn carry_out<T>(
    app: &App,
    customer: &CustomerId,
    command: &Command<T>,
    asked: loyalty::Command,
) -> Result<Answer, Problem>
where
    T: Sync,
{
    let settled = settle(app, customer, command, &asked).await?;
    answer(settled)
}

/// All but the answer.
pub(crate) async fn settle<T>(
    app: &App,
    customer: &CustomerId,
    command: &Command<T>,
    asked: &loyalty::Command,
) -> Result<Settled, Problem>
where
    T: Sync,
{
    let terms = Terms {
        now: command.now,
        dry_run: command.dry_run,
        condition: &command.condition,
    };
    settle_by(app, customer, terms, asked).await
}

/// How a movement is asked for, whatever its body.
struct Terms<'a> {
    now: Timestamp,
    dry_run: bool,
    condition: &'a Condition,
}

#[boxed]
async fn settle_by<'a>(
    app: &'a App,
    customer: &'a CustomerId,
    by: Terms<'a>,
    asked: &'a loyalty::Command,
) -> Result<Settled, Problem> {
    let program = accounts::program(&app.store).await?;
    let (terms, terms_rev) = terms_of(&program);
    let zone = &app.settings.zone;
    let Terms {
        now,
        dry_run,
        condition,
    } = by;
    // What is taken back may be the order that a referral was paid for.
    let reverses = matches!(asked, loyalty::Command::Reverse(_));
    let terms_if = terms.filter(|_| reverses);
    let referral = referrals::awaiting(&app.store, terms_if, customer, now).await?;
    let settled = accounts::decide_also::<Refusal>(
        &app.store,
        customer,
        (now, zone, dry_run),
        referral.as_slice(),
        |account, rev, prior| {
            let decision = decide(account, terms, asked, prior, now, zone);
            check(condition, &decision, rev, || {
                tag_of(
                    &prior.seen(account).ledger,
                    rev,
                    terms,
                    terms_rev,
                    now,
                    zone,
                )
            })?;
            Ok(decision?)
        },
    )
    .await?;
    if referral.is_some() && !dry_run {
        referrals::finish_quietly(&app.store, customer, now, zone).await;
    }
    Ok(settled)
}

/// Whether the client's condition holds for an account at `rev`, on which that was decided.
pub(crate) fn check(
    condition: &Condition,
    decision: &Result<Decision, Rejection>,
    rev: u64,
    tag: impl FnOnce() -> String,
) -> Result<(), Problem> {
    // A repetition is answered as the first time, though its condition holds no more: it was carried out.
    if is_repeated(decision) || matches!(decision, Ok(Decision::Read(_))) {
        return Ok(());
    }
    check_at(condition, rev, tag)
}

/// Whether the client's condition holds for an account at `rev`. Clients know it by its revision, or by the tag that the account's own
/// route gave it.
pub(crate) fn check_at(
    condition: &Condition,
    rev: u64,
    tag: impl FnOnce() -> String,
) -> Result<(), Problem> {
    condition
        .check(rev)
        .or_else(|stale| condition.check_tag(Some(&tag())).map_err(|_| stale))
}

/// Whether it was carried out when it first came, and nothing is done now.
pub(crate) fn is_repeated(decision: &Result<Decision, Rejection>) -> bool {
    matches!(decision, Ok(Decision::Done(outcome)) if outcome.replayed)
}

/// What came of a movement, for the client.
pub(crate) fn answer(settled: Settled) -> Result<Answer, Problem> {
    let outcome = settled.outcome;
    let movement = Movement {
        transaction: outcome.transaction,
        points: outcome.answer.points,
        kind: outcome.kind,
        balance: outcome.answer.balance,
        tier: outcome.answer.tier,
        expires_at: outcome.answer.expires_at,
        also: kinds::also(outcome.also),
    };
    Ok(Answer::ok(&movement)?
        .rev(settled.rev)
        .replayed(outcome.replayed))
}

/// The names of a request; a random one where the client gave none.
pub(crate) fn ids(app: &App, order: Option<&str>, key: Option<&str>) -> Result<Ids, Problem> {
    let fresh = format!("{:016x}{:016x}", app.store.random(), app.store.random());
    Ids::new(order, key, &fresh).map_err(|rejection| Refusal::from(rejection).into())
}

/// A moment, or the beginning of a day of the shop, that stands at `place`.
pub(crate) fn moment(
    text: Option<&str>,
    place: &str,
    zone: &Zone,
) -> Result<Option<Timestamp>, Problem> {
    let Some(text) = text else { return Ok(None) };
    if let Some(day) = Day::parse(text) {
        return Ok(Some(zone.start_of(day)));
    }
    let moment = Timestamp::parse(text)
        .map_err(|error| Problem::invalid_at(place, "invalid_value", error.to_string()))?;
    Ok(Some(moment))
}

/// When points end: a moment, or the end of a day of the shop, that stands at `place`.
pub(crate) fn end(
    text: Option<&str>,
    place: &str,
    zone: &Zone,
) -> Result<Option<Timestamp>, Problem> {
    match text.and_then(Day::parse) {
        Some(day) => Ok(Some(zone.end_of(day))),
        None => moment(text, place, zone),
    }
}
