//! Load, decide, commit, carry out; and again from the load when somebody else committed in between.

use async_trait::async_trait;
use rapport_types::Timestamp;
use serde::{Serialize, de::DeserializeOwned};

use crate::Store;
use crate::creation::Created;
use crate::driver::Swapped;
use crate::envelope::Envelope;
use crate::error::{StoreError, UpdateError};
use crate::once::{self, Once, Seen};
use crate::read::Held;
use crate::retry::Retry;
use crate::table::{Key, NoEffect, Table};

/// What the request is about, beside the document.
pub struct Request<'a, T: Table> {
    /// When: for the age of idempotency keys.
    pub now: Timestamp,
    /// The client's idempotency key, if it sent one.
    pub once: Option<&'a Once>,
    /// Decide and answer, but commit nothing.
    pub dry_run: bool,
    /// Carries out what the document's commits cause elsewhere.
    pub carrier: &'a dyn Carrier<T>,
}

impl<'a, T: Table> Request<'a, T> {
    /// A plain request: no idempotency key, no dry run.
    pub fn plain(now: Timestamp, carrier: &'a dyn Carrier<T>) -> Self {
        Self {
            now,
            once: None,
            dry_run: false,
            carrier,
        }
    }
}

/// The document as the decision finds it.
pub struct Current<T: Table> {
    /// What it says; `None` where there is none.
    pub value: Option<T::Value>,
    /// Its revision; 0 where there is none.
    pub rev: u64,
    /// The revision that this commit will have.
    pub next_rev: u64,
}

/// What a decision wants. The answer is kept with an idempotency key.
pub enum Change<T: Table, A> {
    /// Nothing to write.
    Keep(A),
    /// The document's new value, and what that causes elsewhere.
    Commit {
        /// What the document shall say.
        value: T::Value,
        /// What this causes elsewhere.
        effects: Vec<T::Effect>,
        /// What the caller gets.
        answer: A,
    },
    /// No document any more. A tombstone stays, so that `rev` goes on.
    Delete(A),
}

/// What became of an update.
#[derive(Debug)]
pub struct Committed<A> {
    /// What the decision answered, now or when the idempotency key first came.
    pub answer: A,
    /// The document's revision now.
    pub rev: u64,
    /// The key came before, and nothing was written now.
    pub replayed: bool,
}

/// Carries effects out in other documents. Called again for the same effects after a crash or beside another
/// carrier, so doing it twice must be as doing it once. What the other document's rules refuse is carried out, too:
/// only a failing store is an error.
#[async_trait]
pub trait Carrier<T: Table>: Send + Sync {
    /// Carries out `effects`, in order.
    async fn carry(&self, store: &Store, effects: &[T::Effect]) -> Result<(), StoreError>;
}

/// The carrier of documents that cause nothing elsewhere.
pub struct Nothing;

#[async_trait]
impl<T: Table<Effect = NoEffect>> Carrier<T> for Nothing {
    async fn carry(&self, _store: &Store, _effects: &[NoEffect]) -> Result<(), StoreError> {
        Ok(())
    }
}

