//! What is over is written down, also where nobody asks for the account.

use rapport_loyalty::Rejection;
use rapport_store::{Store, StoreError, UpdateError, boxed};
use rapport_types::{CustomerId, Timestamp, Zone};

use super::{Way, Why, damaged, decide_so, program};

/// Writes down what has expired in a customer's account by `now`: what its timer is for.
#[boxed]
pub async fn expire(
    store: &Store,
    customer: &CustomerId,
    now: Timestamp,
    zone: &Zone,
) -> Result<(), StoreError> {
    settle(store, customer, Why::Over, now, zone)
        .await
        .map(drop)
}

/// The same, whatever for; whether anything of the account is another now.
pub(super) async fn settle(
    store: &Store,
    customer: &CustomerId,
    why: Why,
    now: Timestamp,
    zone: &Zone,
) -> Result<bool, StoreError> {
    let way = Way {
        now,
        zone,
        dry_run: false,
        why,
        also: &[],
    };
    let program = program(store).await?;
    let program = program.as_ref().as_ref().map(|found| &found.value);
    let decided = decide_so::<Rejection>(store, customer, way, |account, _, prior| {
        rapport_loyalty::expire(account, program, prior, now, zone)
    });
    match decided.await {
        Ok(settled) => Ok(settled.outcome.changed()),
        Err(UpdateError::Store(error)) => Err(error),
        Err(UpdateError::Rejected(Rejection::Unreadable(entry))) => Err(damaged(customer, entry)),
        // An account that no sum can describe any more is left as it is; nothing else is rejected here.
        Err(UpdateError::Rejected(_) | UpdateError::KeyReused | UpdateError::AnswerGone) => {
            Ok(false)
        }
    }
}
