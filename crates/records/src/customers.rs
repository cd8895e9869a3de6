//! Customer documents.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use futures_util::future::try_join3;
use rapport_customer::{Command, Customer, Decision, ItemOutcome, Rejection};
use rapport_store::{
    Change, Committed, Key, Once, Request, Store, StoreError, Table, UpdateError, Versioned,
};
use rapport_types::{CustomerId, Slug, Timestamp, Zone};
use serde::{Deserialize, Serialize};

mod hearing;
mod tagging;

use crate::beside::{Beside, Revs};
use crate::earning::{self, Done};
use crate::effects::{CustomerCarrier, Effect};
use crate::freshness::{self, Listed, Moment, Transition};
use crate::missions::{self, Ready};
use crate::referrals::{self, told};
use crate::segments::{self, Compiled, Held};

pub(crate) use hearing::hear;
pub use tagging::{Tagged, tag};

/// Customers, each listed in [`LOG`] when created.
pub struct Customers;

/// The log of all customers, in the order of their creation.
pub const LOG: &str = "customers";

impl Table for Customers {
    type Value = CustomerRecord;
    type Effect = Effect;
    const NAME: &'static str = "customer";
    const SCHEMA: u32 = 1;
    const LOG: Option<&'static str> = Some(LOG);
}

/// What is stored of a customer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CustomerRecord {
    /// The customer.
    pub customer: Customer,
    /// The segments they were in at their last commit: what their audiences have been told.
    #[serde(default, with = "crate::held")]
    pub memberships: BTreeMap<Slug, Held>,
    /// The moment of that commit.
    pub evaluated_at: Timestamp,
    /// The revision of the definitions by which it was made. Nobody who knows only older ones commits after that.
    #[serde(default)]
    pub definitions: u64,
    /// The revisions of other documents by which it was made. Nobody who knows only older ones commits after that.
    #[serde(default, skip_serializing_if = "Revs::is_none")]
    pub seen: Revs,
    /// The timer that is set. Never later than the next moment at which a membership may change, unless it is past.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timer: Option<Timestamp>,
    /// The latest [`TRANSITIONS`](freshness::TRANSITIONS) comings and goings, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transitions: Vec<Transition>,
    /// For which period each mission was found done.
    #[serde(default, skip_serializing_if = "missions::Done::is_empty")]
    pub missions: missions::Done,
    /// How many news of the points account were told: see [`hear`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub heard: u64,
}

// serde's `skip_serializing_if` passes a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl CustomerRecord {
    /// A customer as of a moment, of whom nothing was told yet.
    pub fn new(customer: Customer, evaluated_at: Timestamp) -> Self {
        Self {
            customer,
            memberships: BTreeMap::new(),
            evaluated_at,
            definitions: 0,
            seen: Revs::default(),
            timer: None,
            transitions: Vec::new(),
            missions: missions::Done::new(),
            heard: 0,
        }
    }
}

/// What came of a command.
#[derive(Debug, Clone, Copy)]
pub struct Applied<'a> {
    /// The customer as it is now.
    pub customer: &'a Customer,
    /// The revision it has now.
    pub rev: u64,
    /// Whether the command created it.
    pub created: bool,
    /// One for each item of [`Command::Apply`], in order.
    pub outcomes: &'a [ItemOutcome],
}

/// How a command comes.
pub struct Circumstances<'a> {
    /// When.
    pub now: Timestamp,
    /// The shop's zone.
    pub zone: &'a Zone,
    /// The client's idempotency key, if it sent one.
    pub once: Option<&'a Once>,
    /// Answer in full, commit nothing.
    pub dry_run: bool,
}

/// The customer `id`, if there is one.
pub async fn read(
    store: &Store,
    id: &CustomerId,
) -> Result<Option<Versioned<CustomerRecord>>, StoreError> {
    store.read(&key(id)).await
}

/// The key of the customer `id`.
pub fn key(id: &CustomerId) -> Key<Customers> {
    Key::of(id.as_str())
}

