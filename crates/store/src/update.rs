//! Load, decide, park, commit, carry out; and again from the load when somebody else committed in between.

use serde::{Serialize, de::DeserializeOwned};

use crate::Store;
use crate::carrier::Sender;
use crate::creation::{Created, Creation};
use crate::driver::Swapped;
use crate::envelope::Envelope;
use crate::error::{StoreError, UpdateError};
use crate::once::{self, Seen};
use crate::parking::Berth;
use crate::read::Held;
use crate::request::{Change, Committed, Current, Request};
use crate::retry::Retry;
use crate::sabotage;
use crate::table::{Key, Table};

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
        if matches!(seen, Seen::Other) {
            return Err(UpdateError::KeyReused);
        }
        if envelope.frozen {
            let key = key.as_str().to_owned();
            return Err(StoreError::Frozen { key }.into());
        }
        if self.finish_earlier(key, request, &mut envelope).await? == Earlier::Commit {
            envelope.touches = envelope.touches.saturating_add(1);
            envelope.born = true;
            let bytes = envelope.encode_at_most(key.as_str())?;
            self.driver.swap(snapshot, bytes).await?;
            return Ok(None);
        }
        match seen {
            Seen::Before(Some(answer)) => {
                return Ok(Some(Committed {
                    answer,
                    rev,
                    replayed: true,
                }));
            }
            Seen::Before(None) => return Err(UpdateError::AnswerGone),
            Seen::Never | Seen::Other => {}
        }
        let next_rev = rev.saturating_add(1);
        let current = Current {
            value: envelope.value.take(),
            rev,
            next_rev,
        };
        let (value, effects, answer, next_rev) =
            match decide(current).map_err(UpdateError::Rejected)? {
                Change::Commit {
                    value,
                    effects,
                    answer,
                } => (Some(value), effects, answer, next_rev),
                Change::Delete(answer) => (None, Vec::new(), answer, next_rev),
                // Only an idempotency key is worth a write. What the document says was given to the decision.
                Change::Keep(answer) if request.once.is_some() && !request.dry_run => {
                    let bytes = snapshot.value.as_deref().unwrap_or_default();
                    let value = Envelope::<T>::decode(key.as_str(), bytes)?.value;
                    (value, Vec::new(), answer, rev)
                }
                Change::Keep(answer) => return Ok(Some(as_is(answer, rev))),
            };
        if request.dry_run {
            return Ok(Some(as_is(answer, rev)));
        }
        if let (false, Some(log)) = (envelope.listed, key.log()) {
            envelope.number = Some(self.list_again(log, key.as_str(), &envelope).await?);
            envelope.listed = true;
        }
        record(key, &mut envelope, request, &answer)?;
        // After the load, before the commit: see `parking`.
        let berth = match effects.as_slice() {
            [] => None,
            _ => Some(self.park(key.as_str()).await?),
        };
        let mut next = Envelope {
            rev: next_rev,
            touches: envelope.touches.saturating_add(u64::from(next_rev == rev)),
            schema: T::SCHEMA,
            born: true,
            value,
            outbox: effects,
            parked: berth.as_ref().map(|berth| berth.token().clone()),
            ..envelope
        };
        let bytes = next.encode_at_most(key.as_str())?;
        let blindly = sabotage::RETRIES_BLINDLY.then(|| (key.as_str(), bytes.clone()));
        if self.driver.swap(snapshot, bytes).await? == Swapped::Lost
            && !sabotage::swapped(self, blindly).await?
        {
            if let Some(berth) = berth {
                berth.leave();
            }
            return Ok(None);
        }
        if let Some(berth) = berth {
            self.follow_up(key, request, &next, berth).await;
        }
        Ok(Some(Committed {
            answer,
            rev: next_rev,
            replayed: false,
        }))
    }

    /// Sees to what earlier commits of the document may have left undone, because a crash came: their effects, and the entry in
    /// its log. Nothing of the document is acknowledged, not even again, before it can be found.
    async fn finish_earlier<T: Table>(
        &self,
        key: &Key<T>,
        request: &Request<'_, T>,
        envelope: &mut Envelope<T>,
    ) -> Result<Earlier, StoreError> {
        if request.dry_run {
            return Ok(Earlier::Seen);
        }
        if !envelope.outbox.is_empty() {
            // What is no longer parked was carried out. Asked after the load, so this cannot be of a later commit.
            let open = match &envelope.parked {
                Some(token) => self.is_parked(token).await?,
                None => true,
            };
            if open && !sabotage::FORGETS_OUTBOX {
                let sender = Sender {
                    key: key.as_str(),
                    rev: envelope.rev,
                    value: envelope.value.as_ref(),
                };
                request
                    .carrier
                    .carry(self, sender, &envelope.outbox)
                    .await?;
            }
            envelope.outbox.clear();
            envelope.parked = None;
        }
        if let (false, true, Some(log)) = (envelope.listed, envelope.value.is_some(), key.log()) {
            let number = self.list_again(log, key.as_str(), envelope).await?;
            envelope.listed = true;
            if envelope.number != Some(number) {
                envelope.number = Some(number);
                return Ok(Earlier::Commit);
            }
        }
        Ok(Earlier::Seen)
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
        let (value, effects, answer) = match decide(current).map_err(UpdateError::Rejected)? {
            Change::Keep(answer) | Change::Delete(answer) => return Ok(Some(as_is(answer, 0))),
            Change::Commit {
                value,
                effects,
                answer,
            } => (value, effects, answer),
        };
        if request.dry_run {
            return Ok(Some(as_is(answer, 0)));
        }
        let number = match key.log() {
            Some(log) => Some(self.next_number(log).await?),
            None => None,
        };
        // Whoever loses has carried out nothing, so a creation causes nothing: an empty document is created, and
        // the next round commits the value with its effects.
        let blank = !effects.is_empty();
        let mut envelope = Envelope::<T>::first((!blank).then_some(value));
        // A swap needs no register to say who won.
        envelope.born = self.creation() == Creation::Swap;
        envelope.number = number;
        envelope.created = self.driver.wall_millis();
        if !blank {
            record(key, &mut envelope, request, &answer)?;
        }
        let bytes = envelope.encode(key.as_str())?;
        if matches!(self.create(key.as_str(), bytes).await?, Created::Lost) {
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

    /// Carries out what the commit of `next` caused. The commit stands whatever happens here: what is left is in its outbox and
    /// parked, and a tick, or whoever commits the document next, carries it out.
    async fn follow_up<T: Table>(
        &self,
        key: &Key<T>,
        request: &Request<'_, T>,
        next: &Envelope<T>,
        berth: Berth,
    ) {
        let sender = Sender {
            key: key.as_str(),
            rev: next.rev,
            value: next.value.as_ref(),
        };
        match request.carrier.carry(self, sender, &next.outbox).await {
            Ok(()) => berth.leave(),
            Err(error) => eprintln!("an effect is left in its outbox: {error}"),
        }
    }
}

/// What had to be done for earlier commits.
#[derive(PartialEq, Eq)]
enum Earlier {
    /// Nothing that must be committed before anything is decided.
    Seen,
    /// The envelope has to be committed by itself first.
    Commit,
}

fn as_is<A>(answer: A, rev: u64) -> Committed<A> {
    Committed {
        answer,
        rev,
        replayed: false,
    }
}

/// Keeps `answer` with the request's idempotency key, if it has one.
fn record<T: Table>(
    key: &Key<T>,
    envelope: &mut Envelope<T>,
    request: &Request<'_, T>,
    answer: &impl Serialize,
) -> Result<(), StoreError> {
    let Some(once) = request.once else {
        return Ok(());
    };
    once::record(&mut envelope.answers, once, answer, request.now).map_err(|full| {
        StoreError::TooManyKeys {
            key: key.as_str().to_owned(),
            millis: full.millis,
        }
    })
}
