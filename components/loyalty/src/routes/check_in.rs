//! `/v1/loyalty/accounts/{customer}/check-ins`: a customer looks in, once a day, and earns by the programme's rules.

use axum::extract::State;
use axum::routing::get;
use rapport_loyalty::check_in::{CheckIns, Streak, check_in, would_give};
use rapport_loyalty::earning::{Occasion, Trigger};
use rapport_loyalty::{Account, Balance, Decision, TransactionId};
use rapport_records::accounts;
use rapport_records::beside::Beside;
use rapport_records::compiled::Compiled;
use rapport_records::customers::{self, CustomerRecord};
use rapport_records::earning::happened::Happening;
use rapport_records::earning::{self, Terms, Who};
use rapport_records::segments;
use rapport_types::{CustomerId, Day, Slug, Timestamp, Zone};
use rapport_web::{Answer, App, Ask, Command, Path, Problem, Router};
use serde::{Deserialize, Serialize};
use serde_json::Map;
use std::sync::Arc;

use crate::breakdown::{GrantView, whole};
use crate::refusal::Refusal;

/// How far ahead a bonus is looked for, in days.
const AHEAD: u32 = 31;

pub(crate) fn routes() -> Router<App> {
    Router::new().route(
        "/v1/loyalty/accounts/{customer}/check-ins",
        get(read).post(check),
    )
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    key: Option<String>,
    out_request_no: Option<String>,
}

/// How a customer's check-ins stand.
#[derive(Debug, Serialize)]
struct View {
    customer: CustomerId,
    /// The shop's.
    today: Day,
    checked_in: bool,
    streak: u32,
    longest: u32,
    total: u32,
    /// The first moment at which the streak is lost where nobody checks in before.
    until: Option<Timestamp>,
    /// What the next check-in gives.
    next: Option<Prospect>,
    /// The first after that which gives more, if there is one within a month.
    bonus: Option<Prospect>,
    /// The latest days, newest first.
    recent: Vec<Day>,
}

/// What a check-in will give, if none is missed until then.
#[derive(Debug, Serialize)]
struct Prospect {
    day: Day,
    streak: u32,
    points: i64,
}

#[derive(Debug, Serialize)]
struct Checked {
    transaction: TransactionId,
    points: i64,
    balance: Balance,
    tier: Option<Slug>,
    /// Which rules gave what.
    breakdown: Vec<GrantView>,
    #[serde(flatten)]
    view: View,
}

/// What rules are asked about, read before.
struct Known {
    terms: Arc<Option<Terms>>,
    asked: Option<(Arc<Compiled>, CustomerRecord, Beside)>,
    now: Timestamp,
}

impl Known {
    async fn read(app: &App, customer: &CustomerId, now: Timestamp) -> Result<Self, Problem> {
        let terms = earning::terms(&app.store).await?;
        let asks = |terms: &Terms| terms.asks_who(&Trigger::CheckIn);
        let asked = match terms.as_ref() {
            Some(terms) if asks(terms) => {
                let definitions = segments::compiled(&app.store).await?;
                let found = customers::read(&app.store, customer).await?;
                let record = match found {
                    Some(found) => found.value,
                    None => earning::unknown(customer.clone(), now),
                };
                let zone = &app.settings.zone;
                let beside = Beside::load(&app.store, customer, definitions.needs, zone).await?;
                Some((definitions, record, beside))
            }
            _ => None,
        };
        Ok(Self { terms, asked, now })
    }

    fn terms(&self) -> Option<&Terms> {
        self.terms.as_ref().as_ref()
    }

    /// A check-in at `at` that makes the streak so long.
    fn occasion(&self, streak: &Streak, at: Timestamp, zone: &Zone) -> Occasion {
        let trigger = Trigger::CheckIn;
        let Some(terms) = self.terms() else {
            return Occasion::of(trigger);
        };
        let properties: Map<_, _> = streak.properties();
        let happening = Happening {
            trigger,
            properties: &properties,
            at,
        };
        let who = self
            .asked
            .as_ref()
            .map(|(definitions, record, beside)| Who {
                definitions,
                record,
                beside,
            });
        // What has not happened yet counts from its moment on.
        terms.occasion(who, &happening, at.max(self.now), zone)
    }

    fn view(&self, customer: CustomerId, account: &Account, zone: &Zone) -> View {
        let today = CheckIns::day(account, zone.day_of(self.now));
        let streak = CheckIns::on(account, today);
        let first = i32::from(streak.today);
        let prospect = |ahead: u32| {
            let terms = self.terms()?;
            let days = first.checked_add(i32::try_from(ahead).ok()?)?;
            let day = today.plus_days(days)?;
            let then = streak.after(ahead);
            let at = match days {
                0 => self.now,
                _ => zone.start_of(day),
            };
            let occasion = self.occasion(&then, at, zone);
            Some(Prospect {
                day,
                streak: then.streak,
                points: would_give(account, &terms.program, &occasion, at, zone),
            })
        };
        let next = prospect(0);
        let usual = next.as_ref().map_or(0, |next| next.points);
        let mut later = (1..AHEAD).filter_map(prospect);
        let lost = (streak.streak > 0)
            .then(|| today.plus_days(first))
            .flatten();
        View {
            customer,
            today,
            checked_in: streak.today,
            streak: streak.streak,
            longest: streak.longest,
            total: streak.total,
            until: lost.map(|day| zone.end_of(day)),
            bonus: later.find(|later| later.points > usual),
            next,
            recent: CheckIns::recent(account),
        }
    }
}

async fn read(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    ask: Ask,
) -> Result<Answer, Problem> {
    let known = Known::read(&app, &customer, ask.now).await?;
    let found = app.store.read(&accounts::key(&customer)).await?;
    let account = found.map(|found| found.value).unwrap_or_default();
    Answer::ok(&known.view(customer, &account, &app.settings.zone))
}

async fn check(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    mut command: Command<Option<Body>>,
) -> Result<Answer, Problem> {
    if let Some(body) = command.body.take() {
        command.or_key(body.key.as_deref())?;
        command.or_out_request_no(body.out_request_no.as_deref())?;
    }
    let (now, zone) = (command.now, &app.settings.zone);
    let known = Known::read(&app, &customer, now).await?;
    let program = known.terms().map(|terms| &terms.program);
    let condition = &command.condition;
    let settled = accounts::decide::<Refusal>(
        &app.store,
        &customer,
        now,
        zone,
        command.dry_run,
        |account, rev, prior| {
            let occasion = |streak: &Streak| known.occasion(streak, now, zone);
            let key = command.key.as_deref();
            let decision = check_in(account, program, occasion, key, prior, now, zone)?;
            if matches!(&decision, Decision::Done(outcome) if outcome.changed()) {
                condition.check(rev)?;
            }
            Ok(decision)
        },
    )
    .await?;
    let outcome = settled.outcome;
    let view = known.view(customer, &outcome.account, zone);
    let checked = Checked {
        transaction: outcome.transaction,
        points: outcome.answer.points,
        balance: outcome.answer.balance,
        tier: outcome.answer.tier,
        breakdown: whole(&outcome.given, outcome.kind.as_ref(), &outcome.also),
        view,
    };
    Ok(Answer::ok(&checked)?
        .rev(settled.rev)
        .replayed(outcome.replayed))
}
