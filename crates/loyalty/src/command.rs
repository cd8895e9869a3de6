//! What can be asked of an account, and what comes of it.

use rapport_types::{Currency, Money, Span, Timestamp, hash};

use crate::account::Account;
use crate::claim::Policy;
use crate::entry::{Answer, TransactionId};
use crate::hold::{MAX_HOLD_DAYS, MAX_HOLDS};
use crate::journal::Unreadable;
use crate::pages::Spill;

/// The most bytes of an order id or an idempotency key.
pub const MAX_ID_BYTES: usize = 255;
/// The most bytes of a reason.
pub const MAX_REASON_BYTES: usize = 512;

/// The names a client gave to a request: what makes its repetition harmless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ids {
    pub(crate) transaction: TransactionId,
    /// The key of a request that also names an order: both lead to the entry.
    pub(crate) alias: Option<TransactionId>,
    pub(crate) order: Option<String>,
}

impl Ids {
    /// `order_id` and `key` as the client gave them; `fresh` is a random text, used when it gave neither.
    ///
    /// Order ids and keys are separate: order `7` and key `7` are two requests. Where both are given the
    /// order decides, and the key is remembered beside it.
    pub fn new(order_id: Option<&str>, key: Option<&str>, fresh: &str) -> Result<Self, Rejection> {
        for (field, text) in [("order_id", order_id), ("key", key)] {
            let usable =
                |t: &str| (1..=MAX_ID_BYTES).contains(&t.len()) && !t.chars().any(char::is_control);
            if text.is_some_and(|t| !usable(t)) {
                return Err(Rejection::BadId { field });
            }
        }
        let keyed = key.map(TransactionId::of_key);
        let (transaction, alias) = match (order_id, keyed) {
            (Some(order), alias) => (TransactionId::of_order(order), alias),
            (None, Some(keyed)) => (keyed, None),
            (None, None) => (TransactionId::fresh(fresh), None),
        };
        Ok(Self {
            transaction,
            alias,
            order: order_id.map(str::to_owned),
        })
    }

    /// The transaction that the request makes, or made.
    pub fn transaction(&self) -> &TransactionId {
        &self.transaction
    }
}

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

impl Command {
    /// The request's names.
    pub fn ids(&self) -> &Ids {
        match self {
            Self::Earn(earn) => &earn.ids,
            Self::Spend(spend) => &spend.ids,
            Self::Reverse(reverse) => &reverse.ids,
            Self::Authorize(authorize) => &authorize.ids,
            Self::Capture(capture) => &capture.ids,
            Self::Void(void) => &void.ids,
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
        }
    }

