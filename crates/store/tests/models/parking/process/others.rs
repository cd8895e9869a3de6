//! What a process does to other documents: receivers are told, tokens parked and given up.

use super::{Process, Who};
use crate::parking::stored::{Effect, Stored, Tokens};
use crate::parking::variant::Variant::{self, *};

impl Variant {
    pub(super) fn to_ledger(self, stored: &mut Stored, effect: Effect) {
        let times = &mut stored.ledger[usize::from(effect.by)];
        if *times == 0 || self == LedgerForgetsIds {
            *times = (*times + 1).min(2);
        }
    }

    pub(super) fn to_index(self, stored: &mut Stored, effect: Effect) {
        if stored.index.is_none_or(|old| old.rev < effect.rev) || self == IndexIgnoresRev {
            stored.index = Some(effect);
        }
    }

    pub(super) fn park(self, stored: &mut Stored, process: &mut Process, me: Who) {
        let token = match (self, process.token) {
            (ParksOnlyOnce, Some(_)) => return,
            // Its token was made at the commit.
            (ParksAfterCommit | ParksTheSameToken, Some(token)) => token,
            _ => process.fresh_token(me),
        };
        stored.park(token);
    }

    /// The request needs its token no longer.
    pub(super) fn give_up(self, stored: &mut Stored, process: &Process) {
        match (self, process.token) {
            (GivesUpNothing, _) | (_, None) => {}
            (GivesUpOthersTokens, _) => stored.given_up = stored.parked,
            (_, Some(token)) => stored.give_up(token),
        }
    }

    pub(super) fn unpark(self, stored: &mut Stored, process: &Process) {
        match (self, process.token) {
            (TickUnparksNothing, _) | (_, None) => {}
            (TickUnparksOthersTokens, _) => {
                stored.parked = Tokens::default();
                stored.given_up = Tokens::default();
            }
            (_, Some(token)) => stored.unpark(token),
        }
    }
}
