//! The processes of parking, step by step, and the wrong ways to do it. What they do and why stands one level up.

/// The most processes that commit effects.
const MOST: usize = 4;

/// A process: 0 to 2 (or 3), and the next number for the tick that comes at the end.
pub type Who = u8;
/// Told apart by who made it and at which try.
pub type Token = (Who, u8);

/// What a commit causes elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Effect {
    /// Who committed it: requests commit once, so it is also the effect's id.
    pub by: Who,
    /// The document's revision by that commit.
    pub rev: u8,
    /// What the document says by then.
    pub says: Set,
}

/// Some of the processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Set(pub u8);

impl Set {
    fn with(self, who: Who) -> Self {
        Self(self.0 | (1 << who))
    }

    pub fn has(self, who: Who) -> bool {
        self.0 & (1 << who) != 0
    }
}

/// A document: a swap over it succeeds while its `rev` is the one that was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Document {
    pub rev: u8,
    /// Whose commits it holds.
    pub says: Set,
    pub outbox: Option<Effect>,
}

/// Everything in the store, and what the model remembers to judge it by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Stored {
    pub document: Document,
    pub parked: Option<Token>,
    /// How often each process' effect was added to the ledger.
    pub ledger: [u8; MOST],
    /// The latest effect that the index has taken over.
    pub index: Option<Effect>,
    /// The latest effect that was committed.
    pub caused: Option<Effect>,
    /// Whose effects were committed.
    pub due: Set,
}

impl Stored {
    /// Writes the document's next revision after `rev`.
    fn commit(&mut self, rev: u8, says: Set, outbox: Option<Effect>) {
        let rev = rev + 1;
        self.document = Document { rev, says, outbox };
        if let Some(effect) = outbox {
            self.caused = outbox;
            self.due = self.due.with(effect.by);
        }
    }

    /// Each effect that was committed has been carried out, once.
    pub fn is_carried_out(&self) -> bool {
        self.index == self.caused
            && (0..)
                .zip(self.ledger)
                .all(|(who, times)| times == u8::from(self.due.has(who)))
    }
}

/// What a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Commits once, with an effect.
    Request,
    /// Commits once, without: it parks nothing.
    Plain,
    /// Looks after what is parked, once.
    Tick,
}

/// What a process does next. Each is one operation of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Next {
    /// Tick: read the token.
    ReadToken,
    /// Load the document. Tick does it with the token it has read.
    Load,
    /// Look whether the key is parked, because something is in the outbox.
    Look { seen: Document },
    /// Add to the ledger what was in the outbox that was loaded.
    LeftToLedger { seen: Document },
    /// Tell the index.
    LeftToIndex { seen: Document },
    /// Put the key into the parked document, with a fresh token.
    Park { seen: Document },
    /// Swap the document.
    Commit { seen: Document },
    /// Add to the ledger what the own commit caused.
    OwnToLedger { effect: Effect },
    /// Tell the index.
    OwnToIndex { effect: Effect },
    /// Take the key out of the parked document, if its token is unchanged.
    Unpark { then: Then },
    /// Nothing.
    Done,
    /// Nothing any more.
    Crashed,
}

/// What comes after unparking. Right is only to be done then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Then {
    Done,
    Load,
    Decide { seen: Document },
}

/// A process, and what it keeps in mind from step to step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Process {
    pub role: Role,
    pub next: Next,
    /// The token that was parked, or read by a tick.
    pub token: Option<Token>,
    /// How often it has parked.
    pub tries: u8,
    /// Only for the wrong variant that looks before it loads: whether the key was parked then.
    pub was_parked: Option<bool>,
}

impl Process {
    pub fn new(role: Role) -> Self {
        let next = match role {
            Role::Tick => Next::ReadToken,
            Role::Request | Role::Plain => Next::Load,
        };
        Self {
            role,
            next,
            token: None,
            tries: 0,
            was_parked: None,
        }
    }

