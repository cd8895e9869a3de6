//! `/v1/loyalty/missions`: the missions of a shop; `/v1/loyalty/accounts/{customer}/missions`: how far a customer is.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::routing::{get, post};
use rapport_loyalty::mission::{MAX_MISSIONS, Mission, Period, Reward};
use rapport_records::beside::Beside;
use rapport_records::compiled::Compiled;
use rapport_records::customers::{self, CustomerRecord};
use rapport_records::missions::{self, Catalogue, Listed, Missions, ReadyMission};
use rapport_records::{earning, segments};
use rapport_store::{Key, Versioned};
use rapport_types::{CustomerId, Decimal, Slug, Timestamp, Zone, decimal};
use rapport_web::{Answer, App, Ask, Code, Command, Path, Problem, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use crate::carry_out::{end, moment};
use crate::catalogue;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/loyalty/missions", get(list))
        .route(
            "/v1/loyalty/missions/{id}",
            get(read).put(put).delete(delete),
        )
        .route("/v1/loyalty/accounts/{customer}/missions", get(of_customer))
        .route(
            "/v1/loyalty/accounts/{customer}/missions/{id}/claim",
            post(claim),
        )
}

/// A mission as clients write it: its moments may be days of the shop.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    name: String,
    description: Option<String>,
    rule: Value,
    reward: Reward,
    #[serde(default)]
    period: Period,
    from: Option<String>,
    until: Option<String>,
    audience: Option<Value>,
}

impl Body {
    fn mission(&self, app: &App) -> Result<Mission, Problem> {
        let zone = &app.settings.zone;
        let mission = Mission {
            name: self.name.clone(),
            description: self.description.clone(),
            rule: self.rule.clone(),
            reward: self.reward,
            period: self.period,
            from: moment(self.from.as_deref(), "/from", zone)?,
            until: end(self.until.as_deref(), "/until", zone)?,
            audience: self.audience.clone(),
        };
        let wrong = missions::check(&mission);
        match wrong.is_empty() {
            true => Ok(mission),
            false => Err(Problem::invalid(wrong)),
        }
    }
}

impl catalogue::Catalogue for Missions {
    type Entry = Mission;
    type Listed = Listed;
    const NOUN: &'static str = "mission";
    const MOST: usize = MAX_MISSIONS;

    fn full() -> String {
        format!("a shop has at most {MAX_MISSIONS} missions; delete one first")
    }

    fn entries(catalogue: &mut Catalogue) -> &mut BTreeMap<Slug, Listed> {
        &mut catalogue.missions
    }

    fn listed(mission: Mission, rev: u64) -> Listed {
        Listed { mission, rev }
    }

    fn parts(listed: &Listed) -> (&Mission, u64) {
        (&listed.mission, listed.rev)
    }
}

#[derive(Debug, Serialize)]
struct View {
    id: Slug,
    #[serde(flatten)]
    mission: Mission,
    rev: u64,
}

impl View {
    fn new(id: Slug, listed: Listed) -> Self {
        Self {
            id,
            mission: listed.mission,
            rev: listed.rev,
        }
    }
}

#[derive(Debug, Serialize)]
struct Page<V> {
    items: Vec<V>,
    /// There are never so many that they take another page.
    next_cursor: Option<Slug>,
}

impl<V> Page<V> {
    fn of(items: Vec<V>) -> Self {
        Self {
            items,
            next_cursor: None,
        }
    }
}

async fn list(State(app): State<App>, ask: Ask) -> Result<Answer, Problem> {
    let ready = missions::ready(&app.store).await?;
    let view = |ready: &ReadyMission| View::new(ready.id.clone(), ready.listed.clone());
    let items: Vec<View> = ready.missions.iter().map(view).collect();
    Ok(Answer::ok(&Page::of(items))?
        .named(ready.rev)
        .unless(&ask.condition))
}

async fn read(State(app): State<App>, Path(id): Path<Slug>, ask: Ask) -> Result<Answer, Problem> {
    let found: Option<Versioned<Catalogue>> = app.store.read(&Key::<Missions>::single()).await?;
    let listed = found.and_then(|found| found.value.missions.get(&id).cloned());
    let listed = listed.ok_or_else(|| Problem::not_found("mission", id.as_str()))?;
    let view = View::new(id, listed);
    Ok(Answer::ok(&view)?.named(view.rev).unless(&ask.condition))
}

async fn put(
    State(app): State<App>,
    Path(id): Path<Slug>,
    command: Command<Body>,
) -> Result<Answer, Problem> {
    let mission = command.body.mission(&app)?;
    let put = catalogue::put::<Missions, _>(&app, &command, &id, &mission, &[]).await?;
    let (rev, _) = put.answer;
    catalogue::answer(&put, &View { id, mission, rev })
}

