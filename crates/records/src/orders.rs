//! An order that was tracked earns points: an effect of a customer's commit on their account.

use rapport_loyalty::{Order, Rejection, earn_orders};
use rapport_store::{Store, StoreError, UpdateError};
use rapport_types::{CustomerId, Timestamp, Zone};

use crate::accounts::{self, Way, Why};
use crate::sabotage;

/// The most orders that earn in one commit of an account. An entry leaves the document only when newer ones push it
/// out, and must have been committed before: so one commit may never write as many entries as stay.
const AT_ONCE: usize = 16;

/// Lets orders of `customer` earn; those that did before do not again.
pub(crate) async fn earn(
    store: &Store,
    customer: &CustomerId,
    mut orders: Vec<Order>,
    now: Timestamp,
    zone: &Zone,
) -> Result<(), StoreError> {
    let program = accounts::program(store).await?;
    // Without a programme no effect is recorded; here it can only be gone since.
    let Some(program) = program.as_ref() else {
        return Ok(());
    };
    if sabotage::FRESH_ORDERS {
        orders
            .iter_mut()
            .for_each(|order| sabotage::rename(store, order));
    }
    for part in orders.chunks(AT_ONCE) {
        let way = Way {
            now,
            zone,
            dry_run: false,
            why: Why::Orders,
            also: &[],
        };
        let decided = accounts::decide_so(store, customer, way, |account, _, prior| {
            earn_orders(account, Some(&program.value), part, prior, now, zone)
        })
        .await;
        match decided {
            Err(UpdateError::Rejected(Rejection::Unreadable(entry))) => {
                return Err(accounts::damaged(customer, entry));
            }
            // Every order was refused or had earned before: carried out.
            Ok(_)
            | Err(UpdateError::Rejected(_) | UpdateError::KeyReused | UpdateError::AnswerGone) => {}
            Err(UpdateError::Store(error)) => return Err(error),
        }
    }
    Ok(())
}