/// Applies `command` to the customer `id`, commits, tells audiences who came and went, and lets orders earn points.
///
/// `check` sees the present revision (0: no customer) before anything is decided, for `If-Match`. `answer` makes of what came
/// out what shall be answered, and kept with an idempotency key.
pub async fn apply<A, R>(
    store: &Store,
    id: &CustomerId,
    command: Command,
    circumstances: Circumstances<'_>,
    check: impl Fn(u64) -> Result<(), R> + Send + Sync,
    answer: impl Fn(Applied<'_>) -> A + Send + Sync,
) -> Result<Committed<A>, UpdateError<R>>
where
    A: Serialize + serde::de::DeserializeOwned + Send,
    R: From<Rejection> + Send,
{
    let Circumstances {
        now,
        zone,
        once,
        dry_run,
    } = circumstances;
    // What earns does so by the programme there is when it is counted; one that is set later does not look back.
    let (terms, missions, mut known) = try_join3(
        earning::terms(store),
        missions::ready(store),
        Known::read(store, id, zone),
    )
    .await?;
    let carrier = CustomerCarrier {
        rules_ask_for_points: Some(known.definitions.needs.account),
        ..CustomerCarrier::new(now, zone)
    };
    let request = || Request {
        now,
        once,
        dry_run,
        carrier: &carrier,
    };
    loop {
        let mut ordered = false;
        let decided = store
            .update(&key(id), request(), |current| {
                ordered = false;
                let exists = current.value.is_some();
                check(if exists { current.rev } else { 0 }).map_err(Stop::Rejected)?;
                let last = current.value;
                known.check(last.as_ref())?;
                let customer = last.as_ref().map(|record| record.customer.clone());
                let decision = rapport_customer::decide(id, customer, command.clone(), now, zone);
                let Decision {
                    mut customer,
                    changed,
                    effects,
                    outcomes,
                } = decision.map_err(|rejection| Stop::Rejected(rejection.into()))?;
                tagging::refuse(&known.definitions, last.as_ref(), &command)
                    .map_err(|rejection| Stop::Rejected(rejection.into()))?;
                // Whoever writes, writes the names that tags have now.
                let changed = changed && {
                    known.definitions.rename_tags(&mut customer);
                    true
                };
                let rev = if changed {
                    current.next_rev
                } else {
                    current.rev
                };
                let answer = answer(Applied {
                    customer: &customer,
                    rev,
                    created: !exists && changed,
                    outcomes: &outcomes,
                });
                if !changed {
                    return Ok(Change::Keep(answer));
                }
                let moment = known.at(now, zone, rev);
                let (mut value, mut caused) =
                    freshness::next(last.as_ref(), customer, None, moment);
                let done = Done {
                    command: &command,
                    outcomes: &outcomes,
                    effects,
                    created: !exists,
                };
                let program = terms.as_ref().as_ref().map(|terms| &terms.program);
                let before = last.as_ref().map(|last| &last.customer);
                let claim = told::effects(program, before, &value.customer, &command, &outcomes);
                caused.extend(claim);
                let earning = match terms.as_ref() {
                    Some(terms) => terms.effects(moment, &value, done),
                    None => earning::without_terms(done),
                };
                ordered = !earning.is_empty();
                caused.extend(earning);
                let done = known.missions_done(&missions, &mut value, now, zone);
                ordered |= !done.is_empty();
                caused.extend(done);
                Ok(Change::Commit {
                    value,
                    effects: caused,
                    answer,
                })
            })
            .await;
        match unless_older(decided) {
            Some(decided) => {
                // An order may have been what a referral waits for.
                let refers = terms
                    .as_ref()
                    .as_ref()
                    .is_some_and(|terms| terms.program.referral.is_some());
                if decided.is_ok() && !dry_run && ordered && refers {
                    referrals::finish_quietly(store, id, now, zone).await;
                }
                // Where orders earned, carrying that out looked again already.
                if decided.is_ok() && !dry_run && !ordered {
                    known.end(store, id, now, zone).await;
                }
                return decided;
            }
            None => known.renew(store, id, zone).await?,
        }
    }
}

/// Why a decision on a customer ended.
enum Stop<R> {
    Rejected(R),
    /// The definitions or other documents have changed since they were read, and the customer was committed by those.
    Older,
}

/// What to decide by: the definitions, and what they need. Who knows only older ones than a customer was committed by does not undo what
/// newer ones have told: they are read again. Should the store have lost those, it is done without.
struct Known {
    definitions: Arc<Compiled>,
    beside: Beside,
    lost: bool,
}

impl Known {
    async fn read(store: &Store, id: &CustomerId, zone: &Zone) -> Result<Self, StoreError> {
        Self::by(segments::compiled(store).await?, store, id, zone).await
    }

    async fn by(
        definitions: Arc<Compiled>,
        store: &Store,
        id: &CustomerId,
        zone: &Zone,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            beside: Beside::load(store, id, definitions.needs, zone).await?,
            definitions,
            lost: false,
        })
    }

    fn at<'a>(&'a self, now: Timestamp, zone: &'a Zone, rev: u64) -> Moment<'a> {
        Moment {
            definitions: &self.definitions,
            beside: &self.beside,
            now,
            zone,
            rev,
        }
    }

    /// What the customer of `record` has done of the missions that was not found before.
    fn missions_done(
        &self,
        missions: &Ready,
        record: &mut CustomerRecord,
        now: Timestamp,
        zone: &Zone,
    ) -> Vec<Effect> {
        missions.settle(record, &self.definitions, &self.beside, now, zone)
    }

    fn check<R>(&self, last: Option<&CustomerRecord>) -> Result<(), Stop<R>> {
        let older = |last: &CustomerRecord| {
            last.definitions > self.definitions.rev || self.beside.is_older(last.seen)
        };
        match last {
            Some(last) if !self.lost && older(last) => Err(Stop::Older),
            _ => Ok(()),
        }
    }

    async fn renew(
        &mut self,
        store: &Store,
        id: &CustomerId,
        zone: &Zone,
    ) -> Result<(), StoreError> {
        let again = Self::read(store, id, zone).await?;
        let same = again.definitions.rev <= self.definitions.rev && !self.has_moved(&again.beside);
        *self = Self {
            lost: same,
            ..again
        };
        Ok(())
    }

    /// Whether another document has another revision now.
    fn has_moved(&self, now: &Beside) -> bool {
        now.revs(Revs::default()) != self.beside.revs(Revs::default())
    }

    /// After a commit: whoever committed another document meanwhile may have looked at the customer as they were before.
    async fn end(&self, store: &Store, id: &CustomerId, now: Timestamp, zone: &Zone) {
        let needs = self.definitions.needs;
        if !needs.any() {
            return;
        }
        let looked = async {
            let beside = Beside::load(store, id, needs, zone).await?;
            match self.has_moved(&beside) {
                true => look_again(store, id, now, zone).await,
                false => Ok(()),
            }
        };
        if let Err(error) = looked.await {
            // The commit stands.
            eprintln!("memberships of {id} were not looked at again: {error}");
        }
    }
}

