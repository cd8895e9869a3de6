//! The one way in which every route here changes definitions.
//!
//! Not generic on purpose: load, decide, commit is a good part of the component's code, and stands in it once. What is answered, and kept
//! with an idempotency key, passes through as JSON.

use rapport_records::accounts::TierSegments;
use rapport_records::dependents::{self, Dependent, Elsewhere};
use rapport_records::named::Named;
use rapport_records::segments::{Defined, DefinitionSet, Definitions, Refused};
use rapport_store::{Change, Committed, Key, Nothing, Once, Request, boxed};
use rapport_types::{Slug, Tag, Timestamp, json};
use rapport_web::condition::{Condition, etag};
use rapport_web::{Answer, App, Code, Command, Problem};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

/// How a command came.
pub(super) struct Terms {
    now: Timestamp,
    once: Option<Once>,
    dry_run: bool,
}

impl Terms {
    /// When.
    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    pub(super) fn of<T>(command: &Command<T>) -> Self {
        Self {
            now: command.now,
            once: command.once(),
            dry_run: command.dry_run,
        }
    }
}

/// What a decision came to: whether the definitions are others now, and what is answered.
pub(super) type Decided = Result<(bool, Value), Problem>;

/// What is decided about the definitions, of which the commit will have that revision.
type Decide<'a> = dyn FnMut(&mut DefinitionSet, u64) -> Decided + Send + 'a;

/// Lets `decide` change the definitions, whose next revision it is told, and commits them if it did.
#[boxed]
pub(super) async fn commit<'a>(
    app: &'a App,
    terms: &'a Terms,
    decide: &'a mut Decide<'a>,
) -> Result<Committed<Value>, Problem> {
    let request = Request {
        now: terms.now,
        once: terms.once.as_ref(),
        dry_run: terms.dry_run,
        carrier: &Nothing,
    };
    let tiers = TierSegments::read(&app.store).await?;
    let committed = app
        .store
        .update(&Key::<Definitions>::single(), request, |current| {
            let mut value = current.value.unwrap_or_default();
            let (changed, answer) = decide(&mut value, current.next_rev)?;
            if changed && let Some(wrong) = tiers.leads_back(&value) {
                return Err(Problem::invalid(vec![wrong]));
            }
            Ok::<_, Problem>(match changed {
                false => Change::Keep(answer),
                true => Change::Commit {
                    value,
                    effects: Vec::new(),
                    answer,
                },
            })
        })
        .await?;
    Ok(committed)
}

/// Refuses where the definitions, all of them together, are not at the revision that the client demands, the one before `next_rev`. They are
/// there from the beginning, with nothing in them.
pub(super) fn check_all(condition: &Condition, next_rev: u64) -> Result<(), Problem> {
    let rev = next_rev.saturating_sub(1);
    condition.check_tag(Some(&etag(rev)))
}

/// An answer, to be kept.
pub(super) fn kept(answer: &impl Serialize) -> Result<Value, Problem> {
    serde_json::to_value(answer).map_err(|error| Problem::internal(error.to_string()))
}

/// An answer that was kept.
pub(super) fn told<A: DeserializeOwned>(answer: Value) -> Result<A, Problem> {
    let read = serde_json::to_vec(&answer).and_then(|text| json::from_slice(&text));
    read.map_err(|error| Problem::internal(error.to_string()))
}

/// A body may repeat the id that stands in the address, so that what was read can be put again; it cannot give another one.
pub(super) fn check_repeated(what: &str, id: &str, repeated: Option<&str>) -> Result<(), Problem> {
    if repeated.is_none_or(|other| other == id) {
        return Ok(());
    }
    let detail = format!("The address names the {what} {id:?}; leave id out, or repeat it.");
    Err(Problem::invalid_at("/id", "invalid_value", detail))
}

/// What is kept of a definition that was put.
#[derive(Debug, Serialize, Deserialize)]
struct Put {
    created: bool,
    /// As it is answered.
    #[serde(alias = "segment", alias = "model")]
    view: Value,
}

/// What became of a definition that was put, `view` as it is answered, for [`answer_put`].
pub(super) fn put(defined: Defined, view: &impl Serialize) -> Decided {
    let answer = Put {
        created: defined == Defined::Created,
        view: kept(view)?,
    };
    Ok((defined != Defined::Same, kept(&answer)?))
}

/// The answer about a definition that was put: 201 where it is new, with its address if that is another than the request's.
pub(super) fn answer_put(committed: Committed<Value>, at: Option<&str>) -> Result<Answer, Problem> {
    let Put { created, view } = told(committed.answer)?;
    let rev = view.get("rev").and_then(Value::as_u64).unwrap_or_default();
    let answer = match created {
        true => Answer::created(&view)?,
        false => Answer::ok(&view)?,
    };
    let answer = match at.filter(|_| created) {
        Some(at) => answer.location(at),
        None => answer,
    };
    Ok(answer.rev(rev).replayed(committed.replayed))
}

/// What a deletion, or a new name, did to others.
#[derive(Debug, Default, Serialize)]
pub(super) struct Others {
    /// The segments whose rules mean something else now: each has a new version.
    changed: Vec<Slug>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changed_scores: Vec<Slug>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changed_tags: Vec<Tag>,
    /// The rewards for whose audience that is so, and the programme's rules.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changed_rewards: Vec<Slug>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changed_earning_rules: Vec<Slug>,
    /// The tiers that members of what is gone hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changed_tiers: Vec<Slug>,
}

