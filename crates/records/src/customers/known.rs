//! What a customer is decided on by: the definitions and other documents, read again where a customer was committed by newer ones.

use std::sync::Arc;

use rapport_store::{Store, StoreError, UpdateError, boxed};
use rapport_types::{CustomerId, Timestamp, Zone};

use super::{CustomerRecord, look_again};
use crate::beside::{Beside, Revs};
use crate::effects::Effect;
use crate::freshness::Moment;
use crate::missions::Ready;
use crate::segments::{self, Compiled};

/// Why a decision on a customer ended.
pub(super) enum Stop<R> {
    Rejected(R),
    /// The definitions or other documents have changed since they were read, and the customer was committed by those.
    Older,
}

/// What to decide by: the definitions, and what they need. Who knows only older ones than a customer was committed by does not undo what
/// newer ones have told: they are read again. Should the store have lost those, it is done without.
pub(super) struct Known {
    pub(super) definitions: Arc<Compiled>,
    pub(super) beside: Beside,
    lost: bool,
}

impl Known {
    #[boxed]
    pub(super) async fn read(
        store: &Store,
        id: &CustomerId,
        zone: &Zone,
    ) -> Result<Self, StoreError> {
        Self::by(segments::compiled(store).await?, store, id, zone).await
    }

    pub(super) async fn by(
        definitions: Arc<Compiled>,
        store: &Store,
        id: &CustomerId,
        zone: &Zone,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            beside: Beside::load(store, id, definitions.needs, zone).await?,
            definitions,
            lost: false,
        })
    }

    pub(super) fn at<'a>(&'a self, now: Timestamp, zone: &'a Zone, rev: u64) -> Moment<'a> {
        Moment {
            definitions: &self.definitions,
            beside: &self.beside,
            now,
            zone,
            rev,
        }
    }

    /// What the customer of `record` has done of the missions that was not found before.
    pub(super) fn missions_done(
        &self,
        missions: &Ready,
        record: &mut CustomerRecord,
        now: Timestamp,
        zone: &Zone,
    ) -> Vec<Effect> {
        missions.settle(record, &self.definitions, &self.beside, now, zone)
    }

    pub(super) fn check<R>(&self, last: Option<&CustomerRecord>) -> Result<(), Stop<R>> {
        let older = |last: &CustomerRecord| {
            last.definitions > self.definitions.rev || self.beside.is_older(last.seen)
        };
        match last {
            Some(last) if !self.lost && older(last) => Err(Stop::Older),
            _ => Ok(()),
        }
    }

    pub(super) async fn renew(
        &mut self,
        store: &Store,
        id: &CustomerId,
        zone: &Zone,
    ) -> Result<(), StoreError> {
        let again = Self::read(store, id, zone).await?;
        let same = again.definitions.rev <= self.definitions.rev && !self.has_moved(&again.beside);
        *self = Self {
            lost: same,
            ..again
        };
        Ok(())
    }

    /// Whether another document has another revision now.
    pub(super) fn has_moved(&self, now: &Beside) -> bool {
        now.revs(Revs::default()) != self.beside.revs(Revs::default())
    }

    /// After a commit: whoever committed another document meanwhile may have looked at the customer as they were before.
    #[boxed]
    pub(super) async fn end(&self, store: &Store, id: &CustomerId, now: Timestamp, zone: &Zone) {
        let needs = self.definitions.needs;
        if !needs.any() {
            return;
        }
        let looked = async {
            let beside = Beside::load(store, id, needs, zone).await?;
            match self.has_moved(&beside) {
                true => look_again(store, id, now, zone).await,
                false => Ok(()),
            }
        };
        if let Err(error) = looked.await {
            // The commit stands.
            eprintln!("memberships of {id} were not looked at again: {error}");
        }
    }
}

/// What was decided; `None` where that takes newer definitions or other documents.
pub(super) fn unless_older<A, R>(
    decided: Result<A, UpdateError<Stop<R>>>,
) -> Option<Result<A, UpdateError<R>>> {
    Some(match decided {
        Ok(answer) => Ok(answer),
        Err(UpdateError::Rejected(Stop::Older)) => return None,
        Err(UpdateError::Rejected(Stop::Rejected(rejection))) => {
            Err(UpdateError::Rejected(rejection))
        }
        Err(UpdateError::KeyReused) => Err(UpdateError::KeyReused),
        Err(UpdateError::AnswerGone) => Err(UpdateError::AnswerGone),
        Err(UpdateError::Store(error)) => Err(UpdateError::Store(error)),
    })
}
