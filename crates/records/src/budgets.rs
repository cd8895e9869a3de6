//! What earning rules have given to all customers together, where that is capped.

use std::convert::Infallible;

use rapport_loyalty::earning::Budget;
use rapport_loyalty::{Prior, TransactionId};
use rapport_store::{
    Change, Key, NoEffect, Nothing, Request, Store, StoreError, Table, UpdateError, boxed,
};
use rapport_types::{CustomerId, Slug, Timestamp};

use crate::accounts;

/// What each rule has given.
pub struct Budgets;

impl Table for Budgets {
    type Value = Budget;
    type Effect = NoEffect;
    const NAME: &'static str = "budget";
    const SCHEMA: u32 = 1;
}

/// What the rule of that id has given to all customers.
#[boxed]
pub async fn read(store: &Store, rule: &Slug) -> Result<Budget, StoreError> {
    let found = store.read(&Key::<Budgets>::of(rule.as_str())).await?;
    Ok(found.map(|found| found.value).unwrap_or_default())
}

/// Who earns.
#[derive(Clone, Copy)]
pub(crate) struct Earner<'a> {
    pub(crate) customer: &'a CustomerId,
    pub(crate) transaction: &'a TransactionId,
}

/// Claims so many points of each of `rules`, and notes in `prior` what there was. With `dry_run` it is only looked up.
#[boxed]
pub(crate) async fn claim<'a>(
    store: &'a Store,
    earner: Earner<'a>,
    rules: Vec<(Slug, i64)>,
    prior: &'a mut Prior,
    now: Timestamp,
    dry_run: bool,
) -> Result<(), StoreError> {
    let program = accounts::program(store).await?;
    let program = program.as_ref().as_ref().map(|found| &found.value);
    let by = [earner.customer.as_str(), earner.transaction.as_str()];
    for (rule, points) in rules {
        let key = Key::<Budgets>::of(rule.as_str());
        // Of a rule that has no cap any more all is left.
        let some = match program.and_then(|program| program.campaign(&rule)) {
            None => points,
            Some(cap) => {
                let request = Request {
                    dry_run,
                    ..Request::plain(now, &Nothing)
                };
                let claimed = store
                    .update::<_, i64, Infallible>(&key, request, |current| {
                        let before = current.value.unwrap_or_default();
                        let mut value = before.clone();
                        let some = value.claim(&by, points, cap);
                        Ok(match value == before {
                            true => Change::Keep(some),
                            false => Change::Commit {
                                value,
                                effects: Vec::new(),
                                answer: some,
                            },
                        })
                    })
                    .await;
                match claimed {
                    Ok(committed) => committed.answer,
                    Err(UpdateError::Store(error)) => return Err(error),
                    Err(UpdateError::Rejected(never)) => match never {},
                    // No idempotency key comes with it.
                    Err(UpdateError::KeyReused | UpdateError::AnswerGone) => 0,
                }
            }
        };
        prior.allot(earner.transaction, rule, points, some);
    }
    Ok(())
}
