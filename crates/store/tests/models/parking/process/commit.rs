//! A process commits, or finds that another commit came between.

use super::{Next, Process, Role, Swap, Then, Who};
use crate::parking::stored::{Document, Effect, Stored, Token};
use crate::parking::variant::Variant::{self, *};

impl Variant {
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

    pub(super) fn commit_unsure(
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

    pub(super) fn commit(
        self,
        stored: &mut Stored,
        process: &mut Process,
        me: Who,
        seen: Document,
    ) -> Next {
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
}
