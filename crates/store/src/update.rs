//! How a table's documents are updated.

use rapport_types::json;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::commit::{Decider, Decision, Done, Now, Place, Refused, Step, Terms};
use crate::envelope::Envelope;
use crate::error::{StoreError, UpdateError};
use crate::outbox::{self, Sent};
use crate::request::{Change, Committed, Current, Decide, Request};
use crate::table::{Key, Table};
use crate::{Later, Store, boxed};

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

    /// The same where a decision may want something read or written before it: see [`Change::Wait`]. Compiled for each shape of
    /// decisions and not for each decision.
    #[boxed]
    pub async fn update_by<'a, T, A, R>(
        &'a self,
        key: &'a Key<T>,
        request: Request<'a, T>,
        decide: &'a mut (dyn Decide<T, A, R> + 'a),
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
            waits: None,
            decided: None,
            rejection: None,
            sent: Sent::by(request.carrier),
        };
        let done = self.commit(place, terms, &mut typed).await;
        let (answer, rev, replayed) = match done {
            Ok(Done::Decided { rev }) => (typed.decided, rev, false),
            Ok(Done::Replayed { rev, answer }) => (read_again(&answer), rev, true),
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

/// A decision about documents of one table.
struct Typed<'r, T: Table, A, R> {
    decide: &'r mut (dyn Decide<T, A, R> + 'r),
    /// The document that the last decision gave back, to be decided on again.
    waits: Option<Current<T>>,
    /// What the last decision answered.
    decided: Option<A>,
    /// Why the last decision said no.
    rejection: Option<R>,
    sent: Sent<'r, T>,
}

impl<T, A, R> Decider for Typed<'_, T, A, R>
where
    T: Table,
    A: Serialize + Send,
    R: Send,
{
    fn decide(&mut self, now: Now<'_>) -> Result<Step, Refused> {
        let current = match self.waits.take() {
            Some(current) => current,
            None => outbox::current(&now)?,
        };
        let change = self.decide.decide(current).map_err(|rejection| {
            self.rejection = Some(rejection);
            Refused::Rejected
        })?;
        self.sent.forget();
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
            } => (self.sent.commit(now.key, value, effects)?, answer),
        };
        self.decided = Some(answer);
        Ok(Step::Decided(decision))
    }

    fn prepare<'a>(&'a mut self, store: &'a Store) -> Later<'a, Result<(), StoreError>> {
        self.decide.prepare(store)
    }

    fn answer(&self) -> Option<Value> {
        kept(self.decided.as_ref()?)
    }

    fn carry<'a>(
        &'a mut self,
        store: &'a Store,
        key: &'a str,
        envelope: &'a Envelope,
        fresh: bool,
    ) -> Later<'a, Result<(), StoreError>> {
        self.sent.carry(store, key, envelope, fresh)
    }
}

// Through text, which every answer is made of anyway: to write it as a value, and to read it from one, would be compiled once more for each.

/// An answer as it is kept.
fn kept<A: Serialize>(answer: &A) -> Option<Value> {
    let text = serde_json::to_vec(answer).ok()?;
    json::from_slice(&text).ok()
}

/// A kept answer.
fn read_again<A: DeserializeOwned>(kept: &Value) -> Option<A> {
    let text = serde_json::to_vec(kept).ok()?;
    json::from_slice(&text).ok()
}
