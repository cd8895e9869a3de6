//! Load, decide, park, commit, carry out; and again from the load when somebody else committed in between.
//!
//! Here a document is JSON of which nothing is known. Who knows its table is the [`Decider`].

use bytes::Bytes;
use rapport_types::Timestamp;
use serde_json::Value;

use crate::creation::{Created, Creation};
use crate::driver::Swapped;
use crate::envelope::Envelope;
use crate::error::{StoreError, UpdateError};
use crate::once::{self, Once, Seen};
use crate::parking::Berth;
use crate::read::Held;
use crate::retry::Retry;
use crate::sabotage;
use crate::typed::Said;
use crate::{Later, Store, boxed};

/// Where a document stands.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub key: &'a str,
    /// The log in which it is listed when it is created.
    pub log: Option<&'a str>,
    /// The version of what it will say.
    pub schema: u32,
}

/// How the request comes.
#[derive(Clone, Copy)]
pub(crate) struct Terms<'a> {
    pub now: Timestamp,
    pub once: Option<&'a Once>,
    pub dry_run: bool,
}

/// Knows what a document means.
pub(crate) trait Decider: Send {
    /// What shall become of the document, given what it says.
    fn decide(&mut self, current: Now<'_>) -> Result<Step, Refused>;

    /// Does what [`Step::Wait`] waits for.
    fn prepare<'a>(&'a mut self, store: &'a Store) -> Later<'a, Result<(), StoreError>>;

    /// What was answered with the last decision, to be kept with an idempotency key.
    fn answer(&self) -> Option<Value>;

    /// Carries out what stands in the outbox of the document at `key`: that of the last decision where `fresh`.
    fn carry<'a>(
        &'a mut self,
        store: &'a Store,
        key: &'a str,
        envelope: &'a Envelope,
        fresh: bool,
    ) -> Later<'a, Result<(), StoreError>>;
}

/// The document as the decision finds it.
#[derive(Clone, Copy)]
pub(crate) struct Now<'a> {
    pub key: &'a str,
    /// `None` where there is none.
    pub envelope: Option<&'a Envelope>,
    /// The revision; 0 where there is none.
    pub rev: u64,
    /// The revision that the commit will have.
    pub next_rev: u64,
}

/// What shall become of a document.
pub(crate) enum Decision {
    Keep,
    Commit { said: Said, outbox: Option<Bytes> },
    Delete,
}

/// How far a decision is.
pub(crate) enum Step {
    Decided(Decision),
    /// Something is to be prepared before this document can be decided on.
    Wait,
}

/// Why nothing was decided.
pub(crate) enum Refused {
    /// The decider has its reasons.
    Rejected,
    Store(StoreError),
}

impl From<Refused> for UpdateError<()> {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Rejected => Self::Rejected(()),
            Refused::Store(error) => Self::Store(error),
        }
    }
}

/// What became of an update.
pub(crate) enum Done {
    /// As the decider said last.
    Decided { rev: u64 },
    /// The idempotency key came before.
    Replayed { rev: u64, answer: Value },
}

type Failed = UpdateError<()>;

