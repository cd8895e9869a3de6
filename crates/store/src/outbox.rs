//! What a decision about a table's documents wants committed, and carrying out what that causes. Apart from the decisions, so that
//! it is compiled once for each table and not for each decision.

use crate::carrier::{Carrier, Sender};
use crate::commit::{Decision, Now, Refused};
use crate::envelope::Envelope;
use crate::error::StoreError;
use crate::request::Current;
use crate::table::Table;
use crate::{Later, Store, typed};

/// The document as a decision finds it, read.
#[inline(never)]
pub(crate) fn current<T: Table>(now: &Now<'_>) -> Result<Current<T>, Refused> {
    let value = match now.envelope {
        Some(envelope) => typed::value::<T>(now.key, envelope).map_err(Refused::Store)?,
        None => None,
    };
    Ok(Current {
        value,
        rev: now.rev,
        next_rev: now.next_rev,
    })
}

/// What decisions cause elsewhere.
pub(crate) struct Sent<'r, T: Table> {
    carrier: &'r dyn Carrier<T>,
    /// What the last decision wants committed, if that causes anything: carried out without being read again.
    last: Option<(T::Value, Vec<T::Effect>)>,
}

impl<'r, T: Table> Sent<'r, T> {
    pub(crate) fn by(carrier: &'r dyn Carrier<T>) -> Self {
        let last = None;
        Self { carrier, last }
    }

    /// The last decision wants nothing committed that causes anything.
    pub(crate) fn forget(&mut self) {
        self.last = None;
    }

    /// A decision wants `value` committed, which causes `effects`.
    #[inline(never)]
    pub(crate) fn commit(
        &mut self,
        key: &str,
        value: T::Value,
        effects: Vec<T::Effect>,
    ) -> Result<Decision, Refused> {
        let said = typed::said::<T>(key, &value).map_err(Refused::Store)?;
        let outbox = if effects.is_empty() {
            None
        } else {
            let outbox = typed::json(key, &effects).map_err(Refused::Store)?;
            self.last = Some((value, effects));
            Some(outbox)
        };
        Ok(Decision::Commit { said, outbox })
    }

    /// Carries out what stands in the outbox of the document at `key`: that of the last decision where `fresh`.
    pub(crate) fn carry<'a>(
        &'a mut self,
        store: &'a Store,
        key: &'a str,
        envelope: &'a Envelope,
        fresh: bool,
    ) -> Later<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let (value, effects) = match self.last.take().filter(|_| fresh) {
                Some((value, effects)) => (Some(value), effects),
                None => (
                    typed::value::<T>(key, envelope)?,
                    typed::effects::<T>(key, envelope)?,
                ),
            };
            let sender = Sender {
                key,
                rev: envelope.rev,
                value: value.as_ref(),
            };
            self.carrier.carry(store, sender, &effects).await
        })
    }
}

/// An outbox of some table.
pub(crate) trait Outbox: Send {
    /// Carries out what stands in it.
    fn carry_out<'a>(
        &'a mut self,
        store: &'a Store,
        key: &'a str,
        envelope: &'a Envelope,
    ) -> Later<'a, Result<(), StoreError>>;
}

impl<T: Table> Outbox for Sent<'_, T> {
    fn carry_out<'a>(
        &'a mut self,
        store: &'a Store,
        key: &'a str,
        envelope: &'a Envelope,
    ) -> Later<'a, Result<(), StoreError>> {
        self.carry(store, key, envelope, false)
    }
}
