//! The processes of parking, step by step, right and wrong. What they do and why stands one level up.

mod commit;
mod load;
mod others;

use super::stored::{Document, Effect, Stored, Token, Tokens};
use super::variant::Variant::{self, *};

/// A process: 0 to 2, and the next number for the ticks that come at the end.
pub type Who = u8;

/// What a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Commits once, with an effect.
    Request,
    /// Commits once, without: it parks nothing.
    Plain,
    /// Commits once, without, and leaves what the document says, and so its `rev`: it only keeps an answer.
    Keep,
    /// Looks after one token, once.
    Tick,
}

/// What a process does next. Each is one operation of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Next {
    /// Tick: read a token.
    TakeToken,
    Load,
    /// Look whether the token that the loaded document names is parked, because something is in the outbox.
    Look {
        seen: Document,
    },
    /// Add to the ledger what was in the outbox that was loaded.
    LeftToLedger {
        seen: Document,
    },
    /// Tell the index.
    LeftToIndex {
        seen: Document,
    },
    /// Add a fresh token to what is parked.
    Park {
        seen: Document,
    },
    /// Swap the document.
    Commit {
        seen: Document,
    },
    /// Add to the ledger what the own commit caused.
    OwnToLedger {
        effect: Effect,
    },
    /// Tell the index. Then the token is given up.
    OwnToIndex {
        effect: Effect,
    },
    /// Tick: take its token out of what is parked.
    Unpark {
        then: Then,
    },
    Done,
    Crashed,
}

/// What comes after unparking. Right is only to be done then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Then {
    Done,
    Commit { seen: Document },
}

/// Where the protocol leaves open what happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Choice {
    Only,
    /// Tick: the token that is read.
    Takes(Token),
    /// Tick: what it has read is young, and it is left alone if the document, loaded now, does not name it.
    LeavesAlone,
    /// The instance knows that the token was given up, and does not look in the store.
    Knows,
    /// The store says of a swap that it was lost, but it may happen at any later time, the next moment included.
    Unsure,
}

/// A process, and what it keeps in mind from step to step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Process {
    pub role: Role,
    pub next: Next,
    /// The token that was parked, or read by a tick.
    pub token: Option<Token>,
    /// How often it has made a token.
    pub tries: u8,
    /// Only for the wrong variant that looks before it loads: what was parked then.
    pub was_parked: Option<Tokens>,
    /// Only on an unsure store: a swap that may still happen.
    pub late: Option<Swap>,
    /// Only where that is judged by the load: the token of such a swap, and what it would replace.
    pub doubt: Option<(Token, Document)>,
}

/// A commit on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Swap {
    seen: Document,
    next: Document,
    causing: Option<Effect>,
}

impl Process {
    pub fn new(role: Role) -> Self {
        let next = match role {
            Role::Tick => Next::TakeToken,
            Role::Request | Role::Plain | Role::Keep => Next::Load,
        };
        Self {
            role,
            next,
            token: None,
            tries: 0,
            was_parked: None,
            late: None,
            doubt: None,
        }
    }

    /// A tick that has read `token`.
    pub fn tick(token: Token) -> Self {
        Self {
            next: Next::Load,
            token: Some(token),
            ..Self::new(Role::Tick)
        }
    }

    pub fn is_over(&self) -> bool {
        matches!(self.next, Next::Done | Next::Crashed)
    }

    /// What may happen at its next step.
    pub fn choices(&self, variant: Variant, stored: &Stored) -> Vec<Choice> {
        match self.next {
            // Once for each request is enough.
            Next::Commit { .. } if variant.is_unsure() && self.tries == 1 => {
                vec![Choice::Only, Choice::Unsure]
            }
            Next::TakeToken if !stored.parked.are_none() => {
                stored.parked.iter().map(Choice::Takes).collect()
            }
            Next::Load if self.role == Role::Tick && stored.document.parked != self.token => {
                vec![Choice::Only, Choice::LeavesAlone]
            }
            Next::Look { seen } if seen.parked.is_some_and(|it| stored.given_up.has(it)) => {
                vec![Choice::Only, Choice::Knows]
            }
            _ => vec![Choice::Only],
        }
    }

    /// The swap that was called lost happens, if nothing came between.
    pub fn lands(&mut self, stored: &mut Stored) {
        if let Some(swap) = self.late.take()
            && stored.document == swap.seen
        {
            stored.commit(swap.next, swap.causing);
        }
    }

    fn fresh_token(&mut self, me: Who) -> Token {
        let token = Token {
            by: me,
            at_try: self.tries,
        };
        self.tries += 1;
        self.token = Some(token);
        token
    }
}

impl Variant {
    /// One operation of a process.
    pub fn step(self, stored: &mut Stored, process: &mut Process, me: Who, choice: Choice) {
        process.next = match process.next {
            Next::TakeToken => match choice {
                Choice::Takes(token) => {
                    process.token = Some(token);
                    Next::Load
                }
                _ => Next::Done,
            },
            Next::Load if choice == Choice::LeavesAlone => Next::Done,
            Next::Load => self.load(stored, process, me),
            Next::Look { seen } => {
                let parked = seen.parked.is_some_and(|token| stored.parked.has(token));
                if parked && choice != Choice::Knows {
                    Next::LeftToLedger { seen }
                } else {
                    self.decide(process, seen)
                }
            }
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
                self.after_left(stored, process, seen)
            }
            Next::Park { seen } => {
                self.park(stored, process, me);
                match seen.outbox {
                    Some(effect) if self == ParksAfterCommit => Next::OwnToLedger { effect },
                    _ => Next::Commit { seen },
                }
            }
            Next::Commit { seen } if choice == Choice::Unsure => {
                self.commit_unsure(stored, process, me, seen)
            }
            Next::Commit { seen } => self.commit(stored, process, me, seen),
            Next::OwnToLedger { effect } => {
                self.to_ledger(stored, effect);
                Next::OwnToIndex { effect }
            }
            Next::OwnToIndex { effect } => {
                self.to_index(stored, effect);
                self.give_up(stored, process);
                Next::Done
            }
            Next::Unpark { then } => {
                self.unpark(stored, process);
                match then {
                    Then::Done => Next::Done,
                    Then::Commit { seen } => Next::Commit { seen },
                }
            }
            over @ (Next::Done | Next::Crashed) => over,
        };
    }
}
