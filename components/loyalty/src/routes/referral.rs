//! Referrals: a customer's code, claiming one, and whom a customer has brought.

use axum::extract::State;
use axum::routing::{get, post};
use rapport_loyalty::referral::{On, Paying, Payout, Referral, ReferralCode, Side, Stage};
use rapport_records::referrals::{self, Asked, Referrals, Refused, log_of};
use rapport_store::UpdateError;
use rapport_store::log::Order;
use rapport_types::{CustomerId, Timestamp};
use rapport_web::{Answer, App, Ask, Code, Command, List, Paging, Path, Problem, Router};
use serde::{Deserialize, Serialize};

use crate::refusal::sentence;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/loyalty/referrals", post(claim))
        .route(
            "/v1/loyalty/accounts/{customer}/referral",
            get(read).post(make),
        )
        .route("/v1/loyalty/accounts/{customer}/referrals", get(list))
}

/// A customer's code, and who brought them.
#[derive(Debug, Serialize)]
struct Own {
    customer: CustomerId,
    /// `null`: none was made yet.
    code: Option<ReferralCode>,
    made_at: Option<Timestamp>,
    /// `null`: nobody brought them.
    referred: Option<View>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClaimBody {
    code: String,
    customer: CustomerId,
    key: Option<String>,
    out_request_no: Option<String>,
}

/// How far a referral is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Progress {
    /// For the order that it takes.
    Waiting,
    /// About to be paid.
    Due,
    /// Paid, with points that may yet be taken back.
    Holding,
    /// Paid for good.
    Paid,
    /// The points were taken back with the order.
    Revoked,
}

#[derive(Debug, Serialize)]
struct View {
    customer: CustomerId,
    referrer: CustomerId,
    code: ReferralCode,
    state: Progress,
    claimed_at: Timestamp,
    /// What it takes.
    on: On,
    /// When that was there.
    qualified_at: Option<Timestamp>,
    /// When the points can first be spent, where the referral has them wait.
    held_until: Option<Timestamp>,
    rewards: Rewards,
}

#[derive(Debug, Serialize)]
struct Rewards {
    #[serde(skip_serializing_if = "Option::is_none")]
    referrer: Option<Reward>,
    #[serde(skip_serializing_if = "Option::is_none")]
    referred: Option<Reward>,
}

#[derive(Debug, Serialize)]
struct Reward {
    points: i64,
    /// `promised`, `pending`, `paid`, `capped`, `refused` or `taken_back`.
    state: &'static str,
}

impl View {
    fn new(referral: &Referral, now: Timestamp) -> Self {
        let held = referral.held_until().is_some_and(|until| now < until);
        let state = match referral.stage {
            Stage::Claimed | Stage::Withdrawn => match referral.terms.on {
                On::SignUp => Progress::Due,
                On::Order(_) => Progress::Waiting,
            },
            Stage::Waiting => Progress::Waiting,
            Stage::Due => Progress::Due,
            Stage::Paid if held => Progress::Holding,
            Stage::Paid => Progress::Paid,
            Stage::Revoking | Stage::Revoked => Progress::Revoked,
        };
        let reward = |side| {
            let paying = Paying { referral, side };
            let promised = paying.points()?;
            let (points, state) = match (paying.payout(), state) {
                (None, _) => (promised, "promised"),
                (Some(Payout::Capped), _) => (0, "capped"),
                (Some(Payout::Refused), _) => (0, "refused"),
                (Some(Payout::Given(points)), Progress::Revoked) => (points, "taken_back"),
                (Some(Payout::Given(points)), Progress::Holding) => (points, "pending"),
                (Some(Payout::Given(points)), _) => (points, "paid"),
            };
            Some(Reward { points, state })
        };
        Self {
            customer: referral.customer.clone(),
            referrer: referral.by.clone(),
            code: referral.code.clone(),
            state,
            claimed_at: referral.claimed_at,
            on: referral.terms.on,
            qualified_at: referral.qualified_at,
            held_until: referral.held_until(),
            rewards: Rewards {
                referrer: reward(Side::Referrer),
                referred: reward(Side::Referred),
            },
        }
    }
}

