//! What can be asked of an account, and what comes of it.
//!
//! - `ids`: by which names a request is known.
//! - `fingerprint`: by which a repetition is told from another request.

mod fingerprint;
mod ids;

use rapport_types::{CustomerId, Money, Slug, Span, Timestamp};

use crate::account::Account;
use crate::claim::Policy;
use crate::earning::Grant;
use crate::entry::{Answer, Part, TransactionId};
use crate::hold::Hold;
use crate::kinds::Also;
use crate::pages::Spill;
pub use crate::rejection::Rejection;
pub(crate) use crate::rejection::{add, sub};
use crate::{kinds, reward, shop, transfer};
pub use ids::{Ids, MAX_ID_BYTES};

/// The most bytes of a reason.
pub const MAX_REASON_BYTES: usize = 512;
/// The most bytes of an author's name, and of the reason of one imported lot.
pub const MAX_NOTE_BYTES: usize = 200;

/// What can be asked of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Earn points.
    Earn(Earn),
    /// Spend points.
    Spend(Spend),
    /// Take an earn or a spend back, wholly or in part.
    Reverse(Reverse),
    /// Set points aside for a checkout in progress.
    Authorize(Authorize),
    /// Spend what was set aside, wholly or in part.
    Capture(Capture),
    /// Give back what was set aside.
    Void(Void),
    /// Give points, or take them, with a reason.
    Adjust(Adjust),
    /// Bring points along from another system.
    Import(Import),
    /// Let nothing out any more.
    Freeze(Freeze),
    /// Let points out again.
    Unfreeze(Unfreeze),
    /// Set points aside for another customer.
    Transfer(Transfer),
    /// The other customer has what was set aside.
    Sent(Sent),
    /// Take in what another customer sent.
    Receive(Receive),
    /// Redeem a reward.
    Reward(Box<reward::Step>),
    /// Do it with another kind of points than the main one; see [`Command::of_kind`].
    OfKind(Box<OfKind>),
    /// Do what follows from where an order stands.
    Order(Box<shop::Step>),
}

/// What is done with another kind of points: an earn of so many, a spend, an adjustment, an import, or a hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfKind {
    /// Which.
    pub kind: Slug,
    /// What.
    pub command: Command,
}

/// Earn points: so many, or by money, or so many for so much money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earn {
    /// The request's names.
    pub ids: Ids,
    /// So many points, whatever the programme says.
    pub points: Option<i64>,
    /// Money spent: earns by the programme unless `points` says how many, and counts for `spend` tiers.
    pub money: Option<Money>,
    /// When the order happened: activation, validity and tiers count from here. Now, unless given.
    pub at: Option<Timestamp>,
    /// Why, for people.
    pub reason: Option<String>,
}

/// Spend active points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spend {
    /// The request's names.
    pub ids: Ids,
    /// How many, at least 1.
    pub points: i64,
    /// What for, for people.
    pub reason: Option<String>,
}

/// Take an earn or a spend back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reverse {
    /// The request's names.
    pub ids: Ids,
    /// What is taken back.
    pub of: TransactionId,
    /// How much of it, at least 1; all that is left, unless given.
    pub points: Option<i64>,
    /// How much of an earn is taken; as the programme says, unless given.
    pub policy: Option<Policy>,
    /// Why, for people.
    pub reason: Option<String>,
}

/// Set active points aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorize {
    /// The request's names.
    pub ids: Ids,
    /// How many, at least 1.
    pub points: i64,
    /// How long they stay set aside where nobody captures or voids: 15 minutes, unless given; at most 7 days.
    pub expires_in: Option<Span>,
    /// What for, for people.
    pub reason: Option<String>,
}

/// Spend what a hold set aside; what is not captured goes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    /// The request's names.
    pub ids: Ids,
    /// The hold.
    pub of: TransactionId,
    /// How much of it, at least 1; all of it, unless given.
    pub points: Option<i64>,
    /// What for, for people.
    pub reason: Option<String>,
}

