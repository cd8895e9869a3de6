//! What a tick has to know: every table whose commits have effects, and every one that sets timers.

use async_trait::async_trait;
use rapport_store::{DriverError, Duties, Resumed, Store, StoreError, Table, Timer, Waiting};
use rapport_types::{CustomerId, Timestamp, Zone};

use crate::accounts::{self, AccountCarrier, Accounts};
use crate::customers::{self, Customers};
use crate::effects::CustomerCarrier;
use crate::feedback::{RecordCarrier, Records, Summaries, SummaryCarrier};
use crate::referrals::{self, Referrals};
use crate::rewards::{self, VoucherCarrier, Vouchers};
use crate::transfers;

/// Does what is to be done, in whatever document.
pub struct Todo<'a> {
    /// When they are carried out.
    pub now: Timestamp,
    /// The shop's zone.
    pub zone: &'a Zone,
}

#[async_trait]
impl Duties for Todo<'_> {
    async fn resume(&self, store: &Store, waiting: &Waiting) -> Result<Resumed, StoreError> {
        let Self { now, zone } = *self;
        match waiting.key.split_once(':') {
            Some((Customers::NAME, _)) => {
                store
                    .resume::<Customers>(waiting, &CustomerCarrier::new(now, zone))
                    .await
            }
            Some((Accounts::NAME, _)) => {
                store
                    .resume::<Accounts>(waiting, &AccountCarrier::new(now, zone))
                    .await
            }
            Some((Records::NAME, _)) => {
                store
                    .resume::<Records>(waiting, &RecordCarrier { now, zone })
                    .await
            }
            Some((Summaries::NAME, _)) => {
                store
                    .resume::<Summaries>(waiting, &SummaryCarrier { now, zone })
                    .await
            }
            Some((Vouchers::NAME, _)) => {
                store
                    .resume::<Vouchers>(waiting, &VoucherCarrier { now, zone })
                    .await
            }
            _ => Err(unknown(&waiting.key)),
        }
    }

    async fn fall_due(&self, store: &Store, timer: &Timer) -> Result<(), StoreError> {
        match self.do_what_is_due(store, timer).await {
            // It takes no commits, and would take none at the next tick. Whoever makes it take some again settles what is due.
            Err(StoreError::Frozen { key }) => {
                eprintln!("nothing falls due of {key}, which is frozen");
                Ok(())
            }
            done => done,
        }
    }
}

impl Todo<'_> {
    async fn do_what_is_due(&self, store: &Store, timer: &Timer) -> Result<(), StoreError> {
        match (timer.key.split_once(':'), CustomerId::parse(&timer.of)) {
            (Some((Accounts::NAME, _)), Ok(customer)) => {
                transfers::finish_all(store, &customer, self.now, self.zone).await?;
                rewards::go_on(store, &customer, self.now, self.zone).await?;
                accounts::expire(store, &customer, self.now, self.zone).await
            }
            (Some((Referrals::NAME, _)), Ok(customer)) => {
                let finished = referrals::finish(store, &customer, self.now, self.zone);
                finished.await.map(drop)
            }
            (Some((Customers::NAME, _)), Ok(customer)) => {
                customers::fall_due(store, &customer, self.now, self.zone).await
            }
            _ => Err(unknown(&timer.key)),
        }
    }
}

/// A newer version leaves what this one does not know; it stays for that one.
fn unknown(key: &str) -> StoreError {
    DriverError::Failed(format!("{key} is of no known table")).into()
}
