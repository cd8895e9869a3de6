//! The processes of parking, step by step, right and wrong. What they do and why stands one level up.

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
        let token = match (self, process.token) {
            (ParksOnlyOnce, Some(_)) => return,
            // Its token was made at the commit.
            (ParksAfterCommit | ParksTheSameToken, Some(token)) => token,
            _ => process.fresh_token(me),
        };
        stored.park(token);
    }

    /// The request needs its token no longer.
    fn give_up(self, stored: &mut Stored, process: &Process) {
        match (self, process.token) {
            (GivesUpNothing, _) | (_, None) => {}
            (GivesUpOthersTokens, _) => stored.given_up = stored.parked,
            (_, Some(token)) => stored.give_up(token),
        }
    }

    fn unpark(self, stored: &mut Stored, process: &Process) {
        match (self, process.token) {
            (TickUnparksNothing, _) | (_, None) => {}
            (TickUnparksOthersTokens, _) => {
                stored.parked = Tokens::default();
                stored.given_up = Tokens::default();
            }
            (_, Some(token)) => stored.unpark(token),
        }
    }

    fn load(self, stored: &mut Stored, process: &mut Process, me: Who) -> Next {
        if process.role == Role::Tick {
            return self.tick_loads(process, stored.document);
        }
        if self == ParksBeforeLoad && process.role == Role::Request && process.token.is_none() {
            self.park(stored, process, me);
            return Next::Load;
        }
        if self == LooksBeforeLoad && process.was_parked.is_none() {
            process.was_parked = Some(stored.parked);
            return Next::Load;
        }
        let seen = stored.document;
        if let Some((token, before)) = process.doubt.take() {
            match seen.outbox {
                Some(effect) if seen.parked == Some(token) => {
                    process.token = Some(token);
                    return Next::OwnToLedger { effect };
                }
                _ if seen != before => stored.give_up(token),
                _ => {}
            }
        }
        let was_parked = process.was_parked.take();
        match (seen.outbox, seen.parked, was_parked) {
            (None, ..) => self.decide(process, seen),
            _ if self == DropsWhatIsLeft => self.decide(process, seen),
            _ if self == RightCarryingAlways => Next::LeftToLedger { seen },
            (_, None, _) if self == NamesNoTokenAndTheRequestGuesses => self.decide(process, seen),
            (_, None, _) => Next::LeftToLedger { seen },
            (_, Some(token), Some(were)) if were.has(token) => Next::LeftToLedger { seen },
            (_, Some(_), Some(_)) => self.decide(process, seen),
            (_, Some(_), None) => Next::Look { seen },
        }
    }

    fn tick_loads(self, process: &Process, seen: Document) -> Next {
        if seen.parked == process.token {
            return match self {
                TickClearsBeforeCarryingOut => Next::Commit { seen },
                _ => Next::LeftToLedger { seen },
            };
        }
        match self {
            TickUnparksWithoutTouching => Next::Unpark { then: Then::Done },
            TickUnparksBeforeItTouches => Next::Unpark {
                then: Then::Commit { seen },
            },
            _ if self.tick_carries_all() && seen.outbox.is_some() => Next::LeftToLedger { seen },
            _ => Next::Commit { seen },
        }
    }

    /// What comes once nothing is left to carry out.
    fn decide(self, process: &Process, seen: Document) -> Next {
        match (process.role, self) {
            (Role::Request, ParksBeforeLoad | ParksAfterCommit) => Next::Commit { seen },
            (Role::Request, _) => Next::Park { seen },
            _ => Next::Commit { seen },
        }
    }

    /// What comes once the outbox that was loaded is carried out.
    fn after_left(self, stored: &mut Stored, process: &Process, seen: Document) -> Next {
        match (process.role, self) {
            (Role::Tick, RightTickLeavingWhatItCarried | TickClearsBeforeCarryingOut) => {
                return Next::Unpark { then: Then::Done };
            }
            (Role::Request | Role::Plain | Role::Keep, RightGivingUpWhatItCarried) => {
                if let Some(token) = seen.parked {
                    stored.give_up(token);
                }
            }
            _ => {}
        }
        self.decide(process, seen)
    }

    /// What a process commits over `seen`, and the effect of that.
    fn next_document(
        self,
        process: &mut Process,
        me: Who,
        seen: Document,
    ) -> (Document, Option<Effect>) {
        let says = seen.says.with(me);
        let rev = seen.rev + 1;
        match process.role {
            Role::Tick if seen.parked == process.token || self.tick_carries_all() => {
                (seen.emptied().touched(), None)
            }
            Role::Tick => {
                let next = match self {
                    TickClearsAnothersOutbox => seen.emptied().touched(),
                    TickForgetsAnothersToken => Document {
                        parked: None,
                        ..seen.touched()
                    },
                    TickCommitsTheSameBytes => seen,
                    _ => seen.touched(),
                };
                (next, None)
            }
            Role::Keep => (seen.emptied().touched(), None),
            Role::Plain => (
                Document {
                    rev,
                    says,
                    ..seen.emptied()
                },
                None,
            ),
            Role::Request => {
                let token = match self {
                    ParksAfterCommit => Some(process.fresh_token(me)),
                    NamesItsFirstToken => Some(Token { by: me, at_try: 0 }),
                    _ => process.token,
                };
                let effect = Some(Effect { by: me, rev, says });
                let next = Document {
                    rev,
                    touches: seen.touches,
                    says,
                    outbox: effect,
                    parked: token.filter(|_| self.names_tokens()),
                };
                (next, effect)
            }
        }
    }

    fn commit_unsure(
        self,
        stored: &mut Stored,
        process: &mut Process,
        me: Who,
        seen: Document,
    ) -> Next {
        let (next, causing) = self.next_document(process, me, seen);
        process.late = Some(Swap {
            seen,
            next,
            causing,
        });
        self.lost(stored, process, seen)
    }

    fn commit(self, stored: &mut Stored, process: &mut Process, me: Who, seen: Document) -> Next {
        let (next, effect) = self.next_document(process, me, seen);
        let now = stored.document;
        let done = match self {
            SwapsWithoutComparing => true,
            SwapsComparingOnlyRev => now.rev == seen.rev,
            _ => now == seen,
        };
        if done {
            stored.commit(next, effect);
        }
        if !done {
            return self.lost(stored, process, seen);
        }
        match (process.role, effect) {
            (Role::Tick, _) if self == TickClearsBeforeCarryingOut && seen.outbox.is_some() => {
                Next::LeftToLedger { seen }
            }
            (Role::Tick, _) if self == TickUnparksBeforeItTouches => Next::Done,
            (Role::Tick, _) => Next::Unpark { then: Then::Done },
            (_, Some(_)) if self == ParksAfterCommit => Next::Park { seen: next },
            (_, Some(effect)) => {
                if self == GivesUpBeforeCarryingOut {
                    self.give_up(stored, process);
                }
                Next::OwnToLedger { effect }
            }
            (_, None) => Next::Done,
        }
    }

    /// Another commit came between.
    fn lost(self, stored: &mut Stored, process: &mut Process, seen: Document) -> Next {
        match (process.role, self) {
            (Role::Tick, TickUnparksThoughItsSwapIsLost) => Next::Unpark { then: Then::Done },
            // It was not parked, or is needed again.
            (Role::Request, ParksAfterCommit | ParksOnlyOnce | ParksTheSameToken) => Next::Load,
            (Role::Request, RightUnsureJudgingByTheLoad) => {
                process.doubt = process.token.take().map(|token| (token, seen));
                Next::Load
            }
            (Role::Request, _) => {
                self.give_up(stored, process);
                process.token = None;
                Next::Load
            }
            _ => Next::Load,
        }
    }

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