/// What was decided; `None` where that takes newer definitions or other documents.
fn unless_older<A, R>(
    decided: Result<A, UpdateError<Stop<R>>>,
) -> Option<Result<A, UpdateError<R>>> {
    Some(match decided {
        Ok(answer) => Ok(answer),
        Err(UpdateError::Rejected(Stop::Older)) => return None,
        Err(UpdateError::Rejected(Stop::Rejected(rejection))) => {
            Err(UpdateError::Rejected(rejection))
        }
        Err(UpdateError::KeyReused) => Err(UpdateError::KeyReused),
        Err(UpdateError::AnswerGone) => Err(UpdateError::AnswerGone),
        Err(UpdateError::Store(error)) => Err(UpdateError::Store(error)),
    })
}

/// Looks at the memberships of the customer `id` afresh, and commits what differs from what their document has told; true where
/// something did. Their data stay as they are.
pub async fn reconsider(
    store: &Store,
    id: &CustomerId,
    definitions: &Arc<Compiled>,
    carrier: &CustomerCarrier<'_>,
) -> Result<bool, StoreError> {
    let (now, zone) = (carrier.now, carrier.zone);
    let mut known = Known::by(Arc::clone(definitions), store, id, zone).await?;
    let missions = missions::ready(store).await?;
    let mut told = false;
    loop {
        let request = Request::plain(now, carrier);
        let decided = store
            .update::<_, bool, Stop<Infallible>>(&key(id), request, |current| {
                let Some(last) = current.value else {
                    return Ok(Change::Keep(false));
                };
                known.check(Some(&last))?;
                if carrier.has_moved() {
                    return Err(Stop::Older);
                }
                let moment = known.at(now, zone, current.next_rev);
                let mut customer = last.customer.clone();
                let renamed = known.definitions.rename_tags(&mut customer);
                let (mut value, mut effects) = freshness::next(Some(&last), customer, None, moment);
                effects.extend(known.missions_done(&missions, &mut value, now, zone));
                Ok(if effects.is_empty() && !renamed {
                    Change::Keep(false)
                } else {
                    Change::Commit {
                        value,
                        effects,
                        answer: true,
                    }
                })
            })
            .await;
        match unless_older(decided) {
            None => known.renew(store, id, zone).await?,
            Some(Ok(committed)) if committed.answer => {
                told = true;
                let needs = known.definitions.needs;
                if !needs.any() {
                    return Ok(true);
                }
                // As after any commit: another document may have moved meanwhile.
                let beside = Beside::load(store, id, needs, zone).await?;
                if !known.has_moved(&beside) {
                    return Ok(true);
                }
                known.beside = beside;
            }
            Some(Ok(_)) => return Ok(told),
            Some(Err(UpdateError::Store(error))) => return Err(error),
            Some(Err(UpdateError::Rejected(never))) => match never {},
            // No idempotency key comes with it.
            Some(Err(UpdateError::KeyReused | UpdateError::AnswerGone)) => return Ok(told),
        }
    }
}