    pub fn is_over(&self) -> bool {
        matches!(self.next, Next::Done | Next::Crashed)
    }
}

/// How the protocol is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// As described above.
    Right,
    /// As right: what is left in the outbox is carried out without looking whether the key is parked.
    RightCarryingAlways,
    /// As right: a tick whose commit fails loads again, still with the token it has read.
    RightTickKeepingItsToken,
    /// Wrong, as are all that follow: the name says how.
    ParksBeforeLoad,
    ParksAfterCommit,
    /// The key is parked once, at the first try.
    ParksOnlyOnce,
    /// A later try parks the token of the first.
    ParksTheSameToken,
    TickUnparksWithoutCommit,
    /// An empty outbox is not committed again.
    TickCommitsOnlyWhatItCarried,
    TickUnparksAnyToken,
    RequestUnparksAnyToken,
    /// A request takes its key away before it tries again.
    RequestUnparksWithoutCommit,
    /// A request that carries out what was left in the outbox unparks it then.
    RequestUnparksWhatItCarried,
    /// What is left in the outbox is dropped.
    DropsWhatIsLeft,
    /// A request looks whether the key is parked, and loads then.
    LooksBeforeLoad,
    /// A commit overwrites, whatever came between.
    CommitsWithoutComparing,
    RequestUnparksNothing,
    TickUnparksNothing,
    LedgerForgetsIds,
    IndexIgnoresRev,
}

use Variant::*;

impl Variant {
    pub fn is_right(self) -> bool {
        matches!(self, Right | RightCarryingAlways | RightTickKeepingItsToken)
    }

    fn to_ledger(self, stored: &mut Stored, effect: Effect) {
        let times = &mut stored.ledger[usize::from(effect.by)];
        if *times == 0 || self == LedgerForgetsIds {
            *times = (*times + 1).min(2);
        }
    }

    fn to_index(self, stored: &mut Stored, effect: Effect) {
        if stored.index.is_none_or(|old| old.rev < effect.rev) || self == IndexIgnoresRev {
            stored.index = Some(effect);
        }
    }

    fn park(self, stored: &mut Stored, process: &mut Process, me: Who) {
        match (self, process.token) {
            (ParksOnlyOnce, Some(_)) => return,
            (ParksTheSameToken, Some(_)) => {}
            _ => {
                process.tries += 1;
                process.token = Some((me, process.tries));
            }
        }
        stored.parked = process.token;
    }

    fn unpark(self, stored: &mut Stored, process: &Process) {
        let nothing = match process.role {
            Role::Tick => self == TickUnparksNothing,
            Role::Request | Role::Plain => self == RequestUnparksNothing,
        };
        if nothing {
            return;
        }
        let any = match process.role {
            Role::Tick => self == TickUnparksAnyToken,
            Role::Request | Role::Plain => self == RequestUnparksAnyToken,
        };
        if any || stored.parked == process.token {
            stored.parked = None;
        }
    }

    /// What a process does between loading the document and committing it, once nothing is left to carry out.
    fn decide(self, process: &Process, seen: Document) -> Next {
        match process.role {
            Role::Request if !matches!(self, ParksBeforeLoad | ParksAfterCommit) => {
                Next::Park { seen }
            }
            Role::Tick if self == TickUnparksWithoutCommit => Next::Unpark { then: Then::Done },
            Role::Tick if self == TickCommitsOnlyWhatItCarried && seen.outbox.is_none() => {
                Next::Unpark { then: Then::Done }
            }
            _ => Next::Commit { seen },
        }
    }

