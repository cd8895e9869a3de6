//! Carrying out what a crash left in an outbox.

use crate::carrier::Carrier;
use crate::driver::Swapped;
use crate::error::StoreError;
use crate::outbox::{Outbox, Sent};
use crate::parking::Token;
use crate::retry::Retry;
use crate::sabotage;
use crate::table::Table;
use crate::{Store, boxed};

/// A parked document, as a tick found it.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// The document's key.
    pub key: String,
    pub(crate) token: Token,
    /// Whether the request that parked it may still be at it.
    pub(crate) young: bool,
}

/// What became of a parked document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resumed {
    /// Its effects are carried out, and it has been committed since it was parked.
    Done,
    /// The request that parked it may not have committed yet; nothing was done.
    Early,
}

impl Store {
    /// Carries out what was committed under `waiting`, and commits the document without it. That commit is made even where there
    /// was nothing to carry out, so that a request that parked and has not committed yet will fail to, and start again.
    pub async fn resume<T: Table>(
        &self,
        waiting: &Waiting,
        carrier: &dyn Carrier<T>,
    ) -> Result<Resumed, StoreError> {
        let mut sent = Sent::by(carrier);
        self.resume_by(waiting, T::SCHEMA, &mut sent).await
    }

    #[boxed]
    async fn resume_by(
        &self,
        waiting: &Waiting,
        schema: u32,
        outbox: &mut dyn Outbox,
    ) -> Result<Resumed, StoreError> {
        let key = waiting.key.as_str();
        let mut retry = Retry::new(self, key);
        loop {
            // Not where it may have moved: what was parked is what stood here.
            let Some(held) = self.hold_here(key, schema).await? else {
                return Ok(Resumed::Done);
            };
            let mut envelope = held.envelope;
            if envelope.parked.as_ref() == Some(&waiting.token) {
                if !sabotage::FORGETS_OUTBOX {
                    outbox.carry_out(self, key, &envelope).await?;
                }
                envelope.outbox = None;
                envelope.parked = None;
            } else if waiting.young {
                return Ok(Resumed::Early);
            }
            envelope.born = true;
            envelope.touches = envelope.touches.saturating_add(1);
            let bytes = envelope.encode_touched(key)?;
            if self.driver.swap(held.snapshot, bytes).await? == Swapped::Done {
                return Ok(Resumed::Done);
            }
            retry.pause().await?;
        }
    }
}
