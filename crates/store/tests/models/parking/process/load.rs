//! A process loads the document, and finds what is left in its outbox.

use super::{Next, Process, Role, Then, Who};
use crate::parking::stored::{Document, Stored};
use crate::parking::variant::Variant::{self, *};

impl Variant {
    pub(super) fn load(self, stored: &mut Stored, process: &mut Process, me: Who) -> Next {
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
    pub(super) fn decide(self, process: &Process, seen: Document) -> Next {
        match (process.role, self) {
            (Role::Request, ParksBeforeLoad | ParksAfterCommit) => Next::Commit { seen },
            (Role::Request, _) => Next::Park { seen },
            _ => Next::Commit { seen },
        }
    }

    /// What comes once the outbox that was loaded is carried out.
    pub(super) fn after_left(self, stored: &mut Stored, process: &Process, seen: Document) -> Next {
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
}