/// The same by the definitions there are now: what a commit of another document causes that flips a membership. Missions that are
/// done and were not found done before are paid, too.
pub async fn look_again(
    store: &Store,
    id: &CustomerId,
    now: Timestamp,
    zone: &Zone,
) -> Result<(), StoreError> {
    let definitions = segments::compiled(store).await?;
    let carrier = CustomerCarrier::new(now, zone);
    reconsider(store, id, &definitions, &carrier)
        .await
        .map(drop)
}

/// Does what a customer's timer is for: flips what time has flipped, and sets the next timer. One that was set for a change that
/// an earlier timer has dealt with is void, and costs a read.
pub async fn fall_due(
    store: &Store,
    id: &CustomerId,
    now: Timestamp,
    zone: &Zone,
) -> Result<(), StoreError> {
    let found = read(store, id).await?;
    let timer = found.and_then(|found| found.value.timer);
    if timer.is_none_or(|timer| timer > now) {
        return Ok(());
    }
    look_again(store, id, now, zone).await
}

/// How a list is changed.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The client's idempotency key, if it sent one.
    pub once: Option<&'a Once>,
    /// Answer in full, commit nothing.
    pub dry_run: bool,
}

/// Puts the customer `id` on the list of a manual segment or a snapshot, or takes them off; whether that changed anything.
/// `None` where there is no such customer.
pub async fn list(
    store: &Store,
    id: &CustomerId,
    listed: Listed<'_>,
    asked: Asked<'_>,
    carrier: &CustomerCarrier<'_>,
) -> Result<Committed<Option<bool>>, UpdateError<Infallible>> {
    let request = || Request {
        now: carrier.now,
        once: asked.once,
        dry_run: asked.dry_run,
        carrier,
    };
    let (now, zone) = (carrier.now, carrier.zone);
    let mut known = Known::read(store, id, zone).await?;
    loop {
        let decided = store
            .update::<_, Option<bool>, Stop<Infallible>>(&key(id), request(), |current| {
                let Some(last) = current.value else {
                    return Ok(Change::Keep(None));
                };
                known.check(Some(&last))?;
                let moment = known.at(now, zone, current.next_rev);
                let (value, effects) =
                    freshness::next(Some(&last), last.customer.clone(), Some(listed), moment);
                let held = |record: &CustomerRecord| {
                    let held = record.memberships.get(listed.segment);
                    held.is_some_and(|held| held.version == listed.version)
                };
                // Nor is anybody on the list of a segment that is gone.
                Ok(if held(&value) == held(&last) {
                    Change::Keep(Some(false))
                } else {
                    Change::Commit {
                        value,
                        effects,
                        answer: Some(true),
                    }
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
