//! What can be asked of an account, and what comes of it.

use rapport_types::{Currency, Money, Timestamp, hash};

use crate::account::Account;
use crate::earning::Grant;
use crate::entry::{Answer, TransactionId};
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

    /// The names of an event that was tracked, by what tells it from every other of the customer's.
    pub fn of_event(id: &str) -> Self {
        Self {
            transaction: TransactionId::of_event(id),
            alias: None,
            order: None,
        }
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
        }
    }

    pub(crate) fn reason(&self) -> Option<&String> {
        match self {
            Self::Earn(earn) => earn.reason.as_ref(),
            Self::Spend(spend) => spend.reason.as_ref(),
            Self::Reverse(reverse) => reverse.reason.as_ref(),
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
            Self::Reverse(reverse) => hash::u64_of_parts(&[
                "reverse",
                reverse.of.as_str(),
                &text(reverse.points),
                &text(reverse.reason.as_ref()),
            ]),
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
    #[error("only an earn or a spend can be reversed")]
    NotReversible,
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
