//! What was tracked earns points: an effect of a customer's commit on their account.

use rapport_loyalty::earning::Trigger;
use rapport_loyalty::{Rejection, Tracked, earn_tracked};
use rapport_store::{Store, StoreError, UpdateError};
use rapport_types::{CustomerId, Timestamp, Zone};

use crate::accounts;
use crate::earning::{self, Told};
use crate::sabotage;

/// The most of what was tracked that earns in one commit of an account. An entry leaves the document only when newer ones push it
/// out, and must have been committed before: so one commit may never write as many entries as stay.
const AT_ONCE: usize = 16;

/// Lets what `customer` did earn; what did before does not again.
pub(crate) async fn earn(
    store: &Store,
    customer: &CustomerId,
    tracked: Vec<(Tracked, Trigger, &Told)>,
    now: Timestamp,
    zone: &Zone,
) -> Result<(), StoreError> {
    let terms = earning::terms(store).await?;
    // Without a programme no effect is recorded; here it can only be gone since.
    let Some(terms) = terms.as_ref() else {
        return Ok(());
    };
    let mut tracked: Vec<_> = tracked
        .into_iter()
        .map(|(tracked, trigger, told)| (tracked, told.occasion(&terms.program, trigger)))
        .collect();
    if sabotage::FRESH_ORDERS {
        for (tracked, _) in &mut tracked {
            if let Tracked::Order(order) = tracked {
                sabotage::rename(store, order);
            }
        }
    }
    for part in tracked.chunks(AT_ONCE) {
        let decided = accounts::decide(store, customer, now, false, |account, _, prior| {
            earn_tracked(account, Some(&terms.program), part, prior, now, zone)
        })
        .await;
        match decided {
            Err(UpdateError::Rejected(Rejection::Unreadable(entry))) => {
                return Err(accounts::damaged(customer, entry));
            }
            // All were refused or had earned before: carried out.
            Ok(_)
            | Err(UpdateError::Rejected(_) | UpdateError::KeyReused | UpdateError::AnswerGone) => {}
            Err(UpdateError::Store(error)) => return Err(error),
        }
    }
    Ok(())
}