    /// A hash of what was asked, by which a repetition is told from another request under the same name.
    ///
    /// An order is its id and its amount: the same order may be reported by several systems, each with its
    /// own moment and reason. A key names one exact request.
    pub(crate) fn fingerprint(&self) -> u64 {
        fn text(value: Option<impl ToString>) -> String {
            value.map_or_else(String::new, |v| v.to_string())
        }
        match self {
            Self::Earn(earn) => {
                let keyed = earn.ids.order.is_none();
                let money = earn.money.map(|m| format!("{} {}", m.amount, m.currency));
                hash::u64_of_parts(&[
                    "earn",
                    &text(earn.points),
                    &text(money),
                    &text(earn.at.filter(|_| keyed)),
                    &text(earn.reason.as_ref().filter(|_| keyed)),
                ])
            }
            Self::Spend(spend) => hash::u64_of_parts(&[
                "spend",
                &text(spend.ids.order.as_ref()),
                &text(Some(spend.points)),
                &text(spend.reason.as_ref()),
            ]),
            Self::Reverse(reverse) => {
                let points = text(reverse.points);
                let reason = text(reverse.reason.as_ref());
                let parts = ["reverse", reverse.of.as_str(), &points, &reason];
                // Requests from before there were policies are told by the other parts alone.
                let policy = reverse.policy.map(Policy::as_str);
                let parts: Vec<&str> = parts.into_iter().chain(policy).collect();
                hash::u64_of_parts(&parts)
            }
            Self::Authorize(authorize) => hash::u64_of_parts(&[
                "authorize",
                &text(Some(authorize.points)),
                &text(authorize.expires_in.map(Span::millis)),
                &text(authorize.reason.as_ref()),
            ]),
            Self::Capture(capture) => hash::u64_of_parts(&[
                "capture",
                capture.of.as_str(),
                &text(capture.points),
                &text(capture.reason.as_ref()),
            ]),
            Self::Void(void) => {
                hash::u64_of_parts(&["void", void.of.as_str(), &text(void.reason.as_ref())])
            }
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

/// Why a command was not carried out. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The account itself is damaged; no command is at fault.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The id has been used for another request.
    #[error("this id belongs to another request, transaction {transaction}")]
    KeyReused {
        /// The transaction that the id made.
        transaction: TransactionId,
    },
    /// Fewer active points than asked for.
    #[error("there are {balance} points to spend, fewer than were asked for")]
    Insufficient {
        /// The active points.
        balance: i64,
    },
    /// No such transaction in this account.
    #[error("this account has no transaction {transaction}")]
    UnknownTransaction {
        /// What was asked for.
        transaction: TransactionId,
    },
    /// Only earns and spends can be taken back.
    #[error("only an earn, a spend or a capture can be reversed; a hold is voided")]
    NotReversible,
    /// The transaction set no points aside.
    #[error("this transaction is no hold: capture and void take one that authorize made")]
    NoHold,
    /// The hold's time ended before anybody captured it.
    #[error("the hold timed out at {at}, and its points went back; authorize again")]
    HoldOver {
        /// When.
        at: Timestamp,
    },
    /// The hold was closed in another way than is asked for.
    #[error("{}", closed(*.captured))]
    HoldClosed {
        /// How many points were captured; `None` where it was voided.
        captured: Option<i64>,
    },
    /// More than was set aside.
    #[error("the hold has {held} points, fewer than were asked for")]
    BeyondHold {
        /// What was set aside.
        held: i64,
    },
    /// A hold lasts from a second to seven days.
    #[error("a hold lasts 1s to {MAX_HOLD_DAYS}d")]
    BadHoldTime,
    /// Too many holds are open.
    #[error("{MAX_HOLDS} holds are open in this account already; capture or void one")]
    TooManyHolds,
    /// More than is left of the transaction.
    #[error("{left} points are left to reverse, fewer than were asked for")]
    BeyondOriginal {
        /// What is left.
        left: i64,
    },
    /// Neither points nor money.
    #[error("an earn needs points or money")]
    NothingToEarn,
    /// Fewer points than make sense: an earn takes at least 0, a spend and a part of a reversal at least 1.
    #[error("points must be at least {least}")]
    TooFewPoints {
        /// The fewest.
        least: i64,
    },
    /// Money below zero.
    #[error("money must not be negative; to take an earn back, reverse it")]
    NegativeMoney,
    /// Money of another currency than the programme's.
    #[error("the programme counts {expected}, not {given}")]
    OtherCurrency {
        /// What was given.
        given: Currency,
        /// What the programme counts.
        expected: Currency,
    },
    /// Money cannot be turned into points without a programme.
    #[error("no programme says how many points money earns")]
    NoProgram,
    /// More than a day ahead of the clock.
    #[error("an order cannot have happened in the future")]
    FutureDated,
    /// An order id or key that is empty, too long, or holds control characters.
    #[error("{field} has 1 to {MAX_ID_BYTES} bytes without control characters")]
    BadId {
        /// `order_id` or `key`.
        field: &'static str,
    },
    /// A reason that is too long.
    #[error("a reason has at most {MAX_REASON_BYTES} bytes")]
    LongReason,
    /// A number would leave 63 bits.
    #[error("the amount is too large for this account")]
    Overflow,
}

fn closed(captured: Option<i64>) -> String {
    match captured {
        Some(points) => format!("the hold was captured before, with {points} points"),
        None => "the hold was voided before, and its points went back".to_owned(),
    }
}

pub(crate) fn add(a: i64, b: i64) -> Result<i64, Rejection> {
    a.checked_add(b).ok_or(Rejection::Overflow)
}

pub(crate) fn sub(a: i64, b: i64) -> Result<i64, Rejection> {
    a.checked_sub(b).ok_or(Rejection::Overflow)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_order_and_a_key_of_the_same_text_are_two_requests() {
        let order = Ids::new(Some("7"), None, "").unwrap();
        let key = Ids::new(None, Some("7"), "").unwrap();
        assert_ne!(order.transaction, key.transaction);
        assert_eq!(order, Ids::new(Some("7"), None, "other").unwrap());
    }

    #[test]
    fn an_id_is_checked() {
        let long = "x".repeat(256);
        for bad in ["", "a\nb", &long] {
            assert_eq!(
                Ids::new(None, Some(bad), ""),
                Err(Rejection::BadId { field: "key" })
            );
        }
    }
}
