//! What is said of a customer is decided on and committed.

use futures_util::future::try_join3;
use rapport_customer::{Command, Customer, Decision, ItemOutcome, Rejection};
use rapport_store::{Change, Committed, Once, Request, Store, UpdateError};
use rapport_types::{CustomerId, Timestamp, Zone};
use serde::Serialize;

use super::known::{Known, Stop, unless_older};
use super::{key, tagging};
use crate::earning::{self, Done};
use crate::effects::CustomerCarrier;
use crate::referrals::told;
use crate::{freshness, missions, referrals};

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
