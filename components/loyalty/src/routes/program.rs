//! `/v1/loyalty/program`: the programme is set and read.

use axum::extract::State;
use axum::routing::get;
use rapport_loyalty::earning::{Caps, EarningRule, Stacking};
use rapport_loyalty::news::Topic;
use rapport_loyalty::tier::policy::TierPolicy;
use rapport_loyalty::{Earning, PointsKind, Program, Redeem, Tier, referral};
use rapport_records::accounts::{self, Programs};
use rapport_records::budgets;
use rapport_records::earning::check;
use rapport_records::segments;
use rapport_store::{Change, Current, Key, Nothing};
use rapport_types::{Slug, Violation};
use rapport_web::{Answer, App, Ask, Code, Command, Problem, Router};
use serde::{Deserialize, Serialize};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/loyalty/program", get(read).put(put))
        .route("/v1/loyalty/program/campaigns", get(campaigns))
}

/// What the rules with a cap over all customers have given.
#[derive(Debug, Serialize)]
struct Campaigns {
    items: Vec<Campaign>,
}

#[derive(Debug, Serialize)]
struct Campaign {
    rule: Slug,
    per_campaign: i64,
    /// Points that were claimed for customers.
    given: i64,
    left: i64,
}

async fn campaigns(State(app): State<App>) -> Result<Answer, Problem> {
    let program = accounts::program(&app.store).await?;
    let rules = program.as_ref().iter().flat_map(|found| &found.value.rules);
    let mut items = Vec::new();
    for rule in rules {
        let Some(per_campaign) = rule.caps.and_then(|caps| caps.per_campaign) else {
            continue;
        };
        let budget = budgets::read(&app.store, &rule.id).await?;
        items.push(Campaign {
            rule: rule.id.clone(),
            per_campaign,
            given: budget.claimed,
            left: budget.left(per_campaign),
        });
    }
    Answer::ok(&Campaigns { items })
}

/// What was set; what a programme does not have is left out.
#[derive(Debug, Serialize, Deserialize)]
struct ProgramView {
    points: Earning,
    tiers: Vec<Tier>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    rules: Vec<EarningRule>,
    #[serde(default, skip_serializing_if = "is_usual")]
    multipliers: Stacking,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    caps: Option<Caps>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tier_policy: Option<TierPolicy>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    redeem: Option<Redeem>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    kinds: Vec<PointsKind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    referral: Option<referral::Terms>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    events: Option<Vec<Topic>>,
    rev: u64,
}

// serde's `skip_serializing_if` passes a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_usual(stacking: &Stacking) -> bool {
    *stacking == Stacking::default()
}

impl ProgramView {
    fn new(program: Program, rev: u64) -> Self {
        let Program {
            points,
            tiers,
            rules,
            multipliers,
            caps,
            tier_policy,
            redeem,
            kinds,
            referral,
            events,
        } = program;
        Self {
            points,
            tiers,
            rules,
            multipliers,
            caps,
            tier_policy,
            redeem,
            kinds,
            referral,
            events,
            rev,
        }
    }
}

async fn read(State(app): State<App>, ask: Ask) -> Result<Answer, Problem> {
    let program = accounts::program(&app.store).await?;
    let Some(found) = program.as_ref() else {
        return Err(Problem::new(
            Code::NotFound,
            "There is no programme yet. PUT /v1/loyalty/program sets one.",
        ));
    };
    let view = ProgramView::new(found.value.clone(), found.rev);
    Ok(Answer::ok(&view)?.rev(view.rev).unless(&ask.condition))
}

/// Everything that is wrong with a programme.
pub(crate) async fn wrong(app: &App, program: &Program) -> Result<Vec<Violation>, Problem> {
    let mut wrong = program.check();
    // Without segments in its conditions it does not matter which there are.
    if check::names_segments(program) {
        let definitions = segments::compiled(&app.store).await?;
        wrong.extend(check::check(program, &definitions));
    } else {
        wrong.extend(check::check(program, &segments::Compiled::default()));
    }
    Ok(wrong)
}

async fn put(State(app): State<App>, command: Command<Program>) -> Result<Answer, Problem> {
    let wrong = wrong(&app, &command.body).await?;
    let decide = |current: Current<Programs>| {
        // Not before a key that came is looked for: a segment may have gone since.
        if !wrong.is_empty() {
            return Err(Problem::invalid(wrong.clone()));
        }
        command.condition.check(current.rev)?;
        let program = command.body.clone();
        if current.value.as_ref() == Some(&program) {
            let rev = current.rev;
            return Ok(Change::Keep((ProgramView::new(program, rev), false)));
        }
        let rev = current.next_rev;
        let answer = ProgramView::new(program.clone(), rev);
        Ok(Change::Commit {
            value: program,
            effects: Vec::new(),
            answer: (answer, current.value.is_none()),
        })
    };
    let once = command.once();
    let request = command.request(once.as_ref(), &Nothing);
    let committed = app
        .store
        .update::<_, (ProgramView, bool), Problem>(&Key::single(), request, decide)
        .await?;
    let (view, created) = committed.answer;
    let answer = if created {
        Answer::created(&view)?
    } else {
        Answer::ok(&view)?
    };
    Ok(answer.rev(view.rev).replayed(committed.replayed))
}