    fn load(self, stored: &mut Stored, process: &mut Process, me: Who) -> Next {
        if self == ParksBeforeLoad && process.role == Role::Request && process.token.is_none() {
            self.park(stored, process, me);
            return Next::Load;
        }
        if self == LooksBeforeLoad && process.role != Role::Tick && process.was_parked.is_none() {
            process.was_parked = Some(stored.parked.is_some());
            return Next::Load;
        }
        let seen = stored.document;
        let looked = process.was_parked.take();
        if seen.outbox.is_none() || self == DropsWhatIsLeft && process.role != Role::Tick {
            return self.decide(process, seen);
        }
        match (process.role, looked) {
            (Role::Tick, _) | (_, Some(true)) => Next::LeftToLedger { seen },
            (_, Some(false)) => self.decide(process, seen),
            _ if self == RightCarryingAlways => Next::LeftToLedger { seen },
            _ => Next::Look { seen },
        }
    }

    fn commit(self, stored: &mut Stored, process: &mut Process, me: Who, seen: Document) -> Next {
        let (says, effect) = match process.role {
            Role::Tick => (seen.says, None),
            Role::Plain => (seen.says.with(me), None),
            Role::Request => {
                let says = seen.says.with(me);
                let rev = seen.rev + 1;
                (says, Some(Effect { by: me, rev, says }))
            }
        };
        let done = stored.document.rev == seen.rev || self == CommitsWithoutComparing;
        if done {
            stored.commit(seen.rev, says, effect);
        }
        match (done, process.role, effect) {
            (false, Role::Tick, _) if self == RightTickKeepingItsToken => Next::Load,
            (false, Role::Tick, _) => {
                process.token = None;
                Next::ReadToken
            }
            (false, Role::Request, _) if self == ParksBeforeLoad => {
                process.token = None;
                Next::Load
            }
            (false, Role::Request, _) if self == RequestUnparksWithoutCommit => {
                Next::Unpark { then: Then::Load }
            }
            (false, ..) => Next::Load,
            (true, Role::Tick, _) => Next::Unpark { then: Then::Done },
            (true, Role::Request, Some(_)) if self == ParksAfterCommit => Next::Park {
                seen: stored.document,
            },
            (true, _, Some(effect)) => Next::OwnToLedger { effect },
            (true, _, None) => Next::Done,
        }
    }

    /// One operation of a process.
    pub fn step(self, stored: &mut Stored, process: &mut Process, me: Who) {
        process.next = match process.next {
            Next::ReadToken => {
                process.token = stored.parked;
                match stored.parked {
                    Some(_) => Next::Load,
                    None => Next::Done,
                }
            }
            Next::Load => self.load(stored, process, me),
            Next::Look { seen } if stored.parked.is_some() => {
                if self == RequestUnparksWhatItCarried {
                    process.token = stored.parked;
                }
                Next::LeftToLedger { seen }
            }
            Next::Look { seen } => self.decide(process, seen),
            Next::LeftToLedger { seen } => {
                if let Some(effect) = seen.outbox {
                    self.to_ledger(stored, effect);
                }
                Next::LeftToIndex { seen }
            }
            Next::LeftToIndex { seen } => {
                if let Some(effect) = seen.outbox {
                    self.to_index(stored, effect);
                }
                if self == RequestUnparksWhatItCarried && process.role != Role::Tick {
                    let then = Then::Decide { seen };
                    Next::Unpark { then }
                } else {
                    self.decide(process, seen)
                }
            }
            Next::Park { seen } => {
                self.park(stored, process, me);
                match seen.outbox {
                    Some(effect) if self == ParksAfterCommit => Next::OwnToLedger { effect },
                    _ => Next::Commit { seen },
                }
            }
            Next::Commit { seen } => self.commit(stored, process, me, seen),
            Next::OwnToLedger { effect } => {
                self.to_ledger(stored, effect);
                Next::OwnToIndex { effect }
            }
            Next::OwnToIndex { effect } => {
                self.to_index(stored, effect);
                Next::Unpark { then: Then::Done }
            }
            Next::Unpark { then } => {
                self.unpark(stored, process);
                match then {
                    Then::Done => Next::Done,
                    Then::Load => Next::Load,
                    Then::Decide { seen } => self.decide(process, seen),
                }
            }
            over @ (Next::Done | Next::Crashed) => over,
        };
    }
}
