//! `PUT` and `DELETE /v1/loyalty/accounts/{customer}/tier`: a tier is given and taken. `GET .../tier/history`: which were held.

use axum::extract::State;
use axum::routing::{get, put};
use rapport_loyalty::tier::history::{Past, history};
use rapport_loyalty::tier::manual::{self, Refused};
use rapport_loyalty::tier::standing;
use rapport_loyalty::{Account, Program};
use rapport_records::accounts::{self, ByHand};
use rapport_types::{CustomerId, Day, Slug, Timestamp, Zone};
use rapport_web::{Answer, App, Ask, Code, Command, List, Paging, Path, Problem, Router};
use serde::{Deserialize, Serialize};

use crate::carry_out::check_at;
use crate::routes::accounts::{tag_of, terms_of};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route(
            "/v1/loyalty/accounts/{customer}/tier",
            put(give).delete(take),
        )
        .route("/v1/loyalty/accounts/{customer}/tier/history", get(past))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GiveBody {
    tier: Slug,
    /// A moment, or a day of the shop, to its end.
    until: Option<String>,
    reason: Option<String>,
}

/// What holds now.
#[derive(Debug, Serialize, Deserialize)]
struct Held {
    customer: CustomerId,
    tier: Option<Slug>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    manual: bool,
    rev: u64,
}

async fn give(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    command: Command<GiveBody>,
) -> Result<Answer, Problem> {
    let zone = &app.settings.zone;
    let body = &command.body;
    let until = body
        .until
        .as_deref()
        .map(|text| end(text, zone))
        .transpose()?;
    let reason = body.reason.as_deref();
    let now = command.now;
    carry_out(&app, &customer, &command, |account, program| {
        let Some(program) = program else {
            return Err(Problem::new(
                Code::NotConfigured,
                "There is no programme that has tiers. PUT /v1/loyalty/program sets one.",
            ));
        };
        let given = manual::give(account, program, &body.tier, until, reason, now);
        given.map_err(|refused| refusal(&refused, program))
    })
    .await
}

async fn take(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    command: Command<()>,
) -> Result<Answer, Problem> {
    let now = command.now;
    carry_out(&app, &customer, &command, |account, _| {
        Ok(manual::take(account, now))
    })
    .await
}

fn refusal(refused: &Refused, program: &Program) -> Problem {
    match refused {
        Refused::UnknownTier(tier) => {
            let known: Vec<&str> = program.tiers.iter().map(|tier| tier.id.as_str()).collect();
            let detail = format!("There is no tier {tier}; there are: {}.", known.join(", "));
            Problem::invalid_at("/tier", "unknown_tier", detail)
        }
        Refused::Over => {
            let detail = "The tier would be over already: until is in the past.";
            Problem::invalid_at("/until", "out_of_range", detail)
        }
        Refused::LongReason => {
            let detail = "A reason has at most 512 bytes.";
            Problem::invalid_at("/reason", "too_long", detail)
        }
    }
}

/// Load, decide, commit, answer with what holds now.
async fn carry_out<T>(
    app: &App,
    customer: &CustomerId,
    command: &Command<T>,
    decide: impl Fn(&Account, Option<&Program>) -> Result<Account, Problem> + Send + Sync,
) -> Result<Answer, Problem>
where
    T: Sync,
{
    let program = accounts::program(&app.store).await?;
    let (terms, terms_rev) = terms_of(&program);
    let (now, zone) = (command.now, &app.settings.zone);
    let once = command.once();
    let held = |account: &Account, rev: u64| {
        let standing = standing(&account.ledger, terms, now, zone);
        Held {
            customer: customer.clone(),
            tier: standing.tier,
            since: standing.since,
            until: standing.until,
            manual: standing.manual,
            rev,
        }
    };
    let change = |account: &Account, rev: u64, next_rev: u64| {
        check_at(&command.condition, rev, || {
            tag_of(&account.ledger, rev, terms, terms_rev, now, zone)
        })?;
        let next = decide(account, terms)?;
        let rev = if next == *account { rev } else { next_rev };
        let answer = held(&next, rev);
        Ok::<_, Problem>((next, answer))
    };
    let asked = ByHand {
        now,
        zone,
        once: once.as_ref(),
        dry_run: command.dry_run,
    };
    let committed = accounts::by_hand(&app.store, customer, asked, change).await?;
    Ok(Answer::ok(&committed.answer)?
        .rev(committed.answer.rev)
        .replayed(committed.replayed))
}

async fn past(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    paging: Paging,
    ask: Ask,
) -> Result<Answer, Problem> {
    let found = app.store.read(&accounts::key(&customer)).await?;
    let mut account = found.map(|found| found.value).unwrap_or_default();
    let program = accounts::program(&app.store).await?;
    let terms = program.as_ref().as_ref().map(|found| &found.value);
    let zone = &app.settings.zone;
    let ledger = &mut account.ledger;
    accounts::see(&app.store, &customer, ledger, terms, ask.now, zone).await?;
    let past = history(&account, terms, ask.now, zone);
    let start = paging.after.unwrap_or(0);
    let skip = usize::try_from(start).unwrap_or(usize::MAX);
    let count = past.len();
    let items: Vec<Past> = past.into_iter().skip(skip).take(paging.limit).collect();
    let end = skip.saturating_add(items.len());
    let next = u64::try_from(end).ok().filter(|_| end < count);
    Answer::ok(&List::new(items, next))
}

/// A moment, or the end of a day of the shop.
fn end(text: &str, zone: &Zone) -> Result<Timestamp, Problem> {
    if let Some(day) = Day::parse(text) {
        return Ok(zone.end_of(day));
    }
    Timestamp::parse(text)
        .map_err(|error| Problem::invalid_at("/until", "invalid_value", error.to_string()))
}