async fn delete(
    State(app): State<App>,
    Path(id): Path<Slug>,
    command: Command<()>,
) -> Result<Answer, Problem> {
    catalogue::delete::<Missions>(&app, &command, &id).await
}

/// How far a customer is with a mission.
#[derive(Debug, Serialize)]
struct Standing {
    id: Slug,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    reward: Reward,
    period: Period,
    /// `upcoming`, `open`, `completed` or `over`.
    state: &'static str,
    progress: Progress,
    /// Whether the reward was given in this period.
    paid: bool,
    /// From when on events count; `null`: all ever.
    from: Option<Timestamp>,
    /// The first moment after the period; `null`: it does not end.
    until: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
struct Progress {
    value: Option<Number>,
    target: Option<Number>,
    /// Of a rule that asks for all of several: each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<Progress>,
}

impl Progress {
    fn of((value, target): (Decimal, Decimal)) -> Self {
        Self {
            value: decimal::to_number(value),
            target: decimal::to_number(target),
            parts: Vec::new(),
        }
    }
}

/// A customer with what rules ask about them.
struct Customer {
    definitions: std::sync::Arc<Compiled>,
    record: CustomerRecord,
    beside: Beside,
}

impl Customer {
    async fn read(app: &App, customer: &CustomerId, now: Timestamp) -> Result<Self, Problem> {
        let definitions = segments::compiled(&app.store).await?;
        let found = customers::read(&app.store, customer).await?;
        let record = match found {
            Some(found) => found.value,
            None => earning::unknown(customer.clone(), now),
        };
        let zone = &app.settings.zone;
        let beside = Beside::load(&app.store, customer, definitions.needs, zone).await?;
        Ok(Self {
            definitions,
            record,
            beside,
        })
    }

    /// How far they are with a mission; `None` where it is not for them.
    fn standing(&self, ready: &ReadyMission, now: Timestamp, zone: &Zone) -> Option<Standing> {
        let facts = self.definitions.facts(&self.record, &self.beside);
        let standing = ready.standing(&facts, &self.definitions, now, zone);
        let mission = &ready.listed.mission;
        let paid = ready.was_found(&self.record, now, zone);
        if !standing.in_audience && !paid {
            return None;
        }
        let state = if paid {
            "completed"
        } else if mission.from.is_some_and(|from| now < from) {
            "upcoming"
        } else if !mission.is_on(now) {
            "over"
        } else if standing.done {
            "completed"
        } else {
            "open"
        };
        let (value, target) = standing.progress;
        // What was done stays done for its period, also where events have left a window since.
        let value = if paid { value.max(target) } else { value };
        Some(Standing {
            id: ready.id.clone(),
            name: mission.name.clone(),
            description: mission.description.clone(),
            reward: mission.reward,
            period: mission.period,
            state,
            progress: Progress {
                parts: standing.parts.into_iter().map(Progress::of).collect(),
                ..Progress::of((value, target))
            },
            paid,
            from: standing.round.from,
            until: standing.round.until,
        })
    }
}

async fn of_customer(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    ask: Ask,
) -> Result<Answer, Problem> {
    let ready = missions::ready(&app.store).await?;
    let known = Customer::read(&app, &customer, ask.now).await?;
    let zone = &app.settings.zone;
    let standing = |ready| known.standing(ready, ask.now, zone);
    let items: Vec<_> = ready.missions.iter().filter_map(standing).collect();
    Answer::ok(&Page::of(items))
}

async fn claim(
    State(app): State<App>,
    Path((customer, id)): Path<(CustomerId, Slug)>,
    command: Command<()>,
) -> Result<Answer, Problem> {
    let (now, zone) = (command.now, &app.settings.zone);
    let all = missions::ready(&app.store).await?;
    let unknown = || Problem::not_found("mission", id.as_str());
    let ready = all.missions.iter().find(|ready| ready.id == id);
    let ready = ready.ok_or_else(unknown)?;
    let before = Customer::read(&app, &customer, now).await?;
    let standing = before.standing(ready, now, zone).ok_or_else(unknown)?;
    if standing.paid {
        return Ok(Answer::ok(&standing)?.replayed(true));
    }
    if standing.state != "completed" {
        let number = |number: Option<Number>| number.map_or("?".to_owned(), |n| n.to_string());
        let Progress { value, target, .. } = standing.progress;
        let detail = format!(
            "The mission is {}: {} of {} is done.",
            standing.state,
            number(value),
            number(target)
        );
        return Err(Problem::new(Code::Conflict, detail));
    }
    if command.dry_run {
        return Answer::ok(&standing);
    }
    customers::look_again(&app.store, &customer, now, zone).await?;
    let after = Customer::read(&app, &customer, now).await?;
    let standing = after.standing(ready, now, zone).ok_or_else(unknown)?;
    Answer::ok(&standing)
}