/// Give back what a hold set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Void {
    /// The request's names.
    pub ids: Ids,
    /// The hold.
    pub of: TransactionId,
    /// Why, for people.
    pub reason: Option<String>,
}

/// Give points, or take them, with a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjust {
    /// The request's names.
    pub ids: Ids,
    /// How many; below zero to take. Not 0.
    pub points: i64,
    /// Why, for people.
    pub reason: String,
    /// Who.
    pub author: String,
    /// When points given expire; by the programme, unless given.
    pub expires_at: Option<Timestamp>,
}

/// Bring points along from another system, with the dates they had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The request's names.
    pub ids: Ids,
    /// 1 to [`MAX_IMPORT`](crate::adjust::MAX_IMPORT).
    pub lots: Vec<Opening>,
}

/// One lot of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// How many, at least 1.
    pub points: i64,
    /// From when they can be spent; now, unless given.
    pub active_from: Option<Timestamp>,
    /// When they end; never, unless given.
    pub expires_at: Option<Timestamp>,
    /// Where they come from, for people.
    pub reason: Option<String>,
}

/// Let nothing out of an account any more: no spend, no new hold, no transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freeze {
    /// The request's names.
    pub ids: Ids,
    /// Why, for people.
    pub reason: String,
    /// Who.
    pub author: String,
}

/// Let points out again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfreeze {
    /// The request's names.
    pub ids: Ids,
    /// Why, for people.
    pub reason: String,
    /// Who.
    pub author: String,
}

/// Set active points aside for another customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// The request's names.
    pub ids: Ids,
    /// To whom. Not to oneself, which an account cannot know.
    pub to: CustomerId,
    /// How many, at least 1.
    pub points: i64,
    /// Why, for people.
    pub reason: Option<String>,
}

/// The other customer has what a transfer set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Its names.
    pub ids: Ids,
    /// The transfer.
    pub of: TransactionId,
}

/// Take in what another customer sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receive {
    /// Its names.
    pub ids: Ids,
    /// From whom.
    pub from: CustomerId,
    /// What was set aside there.
    pub parts: Vec<Part>,
}

impl Transfer {
    /// What ends `transfer` in the sender's account.
    pub fn sent(transfer: &TransactionId) -> Command {
        Command::Sent(Sent {
            ids: Ids::only(transfer::sent(transfer)),
            of: transfer.clone(),
        })
    }

    /// What takes `hold`, which `from` has set aside, into the receiver's account.
    pub fn received(from: &CustomerId, hold: &Hold) -> Command {
        Command::Receive(Receive {
            ids: Ids::only(transfer::receipt(from, &hold.id)),
            from: from.clone(),
            parts: hold.parts.clone(),
        })
    }
}

impl Command {
    /// The same, of the points of `kind`; as it is where that is the main kind.
    #[must_use]
    pub fn of_kind(self, kind: Option<Slug>) -> Self {
        match kind.filter(|kind| kind.as_str() != kinds::MAIN) {
            Some(kind) => Self::OfKind(Box::new(OfKind {
                kind,
                command: self,
            })),
            None => self,
        }
    }

    /// The request's names.
    pub fn ids(&self) -> &Ids {
        match self {
            Self::Earn(earn) => &earn.ids,
            Self::Spend(spend) => &spend.ids,
            Self::Reverse(reverse) => &reverse.ids,
            Self::Authorize(authorize) => &authorize.ids,
            Self::Capture(capture) => &capture.ids,
            Self::Void(void) => &void.ids,
            Self::Adjust(adjust) => &adjust.ids,
            Self::Import(import) => &import.ids,
            Self::Freeze(freeze) => &freeze.ids,
            Self::Unfreeze(unfreeze) => &unfreeze.ids,
            Self::Transfer(transfer) => &transfer.ids,
            Self::Sent(sent) => &sent.ids,
            Self::Receive(receive) => &receive.ids,
            Self::Reward(step) => step.ids(),
            Self::OfKind(of) => of.command.ids(),
            Self::Order(step) => &step.ids,
        }
    }

