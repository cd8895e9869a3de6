//! Missions: the catalogue, how far a customer is, and the points.
//!
//! Whoever commits a customer looks which missions they have done. The document remembers for which period each has been found done,
//! and the same commit causes the points, in the account, under an id made of mission and period. So does whoever looks at the
//! customer again: because a timer fell due, or because they are asked to. Nothing that is read pays: it may say that something is
//! done and not paid yet.
//!
//! Points, tiers and feedback are no facts of missions, as they are none of earning rules: a commit of those would not look here.

use std::collections::BTreeMap;
use std::sync::Arc;

use rapport_loyalty::mission::{Mission, Round};
use rapport_loyalty::{Rejection, decide};
use rapport_rules::{Rule, matches};
use rapport_store::{Key, NoEffect, Store, StoreError, Table, UpdateError, boxed};
use rapport_types::{CustomerId, Decimal, Slug, Timestamp, Violation, Zone};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::accounts::{self, Way, Why};
use crate::beside::Beside;
use crate::compiled::Compiled;
use crate::customers::CustomerRecord;
use crate::earning::check::elsewhere;
use crate::effects::Effect;
use crate::facts::Facts;

/// The catalogue, the only one of the shop.
pub struct Missions;

impl Table for Missions {
    type Value = Catalogue;
    type Effect = NoEffect;
    const NAME: &'static str = "missions";
    const SCHEMA: u32 = 1;
}

/// Every mission, by id.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Catalogue {
    /// The missions.
    pub missions: BTreeMap<Slug, Listed>,
}

/// A mission of the catalogue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Listed {
    /// What it is.
    pub mission: Mission,
    /// The catalogue's revision when it was changed last.
    pub rev: u64,
}

/// For which period each mission was found done, by the mission's id.
pub type Done = BTreeMap<Slug, String>;

/// The catalogue, ready.
#[derive(Debug, Default)]
pub struct Ready {
    /// Its revision; 0 where there is none.
    pub rev: u64,
    /// The missions, by id.
    pub missions: Vec<ReadyMission>,
}

/// A mission with its rules ready. One that a later version refuses is done by nobody.
#[derive(Debug)]
pub struct ReadyMission {
    /// Its id.
    pub id: Slug,
    /// As it was put.
    pub listed: Listed,
    rule: Option<Rule>,
    /// The parts of a rule that asks for all of several.
    parts: Vec<Rule>,
    audience: Option<Option<Rule>>,
}

/// A mission's reward, to be given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earned {
    /// The mission.
    pub mission: Slug,
    /// The period.
    pub round: String,
    /// What it was called.
    pub name: String,
    /// What it gave.
    pub points: i64,
    /// When it was found done.
    pub at: Timestamp,
}

/// How far a customer is with a mission.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// The period.
    pub round: Round,
    /// Whether the customer may.
    pub in_audience: bool,
    /// Whether it is done.
    pub done: bool,
    /// How much is done, and of how much.
    pub progress: (Decimal, Decimal),
    /// Of a rule that asks for all of several: the same of each.
    pub parts: Vec<(Decimal, Decimal)>,
}

/// The catalogue, compiled once per revision and instance.
#[boxed]
pub async fn ready(store: &Store) -> Result<Arc<Ready>, StoreError> {
    store
        .read_compiled(&Key::<Missions>::single(), |found| match found {
            None => Ready::default(),
            Some(found) => Ready {
                rev: found.rev,
                missions: found
                    .value
                    .missions
                    .into_iter()
                    .map(|(id, listed)| ReadyMission::new(id, listed))
                    .collect(),
            },
        })
        .await
}

impl ReadyMission {
    fn new(id: Slug, listed: Listed) -> Self {
        let mission = &listed.mission;
        let parts = mission.rule.get("all").and_then(Value::as_array);
        let parts = parts.into_iter().flatten();
        Self {
            rule: Rule::parse(&mission.rule).ok(),
            parts: parts.filter_map(|part| Rule::parse(part).ok()).collect(),
            audience: mission.audience.as_ref().map(|json| Rule::parse(json).ok()),
            id,
            listed,
        }
    }

    /// Whether it was found done in the period of `now`, and its reward given.
    pub fn was_found(&self, record: &CustomerRecord, now: Timestamp, zone: &Zone) -> bool {
        let found = record.missions.get(&self.id);
        found.is_some_and(|found| *found == self.listed.mission.round(now, zone).id)
    }

