//! Why a command is not carried out.

use rapport_types::{Currency, Slug, Timestamp};

use crate::adjust::MAX_IMPORT;
use crate::command::{MAX_ID_BYTES, MAX_NOTE_BYTES, MAX_REASON_BYTES};
use crate::earn::MOST_POINTS;
use crate::entry::TransactionId;
use crate::hold::{MAX_HOLD_DAYS, MAX_HOLDS};
use crate::journal::Unreadable;
use crate::reward::Denied;

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
    /// Nothing goes out of the account.
    #[error(
        "the account is frozen since {since}: points are earned, but none go out until it is unfrozen"
    )]
    Frozen {
        /// Since when.
        since: Timestamp,
    },
    /// An adjustment by nothing.
    #[error("an adjustment gives points, or takes them where negative; 0 does neither")]
    NothingToAdjust,
    /// An adjustment that takes points and says when they expire.
    #[error("only points that are given expire")]
    NoDateToTake,
    /// Who does it, or why, is missing.
    #[error("the {field} is for people who look at the journal later; it cannot be empty")]
    Unsigned {
        /// `reason` or `author`.
        field: &'static str,
    },
    /// An author, or the reason of an imported lot, that is too long.
    #[error("an author, and the reason of an imported lot, has at most {MAX_NOTE_BYTES} bytes")]
    LongNote {
        /// Which lot; `None` for an author.
        lot: Option<usize>,
    },
    /// Points that could never be spent.
    #[error(
        "these points would be over already: they must expire after now, and after they activate"
    )]
    OverAlready {
        /// Which lot of an import; `None` for an adjustment.
        lot: Option<usize>,
    },
    /// An import of none or too many.
    #[error("an import has 1 to {MAX_IMPORT} lots; more are another import, with a key of its own")]
    BadImport,
    /// An imported lot without points, or with too many.
    #[error("a lot has 1 to {MOST_POINTS} points")]
    BadLot {
        /// Which.
        lot: usize,
    },
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
    /// No such reward.
    #[error("there is no reward {reward}")]
    UnknownReward {
        /// What was asked for.
        reward: Slug,
    },
    /// The customer cannot redeem the reward now.
    #[error("{0}")]
    NotEligible(Denied),
    /// The hold is of a redemption, which closes it.
    #[error("a redemption made this hold and closes it by itself; cancel its voucher instead")]
    OfRedemption,
    /// The capture is of a redemption.
    #[error("a reward was redeemed with this transaction; cancel its voucher instead")]
    OfVoucher,
    /// No such kind of points.
    #[error("there is no kind of points called {kind}; there are {known}")]
    UnknownKind {
        /// What was asked for.
        kind: Slug,
        /// Those that there are.
        known: String,
    },
    /// A kind of points that only counts.
    #[error("points of the kind {kind} only count for tiers: they cannot be spent or held")]
    NotSpendable {
        /// Which.
        kind: Slug,
    },
    /// An earn of another kind by money, or without points.
    #[error(
        "an earn that names a kind says how many points, and nothing else: by money other kinds are earned by the programme's rules"
    )]
    PointsOfKind,
    /// Only the main kind can do that.
    #[error("only the main kind of points can do that")]
    MainKindOnly,
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
mod tests {
    use super::*;

    #[test]
    fn a_hold_that_is_closed_says_how() {
        let said = |captured| Rejection::HoldClosed { captured }.to_string();
        assert!(said(Some(7)).contains("captured before, with 7 points"));
        assert!(said(None).contains("voided before"));
    }
}