    pub(crate) fn reason(&self) -> Option<&String> {
        match self {
            Self::Earn(earn) => earn.reason.as_ref(),
            Self::Spend(spend) => spend.reason.as_ref(),
            Self::Reverse(reverse) => reverse.reason.as_ref(),
            Self::Authorize(authorize) => authorize.reason.as_ref(),
            Self::Capture(capture) => capture.reason.as_ref(),
            Self::Void(void) => void.reason.as_ref(),
            Self::Adjust(adjust) => Some(&adjust.reason),
            Self::Transfer(transfer) => transfer.reason.as_ref(),
            // Each lot of an import has its own.
            Self::Import(_) | Self::Sent(_) | Self::Receive(_) => None,
            Self::Freeze(freeze) => Some(&freeze.reason),
            Self::Unfreeze(unfreeze) => Some(&unfreeze.reason),
            Self::Reward(step) => step.reason(),
            Self::OfKind(of) => of.command.reason(),
            Self::Order(step) => Some(&step.reason),
        }
    }

    /// Who asks, where people do.
    pub(crate) fn author(&self) -> Option<&String> {
        match self {
            Self::Adjust(adjust) => Some(&adjust.author),
            Self::Freeze(freeze) => Some(&freeze.author),
            Self::Unfreeze(unfreeze) => Some(&unfreeze.author),
            Self::OfKind(of) => of.command.author(),
            _ => None,
        }
    }
}

/// What came of a command.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The account as it is now. To be committed when `changed`.
    pub account: Account,
    /// The transaction that was made, or that had been made before.
    pub transaction: TransactionId,
    /// What to answer.
    pub answer: Answer,
    /// Of an earn by rules: which of them gave how many points.
    pub given: Vec<Grant>,
    /// Which kind of points `answer` is about; `None`: the main one.
    pub kind: Option<Slug>,
    /// What the same transaction moved of other kinds.
    pub also: Vec<Also>,
    /// The command was a repetition (or a second reversal): nothing changed, the answer is the first one's.
    pub replayed: bool,
    /// A moment for which a timer must be set, so that the account is settled then though nobody asks for it.
    pub timer: Option<Timestamp>,
    /// Entries that leave the document with this commit. **To be written before it.**
    pub spill: Vec<Spill>,
}

impl Outcome {
    /// Whether there is anything to commit.
    pub fn changed(&self) -> bool {
        !self.replayed
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_main_kind_is_meant_where_none_is_named() {
        let spend = || {
            Command::Spend(Spend {
                ids: Ids::new(None, Some("k"), "").unwrap(),
                points: 1,
                reason: Some("why".into()),
            })
        };
        assert_eq!(spend().of_kind(None), spend());
        let main = Slug::parse(kinds::MAIN).unwrap();
        assert_eq!(spend().of_kind(Some(main)), spend());
        let growth = spend().of_kind(Slug::parse("growth").ok());
        assert!(matches!(&growth, Command::OfKind(of) if of.kind.as_str() == "growth"));
        // It has the names and the reason of what is asked, and another fingerprint.
        assert_eq!(growth.ids(), spend().ids());
        assert_eq!(growth.reason(), spend().reason());
        assert_eq!(growth.author(), None);
        assert_ne!(growth.fingerprint(), spend().fingerprint());
        let adjust = Command::Adjust(Adjust {
            ids: spend().ids().clone(),
            points: 1,
            reason: "gift".into(),
            author: "ann".into(),
            expires_at: None,
        });
        let adjust = adjust.of_kind(Slug::parse("growth").ok());
        assert_eq!(adjust.author().map(String::as_str), Some("ann"));
        assert_eq!(adjust.reason().map(String::as_str), Some("gift"));
    }
}
