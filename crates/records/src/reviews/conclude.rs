//! What was counted becomes a review, and fresh RFM thresholds.

use rapport_review::findings::{LEAST_BUYERS, Models};
use rapport_review::review::{Ended, Rfm};
use rapport_review::{Kind, Review, Settings, Subject};
use rapport_store::{
    Change, Current, Key, NoEffect, Nothing, Request, Store, StoreError, Table, UpdateError,
};
use rapport_types::Timestamp;

use super::pass::Pass;
use super::state::Summary;
use super::{Reviews, Summaries};
use crate::compiled::Compiled;
use crate::models::{self, MeanScores, ModelSet, Wanted};
use crate::segments::{self, Defined, Definition, DefinitionSet, Definitions};

/// Writes down what `pass` has come to. A second time changes nothing; the review is what was written first.
pub(super) async fn conclude(
    store: &Store,
    pass: &Pass,
    settings: &Settings,
    definitions: &Compiled,
    now: Timestamp,
) -> Result<Review, StoreError> {
    let key = Key::<Reviews>::of(&pass.id);
    let review = match store.read(&key).await? {
        // Somebody was here before.
        Some(found) => found.value,
        None => {
            let review = review(store, pass, settings, definitions, now).await?;
            write(store, &key, review.clone(), now).await?;
            // Of two who write at once, one does.
            let found = store.read(&key).await?;
            found.map_or(review, |found| found.value)
        }
    };
    if let Some(rfm) = review.rfm.as_ref().filter(|rfm| rfm.refreshed) {
        refresh(store, rfm, review.as_of, now).await?;
    }
    let summary = Summary::of(&review);
    write(store, &Key::<Summaries>::of(&pass.id), summary, now).await?;
    Ok(review)
}

async fn review(
    store: &Store,
    pass: &Pass,
    settings: &Settings,
    definitions: &Compiled,
    now: Timestamp,
) -> Result<Review, StoreError> {
    let set = store.read(&Key::<Definitions>::single()).await?;
    let models = set.map(|found| found.value.models).unwrap_or_default();
    let previous = match &pass.previous {
        Some(id) => store.read(&Key::<Reviews>::of(id)).await?,
        None => None,
    };
    let previous = previous.map(|found| found.value);
    let ended = Ended {
        id: pass.id.clone(),
        as_of: pass.as_of,
        since: pass.since,
        finished_at: now,
        segments: subjects(pass, definitions),
        tally: &pass.tally,
        has_points: pass.has_points,
        rfm: rfm(pass, settings, &models),
        models: Models {
            lifetime_fitted_at: models
                .lifetime
                .as_ref()
                .map(|kept| kept.model.fitted_at.unwrap_or(kept.updated_at)),
        },
    };
    Ok(Review::conclude(ended, previous.as_ref(), settings))
}

fn subjects(pass: &Pass, definitions: &Compiled) -> Vec<Subject> {
    let dynamic = definitions
        .segments
        .iter()
        .map(|segment| &segment.definition);
    let all: Vec<&Definition> = dynamic.chain(&definitions.lists).collect();
    let subject = |counted: &super::pass::Counted| {
        let definition = all.iter().find(|one| one.id == counted.id);
        Subject {
            id: counted.id.clone(),
            name: definition.map_or_else(|| counted.id.to_string(), |one| one.name.clone()),
            kind: match definition.map(|one| one.kind) {
                Some(segments::Kind::Manual) => Kind::Manual,
                Some(segments::Kind::Snapshot) => Kind::Snapshot,
                Some(segments::Kind::Dynamic) | None => Kind::Dynamic,
            },
            version: counted.version,
            created_at: definition.map_or(pass.as_of, |one| one.created_at),
            rule_changed_at: definition.map_or(pass.as_of, |one| one.rule_changed_at),
            changed: counted.changed,
        }
    };
    pass.segments.iter().map(subject).collect()
}

