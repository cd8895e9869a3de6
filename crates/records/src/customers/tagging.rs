//! Tags are put on a customer and taken off.

use rapport_customer::{Command, Decision, Rejection, Tagging};
use rapport_store::{Change, Committed, Request, Store, UpdateError};
use rapport_types::{CustomerId, Tag, Timestamp, Violation};
use serde::{Deserialize, Serialize};

use super::known::{Known, Stop, unless_older};
use super::{Asked, CustomerRecord, key};
use crate::compiled::Compiled;
use crate::effects::CustomerCarrier;
use crate::freshness;
use crate::tags::Unknown;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tagged {
    /// Whether anything changed.
    pub changed: bool,
    /// Since when the first of the tags that were put on is on, where that is known.
    pub since: Option<Timestamp>,
    /// The customer's revision now.
    pub rev: u64,
}

/// Puts tags on the customer `id`, and takes others off. `check` sees the present revision first, for `If-Match`.
pub async fn tag<R: From<Rejection> + Send>(
    store: &Store,
    id: &CustomerId,
    tagging: &Tagging,
    asked: Asked<'_>,
    check: &(dyn Fn(u64) -> Result<(), R> + Send + Sync),
    carrier: &CustomerCarrier<'_>,
) -> Result<Committed<Tagged>, UpdateError<R>> {
    let (now, zone) = (carrier.now, carrier.zone);
    let mut known = Known::read(store, id, zone).await?;
    loop {
        let request = Request {
            now,
            once: asked.once,
            dry_run: asked.dry_run,
            carrier,
        };
        let decided = store
            .update::<_, Tagged, Stop<R>>(&key(id), request, |current| {
                let last = current.value;
                known.check(last.as_ref())?;
                if last.is_some() {
                    check(current.rev).map_err(Stop::Rejected)?;
                }
                let customer = last.as_ref().map(|last| last.customer.clone());
                let command = Command::Tag(tagging.clone());
                let decision = rapport_customer::decide(id, customer, command, now, zone);
                let Decision {
                    mut customer,
                    changed,
                    ..
                } = decision.map_err(|rejection| Stop::Rejected(rejection.into()))?;
                let changed = known.definitions.rename_tags(&mut customer) || changed;
                let first = tagging.put.first();
                let since = first.and_then(|tag| customer.tagged_at(tag.as_str()));
                let tagged = |rev| Tagged {
                    changed,
                    since,
                    rev,
                };
                if !changed {
                    return Ok(Change::Keep(tagged(current.rev)));
                }
                let answer = tagged(current.next_rev);
                let moment = known.at(now, zone, current.next_rev);
                let (value, effects) = freshness::next(last.as_ref(), customer, None, moment);
                Ok(Change::Commit {
                    value,
                    effects,
                    answer,
                })
            })
            .await;
        match unless_older(decided) {
            Some(decided) => {
                if decided.is_ok() && !asked.dry_run {
                    known.end(store, id, now, zone).await;
                }
                return decided;
            }
            None => known.renew(store, id, zone).await?,
        }
    }
}

/// Refuses tags that people put on a customer where a rule says who has them, or that are not in the catalogue, if the shop wants
/// that. What is on already stays.
pub(super) fn refuse(
    definitions: &Compiled,
    last: Option<&CustomerRecord>,
    command: &Command,
) -> Result<(), Rejection> {
    let Command::Patch(patch) = command else {
        return Ok(());
    };
    let strict = definitions.unknown_tags == Unknown::Refuse;
    if definitions.tags.is_empty() && !strict {
        return Ok(());
    }
    let mut wrong = Vec::new();
    for (place, text) in patch.tags.iter().flatten().flatten().enumerate() {
        let text = text.trim();
        if last.is_some_and(|last| last.customer.tags.contains(text)) {
            continue;
        }
        let Ok(tag) = Tag::parse(text) else { continue };
        let (code, detail) = match definitions.in_catalogue(&tag) {
            Some(known) if known.is_automatic() => (
                "automatic_tag",
                format!("a rule says who has the tag {text:?}; it is not put on by hand"),
            ),
            None if strict => (
                "unknown_tag",
                format!("there is no tag {text:?} in the catalogue, and the shop takes no others"),
            ),
            _ => continue,
        };
        wrong.push(Violation::new(format!("/tags/{place}"), code, detail));
    }
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(Rejection::Invalid(wrong)),
    }
}
