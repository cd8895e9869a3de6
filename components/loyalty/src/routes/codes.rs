//! `/v1/loyalty/rewards/{id}/codes`: codes are imported into a reward's pool, and counted.

use axum::extract::State;
use axum::routing::get;
use futures_util::future::try_join;
use rapport_loyalty::reward::pool::{MAX_IMPORT, MAX_POOLS};
use rapport_loyalty::reward::{Fate, Imported};
use rapport_records::rewards;
use rapport_records::rewards::pools::{self, Import, ImportRejection};
use rapport_store::{UpdateError, boxed};
use rapport_types::{Slug, Violation};
use rapport_web::{Answer, App, Ask, Code, Command, Path, Problem, Router};
use serde::{Deserialize, Serialize};

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/v1/loyalty/rewards/{id}/codes", get(count).post(add))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    codes: Vec<String>,
    key: Option<String>,
}

#[derive(Debug, Serialize)]
struct Added<'a> {
    reward: &'a Slug,
    /// How many are in the pool that were not.
    added: usize,
    /// How many were in it before, or came twice.
    duplicates: usize,
    /// How many are not in it.
    refused: usize,
    /// How many it was given, these included.
    total: u64,
    results: Vec<Line<'a>>,
}

#[derive(Debug, Serialize)]
struct Line<'a> {
    code: &'a str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Violation>,
}

#[derive(Debug, Serialize)]
struct Counts {
    reward: Slug,
    /// How many the pool was given.
    total: u64,
    /// How many can be handed out.
    left: u64,
    /// How many customers have.
    given: u64,
    /// How many are about to be handed out.
    reserved: u64,
}

/// The reward, which must be one with a pool.
#[boxed]
async fn with_pool(app: &App, id: &Slug) -> Result<(), Problem> {
    let found = rewards::catalogue(&app.store).await?;
    let found = found.as_ref().as_ref();
    let listed = found.and_then(|found| found.value.rewards.get(id));
    let listed = listed.ok_or_else(|| Problem::not_found("reward", id.as_str()))?;
    match listed.reward.has_pool() {
        true => Ok(()),
        false => Err(Problem::new(
            Code::Conflict,
            "The codes of this reward are made as it is redeemed. To hand out imported ones, put it with \"voucher\": {\"codes\": \"imported\"} first.",
        )),
    }
}

async fn count(State(app): State<App>, Path(id): Path<Slug>, ask: Ask) -> Result<Answer, Problem> {
    with_pool(&app, &id).await?;
    let store = &app.store;
    let (total, stock) = try_join(pools::total(store, &id), rewards::stock(store, &id)).await?;
    let (left, reserved) = (stock.codes_left(total), stock.codes_claimed());
    let given = total.saturating_sub(left).saturating_sub(reserved);
    let counts = Counts {
        reward: id,
        total,
        left,
        given,
        reserved,
    };
    Ok(Answer::ok(&counts)?.named(0).unless(&ask.condition))
}

async fn add(
    State(app): State<App>,
    Path(id): Path<Slug>,
    mut command: Command<Body>,
) -> Result<Answer, Problem> {
    let key = command.body.key.take();
    command.or_key(key.as_deref())?;
    let codes = &command.body.codes;
    if !(1..=MAX_IMPORT).contains(&codes.len()) {
        let number = codes.len();
        let detail = format!("One request brings 1 to {MAX_IMPORT} codes, not {number}.");
        return Err(Problem::invalid_at("/codes", "out_of_range", detail));
    }
    with_pool(&app, &id).await?;
    let once = command.once();
    let import = Import {
        reward: &id,
        codes,
        now: command.now,
        once: once.as_ref(),
        dry_run: command.dry_run,
    };
    let committed = match pools::import(&app.store, &import).await {
        Ok(committed) => committed,
        Err(error) => return Err(refused(error)),
    };
    let view = added(&id, codes, &committed.answer);
    Ok(Answer::ok(&view)?.replayed(committed.replayed))
}

fn refused(error: UpdateError<ImportRejection>) -> Problem {
    match error {
        UpdateError::Rejected(ImportRejection::TooManyPools) => Problem::new(
            Code::Conflict,
            format!("{MAX_POOLS} rewards have had pools of codes; that is the most."),
        ),
        UpdateError::KeyReused => rapport_web::failure::key_reused(),
        UpdateError::AnswerGone => rapport_web::failure::answer_gone(),
        UpdateError::Store(error) => error.into(),
    }
}

fn added<'a>(reward: &'a Slug, codes: &'a [String], imported: &Imported) -> Added<'a> {
    let (mut added, mut duplicates, mut refused) = (0_usize, 0_usize, 0_usize);
    let mut results = Vec::with_capacity(codes.len());
    for (index, (code, fate)) in codes.iter().zip(&imported.fates).enumerate() {
        let (count, status) = match fate {
            Fate::Added => (&mut added, "added"),
            Fate::Duplicate => (&mut duplicates, "duplicate"),
            Fate::Other(_) | Fate::Bad => (&mut refused, "refused"),
        };
        *count = count.saturating_add(1);
        results.push(Line {
            code,
            status,
            error: fate.violation(index, code),
        });
    }
    Added {
        reward,
        added,
        duplicates,
        refused,
        total: imported.total,
        results,
    }
}