/// Thresholds that fit, and whether they shall be set: where there are none, or those that there are were computed. What people have
/// set by hand stays.
fn rfm(pass: &Pass, settings: &Settings, models: &ModelSet) -> Option<Rfm> {
    let population = &pass.tally.population;
    let fresh = population.thresholds()?;
    let mut rfm = Rfm::new(&fresh, population.customers())?;
    let kept = models.rfm.as_ref();
    let thresholds = kept.and_then(|kept| kept.model.thresholds().ok());
    rfm.drift = thresholds
        .as_ref()
        .map(|kept| rapport_review::ratio::rounded(population.drift(kept, &fresh), 4));
    rfm.refreshed = settings.refresh_rfm
        && rfm.customers >= LEAST_BUYERS
        && thresholds.as_ref() != Some(&fresh)
        && kept.is_none_or(|kept| is_computed(kept, pass.as_of));
    Some(rfm)
}

/// Whether the thresholds are not from people, and not newer than the review.
fn is_computed(kept: &models::Kept<models::Rfm>, as_of: Timestamp) -> bool {
    kept.model.computed_at.is_some() && kept.updated_at <= as_of
}

/// Sets the thresholds, which is a new version of the segments that ask for them.
async fn refresh(
    store: &Store,
    rfm: &Rfm,
    as_of: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    let wanted = models::Rfm {
        recency_days: rfm.recency_days,
        frequency: rfm.frequency,
        monetary: rfm.monetary.clone(),
        mean_scores: Some(MeanScores {
            r: rfm.mean_scores.r.clone(),
            f: rfm.mean_scores.f.clone(),
            m: rfm.mean_scores.m.clone(),
        }),
        computed_at: Some(as_of),
        customers: Some(rfm.customers),
    };
    let set = store
        .update::<_, (), Vec<rapport_types::Violation>>(
            &Key::<Definitions>::single(),
            Request::plain(now, &Nothing),
            |current: Current<Definitions>| {
                let mut value: DefinitionSet = current.value.unwrap_or_default();
                let kept = value.models.rfm.as_ref();
                // Set since by somebody else, or by this very review.
                if kept.is_some_and(|kept| !is_computed(kept, as_of)) {
                    return Ok(Change::Keep(()));
                }
                let set = value.set_model(Wanted::Rfm(wanted.clone()), now, current.next_rev)?;
                Ok(match set {
                    Defined::Same => Change::Keep(()),
                    Defined::Created | Defined::Changed => Change::Commit {
                        value,
                        effects: Vec::new(),
                        answer: (),
                    },
                })
            },
        )
        .await;
    match set {
        Err(UpdateError::Store(error)) => Err(error),
        Err(UpdateError::Rejected(wrong)) => {
            // What is computed from a population is in order; should it not be, the old thresholds stay.
            eprintln!("fresh RFM thresholds were refused: {wrong:?}");
            Ok(())
        }
        Ok(_) | Err(UpdateError::KeyReused | UpdateError::AnswerGone) => Ok(()),
    }
}

/// Writes a document that is written once.
async fn write<T: Table<Effect = NoEffect>>(
    store: &Store,
    key: &Key<T>,
    value: T::Value,
    now: Timestamp,
) -> Result<(), StoreError>
where
    T::Value: Clone,
{
    let request = Request::plain(now, &Nothing);
    let written = store
        .update::<T, (), std::convert::Infallible>(key, request, |current| {
            Ok(match current.value {
                Some(_) => Change::Keep(()),
                None => Change::Commit {
                    value: value.clone(),
                    effects: Vec::new(),
                    answer: (),
                },
            })
        })
        .await;
    match written {
        Err(UpdateError::Store(error)) => Err(error),
        Err(UpdateError::Rejected(never)) => match never {},
        Ok(_) | Err(UpdateError::KeyReused | UpdateError::AnswerGone) => Ok(()),
    }
}