impl Store {
    /// Updates the document at `place`, creating it where there is none.
    #[boxed]
    pub(crate) async fn commit<'a>(
        &'a self,
        place: Place<'a>,
        terms: Terms<'a>,
        decider: &'a mut dyn Decider,
    ) -> Result<Done, Failed> {
        if !terms.dry_run {
            self.ready_to_write().await?;
        }
        let mut retry = Retry::new(self, place.key);
        let mut unsure: Option<Unsure> = None;
        loop {
            let held = self.hold(place.key, place.schema).await?;
            let held = match (unsure.take(), held) {
                (Some(last), Some(held)) => match last.judge(&held.envelope) {
                    Judged::Landed => {
                        let Held { key, envelope, .. } = held;
                        let Unsure { berth, rev, .. } = last;
                        self.follow_up(&key, &envelope, berth, decider).await;
                        return Ok(Done::Decided { rev });
                    }
                    Judged::Lost => {
                        last.berth.leave();
                        Some(held)
                    }
                    // It may land yet: what it would cause stays parked.
                    Judged::Open => Some(held),
                },
                (_, held) => held,
            };
            let tried = match held {
                Some(held) => self.try_commit(place, held, terms, decider).await?,
                None => self.try_create(place, terms, decider).await?,
            };
            match tried {
                Tried::Done(done) => return Ok(done),
                Tried::Again(last) => unsure = last,
            }
            retry.pause().await?;
        }
    }

    /// One try to commit over `held`.
    async fn try_commit(
        &self,
        place: Place<'_>,
        held: Held,
        terms: Terms<'_>,
        decider: &mut dyn Decider,
    ) -> Result<Tried, Failed> {
        let Held {
            key: held_at,
            snapshot,
            mut envelope,
        } = held;
        let before = envelope.mark();
        let rev = envelope.rev;
        let seen = match terms.once {
            Some(once) => once::look_up(&envelope.answered(place.key)?, once),
            None => Seen::Never,
        };
        if matches!(seen, Seen::Other) {
            return Err(UpdateError::KeyReused);
        }
        if envelope.frozen {
            let key = place.key.to_owned();
            return Err(StoreError::Frozen { key }.into());
        }
        let earlier = self
            .finish_earlier(place, &held_at, terms, &mut envelope, decider)
            .await?;
        if earlier == Earlier::Commit {
            envelope.touches = envelope.touches.saturating_add(1);
            envelope.born = true;
            let bytes = envelope.encode_at_most(place.key)?;
            self.driver.swap(snapshot, bytes).await?;
            return Ok(Tried::Again(None));
        }
        match seen {
            Seen::Before(Some(answer)) => return Ok(Tried::Done(Done::Replayed { rev, answer })),
            Seen::Before(None) => return Err(UpdateError::AnswerGone),
            Seen::Never | Seen::Other => {}
        }
        let next_rev = rev.saturating_add(1);
        let now = Now {
            key: place.key,
            envelope: Some(&envelope),
            rev,
            next_rev,
        };
        let (said, outbox, next_rev) = match self.decided(now, decider).await? {
            Decision::Commit { said, outbox } => (Some(said), outbox, next_rev),
            Decision::Delete => (None, None, next_rev),
            // Only an idempotency key is worth a write.
            Decision::Keep if terms.once.is_some() && !terms.dry_run => {
                let rest = envelope.rest.clone();
                let said = envelope.value.clone().map(|value| Said { value, rest });
                (said, None, rev)
            }
            Decision::Keep => return Ok(Tried::Done(Done::Decided { rev })),
        };
        if terms.dry_run {
            return Ok(Tried::Done(Done::Decided { rev }));
        }
        if let (false, Some(log)) = (envelope.listed, place.log) {
            envelope.number = Some(self.list_again(log, place.key, &envelope).await?);
            envelope.listed = true;
        }
        record(place.key, &mut envelope, terms, decider)?;
        // After the load, before the commit: see `parking`.
        let berth = match outbox {
            None => None,
            Some(_) => Some(self.park(&held_at).await?),
        };
        let (value, rest) = said.map_or((None, None), |said| (Some(said.value), said.rest));
        let mut next = Envelope {
            rev: next_rev,
            touches: envelope.touches.saturating_add(u64::from(next_rev == rev)),
            schema: place.schema,
            born: true,
            value,
            rest,
            outbox,
            parked: berth.as_ref().map(|berth| berth.token().clone()),
            ..envelope
        };
        let bytes = next.encode_at_most(place.key)?;
        let blindly = sabotage::RETRIES_BLINDLY.then(|| (place.key, bytes.clone()));
        if self.driver.swap(snapshot, bytes).await? == Swapped::Lost
            && !sabotage::swapped(self, blindly).await?
        {
            // Some backends say so of a swap that has landed, if the answer to it was lost on the way.
            return Ok(Tried::Again(berth.map(|berth| Unsure {
                berth,
                rev: next_rev,
                before,
            })));
        }
        if let Some(berth) = berth {
            self.follow_up(&held_at, &next, berth, decider).await;
        }
        Ok(Tried::Done(Done::Decided { rev: next_rev }))
    }

    /// What is decided about a document, once all is prepared that the decision waits for.
    async fn decided(&self, now: Now<'_>, decider: &mut dyn Decider) -> Result<Decision, Failed> {
        loop {
            match decider.decide(now)? {
                Step::Wait => decider.prepare(self).await?,
                Step::Decided(decision) => return Ok(decision),
            }
        }
    }

    /// Sees to what earlier commits of the document may have left undone, because a crash came: their effects, and the entry in
    /// its log. Nothing of the document is acknowledged, not even again, before it can be found.
    async fn finish_earlier(
        &self,
        place: Place<'_>,
        held_at: &str,
        terms: Terms<'_>,
        envelope: &mut Envelope,
        decider: &mut dyn Decider,
    ) -> Result<Earlier, StoreError> {
        if terms.dry_run {
            return Ok(Earlier::Seen);
        }
        if envelope.outbox.is_some() {
            // What is no longer parked was carried out. Asked after the load, so this cannot be of a later commit.
            let open = match &envelope.parked {
                Some(token) => self.is_parked(token).await?,
                None => true,
            };
            if open && !sabotage::FORGETS_OUTBOX {
                decider.carry(self, held_at, envelope, false).await?;
            }
            envelope.outbox = None;
            envelope.parked = None;
        }
        if let (false, true, Some(log)) = (envelope.listed, envelope.value.is_some(), place.log) {
            let number = self.list_again(log, place.key, envelope).await?;
            envelope.listed = true;
            if envelope.number != Some(number) {
                envelope.number = Some(number);
                return Ok(Earlier::Commit);
            }
        }
        Ok(Earlier::Seen)
    }

    /// One try to create.
    async fn try_create(
        &self,
        place: Place<'_>,
        terms: Terms<'_>,
        decider: &mut dyn Decider,
    ) -> Result<Tried, Failed> {
        let Place { key, log, schema } = place;
        let now = Now {
            key,
            envelope: None,
            rev: 0,
            next_rev: 1,
        };
        let decided = self.decided(now, decider).await?;
        let Decision::Commit { said, outbox } = decided else {
            return Ok(Tried::Done(Done::Decided { rev: 0 }));
        };
        if terms.dry_run {
            return Ok(Tried::Done(Done::Decided { rev: 0 }));
        }
        let number = match log {
            Some(log) => Some(self.next_number(log).await?),
            None => None,
        };
        // Whoever loses has carried out nothing, so a creation causes nothing: an empty document is created, and
        // the next round commits the value with its effects.
        let blank = outbox.is_some();
        let mut envelope = Envelope::first(schema, None);
        // A swap needs no register to say who won.
        envelope.born = self.creation() == Creation::Swap;
        envelope.number = number;
        envelope.created = self.driver.wall_millis();
        if !blank {
            envelope.value = Some(said.value);
            envelope.rest = said.rest;
            record(key, &mut envelope, terms, decider)?;
        }
        let bytes = envelope.encode(key)?;
        if matches!(self.create(key, bytes).await?, Created::Lost) {
            return Ok(Tried::Again(None));
        }
        if let (Some(log), Some(number)) = (log, number) {
            self.write_entry(log, number, key).await?;
        }
        Ok(if blank {
            Tried::Again(None)
        } else {
            Tried::Done(Done::Decided { rev: 1 })
        })
    }

    /// Carries out what the commit of `envelope` caused. The commit stands whatever happens here: what is left is in its outbox and
    /// parked, and a tick, or whoever commits the document next, carries it out.
    async fn follow_up(
        &self,
        key: &str,
        envelope: &Envelope,
        berth: Berth,
        decider: &mut dyn Decider,
    ) {
        match decider.carry(self, key, envelope, true).await {
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

/// What came of one try.
enum Tried {
    Done(Done),
    /// Somebody else was faster, or there is more to do: look again.
    Again(Option<Unsure>),
}

/// A commit with effects whose swap is said to be lost. What it would have answered is the decider's last answer.
struct Unsure {
    berth: Berth,
    rev: u64,
    /// [`Envelope::mark`] of what it was to replace.
    before: (u64, u64),
}

/// What became of it, as the next load shows.
enum Judged {
    Landed,
    Lost,
    Open,
}

impl Unsure {
    fn judge(&self, now: &Envelope) -> Judged {
        if now.parked.as_ref() == Some(self.berth.token()) {
            Judged::Landed
        } else if now.mark() == self.before {
            Judged::Open
        } else {
            Judged::Lost
        }
    }
}

/// Keeps the answer with the request's idempotency key, if it has one.
fn record(
    key: &str,
    envelope: &mut Envelope,
    terms: Terms<'_>,
    decider: &dyn Decider,
) -> Result<(), StoreError> {
    let Some(once) = terms.once else {
        return Ok(());
    };
    let mut answers = envelope.answered(key)?;
    once::record(&mut answers, once, decider.answer(), terms.now).map_err(|full| {
        StoreError::TooManyKeys {
            key: key.to_owned(),
            millis: full.millis,
        }
    })?;
    envelope.keep_answered(key, &answers)
}