async fn read(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    ask: Ask,
) -> Result<Answer, Problem> {
    let code = referrals::code_of(&app.store, &customer).await?;
    own(&app, customer, code, ask.now).await
}

async fn make(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    command: Command<()>,
) -> Result<Answer, Problem> {
    let now = command.now;
    let code = match command.dry_run {
        true => referrals::code_of(&app.store, &customer).await?,
        false => Some(referrals::make_code(&app.store, &customer, now).await?.0),
    };
    own(&app, customer, code, now).await
}

async fn own(
    app: &App,
    customer: CustomerId,
    code: Option<referrals::Referrer>,
    now: Timestamp,
) -> Result<Answer, Problem> {
    let referred = referrals::read(&app.store, &customer).await?;
    let referred = referred.filter(Referral::is_sure);
    let (code, made_at) = code.map_or((None, None), |found| {
        (Some(found.code), Some(found.made_at))
    });
    Answer::ok(&Own {
        customer,
        code,
        made_at,
        referred: referred.map(|referral| View::new(&referral, now)),
    })
}

async fn claim(State(app): State<App>, mut command: Command<ClaimBody>) -> Result<Answer, Problem> {
    command.or_keys(|body| (body.key.take(), body.out_request_no.take()))?;
    let code = ReferralCode::parse(&command.body.code).map_err(|error| {
        Problem::invalid_at("/code", "invalid_value", sentence(&error.to_string()))
    })?;
    let once = command.once();
    let asked = Asked {
        code: &code,
        customer: &command.body.customer,
        now: command.now,
        zone: &app.settings.zone,
        once: once.as_ref(),
        dry_run: command.dry_run,
    };
    let claimed = match referrals::claim(&app.store, asked).await {
        Ok(claimed) => claimed,
        Err(UpdateError::Rejected(refused)) => return Err(problem(&refused)),
        Err(UpdateError::KeyReused) => return Err(UpdateError::<Problem>::KeyReused.into()),
        Err(UpdateError::AnswerGone) => return Err(UpdateError::<Problem>::AnswerGone.into()),
        Err(UpdateError::Store(error)) => return Err(error.into()),
    };
    let view = View::new(&claimed.referral, command.now);
    Ok(Answer::ok(&view)?.replayed(claimed.replayed))
}

fn problem(refused: &Refused) -> Problem {
    let detail = sentence(&refused.to_string());
    match refused {
        Refused::NoTerms => Problem::new(
            Code::NotConfigured,
            "The programme gives nothing for referrals. PUT /v1/loyalty/program sets one with \"referral\".",
        ),
        Refused::UnknownCode { .. } => Problem::invalid_at("/code", "unknown_code", detail),
        Refused::Own { .. } | Refused::Circle { .. } => {
            Problem::new(Code::CircularReferral, detail)
        }
        Refused::Before { .. } => Problem::new(Code::AlreadyReferred, detail),
        Refused::TooLate { .. } | Refused::Ordered { .. } => {
            Problem::new(Code::NotEligible, detail)
        }
    }
}

async fn list(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    paging: Paging,
    ask: Ask,
) -> Result<Answer, Problem> {
    let page = app
        .store
        .page::<Referrals>(
            &log_of(&customer),
            Order::NewestFirst,
            paging.after,
            paging.limit,
        )
        .await?;
    let standing = page.items.into_iter().map(|(_, found)| found.value);
    // Who claimed at the same time by another's code, and lost, may have left a place in that one's list.
    let items: Vec<View> = standing
        .filter(|referral| referral.is_sure() && referral.by == customer)
        .map(|referral| View::new(&referral, ask.now))
        .collect();
    Answer::ok(&List::new(items, page.next))
}