    /// How far the customer of `facts` is at `now`.
    pub fn standing(
        &self,
        facts: &Facts<'_>,
        definitions: &Compiled,
        now: Timestamp,
        zone: &Zone,
    ) -> Standing {
        let round = self.listed.mission.round(now, zone);
        let narrowed = |rule: &Rule| {
            let mut rule = rule.clone();
            definitions.link(&mut rule);
            if let Some(from) = round.from {
                rule.count_from(from, zone);
            }
            rule
        };
        let of = |rule: &Rule| {
            let done = matches(rule, facts, now, zone);
            let one = |done: bool| if done { Decimal::ONE } else { Decimal::ZERO };
            let progress = rule.progress(facts, now, zone);
            (done, progress.unwrap_or((one(done), Decimal::ONE)))
        };
        let (done, whole) = self
            .rule
            .as_ref()
            .map_or((false, (Decimal::ZERO, Decimal::ONE)), |rule| {
                of(&narrowed(rule))
            });
        let each: Vec<_> = self.parts.iter().map(|part| of(&narrowed(part))).collect();
        let passed = each.iter().filter(|(done, _)| *done).count();
        let progress = match each.is_empty() {
            true => whole,
            false => (Decimal::from(passed), Decimal::from(each.len())),
        };
        let in_audience = self.audience.as_ref().is_none_or(|rule| {
            rule.as_ref().is_some_and(|rule| {
                let mut rule = rule.clone();
                definitions.link(&mut rule);
                matches(&rule, facts, now, zone)
            })
        });
        Standing {
            round,
            in_audience,
            done,
            progress,
            parts: each.into_iter().map(|(_, progress)| progress).collect(),
        }
    }
}

impl Ready {
    /// What the customer of `record` has done at `now` that was not found before; notes it in the record.
    pub(crate) fn settle(
        &self,
        record: &mut CustomerRecord,
        definitions: &Compiled,
        beside: &Beside,
        now: Timestamp,
        zone: &Zone,
    ) -> Vec<Effect> {
        if self.missions.is_empty() {
            return Vec::new();
        }
        let facts = definitions.facts(record, beside);
        let mut found = Vec::new();
        for ready in &self.missions {
            let mission = &ready.listed.mission;
            if !mission.is_on(now) || ready.was_found(record, now, zone) {
                continue;
            }
            let standing = ready.standing(&facts, definitions, now, zone);
            if standing.done && standing.in_audience {
                found.push(Earned {
                    mission: ready.id.clone(),
                    round: standing.round.id,
                    name: mission.name.clone(),
                    points: mission.reward.points,
                    at: now,
                });
            }
        }
        drop(facts);
        // What is no mission any more needs no memory; one that comes back under its id is paid once per period all the same.
        let is_one = |id: &Slug| self.missions.iter().any(|ready| ready.id == *id);
        record.missions.retain(|id, _| is_one(id));
        for earned in &found {
            let (id, round) = (earned.mission.clone(), earned.round.clone());
            record.missions.insert(id, round);
        }
        found.into_iter().map(Effect::Mission).collect()
    }
}

/// Gives the rewards, each once.
#[boxed]
pub(crate) async fn pay(
    store: &Store,
    customer: &CustomerId,
    earned: &[&Earned],
    now: Timestamp,
    zone: &Zone,
) -> Result<(), StoreError> {
    let program = accounts::program(store).await?;
    let program = program.as_ref().as_ref().map(|found| &found.value);
    for one in earned {
        let command = Mission::reward(
            &one.mission,
            &one.round,
            &one.name,
            one.points,
            one.at.min(now),
        );
        let way = Way {
            now,
            zone,
            dry_run: false,
            why: Why::Orders,
            also: &[],
        };
        let paid = accounts::decide_so::<Rejection>(store, customer, way, |account, _, prior| {
            decide(account, program, &command, prior, now, zone)
        });
        match paid.await {
            Err(UpdateError::Store(error)) => return Err(error),
            Err(UpdateError::Rejected(Rejection::Unreadable(entry))) => {
                return Err(accounts::damaged(customer, entry));
            }
            // It was given before, or the account takes no more.
            Ok(_)
            | Err(UpdateError::Rejected(_) | UpdateError::KeyReused | UpdateError::AnswerGone) => {}
        }
    }
    Ok(())
}

/// What is wrong with a mission, its rules included; empty when nothing is.
pub fn check(mission: &Mission) -> Vec<Violation> {
    let mut wrong = mission.check();
    let rules = [
        ("/rule", Some(&mission.rule)),
        ("/audience", mission.audience.as_ref()),
    ];
    for (place, rule) in rules {
        let Some(json) = rule else { continue };
        let mut found = Vec::new();
        match Rule::parse(json) {
            Err(violations) => found = violations,
            Ok(_) => elsewhere(json, "", &mut found),
        }
        wrong.extend(found.into_iter().map(|violation| violation.under(place)));
    }
    wrong
}