impl Store {
    /// Writes a document that its key determines: whoever writes it, however often, writes the same. A page of a
    /// journal is one. It needs no register, and is never updated.
    pub async fn write_once<T: Table>(
        &self,
        key: &Key<T>,
        value: T::Value,
    ) -> Result<(), StoreError> {
        let envelope = Envelope::<T> {
            rev: 1,
            schema: T::SCHEMA,
            born: true,
            number: None,
            created: 0,
            listed: false,
            frozen: false,
            moved_to: None,
            value: Some(value),
            outbox: Vec::new(),
            answers: Vec::new(),
        };
        let bytes = envelope.encode(key.as_str())?;
        self.ready_to_write().await?;
        Ok(self.driver.set(key.as_str(), bytes).await?)
    }

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
        if !request.dry_run {
            self.ready_to_write().await?;
        }
        let mut retry = Retry::new(self, key.as_str());
        loop {
            let held = self.hold::<T>(key.as_str()).await?;
            let tried = match held {
                Some(held) => self.try_commit(key, held, &request, &mut decide).await?,
                None => self.try_create(key, &request, &mut decide).await?,
            };
            match tried {
                Some(committed) => return Ok(committed),
                None => retry.pause().await?,
            }
        }
    }

    /// One try to commit over `held`; `None` when somebody else was faster.
    async fn try_commit<T, A, R>(
        &self,
        key: &Key<T>,
        held: Held<T>,
        request: &Request<'_, T>,
        decide: &mut (impl FnMut(Current<T>) -> Result<Change<T, A>, R> + Send),
    ) -> Result<Option<Committed<A>>, UpdateError<R>>
    where
        T: Table,
        A: Serialize + DeserializeOwned + Send,
        R: Send,
    {
        let Held {
            snapshot,
            mut envelope,
        } = held;
        let rev = envelope.rev;
        let seen = match request.once {
            Some(once) => once::look_up(&envelope.answers, once),
            None => Seen::Never,
        };
        let next_rev = rev.saturating_add(1);
        if matches!(seen, Seen::Other) {
            return Err(UpdateError::KeyReused);
        }
        if envelope.frozen {
            return Err(StoreError::Frozen {
                key: key.as_str().to_owned(),
            }
            .into());
        }
        // What an earlier commit caused and nobody is known to have carried out. After this, our own commit drops it.
        if !envelope.outbox.is_empty() && !request.dry_run {
            request.carrier.carry(self, &envelope.outbox).await?;
        }
        // An earlier creation may have crashed before its log entry was written. Nothing of the document is acknowledged, not
        // even again, before it can be found.
        if !envelope.listed
            && envelope.value.is_some()
            && !request.dry_run
            && let Some(log) = key.log()
        {
            let number = self.list_again(log, key.as_str(), &envelope).await?;
            if envelope.number != Some(number) {
                envelope.number = Some(number);
                envelope.listed = true;
                envelope.born = true;
                envelope.rev = next_rev;
                let bytes = envelope.encode_at_most(key.as_str())?;
                self.driver.swap(snapshot, bytes).await?;
                return Ok(None);
            }
            envelope.listed = true;
        }
        if let Seen::Before(Some(answer)) = seen {
            return Ok(Some(Committed {
                answer,
                rev,
                replayed: true,
            }));
        }
        let current = Current {
            value: envelope.value.take(),
            rev,
            // Nothing is committed for a key that came before, so no answer may name a revision that will not be.
            next_rev: match seen {
                Seen::Before(_) => rev,
                _ => next_rev,
            },
        };
        let change = decide(current).map_err(UpdateError::Rejected)?;
        let (value, effects, answer) = match change {
            Change::Keep(answer) => {
                return Ok(Some(Committed {
                    answer,
                    rev,
                    replayed: matches!(seen, Seen::Before(_)),
                }));
            }
            Change::Commit {
                value,
                effects,
                answer,
            } => (Some(value), effects, answer),
            Change::Delete(answer) => (None, Vec::new(), answer),
        };
        if let Seen::Before(None) = seen {
            // The change was made when the key first came; its answer has been let go, so this one is as of now.
            return Ok(Some(Committed {
                answer,
                rev,
                replayed: true,
            }));
        }
        if request.dry_run {
            return Ok(Some(Committed {
                answer,
                rev,
                replayed: false,
            }));
        }
        if !envelope.listed
            && let Some(log) = key.log()
        {
            envelope.number = Some(self.list_again(log, key.as_str(), &envelope).await?);
            envelope.listed = true;
        }
        if let Some(once) = request.once {
            once::record(&mut envelope.answers, once, &answer, request.now);
        }
        let mut next = Envelope {
            rev: next_rev,
            schema: T::SCHEMA,
            born: true,
            value,
            outbox: effects,
            ..envelope
        };
        let bytes = next.encode_at_most(key.as_str())?;
        if self.driver.swap(snapshot, bytes).await? == Swapped::Lost {
            return Ok(None);
        }
        self.follow_up(request, &next.outbox).await;
        Ok(Some(Committed {
            answer,
            rev: next_rev,
            replayed: false,
        }))
    }

    /// One try to create; `None` when the caller shall look again.
    async fn try_create<T, A, R>(
        &self,
        key: &Key<T>,
        request: &Request<'_, T>,
        decide: &mut (impl FnMut(Current<T>) -> Result<Change<T, A>, R> + Send),
    ) -> Result<Option<Committed<A>>, UpdateError<R>>
    where
        T: Table,
        A: Serialize + DeserializeOwned + Send,
        R: Send,
    {
        let current = Current {
            value: None,
            rev: 0,
            next_rev: 1,
        };
        let change = decide(current).map_err(UpdateError::Rejected)?;
        let (value, effects, answer) = match change {
            Change::Keep(answer) | Change::Delete(answer) => {
                return Ok(Some(Committed {
                    answer,
                    rev: 0,
                    replayed: false,
                }));
            }
            Change::Commit {
                value,
                effects,
                answer,
            } => (value, effects, answer),
        };
        if request.dry_run {
            return Ok(Some(Committed {
                answer,
                rev: 0,
                replayed: false,
            }));
        }
        let number = match key.log() {
            Some(log) => Some(self.next_number(log).await?),
            None => None,
        };
        // Whoever loses has carried out nothing, so a creation causes nothing: an empty document is created, and
        // the next round commits the value with its effects.
        let blank = !effects.is_empty();
        let mut answers = Vec::new();
        if let (Some(once), false) = (request.once, blank) {
            once::record(&mut answers, once, &answer, request.now);
        }
        let envelope = Envelope::<T> {
            rev: 1,
            schema: T::SCHEMA,
            // A swap needs no register to say who won.
            born: self.creation() == crate::Creation::Swap,
            number,
            created: self.driver.wall_millis(),
            listed: false,
            frozen: false,
            moved_to: None,
            value: (!blank).then_some(value),
            outbox: Vec::new(),
            answers,
        };
        let created = self
            .create(key.as_str(), envelope.encode(key.as_str())?)
            .await?;
        if matches!(created, Created::Lost) {
            return Ok(None);
        }
        if let (Some(log), Some(number)) = (key.log(), number) {
            self.write_entry(log, number, key.as_str()).await?;
        }
        Ok((!blank).then_some(Committed {
            answer,
            rev: 1,
            replayed: false,
        }))
    }

    /// Carries out what the commit caused. The commit stands whatever happens here: what is left is in its outbox,
    /// and whoever commits the document next carries it out first.
    async fn follow_up<T: Table>(&self, request: &Request<'_, T>, effects: &[T::Effect]) {
        if effects.is_empty() {
            return;
        }
        if let Err(error) = request.carrier.carry(self, effects).await {
            eprintln!("an effect is left in its outbox: {error}");
        }
    }
}
