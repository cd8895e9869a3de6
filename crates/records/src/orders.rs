//! An order that was tracked earns points: the effect of a customer's commit on their account.

use async_trait::async_trait;
use rapport_customer::Effect;
use rapport_loyalty::{Order, Rejection, earn_orders};
use rapport_store::{Carrier, Sender, Store, StoreError, UpdateError};
use rapport_types::{Timestamp, Zone};

use crate::accounts;
use crate::customers::Customers;
use crate::sabotage;

/// The most orders that earn in one commit of an account. An entry leaves the document only when newer ones push it
/// out, and must have been committed before: so one commit may never write as many entries as stay.
const AT_ONCE: usize = 16;

/// Carries out what a customer's commits cause.
pub struct OrderCarrier<'a> {
    /// When it is carried out.
    pub now: Timestamp,
    /// The shop's zone.
    pub zone: &'a Zone,
}

#[async_trait]
impl Carrier<Customers> for OrderCarrier<'_> {
    async fn carry(
        &self,
        store: &Store,
        sender: Sender<'_, Customers>,
        effects: &[Effect],
    ) -> Result<(), StoreError> {
        // Only customers that are there have effects.
        let Some(record) = sender.value else {
            return Ok(());
        };
        let program = accounts::program(store).await?;
        // Without a programme no effect is recorded; here it can only be gone since.
        let Some(program) = program.as_ref() else {
            return Ok(());
        };
        let mut orders: Vec<Order> = effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::OrderCompleted {
                    order_id,
                    money,
                    at,
                } => Some(Order {
                    id: order_id.clone(),
                    money: (*money)?,
                    at: *at,
                }),
            })
            .collect();
        if sabotage::FRESH_ORDERS {
            orders
                .iter_mut()
                .for_each(|order| sabotage::rename(store, order));
        }
        for part in orders.chunks(AT_ONCE) {
            let decided = accounts::decide(
                store,
                &record.customer.id,
                self.now,
                false,
                |account, _, prior| {
                    let program = Some(&program.value);
                    earn_orders(account, program, part, prior, self.now, self.zone)
                },
            )
            .await;
            match decided {
                Err(UpdateError::Rejected(Rejection::Unreadable(entry))) => {
                    return Err(accounts::damaged(&record.customer.id, entry));
                }
                // Every order was refused or had earned before: carried out.
                Ok(_)
                | Err(
                    UpdateError::Rejected(_) | UpdateError::KeyReused | UpdateError::AnswerGone,
                ) => {}
                Err(UpdateError::Store(error)) => return Err(error),
            }
        }
        Ok(())
    }
}
