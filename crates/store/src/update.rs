//! How a table's documents are updated.

use async_trait::async_trait;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::Store;
use crate::carrier::Sender;
use crate::commit::{Decider, Decision, Done, Now, Place, Refused, Step, Terms};
use crate::envelope::Envelope;
use crate::error::{StoreError, UpdateError};
use crate::request::{Change, Committed, Current, Decide, Request};
use crate::table::{Key, Table};
use crate::typed;

impl Store {
    /// Updates the document at `key`, creating it where there is none.
    ///
    /// `decide` is called again with what is there then, each time somebody else's commit came between. It must
    /// not do anything but decide.
    pub async fn update<T, A, R>(
        &self,
        key: &Key<T>,
        request: Request<'_, T>,
        mut decide: impl FnMut(Current<T>) -> Result<Change<T, A>, R> + Send,
    ) -> Result<Committed<A>, UpdateError<R>>
    where
        T: Table,
        A: Serialize + DeserializeOwned + Send,
        R: Send,
    {
        self.update_by(key, request, &mut decide).await
    }

    /// The same where a decision may want something read or written before it: see [`Change::Wait`].
    pub async fn update_by<T, A, R>(
        &self,
        key: &Key<T>,
        request: Request<'_, T>,
        decide: &mut (impl Decide<T, A, R> + ?Sized),
    ) -> Result<Committed<A>, UpdateError<R>>
    where
        T: Table,
        A: Serialize + DeserializeOwned + Send,
        R: Send,
    {
        let place = Place {
            key: key.as_str(),
            log: key.log(),
            schema: T::SCHEMA,
        };
        let terms = Terms {
            now: request.now,
            once: request.once,
            dry_run: request.dry_run,
        };
        let mut typed = Typed {
            decide,
            request,
            waits: None,
            decided: None,
            rejection: None,
            last: None,
        };
        let done = self.commit(place, terms, &mut typed).await;
        let (answer, rev, replayed) = match done {
            Ok(Done::Decided { rev }) => (typed.decided, rev, false),
            Ok(Done::Replayed { rev, answer }) => (serde_json::from_value(answer).ok(), rev, true),
            Err(UpdateError::KeyReused) => return Err(UpdateError::KeyReused),
            Err(UpdateError::AnswerGone) => return Err(UpdateError::AnswerGone),
            Err(UpdateError::Store(error)) => return Err(UpdateError::Store(error)),
            Err(UpdateError::Rejected(())) => {
                return Err(match typed.rejection {
                    Some(rejection) => UpdateError::Rejected(rejection),
                    None => UpdateError::AnswerGone,
                });
            }
        };
        let answer = answer.ok_or(UpdateError::AnswerGone)?;
        Ok(Committed {
            answer,
            rev,
            replayed,
        })
    }
}

/// The document as its table knows it.
fn current<T: Table>(now: Now<'_>) -> Result<Current<T>, StoreError> {
    let value = now
        .envelope
        .map(|envelope| typed::value::<T>(now.key, envelope));
    Ok(Current {
        value: value.transpose()?.flatten(),
        rev: now.rev,
        next_rev: now.next_rev,
    })
}

/// A decision about documents of one table.
struct Typed<'r, T: Table, A, R, D: ?Sized> {
    decide: &'r mut D,
    request: Request<'r, T>,
    /// The document that the last decision gave back, to be decided on again.
    waits: Option<Current<T>>,
    /// What the last decision answered.
    decided: Option<A>,
    /// Why the last decision said no.
    rejection: Option<R>,
    /// What the last decision wants committed, if that causes anything: carried out without being read again.
    last: Option<(T::Value, Vec<T::Effect>)>,
}

#[async_trait]
impl<T, A, R, D: ?Sized> Decider for Typed<'_, T, A, R, D>
where
    T: Table,
    A: Serialize + Send,
    R: Send,
    D: Decide<T, A, R>,
{
    fn decide(&mut self, now: Now<'_>) -> Result<Step, Refused> {
        let current = match self.waits.take() {
            Some(current) => current,
            None => current::<T>(now).map_err(Refused::Store)?,
        };
        let change = self.decide.decide(current).map_err(|rejection| {
            self.rejection = Some(rejection);
            Refused::Rejected
        })?;
        self.last = None;
        let (decision, answer) = match change {
            Change::Wait(current) => {
                self.waits = Some(current);
                return Ok(Step::Wait);
            }
            Change::Keep(answer) => (Decision::Keep, answer),
            Change::Delete(answer) => (Decision::Delete, answer),
            Change::Commit {
                value,
                effects,
                answer,
            } => {
                let said = typed::said::<T>(now.key, &value).map_err(Refused::Store)?;
                let outbox = (!effects.is_empty()).then(|| typed::json(now.key, &effects));
                let outbox = outbox.transpose().map_err(Refused::Store)?;
                if outbox.is_some() {
                    self.last = Some((value, effects));
                }
                (Decision::Commit { said, outbox }, answer)
            }
        };
        self.decided = Some(answer);
        Ok(Step::Decided(decision))
    }

    async fn prepare(&mut self, store: &Store) -> Result<(), StoreError> {
        self.decide.prepare(store).await
    }

    fn answer(&self) -> Option<Value> {
        serde_json::to_value(self.decided.as_ref()?).ok()
    }

    async fn carry(
        &mut self,
        store: &Store,
        key: &str,
        envelope: &Envelope,
        fresh: bool,
    ) -> Result<(), StoreError> {
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
        self.request.carrier.carry(store, sender, &effects).await
    }
}