impl Others {
    pub(super) fn new(changed: Vec<Dependent>) -> Self {
        let mut others = Self::default();
        for dependent in changed {
            match dependent {
                Dependent::Definition(Named::Segment(id)) => others.changed.push(id),
                Dependent::Definition(Named::Score(id)) => others.changed_scores.push(id),
                Dependent::Definition(Named::Tag(tag)) => others.changed_tags.push(tag),
                Dependent::Reward(id) => others.changed_rewards.push(id),
                Dependent::EarningRule(id) => others.changed_earning_rules.push(id),
                Dependent::Tier(id) => others.changed_tiers.push(id),
            }
        }
        others
    }
}

/// The definitions that mean something else now, and what stands elsewhere and names one of them, or of `names`.
pub(super) fn with_elsewhere(
    set: &DefinitionSet,
    changed: Vec<Named>,
    mut names: Vec<Named>,
    elsewhere: &Elsewhere,
) -> Vec<Dependent> {
    names.extend(changed.iter().flat_map(|named| set.all_names(named)));
    let definitions = changed.into_iter().map(Dependent::Definition);
    definitions.chain(elsewhere.naming(&names)).collect()
}

#[derive(Debug, Serialize)]
struct Removed<'a> {
    deleted: &'a str,
    #[serde(flatten)]
    others: Others,
}

/// Deletes a definition: refused where others name it, rewards and earning rules among them, unless by force. `then` says, for people, what
/// those would make of it. `check` says why it cannot go, not even by force.
pub(super) async fn delete(
    app: &App,
    command: &Command<()>,
    named: &Named,
    then: &str,
    check: &(dyn Fn(&DefinitionSet) -> Result<(), Problem> + Send + Sync),
) -> Result<Answer, Problem> {
    let id = named.id();
    let elsewhere = dependents::elsewhere(&app.store).await?;
    let committed = commit(app, &Terms::of(command), &mut |set, next_rev| {
        command.condition.check(set.rev_of(named))?;
        let names = set.all_names(named);
        let definitions = set.dependents(named).into_iter();
        let definitions = definitions.map(Dependent::Definition);
        let dependents: Vec<Dependent> = definitions.chain(elsewhere.naming(&names)).collect();
        let missed = set.is_missed(named);
        check(set)?;
        let changed = set.remove_named(named, command.now, next_rev);
        let changed = changed.ok_or_else(|| missing(named))?.into_iter().collect();
        if !dependents.is_empty() && !command.force {
            let names: Vec<String> = dependents.iter().map(Dependent::to_string).collect();
            return Err(Problem::new(
                Code::Conflict,
                format!(
                    "The rules of these name {id:?}: {}. Change them first; with ?force=true it goes all the same, and {then}.",
                    names.join(", ")
                ),
            ));
        }
        let names = if missed { names } else { Vec::new() };
        let changed = with_elsewhere(set, changed, names, &elsewhere);
        Ok((true, kept(&changed)?))
    })
    .await?;
    let changed: Vec<Dependent> = told(committed.answer)?;
    let answer = match changed.is_empty() {
        true => Answer::nothing(),
        false => Answer::ok(&Removed {
            deleted: id,
            others: Others::new(changed),
        })?,
    };
    Ok(answer.replayed(committed.replayed))
}

/// There is no such definition.
pub(super) fn missing(named: &Named) -> Problem {
    let what = match named {
        Named::Segment(_) => "segment",
        Named::Score(_) => "score",
        Named::Tag(_) => "tag",
    };
    Problem::not_found(what, named.id())
}

/// Why a definition is refused, as a problem.
pub(super) fn refused(refused: Refused) -> Problem {
    match refused {
        Refused::OtherKind(kind) => Problem::new(
            Code::Conflict,
            format!(
                "There is a segment of this id already, of the kind {}, which it keeps.",
                kind.name()
            ),
        ),
        Refused::Invalid(violations) => Problem::invalid(violations),
        Refused::TooMany(what, most) => Problem::new(
            Code::Conflict,
            format!("There are {most} {what}, which is the most. Delete one first."),
        ),
        Refused::Taken(tag) => Problem::new(
            Code::Conflict,
            format!(
                "There is the tag {:?} already, which rules take for the same.",
                tag.as_str()
            ),
        ),
        Refused::Conflict(detail) => Problem::new(Code::Conflict, detail),
        Refused::TooLarge(bytes) => Problem::new(
            Code::TooLarge,
            format!(
                "All names and rules together would have {bytes} bytes; they may have {}. Shorten lists of values, or mark customers with a tag and test that.",
                DefinitionSet::MOST_BYTES
            ),
        ),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What is kept with an idempotency key, segments and models once wrote in shapes of their own.
    #[test]
    fn what_earlier_versions_kept_is_answered() {
        for kept in [
            json!({"created": true, "view": {"rev": 3}}),
            json!({"created": true, "segment": {"rev": 3}}),
            json!({"created": true, "model": {"rev": 3}, "rev": 3}),
        ] {
            let put: Put = told(kept).unwrap();
            assert_eq!((put.created, put.view), (true, json!({"rev": 3})));
        }
    }
}
