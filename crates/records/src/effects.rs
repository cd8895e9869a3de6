//! Every table whose commits have effects, for the tick that carries out what a crash left.

use async_trait::async_trait;
use rapport_store::{DriverError, Resume, Resumed, Store, StoreError, Table, Waiting};
use rapport_types::{Timestamp, Zone};

use crate::customers::Customers;
use crate::orders::OrderCarrier;

/// Carries out effects of whatever document they are left in.
pub struct Effects<'a> {
    /// When they are carried out.
    pub now: Timestamp,
    /// The shop's zone.
    pub zone: &'a Zone,
}

#[async_trait]
impl Resume for Effects<'_> {
    async fn resume(&self, store: &Store, waiting: &Waiting) -> Result<Resumed, StoreError> {
        let Self { now, zone } = *self;
        match waiting.key.split_once(':') {
            Some((Customers::NAME, _)) => {
                store
                    .resume::<Customers>(waiting, &OrderCarrier { now, zone })
                    .await
            }
            // A newer version parks what this one does not know; it is left to that one.
            _ => Err(DriverError::Failed(format!("{} is of no known table", waiting.key)).into()),
        }
    }
}
