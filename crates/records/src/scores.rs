//! Scores: weighted clauses, summed. They stand among the segments, whose rules may name them.

use std::collections::BTreeSet;

use rapport_rules::{Rule, Score};
use rapport_types::{Slug, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::named::Named;
use crate::references::{Mentions, clauses};
use crate::segments::{Defined, DefinitionSet, Refused, wrong_name};

/// One score as it was defined.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScoreDefinition {
    /// Its id.
    pub id: Slug,
    /// What people call it.
    pub name: String,
    /// Its clauses, as they were given and checked.
    pub clauses: Value,
    /// Its bands; `null` where it has none.
    pub bands: Value,
    /// Grows by one with each change of clauses or bands, or of what they name.
    pub version: u64,
    /// The revision of the document with which anything of it last changed.
    pub rev: u64,
    /// When it was first defined.
    pub created_at: Timestamp,
    /// When anything of it last changed.
    pub updated_at: Timestamp,
}

/// A score as somebody wants it.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Its id.
    pub id: Slug,
    /// What people shall call it.
    pub name: String,
    /// Its clauses, not yet checked.
    pub clauses: Value,
    /// Its bands, not yet checked; `null`: none.
    pub bands: Value,
}

impl ScoreDefinition {
    /// As [`Score::parse`] reads it.
    pub fn json(&self) -> Value {
        json(&self.clauses, &self.bands)
    }
}

fn json(clauses: &Value, bands: &Value) -> Value {
    let mut json = Map::from_iter([("clauses".to_owned(), clauses.clone())]);
    if !bands.is_null() {
        json.insert("bands".to_owned(), bands.clone());
    }
    Value::Object(json)
}

impl DefinitionSet {
    /// The most scores.
    pub const MOST_SCORES: usize = 64;

    /// Defines or changes a score at `now`; `rev` is the revision that the document will have. Where it means something else now, so
    /// do those that name it, which get a new version.
    pub fn define_score(
        &mut self,
        wanted: Wanted,
        now: Timestamp,
        rev: u64,
    ) -> Result<Defined, Refused> {
        let Wanted {
            id,
            name,
            clauses: wanted,
            bands,
        } = wanted;
        let name = name.trim().to_owned();
        let mut violations = Vec::from_iter(wrong_name("/name", &name));
        let named = Named::Score(id.clone());
        match Score::parse(&json(&wanted, &bands)) {
            Err(wrong) => violations.extend(wrong),
            Ok(_) => {
                for (place, when) in clauses(&wanted) {
                    let wrong = Rule::parse(when).err().into_iter().flatten();
                    violations.extend(wrong.map(|violation| violation.under(&place)));
                }
            }
        }
        violations.extend(self.wrong_references(&named, &Mentions::of(clauses(&wanted))));
        if !violations.is_empty() {
            return Err(Refused::Invalid(violations));
        }
        let last = self.scores.get(&id);
        let (next, defined) = match last {
            Some(last) if last.clauses == wanted && last.bands == bands => {
                if last.name == name {
                    return Ok(Defined::Same);
                }
                let next = ScoreDefinition {
                    name,
                    rev,
                    updated_at: now,
                    ..last.clone()
                };
                (next, Defined::Changed)
            }
            None if self.scores.len() >= Self::MOST_SCORES => {
                return Err(Refused::TooMany("scores", Self::MOST_SCORES));
            }
            last => {
                let next = ScoreDefinition {
                    version: last
                        .map_or(self.retired, |last| last.version)
                        .saturating_add(1),
                    created_at: last.map_or(now, |last| last.created_at),
                    id: id.clone(),
                    name,
                    clauses: wanted,
                    bands,
                    rev,
                    updated_at: now,
                };
                let defined = match last {
                    Some(_) => Defined::Changed,
                    None => Defined::Created,
                };
                (next, defined)
            }
        };
        let changed = last.is_none_or(|last| last.version != next.version);
        self.try_to("/clauses", |set| drop(set.scores.insert(id, next)))?;
        if changed {
            self.renew_dependents(&named, now, rev);
        }
        Ok(defined)
    }

    /// Deletes a score at `now`; `rev` is the revision that the document will have. Answers which definitions mean something else now, as
    /// to their rules the score is absent; `None` where there is no such score.
    pub fn remove_score(&mut self, id: &Slug, now: Timestamp, rev: u64) -> Option<BTreeSet<Named>> {
        let removed = self.scores.remove(id)?;
        self.retired = self.retired.max(removed.version);
        Some(self.renew_dependents(&Named::Score(id.clone()), now, rev))
    }
}
